//! What a seed decides.

use std::sync::Mutex;
use std::time::Duration;

use booking_core::testkit::SplitMix;

/// Draws everything that a schedule leaves to chance from its seed.
#[derive(Debug)]
pub(crate) struct Dice(Mutex<SplitMix>);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(Mutex::new(SplitMix::new(seed)))
    }

    /// Returns a number below `bound`.
    pub(crate) fn below(&self, bound: usize) -> usize {
        self.0.lock().unwrap().below(bound)
    }

    /// Returns a number from `from` to `to`, both included.
    pub(crate) fn between(&self, from: u32, to: u32) -> u32 {
        let span = usize::try_from(to - from + 1).unwrap();
        from + u32::try_from(self.below(span)).unwrap()
    }

    /// Says yes so many times out of a thousand.
    pub(crate) fn chance(&self, per_mille: u32) -> bool {
        self.between(1, 1_000) <= per_mille
    }

    /// Returns a time of whole milliseconds, both bounds included.
    pub(crate) fn millis(&self, from: u32, to: u32) -> Duration {
        Duration::from_millis(self.between(from, to).into())
    }

    pub(crate) fn pick<'a, T>(&self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}
