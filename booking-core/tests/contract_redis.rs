//! The cache in Redis keeps its contract, on one server and on a cluster of six.
#![cfg(feature = "redis")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use booking_core::adapters::redis::{RedisCacheSettings, RedisStockCache};
use booking_core::domain::event::Listing;
use booking_core::domain::ids::EventId;
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheError, CacheLookup, Lease, Take, TakeOutcome};
use booking_core::testkit::Harness;
use booking_core::testkit::stock_cache::StockCacheHarness;

#[path = "redis/servers.rs"]
mod servers;

use servers::{Servers, patient};

struct OverRedis(Servers);

/// A cache that notes which events it was asked for. All cases share the servers, so each lets time pass for
/// its own events only.
#[derive(Debug)]
struct Noting {
    cache: RedisStockCache,
    events: Arc<Mutex<BTreeSet<EventId>>>,
}

impl Noting {
    fn note(&self, events: impl IntoIterator<Item = EventId>) {
        self.events.lock().expect("no test panics here").extend(events);
    }
}

#[async_trait]
impl StockCache for Noting {
    async fn find(&self, event_id: EventId, now: Timestamp) -> Result<CacheLookup, CacheError> {
        self.note([event_id]);
        self.cache.find(event_id, now).await
    }

    async fn fill(&self, lease: Lease, of: &Listing, now: Timestamp) -> Result<bool, CacheError> {
        self.note([lease.event_id]);
        self.cache.fill(lease, of, now).await
    }

    async fn take(&self, batch: &[Take], now: Timestamp) -> Result<Vec<TakeOutcome>, CacheError> {
        self.note(batch.iter().map(|take| take.event_id));
        self.cache.take(batch, now).await
    }

    async fn give_back(&self, batch: &[Take], now: Timestamp) -> Result<(), CacheError> {
        self.note(batch.iter().map(|take| take.event_id));
        self.cache.give_back(batch, now).await
    }

    async fn correct(&self, batch: &[(EventId, Stock)], now: Timestamp) -> Result<(), CacheError> {
        self.note(batch.iter().map(|(event_id, _)| *event_id));
        self.cache.correct(batch, now).await
    }

    async fn clear(&self, events: &[EventId]) -> Result<(), CacheError> {
        self.note(events.iter().copied());
        self.cache.clear(events).await
    }

    async fn peek(&self, event_id: EventId, now: Timestamp) -> Result<Option<u32>, CacheError> {
        self.note([event_id]);
        self.cache.peek(event_id, now).await
    }

    async fn ping(&self) -> Result<(), CacheError> {
        self.cache.ping().await
    }
}

impl Harness for OverRedis {}

impl StockCacheHarness for OverRedis {
    type Guard = Arc<Mutex<BTreeSet<EventId>>>;

    async fn fresh(&self) -> (Arc<dyn StockCache>, Self::Guard) {
        let cache = RedisStockCache::connect(&self.0.urls(), patient()).expect("the URLs are good");
        let events = Arc::default();
        (Arc::new(Noting { cache, events: Arc::clone(&events) }), events)
    }

    fn longest_life(&self) -> Duration {
        RedisCacheSettings::default().longest_life()
    }

    fn longest_lease(&self) -> Duration {
        RedisCacheSettings::default().lease_life
    }

    async fn advance(&self, events: &Self::Guard, by: Duration) {
        let events: Vec<EventId> =
            events.lock().expect("no test panics here").iter().copied().collect();
        for event_id in events {
            self.0.shorten(event_id, by).await;
        }
    }
}

mod one_server {
    use super::{OverRedis, Servers};

    booking_core::stock_cache_contract!(OverRedis(Servers::single()));
}

mod cluster {
    use super::{OverRedis, Servers};

    booking_core::stock_cache_contract!(OverRedis(Servers::cluster()));
}
