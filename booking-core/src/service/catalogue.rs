//! Finding events.

use super::adapters::Adapters;
use super::admission::note_cache_failure;
use super::failure::ServiceError;
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::search::{Facets, SearchFilter, SearchPage, SearchQuery};
use crate::domain::stock::Stock;
use crate::ports::stock_cache::CacheLookup;

/// Finds events: single ones through the cache, searches in the repository.
#[derive(Debug, Clone)]
pub struct Catalogue {
    adapters: Adapters,
}

impl Catalogue {
    pub(super) fn new(adapters: Adapters) -> Self {
        Self { adapters }
    }

    /// Returns an event of any status, from the cache if it is there (cache-aside). The count of available
    /// tickets may lag behind the database for a moment.
    pub async fn find_event(&self, id: EventId) -> Result<Option<Listing>, ServiceError> {
        let now = self.adapters.clock.now();
        let lease = match self.adapters.cache.find(id, now).await {
            Ok(CacheLookup::Hit { listing, available }) => {
                count_lookup("hit");
                return Ok(Some(with_count(*listing, available)));
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
