//! Databases for tests: each a copy of one that was migrated once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use booking_core::adapters::postgres::{
    PgBookingRepository, PgDatabase, PgEventRepository, PgOptions,
};
use booking_core::testkit::{ManualClock, Repositories, SeededIds};
use booking_testbed::{PgBouncer, Postgres};

/// A database of the shared server. It is dropped with this.
pub(crate) struct Database {
    pub(crate) name: String,
}

impl Database {
    /// Makes a database with the schema and nothing in it.
    pub(crate) async fn migrated() -> Self {
        let postgres = Postgres::shared();
        let template = postgres
            .template("migrated", async |url| {
                let direct = PgOptions::parse(&url).unwrap();
                PgDatabase::migrate(&direct).await.unwrap();
            })
            .await;
        Self { name: postgres.copy_database(&template).await }
    }

    /// Returns how to reach it without a pooler.
    pub(crate) fn direct(&self) -> PgOptions {
        PgOptions::parse(&Postgres::shared().url(&self.name)).unwrap()
    }

    /// Returns how to reach it through pgbouncer, which has four connections for all who work on it.
    pub(crate) fn pooled(&self) -> PgOptions {
        PgOptions::parse(&PgBouncer::shared().url(&self.name)).unwrap().pgbouncer(true)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        // The test's own runtime may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(Postgres::shared().drop_database(&name));
        });
        let _ = dropped.join();
    }
}

/// Makes both repositories, as in a process of their own: no two give the same ids.
pub(crate) fn repositories(options: &PgOptions) -> Repositories {
    static PROCESSES: AtomicU64 = AtomicU64::new(1);
    let database = PgDatabase::connect_lazily(options);
    let process = PROCESSES.fetch_add(1, Ordering::Relaxed);
    let ids = Arc::new(SeededIds::new(process, Arc::new(ManualClock::default())));
    let events = Arc::new(PgEventRepository::new(database.clone(), ids.clone()));
    let bookings = Arc::new(PgBookingRepository::new(database, ids));
    Repositories { events, bookings }
}
