//! The ports of the database, on the wire of an instance.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::op::at_once;
use super::wire::Wire;
use super::world::World;
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
        let (events, batch) = (Arc::clone(&self.world.stores.events), batch.to_vec());
        let call = async move { events.store_events(&batch, now).await };
        self.ask_database("store events", Some(Vec::new()), call).await
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
        let (events, query) = (Arc::clone(&self.world.stores.events), query.clone());
        let call = async move { events.search_events(&query, now).await };
        self.ask_database("search events", None, call).await
    }

    async fn count_facets(
        &self,
        filter: &SearchFilter,
        now: Timestamp,
    ) -> Result<Facets, RepositoryError> {
        let (events, filter) = (Arc::clone(&self.world.stores.events), filter.clone());
        let call = async move { events.count_facets(&filter, now).await };
        self.ask_database("count facets", None, call).await
    }

    async fn find_names(
        &self,
        text: &SearchText,
        now: Timestamp,
    ) -> Result<Names, RepositoryError> {
        let (events, text) = (Arc::clone(&self.world.stores.events), text.clone());
        let call = async move { events.find_names(&text, now).await };
        self.ask_database("find names", None, call).await
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        let events = Arc::clone(&self.world.stores.events);
        self.ask_database("is empty", None, async move { events.is_empty().await }).await
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
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.list_bookings(event_id, after, limit).await };
        self.ask_database("list bookings", None, call).await
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
        let identities = results.iter().map(|(notice, _)| identity(notice)).collect();
        let mut unwritten = Unwritten { world: &self.world, identities };
        let finished = self.ask_database("finish notices", None, call).await;
        if finished.is_ok() {
            for identity in std::mem::take(&mut unwritten.identities) {
                self.line.note_recorded(&identity);
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
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.list_notices(state, after, limit).await };
        self.ask_database("list notices", None, call).await
    }

    async fn revive_notices(
        &self,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<u64, RepositoryError> {
        let (bookings, ids) = (Arc::clone(&self.world.stores.bookings), ids.to_vec());
        let call = async move { bookings.revive_notices(&ids, now).await };
        self.ask_database("revive notices", None, call).await
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
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.outbox_depth(now).await };
        self.ask_database("outbox depth", None, call).await
    }

    async fn purge_keys(&self, before: Timestamp, limit: u32) -> Result<u64, RepositoryError> {
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.purge_keys(before, limit).await };
        self.ask_database("purge keys", None, call).await
    }

    async fn audit_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventRecord>, RepositoryError> {
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.audit_events(after, limit).await };
        self.ask_database("audit events", None, call).await
    }

    async fn audit_bookings(
        &self,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingRecord>, RepositoryError> {
        let bookings = Arc::clone(&self.world.stores.bookings);
        let call = async move { bookings.audit_bookings(after, limit).await };
        self.ask_database("audit bookings", None, call).await
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        self.ask_database("ping", None, async { Ok(()) }).await
    }
}

/// Messages of which it is to be written down that they were sent. If that fails, or comes too late for their leases, another
/// may send them again.
struct Unwritten<'a> {
    world: &'a World,
    identities: Vec<String>,
}

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        for identity in std::mem::take(&mut self.identities) {
            self.world.excuse(identity);
        }
    }
}

/// Returns what the message of a notice is known by.
fn identity(notice: &Notice) -> String {
    match notice.edition {
        0 => notice.id.to_string(),
        edition => format!("{}-{edition}", notice.id),
    }
}
