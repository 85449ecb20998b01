//! Pure values and rules: no `async`, no I/O, no clock.
//!
//! Every type here can only be made valid, so that whoever holds a value need not check it again. The
//! two modules that carry the engine's promises are [`lifecycle`] (the booking state machine) and
//! [`ledger`] (what a batch of requests does to the stock).

pub mod announcement;
pub mod audit;
pub mod booking;
pub mod catalogue;
pub mod country;
pub mod event;
pub mod ids;
pub mod invalid;
pub mod ledger;
pub mod lifecycle;
pub mod locale;
pub mod money;
pub mod notice;
pub mod payment;
pub mod quantity;
pub mod search;
pub mod stock;
pub mod text;
pub mod time;
pub mod venue;

#[cfg(feature = "serde")]
mod wire;
