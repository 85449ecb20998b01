//! Delivering notices: mails to buyers, requests to the gateway.

mod line;

pub(super) use line::run;

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::adapters::Adapters;
use super::failure::{ServiceError, chain};
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
use crate::ports::{Classify, Effect, Retry};

const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// The pause of what fails because nobody's would succeed.
const PAUSE_OF_ALL: Duration = Duration::from_secs(20);

/// Delivers what the outbox holds.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    pub(super) adapters: Adapters,
    pub(super) settlement: GroupCommit<SettlementWriter>,
    pub(super) settings: Settings,
}

/// A notice and what became of it.
type Delivery = (Notice, NoticeResult);

/// The event of notices that were claimed together. It is read once, after they were claimed: many are about the same
/// event, and what they are about happened before they were queued.
type SharedEvent = Arc<OnceCell<Option<Event>>>;

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
    /// Whether it may be the notice's own fault: then it is given up after so many attempts. Nobody's mail is to be lost
    /// because a server was away for a week, so other attempts are not counted.
    counts: bool,
    /// What the other side asks to wait for, at the least.
    pause: Duration,
}

impl Failed {
    /// The other side failed, and says whether it will again.
    fn by(error: &(impl Classify + Error)) -> Self {
        let (is_final, pause) = match error.retry() {
            Retry::Never => (true, Duration::ZERO),
            Retry::Now => (false, Duration::ZERO),
            Retry::After(pause) => (false, pause),
        };
        // Whatever certainly had no effect, and may have one later, did not come to the notice at all.
        let counts = error.effect() == Effect::Unknown;
        Self { reason: chain(error), is_final, counts, pause }
    }

    /// The database or the queue failed, which is not the notice's fault: it must not be given up for that.
    fn at_home(error: &dyn Error) -> Self {
        Self { reason: chain(error), is_final: false, counts: false, pause: Duration::ZERO }
    }

    fn of_its_own(reason: &str) -> Self {
        Self { reason: reason.to_owned(), is_final: false, counts: true, pause: Duration::ZERO }
    }

    fn for_good(reason: &str) -> Self {
        Self { reason: reason.to_owned(), is_final: true, counts: true, pause: Duration::ZERO }
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
            results.extend(result.ok());
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
        // Whoever never answers must not keep the others waiting, nor a second worker from taking over with the first
        // one still at it: the lease outlasts the attempt. It runs from here on, however long the claim takes.
        let give_up_at = Instant::now() + lease / 2;
        let limit = u32::try_from(limit.max(1)).unwrap_or(u32::MAX);
        let notices = self.adapters.bookings.claim_notices(recipient, now, lease, limit).await?;
        let claimed = notices.len();
        let mut events = HashMap::<EventId, SharedEvent>::new();
        for notice in notices {
            let event = Arc::clone(events.entry(notice.event_id).or_default());
            let outbox = self.clone();
            deliveries.spawn(async move { outbox.attempt(notice, give_up_at, &event).await });
        }
        Ok(claimed)
    }

    async fn finish(&self, results: &[(Notice, NoticeResult)]) -> Result<(), ServiceError> {
        Ok(self.adapters.bookings.finish_notices(results, self.adapters.clock.now()).await?)
    }

    async fn attempt(
        &self,
        notice: Notice,
        give_up_at: Instant,
        event: &SharedEvent,
    ) -> (Notice, NoticeResult) {
        let delivered = if notice.attempt > self.settings.notice_attempts {
            // No attempt of it was ever concluded: every process that begins one dies of it.
            Err(Failed::for_good("it was begun too often, and never ended"))
        } else {
            let delivery = timeout_at(give_up_at, self.deliver_one(&notice, event));
            match contain("delivery", delivery).await {
                Some(Ok(delivered)) => delivered,
                // Perhaps it is this one's fault, perhaps not.
                Some(Err(_)) => Err(Failed::of_its_own("it took too long")),
                None => Err(Failed::of_its_own("delivering it panicked")),
            }
        };
        let (result, label) = self.conclude(&notice, delivered);
        metrics::counter!("booking_notices_total", "kind" => notice.kind.as_str(), "result" => label)
            .increment(1);
        (notice, result)
    }

    /// Decides what becomes of a notice after an attempt, and what to call that in metrics.
    fn conclude(
        &self,
        notice: &Notice,
        delivered: Result<Delivered, Failed>,
    ) -> (NoticeResult, &'static str) {
        match delivered {
            Ok(Delivered::Done) => (NoticeResult::Done, "done"),
            Ok(Delivered::NotBefore(at)) => {
                let reason = "the event was put off".to_owned();
                (NoticeResult::Retry { at, reason, counts: false }, "put_off")
            }
            Err(Failed { reason, is_final, counts, .. })
                if is_final || (counts && notice.attempt >= self.settings.notice_attempts) =>
            {
                metrics::counter!("booking_notices_dead_total", "kind" => notice.kind.as_str())
                    .increment(1);
                tracing::error!(notice.id = %notice.id, notice.kind = notice.kind.as_str(),
                    booking.id = %notice.booking_id, reason, "gave a notice up");
                (NoticeResult::Dead { reason }, "dead")
            }
            Err(Failed { reason, counts, pause: at_least, .. }) => {
                let doubled = FIRST_PAUSE * 2_u32.saturating_pow(notice.attempt.min(16));
                // A server that is back is noticed soon.
                let pause = if counts { doubled.min(LONGEST_PAUSE) } else { PAUSE_OF_ALL };
                let pause = pause / 2 + jitter(&*self.adapters.ids, pause / 2);
                let pause = pause.max(at_least);
                tracing::warn!(notice.id = %notice.id, notice.kind = notice.kind.as_str(),
                    booking.id = %notice.booking_id, attempt = notice.attempt, reason,
                    pause_s = pause.as_secs(), "a notice was not delivered; it is tried again");
                let at = self.adapters.clock.now().saturating_add(pause);
                (NoticeResult::Retry { at, reason, counts }, "retry")
            }
        }
    }

    async fn deliver_one(&self, notice: &Notice, event: &SharedEvent) -> Result<Delivered, Failed> {
        let found = self.adapters.bookings.find_booking(notice.booking_id).await;
        let Some(booking) = found.map_err(|error| Failed::at_home(&error))? else {
            return Err(Failed::for_good("its booking does not exist"));
        };
        let Some(event) = self.find_event(notice.event_id, event).await? else {
            return Err(Failed::for_good("its event does not exist"));
        };
        // What was true when it was queued may not be any more.
        if !notice.kind.is_current(booking.status, event.status) {
            return Ok(Delivered::Done);
        }
        // Where nothing was paid, nothing came back that could be told of.
        if notice.kind == NoticeKind::Refunded && booking.total.is_zero() {
            return Ok(Delivered::Done);
        }
        let is_over = self.adapters.clock.now() >= event.details.ends_at;
        if notice.kind == NoticeKind::EventChanged && is_over {
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
        event: &'e SharedEvent,
    ) -> Result<Option<&'e Event>, Failed> {
        let read = async || {
            let listing = self.adapters.events.find_event(id).await?;
            Ok(listing.map(|listing| listing.event))
        };
        let event = event.get_or_try_init(read).await;
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
