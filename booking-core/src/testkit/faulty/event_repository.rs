//! A repository of events that fails on demand.
use std::sync::Arc;

use async_trait::async_trait;

use super::script::FaultScript;
use super::{answer_lost, not_sent};
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::search::{Facets, Names, SearchFilter, SearchPage, SearchQuery, SearchText};
use crate::domain::time::Timestamp;
use crate::ports::EventRepository;
use crate::ports::event_repository::{ChangeOutcome, EventChange, NewEvent, StoreOutcome};
use crate::ports::fault::RepositoryError;

/// Wraps a repository of events, and fails as its script says.
#[derive(Debug, Clone)]
pub struct FaultyEventRepository {
    inner: Arc<dyn EventRepository>,
    script: FaultScript,
}

impl FaultyEventRepository {
    /// Wraps a port.
    pub fn new(inner: Arc<dyn EventRepository>, script: FaultScript) -> Self {
        Self { inner, script }
    }
}

#[deny(clippy::missing_trait_methods, reason = "a method that is not wrapped would never fail")]
#[async_trait]
impl EventRepository for FaultyEventRepository {
    async fn store_events(
        &self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError> {
        let call = self.inner.store_events(batch, now);
        self.script.play("store_events", not_sent, answer_lost, call).await
    }

    async fn change_event(
        &self,
        id: EventId,
        change: &EventChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError> {
        let call = self.inner.change_event(id, change, now);
        self.script.play("change_event", not_sent, answer_lost, call).await
    }

    async fn find_event(&self, id: EventId) -> Result<Option<Listing>, RepositoryError> {
        let call = self.inner.find_event(id);
        self.script.play("find_event", not_sent, answer_lost, call).await
    }

    async fn search_events(
        &self,
        query: &SearchQuery,
        now: Timestamp,
    ) -> Result<SearchPage, RepositoryError> {
        let call = self.inner.search_events(query, now);
        self.script.play("search_events", not_sent, answer_lost, call).await
    }

    async fn count_facets(
        &self,
        filter: &SearchFilter,
        now: Timestamp,
    ) -> Result<Facets, RepositoryError> {
        let call = self.inner.count_facets(filter, now);
        self.script.play("count_facets", not_sent, answer_lost, call).await
    }

    async fn find_names(
        &self,
        text: &SearchText,
        now: Timestamp,
    ) -> Result<Names, RepositoryError> {
        let call = self.inner.find_names(text, now);
        self.script.play("find_names", not_sent, answer_lost, call).await
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        let call = self.inner.is_empty();
        self.script.play("is_empty", not_sent, answer_lost, call).await
    }
}
