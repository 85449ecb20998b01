//! The database of a server: a file, or a copy of a migrated one in a shared PostgreSQL.

use std::sync::Arc;

use booking_core::adapters::postgres::{PgDatabase, PgOptions};
use booking_testbed::{PgBouncer, Postgres, Redis, RedisCluster};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use uuid::Uuid;

use super::Folder;

/// Drops what a constraint would refuse, so that a test can write it.
const DROP_RULES: &str = "DO $$
    DECLARE rule record;
    BEGIN
        FOR rule IN
            SELECT conrelid::regclass AS owner, conname AS name FROM pg_constraint
            WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I', rule.owner, rule.name);
        END LOOP;
    END $$";

/// What the servers of a test target run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    /// An embedded file, and a cache in the process.
    Sqlite,
    /// PostgreSQL and one Redis.
    Postgres,
    /// PostgreSQL behind pgbouncer, and a Redis Cluster.
    PgBouncer,
}

const BACKEND: Backend = match env!("CARGO_CRATE_NAME").as_bytes() {
    b"black_box" | b"hardening" => Backend::Sqlite,
    b"black_box_postgres" => Backend::Postgres,
    b"production" => Backend::PgBouncer,
    _ => panic!("nothing says what this target runs on"),
};

/// The database of a server. Clones are the same database; the last one removes it.
#[derive(Clone)]
pub(crate) enum Database {
    File(Folder),
    Postgres(Arc<PostgresDatabase>),
}

/// A database of the PostgreSQL that all tests of this process share.
pub(crate) struct PostgresDatabase(String);

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.0);
        // The test's own runtime may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(Postgres::shared().drop_database(&name));
        });
        let _ = dropped.join();
    }
}

impl Database {
    /// Makes an empty database; a file is left to the server that lives in `folder`.
    pub(crate) async fn new(folder: &Folder) -> Self {
        if BACKEND == Backend::Sqlite {
            return Self::File(folder.clone());
        }
        let migrated = Postgres::shared().template("migrated", async |url| {
            PgDatabase::migrate(&PgOptions::parse(&url).unwrap()).await.unwrap();
        });
        Self::copy_of(&migrated.await).await
    }

    /// Makes a database without even a schema.
    pub(crate) async fn without_schema() -> Self {
        let template = Postgres::shared().template("empty", async |_| {}).await;
        Self::copy_of(&template).await
    }

    async fn copy_of(name: &str) -> Self {
        let copy = Postgres::shared().copy_database(name).await;
        Self::Postgres(Arc::new(PostgresDatabase(copy)))
    }

    /// Tells whether several servers may work on it.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Copies a database that no server works on.
    pub(crate) async fn copy(&self) -> Self {
        match self {
            Self::File(folder) => {
                let copy = Folder::new();
                std::fs::copy(folder.database(), copy.database()).unwrap();
                Self::File(copy)
            }
            Self::Postgres(database) => {
                // A pgbouncer keeps its connections longer than its clients do.
                Postgres::shared().terminate_connections(&database.0).await;
                Self::copy_of(&database.0).await
            }
        }
    }

    /// Returns the variables that lead a server to it, and to a cache.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let database = match self {
            Self::File(folder) => {
                let file = folder.database();
                return vec![("DATABASE_URL", format!("sqlite://{}", file.display()))];
            }
            Self::Postgres(database) => &*database.0,
        };
        let direct = Postgres::shared().url(database);
        if BACKEND == Backend::Postgres {
            return vec![("DATABASE_URL", direct), ("REDIS_URL", Redis::shared().url())];
        }
        vec![
            ("DATABASE_URL", PgBouncer::shared().url(database)),
            ("BOOKING_PGBOUNCER", "true".to_owned()),
            ("BOOKING_MIGRATE_URL", direct),
            ("REDIS_URL", RedisCluster::shared().urls()),
        ]
    }

    /// Opens it beside the server, and past all its rules.
    pub(crate) async fn tamper(&self) -> Tamperer {
        match self {
            Self::File(folder) => {
                let file = folder.database();
                let options = SqliteConnectOptions::new().filename(file).foreign_keys(false);
                let mut connection = options.connect().await.unwrap();
                let unchecked = "PRAGMA ignore_check_constraints = ON";
                sqlx::query(unchecked).execute(&mut connection).await.unwrap();
                Tamperer::Sqlite(connection)
            }
            Self::Postgres(database) => {
                let url = Postgres::shared().url(&database.0);
                let mut connection = PgConnection::connect(&url).await.unwrap();
                sqlx::query(DROP_RULES).execute(&mut connection).await.unwrap();
                Tamperer::Postgres(connection)
            }
        }
    }
}

/// A connection past the server.
pub(crate) enum Tamperer {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Tamperer {
    /// Runs a statement, and returns how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &'static str) -> u64 {
        match self {
            Self::Sqlite(connection) => {
                sqlx::query(sql).execute(connection).await.unwrap().rows_affected()
            }
            Self::Postgres(connection) => {
                sqlx::query(sql).execute(connection).await.unwrap().rows_affected()
            }
        }
    }

    /// Lets nobody read or write until [`unlock`](Self::unlock).
    pub(crate) async fn lock(&mut self) {
        match self {
            Self::Sqlite(_) => {
                self.execute("BEGIN EXCLUSIVE").await;
            }
            Self::Postgres(_) => {
                self.execute("BEGIN").await;
                self.execute("LOCK TABLE events, event_stock, bookings").await;
            }
        }
    }

    pub(crate) async fn unlock(&mut self) {
        self.execute("ROLLBACK").await;
    }

    /// Reads a column of ids.
    pub(crate) async fn ids(&mut self, sql: &'static str) -> Vec<Uuid> {
        match self {
            Self::Sqlite(connection) => {
                sqlx::query_scalar(sql).fetch_all(connection).await.unwrap()
            }
            Self::Postgres(connection) => {
                sqlx::query_scalar(sql).fetch_all(connection).await.unwrap()
            }
        }
    }

    pub(crate) async fn close(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.unwrap(),
            Self::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}
