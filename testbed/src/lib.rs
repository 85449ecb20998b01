//! Private PostgreSQL, pgbouncer, Redis and Redis Cluster servers for tests.
//!
//! A server that happens to run on the machine is never used. Each one here is started for the test
//! that asks, from the programs that are installed, on a free port of the loopback address and in a
//! folder of its own. It goes away when its handle is dropped, and also when the process of the test
//! ends in any other way, be it `kill -9`: see `guard.sh`.
//!
//! The servers run with the files in `deploy/` that users deploy; only addresses, folders, accounts and
//! the sizes of pools are changed.
//!
//! | what | for each test | for all tests of a process |
//! |---|---|---|
//! | PostgreSQL | [`Postgres::start`] | [`Postgres::shared`], and a database for each test |
//! | pgbouncer | [`PgBouncer::start`] | [`PgBouncer::shared`] |
//! | Redis | [`Redis::start`] | [`Redis::shared`], and keys with ids made at random |
//! | Redis Cluster | [`RedisCluster::start`] | [`RedisCluster::shared`] |
//!
//! This is for tests: what cannot be done is a panic that says why.

mod greeting;
mod machine;
mod pgbouncer;
mod ports;
mod postgres;
mod process;
mod redis;
mod redis_cluster;
mod wait;

pub use self::pgbouncer::{PgBouncer, PgBouncerOptions};
pub use self::postgres::{Postgres, PostgresOptions};
pub use self::redis::{Redis, RedisOptions};
pub use self::redis_cluster::RedisCluster;
