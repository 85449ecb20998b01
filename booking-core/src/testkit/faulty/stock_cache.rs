//! A cache that fails on demand.
use std::sync::Arc;

use async_trait::async_trait;

use super::script::FaultScript;
use super::staged;
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::StockCache;
use crate::ports::stock_cache::{CacheError, CacheLookup, Lease, Take, TakeOutcome};

/// Wraps a cache, and fails as its script says.
#[derive(Debug, Clone)]
pub struct FaultyStockCache {
    inner: Arc<dyn StockCache>,
    script: FaultScript,
}

impl FaultyStockCache {
    /// Wraps a port.
    pub fn new(inner: Arc<dyn StockCache>, script: FaultScript) -> Self {
        Self { inner, script }
    }
}

fn unavailable() -> CacheError {
    CacheError::Unavailable { source: staged() }
}

#[deny(clippy::missing_trait_methods, reason = "a method that is not wrapped would never fail")]
#[async_trait]
impl StockCache for FaultyStockCache {
    async fn find(&self, event_id: EventId, now: Timestamp) -> Result<CacheLookup, CacheError> {
        let call = self.inner.find(event_id, now);
        self.script.play("find", unavailable, unavailable, call).await
    }

    async fn fill(
        &self,
        lease: Lease,
        listing: &Listing,
        now: Timestamp,
    ) -> Result<bool, CacheError> {
        let call = self.inner.fill(lease, listing, now);
        self.script.play("fill", unavailable, unavailable, call).await
    }

    async fn take(&self, batch: &[Take], now: Timestamp) -> Result<Vec<TakeOutcome>, CacheError> {
        let call = self.inner.take(batch, now);
        self.script.play("take", unavailable, unavailable, call).await
    }

    async fn give_back(&self, batch: &[Take], now: Timestamp) -> Result<(), CacheError> {
        let call = self.inner.give_back(batch, now);
        self.script.play("give_back", unavailable, unavailable, call).await
    }

    async fn correct(&self, batch: &[(EventId, Stock)], now: Timestamp) -> Result<(), CacheError> {
        let call = self.inner.correct(batch, now);
        self.script.play("correct", unavailable, unavailable, call).await
    }

    async fn clear(&self, events: &[EventId]) -> Result<(), CacheError> {
        let call = self.inner.clear(events);
        self.script.play("clear", unavailable, unavailable, call).await
    }

    async fn peek(&self, event_id: EventId, now: Timestamp) -> Result<Option<u32>, CacheError> {
        let call = self.inner.peek(event_id, now);
        self.script.play("peek", unavailable, unavailable, call).await
    }

    async fn ping(&self) -> Result<(), CacheError> {
        let call = self.inner.ping();
        self.script.play("ping", unavailable, unavailable, call).await
    }
}
