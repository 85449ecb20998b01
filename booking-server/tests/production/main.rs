//! The program as it runs in production: on a PostgreSQL behind a pgbouncer, and on a Redis Cluster.
//!
//! First come the tests of `black_box`: all of them together share four connections to PostgreSQL. Then come
//! those of several servers side by side, and of what is around them going away.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fleet;
mod outages;
mod rolling_restart;
#[path = "../black_box/suite.rs"]
mod suite;

use suite::support;
