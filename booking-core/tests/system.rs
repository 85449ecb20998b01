//! The use cases as a whole, over the memory adapters, on a clock that the tests move.

#[path = "system/bench.rs"]
mod bench;
#[path = "system/booking.rs"]
mod booking;
#[path = "system/cache.rs"]
mod cache;
#[path = "system/calling_off.rs"]
mod calling_off;
#[path = "system/outbox.rs"]
mod outbox;
#[path = "system/payments.rs"]
mod payments;
