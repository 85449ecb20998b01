//! Admitting a batch without holding the locks of its events while its bookings are written.
//!
//! A hot event is one row, and whoever holds its lock keeps the others from it. Deciding under the lock and then writing
//! everything makes all of that work wait in line. Here the decision is taken on what an earlier batch left in memory,
//! the bookings are inserted with no lock on the stock, and only then one statement locks the stocks in the order of
//! their ids, checks that what was decided still holds, counts the tickets and appends the journal. So a second batch
//! inserts its bookings while the first one counts and commits (optimistic concurrency control with validation at the
//! end: Kung and Robinson, "On Optimistic Methods for Concurrency Control", 1981).
//!
//! What is checked: that the stock has room for all tickets of the batch together, and that the organiser changed nothing
//! since (`terms_version`). If either fails, or anybody in the batch was to be refused, nothing stays written, and the
//! batch is decided again under the locks. So the answers are those that would have been given there.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::books::{Session, TermsVersions};
use super::changes::{bind_bookings, bind_keys, signed, tickets};
use super::instant::Instant;
use super::rows::{Fields, event_ids};
use crate::domain::booking::BookingStatus;
use crate::domain::event::SaleTerms;
use crate::domain::ids::EventId;
use crate::domain::ledger::{Books, Changes, EventLedger, HoldOutcome, HoldRequest, MovementCause};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

/// For how long the terms of an event are believed. The check finds out whatever the engine changed, at once; this bounds
/// how long a change by hand may go unnoticed.
const LIFE: Duration = Duration::from_secs(1);

/// More events than this are not booked within a second; if they are, forgetting costs the time of a lock.
const MAX_EVENTS: usize = 10_000;

/// The batch has to fit into what is left so many times, so that it will still fit when others were faster.
const MARGIN: u64 = 4;

const INSERT_BOOKINGS: &str = "
    INSERT INTO bookings (event_id, id, quantity, unit_price_minor, total_minor, currency,
        customer_name, customer_email, status, payment_id, payment_url, expires_at, created_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::bigint[], $5::bigint[], $6::text[],
        $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[],
        $13::timestamptz[])";

const ARE_KEYS_KNOWN: &str = "SELECT EXISTS (SELECT 1 FROM idempotency_keys WHERE key = ANY($1))";

const INSERT_KEYS: &str = "
    INSERT INTO idempotency_keys (event_id, key, fingerprint, booking_id, created_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[], $5::timestamptz[])";

/// Locks, checks, counts and appends the journal. Arrays with a value for each event are in the order of the ids, and so
/// are the bookings; `first` is where those of an event begin.
const COUNT: &str = include_str!("count.sql");

/// What is known of an event that was booked a moment ago.
#[derive(Debug, Clone, Copy)]
struct Remembered {
    terms: SaleTerms,
    terms_version: u64,
    stock: Stock,
    /// When the terms were read.
    at: Timestamp,
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
            events.clear();
        }
        for EventLedger { event_id, terms, stock } in ledgers {
            if let Some(terms_version) = versions.get(&event_id).copied() {
                events.insert(event_id, Remembered { terms, terms_version, stock, at: now });
            }
        }
    }

    /// Forgets the events of a batch whose outcome is not known.
    pub(super) fn forget(&self, batch: &[HoldRequest]) {
        let mut events = self.lock();
        for request in batch {
            events.remove(&request.event_id);
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

    /// Decides on a batch, if all of its events are remembered and have plenty of tickets.
    pub(super) fn decide(&self, batch: &[HoldRequest], now: Timestamp) -> Option<Decision> {
        let mut wanted = BTreeMap::<EventId, u64>::new();
        for request in batch {
            *wanted.entry(request.event_id).or_default() += u64::from(request.quantity.get());
        }
        let mut versions = Vec::with_capacity(wanted.len());
        let mut ledgers = Vec::with_capacity(wanted.len());
        {
            let events = self.lock();
            for (event_id, wanted) in wanted {
                let known = events.get(&event_id)?;
                let is_fresh = now >= known.at && now.since(known.at) < LIFE;
                if !is_fresh || u64::from(known.stock.available()) < wanted * MARGIN {
                    return None;
                }
                versions.push(signed(known.terms_version));
                ledgers.push(EventLedger { event_id, terms: known.terms, stock: known.stock });
            }
        }
        let mut books = Books::open(now, ledgers);
        let outcomes = books.admit(batch).ok()?;
        let is_plain = outcomes.iter().all(|outcome| matches!(outcome, HoldOutcome::Held(_)));
        is_plain.then(|| Decision { outcomes, changes: books.close(), versions })
    }
}

/// What a batch comes to if nothing has changed.
pub(super) struct Decision {
    pub(super) outcomes: Vec<HoldOutcome>,
    changes: Changes,
    /// The versions of the terms that were decided on, in the order of the events.
    versions: Vec<i64>,
}

impl Decision {
    /// Writes it, and returns the stocks as they stand then. `None` if it does not hold any more: nothing may be
    /// committed then.
    pub(super) async fn write(
        &self,
        session: &mut Session<'_>,
        now: Timestamp,
    ) -> Result<Option<Vec<(EventId, Stock)>>, RepositoryError> {
        let database = session.database;
        let keys = &self.changes.new_keys;
        if !keys.is_empty() {
            let keys: Vec<&str> = keys.iter().map(|key| key.idempotency.key.as_str()).collect();
            let known = database.query_scalar::<bool>(ARE_KEYS_KNOWN).bind(keys);
            let known = known.fetch_one(&mut *session.connection).await;
            if known.map_err(|error| database.not_applied(&error))? {
                return Ok(None);
            }
        }
        let bookings = bind_bookings(database.query(INSERT_BOOKINGS), &self.changes.new_bookings);
        if !session.insert(bookings).await? {
            return Ok(None);
        }
        if !keys.is_empty()
            && !session.insert(bind_keys(database.query(INSERT_KEYS), &self.changes)).await?
        {
            return Ok(None);
        }
        let stocks = self.count(session, now).await?;
        Ok((stocks.len() == self.versions.len()).then_some(stocks))
    }

    async fn count(
        &self,
        session: &mut Session<'_>,
        now: Timestamp,
    ) -> Result<Vec<(EventId, Stock)>, RepositoryError> {
        let mut by_event = BTreeMap::<EventId, Vec<(Uuid, i32)>>::new();
        for booking in &self.changes.new_bookings {
            let line = (booking.id.as_uuid(), tickets(booking.quantity.get()));
            by_event.entry(booking.event_id).or_default().push(line);
        }
        let wanted: Vec<i32> =
            by_event.values().map(|lines| lines.iter().map(|l| l.1).sum()).collect();
        let steps: Vec<i64> = by_event.values().map(|lines| signed(lines.len() as u64)).collect();
        let mut first = Vec::with_capacity(steps.len());
        let mut next = 0;
        for steps in &steps {
            first.push(next);
            next += steps;
        }
        let events = event_ids(by_event.keys());
        let (bookings, quantities): (Vec<Uuid>, Vec<i32>) =
            by_event.into_values().flatten().unzip();
        let found = session
            .database
            .query(COUNT)
            .bind(events)
            .bind(wanted)
            .bind(steps)
            .bind(&self.versions)
            .bind(first)
            .bind(Instant::from(now))
            .bind(MovementCause::Held.as_str())
            .bind(BookingStatus::Pending.as_str())
            .bind(bookings)
            .bind(quantities)
            .fetch_all(&mut *session.connection)
            .await
            .map_err(|error| session.database.not_applied(&error))?;
        found
            .iter()
            .map(|row| {
                let fields = Fields::of(row, "event_stock", "event_id")?;
                Ok((EventId::new(fields.id()), fields.stock()?))
            })
            .collect()
    }
}
