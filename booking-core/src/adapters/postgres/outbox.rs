//! The outbox: notices wait here until a worker has delivered them.

use std::time::Duration;

use uuid::Uuid;

use super::changes::tickets;
use super::database::PgDatabase;
use super::instant::Instant;
use super::rows::Fields;
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::{
    NoticePage, NoticeRecord, NoticeResult, NoticeState, OutboxDepth, last_results, shortened,
};
use crate::ports::fault::RepositoryError;

const IS_ANY_DUE: &str = "
    SELECT EXISTS (SELECT 1 FROM outbox
        WHERE state = 'pending' AND recipient = $1 AND run_at <= $2
            AND (locked_until IS NULL OR locked_until <= $2))";

/// What another worker claims at this moment is passed over, not waited for.
const CLAIM: &str = "
    WITH due AS MATERIALIZED (
        SELECT event_id, id FROM outbox
        WHERE state = 'pending' AND recipient = $1 AND run_at <= $2
            AND (locked_until IS NULL OR locked_until <= $2)
        ORDER BY run_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)
    UPDATE outbox AS o SET attempts = o.attempts + 1, locked_until = $3
    FROM due WHERE o.event_id = due.event_id AND o.id = due.id
    RETURNING o.id, o.event_id, o.booking_id, o.kind, o.attempts, o.edition, o.run_at";

/// Only pending notices: one that is done stays done, however many workers thought that it was theirs. And only the
/// edition that was claimed. Whoever comes after his lease has run out, and failed, takes nobody's lease away.
const FINISH: &str = "
    UPDATE outbox AS o SET state = r.state, run_at = coalesce(r.run_at, o.run_at),
        last_error = coalesce(r.reason, o.last_error), finished_at = r.finished_at,
        locked_until = NULL
    FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::timestamptz[], $6::integer[],
            $7::integer[])
        AS r (id, state, run_at, reason, finished_at, edition, attempt)
    WHERE o.id = r.id AND o.state = 'pending' AND o.edition = r.edition
        AND (r.state = 'done' OR o.attempts = r.attempt)";

const LIST: &str = "
    SELECT id, event_id, booking_id, kind, attempts, edition, run_at, last_error FROM outbox
    WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3";

/// One that was planned anew since is left alone: the newer one says all that it would.
const REVIVE: &str = "
    UPDATE outbox AS o SET state = 'pending', run_at = $2, attempts = 0, locked_until = NULL, finished_at = NULL
    WHERE o.id = ANY($1) AND o.state = 'dead' AND NOT EXISTS (
        SELECT FROM outbox AS n WHERE n.event_id = o.event_id AND n.booking_id = o.booking_id AND n.kind = o.kind
            AND n.state = 'pending' AND n.kind IN ('event_reminder', 'event_changed'))";

const DEPTH: &str = "
    SELECT (SELECT count(*) FROM outbox
            WHERE state = 'pending' AND recipient IN ('buyer', 'gateway') AND run_at <= $1) AS due,
        (SELECT count(*) FROM outbox WHERE state = 'dead') AS dead";

pub(super) async fn claim(
    database: &PgDatabase,
    recipient: Recipient,
    now: Timestamp,
    lease: Duration,
    limit: u32,
) -> Result<Vec<Notice>, RepositoryError> {
    // Workers ask again and again: a look costs less than a transaction that writes.
    let mut reading = database.read().await?;
    let is_any_due: bool = database
        .query_scalar(IS_ANY_DUE)
        .bind(recipient.as_str())
        .bind(Instant::from(now))
        .fetch_one(&mut *reading)
        .await
        .map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    if !is_any_due {
        return Ok(Vec::new());
    }
    let mut transaction = database.begin().await?;
    let rows = database
        .query(CLAIM)
        .bind(recipient.as_str())
        .bind(Instant::from(now))
        .bind(Instant::from(now.saturating_add(lease)))
        .bind(i64::from(limit))
        .fetch_all(&mut *transaction)
        .await
        .map_err(|error| database.not_applied(&error))?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in &rows {
        let fields = Fields::of(row, "outbox", "id")?;
        claimed.push((fields.time("run_at")?, notice(&fields)?));
    }
    database.commit(transaction).await?;
    // RETURNING keeps no order.
    claimed.sort_by_key(|(run_at, notice)| (*run_at, notice.id));
    Ok(claimed.into_iter().map(|(_, notice)| notice).collect())
}

fn notice(fields: &Fields<'_>) -> Result<Notice, RepositoryError> {
    Ok(Notice {
        id: NoticeId::new(fields.id()),
        event_id: EventId::new(fields.take("event_id")?),
        booking_id: BookingId::new(fields.take("booking_id")?),
        kind: fields.check("kind", NoticeKind::parse(fields.take("kind")?))?,
        attempt: fields.count("attempts")?,
        edition: fields.count("edition")?,
    })
}

pub(super) async fn finish(
    database: &PgDatabase,
    results: &[(Notice, NoticeResult)],
    now: Timestamp,
) -> Result<(), RepositoryError> {
    let last = last_results(results);
    if last.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = last.keys().map(|(id, _)| id.as_uuid()).collect();
    let editions: Vec<i32> = last.keys().map(|(_, edition)| tickets(*edition)).collect();
    let attempts: Vec<i32> = last.values().map(|(attempt, _)| tickets(*attempt)).collect();
    let (mut states, mut times, mut reasons, mut ends) = (vec![], vec![], vec![], vec![]);
    for (_, result) in last.into_values() {
        let (state, time, reason, end) = match result {
            NoticeResult::Done => ("done", None, None, Some(now)),
            NoticeResult::Retry { at, reason } => ("pending", Some(*at), Some(reason), None),
            NoticeResult::Dead { reason } => ("dead", None, Some(reason), Some(now)),
        };
        states.push(state);
        times.push(time.map(Instant::from));
        reasons.push(reason.map(|reason| shortened(reason)));
        ends.push(end.map(Instant::from));
    }
    let mut transaction = database.begin().await?;
    database
        .query(FINISH)
        .bind(ids)
        .bind(states)
        .bind(times)
        .bind(reasons)
        .bind(ends)
        .bind(editions)
        .bind(attempts)
        .execute(&mut *transaction)
        .await
        .map_err(|error| database.not_applied(&error))?;
    database.commit(transaction).await
}

pub(super) async fn list(
    database: &PgDatabase,
    state: NoticeState,
    after: Option<NoticeId>,
    limit: u32,
) -> Result<NoticePage, RepositoryError> {
    let mut reading = database.read().await?;
    let found = database
        .query(LIST)
        .bind(state.as_str())
        .bind(after.map_or(Uuid::nil(), NoticeId::as_uuid))
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *reading)
        .await
        .map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
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
    database: &PgDatabase,
    ids: &[NoticeId],
    now: Timestamp,
) -> Result<u64, RepositoryError> {
    let mut transaction = database.begin().await?;
    let revived = database
        .query(REVIVE)
        .bind(ids.iter().map(|id| id.as_uuid()).collect::<Vec<_>>())
        .bind(Instant::from(now))
        .execute(&mut *transaction)
        .await
        .map_err(|error| database.not_applied(&error))?
        .rows_affected();
    database.commit(transaction).await?;
    Ok(revived)
}

pub(super) async fn depth(
    database: &PgDatabase,
    now: Timestamp,
) -> Result<OutboxDepth, RepositoryError> {
    use sqlx::Row as _;
    let mut reading = database.read().await?;
    let row = database
        .query(DEPTH)
        .bind(Instant::from(now))
        .fetch_one(&mut *reading)
        .await
        .map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    let count = |column: &str| match row.try_get::<i64, _>(column) {
        Ok(count) => Ok(u64::try_from(count).unwrap_or(0)),
        Err(error) => Err(database.not_applied(&error)),
    };
    Ok(OutboxDepth { due: count("due")?, dead: count("dead")? })
}
