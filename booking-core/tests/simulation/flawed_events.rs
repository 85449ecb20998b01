//! Events that are broken in one way.

use std::sync::Arc;

use async_trait::async_trait;
use booking_core::adapters::memory::{MemoryDatabase, MemoryEventRepository};
use booking_core::domain::event::{EventStatus, Listing};
use booking_core::domain::ids::EventId;
use booking_core::domain::search::{
    Facets, Names, SearchFilter, SearchPage, SearchQuery, SearchText,
};
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::EventRepository;
use booking_core::ports::event_repository::{ChangeOutcome, EventChange, NewEvent, StoreOutcome};
use booking_core::ports::fault::RepositoryError;
use booking_core::testkit::seed;

use crate::database_flaws::DatabaseFlaw;

/// Events that are broken in one way.
#[derive(Debug)]
pub(crate) struct FlawedEvents {
    flaw: DatabaseFlaw,
    inner: Arc<MemoryEventRepository>,
}

impl FlawedEvents {
    pub(crate) fn new(database: &MemoryDatabase, flaw: DatabaseFlaw) -> Self {
        Self { flaw, inner: database.events() }
    }
}

#[async_trait]
impl EventRepository for FlawedEvents {
    async fn store_events(
        &self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError> {
        self.inner.store_events(batch, now).await
    }

    async fn change_event(
        &self,
        id: EventId,
        change: &EventChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError> {
        if self.flaw == DatabaseFlaw::CallOffIsLost
            && change.status == Some(EventStatus::Cancelled)
            && let Some(mut listing) = self.inner.find_event(id).await?
        {
            listing.event.status = EventStatus::Cancelled;
            return Ok(ChangeOutcome::Changed(listing));
        }
        let outcome = self.inner.change_event(id, change, now).await;
        if self.flaw == DatabaseFlaw::CapacityIsAnsweredWrongly
            && change.capacity.is_some()
            && let Ok(ChangeOutcome::Changed(listing)) = &outcome
            && let Ok(stock) = Stock::restore(
                listing.stock.capacity() + 1,
                listing.stock.stock() + 1,
                listing.stock.held(),
                listing.stock.version(),
            )
        {
            // It says that there is one ticket more than was written.
            return Ok(ChangeOutcome::Changed(Listing { stock, ..listing.clone() }));
        }
        outcome
    }

    async fn find_event(&self, id: EventId) -> Result<Option<Listing>, RepositoryError> {
        self.inner.find_event(id).await
    }

    async fn search_events(
        &self,
        query: &SearchQuery,
        now: Timestamp,
    ) -> Result<SearchPage, RepositoryError> {
        if self.flaw == DatabaseFlaw::SearchesFail {
            return Err(RepositoryError::Backend { source: "told to fail".into() });
        }
        let mut page = self.inner.search_events(query, now).await?;
        match (self.flaw, page.items.first_mut()) {
            (DatabaseFlaw::SearchesMissEvents, Some(_)) => drop(page.items.remove(0)),
            (DatabaseFlaw::SearchesAreMadeUp, Some(first)) => {
                first.stock = Stock::new(seed::capacity(9));
            }
            _ => {}
        }
        Ok(page)
    }

    async fn count_facets(
        &self,
        filter: &SearchFilter,
        now: Timestamp,
    ) -> Result<Facets, RepositoryError> {
        self.inner.count_facets(filter, now).await
    }

    async fn find_names(
        &self,
        text: &SearchText,
        now: Timestamp,
    ) -> Result<Names, RepositoryError> {
        self.inner.find_names(text, now).await
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        self.inner.is_empty().await
    }
}
