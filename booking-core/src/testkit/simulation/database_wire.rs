//! The ports of the database, on the wire of an instance.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::op::at_once;
use super::wire::Wire;
use crate::domain::audit::{BookingRecord, EventRecord};
use crate::domain::booking::Booking;
use crate::domain::event::Listing;
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::ledger::{HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use crate::domain::notice::{Notice, Recipient};
use crate::domain::search::{Facets, Names, SearchFilter, SearchPage, SearchQuery, SearchText};
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::{
    BatchOutcome, BookingPage, LinkRecord, NoticePage, NoticeResult, NoticeState, OutboxDepth,
};
use crate::ports::event_repository::{ChangeOutcome, EventChange, NewEvent, StoreOutcome};
use crate::ports::fault::RepositoryError;
use crate::ports::{BookingRepository, EventRepository};

#[async_trait]
impl EventRepository for Wire {
    async fn store_events(
        &self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError> {
        self.world.stores.events.store_events(batch, now).await
    }

    async fn change_event(
        &self,
        id: EventId,
        change: &EventChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError> {
        let (events, change) = (Arc::clone(&self.world.stores.events), change.clone());
        let call = async move { events.change_event(id, &change, now).await };
        self.ask_database("change event", Some(vec![id]), call).await
    }

    async fn find_event(&self, id: EventId) -> Result<Option<Listing>, RepositoryError> {
        let events = Arc::clone(&self.world.stores.events);
        self.ask_database("find event", None, async move { events.find_event(id).await }).await
    }

    async fn search_events(
        &self,
        query: &SearchQuery,
        now: Timestamp,
    ) -> Result<SearchPage, RepositoryError> {
        self.world.stores.events.search_events(query, now).await
    }

    async fn count_facets(
        &self,
        filter: &SearchFilter,
        now: Timestamp,
    ) -> Result<Facets, RepositoryError> {
        self.world.stores.events.count_facets(filter, now).await
    }

    async fn find_names(
        &self,
        text: &SearchText,
        now: Timestamp,
    ) -> Result<Names, RepositoryError> {
        self.world.stores.events.find_names(text, now).await
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        self.world.stores.events.is_empty().await
    }
}

#[async_trait]
impl BookingRepository for Wire {
    fn batches_at_once(&self) -> usize {
        2
    }

    async fn admit(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        let writes = batch.iter().map(|request| request.event_id).collect();
        let (bookings, batch) = (Arc::clone(&self.world.stores.bookings), batch.to_vec());
        let call = async move { bookings.admit(&batch, now).await };
        self.ask_database("admit", Some(writes), call).await
    }

    async fn settle(
        &self,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<BatchOutcome<SettleOutcome>, RepositoryError> {
        let event_of = |settlement: &Settlement| {
            let booking = at_once(self.world.stores.bookings.find_booking(settlement.booking_id));
            Some(booking.ok()??.event_id)
        };
        let writes = batch.iter().filter_map(event_of).collect();
        let (bookings, batch) = (Arc::clone(&self.world.stores.bookings), batch.to_vec());
        let call = async move { bookings.settle(&batch, now).await };
        self.ask_database("settle", Some(writes), call).await
    }

    async fn record_links(&self, batch: &[LinkRecord]) -> Result<(), RepositoryError> {
        let (bookings, batch) = (Arc::clone(&self.world.stores.bookings), batch.to_vec());
        let call = async move { bookings.record_links(&batch).await };
        self.ask_database("record links", None, call).await
    }

    async fn find_booking(&self, id: BookingId) -> Result<Option<Booking>, RepositoryError> {
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.find_booking(id).await };
        self.ask_database("find booking", None, call).await
    }

    async fn list_bookings(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, RepositoryError> {
        self.line.alive().await;
        self.world.stores.bookings.list_bookings(event_id, after, limit).await
    }

    async fn list_overdue(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, RepositoryError> {
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.list_overdue(now, limit).await };
        self.ask_database("list overdue", None, call).await
    }

    async fn list_called_off(&self, limit: u32) -> Result<Vec<BookingId>, RepositoryError> {
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.list_called_off(limit).await };
        self.ask_database("list called off", None, call).await
    }

    async fn claim_notices(
        &self,
        recipient: Recipient,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Notice>, RepositoryError> {
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.claim_notices(recipient, now, lease, limit).await };
        self.ask_database("claim notices", None, call).await
    }

    async fn finish_notices(
        &self,
        results: &[(Notice, NoticeResult)],
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        let (bookings, batch) = (Arc::clone(&self.world.stores.bookings), results.to_vec());
        let call = async move { bookings.finish_notices(&batch, now).await };
        let finished = self.ask_database("finish notices", None, call).await;
        for (notice, _) in results {
            match &finished {
                Ok(()) => self.line.note_recorded(notice.id),
                // Until it is written, the lease may run out, and another may send it again.
                Err(_) => self.world.excuse(1),
            }
        }
        finished
    }

    async fn list_notices(
        &self,
        state: NoticeState,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<NoticePage, RepositoryError> {
        self.world.stores.bookings.list_notices(state, after, limit).await
    }

    async fn revive_notices(
        &self,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<u64, RepositoryError> {
        self.world.stores.bookings.revive_notices(ids, now).await
    }

    async fn spread_announcement(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<bool, RepositoryError> {
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.spread_announcement(now, limit).await };
        self.ask_database("spread announcement", None, call).await
    }

    async fn outbox_depth(&self, now: Timestamp) -> Result<OutboxDepth, RepositoryError> {
        self.line.alive().await;
        self.world.stores.bookings.outbox_depth(now).await
    }

    async fn purge_keys(&self, before: Timestamp, limit: u32) -> Result<u64, RepositoryError> {
        self.line.alive().await;
        self.world.stores.bookings.purge_keys(before, limit).await
    }

    async fn audit_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventRecord>, RepositoryError> {
        self.world.stores.bookings.audit_events(after, limit).await
    }

    async fn audit_bookings(
        &self,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingRecord>, RepositoryError> {
        self.world.stores.bookings.audit_bookings(after, limit).await
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        self.line.alive().await;
        Ok(())
    }
}
