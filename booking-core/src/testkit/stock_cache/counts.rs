//! Taking and giving back.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::StockCacheHarness;
use super::subject::Subject;
use crate::ports::stock_cache::{CacheLookup, Take, TakeOutcome};
use crate::testkit::seed;

/// Contract 1: a take lowers the count by the whole quantity or leaves it alone; never below zero.
pub async fn a_take_lowers_the_count_by_all_or_nothing<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(5, 3).await;
    let other = cache.cached(5, 3).await;
    assert_eq!(cache.take(event, 3).await, TakeOutcome::Taken);
    assert_eq!(cache.peek(event).await, Some(2));
    assert_eq!(cache.take(event, 3).await, TakeOutcome::TooFew { available: 2 });
    assert_eq!(cache.take(event, 1_000).await, TakeOutcome::TooFew { available: 2 });
    assert_eq!(cache.peek(event).await, Some(2), "a refusal leaves the count alone");
    assert_eq!(cache.take(event, 2).await, TakeOutcome::Taken);
    assert_eq!(cache.take(event, 1).await, TakeOutcome::TooFew { available: 0 });
    assert_eq!(cache.peek(event).await, Some(0));
    assert_eq!(cache.peek(other).await, Some(5), "other events stay");
    let CacheLookup::Hit { available, listing } = cache.find(event).await else {
        panic!("an empty count is still an entry");
    };
    assert_eq!((available, listing.stock.available()), (0, 5), "the listing is as it was filled");
}

/// Contract 1: a batch mixes events; each take sees the ones before it.
pub async fn takes_of_a_batch_are_answered_in_order<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let (first, second) = (cache.cached(3, 1).await, cache.cached(1, 1).await);
    let missing = seed::event_id();
    let batch = [(first, 2), (missing, 1), (second, 1), (first, 2), (first, 1), (second, 1)]
        .map(|(event_id, quantity)| Take { event_id, quantity });
    let outcomes = cache.cache.take(&batch, cache.now).await.expect("take");
    assert_eq!(
        outcomes,
        [
            TakeOutcome::Taken,
            TakeOutcome::Miss,
            TakeOutcome::Taken,
            TakeOutcome::TooFew { available: 1 },
            TakeOutcome::Taken,
            TakeOutcome::TooFew { available: 0 },
        ]
    );
    assert_eq!((cache.peek(first).await, cache.peek(second).await), (Some(0), Some(0)));
}

/// Contract 1: tickets that come back can be taken once more.
pub async fn what_is_given_back_can_be_taken_again<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(4, 1).await;
    let other = cache.cached(4, 1).await;
    assert_eq!(cache.take(event, 4).await, TakeOutcome::Taken);
    let batch = [(event, 1), (seed::event_id(), 9), (event, 2)]
        .map(|(event_id, quantity)| Take { event_id, quantity });
    cache.cache.give_back(&batch, cache.now).await.expect("give_back");
    assert_eq!(cache.peek(event).await, Some(3));
    assert_eq!(cache.take(event, 3).await, TakeOutcome::Taken);
    assert_eq!(cache.peek(other).await, Some(4));
}

/// Contract 7: a correction, or a new fill, contains what was taken before; giving it back does not add to it.
pub async fn no_more_is_given_back_than_is_missing<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(5, 1).await;
    cache.give_back(event, 1).await;
    assert_eq!(cache.peek(event).await, Some(5), "nothing is missing");
    assert_eq!(cache.take(event, 2).await, TakeOutcome::Taken);
    cache.correct(event, 4, 2).await;
    cache.give_back(event, 2).await;
    assert_eq!(cache.peek(event).await, Some(4), "the correction knew of the two");
    assert_eq!(cache.take(event, 3).await, TakeOutcome::Taken);
    cache.give_back(event, 2).await;
    assert_eq!(cache.peek(event).await, Some(3));
    cache.give_back(event, u32::MAX).await;
    assert_eq!(cache.peek(event).await, Some(4));
    cache.correct(event, 9, 3).await;
    cache.give_back(event, 1).await;
    assert_eq!(cache.peek(event).await, Some(9));
}

/// Contract 2: neither take, give back nor correction makes an entry, and what is missing stays missing.
pub async fn no_call_creates_an_entry<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(5, 1).await;
    cache.clear(&[event]).await;
    for id in [event, seed::event_id()] {
        assert_eq!(cache.take(id, 1).await, TakeOutcome::Miss);
        cache.give_back(id, 3).await;
        cache.assert_absent(id).await;
        cache.correct(id, 9, 99).await;
        cache.assert_absent(id).await;
        assert!(matches!(cache.find(id).await, CacheLookup::Miss { lease: Some(_) }));
        cache.assert_absent(id).await;
    }
}

/// Contract 1: takes that race share out the count exactly once.
pub async fn racing_takes_share_out_the_count_once<H: StockCacheHarness>(harness: &H) {
    const CALLERS: usize = 64;
    let cache = Subject::new(harness).await;
    let event = cache.cached(21, 1).await;
    let start = Arc::new(Barrier::new(CALLERS));
    let mut racers = JoinSet::new();
    for _ in 0..CALLERS {
        let (start, shared, now) = (Arc::clone(&start), Arc::clone(&cache.cache), cache.now);
        racers.spawn(async move {
            start.wait().await;
            let batch = [Take { event_id: event, quantity: 3 }];
            shared.take(&batch, now).await.expect("take")[0]
        });
    }
    let outcomes = racers.join_all().await;
    let taken = outcomes.iter().filter(|outcome| **outcome == TakeOutcome::Taken).count();
    let too_few = outcomes.iter().filter(|o| **o == TakeOutcome::TooFew { available: 0 }).count();
    assert_eq!((taken, too_few), (7, CALLERS - 7));
    assert_eq!(cache.peek(event).await, Some(0));
}

/// Contract 1: what racers take and give back adds up.
pub async fn racing_takes_and_returns_lose_nothing<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(10, 1).await;
    let mut racers = JoinSet::new();
    for _ in 0..16 {
        let (shared, now) = (Arc::clone(&cache.cache), cache.now);
        racers.spawn(async move {
            let batch = [Take { event_id: event, quantity: 2 }];
            for _ in 0..20 {
                if shared.take(&batch, now).await.expect("take")[0] == TakeOutcome::Taken {
                    tokio::task::yield_now().await;
                    shared.give_back(&batch, now).await.expect("give_back");
                }
            }
        });
    }
    racers.join_all().await;
    assert_eq!(cache.peek(event).await, Some(10));
}

/// Nothing asked, nothing done.
pub async fn empty_batches_do_nothing<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    let event = cache.cached(5, 1).await;
    assert_eq!(cache.cache.take(&[], cache.now).await.expect("take"), []);
    cache.cache.give_back(&[], cache.now).await.expect("give_back");
    cache.cache.correct(&[], cache.now).await.expect("correct");
    cache.clear(&[]).await;
    assert_eq!(cache.peek(event).await, Some(5));
}

/// A cache that works says so.
pub async fn the_cache_answers<H: StockCacheHarness>(harness: &H) {
    let cache = Subject::new(harness).await;
    cache.cache.ping().await.expect("ping");
}
