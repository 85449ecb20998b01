//! Shorthands for what the tests do with a cache.

use std::time::{Duration, Instant};

use booking_core::adapters::redis::{RedisCacheSettings, RedisStockCache};
use booking_core::domain::event::{Event, Listing, ReminderLead};
use booking_core::domain::ids::EventId;
use booking_core::domain::stock::Stock;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheError, CacheLookup, Take, TakeOutcome};
use booking_core::testkit::seed::{self, EventSeed};

/// Longer than a cache takes to be well again after a fault is over. Only failures wait for so long.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Returns settings for tests of what happens in time. They are more patient than the usual ones, because a
/// machine that runs tests is busy.
pub(crate) fn brisk() -> RedisCacheSettings {
    RedisCacheSettings {
        response_timeout: Duration::from_millis(400),
        command_timeout: Duration::from_millis(500),
        ..RedisCacheSettings::default()
    }
}

pub(crate) fn connect(urls: &[String], settings: RedisCacheSettings) -> RedisStockCache {
    RedisStockCache::connect(urls, settings).unwrap()
}

/// Makes an event with `available` of 100 tickets left.
pub(crate) fn listing(seed: &EventSeed, available: u32, version: u64) -> Listing {
    let new = seed.build();
    let event = Event {
        reminder: ReminderLead::from_minutes(90).unwrap(),
        revision: 3,
        updated_at: seed::later(seed::SECOND),
        ..Event::entered(new.id, new.details, new.status, seed::now())
    };
    Listing { event, stock: Stock::restore(100, available, 0, version).unwrap() }
}

pub(crate) async fn fill(cache: &RedisStockCache, listing: &Listing) -> Result<bool, CacheError> {
    match cache.find(listing.event.id, seed::now()).await? {
        CacheLookup::Miss { lease: Some(lease) } => cache.fill(lease, listing, seed::now()).await,
        CacheLookup::Miss { lease: None } | CacheLookup::Hit { .. } => Ok(false),
    }
}

/// Caches a new event with `available` tickets.
pub(crate) async fn cached(cache: &RedisStockCache, available: u32) -> EventId {
    let listing = listing(&seed::event("Cached"), available, 1);
    assert!(fill(cache, &listing).await.unwrap());
    listing.event.id
}

pub(crate) fn wanted(event_id: EventId, quantity: u32) -> Take {
    Take { event_id, quantity }
}

pub(crate) async fn take(
    cache: &RedisStockCache,
    event_id: EventId,
    quantity: u32,
) -> Result<TakeOutcome, CacheError> {
    Ok(cache.take(&[wanted(event_id, quantity)], seed::now()).await?[0])
}

pub(crate) async fn peek(
    cache: &RedisStockCache,
    event_id: EventId,
) -> Result<Option<u32>, CacheError> {
    cache.peek(event_id, seed::now()).await
}

/// Caches a new event, tries until that works, and tells how long it took.
pub(crate) async fn until_it_works(cache: &RedisStockCache) -> (EventId, Duration) {
    let begun = Instant::now();
    let listing = listing(&seed::event("Cached again"), 10, 1);
    loop {
        match fill(cache, &listing).await {
            Ok(true) => return (listing.event.id, begun.elapsed()),
            other => assert!(begun.elapsed() < SOON, "it does not work again: {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
