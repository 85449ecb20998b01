//! The end of an entry.

use super::StockCacheHarness;
use super::subject::{Subject, listing};
use crate::ports::stock_cache::{CacheLookup, TakeOutcome};
use crate::testkit::seed::TICK;

/// Contract 6: an entry is gone when its longest life is over, for every way of asking.
pub async fn an_entry_ends_with_its_life<H: StockCacheHarness>(harness: &H) {
    let mut cache = Subject::new(harness).await;
    let event = cache.cached(5, 3).await;
    assert_eq!(cache.peek(event).await, Some(5));
    cache.pass(harness.longest_life() + TICK).await;
    cache.assert_absent(event).await;
    cache.give_back(event, 2).await;
    cache.correct(event, 2, 9).await;
    cache.assert_absent(event).await;
    assert!(matches!(cache.find(event).await, CacheLookup::Miss { lease: Some(_) }));
}

/// Contract 6: whatever happens to an entry, it does not live longer.
pub async fn nothing_prolongs_a_life<H: StockCacheHarness>(harness: &H) {
    const STEPS: u32 = 10;
    let mut cache = Subject::new(harness).await;
    let event = cache.cached(90, 1).await;
    for step in 1..=STEPS {
        cache.pass((harness.longest_life() + TICK * STEPS) / STEPS).await;
        cache.find(event).await;
        cache.take(event, 1).await;
        cache.give_back(event, 1).await;
        cache.correct(event, 50 + step, u64::from(step) + 1).await;
        cache.peek(event).await;
    }
    cache.assert_absent(event).await;
}

/// Contract 6: after its end an event is filled anew, and lives anew, also with an old version: the database
/// may have been restored.
pub async fn a_new_life_begins_with_a_new_fill<H: StockCacheHarness>(harness: &H) {
    let mut cache = Subject::new(harness).await;
    let first = listing(5, 8);
    let id = first.event.id;
    let lease = cache.lease(id).await;
    assert!(cache.fill(lease, &first).await);
    cache.pass(harness.longest_life() + TICK).await;
    let mut second = first.clone();
    second.stock = super::subject::stock(4, 2);
    let lease = cache.lease(id).await;
    assert!(cache.fill(lease, &second).await);
    assert_eq!(cache.take(id, 4).await, TakeOutcome::Taken);
    assert_eq!(cache.peek(id).await, Some(0));
}
