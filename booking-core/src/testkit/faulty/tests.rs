use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::*;
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::StockCache;
use crate::ports::stock_cache::{CacheError, CacheLookup, Lease, Take, TakeOutcome};
use crate::testkit::seed;

/// Counts the clears that took effect.
#[derive(Debug, Default)]
struct Counter(std::sync::atomic::AtomicU32);

impl Counter {
    fn count(&self) -> u32 {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[async_trait]
impl StockCache for Counter {
    async fn find(&self, _: EventId, _: Timestamp) -> Result<CacheLookup, CacheError> {
        Ok(CacheLookup::Miss { lease: None })
    }

    async fn fill(&self, _: Lease, _: &Listing, _: Timestamp) -> Result<bool, CacheError> {
        Ok(false)
    }

    async fn take(&self, _: &[Take], _: Timestamp) -> Result<Vec<TakeOutcome>, CacheError> {
        Ok(vec![])
    }

    async fn give_back(&self, _: &[Take], _: Timestamp) -> Result<(), CacheError> {
        Ok(())
    }

    async fn correct(&self, _: &[(EventId, Stock)], _: Timestamp) -> Result<(), CacheError> {
        Ok(())
    }

    async fn clear(&self, _: &[EventId]) -> Result<(), CacheError> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }

    async fn peek(&self, _: EventId, _: Timestamp) -> Result<Option<u32>, CacheError> {
        Ok(None)
    }

    async fn ping(&self) -> Result<(), CacheError> {
        Ok(())
    }
}

fn faulty() -> (Arc<Counter>, FaultScript, FaultyStockCache) {
    let (counter, script) = (Arc::new(Counter::default()), FaultScript::none());
    (Arc::clone(&counter), script.clone(), FaultyStockCache::new(counter, script))
}

#[tokio::test]
async fn a_fault_comes_before_or_after_the_effect() {
    let (counter, script, cache) = faulty();
    script.push(Fault::Before);
    script.push(Fault::After);
    assert!(cache.clear(&[]).await.is_err());
    assert_eq!(counter.count(), 0);
    assert!(cache.clear(&[]).await.is_err());
    assert_eq!(counter.count(), 1);
    assert!(cache.clear(&[]).await.is_ok());
    assert_eq!(counter.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn calls_are_late_or_never_end() {
    let (counter, script, cache) = faulty();
    let minute = Duration::from_mins(1);
    script.push(Fault::Delay(minute));
    script.push(Fault::Hang);
    script.push(Fault::HangAfter);
    let begun = tokio::time::Instant::now();
    assert!(cache.clear(&[]).await.is_ok());
    assert_eq!(begun.elapsed(), minute);
    for effects in [1, 2] {
        assert!(tokio::time::timeout(minute, cache.clear(&[])).await.is_err());
        assert_eq!(counter.count(), effects);
    }
}

#[tokio::test]
async fn faults_wait_for_their_method() {
    let (_, script, cache) = faulty();
    script.push_for("clear", Fault::Before);
    assert!(cache.ping().await.is_ok());
    assert!(cache.peek(seed::event_id(), seed::now()).await.is_ok());
    assert!(cache.clear(&[]).await.is_err());
    assert!(cache.clear(&[]).await.is_ok());
    assert_eq!(script.calls(), ["ping", "peek", "clear", "clear"]);
}

#[tokio::test]
async fn a_closure_decides_on_every_call() {
    let mut number = 0;
    let script = FaultScript::choose(move |_| {
        number += 1;
        if number % 2 == 0 { Fault::Before } else { Fault::None }
    });
    let cache = FaultyStockCache::new(Arc::new(Counter::default()), script.clone());
    let outcomes = [cache.ping().await, cache.ping().await, cache.ping().await, cache.ping().await];
    assert_eq!(outcomes.map(|outcome| outcome.is_ok()), [true, false, true, false]);
    script.heal();
    assert!(cache.ping().await.is_ok() && cache.ping().await.is_ok());
}
