//! The outbox: notices wait here until a worker has delivered them.

use std::time::Duration;

use uuid::Uuid;

use super::database::PgDatabase;
use super::instant::Instant;
use super::rows::Fields;
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::{NoticeResult, OutboxDepth, last_results, shortened};
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
    RETURNING o.id, o.event_id, o.booking_id, o.kind, o.attempts, o.run_at";

/// Only pending notices: one that is done stays done, however many workers thought that it was theirs.
const FINISH: &str = "
    UPDATE outbox AS o SET state = r.state, run_at = coalesce(r.run_at, o.run_at),
        last_error = coalesce(r.reason, o.last_error), finished_at = r.finished_at,
        locked_until = NULL
    FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::timestamptz[])
        AS r (id, state, run_at, reason, finished_at)
    WHERE o.id = r.id AND o.state = 'pending'";

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
        let notice = Notice {
            id: NoticeId::new(fields.id()),
            event_id: EventId::new(fields.take("event_id")?),
            booking_id: BookingId::new(fields.take("booking_id")?),
            kind: fields.check("kind", NoticeKind::parse(fields.take("kind")?))?,
            attempt: fields.count("attempts")?,
        };
        claimed.push((fields.time("run_at")?, notice));
    }
    database.commit(transaction).await?;
    // RETURNING keeps no order.
    claimed.sort_by_key(|(run_at, notice)| (*run_at, notice.id));
    Ok(claimed.into_iter().map(|(_, notice)| notice).collect())
}

pub(super) async fn finish(
    database: &PgDatabase,
    results: &[(NoticeId, NoticeResult)],
    now: Timestamp,
) -> Result<(), RepositoryError> {
    let last = last_results(results);
    if last.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = last.keys().map(|id| id.as_uuid()).collect();
    let (mut states, mut times, mut reasons, mut ends) = (vec![], vec![], vec![], vec![]);
    for result in last.into_values() {
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
        .execute(&mut *transaction)
        .await
        .map_err(|error| database.not_applied(&error))?;
    database.commit(transaction).await
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
