//! The connections: opening, migrating, and how a transaction begins and ends.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions, PgRow, Postgres};
use sqlx::query::{Query, QueryScalar};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::super::slow_searches::{SlowSearches, refused_search};
use super::connection::{Lent, Losses};
use super::error::{at_once_failed, commit_failed, is_connection_lost, misconfigured, not_applied};
use super::migrations;
use super::options::PgOptions;
use crate::ports::fault::RepositoryError;

/// How long a caller waits for a connection. Longer than that, it is better told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that was idle for longer is asked whether it lives before it is used.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// A server that does not answer a ping for so long is asked over another connection.
const PINGED_WITHIN: Duration = Duration::from_secs(1);

/// A migration waits for another process's for this long.
const MIGRATION_PATIENCE: Duration = Duration::from_mins(10);

/// How many connections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// Open connections.
    pub size: u32,
    /// Those of them that nobody uses.
    pub idle: u32,
    /// How many may be open.
    pub max: u32,
}

/// The connections of a process to one PostgreSQL database, shared by all repositories. Clones share them.
///
/// Any number of processes may work on the same database at once.
#[derive(Debug, Clone)]
pub struct PgDatabase {
    /// For batches and everything else that writes. Searches have connections of their own, so that no crowd of
    /// readers, and no statement whose reader has left, keeps a booking waiting.
    writers: PgPool,
    readers: PgPool,
    options: PgOptions,
    losses: Arc<Losses>,
    /// Those who search take turns before they take connections: who looks at one event shall not wait for them.
    searchers: Arc<Semaphore>,
    slow_searches: Arc<SlowSearches>,
}

impl PgDatabase {
    /// Makes the connections ready to be opened; none is yet. On a runtime.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn connect_lazily(options: &PgOptions) -> Self {
        let losses = Losses::none();
        let writers = Self::make_pool(options, options.writers(), &losses);
        let readers = Self::make_pool(options, options.readers(), &losses);
        Self {
            writers,
            readers,
            options: options.clone(),
            losses,
            searchers: Arc::new(Semaphore::new(options.searchers())),
            slow_searches: Arc::new(options.slow_searches()),
        }
    }

    fn make_pool(options: &PgOptions, connections: u32, losses: &Arc<Losses>) -> PgPool {
        let suspects = Arc::clone(losses);
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(move |connection, state| {
                let suspects = Arc::clone(&suspects);
                Box::pin(async move {
                    if state.idle_for <= TRUSTED_FOR && !suspects.are_recent() {
                        return Ok(true);
                    }
                    let answered = timeout(PINGED_WITHIN, connection.ping()).await;
                    answered.unwrap_or_else(|_| Err(silence())).inspect_err(|_| {
                        // The other pool's may have ended with it.
                        suspects.note();
                    })?;
                    Ok(true)
                })
            })
            .connect_lazy_with(options.for_work())
    }

    /// Brings the schema up to date, over a connection of its own that must be direct: not through pgbouncer.
    /// Does nothing if it is; processes that start at once wait for each other.
    ///
    /// # Errors
    /// - [`RepositoryError::Misconfigured`] if a newer version of this program migrated the database, a released
    ///   migration was changed, or the address leads to a pooler.
    /// - [`RepositoryError::Unavailable`] if the server cannot be reached.
    pub async fn migrate(direct: &PgOptions) -> Result<(), RepositoryError> {
        let mut connection =
            direct.for_migration().connect().await.map_err(|error| not_applied(&error))?;
        let migrated = timeout(
            MIGRATION_PATIENCE,
            migrations::migrator().run_direct(None, &mut connection, false),
        )
        .await;
        let migrated = migrated.unwrap_or_else(|_| {
            Err(sqlx::migrate::MigrateError::Execute(sqlx::Error::PoolTimedOut))
        });
        migrated.map_err(migrations::failed)?;
        // Whatever it says, the schema is there.
        let _ = connection.close().await;
        Ok(())
    }

    /// Checks that the schema is the one that this program knows.
    ///
    /// # Errors
    /// - [`RepositoryError::Misconfigured`] if the database was not migrated yet, or by a newer version
    ///   of this program.
    pub async fn check_schema(&self) -> Result<(), RepositoryError> {
        const APPLIED: &str =
            "SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success";
        let mut reading = self.read().await?;
        let found = self.query_scalar::<i64>(APPLIED).fetch_one(&mut *reading).await;
        let found = match found {
            Err(error) if error.as_database_error().is_some_and(is_undefined_table) => 0,
            found => found.map_err(|error| not_applied(&error))?,
        };
        let known = migrations::newest();
        match found.cmp(&known) {
            std::cmp::Ordering::Less => Err(misconfigured(format!(
                "the database has schema {found}, this program needs {known}: migrate it first"
            ))),
            std::cmp::Ordering::Greater => Err(misconfigured(format!(
                "the database has schema {found}, this program knows {known}: it is too old"
            ))),
            std::cmp::Ordering::Equal => reading.end().await,
        }
    }

    /// Closes all connections, after the calls that are under way.
    pub async fn close(&self) {
        tokio::join!(self.writers.close(), self.readers.close());
    }

    /// Returns how many connections there are.
    pub fn connections(&self) -> PoolState {
        PoolState {
            size: self.writers.size() + self.readers.size(),
            idle: u32::try_from(self.writers.num_idle() + self.readers.num_idle())
                .unwrap_or(u32::MAX),
            max: self.options.connections(),
        }
    }

    pub(super) const fn options(&self) -> &PgOptions {
        &self.options
    }

    pub(super) fn slow_searches(&self) -> &SlowSearches {
        &self.slow_searches
    }

    /// Begins a transaction that writes. Dropping it rolls it back before anybody else gets the connection.
    pub(super) async fn begin(&self) -> Result<Lent, RepositoryError> {
        self.begin_with(&self.writers, self.options.begin()).await
    }

    /// Begins to read as bookings are written, so that it tells whether they can be.
    pub(super) async fn read_as_writer(&self) -> Result<Reading, RepositoryError> {
        self.begin().await
    }

    /// Reads what a batch is decided on before it is written, over the connections that write: no crowd of readers
    /// shall keep it waiting.
    pub(super) async fn read_before_writing(
        &self,
        statement: Query<'static, Postgres, sqlx::postgres::PgArguments>,
    ) -> Result<Vec<PgRow>, RepositoryError> {
        let mut reading = if self.options.is_pooled() {
            self.read_as_writer().await?
        } else {
            self.acquire(&self.writers).await?
        };
        let found = statement.fetch_all(&mut *reading).await;
        let found = found.map_err(|error| self.not_applied(&error))?;
        reading.end().await?;
        Ok(found)
    }

    /// Begins to read. Directly, a single statement needs no transaction; behind pgbouncer it does, because its
    /// two halves could meet two servers.
    pub(super) async fn read(&self) -> Result<Reading, RepositoryError> {
        if self.options.is_pooled() {
            return self.begin_with(&self.readers, self.options.begin()).await;
        }
        self.acquire(&self.readers).await
    }

    /// Begins to search: reads at one moment, with more than one statement. Others may search once the permit is
    /// dropped.
    pub(super) async fn read_search(
        &self,
    ) -> Result<(Lent, OwnedSemaphorePermit), RepositoryError> {
        let started = Instant::now();
        let turn = timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.searchers).acquire_owned()).await;
        note_wait(started);
        let turn = turn.map_err(|_| refused_search())?;
        let turn = turn.map_err(|_| not_applied(&sqlx::Error::PoolClosed))?;
        let reading = self.begin_with(&self.readers, self.options.begin_search()).await?;
        Ok((reading, turn))
    }

    /// Begins to read at one moment, for as long as an audit takes.
    pub(super) async fn read_long(&self) -> Result<Reading, RepositoryError> {
        self.begin_with(&self.readers, self.options.begin_long()).await
    }

    /// Makes a statement. Behind pgbouncer it gets no name.
    pub(super) fn query(
        &self,
        sql: &'static str,
    ) -> Query<'static, Postgres, sqlx::postgres::PgArguments> {
        sqlx::query(sql).persistent(!self.options.is_pooled())
    }

    /// Makes a statement that returns a single value.
    pub(super) fn query_scalar<T>(
        &self,
        sql: &'static str,
    ) -> QueryScalar<'static, Postgres, T, sqlx::postgres::PgArguments>
    where
        (T,): for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        sqlx::query_scalar(sql).persistent(!self.options.is_pooled())
    }

    /// Classifies a failure before `COMMIT`, and remembers a connection that was lost.
    pub(super) fn not_applied(&self, error: &sqlx::Error) -> RepositoryError {
        if is_connection_lost(error) {
            self.losses.note();
        }
        not_applied(error)
    }

    /// Makes a transaction durable.
    pub(super) async fn commit(&self, transaction: Lent) -> Result<(), RepositoryError> {
        transaction.commit().await.map_err(|error| {
            if is_connection_lost(&error) {
                self.losses.note();
            }
            commit_failed(&error)
        })
    }

    /// Runs a statement that is a transaction of its own; `None` if it failed as it may. Behind pgbouncer it needs one
    /// around it, because its two halves could meet two servers.
    ///
    /// A connection that was dead before is not told from one that died meanwhile: the outcome is unknown with both.
    pub(super) async fn run_at_once(
        &self,
        statement: Query<'static, Postgres, sqlx::postgres::PgArguments>,
        may_fail: fn(&sqlx::Error) -> bool,
    ) -> Result<Option<Vec<PgRow>>, RepositoryError> {
        if self.options.is_pooled() {
            let mut transaction = self.begin().await?;
            return match statement.fetch_all(&mut *transaction).await {
                Ok(rows) => self.commit(transaction).await.map(|()| Some(rows)),
                Err(error) if may_fail(&error) => {
                    // Frees the rows now, not when the connection is next used.
                    let undone = transaction.rollback().await;
                    undone.map(|()| None).map_err(|error| self.not_applied(&error))
                }
                Err(error) => Err(self.not_applied(&error)),
            };
        }
        let mut connection = self.acquire(&self.writers).await?;
        // The rows come before the commit, and the end of the answer after it: all of it has to be read.
        match statement.fetch_all(&mut *connection).await {
            Ok(rows) => Ok(Some(rows)),
            Err(error) if may_fail(&error) => Ok(None),
            Err(error) => Err(self.at_once_failed(&error)),
        }
    }

    fn at_once_failed(&self, error: &sqlx::Error) -> RepositoryError {
        if is_connection_lost(error) {
            self.losses.note();
        }
        at_once_failed(error)
    }

    async fn acquire(&self, pool: &PgPool) -> Result<Lent, RepositoryError> {
        let started = Instant::now();
        let acquired = self.lend(pool).await;
        note_wait(started);
        acquired.map_err(|error| self.not_applied(&error))
    }

    async fn lend(&self, pool: &PgPool) -> Result<Lent, sqlx::Error> {
        let limit = self.options.silence();
        pool.acquire()
            .await
            .map(|connection| Lent::new(connection, limit, Arc::clone(&self.losses)))
    }

    /// Begins a transaction; on another connection if the first one turns out to be dead, which has done nothing
    /// then. Each one that was met dead leaves the pool, so the attempts end with a new one.
    async fn begin_with(
        &self,
        pool: &PgPool,
        statement: &'static str,
    ) -> Result<Lent, RepositoryError> {
        let started = Instant::now();
        let mut left = self.options.connections();
        loop {
            match self.try_to_begin(pool, statement).await {
                Ok(transaction) => {
                    note_wait(started);
                    return Ok(transaction);
                }
                Err(error) if is_connection_lost(&error) && left > 0 => {
                    self.losses.note();
                    left -= 1;
                    if started.elapsed() > ACQUIRE_TIMEOUT {
                        return Err(not_applied(&error));
                    }
                }
                Err(error) => {
                    note_wait(started);
                    return Err(self.not_applied(&error));
                }
            }
        }
    }

    async fn try_to_begin(
        &self,
        pool: &PgPool,
        statement: &'static str,
    ) -> Result<Lent, sqlx::Error> {
        let mut lent = self.lend(pool).await?;
        lent.begin(statement).await?;
        Ok(lent)
    }
}

/// Says that the server did not answer.
fn silence() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

fn note_wait(since: Instant) {
    metrics::histogram!("booking_database_wait_seconds").record(since.elapsed().as_secs_f64());
}

/// A connection that is read from.
pub(super) type Reading = Lent;

fn is_undefined_table(error: &(dyn sqlx::error::DatabaseError + 'static)) -> bool {
    error.code().is_some_and(|code| code == "42P01")
}
