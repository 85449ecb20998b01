//! Reading the books as PostgreSQL holds them.

use booking_core::domain::booking::BookingStatus;
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::ledger::{Movement, MovementCause};
use booking_core::domain::lifecycle::Trigger;
use booking_core::domain::stock::StockDelta;
use booking_core::domain::time::Timestamp;
use booking_core::testkit::witness::model::EventBooks;
use sqlx::{Connection as _, PgConnection, Row as _};
use uuid::Uuid;

use crate::stage::Stage;

const LINES: &str =
    "SELECT version, (extract(epoch FROM at) * 1000000)::bigint AS micros, cause, booking_id,
        booking_status, capacity_delta, stock_delta, held_delta
    FROM stock_movements WHERE event_id = $1 ORDER BY version";

/// Reads the books of all events.
pub(crate) async fn read(stage: &Stage, events: &[EventId]) -> Vec<EventBooks> {
    let mut connection = PgConnection::connect(&stage.postgres.url("history")).await.unwrap();
    let mut books = Vec::new();
    for event_id in events {
        let rows =
            sqlx::query(LINES).bind(event_id.as_uuid()).fetch_all(&mut connection).await.unwrap();
        let page = stage.bookings.list_bookings(*event_id, None, 10_000).await.unwrap();
        books.push(EventBooks {
            listing: stage.events.find_event(*event_id).await.unwrap().unwrap(),
            lines: rows.iter().map(|row| line(*event_id, row)).collect(),
            bookings: page.items,
        });
    }
    books
}

fn line(event_id: EventId, row: &sqlx::postgres::PgRow) -> Movement {
    let booking = row.get::<Option<Uuid>, _>("booking_id").map(|id| {
        let status = BookingStatus::parse(row.get("booking_status")).unwrap();
        (BookingId::new(id), status)
    });
    Movement {
        event_id,
        version: u64::try_from(row.get::<i64, _>("version")).unwrap(),
        at: Timestamp::from_micros(row.get("micros")).unwrap(),
        cause: cause(row.get("cause")),
        booking,
        delta: StockDelta {
            capacity: row.get::<i32, _>("capacity_delta").into(),
            stock: row.get::<i32, _>("stock_delta").into(),
            held: row.get::<i32, _>("held_delta").into(),
        },
    }
}

fn cause(name: &str) -> MovementCause {
    let others = [
        MovementCause::Created,
        MovementCause::Edited,
        MovementCause::Published,
        MovementCause::Cancelled,
        MovementCause::Held,
    ];
    let moved = Trigger::ALL.into_iter().map(MovementCause::Moved);
    others.into_iter().chain(moved).find(|cause| cause.as_str() == name).unwrap()
}
