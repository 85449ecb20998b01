//! The port to the flawed bookings.

use std::time::Duration;

use async_trait::async_trait;
use booking_core::adapters::memory::Tampering;
use booking_core::domain::audit::{BookingRecord, EventRecord};
use booking_core::domain::booking::{Booking, BookingStatus};
use booking_core::domain::ids::{BookingId, EventId, NoticeId};
use booking_core::domain::ledger::{Cause, HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use booking_core::domain::notice::{Notice, Recipient};
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::BookingRepository;
use booking_core::ports::booking_repository::{
    BatchOutcome, BookingPage, LinkRecord, NoticePage, NoticeResult, NoticeState, OutboxDepth,
};
use booking_core::ports::fault::RepositoryError;

use super::FlawedBookings;
use crate::database_flaws::DatabaseFlaw;

#[async_trait]
impl BookingRepository for FlawedBookings {
    fn batches_at_once(&self) -> usize {
        self.inner.batches_at_once()
    }

    async fn admit(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        match self.flaw {
            DatabaseFlaw::HoldIsAnsweredBeforeItIsWritten if self.every(6) => {
                return Ok(Self::only_answer(batch, now));
            }
            DatabaseFlaw::KeyIsCommittedApart => {
                return self.admit_with_keys_apart(batch, now).await;
            }
            DatabaseFlaw::OverdueHoldsAreNotReleased => {
                let before = now.saturating_sub(Duration::from_secs(9));
                return self.inner.admit(batch, before).await;
            }
            _ => {}
        }
        let mut admitted = self.inner.admit(batch, now).await?;
        match self.flaw {
            DatabaseFlaw::GuardIsOffByOne => {
                admitted = self.let_one_more_in(batch, now, admitted).await?;
            }
            DatabaseFlaw::JournalLosesLines if self.every(6) => {
                if let Some((event_id, stock)) = admitted.stocks.first() {
                    self.database.tamper(Tampering::MovementLost(*event_id, stock.version()));
                }
            }
            DatabaseFlaw::AnsweredStocksAreTooHigh => {
                for (_, stock) in &mut admitted.stocks {
                    let held = stock.held().saturating_sub(1);
                    let (capacity, left) = (stock.capacity(), stock.stock());
                    *stock = Stock::restore(capacity, left, held, stock.version()).unwrap();
                }
            }
            _ => {}
        }
        Ok(admitted)
    }

    async fn settle(
        &self,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<BatchOutcome<SettleOutcome>, RepositoryError> {
        self.keys.lock().unwrap().extend(self.keys_to_write.lock().unwrap().drain(..));
        let mut all = BatchOutcome { outcomes: Vec::new(), stocks: Vec::new() };
        for settlement in batch {
            let settlement = match self.instead(settlement).await? {
                Ok(settlement) => settlement,
                Err(outcome) => {
                    all.outcomes.push(outcome);
                    continue;
                }
            };
            let is_early =
                self.flaw == DatabaseFlaw::HoldsEndEarly && settlement.cause == Cause::HoldExpired;
            let at = if is_early { now.saturating_add(Duration::from_secs(1)) } else { now };
            let booking = self.inner.find_booking(settlement.booking_id).await?;
            let settled = match (self.flaw, booking) {
                (DatabaseFlaw::LateSuccessIsNeverServed, Some(booking))
                    if booking.status != BookingStatus::Pending =>
                {
                    self.settle_without_tickets(&settlement, booking.event_id, at).await?
                }
                _ => self.inner.settle(std::slice::from_ref(&settlement), at).await?,
            };
            for outcome in &settled.outcomes {
                self.spoil(&settlement, outcome).await?;
            }
            all.outcomes.extend(settled.outcomes);
            all.stocks.extend(settled.stocks);
        }
        Ok(all)
    }

    async fn record_links(&self, batch: &[LinkRecord]) -> Result<(), RepositoryError> {
        self.inner.record_links(batch).await
    }

    async fn find_booking(&self, id: BookingId) -> Result<Option<Booking>, RepositoryError> {
        self.inner.find_booking(id).await
    }

    async fn list_bookings(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, RepositoryError> {
        self.inner.list_bookings(event_id, after, limit).await
    }

    async fn list_overdue(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, RepositoryError> {
        let now = match self.flaw {
            DatabaseFlaw::HoldsNeverEnd => return Ok(Vec::new()),
            DatabaseFlaw::HoldsEndEarly => now.saturating_add(Duration::from_secs(1)),
            _ => now,
        };
        self.inner.list_overdue(now, limit).await
    }

    async fn list_called_off(&self, limit: u32) -> Result<Vec<BookingId>, RepositoryError> {
        match self.flaw {
            DatabaseFlaw::CallOffIsNotSettled => Ok(Vec::new()),
            _ => self.inner.list_called_off(limit).await,
        }
    }

    async fn claim_notices(
        &self,
        recipient: Recipient,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Notice>, RepositoryError> {
        let is_shared = self.flaw == DatabaseFlaw::NoticesAreClaimedWithoutLease;
        let lease = if is_shared { Duration::ZERO } else { lease };
        let claimed = self.inner.claim_notices(recipient, now, lease, limit).await?;
        let (lost, kept): (Vec<Notice>, Vec<Notice>) =
            claimed.into_iter().partition(|notice| Some(notice.kind) == self.flaw.forgets());
        let lost: Vec<_> = lost.into_iter().map(|notice| (notice, NoticeResult::Done)).collect();
        self.inner.finish_notices(&lost, now).await?;
        Ok(kept)
    }

    async fn finish_notices(
        &self,
        results: &[(Notice, NoticeResult)],
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        match self.flaw {
            DatabaseFlaw::DeliveriesAreNotWrittenDown if self.every(4) => Ok(()),
            _ => self.inner.finish_notices(results, now).await,
        }
    }

    async fn list_notices(
        &self,
        state: NoticeState,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<NoticePage, RepositoryError> {
        self.inner.list_notices(state, after, limit).await
    }

    async fn revive_notices(
        &self,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<u64, RepositoryError> {
        self.inner.revive_notices(ids, now).await
    }

    async fn spread_announcement(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<bool, RepositoryError> {
        match self.flaw {
            DatabaseFlaw::ChangesAreNotAnnounced => Ok(false),
            _ => self.inner.spread_announcement(now, limit).await,
        }
    }

    async fn outbox_depth(&self, now: Timestamp) -> Result<OutboxDepth, RepositoryError> {
        self.inner.outbox_depth(now).await
    }

    async fn purge_keys(&self, before: Timestamp, limit: u32) -> Result<u64, RepositoryError> {
        self.inner.purge_keys(before, limit).await
    }

    async fn audit_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventRecord>, RepositoryError> {
        self.inner.audit_events(after, limit).await
    }

    async fn audit_bookings(
        &self,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingRecord>, RepositoryError> {
        self.inner.audit_bookings(after, limit).await
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        self.inner.ping().await
    }
}
