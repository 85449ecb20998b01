//! When people come.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

/// A Poisson process: arrivals that know nothing of each other, so many a second on average. The same seed gives the
/// same arrivals. The pauses between them are exponential (inverse transform of a uniform number).
#[derive(Debug)]
pub struct Arrivals {
    random: SmallRng,
    rate: f64,
    next: f64,
}

impl Arrivals {
    /// Makes arrivals of `rate` a second.
    pub fn new(rate: f64, seed: u64) -> Self {
        Self { random: SmallRng::seed_from_u64(seed), rate, next: 0.0 }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    /// Returns when the next one comes, counted from the beginning.
    fn next(&mut self) -> Option<Duration> {
        let uniform: f64 = self.random.random();
        self.next += -(1.0 - uniform).ln() / self.rate;
        Duration::try_from_secs_f64(self.next).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_kept_and_a_seed_repeats() {
        let first: Vec<_> = Arrivals::new(1_000.0, 7).take(20_000).collect();
        let again: Vec<_> = Arrivals::new(1_000.0, 7).take(20_000).collect();
        assert_eq!(first, again);
        assert!(first.is_sorted());
        let took = first[19_999].as_secs_f64();
        assert!((19.0..21.0).contains(&took), "20,000 arrivals took {took} s");
        let other: Vec<_> = Arrivals::new(1_000.0, 8).take(20_000).collect();
        assert_ne!(first, other);
    }
}
