//! Whether a connection is doing anything, as others have to know who need its place.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::time::Instant;

/// For what a connection waits for its client, and since when: of two that wait for the same, the smaller has waited longer.
///
/// It also tells one wait from the next: a client that was faster waits for something else, or since another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Waiting(u64);

impl Waiting {
    const FOR_READER: u64 = 1 << 63;

    /// The client has an answer to read, and takes it slowly.
    pub(super) fn is_for_reader(self) -> bool {
        self.0 & Self::FOR_READER != 0
    }
}

/// What one connection is doing.
///
/// It is written for every request, so it is numbers and no lock. Nothing else is published through it.
#[derive(Debug)]
pub(super) struct Activity {
    /// When the listener began: what the times below are counted from, in microseconds.
    epoch: Instant,
    /// Since when it is the client's turn, never 0; 0 while a request is at work.
    idle_since: AtomicU64,
    /// Since when the client has more to read than it takes; 0 if it has not.
    slow_since: AtomicU64,
    /// For which [`Waiting`] it was asked to leave; 0 for none.
    asked_for: AtomicU64,
    asked_to_leave: Notify,
}

impl Activity {
    /// A connection that was just opened is idle: nobody has asked for anything.
    pub(super) fn new(epoch: Instant) -> Self {
        let activity = Self {
            epoch,
            idle_since: AtomicU64::new(0),
            slow_since: AtomicU64::new(0),
            asked_for: AtomicU64::new(0),
            asked_to_leave: Notify::new(),
        };
        activity.rest();
        activity
    }

    /// Notes that there is work.
    pub(super) fn work(&self) {
        self.idle_since.store(0, Ordering::Relaxed);
    }

    /// Notes that it is the client's turn: the request is answered, or its body is still to come.
    pub(super) fn rest(&self) {
        self.idle_since.store(self.micros(), Ordering::Relaxed);
    }

    /// Notes that answers wait for the client to read from now on, or that it has taken them all.
    pub(super) fn set_slow(&self, is_slow: bool) {
        let since = if is_slow { self.micros() } else { 0 };
        self.slow_since.store(since, Ordering::Relaxed);
    }

    /// Returns for what it waits for its client. `None` while a request is at work, also if that was sent before the
    /// answer to an earlier one was read.
    pub(super) fn waiting(&self) -> Option<Waiting> {
        let idle_since = self.idle_since.load(Ordering::Relaxed);
        if idle_since == 0 {
            return None;
        }
        Some(match self.slow_since.load(Ordering::Relaxed) {
            0 => Waiting(idle_since),
            since => Waiting(Waiting::FOR_READER | since),
        })
    }

    /// Asks the connection to end, unless its client is faster.
    pub(super) fn ask_to_leave(&self, waiting: Waiting) {
        // The notification publishes the number.
        self.asked_for.store(waiting.0, Ordering::Relaxed);
        self.asked_to_leave.notify_one();
    }

    /// Waits until the connection was asked to end, and still waits for what it was asked for. What has begun since then
    /// goes on, also if it is the client's turn again already: a head may have come whose body is on its way.
    pub(super) async fn asked_while_waiting(&self) {
        loop {
            self.asked_to_leave.notified().await;
            let asked_for = Waiting(self.asked_for.load(Ordering::Relaxed));
            if self.waiting() == Some(asked_for) {
                return;
            }
        }
    }

    /// Never 0, and the highest bit is never set.
    fn micros(&self) -> u64 {
        let micros = u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX);
        micros.clamp(1, Waiting::FOR_READER - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const A_WHILE: Duration = Duration::from_secs(1);

    fn activity() -> Activity {
        Activity::new(Instant::now())
    }

    /// The clock of these tests is paused: it goes on when nothing else can.
    async fn leaves(activity: &Activity) -> bool {
        tokio::time::timeout(A_WHILE, activity.asked_while_waiting()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn who_still_waits_for_the_same_leaves_when_asked() {
        let activity = activity();
        activity.ask_to_leave(activity.waiting().unwrap());
        assert!(leaves(&activity).await);
        activity.set_slow(true);
        activity.ask_to_leave(activity.waiting().unwrap());
        assert!(leaves(&activity).await);
    }

    /// As when a head comes at the moment of the question, and its body a packet later.
    #[tokio::test(start_paused = true)]
    async fn a_request_that_came_meanwhile_is_not_dropped_while_its_body_is_waited_for() {
        let activity = activity();
        let asked = activity.waiting().unwrap();
        activity.ask_to_leave(asked);
        tokio::time::advance(A_WHILE).await;
        activity.work();
        activity.rest();
        assert!(!leaves(&activity).await);
        assert!(activity.waiting() > Some(asked), "and it is last in the line");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_came_meanwhile_is_not_dropped() {
        let activity = activity();
        activity.ask_to_leave(activity.waiting().unwrap());
        activity.set_slow(true);
        assert!(!leaves(&activity).await);
        activity.ask_to_leave(activity.waiting().unwrap());
        activity.set_slow(false);
        assert!(!leaves(&activity).await);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_at_work_waits_for_nobody() {
        let activity = activity();
        activity.set_slow(true);
        activity.work();
        assert_eq!(activity.waiting(), None);
    }
}
