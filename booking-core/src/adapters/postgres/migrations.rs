//! The versions of the schema.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::error::{misconfigured, not_applied};
use crate::ports::fault::RepositoryError;

/// The migrations in order; the number of each is its position, counted from 1.
const MIGRATIONS: [(&str, &str); 1] =
    [("initial", include_str!("../../../migrations/postgres/0001_initial.sql"))];

/// Returns the number of the newest version.
pub(super) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Makes what runs them.
pub(super) fn migrator() -> Migrator {
    let migrations = MIGRATIONS.into_iter().zip(1..).map(|((name, sql), number)| {
        Migration::new(
            number,
            Cow::Borrowed(name),
            MigrationType::Simple,
            sqlx::SqlStr::from_static(sql),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

/// Says why it did not.
pub(super) fn failed(error: MigrateError) -> RepositoryError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            not_applied(&error)
        }
        MigrateError::VersionMissing(number) => misconfigured(format!(
            "the database has schema {number}, which this program does not know: it is too old"
        )),
        MigrateError::VersionMismatch(number) => {
            misconfigured(format!("migration {number} was changed after it was applied"))
        }
        _ => misconfigured("the migrations do not fit the database"),
    }
}
