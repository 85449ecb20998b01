//! Load over HTTP: closed loops, open loops, and what came of them.
//!
//! In a closed loop every connection waits for its answer before it asks again, so that the load is as much as is
//! answered: it shows the highest rate. In an open loop arrivals do not wait for answers, as people do not who come when
//! sales open; the latency of each counts from the moment at which it was due, so that a stall is felt by everybody who
//! came during it, and not only by those who were being served ("coordinated omission").

mod arrivals;
mod connection;
mod curve;
mod pool;
mod recorder;
mod report;
mod run;
mod script;
mod watch;

pub use arrivals::{Arrivals, Rhythm};
pub use connection::{Answer, Connection, Failure};
pub use curve::{Curve, StockSample};
pub use pool::Pool;
pub use recorder::{Class, Kind, Recorder};
pub use report::{KindReport, Report};
pub use run::{Open, Span, closed, open};
pub use script::{
    Bookings, Notifications, Pages, Script, Searches, booking_id, buyer, get, post, with_key,
};
pub use watch::{Usage, Watch, memory, open_files};
