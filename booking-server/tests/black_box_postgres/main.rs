//! The program, seen from outside, on a PostgreSQL and a Redis: the tests of `black_box`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../black_box/soak.rs"]
mod soak;
#[path = "../black_box/suite.rs"]
mod suite;

use suite::support;
