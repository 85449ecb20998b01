//! Leases, fills and clears.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::StockCacheHarness;
use super::subject::{Subject, full_listing, listing};
use crate::ports::stock_cache::{CacheLookup, Lease};
use crate::testkit::seed::{self, TICK};

/// Contract 3: what was filled is found as it was, with the count of its stock.
pub async fn a_fill_under_a_lease_is_found_as_it_was<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let mut online = listing(3, 7);
    online.event.details = seed::event("Online").online().category("").details();
    let mut bare_venue = listing(3, 7);
    bare_venue.event.details = seed::event("Somewhere").venue("Nowhere", "", None).details();
    for filled in [full_listing(), online, bare_venue] {
        let id = filled.event.id;
        let lease = cache.lease(id).await;
        cache.assert_absent(id).await;
        assert!(cache.fill(lease, &filled).await);
        let available = filled.stock.available();
        let hit = CacheLookup::Hit { listing: Arc::new(filled), available };
        assert_eq!(cache.find(id).await, hit);
        assert_eq!(cache.peek(id).await, Some(available));
    }
}

/// Contract 3: a lease that was used is no longer good, even if the entry has gone.
pub async fn a_lease_is_good_for_one_fill<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let first = listing(5, 3);
    let id = first.event.id;
    let lease = cache.lease(id).await;
    assert!(cache.fill(lease, &first).await);
    let mut second = first.clone();
    second.stock = super::subject::stock(9, 4);
    assert!(!cache.fill(lease, &second).await);
    assert_eq!(cache.peek(id).await, Some(5));
    cache.clear(&[id]).await;
    assert!(!cache.fill(lease, &second).await);
    cache.assert_absent(id).await;
}

/// Contract 3: while a lease is good, nobody else gets one for that event.
pub async fn one_lease_is_good_at_a_time<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let filled = listing(5, 3);
    let id = filled.event.id;
    let lease = cache.lease(id).await;
    for _ in 0..3 {
        assert_eq!(cache.find(id).await, CacheLookup::Miss { lease: None });
    }
    let other = cache.lease(seed::event_id()).await;
    assert_ne!(other.event_id, lease.event_id, "other events have leases of their own");
    assert!(cache.fill(lease, &filled).await);
}

/// Contract 3: of callers who miss at once one fills.
pub async fn racing_finds_get_one_lease<H: StockCacheHarness>(harness: &H) {
    const CALLERS: usize = 32;
    let cache = Subject::new(harness).await;
    let filled = listing(5, 3);
    let id = filled.event.id;
    let start = Arc::new(Barrier::new(CALLERS));
    let mut racers = JoinSet::new();
    for _ in 0..CALLERS {
        let (start, shared, now) = (Arc::clone(&start), Arc::clone(&cache.cache), cache.now);
        racers.spawn(async move {
            start.wait().await;
            match shared.find(id, now).await.expect("find") {
                CacheLookup::Miss { lease } => lease,
                hit @ CacheLookup::Hit { .. } => panic!("nobody filled: {hit:?}"),
            }
        });
    }
    let leases: Vec<Lease> = racers.join_all().await.into_iter().flatten().collect();
    assert_eq!(leases.len(), 1);
    assert!(cache.fill(leases[0], &filled).await);
}

/// Contract 3: a lease runs out, so that a caller who crashed keeps nobody from filling.
pub async fn a_lease_runs_out<H: StockCacheHarness>(harness: &H) {
    let mut cache = Subject::new(harness).await;
    let mut filled = listing(5, 3);
    let id = filled.event.id;
    let old = cache.lease(id).await;
    cache.pass(harness.longest_lease() + TICK).await;
    assert!(!cache.fill(old, &filled).await, "it has run out, whether or not another was given");
    cache.assert_absent(id).await;
    let new = cache.lease(id).await;
    assert_ne!(old.token, new.token);
    assert!(!cache.fill(old, &filled).await);
    cache.assert_absent(id).await;
    filled.stock = super::subject::stock(4, 4);
    assert!(cache.fill(new, &filled).await, "the refused fill did not use up the new lease");
    assert_eq!(cache.peek(id).await, Some(4));
}

/// Contract 3: a lease is good for its event only.
pub async fn a_lease_of_another_event_fills_nothing<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let (mine, theirs) = (listing(5, 3), listing(5, 3));
    let lease = cache.lease(mine.event.id).await;
    let crossed = Lease { event_id: theirs.event.id, ..lease };
    assert!(!cache.fill(crossed, &theirs).await);
    cache.assert_absent(theirs.event.id).await;
    assert!(cache.fill(lease, &mine).await);
}

/// Contract 3: a token that was never given is not good.
pub async fn a_made_up_lease_fills_nothing<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let filled = listing(5, 3);
    let event_id = filled.event.id;
    for token in [0, 1, u64::MAX] {
        assert!(!cache.fill(Lease { event_id, token }, &filled).await);
    }
    let lease = cache.lease(event_id).await;
    let made_up = Lease { token: lease.token.wrapping_add(1), ..lease };
    assert!(!cache.fill(made_up, &filled).await);
    cache.assert_absent(event_id).await;
    assert!(cache.fill(lease, &filled).await);
}

/// Contract 4: a fill that was read before a clear never lands, whatever is leased afterwards.
pub async fn a_fill_from_before_a_clear_never_lands<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let stale = listing(5, 3);
    let id = stale.event.id;
    let old = cache.lease(id).await;
    cache.clear(&[id]).await;
    assert!(!cache.fill(old, &stale).await);
    cache.assert_absent(id).await;
    let new = cache.lease(id).await;
    assert!(!cache.fill(old, &stale).await);
    cache.assert_absent(id).await;
    let mut fresh = stale.clone();
    fresh.stock = super::subject::stock(2, 4);
    assert!(cache.fill(new, &fresh).await);
    assert!(!cache.fill(old, &stale).await);
    assert_eq!(cache.peek(id).await, Some(2));
}

/// Contract 4: a clear removes the entries it names, also if some are missing, and no others.
pub async fn a_clear_removes_what_it_names_only<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let (first, second, third) =
        (cache.cached(5, 3).await, cache.cached(6, 3).await, cache.cached(7, 3).await);
    cache.clear(&[first, seed::event_id(), third, first]).await;
    cache.assert_absent(first).await;
    cache.assert_absent(third).await;
    assert_eq!(cache.peek(second).await, Some(6));
}

/// Contract 3: who finds the event needs no lease.
pub async fn a_hit_offers_no_lease<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(5, 3).await;
    assert!(matches!(cache.find(event).await, CacheLookup::Hit { available: 5, .. }));
    cache.clear(&[event]).await;
    cache.lease(event).await;
}
