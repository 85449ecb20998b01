//! The outbox: notices wait here until a worker has delivered them.

use std::time::Duration;

use uuid::Uuid;

use super::database::{SqliteDatabase, commit};
use super::error::not_applied;
use super::rows::{Fields, blob, json, json_ids};
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::{
    NoticePage, NoticeRecord, NoticeResult, NoticeState, OutboxDepth, last_results, shortened,
};
use crate::ports::fault::RepositoryError;

const IS_ANY_DUE: &str = "
    SELECT EXISTS (SELECT 1 FROM outbox
        WHERE state = 'pending' AND recipient = ?1 AND run_at <= ?2
            AND (locked_until IS NULL OR locked_until <= ?2))";

const CLAIM: &str = "
    UPDATE outbox SET attempts = attempts + 1, claims = claims + 1, locked_until = ?3
    WHERE state = 'pending' AND id IN (
        SELECT id FROM outbox
        WHERE state = 'pending' AND recipient = ?1 AND run_at <= ?2
            AND (locked_until IS NULL OR locked_until <= ?2)
        ORDER BY run_at, id LIMIT ?4)
    RETURNING id, event_id, booking_id, kind, attempts, claims, edition, run_at";

/// What is said again, because the answer was lost, changes nothing. One that is done stays done, however many workers
/// thought that it was theirs, and only the edition that was claimed counts. Whoever comes after his lease has run out, and
/// failed, takes nobody's lease away; if he delivered it, it is done, also if another has given it up.
const FINISH: &str = "
    UPDATE outbox SET state = j.value ->> 1, run_at = coalesce(j.value ->> 2, run_at),
        last_error = coalesce(j.value ->> 3, last_error), finished_at = j.value ->> 4,
        attempts = attempts - (j.value ->> 7), locked_until = NULL
    FROM jsonb_each(?1) AS j
    WHERE outbox.id = unhex(j.value ->> 0) AND outbox.edition = j.value ->> 5
        AND ((outbox.state = 'pending' AND outbox.claims = j.value ->> 6
                AND outbox.locked_until IS NOT NULL)
            OR (j.value ->> 1 = 'done' AND outbox.state IN ('pending', 'dead')))";

const LIST: &str = "
    SELECT id, event_id, booking_id, kind, attempts, claims, edition, run_at, last_error FROM outbox
    WHERE state = ?1 AND id > ?2 ORDER BY id LIMIT ?3";

/// Most that waits has time, as reminders have: what is due is found by its time, and put in the order of the ids
/// afterwards. SQLite would rather walk along the ids, past all that was ever delivered.
const LIST_DUE: &str = "
    SELECT id, event_id, booking_id, kind, attempts, claims, edition, run_at, last_error
    FROM outbox INDEXED BY outbox_pending
    WHERE state = 'pending' AND recipient IN ('buyer', 'gateway') AND run_at <= ?1 AND id > ?2
    ORDER BY id LIMIT ?3";

/// One that was planned anew since is left alone: the newer one says all that it would. Of several that were given up,
/// only the newest comes back.
const REVIVE: &str = "
    UPDATE outbox SET state = 'pending', run_at = ?2, attempts = 0, locked_until = NULL, finished_at = NULL
    WHERE id IN (SELECT unhex(value) FROM json_each(?1)) AND state = 'dead' AND NOT EXISTS (
        SELECT 1 FROM outbox AS n WHERE n.booking_id = outbox.booking_id AND n.kind = outbox.kind
            AND n.kind IN ('event_reminder', 'event_changed')
            AND (n.state = 'pending' OR (n.state = 'dead' AND n.id > outbox.id
                AND n.id IN (SELECT unhex(value) FROM json_each(?1)))))";

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
        claimed.push((fields.time("run_at")?, notice(&fields)?));
    }
    commit(transaction).await?;
    // RETURNING keeps no order.
    claimed.sort_by_key(|(run_at, notice)| (*run_at, notice.id));
    Ok(claimed.into_iter().map(|(_, notice)| notice).collect())
}

fn notice(fields: &Fields<'_>) -> Result<Notice, RepositoryError> {
    Ok(Notice {
        id: NoticeId::new(fields.id()),
        event_id: EventId::new(fields.uuid("event_id")?),
        booking_id: BookingId::new(fields.uuid("booking_id")?),
        kind: fields.check("kind", NoticeKind::parse(fields.take("kind")?))?,
        attempt: fields.count("attempts")?,
        claim: fields.count("claims")?,
        edition: fields.count("edition")?,
    })
}

pub(super) async fn finish(
    database: &SqliteDatabase,
    results: &[(Notice, NoticeResult)],
    now: Timestamp,
) -> Result<(), RepositoryError> {
    let last = last_results(results);
    if last.is_empty() {
        return Ok(());
    }
    let finished_at = Some(now.as_micros());
    let rows: Vec<_> = last
        .into_iter()
        .map(|(notice, result)| {
            let id = notice.id.as_uuid().simple();
            let (state, at, reason, end, uncounted) = match result {
                NoticeResult::Done => ("done", None, None, finished_at, 0),
                NoticeResult::Retry { at, reason, counts } => {
                    let at = Some(at.as_micros());
                    ("pending", at, Some(shortened(reason)), None, u8::from(!counts))
                }
                NoticeResult::Dead { reason } => {
                    ("dead", None, Some(shortened(reason)), finished_at, 0)
                }
            };
            (id, state, at, reason, end, notice.edition, notice.claim, uncounted)
        })
        .collect();
    let mut transaction = database.begin().await?;
    sqlx::query(FINISH).bind(json(&rows)?).execute(&mut *transaction).await.map_err(not_applied)?;
    commit(transaction).await
}

pub(super) async fn list(
    database: &SqliteDatabase,
    state: NoticeState,
    after: Option<NoticeId>,
    limit: u32,
) -> Result<NoticePage, RepositoryError> {
    let query = match state {
        NoticeState::Due(at) => sqlx::query(LIST_DUE).bind(at.as_micros()),
        NoticeState::Waiting | NoticeState::Dead => sqlx::query(LIST).bind(state.as_str()),
    };
    let found = query
        .bind(blob(after.map_or(Uuid::nil(), NoticeId::as_uuid)))
        .bind(i64::from(limit) + 1)
        .fetch_all(database.readers())
        .await
        .map_err(not_applied)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let items = found.iter().take(limit).map(|row| {
        let fields = Fields::of(row, "outbox", "id")?;
        let (notice, run_at) = (notice(&fields)?, fields.time("run_at")?);
        Ok(NoticeRecord { notice, run_at, last_error: fields.take_optional("last_error")? })
    });
    let items = items.collect::<Result<Vec<_>, RepositoryError>>()?;
    let next = items.last().map(|record| record.notice.id).filter(|_| found.len() > limit);
    Ok(NoticePage { items, next })
}

pub(super) async fn revive(
    database: &SqliteDatabase,
    ids: &[NoticeId],
    now: Timestamp,
) -> Result<u64, RepositoryError> {
    let mut transaction = database.begin().await?;
    let revived = sqlx::query(REVIVE)
        .bind(json_ids(ids.iter().map(|id| id.as_uuid()))?)
        .bind(now.as_micros())
        .execute(&mut *transaction)
        .await
        .map_err(not_applied)?
        .rows_affected();
    commit(transaction).await?;
    Ok(revived)
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
