//! HTTP without the booking domain: what arrives, what leaves, and the limits on both.
//!
//! A request takes this way:
//!
//! 1. [`listener`] accepts the connection, within the limits of [`limits`].
//! 2. [`guard`] gives the request an id, reads its body, and bounds how many run and for how long.
//! 3. [`router`] finds the endpoint, or the 404 or 405 that says there is none.
//! 4. The handler reads parameters ([`query`]) and bodies ([`body`], [`fields`]) and answers with a
//!    [`reply`] or a [`problem`].
//! 5. [`guard`] adds the headers that every answer bears, counts it and logs it.
//!
//! Only [`listener`] knows about sockets. [`guard::Guard`] is a tower service over any request
//! body, so it can be mounted in another server.

mod activity;
pub mod body;
pub mod etag;
pub mod fields;
pub mod guard;
pub(crate) mod language;
pub mod limits;
pub mod listener;
pub mod origin;
mod percent;
pub mod problem;
pub mod query;
mod repeats;
pub mod reply;
pub mod request_id;
pub mod router;
mod stall;
pub mod value;

/// The label of a metric that says which listener it is of: both have routes such as `/v1/events/{event_id}`.
const LISTENER: &str = "listener";
