//! What may be expected of the cache at this moment: which entries a fault has spoilt, and how new an event has to be
//! that is read from it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::domain::ids::EventId;
use crate::testkit::lock::lock;

/// What is known of one event's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Standing {
    /// A fault kept the count from being put right, or moved it for nobody.
    pub(super) is_count_doubtful: bool,
    /// A fault kept the entry from being cleared after a change of the event.
    pub(super) are_details_doubtful: bool,
    /// What is read from the cache is of this version or newer: the last clear that got through came after it.
    pub(super) floor: u64,
}

/// What is known of all entries. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Standings(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    by_event: BTreeMap<EventId, Standing>,
    /// How often the cache went back in time, which makes every floor void.
    setbacks: u32,
}

impl Standings {
    pub(super) fn of(&self, event_id: EventId) -> Standing {
        self.lock().by_event.get(&event_id).copied().unwrap_or_default()
    }

    pub(super) fn setbacks(&self) -> u32 {
        self.lock().setbacks
    }

    /// The count of an event may be wrong until a correction or a clear gets through.
    pub(super) fn doubt_count(&self, event_id: EventId) {
        self.lock().by_event.entry(event_id).or_default().is_count_doubtful = true;
    }

    /// The count of an event was put right.
    pub(super) fn settle_count(&self, event_id: EventId) {
        self.lock().by_event.entry(event_id).or_default().is_count_doubtful = false;
    }

    /// Everything that is cached of an event may be wrong until a clear gets through.
    pub(super) fn doubt(&self, event_id: EventId) {
        let mut state = self.lock();
        let standing = state.by_event.entry(event_id).or_default();
        standing.is_count_doubtful = true;
        standing.are_details_doubtful = true;
    }

    /// A clear got through when the database held `version`.
    pub(super) fn clear(&self, event_id: EventId, version: u64) {
        let cleared = Standing { floor: version, ..Standing::default() };
        self.lock().by_event.insert(event_id, cleared);
    }

    /// What is filled from now on was read when the database held `version` or a newer one.
    pub(super) fn raise_floor(&self, event_id: EventId, version: u64) {
        let mut state = self.lock();
        let standing = state.by_event.entry(event_id).or_default();
        standing.floor = standing.floor.max(version);
    }

    /// The cache went back to an earlier state.
    pub(super) fn set_back(&self, events: &[EventId]) {
        let mut state = self.lock();
        state.setbacks += 1;
        for event_id in events {
            let doubtful =
                Standing { is_count_doubtful: true, are_details_doubtful: true, floor: 0 };
            state.by_event.insert(*event_id, doubtful);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}
