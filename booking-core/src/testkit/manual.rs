//! Time and ids that a test decides on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use crate::domain::time::Timestamp;
use crate::ports::{Clock, IdSource};

/// A clock that stands still until a test moves it. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// Makes a clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Sets the clock, also backwards.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves the clock forwards, and returns what it shows then.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by);
        *now
    }
}

impl Default for ManualClock {
    /// Makes a clock that shows [`seed::now`](super::seed::now).
    fn default() -> Self {
        Self::at(super::seed::now())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A small generator of numbers that look random (SplitMix64: G. Steele, D. Lea, C. Flood, "Fast Splittable
/// Pseudorandom Number Generators", 2014). The same seed gives the same numbers on every machine and in
/// every release, so that a failing seed can be replayed.
#[derive(Debug, Clone)]
pub struct SplitMix(u64);

impl SplitMix {
    /// Makes a generator from a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `bound`, or 0 if `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next_u64().checked_rem(bound).unwrap_or(0)).unwrap_or(0)
    }
}

/// Makes the same UUID v7 ids from the same seed and the same times.
#[derive(Debug)]
pub struct SeededIds {
    clock: Arc<dyn Clock>,
    state: Mutex<SeededState>,
}

#[derive(Debug)]
struct SeededState {
    random: SplitMix,
    millis: u64,
    tail: u128,
}

/// What is left of a UUID v7 beside its time, version and variant.
const TAIL_BITS: u32 = 74;

impl SeededIds {
    /// Makes a source of ids whose times are the clock's.
    pub fn new(seed: u64, clock: Arc<dyn Clock>) -> Self {
        let state = SeededState { random: SplitMix::new(seed), millis: 0, tail: 0 };
        Self { clock, state: Mutex::new(state) }
    }
}

impl IdSource for SeededIds {
    fn next_id(&self) -> Uuid {
        let now = self.clock.now().as_unix_millis();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let step = u128::from(state.random.next_u64());
        if now > state.millis {
            // The top bit stays free, so that 2^33 more ids fit into the millisecond.
            state.millis = now;
            state.tail = (step << 9) & ((1 << (TAIL_BITS - 1)) - 1);
        } else {
            state.tail += 1 + (step & 0xff_ffff_ffff);
            if state.tail >> TAIL_BITS != 0 {
                state.millis += 1;
                state.tail = 0;
            }
        }
        assemble(state.millis, state.tail)
    }
}

/// Puts time and tail into the layout of RFC 9562 §5.7, keeping their order.
pub(super) fn assemble(millis: u64, tail: u128) -> Uuid {
    const LOW_BITS: u32 = 62;
    let high = (tail >> LOW_BITS) & 0x0fff;
    let low = tail & ((1 << LOW_BITS) - 1);
    let time = u128::from(millis & 0xffff_ffff_ffff) << 80;
    Uuid::from_u128(time | 7 << 76 | high << 64 | 0b10 << 62 | low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_ids() {
        let ids = |seed| {
            let clock = ManualClock::default();
            let ids = SeededIds::new(seed, Arc::new(clock.clone()));
            let mut made: Vec<Uuid> = (0..50).map(|_| ids.next_id()).collect();
            clock.advance(Duration::from_millis(3));
            made.extend((0..50).map(|_| ids.next_id()));
            clock.set(super::super::seed::now());
            made.extend((0..50).map(|_| ids.next_id()));
            made
        };
        assert_eq!(ids(7), ids(7));
        assert_ne!(ids(7), ids(8));
        assert!(ids(7).is_sorted_by(|a, b| a < b), "also when the clock goes backwards");
        assert!(ids(7).iter().all(|id| id.get_version_num() == 7));
        assert!(ids(7).iter().all(|id| id.get_variant() == uuid::Variant::RFC4122));
    }

    #[test]
    fn a_clock_moves_only_when_it_is_moved() {
        let clock = ManualClock::default();
        let copy = clock.clone();
        let later = clock.advance(Duration::from_secs(5));
        assert_eq!((copy.now(), later), (clock.now(), clock.now()));
        clock.set(Timestamp::MIN);
        assert_eq!(copy.now(), Timestamp::MIN);
    }
}
