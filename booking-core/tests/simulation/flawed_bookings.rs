//! Bookings that are broken in one way: what goes wrong, and where.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking_core::adapters::memory::{
    MemoryBookingRepository, MemoryDatabase, MemoryEventRepository, Tampering,
};
use booking_core::domain::booking::{Booking, BookingStatus, IdempotencyKey};
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::ledger::{
    Cause, HoldOutcome, HoldRequest, SettleOutcome, Settlement, SoldOut,
};
use booking_core::domain::payment::{ForeignId, Notification, NotificationKind};
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::booking_repository::BatchOutcome;
use booking_core::ports::fault::RepositoryError;
use booking_core::ports::{BookingRepository, EventRepository};
use booking_core::testkit::seed;

use crate::database_flaws::DatabaseFlaw;

#[path = "flawed_port.rs"]
mod port;

/// Returns the key of a request and the booking that it made, if both are there.
fn new_key(
    request: &HoldRequest,
    one: &BatchOutcome<HoldOutcome>,
) -> Option<(IdempotencyKey, BookingId)> {
    match (&request.idempotency, one.outcomes.first()) {
        (Some(idempotency), Some(HoldOutcome::Held(booking))) => {
            Some((idempotency.key.clone(), booking.id))
        }
        _ => None,
    }
}

/// Adds what came of one request. Of each event the last stock counts.
fn add(all: &mut BatchOutcome<HoldOutcome>, one: BatchOutcome<HoldOutcome>) {
    all.outcomes.extend(one.outcomes);
    for (event_id, stock) in one.stocks {
        all.stocks.retain(|(earlier, _)| *earlier != event_id);
        all.stocks.push((event_id, stock));
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
    /// Notifications that were answered for, and whether that was all.
    dropped: Mutex<BTreeMap<ForeignId, bool>>,
    /// The time of the last admission: not every call is told one.
    last_time: Mutex<Timestamp>,
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
            dropped: Mutex::default(),
            last_time: Mutex::new(seed::now()),
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

    /// Finds the booking that was made with the key of a request, by the keys that are kept here.
    async fn find_by_key(&self, request: &HoldRequest) -> Result<Option<Booking>, RepositoryError> {
        let Some(idempotency) = &request.idempotency else { return Ok(None) };
        let known = self.keys.lock().unwrap().get(&idempotency.key).copied();
        match known {
            Some(id) => self.inner.find_booking(id).await,
            None => Ok(None),
        }
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
            if let Some(booking) = self.find_by_key(request).await?
                && booking.status != BookingStatus::PaymentFailed
            {
                all.outcomes.push(if booking.customer == request.customer {
                    HoldOutcome::Replayed(booking)
                } else {
                    HoldOutcome::KeyReused
                });
                continue;
            }
            let one = self.inner.admit(&[keyless(request)], now).await?;
            self.keys_to_write.lock().unwrap().extend(new_key(request, &one));
            add(&mut all, one);
        }
        Ok(all)
    }

    /// Answers with bookings that failed, to whoever comes with their keys.
    async fn admit_by_old_keys(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        let mut all = BatchOutcome { outcomes: Vec::new(), stocks: Vec::new() };
        for request in batch {
            if let Some(booking) = self.find_by_key(request).await?
                && booking.status == BookingStatus::PaymentFailed
                && booking.customer == request.customer
            {
                all.outcomes.push(HoldOutcome::Replayed(booking));
                continue;
            }
            let one = self.inner.admit(std::slice::from_ref(request), now).await?;
            self.keys.lock().unwrap().extend(new_key(request, &one));
            add(&mut all, one);
        }
        Ok(all)
    }

    /// Refuses whoever wants more than is available, although there are holds that are over.
    async fn admit_without_release(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError> {
        let mut all = BatchOutcome { outcomes: Vec::new(), stocks: Vec::new() };
        for request in batch {
            let stock = self.stock(request.event_id).await?;
            let short = stock.filter(|stock| stock.available() < request.quantity.get());
            if let (Some(stock), None) = (short, &request.idempotency) {
                let all_of_it = self.inner.list_bookings(request.event_id, None, 1_000).await?;
                let held = all_of_it.items.iter().filter(|b| b.status == BookingStatus::Pending);
                all.outcomes.push(HoldOutcome::SoldOut(SoldOut {
                    available: stock.available(),
                    held: stock.held(),
                    next_release_at: held.map(|booking| booking.expires_at).min(),
                }));
                continue;
            }
            add(&mut all, self.inner.admit(std::slice::from_ref(request), now).await?);
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

    /// Answers for some notifications without writing them, each as often as it comes.
    fn dropped(&self, notification: &Notification, booking: &Booking) -> Option<SettleOutcome> {
        let is_new = !self.dropped.lock().unwrap().contains_key(&notification.id);
        let is_dropped = match self.flaw {
            DatabaseFlaw::LateSuccessIsDropped => {
                notification.kind == NotificationKind::Succeeded
                    && booking.status != BookingStatus::Pending
            }
            _ => self.every(5),
        };
        let mut dropped = self.dropped.lock().unwrap();
        let is_dropped = *dropped.entry(notification.id.clone()).or_insert(is_dropped);
        is_dropped.then(|| {
            if is_new {
                SettleOutcome::Unchanged(booking.clone())
            } else {
                SettleOutcome::Duplicate
            }
        })
    }

    /// Returns what is settled instead, or what is answered at once.
    async fn instead(
        &self,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<Result<Settlement, SettleOutcome>, RepositoryError> {
        let unchanged = Ok(Ok(settlement.clone()));
        let Some(booking) = self.inner.find_booking(settlement.booking_id).await? else {
            return unchanged;
        };
        let mut settlement = settlement.clone();
        match (&mut settlement.cause, self.flaw) {
            (
                Cause::Notified(n),
                DatabaseFlaw::LateSuccessIsDropped
                | DatabaseFlaw::NotificationIsAnsweredBeforeItIsWritten,
            ) => {
                if let Some(outcome) = self.dropped(n, &booking) {
                    return Ok(Err(outcome));
                }
            }
            (Cause::HoldExpired, DatabaseFlaw::OverdueHoldsAreShown)
                if now < booking.expires_at.saturating_add(Duration::from_secs(30)) =>
            {
                return Ok(Err(SettleOutcome::Unchanged(booking)));
            }
            (Cause::RefundRequested, DatabaseFlaw::RefundsAreAnsweredBeforeTheyAreWritten)
                if booking.status == BookingStatus::Confirmed && self.every(3) =>
            {
                let booking = Booking { status: BookingStatus::RefundDue, ..booking };
                return Ok(Err(SettleOutcome::Unchanged(booking)));
            }
            (Cause::HoldExpired, DatabaseFlaw::HoldsNeverEnd)
            | (Cause::CustomerCancelled, DatabaseFlaw::GivingUpDoesNothing)
            | (Cause::LinkFailed, DatabaseFlaw::LinkFailuresAreIgnored) => {
                return Ok(Err(SettleOutcome::Unchanged(booking)));
            }
            (Cause::Notified(n), DatabaseFlaw::RepeatedNotificationCounts) => {
                let number = self.calls.fetch_add(1, Ordering::Relaxed);
                n.id = ForeignId::new(format!("{}-{number}", n.id)).unwrap();
            }
            (Cause::Notified(n), DatabaseFlaw::LatePaymentsAreInTime) => {
                n.occurred_at = n.occurred_at.min(booking.expires_at);
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
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        let SettleOutcome::Moved { booking, .. } = outcome else { return Ok(()) };
        match (self.flaw, &settlement.cause) {
            (DatabaseFlaw::PaymentIsDeductedTwice, Cause::Notified(_))
                if booking.status == BookingStatus::Confirmed =>
            {
                self.shift(booking.event_id, (0, -1, 0)).await
            }
            (DatabaseFlaw::FreeTicketsAreTakenAway, Cause::NothingToPay) => {
                let (booking_id, cause) = (booking.id, Cause::RefundCompleted);
                self.inner.settle(&[Settlement { booking_id, cause }], now).await.map(drop)
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
