//! Ports that fail on demand: each wraps another implementation of its port and follows a [`FaultScript`].

mod booking_repository;
mod event_repository;
mod gateway;
mod script;
mod stock_cache;

pub use booking_repository::FaultyBookingRepository;
pub use event_repository::FaultyEventRepository;
pub use gateway::FaultyGateway;
pub use script::{Fault, FaultScript};
pub use stock_cache::FaultyStockCache;

use crate::ports::fault::{BoxError, RepositoryError};

fn staged() -> BoxError {
    "the test staged this fault".into()
}

/// Returns what a repository answers if the fault comes before the effect.
fn not_sent() -> RepositoryError {
    RepositoryError::Unavailable { source: staged() }
}

/// Returns what a repository answers if the answer is lost.
fn answer_lost() -> RepositoryError {
    RepositoryError::OutcomeUnknown { source: staged() }
}

#[cfg(test)]
mod tests;
