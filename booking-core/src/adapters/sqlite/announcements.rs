//! Changes of events that those who have booked are still to be told of.

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::database::{SqliteDatabase, commit};
use super::error::not_applied;
use super::event_rows::{self, listing_columns};
use super::rows::{Fields, blob, booking_ids, json, json_ids};
use crate::domain::announcement::{Announcement, AnnouncementPlan, ReminderPlan};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::notice::NoticeKind;
use crate::domain::time::Timestamp;
use crate::ports::IdSource;
use crate::ports::fault::RepositoryError;

const INSERT: &str = "
    INSERT INTO announcements (event_id, version, is_move)
    SELECT unhex(j.value ->> 0), j.value ->> 1, j.value ->> 2 FROM jsonb_each(?1) AS j WHERE true
    ON CONFLICT (event_id) DO UPDATE
    SET version = excluded.version, is_move = max(is_move, excluded.is_move), after = NULL";

const IS_ANY: &str = "SELECT EXISTS (SELECT 1 FROM announcements)";

const TAKE: &str = "
    SELECT event_id, version, is_move, after FROM announcements ORDER BY event_id LIMIT 1";

const EVENT: &str = concat!(
    "SELECT ",
    listing_columns!(),
    " FROM events AS e JOIN event_stock AS s ON s.event_id = e.id WHERE e.id = ?1"
);

/// The journal tells who was there before the change: clocks of several servers do not.
const CONCERNED: &str = "
    SELECT b.id FROM bookings AS b
    WHERE b.event_id = ?1 AND b.id > ?2 AND b.status = 'confirmed' AND EXISTS (
        SELECT 1 FROM stock_movements AS m
        WHERE m.event_id = b.event_id AND m.booking_id = b.id AND m.booking_status = 'confirmed'
            AND m.version < ?3)
    ORDER BY b.id LIMIT ?4";

/// One that waits already is planned anew: with all attempts, and for nobody who has claimed it.
const PLAN: &str = "
    INSERT INTO outbox (event_id, id, booking_id, kind, recipient, run_at)
    SELECT ?1, unhex(j.value ->> 0), unhex(j.value ->> 1), ?3, ?4, ?5 FROM jsonb_each(?2) AS j WHERE true
    ON CONFLICT (booking_id, kind) WHERE state = 'pending' AND kind IN ('event_reminder', 'event_changed')
    DO UPDATE SET run_at = excluded.run_at, edition = edition + 1, attempts = 0, locked_until = NULL";

const AT_ONCE: &str = "
    UPDATE outbox SET run_at = min(run_at, ?3), edition = edition + 1, attempts = 0, locked_until = NULL
    WHERE booking_id IN (SELECT unhex(value) FROM json_each(?1)) AND kind = ?2 AND state = 'pending'
        AND kind IN ('event_reminder', 'event_changed')";

const DROP: &str = "
    UPDATE outbox SET state = 'done', finished_at = ?3, edition = edition + 1, locked_until = NULL
    WHERE booking_id IN (SELECT unhex(value) FROM json_each(?1)) AND kind = ?2 AND state = 'pending'
        AND kind IN ('event_reminder', 'event_changed')";

const GO_ON: &str = "UPDATE announcements SET after = ?3 WHERE event_id = ?1 AND version = ?2";

const END: &str = "DELETE FROM announcements WHERE event_id = ?1 AND version = ?2";

/// Keeps announcements, beside the changes that they are of.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    announcements: &[Announcement],
) -> Result<(), RepositoryError> {
    if announcements.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = announcements
        .iter()
        .map(|a| (a.event_id.as_uuid().simple(), a.version, u8::from(a.is_move)))
        .collect();
    let insert = sqlx::query(INSERT).bind(json(&rows)?);
    insert.execute(connection).await.map(drop).map_err(not_applied)
}

/// Does what one announcement asks for, for some of the bookings; tells whether there is one.
pub(super) async fn spread(
    database: &SqliteDatabase,
    now: Timestamp,
    limit: u32,
    ids: &dyn IdSource,
) -> Result<bool, RepositoryError> {
    // Workers ask again and again: they shall not stand in the writers' queue for nothing.
    let is_any = sqlx::query_scalar(IS_ANY).fetch_one(database.readers()).await;
    let is_any: bool = is_any.map_err(not_applied)?;
    if !is_any {
        return Ok(false);
    }
    let mut transaction = database.begin().await?;
    let Some(announcement) = take(&mut transaction).await? else { return Ok(false) };
    let event = blob(announcement.event_id.as_uuid());
    let row = sqlx::query(EVENT).bind(&event).fetch_one(&mut *transaction).await;
    let listing = event_rows::listing(&row.map_err(not_applied)?)?;
    let mut concerned: Vec<BookingId> = Vec::new();
    if let Some(plan) = announcement.plan(&listing.event, now) {
        concerned = load_concerned(&mut transaction, &announcement, limit).await?;
        carry_out(&mut transaction, plan, announcement.event_id, &concerned, now, ids).await?;
    }
    let version = i64::try_from(announcement.version).unwrap_or(i64::MAX);
    // A page that is not full is the last.
    let done = match concerned.last().filter(|_| u32::try_from(concerned.len()) == Ok(limit)) {
        Some(last) => sqlx::query(GO_ON).bind(event).bind(version).bind(blob(last.as_uuid())),
        None => sqlx::query(END).bind(event).bind(version),
    };
    done.execute(&mut *transaction).await.map_err(not_applied)?;
    commit(transaction).await?;
    Ok(true)
}

async fn take(connection: &mut SqliteConnection) -> Result<Option<Announcement>, RepositoryError> {
    let row = sqlx::query(TAKE).fetch_optional(connection).await.map_err(not_applied)?;
    let Some(row) = row else { return Ok(None) };
    let fields = Fields::of(&row, "announcements", "event_id")?;
    let after: Option<&[u8]> = fields.take_optional("after")?;
    let after = after.map(Uuid::from_slice).transpose();
    Ok(Some(Announcement {
        event_id: EventId::new(fields.id()),
        version: u64::try_from(fields.take::<i64>("version")?)
            .map_err(|_| fields.corrupt("version is negative"))?,
        is_move: fields.take("is_move")?,
        after: after.map_err(|_| fields.corrupt("after is not a UUID"))?.map(BookingId::new),
    }))
}

async fn load_concerned(
    connection: &mut SqliteConnection,
    announcement: &Announcement,
    limit: u32,
) -> Result<Vec<BookingId>, RepositoryError> {
    let found = sqlx::query(CONCERNED)
        .bind(blob(announcement.event_id.as_uuid()))
        .bind(blob(announcement.after.map_or(Uuid::nil(), BookingId::as_uuid)))
        .bind(i64::try_from(announcement.version).unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        .map_err(not_applied)?;
    booking_ids(&found)
}

async fn carry_out(
    connection: &mut SqliteConnection,
    plan: AnnouncementPlan,
    event_id: EventId,
    bookings: &[BookingId],
    now: Timestamp,
    ids: &dyn IdSource,
) -> Result<(), RepositoryError> {
    let reminder = NoticeKind::EventReminder;
    let mut planned = Vec::new();
    if plan.is_told {
        planned.push((NoticeKind::EventChanged, now));
    }
    if let ReminderPlan::At(at) = plan.reminder {
        planned.push((reminder, at));
    }
    for (kind, run_at) in planned {
        let rows: Vec<_> = bookings
            .iter()
            .map(|booking| (ids.next_id().simple(), booking.as_uuid().simple()))
            .collect();
        sqlx::query(PLAN)
            .bind(blob(event_id.as_uuid()))
            .bind(json(&rows)?)
            .bind(kind.as_str())
            .bind(kind.recipient().as_str())
            .bind(run_at.as_micros())
            .execute(&mut *connection)
            .await
            .map_err(not_applied)?;
    }
    let statement = match plan.reminder {
        ReminderPlan::At(_) => return Ok(()),
        ReminderPlan::AtOnce => AT_ONCE,
        ReminderPlan::Dropped => DROP,
    };
    sqlx::query(statement)
        .bind(json_ids(bookings.iter().map(|booking| booking.as_uuid()))?)
        .bind(reminder.as_str())
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map(drop)
        .map_err(not_applied)
}
