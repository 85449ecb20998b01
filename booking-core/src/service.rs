//! The use cases, over the ports.
//!
//! [`BookingSystem`] puts them together: [`Catalogue`] finds events, [`Bookings`] takes bookings,
//! [`Payments`] takes the gateway's notifications, [`Organiser`] changes events, [`Workers`] does what has
//! to be done without being asked, and [`audit`] recomputes the books.

mod adapters;
mod admission;
pub mod audit;
mod background;
mod bookings;
mod cache_failures;
mod catalogue;
mod counters;
mod drift;
mod expiry;
mod failure;
mod group_commit;
mod keys_in_use;
mod limited;
mod organiser;
mod outbox;
mod panics;
mod payments;
mod plenty;
mod recent;
mod refusals;
mod retry;
mod second_looks;
mod settings;
mod settlement;
mod system;
mod workers;

pub use bookings::{BookOutcome, BookRequest, Bookings, CancelOutcome};
pub use catalogue::Catalogue;
pub use failure::ServiceError;
pub use organiser::{CachedCount, Organiser, RefundOutcome, StockReport};
pub use payments::{NotificationOutcome, PaymentError, Payments};
pub use recent::Snapshot;
pub use settings::Settings;
pub use system::{
    BookingSystem, BookingSystemBuilder, IncompleteSystem, Readiness, WeakBookingSystem,
};
pub use workers::Workers;
