//! What a seed decides.

use std::sync::Mutex;
use std::time::Duration;

use super::lock::lock;
use super::manual::SplitMix;

/// Draws everything that is left to chance, from a seed.
#[derive(Debug)]
pub struct Dice(Mutex<SplitMix>);

impl Dice {
    /// Makes dice from a seed.
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(SplitMix::new(seed)))
    }

    /// Makes dice for one part of what a seed decides, so that no part's draws depend on how many another makes.
    pub(super) fn of_part(seed: u64, part: &[u64]) -> Self {
        let mixed = part.iter().fold(seed, |mixed, number| {
            SplitMix::new(mixed.rotate_left(17) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
                .next_u64()
        });
        Self::new(mixed)
    }

    /// Returns any number.
    pub fn any(&self) -> u64 {
        lock(&self.0).next_u64()
    }

    /// Returns a number below `bound`, or 0 if `bound` is 0.
    pub fn below(&self, bound: usize) -> usize {
        lock(&self.0).below(bound)
    }

    /// Returns a number from `from` to `to`, both included.
    pub fn between(&self, from: u32, to: u32) -> u32 {
        let span = u64::from(to.saturating_sub(from)) + 1;
        from + u32::try_from(self.any() % span).unwrap_or(0)
    }

    /// Says yes so many times out of a thousand.
    pub fn chance(&self, per_mille: u32) -> bool {
        self.between(1, 1_000) <= per_mille
    }

    /// Returns a time of whole milliseconds, both bounds included.
    pub fn millis(&self, from: u32, to: u32) -> Duration {
        Duration::from_millis(self.between(from, to).into())
    }

    /// Returns one of the items, if there are any.
    pub fn pick<'a, T>(&self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}
