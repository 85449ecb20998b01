//! Whether a cached count of zero is to be believed, or the database to be looked at.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::ids::EventId;
use crate::domain::time::Timestamp;

/// More events than this are not sold out within the same second; if they are, forgetting costs a look more.
const MAX_EVENTS: usize = 10_000;

/// Remembers for a moment which events the database was seen to be sold out of.
///
/// Somebody looks again when half of the moment is over, and the others go on believing until the whole of it is. So
/// a crowd that reloads a page does not fall upon the database every time the moment ends.
#[derive(Debug)]
pub(super) struct SecondLooks {
    moment: Duration,
    seen: Mutex<HashMap<EventId, Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Timestamp,
    /// Somebody is looking again.
    is_claimed: bool,
}

impl SecondLooks {
    pub(super) fn new(moment: Duration) -> Self {
        Self { moment, seen: Mutex::new(HashMap::new()) }
    }

    /// Returns the task to look at the database, or `None` if the cache is to be believed.
    pub(super) fn begin(&self, event_id: EventId, now: Timestamp) -> Option<SecondLook<'_>> {
        // Made only to be handed out: dropping one forgets the event.
        let look = || SecondLook { looks: self, event_id, at: now, is_sold_out: false };
        let mut all = self.lock();
        // A clock that was set back must not stretch the moment.
        let Some(seen) = all.get_mut(&event_id).filter(|seen| now >= seen.at) else {
            return Some(look());
        };
        let age = now.since(seen.at);
        if age < self.moment && (seen.is_claimed || age < self.moment / 2) {
            return None;
        }
        seen.is_claimed = true;
        Some(look())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EventId, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A look at the database. Unless it finds that the event is sold out, the next one who asks looks, too.
#[derive(Debug)]
pub(super) struct SecondLook<'a> {
    looks: &'a SecondLooks,
    event_id: EventId,
    at: Timestamp,
    is_sold_out: bool,
}

impl SecondLook<'_> {
    /// The database says so, too: for a moment, the cache is believed.
    pub(super) fn confirm(mut self) {
        self.is_sold_out = true;
    }
}

impl Drop for SecondLook<'_> {
    fn drop(&mut self) {
        let mut all = self.looks.lock();
        if !self.is_sold_out {
            all.remove(&self.event_id);
            return;
        }
        if all.len() >= MAX_EVENTS && !all.contains_key(&self.event_id) {
            all.clear();
        }
        all.insert(self.event_id, Seen { at: self.at, is_claimed: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000).unwrap()
    }

    #[test]
    fn zero_is_believed_only_for_a_moment_after_the_database_said_so() {
        let looks = SecondLooks::new(Duration::from_secs(1));
        let event = EventId::new(uuid::Uuid::from_u128(1));
        drop(looks.begin(event, at(1_000)).unwrap());
        let first = looks.begin(event, at(1_000)).expect("the last look found tickets, or failed");
        let second = looks.begin(event, at(1_000)).expect("nobody has found out yet");
        first.confirm();
        second.confirm();
        assert!(looks.begin(event, at(1_498)).is_none());
        assert!(looks.begin(event, at(1_499)).is_none());
        assert!(looks.begin(event, at(999)).is_some(), "the clock was set back");
    }

    #[test]
    fn one_looks_again_while_the_others_still_believe() {
        let looks = SecondLooks::new(Duration::from_secs(1));
        let event = EventId::new(uuid::Uuid::from_u128(1));
        looks.begin(event, at(1_000)).unwrap().confirm();
        let again = looks.begin(event, at(1_500)).unwrap();
        assert!(looks.begin(event, at(1_999)).is_none(), "somebody is looking");
        let late = looks.begin(event, at(2_000)).expect("the moment is over");
        late.confirm();
        drop(again);
        assert!(looks.begin(event, at(2_001)).is_some(), "the other one found tickets");
    }

    #[test]
    fn so_many_looks_are_remembered_and_then_all_are_forgotten() {
        let looks = SecondLooks::new(Duration::from_secs(1));
        let id = |number: usize| EventId::new(uuid::Uuid::from_u128(number as u128));
        for number in 0..MAX_EVENTS {
            looks.begin(id(number), at(1_000)).unwrap().confirm();
        }
        looks.begin(id(7), at(1_500)).unwrap().confirm();
        let is_kept = |number| number == 7 || looks.begin(id(number), at(1_499)).is_none();
        assert!((0..MAX_EVENTS).all(is_kept));
        looks.begin(id(MAX_EVENTS), at(1_500)).unwrap().confirm();
        assert!(looks.begin(id(MAX_EVENTS), at(1_501)).is_none());
        assert!(looks.begin(id(0), at(1_499)).is_some(), "nothing grows for ever");
    }
}
