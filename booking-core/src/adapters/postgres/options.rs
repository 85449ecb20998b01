//! How to reach the database.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::super::slow_searches::SlowSearches;
use super::error::misconfigured;
use crate::ports::fault::RepositoryError;

/// Limits that every session or, behind pgbouncer, every transaction has.
const STATEMENT_TIMEOUT: &str = "10s";
const LOCK_TIMEOUT: &str = "3s";
const IDLE_TIMEOUT: &str = "3s";

/// No statement runs so long that compiling it pays: that alone takes a quarter of a second.
const JIT: &str = "off";

/// Opens a transaction behind pgbouncer. Names that other clients left on the server are forgotten, should there be
/// any, and the limits end with the transaction. All of it is one message.
const BEGIN_POOLED: &str = "BEGIN; DEALLOCATE ALL; SET LOCAL jit = off; SET LOCAL statement_timeout = '10s'; \
    SET LOCAL lock_timeout = '3s'; SET LOCAL idle_in_transaction_session_timeout = '3s'";

/// Opens a transaction that searches, at one moment. The planner thinks comparing words to be as cheap as comparing
/// numbers, and would rather read all events than those that an index of words names; and no search takes a second
/// processor from those who book. The memory is for the places of matches.
const BEGIN_POOLED_SEARCH: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; DEALLOCATE ALL; \
    SET LOCAL jit = off; SET LOCAL statement_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '3s'; \
    SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '32MB'";
const BEGIN_SEARCH: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '5s'; \
    SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '32MB'";

/// The same for an audit, which reads every row, page by page through indexes. Where one event has nearly all bookings,
/// the planner expects as many of each, and would read whole tables for every event of a page.
const BEGIN_POOLED_LONG: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; DEALLOCATE ALL; \
    SET LOCAL jit = off; SET LOCAL statement_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = '3s'; \
    SET LOCAL enable_seqscan = off";
const BEGIN_LONG: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
    SET LOCAL statement_timeout = '10min'; SET LOCAL enable_seqscan = off";

/// How to reach a PostgreSQL server, and how to behave there. `Debug` shows neither address nor password.
#[derive(Clone)]
pub struct PgOptions {
    connect: PgConnectOptions,
    is_pooled: bool,
    max_connections: u32,
    batches_at_once: usize,
    slow_search_limit: Duration,
    silence_limit: Duration,
}

impl fmt::Debug for PgOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgOptions")
            .field("pgbouncer", &self.is_pooled)
            .field("max_connections", &self.max_connections)
            .field("batches_at_once", &self.batches_at_once)
            .field("slow_search_limit", &self.slow_search_limit)
            .finish_non_exhaustive()
    }
}

impl PgOptions {
    /// How many connections are opened at most, unless told otherwise. Up to five of them write; searches and
    /// pages have the others, so that no crowd of readers keeps a booking waiting. Batches are what makes the engine
    /// fast: a row that everybody wants gets slower with every connection that waits for it.
    pub const MAX_CONNECTIONS: u32 = 10;

    /// How many batches are in flight at once, unless told otherwise. While one waits for the log, the other writes.
    /// Of admissions no more than two are ever of one event; where a thousand events are booked at once, four were an
    /// eighth faster on two processors.
    pub const BATCHES_AT_ONCE: usize = 2;

    /// How long a connection that was given up is waited for, unless told otherwise. The server ends a statement
    /// after ten seconds; if it says nothing for longer, it has vanished.
    pub const SILENCE_LIMIT: Duration = Duration::from_secs(12);

    /// Reads an address such as `postgres://user:password@host:5432/name?sslmode=require`.
    ///
    /// # Errors
    /// - [`RepositoryError::Misconfigured`] if it is malformed. The error does not repeat it.
    pub fn parse(url: &str) -> Result<Self, RepositoryError> {
        let connect = PgConnectOptions::from_str(url)
            .map_err(|_| misconfigured("the address is malformed"))?
            .application_name("booking");
        Ok(Self {
            connect,
            is_pooled: false,
            max_connections: Self::MAX_CONNECTIONS,
            batches_at_once: Self::BATCHES_AT_ONCE,
            slow_search_limit: SlowSearches::LIMIT,
            silence_limit: Self::SILENCE_LIMIT,
        })
    }

    /// Says whether the address leads to a pgbouncer in transaction mode.
    pub fn pgbouncer(mut self, is_pooled: bool) -> Self {
        self.is_pooled = is_pooled;
        self
    }

    /// Sets how many connections are opened at most; at least two.
    pub fn max_connections(mut self, max: u32) -> Self {
        self.max_connections = max.max(2);
        self
    }

    /// Sets how many batches of bookings, and how many of settlements, may be in flight at once; at least one of
    /// each, and at most one less than there are connections that write. Where both together are more than these,
    /// some wait for one.
    pub fn batches_at_once(mut self, batches: usize) -> Self {
        self.batches_at_once = batches;
        self
    }

    /// Sets how long a statement of a search may take before it is logged with its plan; a quarter of a second unless
    /// told otherwise. At most one is logged each second, without values that only somebody typed.
    pub fn slow_search_limit(mut self, limit: Duration) -> Self {
        self.slow_search_limit = limit;
        self
    }

    pub(super) fn slow_searches(&self) -> SlowSearches {
        SlowSearches::new(self.slow_search_limit)
    }

    /// Returns how many of the readers may search at once: two are left for those who look at one event or booking.
    pub(super) fn searchers(&self) -> usize {
        usize::try_from(self.readers().saturating_sub(2).max(1)).unwrap_or(1)
    }

    /// Sets how long a connection is waited for whose caller did not wait for the answer, before it is closed and
    /// another one takes its place.
    pub const fn silence_limit(mut self, limit: Duration) -> Self {
        self.silence_limit = limit;
        self
    }

    pub(super) const fn silence(&self) -> Duration {
        self.silence_limit
    }

    pub(super) fn batches(&self) -> usize {
        let spare = usize::try_from(self.writers().saturating_sub(1)).unwrap_or(usize::MAX);
        self.batches_at_once.min(spare).max(1)
    }

    pub(super) const fn connections(&self) -> u32 {
        self.max_connections
    }

    /// Returns how many of them write: as many as batches, links and notices keep busy.
    pub(super) const fn writers(&self) -> u32 {
        let half = self.max_connections / 2;
        if half > 5 { 5 } else { half }
    }

    /// Returns how many of them only read.
    pub(super) const fn readers(&self) -> u32 {
        self.max_connections - self.writers()
    }

    pub(super) const fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    /// Returns how the driver connects for the work of every day.
    pub(super) fn for_work(&self) -> PgConnectOptions {
        if self.is_pooled {
            // pgbouncer before 1.20 refuses every option of a start that it does not know.
            return self.connect.clone().statement_cache_capacity(0).extra_float_digits(None);
        }
        self.connect.clone().options([
            ("statement_timeout", STATEMENT_TIMEOUT),
            ("lock_timeout", LOCK_TIMEOUT),
            ("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
            ("jit", JIT),
        ])
    }

    /// Returns how the driver connects for a migration, which may take long.
    pub(super) fn for_migration(&self) -> PgConnectOptions {
        // What is there already is no news.
        self.connect.clone().options([("client_min_messages", "warning")])
    }

    /// Returns what opens a transaction.
    pub(super) const fn begin(&self) -> &'static str {
        if self.is_pooled { BEGIN_POOLED } else { "BEGIN" }
    }

    /// Returns what opens a transaction that searches, at one moment.
    pub(super) const fn begin_search(&self) -> &'static str {
        if self.is_pooled { BEGIN_POOLED_SEARCH } else { BEGIN_SEARCH }
    }

    /// Returns what opens one that may take its time.
    pub(super) const fn begin_long(&self) -> &'static str {
        if self.is_pooled { BEGIN_POOLED_LONG } else { BEGIN_LONG }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_errors_nor_debug_output_show_the_address() {
        let options = PgOptions::parse("postgres://ada:s3cret@db.internal/tickets").unwrap();
        let shown = format!("{options:?}");
        let error = PgOptions::parse("postgres://ada:s3cret@db.internal:port/x").unwrap_err();
        for text in [shown, format!("{error:?} {error}")] {
            assert!(!text.contains("s3cret") && !text.contains("db.internal"), "{text}");
        }
    }
}
