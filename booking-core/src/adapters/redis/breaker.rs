//! A circuit breaker: after some failures in a row a server is left alone for a while, so that callers do not
//! wait in vain. Then one probe decides whether it is used again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::mix;

const STATE: &str = "booking_cache_breaker_state";
const OPENINGS: &str = "booking_cache_breaker_openings_total";

/// Whether a cache's server is used. The metric `booking_cache_breaker_state` shows it as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BreakerState {
    /// It is used: 0.
    Closed,
    /// It is being tried: 1.
    HalfOpen,
    /// It is left alone, and calls fail at once: 2.
    Open,
}

/// Counts the breakers of a cache by their state. The metric shows the worst of them.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Mutex<[u32; 3]>,
    /// Makes pauses differ that begin together.
    openings: AtomicU64,
}

impl Tally {
    pub(super) fn worst(&self) -> BreakerState {
        worst(*self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn moved(&self, from: Option<BreakerState>, to: Option<BreakerState>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(from) = from {
            counts[from as usize] = counts[from as usize].saturating_sub(1);
        }
        if let Some(to) = to {
            counts[to as usize] += 1;
        }
        // Within the lock, so that the gauge ends with the newest state.
        metrics::gauge!(STATE).set(f64::from(worst(*counts) as u8));
    }
}

fn worst(counts: [u32; 3]) -> BreakerState {
    match counts {
        [_, 0, 0] => BreakerState::Closed,
        [_, _, 0] => BreakerState::HalfOpen,
        _ => BreakerState::Open,
    }
}

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct BreakerSettings {
    pub(super) failures: u32,
    pub(super) pause: Duration,
    pub(super) seed: u64,
}

/// The breaker of one server.
#[derive(Debug)]
pub(super) struct Breaker {
    settings: BreakerSettings,
    tally: Arc<Tally>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    circuit: Circuit,
    /// Goes up with every change of the circuit, so that answers from before it are told apart.
    epoch: u64,
}

#[derive(Debug, Clone, Copy)]
enum Circuit {
    Closed { failures: u32 },
    Open { until: Instant },
    HalfOpen,
}

impl Circuit {
    const fn state(self) -> BreakerState {
        match self {
            Self::Closed { .. } => BreakerState::Closed,
            Self::Open { .. } => BreakerState::Open,
            Self::HalfOpen => BreakerState::HalfOpen,
        }
    }
}

/// What a breaker says to a call.
#[derive(Debug)]
pub(super) enum Admission {
    /// It may go on.
    Go(Permit),
    /// It must not, but it is time that somebody tries the server.
    Probe(Permit),
    /// It must not.
    Refused,
}

/// The right to use the server once. What came of it has to be told.
#[derive(Debug)]
pub(super) struct Permit {
    breaker: Arc<Breaker>,
    epoch: u64,
    is_settled: bool,
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings, tally: Arc<Tally>) -> Self {
        tally.moved(None, Some(BreakerState::Closed));
        let inner = Mutex::new(Inner { circuit: Circuit::Closed { failures: 0 }, epoch: 0 });
        Self { settings, tally, inner }
    }

    pub(super) fn state(&self) -> BreakerState {
        self.lock().circuit.state()
    }

    /// Asks whether a call may go on.
    pub(super) fn admit(self: &Arc<Self>) -> Admission {
        let mut inner = self.lock();
        match inner.circuit {
            Circuit::Closed { .. } => Admission::Go(self.permit(&inner)),
            Circuit::Open { until } if Instant::now() >= until => {
                self.change(&mut inner, Circuit::HalfOpen);
                Admission::Probe(self.permit(&inner))
            }
            Circuit::Open { .. } | Circuit::HalfOpen => Admission::Refused,
        }
    }

    /// Asks whether the server may be tried now, however long it is to be left alone. Only one may at a time,
    /// unless all may.
    pub(super) fn admit_probe(self: &Arc<Self>) -> Option<Permit> {
        let mut inner = self.lock();
        match inner.circuit {
            Circuit::Closed { .. } => {}
            Circuit::Open { .. } => self.change(&mut inner, Circuit::HalfOpen),
            Circuit::HalfOpen => return None,
        }
        Some(self.permit(&inner))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn permit(self: &Arc<Self>, inner: &Inner) -> Permit {
        Permit { breaker: Arc::clone(self), epoch: inner.epoch, is_settled: false }
    }

    fn change(&self, inner: &mut Inner, to: Circuit) {
        self.tally.moved(Some(inner.circuit.state()), Some(to.state()));
        inner.circuit = to;
        inner.epoch += 1;
    }

    fn open(&self, inner: &mut Inner) {
        let number = self.tally.openings.fetch_add(1, Ordering::Relaxed);
        let per_mille = u32::try_from(mix(self.settings.seed ^ mix(number)) % 1_001).unwrap_or(0);
        let pause = self.settings.pause + self.settings.pause * per_mille / 1_000;
        self.change(inner, Circuit::Open { until: Instant::now() + pause });
        metrics::counter!(OPENINGS).increment(1);
    }

    fn settle(&self, epoch: u64, has_answered: bool) {
        let mut inner = self.lock();
        if inner.epoch != epoch {
            return;
        }
        match (inner.circuit, has_answered) {
            (Circuit::Closed { .. }, true) => inner.circuit = Circuit::Closed { failures: 0 },
            (Circuit::Closed { failures }, false) => {
                let failures = failures + 1;
                if failures >= self.settings.failures {
                    self.open(&mut inner);
                } else {
                    inner.circuit = Circuit::Closed { failures };
                }
            }
            (Circuit::HalfOpen, true) => self.change(&mut inner, Circuit::Closed { failures: 0 }),
            (Circuit::HalfOpen, false) => self.open(&mut inner),
            (Circuit::Open { .. }, _) => {}
        }
    }
}

impl Drop for Breaker {
    fn drop(&mut self) {
        let state = self.state();
        self.tally.moved(Some(state), None);
    }
}

impl Permit {
    /// Tells whether the server has answered.
    pub(super) fn settle(mut self, has_answered: bool) {
        self.is_settled = true;
        self.breaker.settle(self.epoch, has_answered);
    }
}

impl Drop for Permit {
    /// A call that its caller gave up tells nothing. A probe that nobody waits for any more must not keep the
    /// breaker half open for ever.
    fn drop(&mut self) {
        if !self.is_settled {
            let mut inner = self.breaker.lock();
            if inner.epoch == self.epoch && matches!(inner.circuit, Circuit::HalfOpen) {
                self.breaker.open(&mut inner);
            }
        }
    }
}

#[cfg(test)]
mod tests;
