//! What somebody can do who means harm: the real binary, and clients that keep to no rule.
//!
//! `SECURITY.md` says which attack is met by what, and names these tests. Each prints what it sent and what that cost the
//! server; `--nocapture` shows it. The limits of a listener on their own are tested in `http_limits`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod admin_listener;
mod answers;
mod booking_ids;
mod flood;
mod foreign_pages;
mod idle;
mod logs;
mod notifications;
mod pipelining;
mod protocols;
mod slow;
mod smuggling;
mod sources;
mod wire;

#[path = "../black_box"]
mod black_box {
    #[allow(dead_code, unused_imports, reason = "each target uses what its own tests need")]
    pub(crate) mod support;
}

use black_box::support;
