//! Contract suites that every implementation of a port must pass, and helpers for tests. Exempt from semver.
//!
//! Whoever writes an adapter of a port writes a small harness, which makes fresh instances of it, and calls
//! one macro. Every rule that the port's contract numbers is then checked by tests of its own name:
//!
//! ```text
//! booking_core::booking_repository_contract!(MyHarness);
//! ```
//!
//! | Port | Macro | Harness |
//! | --- | --- | --- |
//! | [`EventRepository`](crate::ports::EventRepository) | [`event_repository_contract!`](crate::event_repository_contract) | [`RepositoryHarness`] |
//! | [`BookingRepository`](crate::ports::BookingRepository) | [`booking_repository_contract!`](crate::booking_repository_contract) | [`RepositoryHarness`] |
//! | [`StockCache`](crate::ports::StockCache) | [`stock_cache_contract!`](crate::stock_cache_contract) | [`StockCacheHarness`](stock_cache::StockCacheHarness) |
//! | [`PaymentGateway`](crate::ports::PaymentGateway) | [`payment_gateway_contract!`](crate::payment_gateway_contract) | [`GatewayHarness`](payment_gateway::GatewayHarness) |
//! | [`Notifier`](crate::ports::Notifier) | [`notifier_contract!`](crate::notifier_contract) | [`NotifierHarness`](notifier::NotifierHarness) |
//! | [`Clock`](crate::ports::Clock) | [`clock_contract!`](crate::clock_contract) | [`ClockHarness`](clock::ClockHarness) |
//! | [`IdSource`](crate::ports::IdSource) | [`id_source_contract!`](crate::id_source_contract) | [`IdSourceHarness`](id_source::IdSourceHarness) |
//!
//! The macro holds the only list of a suite's cases. What a backend cannot do is declared by its harness
//! ([`Harness::left_out`]) and printed; nothing is left out silently.
//!
//! For tests of whole systems there are [`ManualClock`], [`SeededIds`], values to begin with ([`seed`]),
//! strategies for property tests ([`arbitrary`]), ports that fail on demand ([`faulty`]) and the referee
//! ([`audit`], [`assert_books_balance`]). The [`simulation`] plays the whole engine under faults, thousands of
//! schedules a minute, each of them decided by one number, and a [`witness`] judges it and runs against real servers.
#![expect(
    clippy::missing_panics_doc,
    reason = "a case reports a broken rule by a panic, like every test; saying so on each is noise"
)]

pub mod arbitrary;
pub mod booking_repository;
pub mod clock;
pub mod event_repository;
pub mod faulty;
pub mod id_source;
pub mod notifier;
pub mod payment_gateway;
pub mod seed;
pub mod simulation;
pub mod stock_cache;
pub mod witness;

mod books;
mod cut;
mod dice;
mod lock;
mod manual;
mod repository;
mod suite;

pub use books::{assert_books_balance, audit};
pub use cut::{Cut, cut_after};
pub use dice::Dice;
pub use manual::{ManualClock, SeededIds, SplitMix};
pub use repository::{Repositories, RepositoryHarness, until_answered};
pub use suite::{Harness, LeftOut, run_case, run_declaration};

#[cfg(test)]
mod tests;
