//! The program, seen from outside: the real binary, a real socket, a real file.
//!
//! Every test has a server, a database and ports of its own. Nothing waits for a fixed time: a test
//! asks until what it waits for is true, and fails when that has not come about in a minute.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cli;
mod contract;
mod operations;
mod refusals;
mod soak;
#[path = "suite.rs"]
mod suite;
mod webhooks;

use suite::support;
