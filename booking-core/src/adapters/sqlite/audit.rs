//! What the audit compares, each page read by one statement and so at one moment.

use super::database::SqliteDatabase;
use super::error::not_applied;
use super::rows::{Fields, blob};
use crate::domain::audit::{BookingRecord, EventRecord, HistoryRecord};
use crate::domain::ids::{BookingId, EventId};
use crate::ports::fault::RepositoryError;

/// Outer joins and zeros: an event that lost its stock, journal or both must not be passed over.
const EVENTS: &str = "
    WITH page AS MATERIALIZED (
        SELECT id FROM events WHERE id > ?1
        UNION SELECT event_id FROM event_stock WHERE event_id > ?1
        ORDER BY 1 LIMIT ?2),
    journal AS MATERIALIZED (
        SELECT p.id, count(*) AS movements, max(m.version) AS last_version,
            sum(m.capacity_delta) AS moved_capacity, sum(m.stock_delta) AS moved_stock,
            sum(m.held_delta) AS moved_held,
            sum(m.booking_id IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM bookings AS b WHERE b.id = m.booking_id)) AS orphans
        FROM page AS p CROSS JOIN stock_movements AS m ON m.event_id = p.id
        GROUP BY p.id),
    tickets AS MATERIALIZED (
        SELECT p.id, sum(b.quantity) FILTER (WHERE b.status = 'pending') AS pending_tickets,
            sum(b.quantity) FILTER (WHERE b.status = 'confirmed') AS confirmed_tickets
        FROM page AS p CROSS JOIN bookings AS b ON b.event_id = p.id
        GROUP BY p.id)
    SELECT p.id, coalesce(s.capacity, 0) AS capacity, coalesce(s.stock, 0) AS stock,
        coalesce(s.held, 0) AS held, coalesce(s.version, 0) AS version,
        coalesce(j.movements, 0) AS movements, coalesce(j.last_version, 0) AS last_version,
        coalesce(j.moved_capacity, 0) AS moved_capacity, coalesce(j.moved_stock, 0) AS moved_stock,
        coalesce(j.moved_held, 0) AS moved_held, coalesce(j.orphans, 0) AS orphans,
        coalesce(t.pending_tickets, 0) AS pending_tickets,
        coalesce(t.confirmed_tickets, 0) AS confirmed_tickets,
        EXISTS (SELECT 1 FROM events AS e WHERE e.id = p.id) AS has_details
    FROM page AS p
    LEFT JOIN event_stock AS s ON s.event_id = p.id
    LEFT JOIN journal AS j ON j.id = p.id
    LEFT JOIN tickets AS t ON t.id = p.id
    ORDER BY p.id";

const BOOKINGS: &str = "
    SELECT b.id, b.event_id, b.quantity, b.unit_price_minor, b.total_minor, b.status,
        (SELECT json_group_array(json_array(m.cause, m.booking_status, m.stock_delta, m.held_delta)
                ORDER BY m.version)
            FROM stock_movements AS m WHERE m.booking_id = b.id) AS history,
        EXISTS (SELECT 1 FROM events AS e WHERE e.id = b.event_id) AS has_event,
        EXISTS (SELECT 1 FROM notifications AS n WHERE n.booking_id = b.id
            AND n.kind = 'payment.succeeded' AND n.verdict IN ('applied', 'unchanged')) AS is_paid,
        EXISTS (SELECT 1 FROM notifications AS n WHERE n.booking_id = b.id
            AND n.kind = 'payment.refunded' AND n.verdict IN ('applied', 'unchanged')) AS is_paid_back
    FROM bookings AS b WHERE b.id > ?1 ORDER BY b.id LIMIT ?2";

pub(super) async fn events(
    database: &SqliteDatabase,
    after: Option<EventId>,
    limit: u32,
) -> Result<Vec<EventRecord>, RepositoryError> {
    let rows = sqlx::query(EVENTS)
        .bind(after.map_or_else(Vec::new, |id| blob(id.as_uuid())))
        .bind(i64::from(limit))
        .fetch_all(database.readers())
        .await
        .map_err(not_applied)?;
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
    database: &SqliteDatabase,
    after: Option<BookingId>,
    limit: u32,
) -> Result<Vec<BookingRecord>, RepositoryError> {
    let rows = sqlx::query(BOOKINGS)
        .bind(after.map_or_else(Vec::new, |id| blob(id.as_uuid())))
        .bind(i64::from(limit))
        .fetch_all(database.readers())
        .await
        .map_err(not_applied)?;
    rows.iter()
        .map(|row| {
            let fields = Fields::of(row, "bookings", "id")?;
            let history: Vec<(String, String, i64, i64)> =
                serde_json::from_str(fields.take("history")?)
                    .map_err(|error| fields.corrupt(format_args!("journal: {error}")))?;
            Ok(BookingRecord {
                booking_id: BookingId::new(fields.id()),
                event_id: EventId::new(fields.uuid("event_id")?),
                quantity: fields.take("quantity")?,
                unit_price: fields.take("unit_price_minor")?,
                total: fields.take("total_minor")?,
                status: fields.take("status")?,
                history: history
                    .into_iter()
                    .map(|(cause, status, stock, held)| HistoryRecord {
                        cause,
                        status,
                        stock,
                        held,
                    })
                    .collect(),
                has_event: fields.take("has_event")?,
                is_paid: fields.take("is_paid")?,
                is_paid_back: fields.take("is_paid_back")?,
            })
        })
        .collect()
}
