//! Servers that tests share, and ways to look into them.
#![allow(dead_code, reason = "not every test file uses all of it")]

use std::time::Duration;

use booking_core::adapters::redis::RedisCacheSettings;
use booking_core::domain::ids::EventId;
use booking_testbed::{Redis, RedisCluster};
use redis::FromRedisValue;

/// Where the tests of one kind run.
#[derive(Clone, Copy)]
pub(crate) enum Servers {
    Single(&'static Redis),
    Cluster(&'static RedisCluster),
}

/// Returns settings for tests that are not about time: a machine that is busy may be slow.
pub(crate) fn patient() -> RedisCacheSettings {
    RedisCacheSettings {
        connect_timeout: Duration::from_secs(10),
        response_timeout: Duration::from_secs(10),
        command_timeout: Duration::from_secs(10),
        ..RedisCacheSettings::default()
    }
}

impl Servers {
    pub(crate) fn single() -> Self {
        Self::Single(Redis::shared())
    }

    pub(crate) fn cluster() -> Self {
        Self::Cluster(RedisCluster::shared())
    }

    pub(crate) fn urls(self) -> Vec<String> {
        match self {
            Self::Single(redis) => vec![redis.url()],
            Self::Cluster(cluster) => cluster.urls().split(',').map(str::to_owned).collect(),
        }
    }

    /// Returns the URL of the server that has an event.
    pub(crate) async fn url_of(self, event_id: EventId) -> String {
        match self {
            Self::Single(redis) => redis.url(),
            Self::Cluster(cluster) => cluster.node(cluster.master_of(&key(event_id)).await).url(),
        }
    }

    /// Sends a command to the server that has an event, as another program would.
    pub(crate) async fn ask<T: FromRedisValue>(self, event_id: EventId, words: &[&str]) -> T {
        ask(&self.url_of(event_id).await, words).await
    }

    /// Shortens what is left of the lives of an event's keys.
    pub(crate) async fn shorten(self, event_id: EventId, by: Duration) {
        const SHORTEN: &str = "for _, key in ipairs(KEYS) do
            local rest = redis.call('PTTL', key) - tonumber(ARGV[1])
            if rest > 0 then redis.call('PEXPIRE', key, rest) else redis.call('DEL', key) end
        end";
        let (entry, by) = (key(event_id), by.as_millis().to_string());
        let lease = format!("{entry}:lease");
        let words = ["EVAL", SHORTEN, "2", &entry, &lease, &by];
        self.ask::<redis::Value>(event_id, &words).await;
    }
}

/// Returns the key under which an event is cached.
pub(crate) fn key(event_id: EventId) -> String {
    format!("event:{{{event_id}}}")
}

/// Sends a command over a connection of its own.
pub(crate) async fn ask<T: FromRedisValue>(url: &str, words: &[&str]) -> T {
    let client = redis::Client::open(url).expect("the URL is good");
    let mut connection =
        client.get_multiplexed_async_connection().await.expect("the server answers");
    let mut command = redis::cmd(words[0]);
    for word in &words[1..] {
        command.arg(*word);
    }
    command.query_async(&mut connection).await.expect("the command is good")
}
