//! A repository of bookings that fails on demand.
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::script::FaultScript;
use super::{answer_lost, not_sent};
use crate::domain::audit::{BookingRecord, EventRecord};
use crate::domain::booking::Booking;
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::ledger::{HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use crate::domain::notice::{Notice, Recipient};
use crate::domain::time::Timestamp;
use crate::ports::BookingRepository;
use crate::ports::booking_repository::{
    BatchOutcome, BookingPage, LinkRecord, NoticePage, NoticeResult, NoticeState, OutboxDepth,
};
use crate::ports::fault::RepositoryError;

/// Wraps a repository of bookings, and fails as its script says.
#[derive(Debug, Clone)]
pub struct FaultyBookingRepository {
    inner: Arc<dyn BookingRepository>,
    script: FaultScript,
}

impl FaultyBookingRepository {
    /// Wraps a port.
    pub fn new(inner: Arc<dyn BookingRepository>, script: FaultScript) -> Self {
        Self { inner, script }
    }
}

#[deny(clippy::missing_trait_methods, reason = "a method that is not wrapped would never fail")]
#[async_trait]
impl BookingRepository for FaultyBookingRepository {
    fn batches_at_once(&self) -> usize {
        self.inner.batches_at_once()
    }

    async fn admit(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        let call = self.inner.admit(batch, now);
        self.script.play("admit", not_sent, answer_lost, call).await
    }

    async fn settle(
        &self,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<BatchOutcome<SettleOutcome>, RepositoryError> {
        let call = self.inner.settle(batch, now);
        self.script.play("settle", not_sent, answer_lost, call).await
    }

    async fn record_links(&self, batch: &[LinkRecord]) -> Result<(), RepositoryError> {
        let call = self.inner.record_links(batch);
        self.script.play("record_links", not_sent, answer_lost, call).await
    }

    async fn find_booking(&self, id: BookingId) -> Result<Option<Booking>, RepositoryError> {
        let call = self.inner.find_booking(id);
        self.script.play("find_booking", not_sent, answer_lost, call).await
    }

    async fn list_bookings(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, RepositoryError> {
        let call = self.inner.list_bookings(event_id, after, limit);
        self.script.play("list_bookings", not_sent, answer_lost, call).await
    }

    async fn list_overdue(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, RepositoryError> {
        let call = self.inner.list_overdue(now, limit);
        self.script.play("list_overdue", not_sent, answer_lost, call).await
    }

    async fn list_called_off(&self, limit: u32) -> Result<Vec<BookingId>, RepositoryError> {
        let call = self.inner.list_called_off(limit);
        self.script.play("list_called_off", not_sent, answer_lost, call).await
    }

    async fn claim_notices(
        &self,
        recipient: Recipient,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Notice>, RepositoryError> {
        let call = self.inner.claim_notices(recipient, now, lease, limit);
        self.script.play("claim_notices", not_sent, answer_lost, call).await
    }

    async fn finish_notices(
        &self,
        results: &[(Notice, NoticeResult)],
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        let call = self.inner.finish_notices(results, now);
        self.script.play("finish_notices", not_sent, answer_lost, call).await
    }

    async fn list_notices(
        &self,
        state: NoticeState,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<NoticePage, RepositoryError> {
        let call = self.inner.list_notices(state, after, limit);
        self.script.play("list_notices", not_sent, answer_lost, call).await
    }

    async fn revive_notices(
        &self,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<u64, RepositoryError> {
        let call = self.inner.revive_notices(ids, now);
        self.script.play("revive_notices", not_sent, answer_lost, call).await
    }

    async fn spread_announcement(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<bool, RepositoryError> {
        let call = self.inner.spread_announcement(now, limit);
        self.script.play("spread_announcement", not_sent, answer_lost, call).await
    }

    async fn outbox_depth(&self, now: Timestamp) -> Result<OutboxDepth, RepositoryError> {
        let call = self.inner.outbox_depth(now);
        self.script.play("outbox_depth", not_sent, answer_lost, call).await
    }

    async fn purge_keys(&self, before: Timestamp, limit: u32) -> Result<u64, RepositoryError> {
        let call = self.inner.purge_keys(before, limit);
        self.script.play("purge_keys", not_sent, answer_lost, call).await
    }

    async fn audit_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventRecord>, RepositoryError> {
        let call = self.inner.audit_events(after, limit);
        self.script.play("audit_events", not_sent, answer_lost, call).await
    }

    async fn audit_bookings(
        &self,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingRecord>, RepositoryError> {
        let call = self.inner.audit_bookings(after, limit);
        self.script.play("audit_bookings", not_sent, answer_lost, call).await
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        let call = self.inner.ping();
        self.script.play("ping", not_sent, answer_lost, call).await
    }
}
