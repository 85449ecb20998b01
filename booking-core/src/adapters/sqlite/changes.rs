//! Writing what [`Books`](crate::domain::ledger::Books) decided, each kind of row with one statement.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::error::not_applied;
use super::rows::{json, json_ids};
use crate::domain::booking::Booking;
use crate::domain::ids::EventId;
use crate::domain::ledger::{Changes, Movement, NewKey, Verdict, with_versions_before};
use crate::domain::notice::NewNotice;
use crate::domain::payment::Notification;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::IdSource;
use crate::ports::fault::RepositoryError;

const UPDATE_STOCKS: &str = "
    UPDATE event_stock
    SET capacity = j.value ->> 2, stock = j.value ->> 3, held = j.value ->> 4, version = j.value ->> 5
    FROM jsonb_each(?1) AS j
    WHERE event_stock.event_id = unhex(j.value ->> 0) AND event_stock.version = j.value ->> 1";

const INSERT_MOVEMENTS: &str = "
    INSERT INTO stock_movements (event_id, version, at, cause, booking_id, booking_status,
        capacity_delta, stock_delta, held_delta)
    SELECT unhex(j.value ->> 0), j.value ->> 1, j.value ->> 2, j.value ->> 3, unhex(j.value ->> 4),
        j.value ->> 5, j.value ->> 6, j.value ->> 7, j.value ->> 8
    FROM jsonb_each(?1) AS j";

const INSERT_BOOKINGS: &str = "
    INSERT INTO bookings (id, event_id, quantity, unit_price_minor, total_minor, currency,
        customer_name, customer_email, locale, status, payment_id, payment_url, expires_at, created_at)
    SELECT unhex(j.value ->> 0), unhex(j.value ->> 1), j.value ->> 2, j.value ->> 3, j.value ->> 4,
        j.value ->> 5, j.value ->> 6, j.value ->> 7, j.value ->> 8, j.value ->> 9, j.value ->> 10,
        j.value ->> 11, j.value ->> 12, j.value ->> 13
    FROM jsonb_each(?1) AS j";

const UPDATE_BOOKINGS: &str = "
    UPDATE bookings
    SET status = j.value ->> 2, confirmed_at = j.value ->> 3, cancelled_at = j.value ->> 4,
        payment_id = coalesce(payment_id, j.value ->> 5),
        payment_url = coalesce(payment_url, j.value ->> 6)
    FROM jsonb_each(?1) AS j
    WHERE bookings.id = unhex(j.value ->> 0) AND bookings.status = j.value ->> 1";

const INSERT_KEYS: &str = "
    INSERT INTO idempotency_keys (key, fingerprint, event_id, booking_id, created_at)
    SELECT j.value ->> 0, unhex(j.value ->> 1), unhex(j.value ->> 2), unhex(j.value ->> 3), j.value ->> 4
    FROM jsonb_each(?1) AS j";

/// A key is as old as its booking: they were written together. So the index that purging needs finds it, and
/// no admission has to keep one more.
const FORGET_KEYS: &str = "
    DELETE FROM idempotency_keys WHERE key IN (
        SELECT k.key FROM json_each(?1) AS j
        CROSS JOIN bookings AS b ON b.id = unhex(j.value)
        CROSS JOIN idempotency_keys AS k ON k.created_at = b.created_at AND k.booking_id = b.id)";

const INSERT_NOTIFICATIONS: &str = "
    INSERT INTO notifications (id, kind, occurred_at, payment_id, booking_id, amount_minor, currency,
        verdict, recorded_at)
    SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, unhex(j.value ->> 4),
        j.value ->> 5, j.value ->> 6, j.value ->> 7, ?2
    FROM jsonb_each(?1) AS j";

const INSERT_NOTICES: &str = "
    INSERT INTO outbox (id, event_id, booking_id, kind, recipient, run_at)
    SELECT unhex(j.value ->> 0), unhex(j.value ->> 1), unhex(j.value ->> 2), j.value ->> 3,
        j.value ->> 4, j.value ->> 5
    FROM jsonb_each(?1) AS j";

/// Writes everything; what there is none of costs nothing.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    changes: &Changes,
    ids: &dyn IdSource,
    now: Timestamp,
) -> Result<(), RepositoryError> {
    // Bookings come before the lines that name them: foreign keys are checked at once.
    insert_bookings(connection, &changes.new_bookings).await?;
    update_bookings(connection, changes).await?;
    update_stocks(connection, &changes.stocks, &changes.movements).await?;
    insert_movements(connection, &changes.movements).await?;
    insert_keys(connection, &changes.new_keys).await?;
    if !changes.forgotten_keys.is_empty() {
        sqlx::query(FORGET_KEYS)
            .bind(json_ids(changes.forgotten_keys.iter().map(|id| id.as_uuid()))?)
            .execute(&mut *connection)
            .await
            .map_err(not_applied)?;
    }
    insert_notifications(connection, &changes.notifications, now).await?;
    insert_notices(connection, &changes.notices, ids).await
}

/// Writes stocks over those they came from: each movement raised the version by one.
pub(super) async fn update_stocks(
    connection: &mut SqliteConnection,
    stocks: &BTreeMap<EventId, Stock>,
    movements: &[Movement],
) -> Result<(), RepositoryError> {
    let rows: Vec<_> = with_versions_before(stocks, movements)
        .map(|(id, before, stock)| {
            let (capacity, held) = (stock.capacity(), stock.held());
            (id.as_uuid().simple(), before, capacity, stock.stock(), held, stock.version())
        })
        .collect();
    run(connection, UPDATE_STOCKS, &rows, "event_stock").await
}

/// Appends lines to the journal.
pub(super) async fn insert_movements(
    connection: &mut SqliteConnection,
    movements: &[Movement],
) -> Result<(), RepositoryError> {
    let rows: Vec<_> = movements
        .iter()
        .map(|movement| {
            (
                movement.event_id.as_uuid().simple(),
                movement.version,
                movement.at.as_micros(),
                movement.cause.as_str(),
                movement.booking.map(|(id, _)| id.as_uuid().simple()),
                movement.booking.map(|(_, status)| status.as_str()),
                movement.delta.capacity,
                movement.delta.stock,
                movement.delta.held,
            )
        })
        .collect();
    run(connection, INSERT_MOVEMENTS, &rows, "stock_movements").await
}

/// Runs a statement for rows, if there are any. If it does not meet as many rows in the database, then what
/// the books were opened with is not what stands there.
async fn run<T: serde::Serialize>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: &[T],
    table: &'static str,
) -> Result<(), RepositoryError> {
    if rows.is_empty() {
        return Ok(());
    }
    let met = sqlx::query(statement)
        .bind(json(rows)?)
        .execute(connection)
        .await
        .map_err(not_applied)?
        .rows_affected();
    if u64::try_from(rows.len()).is_ok_and(|wanted| wanted == met) {
        return Ok(());
    }
    let finding = format!("{met} rows of {} were as they had been read", rows.len());
    Err(RepositoryError::Corrupt { table, finding })
}

async fn insert_bookings(
    connection: &mut SqliteConnection,
    bookings: &[Booking],
) -> Result<(), RepositoryError> {
    let rows: Vec<_> = bookings
        .iter()
        .map(|booking| {
            let payment = booking.payment.as_ref();
            (
                booking.id.as_uuid().simple(),
                booking.event_id.as_uuid().simple(),
                booking.quantity.get(),
                booking.unit_price.amount_minor(),
                booking.total.amount_minor(),
                booking.total.currency().code(),
                booking.customer.name(),
                booking.customer.email(),
                booking.locale.as_str(),
                booking.status.as_str(),
                payment.map(|payment| payment.payment_id.as_str()),
                payment.map(|payment| &*payment.url),
                booking.expires_at.as_micros(),
                booking.created_at.as_micros(),
            )
        })
        .collect();
    run(connection, INSERT_BOOKINGS, &rows, "bookings").await
}

async fn update_bookings(
    connection: &mut SqliteConnection,
    changes: &Changes,
) -> Result<(), RepositoryError> {
    let rows: Vec<_> = changes
        .moved_bookings
        .iter()
        .map(|(id, moved)| {
            let (confirmed, cancelled) = (moved.booking.confirmed_at, moved.booking.cancelled_at);
            let payment = moved.booking.payment.as_ref();
            (
                id.as_uuid().simple(),
                moved.from.as_str(),
                moved.booking.status.as_str(),
                confirmed.map(Timestamp::as_micros),
                cancelled.map(Timestamp::as_micros),
                payment.map(|payment| payment.payment_id.as_str()),
                payment.map(|payment| &*payment.url),
            )
        })
        .collect();
    run(connection, UPDATE_BOOKINGS, &rows, "bookings").await
}

async fn insert_keys(
    connection: &mut SqliteConnection,
    keys: &[NewKey],
) -> Result<(), RepositoryError> {
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            (
                key.idempotency.key.as_str(),
                hex(key.idempotency.fingerprint.as_bytes()),
                key.event_id.as_uuid().simple(),
                key.booking_id.as_uuid().simple(),
                key.at.as_micros(),
            )
        })
        .collect();
    run(connection, INSERT_KEYS, &rows, "idempotency_keys").await
}

fn hex(bytes: &[u8; 32]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

async fn insert_notifications(
    connection: &mut SqliteConnection,
    notifications: &[(Notification, Verdict)],
    now: Timestamp,
) -> Result<(), RepositoryError> {
    if notifications.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = notifications
        .iter()
        .map(|(notification, verdict)| {
            (
                notification.id.as_str(),
                notification.kind.as_str(),
                notification.occurred_at.as_micros(),
                notification.payment_id.as_str(),
                notification.booking_id.as_uuid().simple(),
                notification.amount_minor,
                notification.currency.as_str(),
                verdict.as_str(),
            )
        })
        .collect();
    sqlx::query(INSERT_NOTIFICATIONS)
        .bind(json(&rows)?)
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map_err(not_applied)?;
    Ok(())
}

async fn insert_notices(
    connection: &mut SqliteConnection,
    notices: &[NewNotice],
    ids: &dyn IdSource,
) -> Result<(), RepositoryError> {
    let rows: Vec<_> = notices
        .iter()
        .map(|notice| {
            (
                ids.next_id().simple(),
                notice.event_id.as_uuid().simple(),
                notice.booking_id.as_uuid().simple(),
                notice.kind.as_str(),
                notice.kind.recipient().as_str(),
                notice.run_at.as_micros(),
            )
        })
        .collect();
    run(connection, INSERT_NOTICES, &rows, "outbox").await
}
