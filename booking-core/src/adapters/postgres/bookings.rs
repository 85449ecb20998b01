//! Bookings: who gets a ticket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::books::Session;
use super::database::PgDatabase;
use super::error::unavailable;
use super::instant::Instant;
use super::optimistic::{AdmissionDecision, Memory, SettlementDecision};
use super::rows::{self, booking_columns};
use super::{announcements, audit, outbox};
use crate::domain::audit::{BookingRecord, EventRecord};
use crate::domain::booking::Booking;
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::ledger::{
    EventLedger, HoldOutcome, HoldRequest, SettleOutcome, Settlement, SoldOut,
};
use crate::domain::notice::{Notice, Recipient};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::IdSource;
use crate::ports::booking_repository::{
    BatchOutcome, BookingPage, BookingRepository, LinkRecord, NoticePage, NoticeResult,
    NoticeState, OutboxDepth,
};
use crate::ports::fault::RepositoryError;

const RECORD_LINKS: &str = "
    UPDATE bookings AS b SET payment_id = l.payment_id, payment_url = l.payment_url
    FROM unnest($1::uuid[], $2::text[], $3::text[]) AS l (id, payment_id, payment_url)
    WHERE b.id = l.id AND b.payment_id IS NULL";

const FIND_BOOKING: &str =
    concat!("SELECT ", booking_columns!(), " FROM bookings AS b WHERE b.id = $1");

const LIST_BOOKINGS: &str = concat!(
    "SELECT ",
    booking_columns!(),
    " FROM bookings AS b WHERE b.event_id = $1 AND b.id > $2 ORDER BY b.id LIMIT $3"
);

const LIST_OVERDUE: &str = "
    SELECT id FROM bookings
    WHERE status = 'pending' AND expires_at <= $1
    ORDER BY expires_at, id LIMIT $2";

/// Two halves, so that each finds the index that holds nothing but its own status.
const LIST_CALLED_OFF: &str = "
    (SELECT b.id FROM events AS e JOIN bookings AS b ON b.event_id = e.id AND b.status = 'pending'
        WHERE e.status = 'cancelled' LIMIT $1)
    UNION ALL
    (SELECT b.id FROM events AS e JOIN bookings AS b ON b.event_id = e.id AND b.status = 'confirmed'
        WHERE e.status = 'cancelled' LIMIT $1)
    LIMIT $1";

const PURGE_KEYS: &str = "
    WITH old AS MATERIALIZED (
        SELECT event_id, key FROM idempotency_keys WHERE created_at < $1
        ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    DELETE FROM idempotency_keys AS k USING old
    WHERE k.event_id = old.event_id AND k.key = old.key";

/// Reads a table, so that a schema that is gone is noticed. A copy that can only be read takes no booking.
const PING: &str = "SELECT pg_is_in_recovery() FROM (SELECT count(*) FROM (SELECT 1 FROM event_stock LIMIT 1) AS s) AS c";

/// Keeps bookings, the journal and the outbox in PostgreSQL.
#[derive(Debug, Clone)]
pub struct PgBookingRepository {
    database: PgDatabase,
    ids: Arc<dyn IdSource>,
    memory: Arc<Memory>,
}

impl PgBookingRepository {
    /// Makes the repository; `ids` names the notices of the outbox.
    pub fn new(database: PgDatabase, ids: Arc<dyn IdSource>) -> Self {
        Self { database, ids, memory: Arc::default() }
    }

    /// Admits a batch without the locks. `None` if it has to be decided under them; nothing is written then.
    async fn admit_optimistically(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<Option<BatchOutcome<HoldOutcome>>, RepositoryError> {
        let Some(decision) = AdmissionDecision::take(&self.memory, batch, now) else {
            return Ok(None);
        };
        let written = decision.write(&self.database, now).await;
        let Ok(Some(stocks)) = written else {
            self.memory.forget(batch.iter().map(|request| request.event_id));
            return written.map(|_| None);
        };
        self.memory.note_stocks(&stocks);
        Ok(Some(BatchOutcome { outcomes: decision.outcomes, stocks }))
    }

    /// Settles a batch without the locks. `None` if it has to be decided under them; nothing is written then.
    async fn settle_optimistically(
        &self,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<Option<BatchOutcome<SettleOutcome>>, RepositoryError> {
        let taken = SettlementDecision::take(&self.database, &self.memory, batch, now).await?;
        let Some(decision) = taken else { return Ok(None) };
        let written = decision.write(&self.database, &*self.ids, now).await;
        let Ok(Some(stocks)) = written else {
            self.memory.forget(decision.changed());
            return written.map(|_| None);
        };
        self.memory.note_stocks(&stocks);
        Ok(Some(BatchOutcome { outcomes: decision.outcomes, stocks }))
    }

    async fn list_ids(
        &self,
        query: sqlx::query::QueryScalar<'static, sqlx::Postgres, Uuid, sqlx::postgres::PgArguments>,
    ) -> Result<Vec<BookingId>, RepositoryError> {
        let mut reading = self.database.read().await?;
        let found = query.fetch_all(&mut *reading).await;
        let found = found.map_err(|error| self.database.not_applied(&error))?;
        reading.end().await?;
        Ok(found.into_iter().map(BookingId::new).collect())
    }
}

#[async_trait]
impl BookingRepository for PgBookingRepository {
    fn batches_at_once(&self) -> usize {
        self.database.options().batches()
    }

    #[tracing::instrument(name = "pg.admit", skip_all, fields(batch.len = batch.len()))]
    async fn admit(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        if batch.is_empty() {
            return Ok(BatchOutcome { outcomes: Vec::new(), stocks: Vec::new() });
        }
        if let Some(admitted) = self.admit_optimistically(batch, now).await? {
            return Ok(admitted);
        }
        let mut transaction = self.database.begin().await?;
        let mut session = Session { database: &self.database, connection: &mut transaction };
        let (mut books, versions) = session.open_for_requests(batch, now).await?;
        let mut outcomes = books.admit(batch)?;
        let sold_out = SoldOut::events(batch, &outcomes);
        let mut stocks: BTreeMap<EventId, Stock> = sold_out
            .iter()
            .filter_map(|id| books.ledger(*id).map(|ledger| (*id, ledger.stock)))
            .collect();
        let left_behind: Vec<EventLedger> =
            versions.keys().filter_map(|id| books.ledger(*id).copied()).collect();
        let changes = books.close();
        stocks.extend(&changes.stocks);
        session.write(&changes, &*self.ids, now).await?;
        if !sold_out.is_empty() {
            let releases = session.load_next_releases(&sold_out).await?;
            SoldOut::add_next_releases(batch, &mut outcomes, &releases);
        }
        // Where nothing was written the commit costs no more than a rollback: the disk is left alone.
        self.database.commit(transaction).await?;
        self.memory.keep(left_behind, &versions, now);
        Ok(BatchOutcome { outcomes, stocks: stocks.into_iter().collect() })
    }

    #[tracing::instrument(name = "pg.settle", skip_all, fields(batch.len = batch.len()))]
    async fn settle(
        &self,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<BatchOutcome<SettleOutcome>, RepositoryError> {
        if batch.is_empty() {
            return Ok(BatchOutcome { outcomes: Vec::new(), stocks: Vec::new() });
        }
        if let Some(settled) = self.settle_optimistically(batch, now).await? {
            return Ok(settled);
        }
        let mut transaction = self.database.begin().await?;
        let mut session = Session { database: &self.database, connection: &mut transaction };
        let (mut books, versions) = session.open_for_settlements(batch, now).await?;
        let outcomes = books.settle(batch)?;
        let left_behind: Vec<EventLedger> =
            versions.keys().filter_map(|id| books.ledger(*id).copied()).collect();
        let changes = books.close();
        session.write(&changes, &*self.ids, now).await?;
        self.database.commit(transaction).await?;
        self.memory.keep(left_behind, &versions, now);
        Ok(BatchOutcome { outcomes, stocks: changes.stocks.into_iter().collect() })
    }

    async fn record_links(&self, batch: &[LinkRecord]) -> Result<(), RepositoryError> {
        let mut first = BTreeMap::new();
        for record in batch {
            first.entry(record.booking_id).or_insert(&record.payment);
        }
        if first.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = first.keys().map(|id| id.as_uuid()).collect();
        let (payments, urls): (Vec<&str>, Vec<&str>) =
            first.into_values().map(|payment| (payment.payment_id.as_str(), &*payment.url)).unzip();
        let query = self.database.query(RECORD_LINKS).bind(ids).bind(payments).bind(urls);
        self.database.run_at_once(query, |_| false).await.map(drop)
    }

    async fn find_booking(&self, id: BookingId) -> Result<Option<Booking>, RepositoryError> {
        let mut reading = self.database.read().await?;
        let row = self
            .database
            .query(FIND_BOOKING)
            .bind(id.as_uuid())
            .fetch_optional(&mut *reading)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        reading.end().await?;
        row.as_ref().map(rows::booking).transpose()
    }

    async fn list_bookings(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, RepositoryError> {
        let mut reading = self.database.read().await?;
        let found = self
            .database
            .query(LIST_BOOKINGS)
            .bind(event_id.as_uuid())
            .bind(after.map_or(Uuid::nil(), BookingId::as_uuid))
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *reading)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        reading.end().await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let items = rows::bookings(&found[..found.len().min(limit)])?;
        let next = items.last().map(|booking| booking.id).filter(|_| found.len() > limit);
        Ok(BookingPage { items, next })
    }

    async fn list_overdue(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, RepositoryError> {
        let query = self.database.query_scalar(LIST_OVERDUE);
        self.list_ids(query.bind(Instant::from(now)).bind(i64::from(limit))).await
    }

    async fn list_called_off(&self, limit: u32) -> Result<Vec<BookingId>, RepositoryError> {
        let query = self.database.query_scalar(LIST_CALLED_OFF);
        self.list_ids(query.bind(i64::from(limit))).await
    }

    async fn claim_notices(
        &self,
        recipient: Recipient,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Notice>, RepositoryError> {
        outbox::claim(&self.database, recipient, now, lease, limit).await
    }

    async fn finish_notices(
        &self,
        results: &[(Notice, NoticeResult)],
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        outbox::finish(&self.database, results, now).await
    }

    async fn list_notices(
        &self,
        state: NoticeState,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<NoticePage, RepositoryError> {
        outbox::list(&self.database, state, after, limit).await
    }

    async fn revive_notices(
        &self,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<u64, RepositoryError> {
        outbox::revive(&self.database, ids, now).await
    }

    async fn spread_announcement(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<bool, RepositoryError> {
        announcements::spread(&self.database, now, limit, &*self.ids).await
    }

    async fn outbox_depth(&self, now: Timestamp) -> Result<OutboxDepth, RepositoryError> {
        outbox::depth(&self.database, now).await
    }

    async fn purge_keys(&self, before: Timestamp, limit: u32) -> Result<u64, RepositoryError> {
        let mut transaction = self.database.begin().await?;
        let purged = self
            .database
            .query(PURGE_KEYS)
            .bind(Instant::from(before))
            .bind(i64::from(limit))
            .execute(&mut *transaction)
            .await
            .map_err(|error| self.database.not_applied(&error))?
            .rows_affected();
        self.database.commit(transaction).await?;
        Ok(purged)
    }

    async fn audit_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventRecord>, RepositoryError> {
        audit::events(&self.database, after, limit).await
    }

    async fn audit_bookings(
        &self,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingRecord>, RepositoryError> {
        audit::bookings(&self.database, after, limit).await
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        let mut reading = self.database.read_as_writer().await?;
        let query = self.database.query_scalar::<bool>(PING);
        let is_copy = query.fetch_one(&mut *reading).await;
        let is_copy = is_copy.map_err(|error| self.database.not_applied(&error))?;
        reading.end().await?;
        if is_copy {
            return Err(unavailable("the server is a copy that can only be read from"));
        }
        Ok(())
    }
}
