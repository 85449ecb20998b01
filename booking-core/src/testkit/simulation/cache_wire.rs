//! The port of the cache, on the wire of an instance.

use std::sync::Arc;

use async_trait::async_trait;

use super::op::{Answer, Op};
use super::wire::Wire;
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::StockCache;
use crate::ports::stock_cache::{CacheError, CacheLookup, Lease, Take, TakeOutcome};

fn unexpected() -> CacheError {
    CacheError::Backend { source: "the answer to another question".into() }
}

#[async_trait]
impl StockCache for Wire {
    async fn find(&self, event_id: EventId, now: Timestamp) -> Result<CacheLookup, CacheError> {
        match self.ask_cache(Op::Find(event_id, now)).await? {
            Answer::Found(lookup) => Ok(lookup),
            _ => Err(unexpected()),
        }
    }

    async fn fill(
        &self,
        lease: Lease,
        listing: &Listing,
        now: Timestamp,
    ) -> Result<bool, CacheError> {
        match self.ask_cache(Op::Fill(lease, Arc::new(listing.clone()), now)).await? {
            Answer::Filled(is_filled) => Ok(is_filled),
            _ => Err(unexpected()),
        }
    }

    async fn take(&self, batch: &[Take], now: Timestamp) -> Result<Vec<TakeOutcome>, CacheError> {
        match self.ask_cache(Op::Take(batch.to_vec(), now)).await? {
            Answer::Taken(outcomes) => Ok(outcomes),
            _ => Err(unexpected()),
        }
    }

    async fn give_back(&self, batch: &[Take], now: Timestamp) -> Result<(), CacheError> {
        self.ask_cache(Op::GiveBack(batch.to_vec(), now)).await.map(drop)
    }

    async fn correct(&self, batch: &[(EventId, Stock)], now: Timestamp) -> Result<(), CacheError> {
        self.ask_cache(Op::Correct(batch.to_vec(), now)).await.map(drop)
    }

    async fn clear(&self, events: &[EventId]) -> Result<(), CacheError> {
        self.ask_cache(Op::Clear(events.to_vec())).await.map(drop)
    }

    async fn peek(&self, event_id: EventId, now: Timestamp) -> Result<Option<u32>, CacheError> {
        self.line.alive().await;
        Ok(self.world.cache.count(event_id, now))
    }

    async fn ping(&self) -> Result<(), CacheError> {
        self.line.alive().await;
        Ok(())
    }
}
