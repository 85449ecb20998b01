//! The database: which one, opened and brought up to date.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use booking_core::adapters::postgres::{
    PgBookingRepository, PgDatabase, PgEventRepository, PgOptions, PoolState,
};
use booking_core::adapters::sqlite::{
    SqliteBookingRepository, SqliteDatabase, SqliteEventRepository,
};
use booking_core::adapters::system::{SystemClock, SystemIds};
use booking_core::ports::fault::RepositoryError;
use booking_core::ports::{BookingRepository, Clock, EventRepository, IdSource};
use tokio::time::Instant;

use crate::config::{Config, DatabaseUrl, SecretUrl};

/// How long a server that starts waits for PostgreSQL: what is started together comes up in any order.
const START_PATIENCE: Duration = Duration::from_secs(30);
const START_PAUSE: Duration = Duration::from_secs(1);

const NO_WAY_PAST_PGBOUNCER: &str =
    "--pgbouncer needs --migrate-url, a connection that leads past it, or --no-migrate";

/// The database, and where time and ids come from: all that most commands need.
pub(crate) struct Storage {
    database: Database,
    pub(crate) events: Arc<dyn EventRepository>,
    pub(crate) bookings: Arc<dyn BookingRepository>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

enum Database {
    Sqlite { database: SqliteDatabase, file: PathBuf },
    Postgres(Box<Server>),
}

struct Server {
    database: PgDatabase,
    /// How to migrate it; `None` if only a pgbouncer is known.
    direct: Option<PgOptions>,
}

/// Whether a database that is not there is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMissing {
    Make,
    Fail,
}

impl Storage {
    /// Opens the database that the settings name. PostgreSQL is not connected to yet.
    pub(crate) async fn open(config: &Config, if_missing: IfMissing) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new(Arc::clone(&clock)));
        let (events, bookings, database): (
            Arc<dyn EventRepository>,
            Arc<dyn BookingRepository>,
            _,
        );
        match &config.database {
            DatabaseUrl::Sqlite { url, file } => {
                let opened = open_file(url, file, if_missing).await?;
                let opened = opened.slow_search_limit(config.slow_search);
                events = Arc::new(SqliteEventRepository::new(opened.clone(), Arc::clone(&ids)));
                bookings = Arc::new(SqliteBookingRepository::new(opened.clone(), Arc::clone(&ids)));
                database = Database::Sqlite { database: opened, file: file.clone() };
            }
            DatabaseUrl::Postgres(url) => {
                let options = postgres_options("--database-url", url)?
                    .pgbouncer(config.pgbouncer)
                    .max_connections(config.database_connections)
                    .slow_search_limit(config.slow_search);
                let direct = direct_options(config, &options)?;
                let connected = PgDatabase::connect_lazily(&options);
                events = Arc::new(PgEventRepository::new(connected.clone(), Arc::clone(&ids)));
                bookings = Arc::new(PgBookingRepository::new(connected.clone(), Arc::clone(&ids)));
                database = Database::Postgres(Box::new(Server { database: connected, direct }));
            }
        }
        Ok(Self { database, events, bookings, clock, ids })
    }

    /// Brings the database up to date.
    pub(crate) async fn migrate(&self) -> anyhow::Result<()> {
        match &self.database {
            Database::Sqlite { database, file } => {
                let migrated = database.migrate().await;
                migrated
                    .with_context(|| format!("the database {} cannot be migrated", file.display()))
            }
            Database::Postgres(server) => {
                let Some(direct) = &server.direct else {
                    bail!(NO_WAY_PAST_PGBOUNCER);
                };
                let migrated = patiently(|| PgDatabase::migrate(direct)).await;
                migrated.context("the database cannot be migrated")
            }
        }
    }

    /// Brings the database up to date, or makes sure that somebody has.
    pub(crate) async fn prepare(&self, config: &Config) -> anyhow::Result<()> {
        if config.migrates_at_start {
            self.migrate().await?;
        }
        match &self.database {
            Database::Sqlite { database, file } => database
                .check_schema()
                .await
                .with_context(|| format!("the database {} cannot be used", file.display())),
            Database::Postgres(server) => {
                let checked = patiently(|| server.database.check_schema()).await;
                checked.context("the database cannot be used")
            }
        }
    }

    /// Returns what tells how many connections there are, to a database that is a server.
    pub(crate) fn connections(&self) -> Option<impl Fn() -> PoolState + Send + 'static> {
        match &self.database {
            Database::Sqlite { .. } => None,
            Database::Postgres(server) => {
                let database = server.database.clone();
                Some(move || database.connections())
            }
        }
    }

    /// Waits for what is under way, and closes the database.
    pub(crate) async fn close(&self) {
        match &self.database {
            Database::Sqlite { database, .. } => database.close().await,
            Database::Postgres(server) => server.database.close().await,
        }
    }
}

async fn open_file(
    url: &str,
    file: &std::path::Path,
    if_missing: IfMissing,
) -> anyhow::Result<SqliteDatabase> {
    let shown = file.display();
    let exists = file.try_exists().with_context(|| format!("{shown} cannot be looked for"))?;
    if if_missing == IfMissing::Fail && !exists {
        bail!("there is no database at {shown}");
    }
    if !exists && let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("the folder of {shown} cannot be made"))?;
    }
    let opened = SqliteDatabase::open(url).await;
    opened.with_context(|| format!("the database {shown} cannot be opened"))
}

/// Refuses, before anything is touched, what a server could not open or prepare its database with.
pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    let DatabaseUrl::Postgres(url) = &config.database else { return Ok(()) };
    let options = postgres_options("--database-url", url)?;
    if direct_options(config, &options)?.is_none() && config.migrates_at_start {
        bail!(NO_WAY_PAST_PGBOUNCER);
    }
    Ok(())
}

/// Returns how to reach PostgreSQL past any pgbouncer; `None` if only the way through it is known.
fn direct_options(config: &Config, options: &PgOptions) -> anyhow::Result<Option<PgOptions>> {
    match &config.migrate_url {
        Some(url) => postgres_options("--migrate-url", url).map(Some),
        None => Ok((!config.pgbouncer).then(|| options.clone())),
    }
}

fn postgres_options(flag: &'static str, url: &SecretUrl) -> anyhow::Result<PgOptions> {
    PgOptions::parse(&url.expose()).with_context(|| format!("{flag} cannot be used"))
}

/// Calls again while the server cannot be reached.
async fn patiently<F>(call: impl Fn() -> F) -> Result<(), RepositoryError>
where
    F: Future<Output = Result<(), RepositoryError>>,
{
    let until = Instant::now() + START_PATIENCE;
    loop {
        match call().await {
            Err(error @ RepositoryError::Unavailable { .. })
                if Instant::now() + START_PAUSE < until =>
            {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(cause, "the database cannot be reached yet");
                tokio::time::sleep(START_PAUSE).await;
            }
            done => return done,
        }
    }
}
