//! A server that is not there, goes away, hangs, or comes back empty.

use std::error::Error;
use std::fmt::Write;
use std::time::{Duration, Instant};

use booking_core::adapters::redis::{BreakerState, RedisCacheSettings, RedisStockCache};
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheError, TakeOutcome};
use booking_core::testkit::seed;
use booking_testbed::{Redis, RedisOptions};
use tokio::task::JoinSet;

use crate::servers::{Servers, ask, patient};
use crate::support::{SOON, brisk, cached, connect, peek, take, until_it_works};

/// What a busy machine may add to the time that something takes.
const SLACK: Duration = Duration::from_millis(400);

async fn private() -> (Redis, RedisStockCache) {
    let redis = Redis::start(RedisOptions::default()).await;
    let cache = connect(&[redis.url()], brisk());
    (redis, cache)
}

/// Checks that calls fail, and that all but the first few fail at once.
async fn assert_fails_fast(cache: &RedisStockCache) {
    let patience = brisk();
    let slow = patience.command_timeout * patience.breaker_failures;
    let begun = Instant::now();
    for _ in 0..50 {
        let answer = take(cache, seed::event_id(), 1).await;
        assert!(matches!(answer, Err(CacheError::Unavailable { .. })), "{answer:?}");
    }
    assert!(begun.elapsed() < slow + SLACK, "{:?}", begun.elapsed());
    assert_eq!(cache.breaker_state(), BreakerState::Open);
}

#[tokio::test]
async fn it_starts_while_redis_is_down() {
    let (redis, _) = private().await;
    redis.kill9().await;
    let cache = connect(&[redis.url()], brisk());
    assert_fails_fast(&cache).await;
    assert!(cache.ping().await.is_err());
    redis.start_again().await;
    let (_, after) = until_it_works(&cache).await;
    assert!(after < Duration::from_secs(4), "{after:?}");
    assert_eq!(cache.breaker_state(), BreakerState::Closed);
}

#[tokio::test]
async fn a_cluster_that_is_not_there_fails_fast_too() {
    let (redis, _) = private().await;
    let url = redis.url();
    redis.kill9().await;
    let cache = connect(&[url.clone(), url], brisk());
    let begun = Instant::now();
    for _ in 0..50 {
        assert!(take(&cache, seed::event_id(), 1).await.is_err());
        assert!(cache.ping().await.is_err());
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn it_goes_on_with_a_redis_that_came_back_empty() {
    let (redis, cache) = private().await;
    let id = cached(&cache, 10).await;
    redis.kill9().await;
    assert_fails_fast(&cache).await;
    redis.start_again().await;
    let (_, after) = until_it_works(&cache).await;
    assert!(after < Duration::from_secs(4), "{after:?}");
    assert_eq!(take(&cache, id, 1).await.unwrap(), TakeOutcome::Miss);
    assert_eq!(peek(&cache, id).await.unwrap(), None);
}

#[tokio::test]
async fn a_redis_that_hangs_costs_a_few_calls_their_patience_and_no_more() {
    let (redis, cache) = private().await;
    let id = cached(&cache, 10).await;
    redis.pause().await;
    assert_fails_fast(&cache).await;
    // Callers that come together wait together.
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    let cache = std::sync::Arc::new(cache);
    for _ in 0..100 {
        let cache = std::sync::Arc::clone(&cache);
        callers.spawn(async move { take(&cache, id, 1).await.is_err() });
    }
    assert!(callers.join_all().await.into_iter().all(|failed| failed));
    assert!(begun.elapsed() < brisk().command_timeout + SLACK, "{:?}", begun.elapsed());
    redis.resume().await;
    let (_, after) = until_it_works(&cache).await;
    assert!(after < Duration::from_secs(4), "{after:?}");
    assert!(peek(&cache, id).await.unwrap().is_some_and(|left| left <= 10));
}

#[tokio::test]
async fn a_ping_tells_the_truth_at_once() {
    let redis = Redis::start(RedisOptions::default()).await;
    // The breaker would stay open for longer than the test may take, but nobody who asks has to wait for it.
    let settings = RedisCacheSettings { breaker_pause: Duration::from_hours(1), ..brisk() };
    let cache = connect(&[redis.url()], settings);
    cache.ping().await.unwrap();
    redis.pause().await;
    assert_fails_fast(&cache).await;
    let begun = Instant::now();
    assert!(cache.ping().await.is_err());
    assert!(begun.elapsed() < brisk().command_timeout + SLACK, "{:?}", begun.elapsed());
    redis.resume().await;
    // Connecting again may take more than one call on a busy machine.
    let resumed = Instant::now();
    while let Err(error) = cache.ping().await {
        assert!(resumed.elapsed() < SOON, "{error}");
    }
    assert_eq!(cache.breaker_state(), BreakerState::Closed);
    cached(&cache, 1).await;
}

#[tokio::test]
async fn scripts_that_a_server_forgot_are_brought_again() {
    for servers in [Servers::single(), Servers::cluster()] {
        let cache = connect(&servers.urls(), patient());
        let id = cached(&cache, 10).await;
        for left in [9, 8] {
            servers.ask::<()>(id, &["SCRIPT", "FLUSH"]).await;
            assert_eq!(take(&cache, id, 1).await.unwrap(), TakeOutcome::Taken);
            assert_eq!(peek(&cache, id).await.unwrap(), Some(left));
        }
    }
}

/// Returns everything that an error says, to people and to programmers.
fn told(error: &dyn Error) -> String {
    let mut told = format!("{error:?}");
    let mut next = Some(error);
    while let Some(error) = next {
        write!(told, " {error} {error:?}").unwrap();
        next = error.source();
    }
    told
}

#[tokio::test]
async fn no_error_tells_secrets_or_addresses() {
    let redis = Redis::start(RedisOptions::default().password("right-s3cret")).await;
    let port = redis.port();
    let mut said = Vec::new();
    let urls = [redis.url(), format!("redis://someone:wrong-s3cret@127.0.0.1:{port}")];
    for url in [&urls[1..], &[urls[1].clone(), urls[1].clone()]] {
        let cache = connect(url, brisk());
        said.push(format!("{cache:?} {cache:#?}"));
        said.push(told(&take(&cache, seed::event_id(), 1).await.unwrap_err()));
        said.push(told(&cache.ping().await.unwrap_err()));
    }
    let cache = connect(&urls[..1], brisk());
    let id = cached(&cache, 10).await;
    said.push(format!("{cache:?} {cache:#?}"));
    // An error of the server's own quotes the command.
    ask::<()>(&urls[0], &["ACL", "SETUSER", "default", "-evalsha"]).await;
    said.push(told(&take(&cache, id, 1).await.unwrap_err()));
    redis.kill9().await;
    for _ in 0..5 {
        said.push(told(&take(&cache, id, 1).await.unwrap_err()));
        said.push(told(&cache.ping().await.unwrap_err()));
    }
    let port = port.to_string();
    for text in &said {
        for secret in ["s3cret", "someone", "127.0.0.1", &port, &id.to_string()] {
            assert!(!text.contains(secret), "{secret} is told: {text}");
        }
    }
    let told = said.join("\n");
    assert!(told.contains("authentication failed"), "{told}");
    assert!(told.contains("connection refused"), "{told}");
    assert!(told.contains("NOPERM"), "{told}");
}
