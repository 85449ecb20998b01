//! Writing a batch without holding the locks of its events meanwhile.
//!
//! A hot event is one row, and whoever holds its lock keeps the others from it. Deciding under the lock and then
//! writing everything makes all of that work wait in line. Here the decision is taken on what an earlier batch left
//! in memory, what needs no lock on the stock is written, and only then the stocks are locked in the order of their
//! ids, it is checked that what was decided still holds, the tickets are counted and the journal is appended. So a
//! second batch writes while the first one counts and commits (optimistic concurrency control with validation at the
//! end: Kung and Robinson, "On Optimistic Methods for Concurrency Control", 1981). All of it is one call of a
//! function of the schema, which is a transaction of its own unless there is a pgbouncer before it: no lock of it
//! waits for what a busy process says next.
//!
//! What is checked: that the organiser changed nothing since (`terms_version`); of an admission, that the stock has
//! room for all tickets of the batch together; of a settlement, that each booking still is what it was. If it fails,
//! or anybody is to be told something that depends on how many tickets there are just now, nothing stays written, and
//! the batch is decided again under the locks. So the answers are those that would have been given there.

mod admission;
mod settlement;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgRow;

use super::books::TermsVersions;
use super::changes::Statement;
use super::database::PgDatabase;
use super::error::is_repeated;
use super::rows::Fields;
use crate::domain::event::SaleTerms;
use crate::domain::ids::EventId;
use crate::domain::ledger::EventLedger;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

pub(super) use admission::AdmissionDecision;
pub(super) use settlement::SettlementDecision;

/// For how long the terms of an event are believed. The check finds out whatever the engine changed, at once; this
/// bounds how long a change by hand may go unnoticed.
const LIFE: Duration = Duration::from_secs(1);

/// With so many, those that are too old to be believed are dropped, and all of them if that is not enough: forgetting
/// costs the time of a lock.
const MAX_EVENTS: usize = 10_000;

/// What is known of an event that was booked a moment ago.
#[derive(Debug, Clone, Copy)]
struct Remembered {
    terms: SaleTerms,
    terms_version: u64,
    stock: Stock,
    /// When the terms were read.
    at: Timestamp,
}

impl Remembered {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now >= self.at && now.since(self.at) < LIFE
    }
}

/// What batches left behind for the next ones of the same process.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<EventId, Remembered>>);

impl Memory {
    fn lock(&self) -> MutexGuard<'_, HashMap<EventId, Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was read under the locks, as it was left.
    pub(super) fn keep(&self, ledgers: Vec<EventLedger>, versions: &TermsVersions, now: Timestamp) {
        let mut events = self.lock();
        if events.len() + ledgers.len() > MAX_EVENTS {
            events.retain(|_, known| known.is_fresh(now));
        }
        if events.len() + ledgers.len() > MAX_EVENTS {
            events.clear();
        }
        for EventLedger { event_id, terms, stock } in ledgers {
            let Some(terms_version) = versions.get(&event_id).copied() else { continue };
            // A batch that overtook this one has left more recent counts, but no terms.
            let newer = events.get(&event_id).map(|known| known.stock);
            let stock = newer.filter(|newer| newer.version() > stock.version()).unwrap_or(stock);
            events.insert(event_id, Remembered { terms, terms_version, stock, at: now });
        }
    }

    /// Forgets events of which it is not known what a batch did to them.
    pub(super) fn forget(&self, event_ids: impl IntoIterator<Item = EventId>) {
        let mut events = self.lock();
        for event_id in event_ids {
            events.remove(&event_id);
        }
    }

    /// Lets the next batch know what this one left.
    pub(super) fn note_stocks(&self, stocks: &[(EventId, Stock)]) {
        let mut events = self.lock();
        for (event_id, stock) in stocks {
            if let Some(known) = events.get_mut(event_id)
                && known.stock.version() < stock.version()
            {
                known.stock = *stock;
            }
        }
    }

    /// Returns events as they were left, in the order that was asked for. `None` unless all of them are remembered.
    fn recall(
        &self,
        event_ids: impl IntoIterator<Item = EventId>,
        now: Timestamp,
    ) -> Option<Vec<(EventLedger, u64)>> {
        let events = self.lock();
        event_ids
            .into_iter()
            .map(|event_id| {
                let known = events.get(&event_id).filter(|known| known.is_fresh(now))?;
                let ledger = EventLedger { event_id, terms: known.terms, stock: known.stock };
                Some((ledger, known.terms_version))
            })
            .collect()
    }
}

/// Calls one of the functions, and returns the stocks as they stand then. `None` if what was decided does not hold any
/// more; nothing stays written then.
async fn call(
    database: &PgDatabase,
    statement: Statement,
) -> Result<Option<Vec<(EventId, Stock)>>, RepositoryError> {
    let Some(rows) = database.run_at_once(statement, is_outdated).await? else { return Ok(None) };
    let stocks = rows.iter().map(stock).collect::<Result<_, RepositoryError>>();
    // It is committed, whatever cannot be read of the answer.
    stocks.map(Some).map_err(|error| RepositoryError::OutcomeUnknown { source: error.into() })
}

fn stock(row: &PgRow) -> Result<(EventId, Stock), RepositoryError> {
    let fields = Fields::of(row, "event_stock", "event_id")?;
    Ok((EventId::new(fields.id()), fields.stock()?))
}

/// Tells whether what was decided does not hold any more, or stands there already.
fn is_outdated(error: &sqlx::Error) -> bool {
    const OUTDATED: &str = "BK001";

    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    is_repeated(error) || code.is_some_and(|code| code == OUTDATED)
}

/// Counts what comes before each of some groups, one after the other.
fn starts(lens: &[i64]) -> Vec<i64> {
    let ends = lens.iter().scan(0, |end, len| {
        *end += len;
        Some(*end)
    });
    ends.zip(lens).map(|(end, len)| end - len).collect()
}
