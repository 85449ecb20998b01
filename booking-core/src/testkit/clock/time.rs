//! Telling the time.
#![expect(clippy::unused_async, reason = "the cases of all suites are run alike")]

use super::ClockHarness;
use crate::domain::time::Timestamp;

/// The time lies within the range of every database and time zone, and its text is read back.
pub async fn the_time_is_one_that_can_be_written_down<H: ClockHarness>(harness: &H) {
    let now = harness.fresh().now();
    assert!(Timestamp::MIN <= now && now <= Timestamp::MAX);
    assert_eq!(now.to_string().parse(), Ok(now));
}

/// Two clocks show the same time: each reading lies between two of the other, unless the clock was set back.
pub async fn clocks_of_one_kind_tell_one_time<H: ClockHarness>(harness: &H) {
    let (first, second) = (harness.fresh(), harness.fresh());
    // Contract 1 lets a clock go backwards, so one undisturbed reading in many is enough.
    let agrees = (0..100).any(|_| {
        let (before, between, after) = (first.now(), second.now(), first.now());
        before <= between && between <= after
    });
    assert!(agrees, "the clocks differ");
}

/// A clock serves every thread.
pub async fn threads_may_ask_at_once<H: ClockHarness>(harness: &H) {
    let clock = harness.fresh();
    let latest = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| (0..1_000).map(|_| clock.now()).max())).collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("no thread panics")).max()
    });
    assert!(latest.is_some_and(|latest| latest >= Timestamp::MIN));
}
