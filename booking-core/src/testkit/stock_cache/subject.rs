//! A cache with a time of its own, and shorthands for what the cases do with it.

use std::sync::Arc;
use std::time::Duration;

use super::StockCacheHarness;
use crate::domain::event::{Event, Listing};
use crate::domain::ids::EventId;
use crate::domain::quantity::Capacity;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::StockCache;
use crate::ports::stock_cache::{CacheLookup, Lease, Take, TakeOutcome};
use crate::testkit::seed;

/// A fresh cache under test.
pub(super) struct Subject<'a, H: StockCacheHarness> {
    pub(super) cache: Arc<dyn StockCache>,
    pub(super) now: Timestamp,
    harness: &'a H,
    guard: H::Guard,
}

impl<'a, H: StockCacheHarness> Subject<'a, H> {
    pub(super) async fn new(harness: &'a H) -> Self {
        let (cache, guard) = harness.fresh().await;
        Self { cache, now: seed::now(), harness, guard }
    }

    /// Lets time pass.
    pub(super) async fn pass(&mut self, by: Duration) {
        self.harness.advance(&self.guard, by).await;
        self.now = self.now.saturating_add(by);
    }

    pub(super) async fn find(&self, id: EventId) -> CacheLookup {
        self.cache.find(id, self.now).await.expect("find")
    }

    /// Gets the lease of an event that is not cached.
    pub(super) async fn lease(&self, id: EventId) -> Lease {
        match self.find(id).await {
            CacheLookup::Miss { lease: Some(lease) } => {
                assert_eq!(lease.event_id, id);
                lease
            }
            other => panic!("no lease is offered: {other:?}"),
        }
    }

    pub(super) async fn fill(&self, lease: Lease, listing: &Listing) -> bool {
        self.cache.fill(lease, listing, self.now).await.expect("fill")
    }

    /// Caches an event with `available` of 100 tickets at a version.
    pub(super) async fn cached(&self, available: u32, version: u64) -> EventId {
        let listing = listing(available, version);
        let lease = self.lease(listing.event.id).await;
        assert!(self.fill(lease, &listing).await, "a fill under a good lease is accepted");
        listing.event.id
    }

    pub(super) async fn take(&self, event_id: EventId, quantity: u32) -> TakeOutcome {
        let batch = [Take { event_id, quantity }];
        let outcomes = self.cache.take(&batch, self.now).await.expect("take");
        assert_eq!(outcomes.len(), 1);
        outcomes[0]
    }

    pub(super) async fn give_back(&self, event_id: EventId, quantity: u32) {
        let batch = [Take { event_id, quantity }];
        self.cache.give_back(&batch, self.now).await.expect("give_back");
    }

    pub(super) async fn correct(&self, event_id: EventId, available: u32, version: u64) {
        let batch = [(event_id, stock(available, version))];
        self.cache.correct(&batch, self.now).await.expect("correct");
    }

    pub(super) async fn clear(&self, events: &[EventId]) {
        self.cache.clear(events).await.expect("clear");
    }

    pub(super) async fn peek(&self, id: EventId) -> Option<u32> {
        self.cache.peek(id, self.now).await.expect("peek")
    }

    /// Fails unless the event is absent for every way of asking. Takes no lease.
    pub(super) async fn assert_absent(&self, id: EventId) {
        assert_eq!(self.peek(id).await, None);
        assert_eq!(self.take(id, 1).await, TakeOutcome::Miss);
    }
}

/// Makes a stock of 100 tickets with `available` of them left.
pub(super) fn stock(available: u32, version: u64) -> Stock {
    Stock::restore(100, available, 0, version).expect("the test asks for at most 100")
}

/// Makes an event with such a stock.
pub(super) fn listing(available: u32, version: u64) -> Listing {
    let new = seed::event("Cached").build();
    let (created_at, updated_at) = (seed::now(), seed::later(seed::SECOND));
    let event = Event { updated_at, ..Event::entered(new.id, new.details, new.status, created_at) };
    Listing { event, stock: stock(available, version) }
}

/// Makes an event of which every field is set, with letters that are hard to keep.
pub(super) fn full_listing() -> Listing {
    let mut full = listing(1, 1);
    let hostile = "HSET \r 1\"'{}[]\\ \u{1F3B5} e\u{301} 李";
    full.event.details = seed::event(&hostile.replace('\r', ""))
        .description(&format!("{hostile}\n\r\n$5\r\nhello"))
        .category("Théâtre:1")
        .tag("a,b")
        .tag("['c']")
        .venue("Ürümqi", "CN", Some((-43.825_592_123_456_78, 179.999_999_999)))
        .on_sale(Some(seed::now()), Some(seed::later(seed::DAY)))
        .price(1_250, "KWD")
        .with(|draft| {
            draft.all_day = true;
            "Asia/Kuwait".clone_into(&mut draft.timezone);
            draft.url = Some("https://example.org/a?b=c&d=%C3%A9#f".to_owned());
            draft.image_url = Some("http://example.org/x.png".to_owned());
        })
        .details();
    full.stock = Stock::restore(Capacity::MAX, Capacity::MAX - 7, 1_000, u64::from(u32::MAX) + 9)
        .expect("it is in range");
    full
}
