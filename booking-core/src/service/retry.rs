//! The only place that repeats a call: bounded, with full jitter, and only where repeating does no harm.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::ports::{Classify, IdSource, Retry};

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Decides whether and when a call is repeated.
#[derive(Debug)]
pub(super) struct Attempts {
    until: Instant,
    pause: Duration,
    ids: Arc<dyn IdSource>,
}

impl Attempts {
    /// Allows repeats until `patience` has passed.
    pub(super) fn new(patience: Duration, ids: &Arc<dyn IdSource>) -> Self {
        Self { until: Instant::now() + patience, pause: FIRST_PAUSE, ids: Arc::clone(ids) }
    }

    /// Waits before the next attempt, and tells whether there is to be one. The caller vouches that repeating
    /// the call does no harm even if it took effect.
    pub(super) async fn again(&mut self, error: &(dyn Classify + Sync)) -> bool {
        let at_least = match error.retry() {
            Retry::Never => return false,
            Retry::Now => Duration::ZERO,
            Retry::After(pause) => pause,
        };
        let pause = at_least + jitter(&*self.ids, self.pause);
        if Instant::now() + pause > self.until {
            return false;
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        tokio::time::sleep(pause).await;
        true
    }
}

/// Returns a random part of `longest` ("full jitter"), so that callers that failed together do not come back
/// together. The id source is the one source of randomness that the services have.
pub(super) fn jitter(ids: &dyn IdSource, longest: Duration) -> Duration {
    let random = u32::try_from(ids.next_id().as_u128() & u128::from(u32::MAX)).unwrap_or(0);
    longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
