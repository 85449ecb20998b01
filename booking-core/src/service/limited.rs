//! Repositories whose calls end, also if the database has vanished without a word.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;

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

/// Longer than that no call takes, as slow as a database may be: it has its own limits.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// But for a page of an audit, which may read a lot.
const AUDITS_WITHIN: Duration = Duration::from_mins(15);

/// Wraps a repository, and waits for none of its calls for ever.
#[derive(Debug)]
pub(super) struct Limited<R: ?Sized>(pub(super) Arc<R>);

async fn read<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, RepositoryError>>,
) -> Result<T, RepositoryError> {
    timeout(limit, call)
        .await
        .unwrap_or_else(|elapsed| Err(RepositoryError::Unavailable { source: elapsed.into() }))
}

async fn write<T>(
    call: impl Future<Output = Result<T, RepositoryError>>,
) -> Result<T, RepositoryError> {
    timeout(ANSWERS_WITHIN, call)
        .await
        .unwrap_or_else(|elapsed| Err(RepositoryError::OutcomeUnknown { source: elapsed.into() }))
}

#[deny(clippy::missing_trait_methods, reason = "a method that is not wrapped might never end")]
#[async_trait]
impl EventRepository for Limited<dyn EventRepository> {
    async fn store_events(
        &self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError> {
        write(self.0.store_events(batch, now)).await
    }

    async fn change_event(
        &self,
        id: EventId,
        change: &EventChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError> {
        write(self.0.change_event(id, change, now)).await
    }

    async fn find_event(&self, id: EventId) -> Result<Option<Listing>, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.find_event(id)).await
    }

    async fn search_events(
        &self,
        query: &SearchQuery,
        now: Timestamp,
    ) -> Result<SearchPage, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.search_events(query, now)).await
    }

    async fn count_facets(
        &self,
        filter: &SearchFilter,
        now: Timestamp,
    ) -> Result<Facets, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.count_facets(filter, now)).await
    }

    async fn find_names(
        &self,
        text: &SearchText,
        now: Timestamp,
    ) -> Result<Names, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.find_names(text, now)).await
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.is_empty()).await
    }
}

#[deny(clippy::missing_trait_methods, reason = "a method that is not wrapped might never end")]
#[async_trait]
impl BookingRepository for Limited<dyn BookingRepository> {
    fn batches_at_once(&self) -> usize {
        self.0.batches_at_once()
    }

    async fn admit(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        write(self.0.admit(batch, now)).await
    }

    async fn settle(
        &self,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<BatchOutcome<SettleOutcome>, RepositoryError> {
        write(self.0.settle(batch, now)).await
    }

    async fn record_links(&self, batch: &[LinkRecord]) -> Result<(), RepositoryError> {
        write(self.0.record_links(batch)).await
    }

    async fn find_booking(&self, id: BookingId) -> Result<Option<Booking>, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.find_booking(id)).await
    }

    async fn list_bookings(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.list_bookings(event_id, after, limit)).await
    }

    async fn list_overdue(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.list_overdue(now, limit)).await
    }

    async fn list_called_off(&self, limit: u32) -> Result<Vec<BookingId>, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.list_called_off(limit)).await
    }

    async fn claim_notices(
        &self,
        recipient: Recipient,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Notice>, RepositoryError> {
        write(self.0.claim_notices(recipient, now, lease, limit)).await
    }

    async fn finish_notices(
        &self,
        results: &[(Notice, NoticeResult)],
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        write(self.0.finish_notices(results, now)).await
    }

    async fn list_notices(
        &self,
        state: NoticeState,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<NoticePage, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.list_notices(state, after, limit)).await
    }

    async fn revive_notices(
        &self,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<u64, RepositoryError> {
        write(self.0.revive_notices(ids, now)).await
    }

    async fn spread_announcement(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<bool, RepositoryError> {
        write(self.0.spread_announcement(now, limit)).await
    }

    async fn outbox_depth(&self, now: Timestamp) -> Result<OutboxDepth, RepositoryError> {
        read(ANSWERS_WITHIN, self.0.outbox_depth(now)).await
    }

    async fn purge_keys(&self, before: Timestamp, limit: u32) -> Result<u64, RepositoryError> {
        write(self.0.purge_keys(before, limit)).await
    }

    async fn audit_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventRecord>, RepositoryError> {
        read(AUDITS_WITHIN, self.0.audit_events(after, limit)).await
    }

    async fn audit_bookings(
        &self,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingRecord>, RepositoryError> {
        read(AUDITS_WITHIN, self.0.audit_bookings(after, limit)).await
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        read(ANSWERS_WITHIN, self.0.ping()).await
    }
}
