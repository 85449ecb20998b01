//! The outbox: notices wait here until a worker has delivered them.

use std::time::Duration;

use uuid::Uuid;

use super::changes::{columns, tickets};
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
    UPDATE outbox AS o SET attempts = o.attempts + 1, claims = o.claims + 1, locked_until = $3
    FROM due WHERE o.event_id = due.event_id AND o.id = due.id
    RETURNING o.id, o.event_id, o.booking_id, o.kind, o.attempts, o.claims, o.edition, o.run_at";

/// What is said again, because the answer was lost, changes nothing. One that is done stays done, however many workers
/// thought that it was theirs, and only the edition that was claimed counts. Whoever comes after his lease has run out, and
/// failed, takes nobody's lease away; if he delivered it, it is done, also if another has given it up.
const FINISH: &str = "
    UPDATE outbox AS o SET state = r.state, run_at = coalesce(r.run_at, o.run_at),
        last_error = coalesce(r.reason, o.last_error), finished_at = r.finished_at,
        attempts = o.attempts - r.uncounted, locked_until = NULL
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[], $5::text[], $6::timestamptz[],
            $7::text[], $8::timestamptz[], $9::integer[])
        AS r (event_id, id, edition, claim, state, run_at, reason, finished_at, uncounted)
    WHERE o.event_id = r.event_id AND o.id = r.id AND o.edition = r.edition
        AND ((o.state = 'pending' AND o.claims = r.claim AND o.locked_until IS NOT NULL)
            OR (r.state = 'done' AND o.state IN ('pending', 'dead')))";

const LIST: &str = "
    SELECT id, event_id, booking_id, kind, attempts, claims, edition, run_at, last_error FROM outbox
    WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3";

/// Most that waits has time, as reminders have: what is due is found by its time, and put in the order of the ids
/// afterwards.
const LIST_DUE: &str = "
    SELECT id, event_id, booking_id, kind, attempts, claims, edition, run_at, last_error
    FROM outbox
    WHERE state = 'pending' AND recipient IN ('buyer', 'gateway') AND run_at <= $1 AND id > $2
    ORDER BY id LIMIT $3";

/// One that was planned anew since is left alone: the newer one says all that it would. Of several that were given up,
/// only the newest comes back.
const REVIVE: &str = "
    UPDATE outbox AS o SET state = 'pending', run_at = $2, attempts = 0, locked_until = NULL, finished_at = NULL
    WHERE o.id = ANY($1) AND o.state = 'dead' AND NOT EXISTS (
        SELECT FROM outbox AS n WHERE n.event_id = o.event_id AND n.booking_id = o.booking_id AND n.kind = o.kind
            AND n.kind IN ('event_reminder', 'event_changed')
            AND (n.state = 'pending' OR (n.state = 'dead' AND n.id > o.id AND n.id = ANY($1))))";

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
        claim: fields.count("claims")?,
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
    let (events, ids, editions, claims) = columns!(last => |(notice, _)|
        notice.event_id.as_uuid(), notice.id.as_uuid(), tickets(notice.edition),
        tickets(notice.claim));
    let rows: Vec<_> = last
        .iter()
        .map(|(_, result)| match result {
            NoticeResult::Done => ("done", None, None, Some(now), 0),
            NoticeResult::Retry { at, reason, counts } => {
                ("pending", Some(*at), Some(shortened(reason)), None, i32::from(!counts))
            }
            NoticeResult::Dead { reason } => ("dead", None, Some(shortened(reason)), Some(now), 0),
        })
        .collect();
    let (states, times, reasons, ends, uncounted) = columns!(rows => |row|
        row.0, row.1.map(Instant::from), row.2.clone(), row.3.map(Instant::from), row.4);
    let query = database.query(FINISH).bind(events).bind(ids).bind(editions).bind(claims);
    let query = query.bind(states).bind(times).bind(reasons).bind(ends).bind(uncounted);
    let mut transaction = database.begin().await?;
    query.execute(&mut *transaction).await.map_err(|error| database.not_applied(&error))?;
    database.commit(transaction).await
}

pub(super) async fn list(
    database: &PgDatabase,
    state: NoticeState,
    after: Option<NoticeId>,
    limit: u32,
) -> Result<NoticePage, RepositoryError> {
    let mut reading = database.read().await?;
    let query = match state {
        NoticeState::Due(at) => database.query(LIST_DUE).bind(Instant::from(at)),
        NoticeState::Waiting | NoticeState::Dead => database.query(LIST).bind(state.as_str()),
    };
    let found = query
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
