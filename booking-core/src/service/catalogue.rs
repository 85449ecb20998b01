//! Finding events.

use std::sync::Arc;
use std::time::Duration;

use super::adapters::Adapters;
use super::cache_failures::note_cache_failure;
use super::failure::ServiceError;
use super::recent::{Look, Need, RecentEvents, Snapshot};
use super::second_looks::SecondLooks;
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::quantity::Quantity;
use crate::domain::search::{
    Facets, SearchFilter, SearchPage, SearchQuery, SearchText, Sort, Suggestions,
};
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;
use crate::ports::stock_cache::CacheLookup;

/// Everybody who asks for an event waits for the one who reads it, so that one gives up early.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// Finds events: single ones through the cache, searches in the repository.
#[derive(Debug, Clone)]
pub struct Catalogue {
    adapters: Adapters,
    second_looks: Arc<SecondLooks>,
    recent: Arc<RecentEvents>,
}

impl Catalogue {
    /// How many events that match best are looked at for suggestions: some of them have different titles.
    pub const SUGGESTED_FROM: u32 = 40;

    /// Makes a catalogue that believes for `moment` what the database said.
    pub(super) fn new(adapters: Adapters, moment: Duration, recent: Arc<RecentEvents>) -> Self {
        Self { adapters, second_looks: Arc::new(SecondLooks::new(moment)), recent }
    }

    /// Returns an event of any status as it was read by whoever asked for it within the last
    /// [`Settings::event_memory`](super::Settings::event_memory), or reads it as [`Catalogue::find_event`] does.
    ///
    /// What this process changed before the call is seen, and what others changed is seen when the moment is over.
    /// Of those who ask at the same time one reads, for all of them, and goes on also when its caller leaves.
    pub async fn find_recent(&self, id: EventId) -> Result<Option<Arc<Snapshot>>, ServiceError> {
        self.find_kept(id, Need::Everything).await
    }

    /// As [`Catalogue::find_recent`], but the count of tickets may be that of before this process's last sales. It
    /// is for those who want to know the price, or where an event takes place.
    pub async fn find_details(&self, id: EventId) -> Result<Option<Arc<Snapshot>>, ServiceError> {
        self.find_kept(id, Need::Details).await
    }

    /// Returns how many tickets one booking of an event may be for, by what is still in memory.
    pub(super) fn recall_max_per_booking(&self, id: EventId) -> Option<Quantity> {
        let kept = self.recent.recall(id)?;
        Some(kept.listing().event.details.max_per_booking)
    }

    async fn find_kept(
        &self,
        id: EventId,
        need: Need,
    ) -> Result<Option<Arc<Snapshot>>, ServiceError> {
        let number = self.recent.number(id);
        loop {
            let outcome = match self.recent.look(id, need, number, self.adapters.clock.now()) {
                Look::Kept(snapshot) => return Ok(Some(snapshot)),
                Look::Wait(outcome) => outcome,
                Look::WaitAndLookAgain(outcome) => {
                    outcome.wait().await;
                    continue;
                }
                Look::Read(reading) => {
                    let (catalogue, outcome) = (self.clone(), reading.outcome());
                    tokio::spawn(async move {
                        let found = tokio::time::timeout(READ_WITHIN, catalogue.find_event(id));
                        reading.end(found.await.unwrap_or_else(|elapsed| {
                            Err(RepositoryError::Unavailable { source: elapsed.into() }.into())
                        }));
                    });
                    outcome
                }
            };
            // Whoever should have read has panicked, or the runtime is ending. Everybody looks for himself.
            let Some(found) = outcome.wait().await else {
                let found = self.find_event(id).await?;
                return Ok(found.map(Snapshot::shared));
            };
            return found;
        }
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

    /// Returns what somebody may mean who has typed this so far: categories, cities, and what a search finds.
    pub async fn suggest(&self, text: &SearchText) -> Result<Suggestions, ServiceError> {
        let (events, now) = (&self.adapters.events, self.adapters.clock.now());
        let query = SearchQuery {
            filter: SearchFilter { text: Some(text.clone()), ..SearchFilter::all() },
            sort: Sort::Relevance,
            after: None,
            limit: Self::SUGGESTED_FROM,
        };
        let names = events.find_names(text, now).await?;
        Ok(Suggestions::choose(names, events.search_events(&query, now).await?.items))
    }

    /// Removes an event from the cache, and from the memory of what was read a moment ago.
    pub(super) async fn forget(&self, id: EventId) {
        if let Err(error) = self.adapters.cache.clear(&[id]).await {
            note_cache_failure("clear", &error);
        }
        self.recent.forget(id);
    }
}

/// Puts the count of the cache in the place of the one that the event was cached with.
fn with_count(mut listing: Listing, available: u32) -> Listing {
    listing.stock = listing.stock.with_available(available);
    listing
}

fn count_lookup(result: &'static str) {
    metrics::counter!("booking_cache_lookups_total", "result" => result).increment(1);
}
