//! The port to the bookings.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::Duration;

use async_trait::async_trait;

use super::tables::{EventRow, Tables};
use super::{MemoryDatabase, audit};
use crate::domain::audit::{BookingRecord, EventRecord};
use crate::domain::booking::Booking;
use crate::domain::event::EventStatus;
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::ledger::{Books, Cause, HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use crate::domain::notice::{Notice, Recipient};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::{
    BatchOutcome, BookingPage, BookingRepository, LinkRecord, NoticePage, NoticeResult,
    NoticeState, OutboxDepth,
};
use crate::ports::fault::RepositoryError;

/// The bookings of a [`MemoryDatabase`].
#[derive(Debug, Clone)]
pub struct MemoryBookingRepository {
    database: MemoryDatabase,
}

impl MemoryBookingRepository {
    pub(super) const fn new(database: MemoryDatabase) -> Self {
        Self { database }
    }
}

#[async_trait]
impl BookingRepository for MemoryBookingRepository {
    fn batches_at_once(&self) -> usize {
        1
    }

    async fn admit(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        let mut tables = self.database.lock()?;
        let mut books = open_for_requests(&tables, batch, now);
        let mut outcomes = books.admit(batch)?;
        let changes = books.close();
        let mut touched: BTreeSet<EventId> = changes.stocks.keys().copied().collect();
        tables.write(changes, &*self.database.ids);
        for (request, outcome) in batch.iter().zip(&mut outcomes) {
            if let HoldOutcome::SoldOut(sold_out) = outcome {
                let event = tables.events.get(&request.event_id);
                sold_out.next_release_at = event.and_then(EventRow::first_release_at);
                touched.insert(request.event_id);
            }
        }
        Ok(BatchOutcome { outcomes, stocks: stocks(&tables, &touched) })
    }

    async fn settle(
        &self,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<BatchOutcome<SettleOutcome>, RepositoryError> {
        let mut tables = self.database.lock()?;
        let mut books = open_for_settlements(&tables, batch, now);
        let outcomes = books.settle(batch)?;
        let changes = books.close();
        let touched: BTreeSet<EventId> = changes.stocks.keys().copied().collect();
        tables.write(changes, &*self.database.ids);
        Ok(BatchOutcome { outcomes, stocks: stocks(&tables, &touched) })
    }

    async fn record_links(&self, batch: &[LinkRecord]) -> Result<(), RepositoryError> {
        let mut tables = self.database.lock()?;
        for link in batch {
            if let Some(row) = tables.bookings.get_mut(&link.booking_id) {
                row.booking.payment.get_or_insert_with(|| link.payment.clone());
            }
        }
        Ok(())
    }

    async fn find_booking(&self, id: BookingId) -> Result<Option<Booking>, RepositoryError> {
        Ok(self.database.lock()?.booking(id).cloned())
    }

    async fn list_bookings(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, RepositoryError> {
        let tables = self.database.lock()?;
        let Some(event) = tables.events.get(&event_id) else {
            return Ok(BookingPage { items: Vec::new(), next: None });
        };
        let mut ids = event.bookings.range(following(after));
        let items: Vec<Booking> =
            ids.by_ref().filter_map(|id| tables.booking(*id).cloned()).take(size(limit)).collect();
        let next = items.last().filter(|_| ids.next().is_some()).map(|booking| booking.id);
        Ok(BookingPage { items, next })
    }

    async fn list_overdue(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, RepositoryError> {
        Ok(self.database.lock()?.overdue(now).take(size(limit)).collect())
    }

    async fn list_called_off(&self, limit: u32) -> Result<Vec<BookingId>, RepositoryError> {
        let tables = self.database.lock()?;
        Ok(tables
            .events
            .values()
            .filter(|row| row.listing.event.status == EventStatus::Cancelled)
            .flat_map(|row| row.open.iter().copied())
            .take(size(limit))
            .collect())
    }

    async fn claim_notices(
        &self,
        recipient: Recipient,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Notice>, RepositoryError> {
        Ok(self.database.lock()?.outbox.claim(recipient, now, lease, limit))
    }

    async fn finish_notices(
        &self,
        results: &[(Notice, NoticeResult)],
        _now: Timestamp,
    ) -> Result<(), RepositoryError> {
        let mut tables = self.database.lock()?;
        for (notice, result) in results {
            tables.outbox.finish(notice, result);
        }
        Ok(())
    }

    async fn list_notices(
        &self,
        state: NoticeState,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<NoticePage, RepositoryError> {
        Ok(self.database.lock()?.outbox.list(state, after, size(limit)))
    }

    async fn revive_notices(
        &self,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<u64, RepositoryError> {
        let mut tables = self.database.lock()?;
        let ids: BTreeSet<NoticeId> = ids.iter().copied().collect();
        // Of those that may wait once only, the newest comes back.
        let revived = ids.into_iter().rev().filter(|id| tables.outbox.revive(*id, now)).count();
        Ok(u64::try_from(revived).unwrap_or(u64::MAX))
    }

    async fn spread_announcement(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<bool, RepositoryError> {
        let mut tables = self.database.lock()?;
        Ok(tables.spread_announcement(now, size(limit), &*self.database.ids))
    }

    async fn outbox_depth(&self, now: Timestamp) -> Result<OutboxDepth, RepositoryError> {
        Ok(self.database.lock()?.outbox.depth(now))
    }

    async fn purge_keys(&self, before: Timestamp, limit: u32) -> Result<u64, RepositoryError> {
        Ok(self.database.lock()?.purge_keys(before, limit))
    }

    async fn audit_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventRecord>, RepositoryError> {
        let tables = self.database.lock()?;
        let rows = tables.events.range(following(after)).take(size(limit));
        Ok(rows.map(|(_, row)| audit::event_record(&tables, row)).collect())
    }

    async fn audit_bookings(
        &self,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingRecord>, RepositoryError> {
        let tables = self.database.lock()?;
        let rows = tables.bookings.range(following(after)).take(size(limit));
        Ok(rows.map(|(_, row)| audit::booking_record(&tables, row)).collect())
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        self.database.lock().map(drop)
    }
}

/// Loads everything that [`Books::admit`] needs to decide on a batch.
fn open_for_requests(tables: &Tables, batch: &[HoldRequest], now: Timestamp) -> Books {
    let events: BTreeSet<EventId> = batch.iter().map(|request| request.event_id).collect();
    let mut books = open(tables, &events, now);
    books.add_bookings(batch.iter().filter_map(|r| tables.booking(r.booking_id).cloned()));
    for key in batch.iter().filter_map(|request| Some(&request.idempotency.as_ref()?.key)) {
        if let Some(known) = tables.key(key) {
            books.add_bookings(tables.booking(known.booking_id).cloned());
            books.add_key(key.clone(), known.clone());
        }
    }
    for short in books.short_for_requests(batch) {
        books.add_overdue(tables.overdue_of(short, now));
    }
    books
}

/// Loads everything that [`Books::settle`] needs to decide on a batch.
fn open_for_settlements(tables: &Tables, batch: &[Settlement], now: Timestamp) -> Books {
    let bookings: BTreeMap<BookingId, &Booking> = batch
        .iter()
        .filter_map(|settlement| {
            Some((settlement.booking_id, tables.booking(settlement.booking_id)?))
        })
        .collect();
    let events: BTreeSet<EventId> = bookings.values().map(|booking| booking.event_id).collect();
    let mut books = open(tables, &events, now);
    books.add_bookings(bookings.into_values().cloned());
    books.add_notifications(batch.iter().filter_map(|settlement| match &settlement.cause {
        Cause::Notified(notification) if tables.notifications.contains_key(&notification.id) => {
            Some(notification.id.clone())
        }
        _ => None,
    }));
    for short in books.short_for_settlements(batch) {
        books.add_overdue(tables.overdue_of(short, now));
    }
    books
}

fn open(tables: &Tables, events: &BTreeSet<EventId>, now: Timestamp) -> Books {
    Books::open(now, events.iter().filter_map(|event_id| tables.ledger(*event_id)))
}

fn stocks(tables: &Tables, events: &BTreeSet<EventId>) -> Vec<(EventId, Stock)> {
    let stock = |id: &EventId| Some((*id, tables.events.get(id)?.listing.stock));
    events.iter().filter_map(stock).collect()
}

fn following<T>(after: Option<T>) -> (Bound<T>, Bound<T>) {
    (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)
}

fn size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
