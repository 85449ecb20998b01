//! What a failure of the driver means, by the place where it happened.
//!
//! The driver's own words are not passed on as they are: they name users, databases, hosts and, in details of
//! constraints, what buyers typed.

use std::fmt::{self, Display};

use sqlx::Error;

use crate::ports::BoxError;
use crate::ports::fault::RepositoryError;

/// Constraints that a second writer runs into when both write the same for the first time. The loser finds what
/// the winner wrote when it tries again.
const WRITTEN_BY_ANOTHER: [&str; 4] =
    ["bookings_once", "events_once_per_source", "idempotency_keys_once", "notifications_once"];

/// A failure of the driver, in words that may be logged.
#[derive(Debug)]
struct Told {
    /// What is known of it.
    what: String,
}

impl Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Told {}

/// What a failure is, by the SQLSTATE or by what the driver says
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Contention,
    Unavailable,
    Misconfigured,
    Other,
}

/// Says that a row is not what it has to be.
pub(super) fn corrupt(
    table: &'static str,
    id: impl Display,
    what: impl Display,
) -> RepositoryError {
    RepositoryError::Corrupt { table, finding: format!("{id}: {what}") }
}

/// Says that address, schema or server are not what the adapter can work with.
pub(super) fn misconfigured(what: impl Into<String>) -> RepositoryError {
    RepositoryError::Misconfigured { source: Box::new(Told { what: what.into() }) }
}

/// Says that the server answers, but cannot be written to now.
pub(super) fn unavailable(what: impl Into<String>) -> RepositoryError {
    RepositoryError::Unavailable { source: Box::new(Told { what: what.into() }) }
}

/// Classifies a failure before `COMMIT`: whatever was written is rolled back with its transaction.
pub(super) fn not_applied(error: &Error) -> RepositoryError {
    let source = told(error);
    match kind(error) {
        Kind::Contention => RepositoryError::Contention { source },
        Kind::Unavailable => RepositoryError::Unavailable { source },
        Kind::Misconfigured => RepositoryError::Misconfigured { source },
        // Constraints, too: a value that the schema refuses should never have come this far.
        Kind::Other => RepositoryError::Backend { source },
    }
}

/// Classifies a failure of `COMMIT`. Only what was rolled back because of another writer was certainly not
/// written; a connection that ended may have ended after it. Whoever sends the batch again learns which it was.
pub(super) fn commit_failed(error: &Error) -> RepositoryError {
    let source = told(error);
    match kind(error) {
        Kind::Contention => RepositoryError::Contention { source },
        _ => RepositoryError::OutcomeUnknown { source },
    }
}

/// Classifies a failure of a statement that is a transaction of its own. What the server says it of was rolled back; if
/// nothing was said, it may have been written.
pub(super) fn at_once_failed(error: &Error) -> RepositoryError {
    match error {
        Error::PoolTimedOut | Error::PoolClosed => not_applied(error),
        Error::Database(_) if !is_connection_lost(error) => not_applied(error),
        _ => RepositoryError::OutcomeUnknown { source: told(error) },
    }
}

/// Tells whether a row was there already.
pub(super) fn is_repeated(error: &Error) -> bool {
    error.as_database_error().is_some_and(|error| error.code().is_some_and(|code| code == "23505"))
}

/// Tells whether the connection is of no use any more.
pub(super) fn is_connection_lost(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::WorkerCrashed => true,
        Error::Database(error) => {
            let code = error.code();
            let code = code.as_deref().unwrap_or("");
            code.starts_with("08") || code.starts_with("57P") || code == "25P03"
        }
        _ => false,
    }
}

fn kind(error: &Error) -> Kind {
    match error {
        Error::Database(error) => {
            let code = error.code();
            let is_race = error.constraint().is_some_and(|name| WRITTEN_BY_ANOTHER.contains(&name));
            match code.as_deref().unwrap_or("") {
                "40001" | "40P01" | "55P03" => Kind::Contention,
                "23505" if is_race => Kind::Contention,
                code => kind_of_class(code),
            }
        }
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed
        | Error::BeginFailed => Kind::Unavailable,
        Error::Configuration(_) => Kind::Misconfigured,
        _ => Kind::Other,
    }
}

/// Connections, resources, a server that is starting, stopping or only a copy, time that ran out: all of them
/// pass. Credentials and a schema that is not there do not.
fn kind_of_class(code: &str) -> Kind {
    match (code.get(..2).unwrap_or(""), code) {
        ("08" | "53", _)
        | (_, "57014" | "57P01" | "57P02" | "57P03" | "57P05" | "25006" | "25P03") => {
            Kind::Unavailable
        }
        ("28" | "3D" | "3F" | "42" | "0A" | "26", _) => Kind::Misconfigured,
        _ => Kind::Other,
    }
}

fn told(error: &Error) -> BoxError {
    let what = match error {
        Error::Database(error) => {
            let code = error.code();
            let code = code.as_deref().unwrap_or("unknown");
            let constraint =
                error.constraint().map(|name| format!(", constraint {name}")).unwrap_or_default();
            format!("{} (SQLSTATE {code}{constraint})", meaning(code))
        }
        // The kind alone: the text may name a host or a file.
        Error::Io(error) => format!("the connection failed: {}", error.kind()),
        Error::Tls(_) => "the connection could not be encrypted".to_owned(),
        Error::Protocol(_) => "the connection is out of step".to_owned(),
        Error::PoolTimedOut => "no connection could be had in time".to_owned(),
        Error::PoolClosed => "the connections are closed".to_owned(),
        Error::Configuration(_) => "the address is malformed".to_owned(),
        Error::ColumnDecode { index, .. } => format!("column {index} is not of the expected type"),
        Error::ColumnNotFound(name) => format!("column {name} is missing"),
        Error::Migrate(_) => "a migration failed".to_owned(),
        _ => "the driver failed".to_owned(),
    };
    Box::new(Told { what })
}

fn meaning(code: &str) -> &'static str {
    match (code.get(..2).unwrap_or(""), code) {
        (_, "28P01" | "28000") => "the server refused the user or the password",
        (_, "3D000") => "there is no database of that name",
        (_, "53300") => "the server has no connection left",
        (_, "57014") => "a statement took too long",
        (_, "55P03") => "a lock was held for too long",
        (_, "25P03") => "a transaction was silent for too long",
        (_, "25006") => "the server can only be read from",
        (_, "40001" | "40P01") => "another transaction was in the way",
        (_, "42P01" | "42703") => "the schema is not the expected one: is it migrated?",
        (_, "42501") => "a permission is missing",
        ("08", _) => "the connection was refused or ended",
        ("23", _) => "the schema refused a row",
        ("42" | "26" | "0A", _) => "the server did not accept a statement",
        ("53", _) => "the server is short of resources",
        ("57", _) => "the server is starting, stopping or was restarted",
        _ => "the server reported an error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        for (code, expected) in [
            ("08006", Kind::Unavailable),
            ("53300", Kind::Unavailable),
            ("57P01", Kind::Unavailable),
            ("57014", Kind::Unavailable),
            ("25006", Kind::Unavailable),
            ("28P01", Kind::Misconfigured),
            ("42P01", Kind::Misconfigured),
            ("23514", Kind::Other),
            ("XX000", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(kind_of_class(code), expected, "{code}");
        }
    }

    #[test]
    fn a_failure_of_the_network_names_no_host() {
        let secret = std::io::Error::other("db.internal:5432 said no");
        let error = not_applied(&Error::Io(secret));
        let told = format!("{error:?}");
        assert!(matches!(error, RepositoryError::Unavailable { .. }));
        assert!(!told.contains("db.internal"), "{told}");
    }

    #[test]
    fn a_lost_answer_to_a_commit_leaves_the_outcome_open() {
        let lost = || Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(matches!(commit_failed(&lost()), RepositoryError::OutcomeUnknown { .. }));
        assert!(matches!(not_applied(&lost()), RepositoryError::Unavailable { .. }));
        assert!(matches!(
            commit_failed(&Error::PoolTimedOut),
            RepositoryError::OutcomeUnknown { .. }
        ));
    }
}
