//! Ways to break the database on purpose, or what the engine decides in it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use booking_core::adapters::memory::{
    MemoryBookingRepository, MemoryDatabase, MemoryEventRepository, Tampering,
};
use booking_core::domain::audit::{BookingRecord, EventRecord};
use booking_core::domain::booking::{Booking, BookingStatus, IdempotencyKey};
use booking_core::domain::event::{EventStatus, Listing};
use booking_core::domain::ids::{BookingId, EventId, NoticeId};
use booking_core::domain::ledger::{Cause, HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use booking_core::domain::notice::{Notice, NoticeKind, Recipient};
use booking_core::domain::payment::{ForeignId, NotificationKind};
use booking_core::domain::search::{
    Facets, Names, SearchFilter, SearchPage, SearchQuery, SearchText,
};
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::booking_repository::{
    BatchOutcome, BookingPage, LinkRecord, NoticePage, NoticeResult, NoticeState, OutboxDepth,
};
use booking_core::ports::event_repository::{ChangeOutcome, EventChange, NewEvent, StoreOutcome};
use booking_core::ports::fault::RepositoryError;
use booking_core::ports::{BookingRepository, EventRepository};

/// What is broken in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatabaseFlaw {
    /// The guard of the stock lets one ticket more through.
    GuardIsOffByOne,
    /// A hold is answered before it is written, and sometimes never is.
    HoldIsAnsweredBeforeItIsWritten,
    /// A notification is answered before it is written, and sometimes never is.
    NotificationIsAnsweredBeforeItIsWritten,
    /// Money that comes for a booking whose tickets are free again is ignored.
    LateSuccessIsDropped,
    /// Money that comes late is always given back, also if there are tickets.
    LateSuccessIsNeverServed,
    /// The repeat of a notification is taken for another one.
    RepeatedNotificationCounts,
    /// The record of a notification is lost.
    NotificationIsForgotten,
    /// Any amount pays any booking.
    AmountIsNotLookedAt,
    /// A payment pays for any booking.
    PaymentIsNotLookedAt,
    /// A payment is deducted twice from the stock.
    PaymentIsDeductedTwice,
    /// An idempotency key is written in a transaction of its own, a while after its booking.
    KeyIsCommittedApart,
    /// Holds never end.
    HoldsNeverEnd,
    /// Holds end a second early.
    HoldsEndEarly,
    /// An expired hold gives one ticket more back than it held.
    ExpiryFreesTooMuch,
    /// Overdue holds are left to the sweeper when tickets are short.
    OverdueHoldsAreNotReleased,
    /// Whoever has paid can give the booking up as if it were free.
    PaidBookingsCanBeGivenUp,
    /// Calling an event off is answered and not done.
    CallOffIsLost,
    /// The bookings of an event that was called off are left alone.
    CallOffIsNotSettled,
    /// A line of the journal is lost.
    JournalLosesLines,
    /// The stocks that are answered have a ticket more than there is.
    AnsweredStocksAreTooHigh,
    /// Two workers may have a notice at the same time.
    NoticesAreClaimedWithoutLease,
    /// Confirmations are not written to the outbox.
    ConfirmationsAreForgotten,
    /// Nor are requests for refunds.
    RefundsAreForgotten,
    /// Nor are reminders.
    RemindersAreForgotten,
    /// Changes of events are not told to those who have booked.
    ChangesAreNotAnnounced,
    /// What became of a notice is not written down.
    DeliveriesAreNotWrittenDown,
}

impl DatabaseFlaw {
    pub(crate) const ALL: [Self; 26] = [
        Self::GuardIsOffByOne,
        Self::HoldIsAnsweredBeforeItIsWritten,
        Self::NotificationIsAnsweredBeforeItIsWritten,
        Self::LateSuccessIsDropped,
        Self::LateSuccessIsNeverServed,
        Self::RepeatedNotificationCounts,
        Self::NotificationIsForgotten,
        Self::AmountIsNotLookedAt,
        Self::PaymentIsNotLookedAt,
        Self::PaymentIsDeductedTwice,
        Self::KeyIsCommittedApart,
        Self::HoldsNeverEnd,
        Self::HoldsEndEarly,
        Self::ExpiryFreesTooMuch,
        Self::OverdueHoldsAreNotReleased,
        Self::PaidBookingsCanBeGivenUp,
        Self::CallOffIsLost,
        Self::CallOffIsNotSettled,
        Self::JournalLosesLines,
        Self::AnsweredStocksAreTooHigh,
        Self::NoticesAreClaimedWithoutLease,
        Self::ConfirmationsAreForgotten,
        Self::RefundsAreForgotten,
        Self::RemindersAreForgotten,
        Self::ChangesAreNotAnnounced,
        Self::DeliveriesAreNotWrittenDown,
    ];

    /// Returns the kind of notice that gets lost.
    const fn forgets(self) -> Option<NoticeKind> {
        match self {
            Self::ConfirmationsAreForgotten => Some(NoticeKind::BookingConfirmed),
            Self::RefundsAreForgotten => Some(NoticeKind::RequestRefund),
            Self::RemindersAreForgotten => Some(NoticeKind::EventReminder),
            _ => None,
        }
    }
}

/// Bookings that are broken in one way.
#[derive(Debug)]
pub(crate) struct FlawedBookings {
    flaw: DatabaseFlaw,
    database: MemoryDatabase,
    events: Arc<MemoryEventRepository>,
    inner: Arc<MemoryBookingRepository>,
    calls: AtomicU32,
    /// Keys of bookings, and those that are still to be written.
    keys: Mutex<BTreeMap<IdempotencyKey, BookingId>>,
    keys_to_write: Mutex<Vec<(IdempotencyKey, BookingId)>>,
}

impl FlawedBookings {
    pub(crate) fn new(database: &MemoryDatabase, flaw: DatabaseFlaw) -> Self {
        Self {
            flaw,
            database: database.clone(),
            events: database.events(),
            inner: database.bookings(),
            calls: AtomicU32::new(0),
            keys: Mutex::default(),
            keys_to_write: Mutex::default(),
        }
    }

    /// Says yes every so often.
    fn every(&self, times: u32) -> bool {
        self.calls.fetch_add(1, Ordering::Relaxed) % times == times - 1
    }

    async fn stock(&self, event_id: EventId) -> Result<Option<Stock>, RepositoryError> {
        Ok(self.events.find_event(event_id).await?.map(|listing| listing.stock))
    }

    /// Changes a stock behind the back of the journal, if that gives one that can be.
    async fn shift(
        &self,
        event_id: EventId,
        (capacity, stock, held): (i64, i64, i64),
    ) -> Result<(), RepositoryError> {
        let Some(row) = self.stock(event_id).await? else { return Ok(()) };
        let shifted = |count: u32, by: i64| u32::try_from(i64::from(count) + by).unwrap_or(0);
        let (capacity, stock, held) = (
            shifted(row.capacity(), capacity),
            shifted(row.stock(), stock),
            shifted(row.held(), held),
        );
        if let Ok(tampered) = Stock::restore(capacity, stock, held, row.version()) {
            self.database.tamper(Tampering::Stock(event_id, tampered));
        }
        Ok(())
    }

    /// Gives every request that was refused for want of one ticket what it wants.
    async fn let_one_more_in(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
        admitted: BatchOutcome<HoldOutcome>,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        for (request, outcome) in batch.iter().zip(&admitted.outcomes) {
            if let HoldOutcome::SoldOut(sold_out) = outcome
                && sold_out.available + 1 == request.quantity.get()
            {
                self.shift(request.event_id, (1, 1, 0)).await?;
                return self.inner.admit(batch, now).await;
            }
        }
        Ok(admitted)
    }

    /// Keeps keys apart from the bookings.
    async fn admit_with_keys_apart(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        let keyless = |request: &HoldRequest| HoldRequest { idempotency: None, ..request.clone() };
        let mut all = BatchOutcome { outcomes: Vec::new(), stocks: Vec::new() };
        for request in batch {
            let key = request.idempotency.as_ref().map(|idempotency| idempotency.key.clone());
            let known = key.as_ref().and_then(|key| self.keys.lock().unwrap().get(key).copied());
            if let Some(known) = known
                && let Some(booking) = self.inner.find_booking(known).await?
            {
                all.outcomes.push(HoldOutcome::Replayed(booking));
                continue;
            }
            let one = self.inner.admit(&[keyless(request)], now).await?;
            if let (Some(key), Some(HoldOutcome::Held(booking))) = (key, one.outcomes.first()) {
                self.keys_to_write.lock().unwrap().push((key, booking.id));
            }
            all.outcomes.extend(one.outcomes);
            all.stocks = one.stocks;
        }
        Ok(all)
    }

    /// Answers a hold that was never written.
    fn only_answer(batch: &[HoldRequest], now: Timestamp) -> BatchOutcome<HoldOutcome> {
        let held = |request: &HoldRequest| {
            HoldOutcome::Held(Booking {
                id: request.booking_id,
                event_id: request.event_id,
                quantity: request.quantity,
                unit_price: request.unit_price,
                total: request.unit_price.checked_mul(request.quantity.get()).unwrap(),
                customer: request.customer.clone(),
                locale: request.locale,
                status: BookingStatus::Pending,
                payment: request.payment.clone(),
                expires_at: request.expires_at,
                created_at: now,
                confirmed_at: None,
                cancelled_at: None,
            })
        };
        BatchOutcome { outcomes: batch.iter().map(held).collect(), stocks: Vec::new() }
    }

    /// Returns what is settled instead, or what is answered at once.
    async fn instead(
        &self,
        settlement: &Settlement,
    ) -> Result<Result<Settlement, SettleOutcome>, RepositoryError> {
        let unchanged = Ok(Ok(settlement.clone()));
        let Some(booking) = self.inner.find_booking(settlement.booking_id).await? else {
            return unchanged;
        };
        let mut settlement = settlement.clone();
        match (&mut settlement.cause, self.flaw) {
            (Cause::Notified(n), DatabaseFlaw::LateSuccessIsDropped)
                if n.kind == NotificationKind::Succeeded
                    && booking.status != BookingStatus::Pending =>
            {
                return Ok(Err(SettleOutcome::Unchanged(booking)));
            }
            (Cause::Notified(_), DatabaseFlaw::NotificationIsAnsweredBeforeItIsWritten)
                if self.every(5) =>
            {
                return Ok(Err(SettleOutcome::Unchanged(booking)));
            }
            (Cause::HoldExpired, DatabaseFlaw::HoldsNeverEnd) => {
                return Ok(Err(SettleOutcome::Unchanged(booking)));
            }
            (Cause::Notified(n), DatabaseFlaw::RepeatedNotificationCounts) => {
                let number = self.calls.fetch_add(1, Ordering::Relaxed);
                n.id = ForeignId::new(format!("{}-{number}", n.id)).unwrap();
            }
            (Cause::Notified(n), DatabaseFlaw::AmountIsNotLookedAt) => {
                n.amount_minor = booking.total.amount_minor();
            }
            (Cause::Notified(n), DatabaseFlaw::PaymentIsNotLookedAt) => {
                if let Some(payment) = &booking.payment {
                    n.payment_id = payment.payment_id.clone();
                }
            }
            (Cause::CustomerCancelled, DatabaseFlaw::PaidBookingsCanBeGivenUp)
                if booking.status == BookingStatus::Confirmed =>
            {
                let gone = Tampering::Status(booking.id, BookingStatus::Cancelled);
                self.database.tamper(gone);
                let booking = Booking { status: BookingStatus::Cancelled, ..booking };
                return Ok(Err(SettleOutcome::Unchanged(booking)));
            }
            _ => {}
        }
        Ok(Ok(settlement))
    }

    /// Spoils what was settled.
    async fn spoil(
        &self,
        settlement: &Settlement,
        outcome: &SettleOutcome,
    ) -> Result<(), RepositoryError> {
        let SettleOutcome::Moved { booking, .. } = outcome else { return Ok(()) };
        match (self.flaw, &settlement.cause) {
            (DatabaseFlaw::PaymentIsDeductedTwice, Cause::Notified(_))
                if booking.status == BookingStatus::Confirmed =>
            {
                self.shift(booking.event_id, (0, -1, 0)).await
            }
            (DatabaseFlaw::ExpiryFreesTooMuch, Cause::HoldExpired) => {
                self.shift(booking.event_id, (0, 0, -1)).await
            }
            (DatabaseFlaw::NotificationIsForgotten, Cause::Notified(notification)) => {
                let lost = Tampering::NotificationLost(notification.id.clone());
                self.database.tamper(lost);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Settles one with an event that seems to be sold out.
    async fn settle_without_tickets(
        &self,
        settlement: &Settlement,
        event_id: EventId,
        now: Timestamp,
    ) -> Result<BatchOutcome<SettleOutcome>, RepositoryError> {
        let before = self.stock(event_id).await?.map_or(0, |stock| i64::from(stock.available()));
        self.shift(event_id, (0, 0, before)).await?;
        let settled = self.inner.settle(std::slice::from_ref(settlement), now).await?;
        self.shift(event_id, (0, 0, -before)).await?;
        Ok(settled)
    }
}

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

/// Events that are broken in one way.
#[derive(Debug)]
pub(crate) struct FlawedEvents {
    flaw: DatabaseFlaw,
    inner: Arc<MemoryEventRepository>,
}

impl FlawedEvents {
    pub(crate) fn new(database: &MemoryDatabase, flaw: DatabaseFlaw) -> Self {
        Self { flaw, inner: database.events() }
    }
}

#[async_trait]
impl EventRepository for FlawedEvents {
    async fn store_events(
        &self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError> {
        self.inner.store_events(batch, now).await
    }

    async fn change_event(
        &self,
        id: EventId,
        change: &EventChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError> {
        if self.flaw == DatabaseFlaw::CallOffIsLost
            && change.status == Some(EventStatus::Cancelled)
            && let Some(mut listing) = self.inner.find_event(id).await?
        {
            listing.event.status = EventStatus::Cancelled;
            return Ok(ChangeOutcome::Changed(listing));
        }
        self.inner.change_event(id, change, now).await
    }

    async fn find_event(&self, id: EventId) -> Result<Option<Listing>, RepositoryError> {
        self.inner.find_event(id).await
    }

    async fn search_events(
        &self,
        query: &SearchQuery,
        now: Timestamp,
    ) -> Result<SearchPage, RepositoryError> {
        self.inner.search_events(query, now).await
    }

    async fn count_facets(
        &self,
        filter: &SearchFilter,
        now: Timestamp,
    ) -> Result<Facets, RepositoryError> {
        self.inner.count_facets(filter, now).await
    }

    async fn find_names(
        &self,
        text: &SearchText,
        now: Timestamp,
    ) -> Result<Names, RepositoryError> {
        self.inner.find_names(text, now).await
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        self.inner.is_empty().await
    }
}
