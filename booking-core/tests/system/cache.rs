//! The cache in front of the database: helpful, wrong, and gone.

use std::sync::Arc;

use async_trait::async_trait;
use booking_core::adapters::memory::MemoryStockCache;
use booking_core::domain::event::Listing;
use booking_core::domain::ids::EventId;
use booking_core::domain::ledger::{Cause, Settlement};
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::event_repository::EventChange;
use booking_core::ports::stock_cache::{CacheError, CacheLookup, Lease, Take, TakeOutcome};
use booking_core::ports::{EventRepository, StockCache};
use booking_core::service::{BookOutcome, CachedCount};
use booking_core::testkit::faulty::{
    Fault, FaultScript, FaultyBookingRepository, FaultyEventRepository, FaultyStockCache,
};
use booking_core::testkit::seed;

use crate::bench::{Bench, Parts};

#[tokio::test]
async fn the_cached_count_follows_holds_and_releases() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let catalogue = bench.system.catalogue();
    let available =
        || async { catalogue.find_event(event).await.unwrap().unwrap().stock.available() };
    assert_eq!(available().await, 10);
    let (first, second) = (bench.booked(event, 3).await, bench.booked(event, 2).await);
    assert_eq!(bench.cache.peek(event, seed::now()).await.unwrap(), Some(5));
    assert_eq!(available().await, 5);
    bench.system.bookings().cancel(second.id).await.unwrap();
    assert_eq!(bench.cache.peek(event, seed::now()).await.unwrap(), Some(7));
    bench.pay(&first).await;
    assert_eq!(bench.cache.peek(event, seed::now()).await.unwrap(), None, "paying clears it");
    assert_eq!(available().await, 7);
}

#[tokio::test]
async fn a_count_that_is_too_low_refuses_nobody() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    bench.system.catalogue().find_event(event).await.unwrap();
    // Somebody took nine and died before the database heard of it.
    let leaked = Take { event_id: event, quantity: 9 };
    bench.cache.take(&[leaked], seed::now()).await.unwrap();
    bench.booked(event, 10).await;
    assert_eq!(
        bench.cache.peek(event, seed::now()).await.unwrap(),
        Some(0),
        "and it is right again"
    );
}

#[tokio::test]
async fn nobody_is_told_that_all_is_gone_on_the_word_of_the_cache() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let catalogue = bench.system.catalogue();
    let available =
        || async { catalogue.find_event(event).await.unwrap().unwrap().stock.available() };
    assert_eq!(available().await, 10);
    // Somebody took all of them and died before the database heard of it.
    let leaked = Take { event_id: event, quantity: 10 };
    bench.cache.take(&[leaked], seed::now()).await.unwrap();
    assert_eq!(available().await, 10);
    assert_eq!(bench.cache.peek(event, seed::now()).await.unwrap(), None, "it is forgotten");

    let all = bench.booked(event, 10).await;
    assert_eq!(available().await, 0, "the database says so, too");
    // Another process gives them back, and its correction is lost.
    let back = Settlement { booking_id: all.id, cause: Cause::CustomerCancelled };
    bench.bookings.settle(&[back], seed::now()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(available().await, 0, "the database said so a moment ago");
    }
    bench.clock.advance(seed::SECOND);
    assert_eq!(available().await, 10);
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_answer_was_lost_is_counted_once() {
    let parts = Parts::new();
    let script = FaultScript::none();
    let bookings = FaultyBookingRepository::new(parts.database.bookings(), script.clone());
    let bench =
        Bench::with(|builder| builder.repositories(parts.database.events(), Arc::new(bookings)));
    let new = seed::event("Organ").capacity(10).build();
    parts.database.events().store_events(std::slice::from_ref(&new), seed::now()).await.unwrap();
    script.push_for("admit", Fault::After);
    bench.booked(new.id, 3).await;
    let cached = bench.cache.peek(new.id, seed::now()).await.unwrap();
    assert_eq!(cached, Some(7), "what the second attempt took is given back");
}

#[tokio::test]
async fn a_change_that_may_have_landed_is_forgotten_by_the_cache() {
    let parts = Parts::new();
    let script = FaultScript::none();
    let events = FaultyEventRepository::new(parts.database.events(), script.clone());
    let bench =
        Bench::with(|builder| builder.repositories(Arc::new(events), parts.database.bookings()));
    let new = seed::event("Organ").build();
    parts.database.events().store_events(std::slice::from_ref(&new), seed::now()).await.unwrap();
    let catalogue = bench.system.catalogue();
    let title = || async {
        catalogue.find_event(new.id).await.unwrap().unwrap().event.details.title.clone()
    };
    assert_eq!(title().await, "Organ");
    script.push_for("change_event", Fault::After);
    let details = Some(seed::event("Harp").details());
    let change = EventChange { details, ..EventChange::default() };
    bench.system.organiser().change(new.id, &change).await.unwrap_err();
    assert_eq!(title().await, "Harp");
}

#[tokio::test]
async fn what_was_taken_for_a_request_that_is_refused_is_given_back() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10).max_per_booking(2)).await;
    bench.system.catalogue().find_event(event).await.unwrap();
    assert_eq!(bench.book(event, 3).await, BookOutcome::TooMany { max: 2 });
    assert_eq!(bench.cache.peek(event, seed::now()).await.unwrap(), Some(10));
}

#[tokio::test]
async fn a_count_that_is_too_high_sells_nothing() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    bench.system.catalogue().find_event(event).await.unwrap();
    // Somebody booked both, and died before the cache heard of it.
    let both = seed::hold(event).quantity(2).build();
    bench.bookings.admit(&[both], seed::now()).await.unwrap();
    assert_eq!(bench.cache.peek(event, seed::now()).await.unwrap(), Some(2));
    assert!(matches!(bench.book(event, 1).await, BookOutcome::SoldOut(_)));
    assert_eq!(bench.counts(event).await, (0, 2, 0));
}

#[tokio::test]
async fn a_cache_that_cannot_forget_the_old_price_keeps_nobody_from_booking() {
    let script =
        FaultScript::choose(|call| if call == "clear" { Fault::Before } else { Fault::None });
    let cache = Arc::new(MemoryStockCache::default());
    let bench =
        Bench::with(|builder| builder.cache(Arc::new(FaultyStockCache::new(cache, script))));
    let seed = seed::event("Organ");
    let event = bench.stage(seed.clone()).await;
    bench.system.catalogue().find_event(event).await.unwrap();
    let dearer = Some(seed.price(5_000, "EUR").details());
    let change = EventChange { details: dearer, ..EventChange::default() };
    bench.system.organiser().change(event, &change).await.unwrap();
    assert_eq!(bench.booked(event, 2).await.total, seed::money(10_000, "EUR"));
}

#[tokio::test]
async fn an_event_is_shown_although_the_cache_cannot_keep_it() {
    let script =
        FaultScript::choose(|call| if call == "fill" { Fault::Before } else { Fault::None });
    let cache = Arc::new(MemoryStockCache::default());
    let faulty = FaultyStockCache::new(cache.clone(), script);
    let bench = Bench::with(|builder| builder.cache(Arc::new(faulty)));
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let found = bench.system.catalogue().find_event(event).await.unwrap().unwrap();
    assert_eq!(found.stock.available(), 10);
    assert_eq!(cache.peek(event, seed::now()).await.unwrap(), None);
    bench.booked(event, 10).await;
}

/// A cache that never answers.
#[derive(Debug)]
struct Gone;

fn gone<T>() -> Result<T, CacheError> {
    Err(CacheError::Unavailable { source: "connection refused".into() })
}

#[async_trait]
impl StockCache for Gone {
    async fn find(&self, _: EventId, _: Timestamp) -> Result<CacheLookup, CacheError> {
        gone()
    }
    async fn fill(&self, _: Lease, _: &Listing, _: Timestamp) -> Result<bool, CacheError> {
        gone()
    }
    async fn take(&self, _: &[Take], _: Timestamp) -> Result<Vec<TakeOutcome>, CacheError> {
        gone()
    }
    async fn give_back(&self, _: &[Take], _: Timestamp) -> Result<(), CacheError> {
        gone()
    }
    async fn correct(&self, _: &[(EventId, Stock)], _: Timestamp) -> Result<(), CacheError> {
        gone()
    }
    async fn clear(&self, _: &[EventId]) -> Result<(), CacheError> {
        gone()
    }
    async fn peek(&self, _: EventId, _: Timestamp) -> Result<Option<u32>, CacheError> {
        gone()
    }
    async fn ping(&self) -> Result<(), CacheError> {
        gone()
    }
}

#[tokio::test]
async fn sales_go_on_without_a_cache() {
    let bench = Bench::with(|builder| builder.cache(Arc::new(Gone)));
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let booking = bench.booked(event, 2).await;
    assert!(matches!(bench.book(event, 1).await, BookOutcome::SoldOut(_)));
    bench.pay(&booking).await;
    assert_eq!(bench.counts(event).await, (0, 0, 2));
    let readiness = bench.system.readiness().await;
    assert!(readiness.database && !readiness.cache);
    let report = bench.system.organiser().stock(event).await.unwrap().unwrap();
    assert_eq!((report.cached, report.drift()), (CachedCount::NoAnswer, None));
    bench.assert_balanced().await;
}
