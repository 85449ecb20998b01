//! The machine's own clock and randomness: the one place of the library that asks for either.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::RngExt;
use uuid::Uuid;

use crate::domain::time::Timestamp;
use crate::ports::clock::{Clock, IdSource};

/// Reads the machine's clock, in whole microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the implementation of the port")]
    fn now(&self) -> Timestamp {
        let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let since_epoch = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => micros(after),
            Err(before) => -micros(before.duration()),
        };
        // A clock that is set to a year nobody can write down is wrong anyway.
        let end = if since_epoch < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_micros(since_epoch).unwrap_or(end)
    }
}

/// Makes UUID v7 (RFC 9562 §5.7), each greater than the one before.
///
/// The 12 bits of `rand_a` count the ids of a millisecond (§6.2, method 1: a counter that starts at a random
/// value in the lower half of its range), the 62 bits of `rand_b` are new for every id and come from a
/// cryptographically secure generator. A counter that runs over borrows from the next millisecond, and a clock
/// that steps back is waited out on the last millisecond that was used, so ids may run a little ahead of the
/// clock, but never back.
///
/// It takes no lock: many threads may ask at once.
#[derive(Debug)]
pub struct SystemIds {
    clock: Arc<dyn Clock>,
    /// Milliseconds and counter of the last id, 48 and 12 bits.
    last: AtomicU64,
}

impl SystemIds {
    const COUNTER_BITS: u32 = 12;
    /// A counter that starts below this has room for as many ids again before it borrows.
    const COUNTER_START: u64 = 1 << (Self::COUNTER_BITS - 1);
    const TICK_MASK: u64 = (1 << (48 + Self::COUNTER_BITS)) - 1;

    /// Makes a source whose ids bear the time of `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, last: AtomicU64::new(0) }
    }

    /// Returns milliseconds and counter of the next id: larger than any before.
    fn next_tick(&self, millis: u64, start: u64) -> u64 {
        let fresh = (millis << Self::COUNTER_BITS) | start;
        let next = |last: u64| {
            let is_new_millisecond = millis > last >> Self::COUNTER_BITS;
            // The carry of a full counter goes into the milliseconds by itself.
            if is_new_millisecond { fresh } else { last + 1 }
        };
        // Nothing else is published through it, so no ordering is needed beside its own.
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)))
            .unwrap_or_else(|unchanged| unchanged);
        next(last) & Self::TICK_MASK
    }
}

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the implementation of the port")]
    fn next_id(&self) -> Uuid {
        let (start, low): (u64, u64) = rand::rng().random();
        let tick = self.next_tick(self.clock.now().as_unix_millis(), start % Self::COUNTER_START);
        let millis = tick >> Self::COUNTER_BITS;
        let counter = tick & ((1 << Self::COUNTER_BITS) - 1);
        let high = (millis << 16) | (0x7 << 12) | counter;
        Uuid::from_u64_pair(high, (low >> 2) | (1 << 63))
    }
}

#[cfg(test)]
mod tests;
