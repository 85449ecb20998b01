//! What the audit compares, each page read by one statement and so at one moment.

use uuid::Uuid;

use super::database::PgDatabase;
use super::rows::Fields;
use crate::domain::audit::{BookingRecord, EventRecord, HistoryRecord};
use crate::domain::ids::{BookingId, EventId};
use crate::ports::fault::RepositoryError;

/// Outer joins and zeros: an event that lost its stock, journal or both must not be passed over.
const EVENTS: &str = include_str!("audit_events.sql");

const BOOKINGS: &str = "
    SELECT b.id, b.event_id, b.quantity::bigint AS quantity, b.unit_price_minor, b.total_minor, b.status,
        h.causes, h.statuses, h.stocks, h.held,
        EXISTS (SELECT 1 FROM events AS e WHERE e.id = b.event_id) AS has_event,
        EXISTS (SELECT 1 FROM notifications AS n WHERE n.event_id = b.event_id AND n.booking_id = b.id
            AND n.kind = 'payment.succeeded' AND n.verdict IN ('applied', 'unchanged')) AS is_paid,
        EXISTS (SELECT 1 FROM notifications AS n WHERE n.event_id = b.event_id AND n.booking_id = b.id
            AND n.kind = 'payment.refunded' AND n.verdict IN ('applied', 'unchanged')) AS is_paid_back
    FROM (SELECT * FROM bookings WHERE id > $1 ORDER BY id LIMIT $2) AS b
    CROSS JOIN LATERAL (
        SELECT array_agg(m.cause ORDER BY m.version) AS causes,
            array_agg(m.booking_status ORDER BY m.version) AS statuses,
            array_agg(m.stock_delta::bigint ORDER BY m.version) AS stocks,
            array_agg(m.held_delta::bigint ORDER BY m.version) AS held
        FROM stock_movements AS m WHERE m.event_id = b.event_id AND m.booking_id = b.id) AS h
    ORDER BY b.id";

pub(super) async fn events(
    database: &PgDatabase,
    after: Option<EventId>,
    limit: u32,
) -> Result<Vec<EventRecord>, RepositoryError> {
    let mut reading = database.read_long().await?;
    let rows = database
        .query(EVENTS)
        .bind(after.map_or(Uuid::nil(), EventId::as_uuid))
        .bind(i64::from(limit))
        .fetch_all(&mut *reading)
        .await
        .map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    rows.iter()
        .map(|row| {
            let fields = Fields::of(row, "events", "id")?;
            Ok(EventRecord {
                event_id: EventId::new(fields.id()),
                capacity: fields.take("capacity")?,
                stock: fields.take("stock")?,
                held: fields.take("held")?,
                version: fields.take("version")?,
                movements: fields.take("movements")?,
                last_version: fields.take("last_version")?,
                moved_capacity: fields.take("moved_capacity")?,
                moved_stock: fields.take("moved_stock")?,
                moved_held: fields.take("moved_held")?,
                pending_tickets: fields.take("pending_tickets")?,
                confirmed_tickets: fields.take("confirmed_tickets")?,
                orphans: fields.take("orphans")?,
                has_details: fields.take("has_details")?,
            })
        })
        .collect()
}

pub(super) async fn bookings(
    database: &PgDatabase,
    after: Option<BookingId>,
    limit: u32,
) -> Result<Vec<BookingRecord>, RepositoryError> {
    let mut reading = database.read_long().await?;
    let rows = database
        .query(BOOKINGS)
        .bind(after.map_or(Uuid::nil(), BookingId::as_uuid))
        .bind(i64::from(limit))
        .fetch_all(&mut *reading)
        .await
        .map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    rows.iter()
        .map(|row| {
            let fields = Fields::of(row, "bookings", "id")?;
            Ok(BookingRecord {
                booking_id: BookingId::new(fields.id()),
                event_id: EventId::new(fields.take("event_id")?),
                quantity: fields.take("quantity")?,
                unit_price: fields.take("unit_price_minor")?,
                total: fields.take("total_minor")?,
                status: fields.take("status")?,
                history: history(&fields)?,
                has_event: fields.take("has_event")?,
                is_paid: fields.take("is_paid")?,
                is_paid_back: fields.take("is_paid_back")?,
            })
        })
        .collect()
}

/// Reads the lines of the journal, which come as columns. Without any there are no columns either.
fn history(fields: &Fields<'_>) -> Result<Vec<HistoryRecord>, RepositoryError> {
    let causes: Vec<String> = fields.take_optional("causes")?.unwrap_or_default();
    let statuses: Vec<String> = fields.take_optional("statuses")?.unwrap_or_default();
    let stocks: Vec<i64> = fields.take_optional("stocks")?.unwrap_or_default();
    let held: Vec<i64> = fields.take_optional("held")?.unwrap_or_default();
    let lines = causes.into_iter().zip(statuses).zip(stocks.into_iter().zip(held));
    Ok(lines
        .map(|((cause, status), (stock, held))| HistoryRecord { cause, status, stock, held })
        .collect())
}
