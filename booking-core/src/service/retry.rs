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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ports::Effect;

    /// Always draws the same.
    #[derive(Debug)]
    struct Drawn(u128);

    impl IdSource for Drawn {
        fn next_id(&self) -> Uuid {
            Uuid::from_u128(self.0)
        }
    }

    /// Fails, and says when it may be tried again.
    #[derive(Debug)]
    struct Failure(Retry);

    impl Classify for Failure {
        fn effect(&self) -> Effect {
            Effect::NotApplied
        }

        fn retry(&self) -> Retry {
            self.0
        }
    }

    const LONGEST: u128 = u32::MAX as u128;

    fn attempts(patience: Duration) -> Attempts {
        let ids: Arc<dyn IdSource> = Arc::new(Drawn(LONGEST));
        Attempts::new(patience, &ids)
    }

    #[test]
    fn a_pause_is_drawn_between_nothing_and_the_longest() {
        let longest = Duration::from_secs(8);
        assert_eq!(jitter(&Drawn(LONGEST), longest), longest);
        assert_eq!(jitter(&Drawn(0), longest), Duration::ZERO);
        // What is above these bits of an id is its time, and the same for all who failed together.
        assert_eq!(jitter(&Drawn(!LONGEST), longest), Duration::ZERO);
        let half = jitter(&Drawn(LONGEST / 2), longest);
        assert!(half > longest * 49 / 100 && half < longest * 51 / 100, "{half:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_up_to_the_longest() {
        let mut attempts = attempts(Duration::from_mins(1));
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let begin = Instant::now();
            assert!(attempts.again(&Failure(Retry::Now)).await);
            pauses.push(begin.elapsed().as_millis());
        }
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_tried_again_after_the_patience() {
        let begin = Instant::now();
        let mut attempts = attempts(Duration::from_millis(10 + 20 + 40));
        for _ in 0..3 {
            assert!(attempts.again(&Failure(Retry::Now)).await);
        }
        assert!(!attempts.again(&Failure(Retry::Now)).await);
        assert_eq!(begin.elapsed(), Duration::from_millis(70), "and it is said at once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_is_asked_for_is_kept() {
        let begin = Instant::now();
        let mut attempts = attempts(Duration::from_secs(3));
        assert!(attempts.again(&Failure(Retry::After(Duration::from_secs(2)))).await);
        assert_eq!(begin.elapsed(), Duration::from_millis(2_010), "the drawn one comes on top");
        assert!(!attempts.again(&Failure(Retry::After(Duration::from_secs(2)))).await);
        assert!(!attempts.again(&Failure(Retry::Never)).await);
    }
}
