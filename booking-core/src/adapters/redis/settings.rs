//! What can be set, and what can be wrong with it.

use std::time::Duration;

/// How long a [`RedisStockCache`](super::RedisStockCache) keeps what, and how patient it is.
///
/// Whatever is set, the database decides who gets a ticket: patience here is time that a booking waits for
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedisCacheSettings {
    /// How long an event is kept, give or take a fifth, so that what was cached together does not end
    /// together.
    pub life: Duration,
    /// How long a lease is good: longer than reading an event ever takes. If the answer that brings a lease is
    /// lost, nobody fills that event for so long.
    pub lease_life: Duration,
    /// How long making a connection may take. It goes on in the background when the calls that wait for it
    /// have given up.
    pub connect_timeout: Duration,
    /// How long an answer may take.
    pub response_timeout: Duration,
    /// How long a call may take in all, with everything that it waits for.
    pub command_timeout: Duration,
    /// After how many failures in a row a server is left alone for a while.
    pub breaker_failures: u32,
    /// For how long it is left alone; up to as much again is added at random.
    pub breaker_pause: Duration,
    /// Decides how lives and pauses differ. Leases do not depend on it.
    pub seed: u64,
}

impl RedisCacheSettings {
    /// Returns the longest time that an entry may live.
    pub fn longest_life(&self) -> Duration {
        self.life * 6 / 5
    }
}

impl Default for RedisCacheSettings {
    fn default() -> Self {
        Self {
            life: Duration::from_mins(1),
            lease_life: Duration::from_secs(5),
            connect_timeout: Duration::from_millis(500),
            response_timeout: Duration::from_millis(150),
            command_timeout: Duration::from_millis(200),
            breaker_failures: 3,
            breaker_pause: Duration::from_secs(1),
            seed: 0,
        }
    }
}

/// Why a cache cannot be set up. It names a URL by its place in the list, never by its text, which may hold a
/// password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisConfigError {
    /// The list is empty.
    #[error("no Redis URL is given")]
    Missing,
    /// A URL cannot be read.
    #[error("Redis URL {number} is not of the form redis://[user:password@]host[:port][/database]")]
    Malformed {
        /// Its place in the list, from 1.
        number: usize,
    },
    /// A URL asks for encryption, and the feature `tls-rustls` is off.
    #[error("Redis URL {number} asks for encryption, which this build does not have")]
    NoEncryption {
        /// Its place in the list, from 1.
        number: usize,
    },
    /// A URL is of a socket or a numbered database, and others are given, too.
    #[error("Redis URL {number} is not of a node of a cluster: no sockets, no database but 0")]
    NotOfCluster {
        /// Its place in the list, from 1.
        number: usize,
    },
}
