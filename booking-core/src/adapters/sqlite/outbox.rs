//! The outbox: notices wait here until a worker has delivered them.

use std::time::Duration;

use super::database::{SqliteDatabase, commit};
use super::error::not_applied;
use super::rows::{Fields, json};
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::{NoticeResult, OutboxDepth, last_results, shortened};
use crate::ports::fault::RepositoryError;

const IS_ANY_DUE: &str = "
    SELECT EXISTS (SELECT 1 FROM outbox
        WHERE state = 'pending' AND recipient = ?1 AND run_at <= ?2
            AND (locked_until IS NULL OR locked_until <= ?2))";

const CLAIM: &str = "
    UPDATE outbox SET attempts = attempts + 1, locked_until = ?3
    WHERE state = 'pending' AND id IN (
        SELECT id FROM outbox
        WHERE state = 'pending' AND recipient = ?1 AND run_at <= ?2
            AND (locked_until IS NULL OR locked_until <= ?2)
        ORDER BY run_at, id LIMIT ?4)
    RETURNING id, event_id, booking_id, kind, attempts, run_at";

/// Only pending notices: one that is done stays done, however many workers thought that it was theirs.
const FINISH: &str = "
    UPDATE outbox SET state = j.value ->> 1, run_at = coalesce(j.value ->> 2, run_at),
        last_error = coalesce(j.value ->> 3, last_error), finished_at = j.value ->> 4,
        locked_until = NULL
    FROM jsonb_each(?1) AS j
    WHERE outbox.id = unhex(j.value ->> 0) AND outbox.state = 'pending'";

const DEPTH: &str = "
    SELECT (SELECT count(*) FROM outbox
            WHERE state = 'pending' AND recipient IN ('buyer', 'gateway') AND run_at <= ?1),
        (SELECT count(*) FROM outbox WHERE state = 'dead')";

pub(super) async fn claim(
    database: &SqliteDatabase,
    recipient: Recipient,
    now: Timestamp,
    lease: Duration,
    limit: u32,
) -> Result<Vec<Notice>, RepositoryError> {
    // Workers ask again and again: they shall not stand in the writers' queue for nothing.
    let is_any_due: bool = sqlx::query_scalar(IS_ANY_DUE)
        .bind(recipient.as_str())
        .bind(now.as_micros())
        .fetch_one(database.readers())
        .await
        .map_err(not_applied)?;
    if !is_any_due {
        return Ok(Vec::new());
    }
    let mut transaction = database.begin().await?;
    let rows = sqlx::query(CLAIM)
        .bind(recipient.as_str())
        .bind(now.as_micros())
        .bind(now.saturating_add(lease).as_micros())
        .bind(i64::from(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(not_applied)?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in &rows {
        let fields = Fields::of(row, "outbox", "id")?;
        let notice = Notice {
            id: NoticeId::new(fields.id()),
            event_id: EventId::new(fields.uuid("event_id")?),
            booking_id: BookingId::new(fields.uuid("booking_id")?),
            kind: fields.check("kind", NoticeKind::parse(fields.take("kind")?))?,
            attempt: fields.count("attempts")?,
        };
        claimed.push((fields.time("run_at")?, notice));
    }
    commit(transaction).await?;
    // RETURNING keeps no order.
    claimed.sort_by_key(|(run_at, notice)| (*run_at, notice.id));
    Ok(claimed.into_iter().map(|(_, notice)| notice).collect())
}

pub(super) async fn finish(
    database: &SqliteDatabase,
    results: &[(NoticeId, NoticeResult)],
    now: Timestamp,
) -> Result<(), RepositoryError> {
    let last = last_results(results);
    if last.is_empty() {
        return Ok(());
    }
    let finished_at = Some(now.as_micros());
    let rows: Vec<_> = last
        .into_iter()
        .map(|(id, result)| {
            let id = id.as_uuid().simple();
            match result {
                NoticeResult::Done => (id, "done", None, None, finished_at),
                NoticeResult::Retry { at, reason } => {
                    (id, "pending", Some(at.as_micros()), Some(shortened(reason)), None)
                }
                NoticeResult::Dead { reason } => {
                    (id, "dead", None, Some(shortened(reason)), finished_at)
                }
            }
        })
        .collect();
    let mut transaction = database.begin().await?;
    sqlx::query(FINISH).bind(json(&rows)?).execute(&mut *transaction).await.map_err(not_applied)?;
    commit(transaction).await
}

pub(super) async fn depth(
    database: &SqliteDatabase,
    now: Timestamp,
) -> Result<OutboxDepth, RepositoryError> {
    let (due, dead): (i64, i64) = sqlx::query_as(DEPTH)
        .bind(now.as_micros())
        .fetch_one(database.readers())
        .await
        .map_err(not_applied)?;
    let count = |count| u64::try_from(count).unwrap_or(0);
    Ok(OutboxDepth { due: count(due), dead: count(dead) })
}
