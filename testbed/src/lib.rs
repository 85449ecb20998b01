//! Private PostgreSQL, pgbouncer, Redis, Redis Cluster and mail servers for tests.
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
//! | a mail server that misbehaves when it is told to | [`SmtpSink::start`] | |
//! | aiosmtpd, a mail server that others wrote | [`Aiosmtpd::start`] | |
//!
//! [`python()`] runs scripts that check with other programs what ours wrote.
//!
//! This is for tests: what cannot be done is a panic that says why.

mod aiosmtpd;
mod greeting;
mod machine;
mod pgbouncer;
mod ports;
mod postgres;
mod process;
mod python;
mod redis;
mod redis_cluster;
mod smtp;
mod wait;

pub use self::aiosmtpd::Aiosmtpd;
pub use self::pgbouncer::{PgBouncer, PgBouncerOptions};
pub use self::postgres::{Postgres, PostgresOptions};
pub use self::python::python;
pub use self::redis::{Redis, RedisOptions};
pub use self::redis_cluster::RedisCluster;
pub use self::smtp::{
    SinkMail, SinkTransaction, SmtpAct, SmtpMoment, SmtpSink, SmtpSinkOptions, SmtpSinkTls,
    SmtpTrouble,
};
