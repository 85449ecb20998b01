//! The file: opening, migrating, and who may write.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::slow_searches::{SlowSearches, refused_search};
use super::error::{commit_failed, misconfigured, not_applied};
use crate::ports::fault::RepositoryError;

/// The migrations in order; the number of each is its position, counted from 1. Every file sets
/// `user_version` to its number, in the transaction that applies it.
const MIGRATIONS: [&str; 1] = [include_str!("../../../migrations/sqlite/0001_initial.sql")];

/// Rows that the connection's thread may run ahead of whoever reads them. A whole batch fits, so that the two
/// do not take turns.
const ROW_BUFFER: usize = 1_024;

const READERS: u32 = 4;
/// How many of the readers may search at once.
const SEARCHERS: usize = 3;

/// How long one process waits for another that writes. Within a process writers queue and do not wait here.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long whoever searches waits for his turn. Longer than that, he is better told to come back.
const TURN_TIMEOUT: Duration = Duration::from_secs(3);

/// Fails on an SQLite before 3.51, which a host may link instead of the bundled one: better at once than at
/// the first booking.
const PROBE: &str = "SELECT count(*) FROM jsonb_each('[]')";

#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("an in-memory database cannot be shared by several connections; name a file")]
    InMemory,
    #[error(
        "the database has schema {found}, this program knows {known}: it is too old for the file"
    )]
    Newer { found: i64, known: i64 },
    #[error("the database has schema {found}, this program needs {known}: migrate it first")]
    Older { found: i64, known: i64 },
}

/// An SQLite file, shared by all repositories of a process. Clones share its connections.
///
/// Several processes may open the same file at once.
#[derive(Debug, Clone)]
pub struct SqliteDatabase {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Those who search take turns before they take connections: who looks at one event shall not wait for them.
    searchers: Arc<Semaphore>,
    slow_searches: Arc<SlowSearches>,
}

/// Opens the file for writing. Processes that make it at once all switch it to write-ahead logging, and SQLite refuses
/// whoever comes second to that, however long he would wait for a lock.
async fn connect_patiently(
    pool: &SqlitePoolOptions,
    options: &SqliteConnectOptions,
) -> Result<SqlitePool, RepositoryError> {
    const PAUSE: Duration = Duration::from_millis(20);
    let started = tokio::time::Instant::now();
    loop {
        match pool.clone().connect_with(options.clone()).await.map_err(not_applied) {
            Err(RepositoryError::Contention { .. }) if started.elapsed() < BUSY_TIMEOUT => {
                tokio::time::sleep(PAUSE).await;
            }
            connected => return connected,
        }
    }
}

impl SqliteDatabase {
    /// Opens the file that an address such as `sqlite://booking.db` names, and makes it if it is missing.
    ///
    /// A file that is made can be read by its owner only, because it holds names and addresses. One that is
    /// there keeps its mode.
    ///
    /// # Errors
    /// - [`RepositoryError::Misconfigured`] if the address is malformed or names no file, the
    ///   file is no database, a newer version of this program migrated it, or the SQLite that is linked is older
    ///   than 3.51.
    /// - [`RepositoryError::Unavailable`] if the file cannot be opened or made.
    pub async fn open(url: &str) -> Result<Self, RepositoryError> {
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(misconfigured(Unusable::InMemory));
        }
        let readable = SqliteConnectOptions::from_str(url)
            .map_err(misconfigured)?
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .row_buffer_size(ROW_BUFFER)
            .pragma("temp_store", "memory");
        // An empty name opens a database that is temporary and private to each connection.
        if readable.get_filename().as_os_str().is_empty() {
            return Err(misconfigured(Unusable::InMemory));
        }
        make_private(readable.get_filename()).map_err(|error| not_applied(error.into()))?;
        let writable = readable
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL would lose the last commits at a power cut, and those were answered.
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", "-65536")
            // Sixteen megabytes: a large batch over many events should not end with a checkpoint each time.
            .pragma("wal_autocheckpoint", "4000")
            .optimize_on_close(true, 400);

        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            // Some errors (disk full) make SQLite roll back by itself. The driver counts its transaction as
            // open ever after, so such a connection is of no use.
            .before_acquire(|connection, _| {
                let is_clean = !connection.is_in_transaction();
                Box::pin(async move { Ok(is_clean) })
            });
        let writer = connect_patiently(&writer, &writable).await?;
        // Searches read the same pages again and again: sixteen megabytes each.
        let readable = readable.pragma("cache_size", "-16384");
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(readable.read_only(true));

        let slow_searches = Arc::new(SlowSearches::new(SlowSearches::LIMIT));
        let searchers = Arc::new(Semaphore::new(SEARCHERS));
        let database = Self { writer, readers, searchers, slow_searches };
        let mut connection = database.writer.acquire().await.map_err(not_applied)?;
        schema_version(&mut connection).await?;
        sqlx::query(PROBE).fetch_one(&mut *connection).await.map_err(not_applied)?;
        drop(connection);
        Ok(database)
    }

    /// Brings the schema up to date, in one transaction. Does nothing if it is; processes that start at once
    /// wait for each other.
    ///
    /// # Errors
    /// - [`RepositoryError::Misconfigured`] if a newer version of this program migrated the file.
    pub async fn migrate(&self) -> Result<(), RepositoryError> {
        let mut transaction = self.begin().await?;
        let applied = schema_version(&mut transaction).await?;
        let missing = MIGRATIONS.iter().skip(usize::try_from(applied).unwrap_or(0));
        for migration in missing {
            sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(not_applied)?;
        }
        commit(transaction).await
    }

    /// Checks that the schema is the one that this program knows, for hosts that leave
    /// [`SqliteDatabase::migrate`] to somebody else.
    ///
    /// # Errors
    /// - [`RepositoryError::Misconfigured`] if the file was not migrated yet, or by a newer version
    ///   of this program.
    pub async fn check_schema(&self) -> Result<(), RepositoryError> {
        let mut connection = self.writer.acquire().await.map_err(not_applied)?;
        let found = schema_version(&mut connection).await?;
        let known = known_version();
        if found < known {
            return Err(misconfigured(Unusable::Older { found, known }));
        }
        Ok(())
    }

    /// Sets how long a statement of a search may take before it is logged with its plan; a quarter of a second unless
    /// told otherwise. At most one is logged each second, without values that only somebody typed.
    pub fn slow_search_limit(mut self, limit: Duration) -> Self {
        self.slow_searches = Arc::new(SlowSearches::new(limit));
        self
    }

    /// Closes all connections, after the calls that are under way.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Begins a transaction that writes. The lock is taken now: one that is taken at the first write fails at
    /// once if somebody else wrote after the first read.
    ///
    /// Dropping the transaction rolls it back before anybody else gets the connection.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, RepositoryError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(not_applied)
    }

    /// Returns the connections for single statements that read.
    pub(super) const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    pub(super) fn slow_searches(&self) -> &SlowSearches {
        &self.slow_searches
    }

    /// Begins to read at one moment.
    pub(super) async fn begin_reading(
        &self,
    ) -> Result<Transaction<'static, Sqlite>, RepositoryError> {
        self.readers.begin().await.map_err(not_applied)
    }

    /// Begins to search: reads at one moment. Others may search once the permit is dropped.
    pub(super) async fn begin_search(
        &self,
    ) -> Result<(Transaction<'static, Sqlite>, OwnedSemaphorePermit), RepositoryError> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&self.searchers).acquire_owned());
        let turn = turn.await.map_err(|_| refused_search())?;
        let turn = turn.map_err(|_| not_applied(sqlx::Error::PoolClosed))?;
        Ok((self.begin_reading().await?, turn))
    }
}

/// Makes the file, for its owner only, unless it is there. SQLite would make it with the mode that the process
/// gives to any file; the log and the index that it makes beside the file get the mode of the file.
fn make_private(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// Makes a transaction durable.
pub(super) async fn commit(
    transaction: Transaction<'static, Sqlite>,
) -> Result<(), RepositoryError> {
    transaction.commit().await.map_err(commit_failed)
}

/// Returns the number of the last migration of a file, unless it is from the future.
async fn schema_version(connection: &mut SqliteConnection) -> Result<i64, RepositoryError> {
    let found: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(connection)
        .await
        .map_err(not_applied)?;
    let known = known_version();
    if found > known {
        return Err(misconfigured(Unusable::Newer { found, known }));
    }
    Ok(found)
}

fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
