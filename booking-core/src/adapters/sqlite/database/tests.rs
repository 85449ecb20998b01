use sqlx::Row;

use super::*;
use crate::ports::fault::{Classify, Effect, Retry};

async fn fresh() -> (SqliteDatabase, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let url = format!("sqlite://{}", folder.path().join("booking.db").display());
    let database = SqliteDatabase::open(&url).await.expect("the file opens");
    database.migrate().await.expect("the file is migrated");
    (database, folder)
}

async fn write_blob(database: &SqliteDatabase, bytes: i64) -> Result<(), RepositoryError> {
    let mut transaction = database.begin().await?;
    sqlx::query("INSERT INTO blobs (bytes) VALUES (zeroblob(?1))")
        .bind(bytes)
        .execute(&mut *transaction)
        .await
        .map_err(not_applied)?;
    commit(transaction).await
}

async fn run(database: &SqliteDatabase, sql: &'static str) {
    let mut writer = database.writer.acquire().await.expect("the writer is free");
    sqlx::raw_sql(sql).execute(&mut *writer).await.expect("the statement is valid");
}

#[tokio::test]
async fn the_writer_is_durable_and_checks_foreign_keys() {
    let (database, _folder) = fresh().await;
    let mut writer = database.writer.acquire().await.unwrap();
    for (pragma, expected) in [("PRAGMA synchronous", 2_i64), ("PRAGMA foreign_keys", 1)] {
        let row = sqlx::query(pragma).fetch_one(&mut *writer).await.unwrap();
        assert_eq!(row.get::<i64, _>(0), expected, "{pragma}");
    }
    let mode: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *writer).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn a_schema_that_is_not_this_programs_is_found_out() {
    let (database, folder) = fresh().await;
    database.check_schema().await.unwrap();
    let url = format!("sqlite://{}", folder.path().join("empty.db").display());
    let empty = SqliteDatabase::open(&url).await.unwrap();
    let error = empty.check_schema().await.unwrap_err();
    assert!(matches!(error, RepositoryError::Misconfigured { .. }), "{error:?}");
    run(&database, "PRAGMA user_version = 99").await;
    let error = database.check_schema().await.unwrap_err();
    assert!(matches!(error, RepositoryError::Misconfigured { .. }), "{error:?}");
}

/// It holds names and addresses. A mode that somebody chose is left alone.
#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_only() {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let (database, folder) = fresh().await;
    let file = folder.path().join("booking.db");
    let mode = |name: &str| {
        metadata(folder.path().join(name)).expect("the file is there").permissions().mode() & 0o777
    };
    for name in ["booking.db", "booking.db-wal", "booking.db-shm"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    database.close().await;
    set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    let again = SqliteDatabase::open(&format!("sqlite://{}", file.display())).await.unwrap();
    assert_eq!(mode("booking.db"), 0o640);
    again.close().await;
}

#[tokio::test]
async fn readers_cannot_write() {
    let (database, _folder) = fresh().await;
    let error = sqlx::query("DELETE FROM outbox").execute(database.readers()).await.unwrap_err();
    assert!(matches!(not_applied(error), RepositoryError::Misconfigured { .. }));
}

/// A full disk makes SQLite roll back by itself; the connection must not be lost to everybody after that.
#[tokio::test]
async fn writing_goes_on_after_the_disk_was_full() {
    let (database, _folder) = fresh().await;
    run(&database, "CREATE TABLE blobs (bytes BLOB) STRICT").await;
    for round in 0..3 {
        // As many as there are, and no more.
        run(&database, "PRAGMA max_page_count = 1").await;
        let error = write_blob(&database, 1_000_000).await.unwrap_err();
        assert!(matches!(error, RepositoryError::Unavailable { .. }), "{round}: {error:?}");
        assert_eq!(error.effect(), Effect::NotApplied);

        run(&database, "PRAGMA max_page_count = 1000000").await;
        write_blob(&database, 10).await.unwrap();
    }
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM blobs")
        .fetch_one(database.readers())
        .await
        .unwrap();
    assert_eq!(count, 3);
}

/// The driver goes on counting a transaction that SQLite ended by itself.
#[tokio::test]
async fn a_connection_that_lost_its_transaction_is_replaced() {
    let (database, _folder) = fresh().await;
    run(&database, "CREATE TABLE blobs (bytes BLOB) STRICT").await;
    let mut transaction = database.begin().await.unwrap();
    sqlx::raw_sql("ROLLBACK").execute(&mut *transaction).await.unwrap();
    drop(transaction);
    write_blob(&database, 10).await.unwrap();
}

#[tokio::test]
async fn another_writer_is_contention() {
    let (one, folder) = fresh().await;
    let url = format!("sqlite://{}", folder.path().join("booking.db").display());
    let other = SqliteDatabase::open(&url).await.unwrap();
    run(&other, "PRAGMA busy_timeout = 0").await;
    let writing = one.begin().await.unwrap();
    let error = other.begin().await.unwrap_err();
    assert!(matches!(error, RepositoryError::Contention { .. }), "{error:?}");
    assert_eq!((error.effect(), error.retry()), (Effect::NotApplied, Retry::Now));
    writing.rollback().await.unwrap();
    other.begin().await.unwrap();
}
