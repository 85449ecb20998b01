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
