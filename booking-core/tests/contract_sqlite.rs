//! The adapters for SQLite keep every contract, each case on a file of its own.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

use std::sync::Arc;

use booking_core::adapters::sqlite::{
    SqliteBookingRepository, SqliteDatabase, SqliteEventRepository,
};
use booking_core::testkit::{Harness, ManualClock, Repositories, RepositoryHarness, SeededIds};
use tempfile::TempDir;

struct Sqlite;

impl Harness for Sqlite {}

impl RepositoryHarness for Sqlite {
    type Guard = TempDir;

    async fn fresh(&self) -> (Repositories, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("booking.db").display());
        let database = SqliteDatabase::open(&url).await.unwrap();
        database.migrate().await.unwrap();
        let ids = Arc::new(SeededIds::new(1, Arc::new(ManualClock::default())));
        let events = Arc::new(SqliteEventRepository::new(database.clone(), ids.clone()));
        let bookings = Arc::new(SqliteBookingRepository::new(database, ids));
        (Repositories { events, bookings }, folder)
    }
}

booking_core::event_repository_contract!(Sqlite);
booking_core::booking_repository_contract!(Sqlite);
