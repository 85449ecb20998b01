//! Loading what [`Books`] needs to decide on a batch.
//!
//! Everything is read inside the transaction that will write, so it stands until then: there is one writer.

use std::collections::BTreeSet;

use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::error::{corrupt, not_applied};
use super::rows::{self, Fields, blob, booking_columns, json, json_ids};
use crate::domain::booking::{Fingerprint, IdempotencyKey};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::{
    Books, Cause, EventLedger, HoldRequest, KnownKey, Settlement, Shortage,
};
use crate::domain::payment::ForeignId;
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

/// One row for each id, with the newest booking's id in all of them: bookings above it cannot exist, and ids
/// go up, so that most batches need not look for theirs. The cross join keeps the planner from scanning.
const LEDGERS: &str = "
    SELECT (SELECT max(id) FROM bookings) AS newest, e.id, e.status, e.starts_at, e.ends_at,
        e.on_sale_from, e.on_sale_until, e.price_minor, e.currency, e.max_per_booking, e.reminder_minutes,
        s.capacity, s.stock, s.held, s.version
    FROM json_each(?1) AS j
    LEFT JOIN events AS e ON e.id = unhex(j.value)
    LEFT JOIN event_stock AS s ON s.event_id = e.id";

const BOOKINGS: &str = concat!(
    "SELECT ",
    booking_columns!(),
    " FROM json_each(?1) AS j CROSS JOIN bookings AS b ON b.id = unhex(j.value)"
);

const KEYS: &str = concat!(
    "SELECT k.key, k.fingerprint, k.booking_id, ",
    booking_columns!(),
    " FROM json_each(?1) AS j CROSS JOIN idempotency_keys AS k ON k.key = j.value
      LEFT JOIN bookings AS b ON b.id = k.booking_id"
);

/// No more than may be needed, however many there are.
const OVERDUE: &str = concat!(
    "SELECT ",
    booking_columns!(),
    " FROM bookings AS b
      WHERE b.event_id = ?1 AND b.status = 'pending' AND b.expires_at <= ?2
      ORDER BY b.expires_at, b.id LIMIT ?3"
);

const NOTIFICATIONS: &str =
    "SELECT n.id FROM json_each(?1) AS j CROSS JOIN notifications AS n ON n.id = j.value";

const NEXT_RELEASES: &str = "
    SELECT unhex(j.value) AS id, (SELECT min(b.expires_at) FROM bookings AS b
        WHERE b.event_id = unhex(j.value) AND b.status = 'pending') AS expires_at
    FROM json_each(?1) AS j";

/// Opens the books for requests.
pub(super) async fn open_for_requests(
    connection: &mut SqliteConnection,
    requests: &[HoldRequest],
    now: Timestamp,
) -> Result<Books, RepositoryError> {
    let events = requests.iter().map(|request| request.event_id).collect();
    let (ledgers, newest) = load_ledgers(connection, &events).await?;
    let mut books = Books::open(now, ledgers);

    let known_ids: Vec<Uuid> = requests
        .iter()
        .map(|request| request.booking_id.as_uuid())
        .filter(|id| newest.is_some_and(|newest| *id <= newest))
        .collect();
    if !known_ids.is_empty() {
        books.add_bookings(load_bookings(connection, known_ids).await?);
    }
    let keys: Vec<&str> = requests
        .iter()
        .filter_map(|request| request.idempotency.as_ref())
        .map(|idempotency| idempotency.key.as_str())
        .collect();
    if !keys.is_empty() {
        add_keys(connection, &mut books, &keys).await?;
    }
    let short = books.short_for_requests(requests);
    add_overdue(connection, &mut books, &short, now).await?;
    Ok(books)
}

/// Opens the books for settlements.
pub(super) async fn open_for_settlements(
    connection: &mut SqliteConnection,
    settlements: &[Settlement],
    now: Timestamp,
) -> Result<Books, RepositoryError> {
    let ids: BTreeSet<Uuid> = settlements.iter().map(|s| s.booking_id.as_uuid()).collect();
    let bookings = load_bookings(connection, ids).await?;
    let events: BTreeSet<EventId> = bookings.iter().map(|booking| booking.event_id).collect();
    let ledgers =
        if events.is_empty() { Vec::new() } else { load_ledgers(connection, &events).await?.0 };
    let mut books = Books::open(now, ledgers);
    books.add_bookings(bookings);

    let notifications: Vec<&str> = settlements
        .iter()
        .filter_map(|settlement| match &settlement.cause {
            Cause::Notified(notification) => Some(notification.id.as_str()),
            _ => None,
        })
        .collect();
    if !notifications.is_empty() {
        add_notifications(connection, &mut books, &notifications).await?;
    }
    let short = books.short_for_settlements(settlements);
    add_overdue(connection, &mut books, &short, now).await?;
    Ok(books)
}

/// Returns when the first hold of each event ends, for those that have one.
pub(super) async fn load_next_releases(
    connection: &mut SqliteConnection,
    events: &BTreeSet<EventId>,
) -> Result<Vec<(EventId, Timestamp)>, RepositoryError> {
    let found = sqlx::query(NEXT_RELEASES)
        .bind(json_ids(events.iter().map(|id| id.as_uuid()))?)
        .fetch_all(connection)
        .await
        .map_err(not_applied)?;
    let mut releases = Vec::with_capacity(found.len());
    for row in &found {
        let fields = Fields::of(row, "bookings", "id")?;
        if let Some(at) = fields.optional_time("expires_at")? {
            releases.push((EventId::new(fields.id()), at));
        }
    }
    Ok(releases)
}

async fn load_ledgers(
    connection: &mut SqliteConnection,
    events: &BTreeSet<EventId>,
) -> Result<(Vec<EventLedger>, Option<Uuid>), RepositoryError> {
    let found = sqlx::query(LEDGERS)
        .bind(json_ids(events.iter().map(|id| id.as_uuid()))?)
        .fetch_all(connection)
        .await
        .map_err(not_applied)?;
    let mut newest = None;
    let mut ledgers = Vec::with_capacity(found.len());
    for row in &found {
        let bytes: Option<&[u8]> = row.try_get("newest").map_err(not_applied)?;
        newest = bytes.and_then(|bytes| Uuid::from_slice(bytes).ok());
        if row.try_get::<Option<&[u8]>, _>("id").map_err(not_applied)?.is_some() {
            ledgers.push(rows::ledger(row)?);
        }
    }
    Ok((ledgers, newest))
}

async fn load_bookings(
    connection: &mut SqliteConnection,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<crate::domain::booking::Booking>, RepositoryError> {
    let found = sqlx::query(BOOKINGS)
        .bind(json_ids(ids)?)
        .fetch_all(connection)
        .await
        .map_err(not_applied)?;
    rows::bookings(&found)
}

async fn add_keys(
    connection: &mut SqliteConnection,
    books: &mut Books,
    keys: &[&str],
) -> Result<(), RepositoryError> {
    let found =
        sqlx::query(KEYS).bind(json(keys)?).fetch_all(connection).await.map_err(not_applied)?;
    for row in &found {
        let fields = Fields::of(row, "idempotency_keys", "booking_id")?;
        let key = fields.check("key", IdempotencyKey::new(fields.take::<String>("key")?))?;
        let fingerprint: &[u8] = fields.take("fingerprint")?;
        let fingerprint = <[u8; 32]>::try_from(fingerprint)
            .map_err(|_| fields.corrupt("fingerprint is not 32 bytes"))?;
        if fields.take_optional::<&[u8]>("id")?.is_none() {
            return Err(corrupt("idempotency_keys", fields.id(), "there is no such booking"));
        }
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
    connection: &mut SqliteConnection,
    books: &mut Books,
    short: &[Shortage],
    now: Timestamp,
) -> Result<(), RepositoryError> {
    // One statement for each: here a limit cannot be a column.
    for short in short {
        let found = sqlx::query(OVERDUE)
            .bind(blob(short.event_id.as_uuid()))
            .bind(now.as_micros())
            .bind(i64::from(short.holds))
            .fetch_all(&mut *connection)
            .await
            .map_err(not_applied)?;
        books.add_overdue(rows::bookings(&found)?);
    }
    Ok(())
}

async fn add_notifications(
    connection: &mut SqliteConnection,
    books: &mut Books,
    ids: &[&str],
) -> Result<(), RepositoryError> {
    let found: Vec<String> = sqlx::query_scalar(NOTIFICATIONS)
        .bind(json(ids)?)
        .fetch_all(connection)
        .await
        .map_err(not_applied)?;
    for id in found {
        let known =
            ForeignId::new(id).map_err(|invalid| corrupt("notifications", "id", invalid))?;
        books.add_notifications([known]);
    }
    Ok(())
}
