//! What the cache in Redis does beyond the contract: what other programs see, and what happens when servers
//! are slow, gone, empty or replaced.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

#[path = "redis/differential.rs"]
mod differential;
#[path = "redis/failover.rs"]
mod failover;
#[path = "redis/fields.rs"]
mod fields;
#[path = "redis/lost_answers.rs"]
mod lost_answers;
#[path = "redis/outages.rs"]
mod outages;
#[path = "redis/proxy.rs"]
mod proxy;
#[path = "redis/servers.rs"]
mod servers;
#[path = "redis/support.rs"]
mod support;
