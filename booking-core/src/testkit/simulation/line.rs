//! What ties an instance to the rest of the world.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::testkit::lock::lock;

/// The line of an instance. Once it is dead, nothing gets through any more, in either direction: that is what being
/// killed looks like from outside, at whichever await it happens. What an instance does between two calls is seen by
/// nobody; of a call, it is killed before it is sent, while it or its answer is under way, or just after its effect.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: u32,
    is_dead: AtomicBool,
    /// After so many more calls that took effect, the instance is killed. Never if 0.
    fuse: AtomicU32,
    /// How many calls it has made.
    calls: AtomicU32,
    /// Messages that it has sent, and not written down.
    unrecorded: Mutex<BTreeSet<String>>,
}

impl Line {
    pub(super) fn new(number: u32) -> Self {
        Self {
            number,
            is_dead: AtomicBool::new(false),
            fuse: AtomicU32::new(0),
            calls: AtomicU32::new(0),
            unrecorded: Mutex::default(),
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    /// Cuts it; tells whether it was alive.
    pub(super) fn cut(&self) -> bool {
        !self.is_dead.swap(true, Ordering::Relaxed)
    }

    pub(super) fn light_fuse(&self, calls: u32) {
        self.fuse.store(calls, Ordering::Relaxed);
    }

    pub(super) fn put_fuse_out(&self) {
        self.light_fuse(0);
    }

    /// Counts a call that took effect; tells whether it was the last one.
    pub(super) fn burn_fuse(&self) -> bool {
        self.fuse.load(Ordering::Relaxed) > 0 && self.fuse.fetch_sub(1, Ordering::Relaxed) == 1
    }

    /// Returns the number of the next call, among those of all instances.
    pub(super) fn next_call(&self) -> u64 {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        u64::from(self.number) << 32 | u64::from(call)
    }

    /// It has sent a message.
    pub(super) fn note_sent(&self, identity: String) {
        lock(&self.unrecorded).insert(identity);
    }

    /// It has written down what became of a message.
    pub(super) fn note_recorded(&self, identity: &str) {
        lock(&self.unrecorded).remove(identity);
    }

    /// Returns the messages that it has sent without writing it down.
    pub(super) fn unrecorded(&self) -> BTreeSet<String> {
        lock(&self.unrecorded).clone()
    }

    /// Goes on only if the instance is alive.
    pub(super) async fn alive(&self) {
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }
}
