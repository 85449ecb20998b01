//! Locking the events of a batch, and loading what [`Books`] needs to decide on it.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::database::PgDatabase;
use super::error::corrupt;
use super::instant::Instant;
use super::rows::{self, Fields, booking_columns, event_ids, terms_columns};
use crate::domain::booking::{Booking, Fingerprint, IdempotencyKey};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::{
    Books, Cause, EventLedger, HoldRequest, KnownKey, Settlement, Shortage,
};
use crate::domain::payment::ForeignId;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

/// Locks the stocks of events in the order of their ids, so that no two batches wait for each other. The lock is
/// the one that an update takes: it lets rows that only refer to the event be written meanwhile.
const LOCK: &str = "
    SELECT event_id, capacity, stock, held, version, terms_version FROM event_stock
    WHERE event_id = ANY($1) ORDER BY event_id FOR NO KEY UPDATE";

/// Locks the stocks of the events that bookings are for. Bookings never change their event, so it does not matter
/// that they are looked up before the lock.
const LOCK_OF_BOOKINGS: &str = "
    SELECT event_id, capacity, stock, held, version, terms_version FROM event_stock
    WHERE event_id IN (SELECT b.event_id FROM bookings AS b WHERE b.id = ANY($1))
    ORDER BY event_id FOR NO KEY UPDATE";

/// Terms of sale, and the newest booking of each event: ids go up, so that most batches need not look for theirs.
const TERMS: &str = concat!(
    "SELECT ",
    terms_columns!(),
    ", (SELECT b.id FROM bookings AS b WHERE b.event_id = e.id ORDER BY b.id DESC LIMIT 1) AS newest
      FROM events AS e WHERE e.id = ANY($1)"
);

const BOOKINGS: &str =
    concat!("SELECT ", booking_columns!(), " FROM bookings AS b WHERE b.id = ANY($1)");

const KEYS: &str = concat!(
    "SELECT k.key, k.fingerprint, ",
    booking_columns!(),
    " FROM idempotency_keys AS k
      JOIN bookings AS b ON b.event_id = k.event_id AND b.id = k.booking_id
      WHERE k.key = ANY($1)"
);

/// No more of each event than may be needed, however many there are: the locks are held meanwhile.
const OVERDUE: &str = concat!(
    "SELECT ",
    booking_columns!(),
    " FROM unnest($1::uuid[], $2::bigint[]) AS s (event_id, holds) CROSS JOIN LATERAL (
        SELECT * FROM bookings AS h
        WHERE h.event_id = s.event_id AND h.status = 'pending' AND h.expires_at <= $3
        ORDER BY h.expires_at, h.id LIMIT s.holds) AS b
      ORDER BY b.expires_at, b.id"
);

const NOTIFICATIONS: &str = "SELECT id FROM notifications WHERE id = ANY($1)";

/// One entry of an index for each event, however many holds it has.
const NEXT_RELEASES: &str = "
    SELECT e.id, b.expires_at FROM unnest($1::uuid[]) AS e (id) CROSS JOIN LATERAL (
        SELECT expires_at FROM bookings WHERE event_id = e.id AND status = 'pending'
        ORDER BY expires_at LIMIT 1) AS b";

/// At which version the terms of each event last changed.
pub(super) type TermsVersions = BTreeMap<EventId, u64>;

/// A transaction that is under way, with what makes its statements.
pub(super) struct Session<'c> {
    pub(super) database: &'c PgDatabase,
    pub(super) connection: &'c mut PgConnection,
}

impl Session<'_> {
    /// Opens the books for requests, under the locks of their events.
    pub(super) async fn open_for_requests(
        &mut self,
        requests: &[HoldRequest],
        now: Timestamp,
    ) -> Result<(Books, TermsVersions), RepositoryError> {
        let events: BTreeSet<EventId> = requests.iter().map(|request| request.event_id).collect();
        let (stocks, versions) = self.lock(LOCK, event_ids(&events)).await?;
        let (ledgers, newest) = self.load_ledgers(&stocks).await?;
        let mut books = Books::open(now, ledgers);

        let known_ids: Vec<Uuid> = requests
            .iter()
            .filter(|request| {
                newest.get(&request.event_id).is_none_or(|newest| request.booking_id <= *newest)
            })
            .map(|request| request.booking_id.as_uuid())
            .collect();
        // An event without a booking has none to look for either, unless the id stands elsewhere.
        if !known_ids.is_empty() && !newest.is_empty() {
            books.add_bookings(self.load_bookings(known_ids).await?);
        }
        let keys: Vec<&str> = requests
            .iter()
            .filter_map(|request| request.idempotency.as_ref())
            .map(|idempotency| idempotency.key.as_str())
            .collect();
        if !keys.is_empty() {
            self.add_keys(&mut books, &keys).await?;
        }
        let short = books.short_for_requests(requests);
        self.add_overdue(&mut books, &short, now).await?;
        Ok((books, versions))
    }

    /// Opens the books for settlements, under the locks of their events.
    pub(super) async fn open_for_settlements(
        &mut self,
        settlements: &[Settlement],
        now: Timestamp,
    ) -> Result<(Books, TermsVersions), RepositoryError> {
        let ids: BTreeSet<Uuid> = settlements.iter().map(|s| s.booking_id.as_uuid()).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let (stocks, versions) = self.lock(LOCK_OF_BOOKINGS, ids.clone()).await?;
        let (ledgers, _) = self.load_ledgers(&stocks).await?;
        let mut books = Books::open(now, ledgers);
        if !stocks.is_empty() {
            let bookings = self.load_bookings(ids).await?;
            // A booking that came into being after the lock is of an event that may not be locked.
            books.add_bookings(bookings.into_iter().filter(|b| stocks.contains_key(&b.event_id)));
        }
        let notifications: Vec<&str> = settlements
            .iter()
            .filter_map(|settlement| match &settlement.cause {
                Cause::Notified(notification) => Some(notification.id.as_str()),
                _ => None,
            })
            .collect();
        if !notifications.is_empty() {
            self.add_notifications(&mut books, &notifications).await?;
        }
        let short = books.short_for_settlements(settlements);
        self.add_overdue(&mut books, &short, now).await?;
        Ok((books, versions))
    }

    /// Returns when the first hold of each event ends, for those that have one.
    pub(super) async fn load_next_releases(
        &mut self,
        events: &BTreeSet<EventId>,
    ) -> Result<BTreeMap<EventId, Timestamp>, RepositoryError> {
        let found = self
            .database
            .query(NEXT_RELEASES)
            .bind(event_ids(events))
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        found
            .iter()
            .map(|row| {
                let fields = Fields::of(row, "bookings", "id")?;
                Ok((EventId::new(fields.id()), fields.time("expires_at")?))
            })
            .collect()
    }

    /// Locks stocks with one of the statements above, and returns them with the versions of their terms.
    pub(super) async fn lock(
        &mut self,
        statement: &'static str,
        ids: Vec<Uuid>,
    ) -> Result<(BTreeMap<EventId, Stock>, TermsVersions), RepositoryError> {
        let locked = self
            .database
            .query(statement)
            .bind(ids)
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        let (mut stocks, mut versions) = (BTreeMap::new(), BTreeMap::new());
        for row in &locked {
            let fields = Fields::of(row, "event_stock", "event_id")?;
            let event_id = EventId::new(fields.id());
            stocks.insert(event_id, fields.stock()?);
            versions.insert(event_id, fields.version("terms_version")?);
        }
        Ok((stocks, versions))
    }

    async fn load_ledgers(
        &mut self,
        stocks: &BTreeMap<EventId, Stock>,
    ) -> Result<(Vec<EventLedger>, BTreeMap<EventId, BookingId>), RepositoryError> {
        let (mut ledgers, mut newest) = (Vec::with_capacity(stocks.len()), BTreeMap::new());
        if stocks.is_empty() {
            return Ok((ledgers, newest));
        }
        let found = self
            .database
            .query(TERMS)
            .bind(event_ids(stocks.keys()))
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        for row in &found {
            let (event_id, terms) = rows::terms(row)?;
            let Some(stock) = stocks.get(&event_id) else { continue };
            ledgers.push(EventLedger { event_id, terms, stock: *stock });
            let fields = Fields::of(row, "events", "id")?;
            if let Some(id) = fields.take_optional("newest")? {
                newest.insert(event_id, BookingId::new(id));
            }
        }
        Ok((ledgers, newest))
    }

    async fn load_bookings(&mut self, ids: Vec<Uuid>) -> Result<Vec<Booking>, RepositoryError> {
        let found = self
            .database
            .query(BOOKINGS)
            .bind(ids)
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        rows::bookings(&found)
    }

    async fn add_keys(&mut self, books: &mut Books, keys: &[&str]) -> Result<(), RepositoryError> {
        let found = self
            .database
            .query(KEYS)
            .bind(keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        for row in &found {
            let fields = Fields::of(row, "idempotency_keys", "id")?;
            let key = fields.check("key", IdempotencyKey::new(fields.take::<String>("key")?))?;
            let fingerprint: &[u8] = fields.take("fingerprint")?;
            let fingerprint = <[u8; 32]>::try_from(fingerprint)
                .map_err(|_| fields.corrupt("fingerprint is not 32 bytes"))?;
            books.add_bookings([rows::booking(row)?]);
            let known = KnownKey {
                fingerprint: Fingerprint::from_bytes(fingerprint),
                booking_id: BookingId::new(fields.id()),
            };
            books.add_key(key, known);
        }
        Ok(())
    }

    async fn add_overdue(
        &mut self,
        books: &mut Books,
        short: &[Shortage],
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        if short.is_empty() {
            return Ok(());
        }
        let (events, holds): (Vec<Uuid>, Vec<i64>) =
            short.iter().map(|short| (short.event_id.as_uuid(), i64::from(short.holds))).unzip();
        let found: Vec<PgRow> = self
            .database
            .query(OVERDUE)
            .bind(events)
            .bind(holds)
            .bind(Instant::from(now))
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        books.add_overdue(rows::bookings(&found)?);
        Ok(())
    }

    async fn add_notifications(
        &mut self,
        books: &mut Books,
        ids: &[&str],
    ) -> Result<(), RepositoryError> {
        let found: Vec<String> = self
            .database
            .query_scalar(NOTIFICATIONS)
            .bind(ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>())
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        add_known(books, found)
    }
}

/// Adds the notifications in a row's column `known`.
pub(super) fn note_known(books: &mut Books, row: &PgRow) -> Result<(), RepositoryError> {
    let known: Option<Vec<String>> = Fields::of(row, "bookings", "id")?.take_optional("known")?;
    add_known(books, known.unwrap_or_default())
}

fn add_known(books: &mut Books, ids: Vec<String>) -> Result<(), RepositoryError> {
    for id in ids {
        let known =
            ForeignId::new(id).map_err(|invalid| corrupt("notifications", "id", invalid))?;
        books.add_notifications([known]);
    }
    Ok(())
}
