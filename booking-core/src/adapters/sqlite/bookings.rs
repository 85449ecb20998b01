//! Bookings: who gets a ticket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::database::{SqliteDatabase, commit};
use super::error::not_applied;
use super::rows::{self, blob, booking_columns, json};
use super::{announcements, audit, books, changes, outbox};
use crate::domain::audit::{BookingRecord, EventRecord};
use crate::domain::booking::Booking;
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::ledger::{HoldOutcome, HoldRequest, SettleOutcome, Settlement, SoldOut};
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
    UPDATE bookings
    SET payment_id = j.value ->> 1, payment_url = j.value ->> 2
    FROM jsonb_each(?1) AS j
    WHERE bookings.id = unhex(j.value ->> 0) AND bookings.payment_id IS NULL";

const FIND_BOOKING: &str =
    concat!("SELECT ", booking_columns!(), " FROM bookings AS b WHERE b.id = ?1");

const LIST_BOOKINGS: &str = concat!(
    "SELECT ",
    booking_columns!(),
    " FROM bookings AS b WHERE b.event_id = ?1 AND b.id > ?2 ORDER BY b.id LIMIT ?3"
);

const LIST_OVERDUE: &str = "
    SELECT id FROM bookings
    WHERE status = 'pending' AND expires_at <= ?1
    ORDER BY expires_at, id LIMIT ?2";

/// Two halves, so that each finds the index that holds nothing but its own status.
const LIST_CALLED_OFF: &str = "
    SELECT b.id FROM events AS e CROSS JOIN bookings AS b ON b.event_id = e.id AND b.status = 'pending'
    WHERE e.status = 'cancelled'
    UNION ALL
    SELECT b.id FROM events AS e CROSS JOIN bookings AS b ON b.event_id = e.id AND b.status = 'confirmed'
    WHERE e.status = 'cancelled'
    LIMIT ?1";

const PURGE_KEYS: &str = "
    DELETE FROM idempotency_keys WHERE key IN (
        SELECT key FROM idempotency_keys WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";

/// Reads a page of the file, so that a lost disk is noticed.
const PING: &str = "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)";

/// Keeps bookings, the journal and the outbox in an SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteBookingRepository {
    database: SqliteDatabase,
    ids: Arc<dyn IdSource>,
}

impl SqliteBookingRepository {
    /// Makes the repository; `ids` names the notices of the outbox.
    pub fn new(database: SqliteDatabase, ids: Arc<dyn IdSource>) -> Self {
        Self { database, ids }
    }
}

#[async_trait]
impl BookingRepository for SqliteBookingRepository {
    fn batches_at_once(&self) -> usize {
        1
    }

    #[tracing::instrument(name = "sqlite.admit", skip_all, fields(batch.len = batch.len()))]
    async fn admit(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        if batch.is_empty() {
            return Ok(BatchOutcome { outcomes: Vec::new(), stocks: Vec::new() });
        }
        let mut transaction = self.database.begin().await?;
        let mut books = books::open_for_requests(&mut transaction, batch, now).await?;
        let mut outcomes = books.admit(batch)?;
        let sold_out = SoldOut::events(batch, &outcomes);
        let mut stocks: BTreeMap<EventId, Stock> = sold_out
            .iter()
            .filter_map(|id| books.ledger(*id).map(|ledger| (*id, ledger.stock)))
            .collect();
        let changes = books.close();
        stocks.extend(&changes.stocks);
        changes::write(&mut transaction, &changes, &*self.ids, now).await?;
        if !sold_out.is_empty() {
            let releases = books::load_next_releases(&mut transaction, &sold_out).await?;
            SoldOut::add_next_releases(batch, &mut outcomes, &releases.into_iter().collect());
        }
        // Where nothing was written the commit costs no more than a rollback: the disk is left alone.
        commit(transaction).await?;
        Ok(BatchOutcome { outcomes, stocks: stocks.into_iter().collect() })
    }

    #[tracing::instrument(name = "sqlite.settle", skip_all, fields(batch.len = batch.len()))]
    async fn settle(
        &self,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<BatchOutcome<SettleOutcome>, RepositoryError> {
        if batch.is_empty() {
            return Ok(BatchOutcome { outcomes: Vec::new(), stocks: Vec::new() });
        }
        let mut transaction = self.database.begin().await?;
        let mut books = books::open_for_settlements(&mut transaction, batch, now).await?;
        let outcomes = books.settle(batch)?;
        let changes = books.close();
        changes::write(&mut transaction, &changes, &*self.ids, now).await?;
        commit(transaction).await?;
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
        let rows: Vec<_> = first
            .into_iter()
            .map(|(id, payment)| {
                (id.as_uuid().simple(), payment.payment_id.as_str(), &*payment.url)
            })
            .collect();
        let mut transaction = self.database.begin().await?;
        sqlx::query(RECORD_LINKS)
            .bind(json(&rows)?)
            .execute(&mut *transaction)
            .await
            .map_err(not_applied)?;
        commit(transaction).await
    }

    async fn find_booking(&self, id: BookingId) -> Result<Option<Booking>, RepositoryError> {
        let row = sqlx::query(FIND_BOOKING)
            .bind(blob(id.as_uuid()))
            .fetch_optional(self.database.readers())
            .await
            .map_err(not_applied)?;
        row.as_ref().map(rows::booking).transpose()
    }

    async fn list_bookings(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, RepositoryError> {
        let found = sqlx::query(LIST_BOOKINGS)
            .bind(blob(event_id.as_uuid()))
            // No bytes at all come before every id.
            .bind(after.map_or_else(Vec::new, |id| blob(id.as_uuid())))
            .bind(i64::from(limit) + 1)
            .fetch_all(self.database.readers())
            .await
            .map_err(not_applied)?;
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
        let found = sqlx::query(LIST_OVERDUE)
            .bind(now.as_micros())
            .bind(i64::from(limit))
            .fetch_all(self.database.readers())
            .await
            .map_err(not_applied)?;
        rows::booking_ids(&found)
    }

    async fn list_called_off(&self, limit: u32) -> Result<Vec<BookingId>, RepositoryError> {
        let found = sqlx::query(LIST_CALLED_OFF)
            .bind(i64::from(limit))
            .fetch_all(self.database.readers())
            .await
            .map_err(not_applied)?;
        rows::booking_ids(&found)
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
        let purged = sqlx::query(PURGE_KEYS)
            .bind(before.as_micros())
            .bind(i64::from(limit))
            .execute(&mut *transaction)
            .await
            .map_err(not_applied)?
            .rows_affected();
        commit(transaction).await?;
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
        sqlx::query(PING).fetch_one(self.database.readers()).await.map(drop).map_err(not_applied)
    }
}
