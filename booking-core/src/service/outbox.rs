//! Delivering notices: mails to buyers, requests to the gateway.

mod line;

pub(super) use line::run;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use super::adapters::Adapters;
use super::failure::ServiceError;
use super::group_commit::GroupCommit;
use super::panics::contain;
use super::retry::jitter;
use super::settings::Settings;
use super::settlement::SettlementWriter;
use crate::domain::booking::Booking;
use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::domain::ledger::{Cause, Settlement};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::NoticeResult;
use crate::ports::fault::RepositoryError;
use crate::ports::notifier::BuyerMessage;
use crate::ports::payment_gateway::RefundOutcome;
use crate::ports::{Classify, Retry};

const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// Delivers what the outbox holds.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    pub(super) adapters: Adapters,
    pub(super) settlement: GroupCommit<SettlementWriter>,
    pub(super) settings: Settings,
}

/// The events of notices that were claimed together. Each is read once, after they were claimed: many are about the same
/// event, and what they are about happened before they were queued.
type Events = HashMap<EventId, OnceCell<Option<Event>>>;

/// A notice and what became of it; `None` if delivering it panicked.
type Delivery = Option<(Notice, NoticeResult)>;

/// What came of an attempt.
enum Delivered {
    /// It was delivered, or is no longer worth it.
    Done,
    /// It is too early: what it is about was put off.
    NotBefore(Timestamp),
}

/// Why a delivery did not succeed. The text holds no personal data: all port errors promise that.
struct Failed {
    reason: String,
    is_final: bool,
    /// What the other side asks to wait for, at the least.
    pause: Duration,
}

impl Failed {
    /// The other side failed, and says whether it will again.
    fn by(error: &(impl Classify + std::fmt::Display)) -> Self {
        let (is_final, pause) = match error.retry() {
            Retry::Never => (true, Duration::ZERO),
            Retry::Now => (false, Duration::ZERO),
            Retry::After(pause) => (false, pause),
        };
        Self { reason: error.to_string(), is_final, pause }
    }

    /// The database or the queue failed, which is not the notice's fault: it must not be given up for that.
    fn at_home(error: &impl std::fmt::Display) -> Self {
        Self { reason: error.to_string(), is_final: false, pause: Duration::ZERO }
    }

    fn for_good(reason: &str) -> Self {
        Self { reason: reason.to_owned(), is_final: true, pause: Duration::ZERO }
    }
}

impl Outbox {
    /// Delivers some notices; returns how many were claimed. Zero means that none is due.
    pub(super) async fn deliver(&self, recipient: Recipient) -> Result<usize, ServiceError> {
        let mut deliveries = JoinSet::new();
        let claimed =
            self.begin(recipient, self.settings.notice_concurrency, &mut deliveries).await?;
        let mut results = Vec::with_capacity(claimed);
        while let Some(result) = deliveries.join_next().await {
            results.extend(result.ok().flatten());
        }
        if !results.is_empty() {
            self.finish(&results).await?;
        }
        Ok(claimed)
    }

    /// Claims up to `limit` notices, and begins to deliver them; returns how many.
    async fn begin(
        &self,
        recipient: Recipient,
        limit: usize,
        deliveries: &mut JoinSet<Delivery>,
    ) -> Result<usize, ServiceError> {
        let (now, lease) = (self.adapters.clock.now(), self.settings.notice_lease);
        let limit = u32::try_from(limit.max(1)).unwrap_or(u32::MAX);
        let notices = self.adapters.bookings.claim_notices(recipient, now, lease, limit).await?;
        let claimed = notices.len();
        let events = notices.iter().map(|notice| (notice.event_id, OnceCell::new()));
        let events: Arc<Events> = Arc::new(events.collect());
        for notice in notices {
            let (outbox, events) = (self.clone(), Arc::clone(&events));
            // A delivery that panicked keeps its lease, and is tried again when that has run out.
            deliveries
                .spawn(async move { contain("delivery", outbox.attempt(notice, &events)).await });
        }
        Ok(claimed)
    }

    async fn finish(&self, results: &[(Notice, NoticeResult)]) -> Result<(), ServiceError> {
        Ok(self.adapters.bookings.finish_notices(results, self.adapters.clock.now()).await?)
    }

    async fn attempt(&self, notice: Notice, events: &Events) -> (Notice, NoticeResult) {
        // Whoever never answers must not keep the others waiting, nor a second worker from taking over with the
        // first one still at it: the lease outlasts the attempt.
        let patience = self.settings.notice_lease / 2;
        let delivered = tokio::time::timeout(patience, self.deliver_one(&notice, events)).await;
        let delivered = delivered.unwrap_or_else(|_| Err(Failed::at_home(&"it took too long")));
        let result = match delivered {
            Ok(Delivered::Done) => NoticeResult::Done,
            Ok(Delivered::NotBefore(at)) => {
                NoticeResult::Retry { at, reason: "the event was put off".to_owned() }
            }
            Err(Failed { reason, is_final, .. })
                if is_final || notice.attempt >= self.settings.notice_attempts =>
            {
                metrics::counter!("booking_notices_dead_total", "kind" => notice.kind.as_str())
                    .increment(1);
                tracing::error!(notice.id = %notice.id, notice.kind = notice.kind.as_str(),
                    booking.id = %notice.booking_id, reason, "gave a notice up");
                NoticeResult::Dead { reason }
            }
            Err(Failed { reason, pause: at_least, .. }) => {
                let doubled = FIRST_PAUSE * 2_u32.saturating_pow(notice.attempt.min(16));
                let pause = doubled.min(LONGEST_PAUSE);
                let pause = pause / 2 + jitter(&*self.adapters.ids, pause / 2);
                let pause = pause.max(at_least);
                tracing::warn!(notice.id = %notice.id, notice.kind = notice.kind.as_str(),
                    booking.id = %notice.booking_id, attempt = notice.attempt, reason,
                    pause_s = pause.as_secs(), "a notice was not delivered; it is tried again");
                NoticeResult::Retry { at: self.adapters.clock.now().saturating_add(pause), reason }
            }
        };
        let label = match &result {
            NoticeResult::Done => "done",
            NoticeResult::Retry { .. } => "retry",
            NoticeResult::Dead { .. } => "dead",
        };
        metrics::counter!("booking_notices_total", "kind" => notice.kind.as_str(), "result" => label)
            .increment(1);
        (notice, result)
    }

    async fn deliver_one(&self, notice: &Notice, events: &Events) -> Result<Delivered, Failed> {
        let found = self.adapters.bookings.find_booking(notice.booking_id).await;
        let Some(booking) = found.map_err(|error| Failed::at_home(&error))? else {
            return Err(Failed::for_good("its booking does not exist"));
        };
        let Some(event) = self.find_event(notice.event_id, events).await? else {
            return Err(Failed::for_good("its event does not exist"));
        };
        // What was true when it was queued may not be any more.
        if !notice.kind.is_current(booking.status, event.status) {
            return Ok(Delivered::Done);
        }
        if notice.kind == NoticeKind::EventReminder
            && let Some(settled) = self.reconsider_reminder(event)
        {
            return Ok(settled);
        }
        let delivered = match notice.kind {
            NoticeKind::ExpirePayment => self.expire_payment(&booking).await,
            NoticeKind::RequestRefund => self.request_refund(&booking).await,
            NoticeKind::BookingConfirmed
            | NoticeKind::EventReminder
            | NoticeKind::PaymentFailed
            | NoticeKind::HoldExpired
            | NoticeKind::BookingCancelled
            | NoticeKind::EventChanged
            | NoticeKind::EventCancelled
            | NoticeKind::RefundDue
            | NoticeKind::Refunded => {
                let message = BuyerMessage {
                    id: notice.id,
                    kind: notice.kind,
                    booking,
                    event: event.clone(),
                    now: self.adapters.clock.now(),
                    attempt: notice.attempt,
                    edition: notice.edition,
                };
                self.adapters.notifier.send(&message).await.map_err(|error| Failed::by(&error))
            }
        };
        delivered.map(|()| Delivered::Done)
    }

    /// Returns the event as it is since the notice was claimed.
    async fn find_event<'e>(
        &self,
        id: EventId,
        events: &'e Events,
    ) -> Result<Option<&'e Event>, Failed> {
        // Whoever built the map put it there.
        let Some(cell) = events.get(&id) else { return Ok(None) };
        let read = async || {
            let listing = self.adapters.events.find_event(id).await?;
            Ok(listing.map(|listing| listing.event))
        };
        let event = cell.get_or_try_init(read).await;
        event.map(Option::as_ref).map_err(|error: RepositoryError| Failed::at_home(&error))
    }

    /// A reminder was planned when the booking was confirmed; the event may have been changed since. Returns what becomes
    /// of it, unless now is the time to send it.
    fn reconsider_reminder(&self, event: &Event) -> Option<Delivered> {
        let now = self.adapters.clock.now();
        match event.remind_at() {
            Some(remind_at) if now < remind_at => Some(Delivered::NotBefore(remind_at)),
            Some(_) => (now >= event.details.starts_at).then_some(Delivered::Done),
            None => Some(Delivered::Done),
        }
    }

    async fn expire_payment(&self, booking: &Booking) -> Result<(), Failed> {
        let Some(payment) = &booking.payment else { return Ok(()) };
        let expired = self
            .adapters
            .gateway
            .expire_payment(&payment.payment_id, self.adapters.clock.now())
            .await;
        expired.map_err(|error| Failed::by(&error))
    }

    async fn request_refund(&self, booking: &Booking) -> Result<(), Failed> {
        let outcome = if booking.total.is_zero() {
            RefundOutcome::Completed
        } else {
            let Some(payment) = &booking.payment else {
                return Err(Failed::for_good("its payment is not known"));
            };
            let (id, amount) = (booking.id, booking.total);
            let asked = self.adapters.gateway.refund(
                &payment.payment_id,
                id,
                amount,
                self.adapters.clock.now(),
            );
            asked.await.map_err(|error| Failed::by(&error))?
        };
        match outcome {
            // The notification of the refund settles the booking.
            RefundOutcome::Accepted => Ok(()),
            RefundOutcome::Completed => {
                let settlement =
                    Settlement { booking_id: booking.id, cause: Cause::RefundCompleted };
                let settled = self.settlement.submit(settlement).await;
                // Tried again: asking the gateway again for the same refund does no harm.
                settled.map(drop).map_err(|error| Failed::at_home(&error))
            }
        }
    }
}
