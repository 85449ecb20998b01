//! Correcting the count to what the database holds.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::StockCacheHarness;
use super::subject::{Subject, listing, stock};
use crate::ports::stock_cache::{CacheLookup, TakeOutcome};

/// Contract 5: a correction with a greater version sets the count.
pub async fn a_newer_correction_sets_the_count<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(10, 3).await;
    assert_eq!(cache.take(event, 4).await, TakeOutcome::Taken);
    cache.correct(event, 6, 4).await;
    assert_eq!(cache.peek(event).await, Some(6));
    cache.correct(event, 0, 900).await;
    assert_eq!(cache.take(event, 1).await, TakeOutcome::TooFew { available: 0 });
    let CacheLookup::Hit { available, .. } = cache.find(event).await else {
        panic!("it is cached")
    };
    assert_eq!(available, 0);
}

/// Contract 5: a correction that is not newer does nothing, not even to what was taken since.
pub async fn old_and_repeated_corrections_do_nothing<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(10, 5).await;
    for version in [1, 4, 5] {
        cache.correct(event, 99, version).await;
        assert_eq!(cache.peek(event).await, Some(10));
    }
    cache.correct(event, 8, 6).await;
    assert_eq!(cache.take(event, 3).await, TakeOutcome::Taken);
    for version in [6, 5, 6] {
        cache.correct(event, 8, version).await;
        assert_eq!(cache.peek(event).await, Some(5));
    }
}

/// Contract 5: corrections may come in any order, also within a batch; the newest decides.
pub async fn corrections_in_any_order_end_the_same<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let versions = [(40, 4), (30, 5), (20, 6)];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let one_by_one = cache.cached(50, 3).await;
        let at_once = cache.cached(50, 3).await;
        let mut batch = Vec::new();
        for index in order {
            let (available, version) = versions[index];
            cache.correct(one_by_one, available, version).await;
            batch.push((at_once, stock(available, version)));
        }
        cache.cache.correct(&batch, cache.now).await.expect("correct");
        assert_eq!(cache.peek(one_by_one).await, Some(20), "{order:?}");
        assert_eq!(cache.peek(at_once).await, Some(20), "{order:?}");
    }
}

/// Contract 5: the count is set, not shifted: tickets that leaked come back, and false ones go.
pub async fn a_correction_may_lower_and_raise_what_takes_left<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(10, 1).await;
    assert_eq!(cache.take(event, 7).await, TakeOutcome::Taken);
    cache.correct(event, 9, 2).await;
    assert_eq!(cache.peek(event).await, Some(9));
    cache.give_back(event, 50).await;
    cache.correct(event, 4, 3).await;
    assert_eq!(cache.peek(event).await, Some(4));
    assert_eq!(cache.take(event, 5).await, TakeOutcome::TooFew { available: 4 });
}

/// Contract 5: a fill under way may be older than the correction, so its lease is taken away.
pub async fn a_correction_of_what_is_not_cached_takes_the_lease_away<H: StockCacheHarness>(
    harness: &H,
) {
    let cache = Subject::new(harness).await;
    let (stale, bystander) = (listing(5, 3), listing(5, 3));
    let id = stale.event.id;
    let old = cache.lease(id).await;
    let other = cache.lease(bystander.event.id).await;
    cache.correct(id, 2, 4).await;
    assert!(!cache.fill(old, &stale).await);
    cache.assert_absent(id).await;
    assert!(cache.fill(other, &bystander).await, "leases of other events stay");
    let new = cache.lease(id).await;
    let mut fresh = stale.clone();
    fresh.stock = stock(2, 4);
    assert!(cache.fill(new, &fresh).await);
    assert_eq!(cache.peek(id).await, Some(2));
}

/// Contract 5: corrections that race end with the newest.
pub async fn racing_corrections_end_with_the_newest<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(100, 1).await;
    let mut racers = JoinSet::new();
    for version in 2..=33_u32 {
        let (shared, now) = (Arc::clone(&cache.cache), cache.now);
        racers.spawn(async move {
            let batch = [(event, stock(100 - version, u64::from(version)))];
            shared.correct(&batch, now).await.expect("correct");
        });
    }
    racers.join_all().await;
    assert_eq!(cache.peek(event).await, Some(67));
}

/// Contract 5: a batch corrects each event by its own version, and skips what is not cached.
pub async fn corrections_of_one_event_leave_the_others<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let (first, second) = (cache.cached(10, 3).await, cache.cached(20, 9).await);
    let missing = crate::testkit::seed::event_id();
    let batch = [(first, stock(1, 5)), (missing, stock(2, 5)), (second, stock(3, 5))];
    cache.cache.correct(&batch, cache.now).await.expect("correct");
    assert_eq!(cache.peek(first).await, Some(1));
    assert_eq!(cache.peek(second).await, Some(20));
    cache.assert_absent(missing).await;
}
