//! What a failure of the driver means, by the place where it happened.

use std::fmt::Display;

use sqlx::Error;

use crate::ports::BoxError;
use crate::ports::fault::RepositoryError;

/// Primary result codes of SQLite (<https://www.sqlite.org/rescode.html>).
mod code {
    pub(super) const ERROR: u32 = 1;
    pub(super) const PERM: u32 = 3;
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const NOMEM: u32 = 7;
    pub(super) const READONLY: u32 = 8;
    pub(super) const IOERR: u32 = 10;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const FULL: u32 = 13;
    pub(super) const CANTOPEN: u32 = 14;
    pub(super) const PROTOCOL: u32 = 15;
    pub(super) const SCHEMA: u32 = 17;
    pub(super) const AUTH: u32 = 23;
    pub(super) const NOTADB: u32 = 26;
}

/// Says that a row is not what it has to be.
pub(super) fn corrupt(
    table: &'static str,
    id: impl Display,
    what: impl Display,
) -> RepositoryError {
    RepositoryError::Corrupt { table, finding: format!("{id}: {what}") }
}

fn primary_code(error: &Error) -> Option<u32> {
    let extended: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// Classifies a failure before `COMMIT`: whatever was written is rolled back with its transaction.
pub(super) fn not_applied(error: Error) -> RepositoryError {
    match (&error, primary_code(&error)) {
        (_, Some(code::BUSY | code::LOCKED)) => {
            RepositoryError::Contention { source: error.into() }
        }
        (_, Some(code::NOMEM | code::IOERR | code::FULL | code::CANTOPEN | code::PROTOCOL))
        | (Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed | Error::Io(_), _) => {
            RepositoryError::Unavailable { source: error.into() }
        }
        (_, Some(code::CORRUPT)) => {
            RepositoryError::Corrupt { table: "sqlite_schema", finding: error.to_string() }
        }
        (
            _,
            Some(
                code::ERROR
                | code::PERM
                | code::READONLY
                | code::SCHEMA
                | code::AUTH
                | code::NOTADB,
            ),
        )
        | (Error::Configuration(_), _) => RepositoryError::Misconfigured { source: error.into() },
        // Constraints, too: a value that the schema refuses should never have come this far.
        _ => RepositoryError::Backend { source: error.into() },
    }
}

/// Classifies a failure of `COMMIT`. Only these codes prove that nothing was written: SQLite did not begin to.
pub(super) fn commit_failed(error: Error) -> RepositoryError {
    match primary_code(&error) {
        Some(code::BUSY | code::LOCKED) => RepositoryError::Contention { source: error.into() },
        _ => RepositoryError::OutcomeUnknown { source: error.into() },
    }
}

/// Says that the file or the address is not what the adapter can work with.
pub(super) fn misconfigured(source: impl Into<BoxError>) -> RepositoryError {
    RepositoryError::Misconfigured { source: source.into() }
}
