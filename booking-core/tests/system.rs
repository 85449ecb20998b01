//! The use cases as a whole, over the memory adapters, on a clock that the tests move.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

#[path = "system/bench.rs"]
mod bench;
#[path = "system/booking.rs"]
mod booking;
#[path = "system/cache.rs"]
mod cache;
#[path = "system/calling_off.rs"]
mod calling_off;
#[path = "system/leftovers.rs"]
mod leftovers;
#[path = "system/organising.rs"]
mod organising;
#[path = "system/outbox.rs"]
mod outbox;
#[path = "system/payments.rs"]
mod payments;
#[path = "system/recent.rs"]
mod recent;
#[path = "system/silence.rs"]
mod silence;
