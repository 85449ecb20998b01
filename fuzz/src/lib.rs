//! Inputs of strangers, and what must be true of the answers.
//!
//! A target takes any bytes for what one place reads: a body, a query, a header. It goes through the whole service in
//! process where it can, on a system of its own in memory and a clock that stands still, so that an input does the
//! same every time. `tests/targets.rs` replays the corpus and goes on from there; `guide` lets coverage lead.

#![expect(clippy::unwrap_used, reason = "whatever goes wrong here is a finding")]

#[allow(dead_code, reason = "the tests of the API need more of it")]
#[path = "../../booking-server/tests/api/harness.rs"]
mod harness;
pub mod mutate;
#[path = "../../booking-server/tests/api/schema.rs"]
mod schema;
mod shop;
mod targets;

pub use targets::{TARGETS, Target};

/// The largest input. It is more than any body that the service reads.
pub const MAX_BYTES: usize = 300 * 1024;
