//! Events that everybody asks for at once: one reads, and nobody sees what was before this process's own sales.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use booking_core::adapters::memory::MemoryStockCache;
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::domain::event::Listing;
use booking_core::domain::ids::EventId;
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::event_repository::EventChange;
use booking_core::ports::stock_cache::{CacheError, CacheLookup, Lease, Take, TakeOutcome};
use booking_core::ports::{EventRepository, StockCache};
use booking_core::service::{BookingSystem, Settings};
use booking_core::testkit::seed;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::bench::{Bench, Parts};

/// A cache that counts how often it is asked for an event, and keeps its answer until a test lets it go.
#[derive(Debug)]
struct SlowCache {
    inner: MemoryStockCache,
    readings: AtomicUsize,
    may_answer: Semaphore,
    /// The first who asks brings it to panic.
    panics: bool,
}

impl SlowCache {
    fn new() -> Arc<Self> {
        Self::that(false)
    }

    fn that(panics: bool) -> Arc<Self> {
        let (inner, readings) = (MemoryStockCache::default(), AtomicUsize::new(0));
        Arc::new(Self { inner, readings, may_answer: Semaphore::new(0), panics })
    }

    fn readings(&self) -> usize {
        self.readings.load(Ordering::SeqCst)
    }

    fn let_go(&self) {
        self.may_answer.add_permits(1_000);
    }

    fn hold_back(&self) {
        self.may_answer.forget_permits(usize::MAX >> 4);
    }

    /// Waits until somebody reads.
    async fn until_read(&self, times: usize) {
        while self.readings() < times {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl StockCache for SlowCache {
    async fn find(&self, event_id: EventId, now: Timestamp) -> Result<CacheLookup, CacheError> {
        let found = self.inner.find(event_id, now).await;
        let before = self.readings.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics || before > 0, "told to panic");
        self.may_answer.acquire().await.unwrap().forget();
        found
    }
    async fn fill(&self, lease: Lease, it: &Listing, now: Timestamp) -> Result<bool, CacheError> {
        self.inner.fill(lease, it, now).await
    }
    async fn take(&self, batch: &[Take], now: Timestamp) -> Result<Vec<TakeOutcome>, CacheError> {
        self.inner.take(batch, now).await
    }
    async fn give_back(&self, batch: &[Take], now: Timestamp) -> Result<(), CacheError> {
        self.inner.give_back(batch, now).await
    }
    async fn correct(&self, batch: &[(EventId, Stock)], now: Timestamp) -> Result<(), CacheError> {
        self.inner.correct(batch, now).await
    }
    async fn clear(&self, events: &[EventId]) -> Result<(), CacheError> {
        self.inner.clear(events).await
    }
    async fn peek(&self, event_id: EventId, now: Timestamp) -> Result<Option<u32>, CacheError> {
        self.inner.peek(event_id, now).await
    }
    async fn ping(&self) -> Result<(), CacheError> {
        self.inner.ping().await
    }
}

fn bench_with(cache: &Arc<SlowCache>) -> Bench {
    let cache = Arc::clone(cache) as Arc<dyn StockCache>;
    Bench::with(|builder| builder.cache(cache))
}

async fn available(system: &BookingSystem, event: EventId) -> u32 {
    let found = system.catalogue().find_recent(event).await.unwrap().unwrap();
    found.listing().stock.available()
}

#[tokio::test]
async fn a_thousand_who_ask_at_once_cause_one_reading() {
    let cache = SlowCache::new();
    let bench = bench_with(&cache);
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let mut readers = JoinSet::new();
    for _ in 0..1_000 {
        let catalogue = bench.system.catalogue().clone();
        readers.spawn(async move { catalogue.find_recent(event).await.unwrap().unwrap() });
    }
    cache.until_read(1).await;
    cache.let_go();
    let shown = readers.join_all().await;
    assert_eq!(cache.readings(), 1);
    assert!(shown.iter().all(|event| Arc::ptr_eq(event, &shown[0])), "and it is the same for all");
}

#[tokio::test]
async fn the_one_who_reads_may_leave() {
    let cache = SlowCache::new();
    let bench = bench_with(&cache);
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let ask = || {
        let catalogue = bench.system.catalogue().clone();
        tokio::spawn(async move { catalogue.find_recent(event).await.unwrap().is_some() })
    };
    let first = ask();
    cache.until_read(1).await;
    let second = ask();
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    cache.let_go();
    assert!(second.await.unwrap(), "nobody is stranded");
    assert_eq!(cache.readings(), 1, "and nobody had to begin again");
}

#[tokio::test]
async fn whoever_waits_for_a_reading_that_panics_reads_alone() {
    let cache = SlowCache::that(true);
    let bench = bench_with(&cache);
    cache.let_go();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let catalogue = bench.system.catalogue();
    let (one, two) = tokio::join!(catalogue.find_recent(event), catalogue.find_details(event));
    for found in [one, two] {
        assert_eq!(found.unwrap().unwrap().listing().stock.available(), 10);
    }
    assert_eq!(cache.readings(), 3, "the one that panicked, and one for each");
}

#[tokio::test]
async fn what_this_process_sold_is_seen_at_once() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    assert_eq!(available(&bench.system, event).await, 10);
    let booking = bench.booked(event, 3).await;
    assert_eq!(available(&bench.system, event).await, 7);
    bench.system.bookings().cancel(booking.id).await.unwrap();
    assert_eq!(available(&bench.system, event).await, 10);
    let (first, _) = (bench.booked(event, 1).await, bench.booked(event, 1).await);
    bench.pay(&first).await;
    let shown = bench.system.catalogue().find_recent(event).await.unwrap().unwrap();
    assert_eq!((shown.listing().stock.stock(), shown.listing().stock.held()), (9, 1));
    bench.clock.advance(seed::HOLD);
    bench.system.run_due_work().await.unwrap();
    assert_eq!(available(&bench.system, event).await, 9, "a hold has ended");
}

#[tokio::test]
async fn what_this_process_changed_is_seen_at_once() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let title = || async {
        let catalogue = bench.system.catalogue();
        let (recent, details) = (catalogue.find_recent(event), catalogue.find_details(event));
        [recent.await, details.await]
            .map(|found| found.unwrap().unwrap().listing().event.details.title.clone())
    };
    assert_eq!(title().await, ["Organ", "Organ"]);
    let details = Some(seed::event("Harp").details());
    let change = EventChange { details, ..EventChange::default() };
    bench.system.organiser().change(event, &change).await.unwrap();
    assert_eq!(title().await, ["Harp", "Harp"]);
}

#[tokio::test]
async fn whoever_asks_after_a_sale_is_not_shown_what_was_being_read_before() {
    let cache = SlowCache::new();
    let bench = bench_with(&cache);
    cache.let_go();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let booking = bench.booked(event, 4).await;
    bench.clock.advance(seed::SECOND);
    cache.hold_back();
    let before = cache.readings();
    let ask = || {
        let system = bench.system.clone();
        tokio::spawn(async move { available(&system, event).await })
    };
    let early = ask();
    cache.until_read(before + 1).await;
    bench.system.bookings().cancel(booking.id).await.unwrap();
    let late = ask();
    tokio::task::yield_now().await;
    cache.let_go();
    assert_eq!(early.await.unwrap(), 6, "it asked before the tickets came back");
    assert_eq!(late.await.unwrap(), 10);
    assert_eq!(cache.readings(), before + 2);
}

#[tokio::test]
async fn what_another_process_sold_is_seen_when_the_moment_is_over() {
    let parts = Parts::new();
    let secrets = IpnSecrets::parse("a secret of sixteen bytes or more").unwrap();
    let gateway =
        MockGateway::builder(secrets, Arc::new(parts.clock.clone()), Arc::clone(&parts.ids));
    let gateway = Arc::new(gateway.build().unwrap());
    let [here, there] = [(), ()].map(|()| parts.builder(gateway.clone()).build().unwrap());
    let event = seed::event("Organ").capacity(10).build();
    let stored = parts.database.events();
    stored.store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();
    assert_eq!(available(&here, event.id).await, 10);
    there.bookings().book(crate::bench::request(event.id, 4)).await.unwrap();
    assert_eq!(available(&there, event.id).await, 6);
    assert_eq!(available(&here, event.id).await, 10, "this process has not heard of it");
    parts.clock.advance(Settings::default().event_memory);
    assert_eq!(available(&here, event.id).await, 6);
}

#[tokio::test]
async fn what_does_not_exist_is_looked_for_each_time() {
    let cache = SlowCache::new();
    let bench = bench_with(&cache);
    cache.let_go();
    for times in 1..4 {
        let found = bench.system.catalogue().find_recent(seed::event_id()).await.unwrap();
        assert!(found.is_none());
        assert_eq!(cache.readings(), times);
    }
}

#[tokio::test]
async fn a_crowd_of_buyers_reads_the_event_once() {
    let cache = SlowCache::new();
    let bench = bench_with(&cache);
    cache.let_go();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    for _ in 0..10 {
        bench.booked(event, 1).await;
    }
    assert_eq!(cache.readings(), 1, "the price is no other after a sale");
}
