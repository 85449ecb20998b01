//! Whether a connection is doing anything, as others have to know who need its place.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::time::Instant;

/// What one connection is doing.
///
/// It is written for every request, so it is a number and no lock. Nothing else is published through it.
#[derive(Debug)]
pub(super) struct Activity {
    /// When the listener began: what the times below are counted from.
    epoch: Instant,
    /// Since when it waits for its client, in microseconds and never 0; 0 while a request is at work.
    idle_since: AtomicU64,
    /// An answer waits for the client to read.
    is_writing: AtomicBool,
    asked_to_leave: Notify,
}

impl Activity {
    /// A connection that was just opened is idle: nobody has asked for anything.
    pub(super) fn new(epoch: Instant) -> Self {
        let activity = Self {
            epoch,
            idle_since: AtomicU64::new(0),
            is_writing: AtomicBool::new(false),
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
        let micros = u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.idle_since.store(micros.max(1), Ordering::Relaxed);
    }

    pub(super) fn set_writing(&self, is_writing: bool) {
        self.is_writing.store(is_writing, Ordering::Relaxed);
    }

    /// Returns since when it waits for its client: the smaller, the longer. `None` while it does not.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let since = self.idle_since.load(Ordering::Relaxed);
        (since > 0 && !self.is_writing.load(Ordering::Relaxed)).then_some(since)
    }

    /// Asks the connection to end, unless its client is faster.
    pub(super) fn ask_to_leave(&self) {
        self.asked_to_leave.notify_one();
    }

    /// Waits until the connection was asked to end while it waits for its client.
    pub(super) async fn asked_while_idle(&self) {
        loop {
            self.asked_to_leave.notified().await;
            if self.idle_since().is_some() {
                return;
            }
        }
    }
}
