//! Which events have so many tickets left that it does not matter who is served first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::ids::EventId;
use crate::domain::stock::Stock;

/// More events than this are not crowded at the same time; if they are, forgetting costs a little speed.
const MAX_EVENTS: usize = 10_000;

/// Plenty is what many batches could not use up, at one ticket each.
const BATCHES: usize = 16;

/// Remembers of which events many tickets were left when they were last written.
#[derive(Debug)]
pub(super) struct Plenty {
    at_least: u32,
    events: Mutex<HashMap<EventId, bool>>,
}

impl Plenty {
    /// Makes the memory for batches of up to `batch_limit` requests.
    pub(super) fn new(batch_limit: usize) -> Self {
        let at_least = u32::try_from(batch_limit.saturating_mul(BATCHES)).unwrap_or(u32::MAX);
        Self { at_least, events: Mutex::default() }
    }

    /// Takes note of what is left.
    pub(super) fn note(&self, stocks: &[(EventId, Stock)]) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() + stocks.len() > MAX_EVENTS {
            events.clear();
        }
        events.extend(stocks.iter().map(|(id, stock)| (*id, stock.available() >= self.at_least)));
    }

    /// Tells whether there was plenty.
    pub(super) fn is_left(&self, event_id: EventId) -> bool {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.get(&event_id).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::quantity::Capacity;

    fn id(number: usize) -> EventId {
        EventId::new(Uuid::from_u128(number as u128))
    }

    fn stock(tickets: u32) -> Stock {
        Stock::new(Capacity::new(tickets).unwrap())
    }

    #[test]
    fn there_is_plenty_while_many_batches_could_not_use_it_up() {
        let plenty = Plenty::new(10);
        let enough = 10 * u32::try_from(BATCHES).unwrap();
        assert!(!plenty.is_left(id(1)), "nothing is known of it");
        plenty.note(&[(id(1), stock(enough)), (id(2), stock(enough - 1))]);
        assert!(plenty.is_left(id(1)));
        assert!(!plenty.is_left(id(2)));
        plenty.note(&[(id(1), stock(enough - 1))]);
        assert!(!plenty.is_left(id(1)), "the last word counts");
    }

    #[test]
    fn so_many_events_are_known_and_then_all_are_forgotten() {
        let plenty = Plenty::new(1);
        let much = stock(u32::try_from(BATCHES).unwrap());
        for number in 0..MAX_EVENTS / 2 {
            plenty.note(&[(id(2 * number), much), (id(2 * number + 1), much)]);
        }
        assert!((0..MAX_EVENTS).all(|number| plenty.is_left(id(number))));
        plenty.note(&[(id(MAX_EVENTS), much)]);
        assert!(plenty.is_left(id(MAX_EVENTS)));
        assert!(!plenty.is_left(id(0)), "nothing grows for ever");
    }
}
