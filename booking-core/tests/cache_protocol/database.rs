//! The ports of the database, on the wire of an instance.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use booking_core::domain::audit::{BookingRecord, EventRecord};
use booking_core::domain::booking::Booking;
use booking_core::domain::event::Listing;
use booking_core::domain::ids::{BookingId, EventId, NoticeId};
use booking_core::domain::ledger::{HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use booking_core::domain::notice::{Notice, Recipient};
use booking_core::domain::search::{
    Facets, Names, SearchFilter, SearchPage, SearchQuery, SearchText,
};
use booking_core::domain::time::Timestamp;
use booking_core::ports::booking_repository::{
    BatchOutcome, BookingPage, LinkRecord, NoticePage, NoticeResult, NoticeState, OutboxDepth,
};
use booking_core::ports::event_repository::{ChangeOutcome, EventChange, NewEvent, StoreOutcome};
use booking_core::ports::fault::RepositoryError;
use booking_core::ports::{BookingRepository, EventRepository};

use crate::op::at_once;
use crate::wires::Wire;

#[async_trait]
impl EventRepository for Wire {
    async fn store_events(
        &self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError> {
        self.world.events.store_events(batch, now).await
    }

    async fn change_event(
        &self,
        id: EventId,
        change: &EventChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError> {
        let (events, change) = (Arc::clone(&self.world.events), change.clone());
        let call = async move { events.change_event(id, &change, now).await };
        self.ask_database(Some(vec![id]), call).await
    }

    async fn find_event(&self, id: EventId) -> Result<Option<Listing>, RepositoryError> {
        let events = Arc::clone(&self.world.events);
        self.ask_database(None, async move { events.find_event(id).await }).await
    }

    async fn search_events(
        &self,
        query: &SearchQuery,
        now: Timestamp,
    ) -> Result<SearchPage, RepositoryError> {
        self.world.events.search_events(query, now).await
    }

    async fn count_facets(
        &self,
        filter: &SearchFilter,
        now: Timestamp,
    ) -> Result<Facets, RepositoryError> {
        self.world.events.count_facets(filter, now).await
    }

    async fn find_names(
        &self,
        text: &SearchText,
        now: Timestamp,
    ) -> Result<Names, RepositoryError> {
        self.world.events.find_names(text, now).await
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        self.world.events.is_empty().await
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
        let (bookings, batch) = (Arc::clone(&self.world.bookings), batch.to_vec());
        self.ask_database(Some(writes), async move { bookings.admit(&batch, now).await }).await
    }

    async fn settle(
        &self,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<BatchOutcome<SettleOutcome>, RepositoryError> {
        let event_of = |settlement: &Settlement| {
            let booking = at_once(self.world.bookings.find_booking(settlement.booking_id));
            Some(booking.ok()??.event_id)
        };
        let writes = batch.iter().filter_map(event_of).collect();
        let (bookings, batch) = (Arc::clone(&self.world.bookings), batch.to_vec());
        self.ask_database(Some(writes), async move { bookings.settle(&batch, now).await }).await
    }

    async fn record_links(&self, batch: &[LinkRecord]) -> Result<(), RepositoryError> {
        let (bookings, batch) = (Arc::clone(&self.world.bookings), batch.to_vec());
        self.ask_database(None, async move { bookings.record_links(&batch).await }).await
    }

    async fn find_booking(&self, id: BookingId) -> Result<Option<Booking>, RepositoryError> {
        let bookings = Arc::clone(&self.world.bookings);
        self.ask_database(None, async move { bookings.find_booking(id).await }).await
    }

    async fn list_bookings(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, RepositoryError> {
        self.line.alive().await;
        self.world.bookings.list_bookings(event_id, after, limit).await
    }

    async fn list_overdue(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, RepositoryError> {
        let bookings = Arc::clone(&self.world.bookings);
        self.ask_database(None, async move { bookings.list_overdue(now, limit).await }).await
    }

    async fn list_called_off(&self, limit: u32) -> Result<Vec<BookingId>, RepositoryError> {
        let bookings = Arc::clone(&self.world.bookings);
        self.ask_database(None, async move { bookings.list_called_off(limit).await }).await
    }

    async fn claim_notices(
        &self,
        recipient: Recipient,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Notice>, RepositoryError> {
        self.line.alive().await;
        self.world.bookings.claim_notices(recipient, now, lease, limit).await
    }

    async fn finish_notices(
        &self,
        results: &[(Notice, NoticeResult)],
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        self.line.alive().await;
        self.world.bookings.finish_notices(results, now).await
    }

    async fn list_notices(
        &self,
        state: NoticeState,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<NoticePage, RepositoryError> {
        self.world.bookings.list_notices(state, after, limit).await
    }

    async fn revive_notices(
        &self,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<u64, RepositoryError> {
        self.world.bookings.revive_notices(ids, now).await
    }

    async fn spread_announcement(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<bool, RepositoryError> {
        self.world.bookings.spread_announcement(now, limit).await
    }

    async fn outbox_depth(&self, now: Timestamp) -> Result<OutboxDepth, RepositoryError> {
        self.line.alive().await;
        self.world.bookings.outbox_depth(now).await
    }

    async fn purge_keys(&self, before: Timestamp, limit: u32) -> Result<u64, RepositoryError> {
        self.line.alive().await;
        self.world.bookings.purge_keys(before, limit).await
    }

    async fn audit_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventRecord>, RepositoryError> {
        self.world.bookings.audit_events(after, limit).await
    }

    async fn audit_bookings(
        &self,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingRecord>, RepositoryError> {
        self.world.bookings.audit_bookings(after, limit).await
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        self.line.alive().await;
        Ok(())
    }
}
