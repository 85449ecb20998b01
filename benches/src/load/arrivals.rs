//! When people come.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

/// In which manner people come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Rhythm {
    /// By a Poisson process: they know nothing of each other
    #[default]
    Poisson,
    /// One after the other, always with the same pause
    Even,
}

/// Arrivals of which there are so many a second on average. The same seed gives the same arrivals.
///
/// In a Poisson process the pauses between them are exponential, which is made from uniform numbers (inverse transform).
#[derive(Debug)]
pub struct Arrivals {
    rhythm: Rhythm,
    random: SmallRng,
    rate: f64,
    next: f64,
}

impl Arrivals {
    /// Makes arrivals of `rate` a second.
    pub fn new(rhythm: Rhythm, rate: f64, seed: u64) -> Self {
        Self { rhythm, random: SmallRng::seed_from_u64(seed), rate, next: 0.0 }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    /// Returns when the next one comes, counted from the beginning.
    fn next(&mut self) -> Option<Duration> {
        let pauses = match self.rhythm {
            Rhythm::Poisson => -(1.0 - self.random.random::<f64>()).ln(),
            Rhythm::Even => 1.0,
        };
        self.next += pauses / self.rate;
        Duration::try_from_secs_f64(self.next).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_kept_and_a_seed_repeats() {
        let first: Vec<_> = Arrivals::new(Rhythm::Poisson, 1_000.0, 7).take(20_000).collect();
        let again: Vec<_> = Arrivals::new(Rhythm::Poisson, 1_000.0, 7).take(20_000).collect();
        assert_eq!(first, again);
        assert!(first.is_sorted());
        let took = first[19_999].as_secs_f64();
        assert!((19.0..21.0).contains(&took), "20,000 arrivals took {took} s");
        let other: Vec<_> = Arrivals::new(Rhythm::Poisson, 1_000.0, 8).take(20_000).collect();
        assert_ne!(first, other);
    }

    #[test]
    fn pauses_are_exponential_or_all_the_same() {
        let pauses = |rhythm| -> Vec<f64> {
            let arrivals: Vec<f64> = Arrivals::new(rhythm, 100.0, 3)
                .take(20_000)
                .map(|after| after.as_secs_f64() * 100.0)
                .collect();
            arrivals.windows(2).map(|pair| pair[1] - pair[0]).collect()
        };
        let poisson = pauses(Rhythm::Poisson);
        // Of exponential pauses e^-1 are longer than the mean.
        let longer = poisson.iter().filter(|pause| **pause > 1.0).count();
        assert!((7_100..7_600).contains(&longer), "{longer} of 20,000 pauses are long");
        assert!(pauses(Rhythm::Even).iter().all(|pause| (pause - 1.0).abs() < 1e-4));
    }
}
