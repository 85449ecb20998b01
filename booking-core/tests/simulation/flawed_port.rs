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
use booking_core::testkit::seed;

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
            DatabaseFlaw::HoldsLastTooLong => {
                let longer = |request: &HoldRequest| {
                    let expires_at = request.expires_at.saturating_add(Duration::from_secs(20));
                    HoldRequest { expires_at, ..request.clone() }
                };
                return self.inner.admit(&batch.iter().map(longer).collect::<Vec<_>>(), now).await;
            }
            DatabaseFlaw::FailedBookingsKeepTheirKeys => {
                return self.admit_by_old_keys(batch, now).await;
            }
            DatabaseFlaw::KeysAreRefusedForNothing
                if batch.iter().all(|request| request.idempotency.is_some()) && self.every(2) =>
            {
                let outcomes = batch.iter().map(|_| HoldOutcome::KeyReused).collect();
                return Ok(BatchOutcome { outcomes, stocks: Vec::new() });
            }
            DatabaseFlaw::OverdueHoldsAreNotReleased => {
                return self.admit_without_release(batch, now).await;
            }
            DatabaseFlaw::EventsAreDenied if self.every(9) => {
                let outcomes = batch.iter().map(|_| HoldOutcome::EventNotFound).collect();
                return Ok(BatchOutcome { outcomes, stocks: Vec::new() });
            }
            DatabaseFlaw::AdmissionsFail if self.every(9) => {
                return Err(RepositoryError::Backend { source: "told to fail".into() });
            }
            DatabaseFlaw::LateAdmissionsFail if now > seed::later(Duration::from_mins(1)) => {
                return Err(RepositoryError::Unavailable { source: "told to fail".into() });
            }
            _ => {}
        }
        *self.last_time.lock().unwrap() = now;
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
            DatabaseFlaw::RefusalsCountWrongly | DatabaseFlaw::RefusalsNameNoRelease => {
                for outcome in &mut admitted.outcomes {
                    let HoldOutcome::SoldOut(sold_out) = outcome else { continue };
                    match self.flaw {
                        DatabaseFlaw::RefusalsCountWrongly => sold_out.held += 1,
                        _ => sold_out.next_release_at = None,
                    }
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
            let settlement = match self.instead(settlement, now).await? {
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
                self.spoil(&settlement, outcome, at).await?;
            }
            all.outcomes.extend(settled.outcomes);
            all.stocks.extend(settled.stocks);
        }
        Ok(all)
    }

    async fn record_links(&self, batch: &[LinkRecord]) -> Result<(), RepositoryError> {
        if self.flaw == DatabaseFlaw::LinkedBookingsAreGivenUp {
            let now = *self.last_time.lock().unwrap();
            for record in batch.iter().filter(|_| self.every(5)) {
                let (booking_id, cause) = (record.booking_id, Cause::LinkFailed);
                self.inner.settle(&[Settlement { booking_id, cause }], now).await?;
            }
        }
        self.inner.record_links(batch).await
    }

    async fn find_booking(&self, id: BookingId) -> Result<Option<Booking>, RepositoryError> {
        let found = self.inner.find_booking(id).await?;
        Ok(found.map(|booking| match self.flaw {
            DatabaseFlaw::BookingsAreShownWrongly
                if booking.status == BookingStatus::Pending && self.every(5) =>
            {
                Booking { status: BookingStatus::Refunded, ..booking }
            }
            _ => booking,
        }))
    }

    async fn list_bookings(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, RepositoryError> {
        let mut page = self.inner.list_bookings(event_id, after, limit).await?;
        // The simulation itself reads everything at once.
        let is_asked_for = limit < 100 && !page.items.is_empty();
        if self.flaw == DatabaseFlaw::ListsLackBookings && is_asked_for {
            page.items.remove(0);
        }
        Ok(page)
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
            DatabaseFlaw::FailedMessagesAreGivenUp => {
                let give_up = |(notice, result): &(Notice, NoticeResult)| match result {
                    NoticeResult::Retry { reason, .. } => {
                        (*notice, NoticeResult::Dead { reason: reason.clone() })
                    }
                    _ => (*notice, result.clone()),
                };
                let results: Vec<_> = results.iter().map(give_up).collect();
                self.inner.finish_notices(&results, now).await
            }
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
        let mut records = self.inner.audit_events(after, limit).await?;
        if self.flaw == DatabaseFlaw::AuditsAreWrong {
            for record in &mut records {
                record.stock += 1;
            }
        }
        Ok(records)
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
