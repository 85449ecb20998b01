//! What every error of a port tells: did it take effect, and may the call be repeated?

use std::time::Duration;

/// Any error, as the cause of one of ours.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Whether a call that failed took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It certainly did not.
    NotApplied,
    /// It may have.
    Unknown,
}

/// Whether a call that failed may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It would fail again.
    Never,
    /// At once.
    Now,
    /// Not before this much time has passed.
    After(Duration),
}

/// Tells what a failure means for the caller.
pub trait Classify {
    /// Returns whether the call took effect.
    fn effect(&self) -> Effect;

    /// Returns whether the call may be repeated, provided that it did not take effect or that repeating it
    /// does no harm.
    fn retry(&self) -> Retry;
}

/// Why a repository could not do what it was asked to. What a caller decides about (sold out, not found) is
/// never here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// Another writer was in the way, and everything was rolled back.
    #[error("the database rolled back because of another writer")]
    Contention {
        /// The driver's error.
        source: BoxError,
    },
    /// The database cannot be reached, or has no connection free. Whatever was sent was rolled back.
    #[error("the database is unavailable")]
    Unavailable {
        /// The driver's error.
        source: BoxError,
    },
    /// Too many wait for the same already. Nothing was sent.
    #[error("too many wait for the database")]
    Crowded,
    /// The answer to a commit was lost: the write may have landed.
    #[error("the outcome of a write is unknown")]
    OutcomeUnknown {
        /// The driver's error.
        source: BoxError,
    },
    /// Credentials, permissions or the schema are wrong. Somebody has to look at it.
    #[error("the database is not set up as expected")]
    Misconfigured {
        /// The driver's error.
        source: BoxError,
    },
    /// A stored row is not what it has to be. Somebody has to look at it.
    #[error("a row of {table} is corrupt: {finding}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong, without personal data.
        finding: String,
    },
    /// Not understood.
    #[error("the database reported an unexpected error")]
    Backend {
        /// The driver's error.
        source: BoxError,
    },
}

impl Classify for RepositoryError {
    fn effect(&self) -> Effect {
        match self {
            Self::Contention { .. }
            | Self::Unavailable { .. }
            | Self::Crowded
            | Self::Misconfigured { .. }
            | Self::Corrupt { .. } => Effect::NotApplied,
            Self::OutcomeUnknown { .. } | Self::Backend { .. } => Effect::Unknown,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Contention { .. } => Retry::Now,
            Self::Unavailable { .. } | Self::Crowded | Self::OutcomeUnknown { .. } => {
                Retry::After(Duration::from_millis(100))
            }
            Self::Misconfigured { .. } | Self::Corrupt { .. } | Self::Backend { .. } => {
                Retry::Never
            }
        }
    }
}

impl From<crate::domain::ledger::BooksDoNotBalance> for RepositoryError {
    fn from(broken: crate::domain::ledger::BooksDoNotBalance) -> Self {
        Self::Corrupt { table: "event_stock", finding: broken.to_string() }
    }
}

impl From<crate::domain::catalogue::IntakeError> for RepositoryError {
    fn from(error: crate::domain::catalogue::IntakeError) -> Self {
        use crate::domain::catalogue::IntakeError::{Books, IdNotNew};
        match error {
            // A caller that makes the same id twice has a bug; nothing was written.
            IdNotNew(_) => Self::Backend { source: Box::new(error) },
            Books(broken) => broken.into(),
        }
    }
}
