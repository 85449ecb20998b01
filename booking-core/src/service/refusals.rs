//! What the database refused a moment ago, so that the next thousand askers need not ask it again.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::domain::ids::EventId;
use crate::domain::ledger::SoldOut;
use crate::domain::time::Timestamp;

/// More events than this are not sold out within the same second; if they are, forgetting costs a look at the
/// database.
const MAX_EVENTS: usize = 10_000;

/// Remembers for a moment which events the database found short of tickets.
#[derive(Debug)]
pub(super) struct Refusals {
    memory: Duration,
    events: Mutex<HashMap<EventId, (SoldOut, Timestamp)>>,
}

impl Refusals {
    pub(super) fn new(memory: Duration) -> Self {
        Self { memory, events: Mutex::new(HashMap::new()) }
    }

    /// Keeps what the database said at `now`.
    pub(super) fn remember(&self, event_id: EventId, sold_out: SoldOut, now: Timestamp) {
        let mut events = self.lock();
        if events.len() >= MAX_EVENTS && !events.contains_key(&event_id) {
            events.clear();
        }
        events.insert(event_id, (sold_out, now));
    }

    /// Forgets an event if more tickets are left now. A payment alone frees none.
    pub(super) fn note(&self, event_id: EventId, available: u32) {
        let mut events = self.lock();
        if events.get(&event_id).is_some_and(|(refusal, _)| available > refusal.available) {
            events.remove(&event_id);
        }
    }

    /// Forgets an event: tickets may have come back.
    pub(super) fn forget(&self, event_id: EventId) {
        self.lock().remove(&event_id);
    }

    /// Returns the refusal of `quantity` tickets that the database gave at most a moment ago, if it did and
    /// no hold has ended since.
    pub(super) fn find(&self, event_id: EventId, quantity: u32, now: Timestamp) -> Option<SoldOut> {
        let (sold_out, at) = *self.lock().get(&event_id)?;
        // A clock that was set back must not stretch the moment.
        let is_fresh = now >= at && now.since(at) < self.memory;
        let is_released = sold_out.next_release_at.is_some_and(|release_at| now >= release_at);
        (is_fresh && !is_released && sold_out.available < quantity).then_some(sold_out)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<EventId, (SoldOut, Timestamp)>> {
        self.events.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_repeated_only_while_it_must_still_be_true() {
        let refusals = Refusals::new(Duration::from_secs(1));
        let event = EventId::new(uuid::Uuid::from_u128(1));
        let at = |millis: i64| Timestamp::from_micros(millis * 1_000).unwrap();
        let sold_out = SoldOut { available: 2, held: 5, next_release_at: Some(at(1_500)) };
        refusals.remember(event, sold_out, at(1_000));
        assert_eq!(refusals.find(event, 3, at(1_499)), Some(sold_out));
        assert_eq!(refusals.find(event, 2, at(1_499)), None, "two can still be had");
        assert_eq!(refusals.find(event, 3, at(1_500)), None, "a hold has ended");
        assert_eq!(refusals.find(event, 3, at(999)), None, "the clock was set back");

        let lasting = SoldOut { next_release_at: None, ..sold_out };
        refusals.remember(event, lasting, at(1_000));
        assert_eq!(refusals.find(event, 3, at(1_999)), Some(lasting));
        assert_eq!(refusals.find(event, 3, at(2_000)), None, "the moment is over");
        refusals.remember(event, lasting, at(1_000));
        refusals.note(event, 2);
        assert_eq!(refusals.find(event, 3, at(1_001)), Some(lasting), "a payment frees no ticket");
        refusals.note(event, 3);
        assert_eq!(refusals.find(event, 3, at(1_001)), None, "tickets came back");
        refusals.remember(event, lasting, at(1_000));
        refusals.forget(event);
        assert_eq!(refusals.find(event, 3, at(1_001)), None);
    }

    #[test]
    fn so_many_refusals_are_remembered_and_then_all_are_forgotten() {
        let refusals = Refusals::new(Duration::from_secs(1));
        let id = |number: usize| EventId::new(uuid::Uuid::from_u128(number as u128));
        let at = Timestamp::from_micros(1_000_000).unwrap();
        let sold_out = SoldOut { available: 0, held: 0, next_release_at: None };
        for number in 0..MAX_EVENTS {
            refusals.remember(id(number), sold_out, at);
        }
        refusals.remember(id(7), sold_out, at);
        assert!((0..MAX_EVENTS).all(|number| refusals.find(id(number), 1, at).is_some()));
        refusals.remember(id(MAX_EVENTS), sold_out, at);
        assert_eq!(refusals.find(id(MAX_EVENTS), 1, at), Some(sold_out));
        assert_eq!(refusals.find(id(7), 1, at), None, "nothing grows for ever");
    }
}
