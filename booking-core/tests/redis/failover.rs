//! A cluster whose nodes change their parts.

use std::time::{Duration, Instant};

use booking_core::adapters::redis::RedisStockCache;
use booking_core::domain::ids::EventId;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{Take, TakeOutcome};
use booking_core::testkit::seed;
use booking_testbed::RedisCluster;

use crate::servers::{ask, key};
use crate::support::{brisk, cached, connect, peek, take, wanted};

/// Longer than the cluster takes to notice that a master is gone, and the cache to learn who is now.
const TAKEN_OVER: Duration = Duration::from_secs(20);

async fn cluster() -> (RedisCluster, RedisStockCache) {
    let cluster = RedisCluster::start().await;
    let urls: Vec<String> = cluster.urls().split(',').map(str::to_owned).collect();
    let cache = connect(&urls, brisk());
    (cluster, cache)
}

/// Caches events until each master has one.
async fn one_on_each(cluster: &RedisCluster, cache: &RedisStockCache) -> Vec<(usize, EventId)> {
    let mut found: Vec<(usize, EventId)> = Vec::new();
    while found.len() < 3 {
        let id = cached(cache, 10).await;
        let master = cluster.master_of(&key(id)).await;
        if found.iter().all(|(other, _)| *other != master) {
            found.push((master, id));
        }
    }
    found
}

/// Tries until a call for an event works.
async fn until_answered(cache: &RedisStockCache, id: EventId) {
    let begun = Instant::now();
    while peek(cache, id).await.is_err() {
        assert!(begun.elapsed() < TAKEN_OVER, "nobody has taken over");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn when_a_master_is_killed_its_replica_is_found() {
    let (cluster, cache) = cluster().await;
    let id = cached(&cache, 10).await;
    take(&cache, id, 1).await.unwrap();
    cluster.wait_until_healthy().await;
    let killed = cluster.fail_over(&key(id)).await;
    until_answered(&cache, id).await;
    assert_eq!(take(&cache, id, 1).await.unwrap(), TakeOutcome::Taken);
    assert_eq!(peek(&cache, id).await.unwrap(), Some(8));
    cache.ping().await.unwrap();
    cluster.node(killed).start_again().await;
    cluster.wait_until_healthy().await;
    assert_eq!(take(&cache, id, 1).await.unwrap(), TakeOutcome::Taken);
}

#[tokio::test]
async fn calls_follow_a_master_that_hands_over() {
    let (cluster, cache) = cluster().await;
    let id = cached(&cache, 10).await;
    cluster.wait_until_healthy().await;
    cluster.switch_over(&key(id)).await;
    assert_eq!(take(&cache, id, 1).await.unwrap(), TakeOutcome::Taken, "it was redirected");
    assert_eq!(peek(&cache, id).await.unwrap(), Some(9));
}

#[tokio::test]
async fn a_master_that_hangs_is_left_alone_and_the_others_are_used() {
    let (cluster, cache) = cluster().await;
    let events = one_on_each(&cluster, &cache).await;
    let (hanging, lost) = events[0];
    cluster.node(hanging).pause().await;
    let batch: Vec<Take> = events.iter().map(|(_, id)| wanted(*id, 1)).collect();
    let begun = Instant::now();
    for _ in 0..8 {
        let outcomes = cache.take(&batch, seed::now()).await.unwrap();
        assert_eq!(outcomes, [TakeOutcome::Miss, TakeOutcome::Taken, TakeOutcome::Taken]);
    }
    // Three wait for an answer, and the rest for nothing.
    let slow = brisk().command_timeout * brisk().breaker_failures;
    assert!(begun.elapsed() < slow + Duration::from_millis(500), "{:?}", begun.elapsed());
    until_answered(&cache, lost).await;
    cluster.node(hanging).resume().await;
    cluster.wait_until_healthy().await;
    for (_, id) in events {
        assert!(peek(&cache, id).await.is_ok());
    }
}

#[tokio::test]
async fn calls_follow_a_slot_that_moves() {
    let (cluster, cache) = cluster().await;
    let events = one_on_each(&cluster, &cache).await;
    let ((from, id), (to, _)) = (events[0], events[1]);
    let (source, target) = (cluster.node(from).url(), cluster.node(to).url());
    let slot: u16 = ask(&source, &["CLUSTER", "KEYSLOT", &key(id)]).await;
    let slot = slot.to_string();
    let source_id: String = ask(&source, &["CLUSTER", "MYID"]).await;
    let target_id: String = ask(&target, &["CLUSTER", "MYID"]).await;
    ask::<()>(&target, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source_id]).await;
    ask::<()>(&source, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target_id]).await;
    assert_eq!(take(&cache, id, 1).await.unwrap(), TakeOutcome::Taken, "it has not moved yet");
    let port = cluster.node(to).port().to_string();
    let key = key(id);
    ask::<String>(&source, &["MIGRATE", "127.0.0.1", &port, &key, "0", "1000"]).await;
    assert_eq!(take(&cache, id, 1).await.unwrap(), TakeOutcome::Taken, "it was asked for");
    assert_eq!(ask::<u32>(&source, &["CLUSTER", "COUNTKEYSINSLOT", &slot]).await, 0);
    for url in [&target, &source] {
        ask::<()>(url, &["CLUSTER", "SETSLOT", &slot, "NODE", &target_id]).await;
    }
    assert_eq!(peek(&cache, id).await.unwrap(), Some(8));
    assert_eq!(take(&cache, id, 8).await.unwrap(), TakeOutcome::Taken);
}
