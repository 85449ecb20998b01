//! What was on offer a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::time::Timestamp;

/// More events than this are not booked within the same second; if they are, forgetting costs a look at the cache.
const MAX_EVENTS: usize = 10_000;

/// Remembers events for a moment.
#[derive(Debug)]
pub(super) struct Offers {
    moment: Duration,
    events: Mutex<HashMap<EventId, (Arc<Listing>, Timestamp)>>,
}

impl Offers {
    pub(super) fn new(moment: Duration) -> Self {
        Self { moment, events: Mutex::default() }
    }

    /// Returns an event that was read within the last moment.
    pub(super) fn find(&self, id: EventId, now: Timestamp) -> Option<Arc<Listing>> {
        let events = self.lock();
        let (offer, at) = events.get(&id)?;
        // A clock that was set back must not stretch the moment.
        (now >= *at && now.since(*at) < self.moment).then(|| Arc::clone(offer))
    }

    /// Keeps an event that was asked for at `now`.
    pub(super) fn keep(&self, offer: &Arc<Listing>, now: Timestamp) {
        let mut events = self.lock();
        if events.len() >= MAX_EVENTS && !events.contains_key(&offer.event.id) {
            events.clear();
        }
        events.insert(offer.event.id, (Arc::clone(offer), now));
    }

    /// Forgets an event that was changed.
    pub(super) fn forget(&self, id: EventId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EventId, (Arc<Listing>, Timestamp)>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
