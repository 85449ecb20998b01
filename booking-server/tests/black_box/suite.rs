//! What every database has to pass. Each is a test target of its own, and they all run this list.

mod crash;
mod crowd;
mod demo;
mod idempotency;
mod journeys;
mod mail_kills;
mod mails;
mod notifications;
mod problems;
#[allow(dead_code, unused_imports, reason = "each target uses what its own tests need")]
pub(crate) mod support;
