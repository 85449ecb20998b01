//! Finding events.

use std::sync::Arc;
use std::time::Duration;

use super::adapters::Adapters;
use super::admission::note_cache_failure;
use super::failure::ServiceError;
use super::offers::Offers;
use super::second_looks::SecondLooks;
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::search::{Facets, SearchFilter, SearchPage, SearchQuery};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::stock_cache::CacheLookup;

/// Finds events: single ones through the cache, searches in the repository.
#[derive(Debug, Clone)]
pub struct Catalogue {
    adapters: Adapters,
    second_looks: Arc<SecondLooks>,
    offers: Arc<Offers>,
}

impl Catalogue {
    /// Makes a catalogue that believes for `moment` what the database said.
    pub(super) fn new(adapters: Adapters, moment: Duration) -> Self {
        Self {
            adapters,
            second_looks: Arc::new(SecondLooks::new(moment)),
            offers: Arc::new(Offers::new(moment)),
        }
    }

    /// Returns what somebody who books has to know of an event: what it is called, and what it costs. A moment old is
    /// good enough, whatever was changed: the database compares the price. So a crowd that books one event does not
    /// ask the cache for every booking.
    pub(super) async fn find_offer(
        &self,
        id: EventId,
    ) -> Result<Option<Arc<Listing>>, ServiceError> {
        let now = self.adapters.clock.now();
        if let Some(offer) = self.offers.find(id, now) {
            return Ok(Some(offer));
        }
        let Some(listing) = self.find_event(id).await? else { return Ok(None) };
        let offer = Arc::new(listing);
        self.offers.keep(&offer, now);
        Ok(Some(offer))
    }

    /// Returns what [`find_offer`](Self::find_offer) does, from the repository.
    pub(super) async fn find_offer_fresh(
        &self,
        id: EventId,
    ) -> Result<Option<Arc<Listing>>, ServiceError> {
        let now = self.adapters.clock.now();
        let offer = self.find_event_fresh(id).await?.map(Arc::new);
        if let Some(offer) = &offer {
            self.offers.keep(offer, now);
        }
        Ok(offer)
    }

    /// Returns an event of any status, from the cache if it is there (cache-aside). The count of available
    /// tickets may lag behind the database for a moment. That none is left is not said on the cache's word alone:
    /// the database was looked at within [`Settings::refusal_memory`](super::Settings::refusal_memory).
    pub async fn find_event(&self, id: EventId) -> Result<Option<Listing>, ServiceError> {
        let now = self.adapters.clock.now();
        let lease = match self.adapters.cache.find(id, now).await {
            Ok(CacheLookup::Hit { listing, available }) => {
                count_lookup("hit");
                let cached = with_count(Arc::unwrap_or_clone(listing), available);
                return match cached.stock.available() {
                    0 => self.look_again(cached, now).await,
                    _ => Ok(Some(cached)),
                };
            }
            Ok(CacheLookup::Miss { lease }) => {
                count_lookup("miss");
                lease
            }
            Err(error) => {
                note_cache_failure("find", &error);
                None
            }
        };
        // The lease was taken before the read, so a change in between makes the fill be refused.
        let found = self.adapters.events.find_event(id).await?;
        if let (Some(lease), Some(listing)) = (lease, &found)
            && let Err(error) =
                self.adapters.cache.fill(lease, listing, self.adapters.clock.now()).await
        {
            note_cache_failure("fill", &error);
        }
        Ok(found)
    }

    /// Looks at the database before an event is called sold out. The count may be too low, because somebody took
    /// tickets from it and died; then it is forgotten.
    async fn look_again(
        &self,
        cached: Listing,
        now: Timestamp,
    ) -> Result<Option<Listing>, ServiceError> {
        let id = cached.event.id;
        let Some(look) = self.second_looks.begin(id, now) else { return Ok(Some(cached)) };
        let found = self.adapters.events.find_event(id).await?;
        match &found {
            Some(listing) if listing.stock.available() == 0 => look.confirm(),
            _ => self.forget(id).await,
        }
        Ok(found)
    }

    /// Returns an event from the repository, whatever the cache holds.
    pub async fn find_event_fresh(&self, id: EventId) -> Result<Option<Listing>, ServiceError> {
        Ok(self.adapters.events.find_event(id).await?)
    }

    /// Returns a page of published events.
    pub async fn search(&self, query: &SearchQuery) -> Result<SearchPage, ServiceError> {
        Ok(self.adapters.events.search_events(query, self.adapters.clock.now()).await?)
    }

    /// Counts published events by category, country and month.
    pub async fn count_facets(&self, filter: &SearchFilter) -> Result<Facets, ServiceError> {
        Ok(self.adapters.events.count_facets(filter, self.adapters.clock.now()).await?)
    }

    /// Removes an event from the cache.
    pub(super) async fn forget(&self, id: EventId) {
        self.offers.forget(id);
        if let Err(error) = self.adapters.cache.clear(&[id]).await {
            note_cache_failure("clear", &error);
        }
    }
}

/// Puts the count of the cache in the place of the one that the event was cached with.
fn with_count(mut listing: Listing, available: u32) -> Listing {
    let cached = listing.stock;
    let available = available.min(cached.stock());
    let held = cached.stock() - available;
    if let Ok(stock) = Stock::restore(cached.capacity(), cached.stock(), held, cached.version()) {
        listing.stock = stock;
    }
    listing
}

fn count_lookup(result: &'static str) {
    metrics::counter!("booking_cache_lookups_total", "result" => result).increment(1);
}
