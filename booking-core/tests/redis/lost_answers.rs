//! Commands that were run, and whose answers were lost.

use std::time::{Duration, Instant};

use booking_core::adapters::redis::{RedisCacheSettings, RedisStockCache};
use booking_core::domain::ids::EventId;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheError, TakeOutcome};
use booking_core::testkit::seed;
use booking_testbed::{Redis, RedisOptions};
use tokio::net::TcpListener;

use crate::proxy::Proxy;
use crate::servers::{ask, key};
use crate::support::{brisk, cached, connect, fill, listing, take, until_it_works, wanted};

/// A server behind a line that can be cut.
struct Behind {
    redis: Redis,
    proxy: Proxy,
    cache: RedisStockCache,
}

impl Behind {
    async fn one_server() -> Self {
        let redis = Redis::start(RedisOptions::default()).await;
        let proxy = Proxy::to(redis.port()).await;
        let urls = [format!("redis://127.0.0.1:{}", proxy.port)];
        let cache = connect(&urls, brisk());
        Self { redis, proxy, cache }
    }

    /// Starts a cluster of one node, which says that it is reached over the line, and asks for a password
    /// there, too.
    async fn cluster() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let settings = [
            ("cluster-enabled", "yes"),
            ("cluster-announce-ip", "127.0.0.1"),
            ("cluster-announce-port", &*port.to_string()),
        ];
        let options = settings
            .into_iter()
            .fold(RedisOptions::default().password("p4ss"), |options, (name, value)| {
                options.setting(name, value)
            });
        let redis = Redis::start(options).await;
        ask::<()>(&redis.url(), &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
        while !ask::<String>(&redis.url(), &["CLUSTER", "INFO"]).await.contains("cluster_state:ok")
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let proxy = Proxy::over(listener, redis.port());
        let url = format!("redis://:p4ss@127.0.0.1:{port}");
        let cache = connect(&[url.clone(), url], brisk());
        Self { redis, proxy, cache }
    }

    async fn instock(&self, id: EventId) -> u32 {
        ask(&self.redis.url(), &["HGET", &key(id), "instock"]).await
    }

    /// Loses the answer to a call, and waits long enough for whoever would send it again.
    async fn lose<T: std::fmt::Debug>(&self, call: impl Future<Output = Result<T, CacheError>>) {
        // There is a connection, so that the answer that is lost is none to a greeting.
        self.cache.ping().await.unwrap();
        self.proxy.cut_before_the_next_answer();
        let answer = call.await;
        assert!(matches!(answer, Err(CacheError::Unavailable { .. })), "{answer:?}");
        assert!(self.proxy.has_cut());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn counts_move_once(behind: Behind) {
    let (id, _) = until_it_works(&behind.cache).await;
    // Both scripts are known, so that the answer that is lost is that of the change.
    take(&behind.cache, id, 1).await.unwrap();
    behind.cache.give_back(&[wanted(id, 1)], seed::now()).await.unwrap();

    behind.lose(take(&behind.cache, id, 3)).await;
    assert_eq!(behind.instock(id).await, 7, "taken once");
    behind.lose(behind.cache.give_back(&[wanted(id, 2)], seed::now())).await;
    assert_eq!(behind.instock(id).await, 9, "given back once");
    assert_eq!(take(&behind.cache, id, 9).await.unwrap(), TakeOutcome::Taken);
    assert_eq!(behind.instock(id).await, 0);
}

#[tokio::test]
async fn a_count_moves_once_when_its_answer_is_lost() {
    counts_move_once(Behind::one_server().await).await;
}

#[tokio::test]
async fn a_count_moves_once_when_its_answer_is_lost_in_a_cluster() {
    counts_move_once(Behind::cluster().await).await;
}

#[tokio::test]
async fn a_lost_lease_blocks_for_its_own_short_life_only() {
    let behind = Behind::one_server().await;
    let settings = RedisCacheSettings { lease_life: Duration::from_millis(400), ..brisk() };
    let urls = [format!("redis://127.0.0.1:{}", behind.proxy.port)];
    let behind = Behind { cache: connect(&urls, settings), ..behind };
    cached(&behind.cache, 1).await;
    let event = listing(&seed::event("Leased"), 5, 1);
    behind.lose(behind.cache.find(event.event.id, seed::now())).await;
    let begun = Instant::now();
    while !fill(&behind.cache, &event).await.unwrap() {
        assert!(begun.elapsed() < Duration::from_secs(5), "the lost lease still blocks");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A connection may go dead without being closed: a firewall forgot it, or the other machine is gone.
async fn a_dead_connection_is_left(behind: Behind) {
    let (id, _) = until_it_works(&behind.cache).await;
    take(&behind.cache, id, 0).await.unwrap();
    let before = behind.proxy.connections();
    behind.proxy.go_dead();
    let lost = take(&behind.cache, id, 1).await;
    assert!(matches!(lost, Err(CacheError::Unavailable { .. })), "{lost:?}");
    let (_, after) = until_it_works(&behind.cache).await;
    assert!(after < Duration::from_secs(4), "{after:?}");
    assert_eq!(behind.instock(id).await, 9, "the command did arrive");
    let new = behind.proxy.connections() - before;
    assert!((1..=3).contains(&new), "{new} new connections");
}

#[tokio::test]
async fn a_dead_connection_is_not_used_again() {
    a_dead_connection_is_left(Behind::one_server().await).await;
}

#[tokio::test]
async fn a_dead_connection_is_not_used_again_in_a_cluster() {
    a_dead_connection_is_left(Behind::cluster().await).await;
}
