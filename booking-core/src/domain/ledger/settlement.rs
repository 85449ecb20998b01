//! Deciding what becomes of bookings.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Booking, BookingId, BookingStatus, Books, BooksDoNotBalance, EventId, EventStatus, NewNotice,
    Notification, PaymentLink, Shortage, Timestamp, Trigger,
};
use crate::domain::lifecycle::{PAYMENT_GRACE, Step, step};
use crate::domain::notice::NoticeKind;
use crate::domain::payment::NotificationKind;

/// Why a booking is to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The gateway sent a notification.
    Notified(Notification),
    /// The booking costs nothing, so it is confirmed without a payment while it is pending; if its event was called off, it
    /// is cancelled. Refused if it costs something.
    NothingToPay,
    /// The customer gives it up.
    CustomerCancelled,
    /// Its hold may have run out. Does nothing if it has not.
    HoldExpired,
    /// The gateway gave no payment link.
    LinkFailed,
    /// Its event was called off. Refused if it was not.
    EventCancelled,
    /// The organiser gives the money back.
    RefundRequested,
    /// The gateway answered a request for a refund with "done".
    RefundCompleted,
}

impl Cause {
    const fn trigger(&self) -> Trigger {
        match self {
            Self::Notified(notification) => match notification.kind {
                NotificationKind::Succeeded => Trigger::PaymentSucceeded,
                NotificationKind::Failed => Trigger::PaymentFailed,
                NotificationKind::Refunded => Trigger::Refunded,
            },
            Self::NothingToPay => Trigger::PaymentSucceeded,
            Self::CustomerCancelled => Trigger::CustomerCancelled,
            Self::HoldExpired => Trigger::HoldExpired,
            Self::LinkFailed => Trigger::LinkFailed,
            Self::EventCancelled => Trigger::EventCancelled,
            Self::RefundRequested => Trigger::RefundRequested,
            Self::RefundCompleted => Trigger::Refunded,
        }
    }
}

/// A booking that is to move, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The booking. For a notification it is the one that the notification names.
    pub booking_id: BookingId,
    /// Why.
    pub cause: Cause,
}

impl Settlement {
    /// Makes the settlement that a notification asks for.
    pub fn notified(notification: Notification) -> Self {
        Self { booking_id: notification.booking_id, cause: Cause::Notified(notification) }
    }

    const fn notification(&self) -> Option<&Notification> {
        match &self.cause {
            Cause::Notified(notification) => Some(notification),
            _ => None,
        }
    }
}

/// What in a notification does not match its booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// It names another payment than the booking's.
    Payment,
    /// Amount or currency is not the booking's.
    Amount,
}

/// What came of a notification: kept with it for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It moved its booking.
    Applied,
    /// It changed nothing: another came first.
    Unchanged,
    /// It does not match its booking, and somebody has to look at it.
    Mismatch(Mismatch),
}

impl Verdict {
    /// Returns the name used in the databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::Mismatch(Mismatch::Payment) => "payment_mismatch",
            Self::Mismatch(Mismatch::Amount) => "amount_mismatch",
        }
    }
}

/// What came of a [`Settlement`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettleOutcome {
    /// The booking moved.
    Moved {
        /// The booking as it stands now.
        booking: Booking,
        /// Where it stood before.
        from: BookingStatus,
    },
    /// Nothing changed: it was so already, it is not due, or something else came first.
    Unchanged(Booking),
    /// It cannot be done to a booking in this state.
    Refused(Booking),
    /// The notification was recorded before; it has no second effect.
    Duplicate,
    /// The notification was recorded, and set aside for somebody to look at.
    SetAside(Mismatch),
    /// There is no such booking. Nothing was recorded.
    NotFound,
}

impl Books {
    /// Returns the events of which a settlement may need more tickets than are available: those of successes
    /// that come after the tickets were given up. Load their overdue holds with [`Books::add_overdue`] before
    /// [`Books::settle`].
    pub fn short_for_settlements(&self, settlements: &[Settlement]) -> Vec<Shortage> {
        let mut wanted = BTreeMap::<EventId, u64>::new();
        let mut named = BTreeMap::<EventId, u64>::new();
        for settlement in settlements {
            let Some(booking) = self.bookings.get(&settlement.booking_id) else { continue };
            *named.entry(booking.event_id).or_default() += 1;
            if settlement.cause.trigger() == Trigger::PaymentSucceeded {
                *wanted.entry(booking.event_id).or_default() += u64::from(booking.quantity.get());
            }
        }
        // A booking of the batch may be overdue itself, and be no hold any more when its tickets are needed.
        self.short_of(wanted, |event_id| named.get(&event_id).copied().unwrap_or(0))
    }

    /// Decides on each settlement, in order of arrival.
    pub fn settle(
        &mut self,
        settlements: &[Settlement],
    ) -> Result<Vec<SettleOutcome>, BooksDoNotBalance> {
        settlements.iter().map(|settlement| self.settle_one(settlement)).collect()
    }

    fn settle_one(&mut self, settlement: &Settlement) -> Result<SettleOutcome, BooksDoNotBalance> {
        let notification = settlement.notification();
        if notification.is_some_and(|n| self.notifications.contains(&n.id)) {
            return Ok(SettleOutcome::Duplicate);
        }
        let Some(booking) = self.bookings.get(&settlement.booking_id).cloned() else {
            return Ok(SettleOutcome::NotFound);
        };
        if let Some(notification) = notification
            && let Some(mismatch) = mismatch(&booking, notification)
        {
            self.record_notification(notification, Verdict::Mismatch(mismatch));
            return Ok(SettleOutcome::SetAside(mismatch));
        }
        let outcome = self.settle_matched(&booking, &settlement.cause)?;
        if let Some(notification) = notification {
            let verdict = match outcome {
                SettleOutcome::Moved { .. } => Verdict::Applied,
                _ => Verdict::Unchanged,
            };
            self.record_notification(notification, verdict);
        }
        Ok(outcome)
    }

    fn record_notification(&mut self, notification: &Notification, verdict: Verdict) {
        self.notifications.insert(notification.id.clone());
        self.changes.notifications.push((notification.clone(), verdict));
    }

    fn settle_matched(
        &mut self,
        booking: &Booking,
        cause: &Cause,
    ) -> Result<SettleOutcome, BooksDoNotBalance> {
        let called_off = self
            .ledger(booking.event_id)
            .is_some_and(|ledger| ledger.terms.status == EventStatus::Cancelled);
        match cause {
            Cause::HoldExpired if !booking.is_overdue(self.now) => {
                return Ok(SettleOutcome::Unchanged(booking.clone()));
            }
            Cause::NothingToPay if !booking.total.is_zero() => {
                return Ok(SettleOutcome::Refused(booking.clone()));
            }
            // Unlike money, this is not to be made good: whoever gave a free ticket up, or let it go, has done so.
            Cause::NothingToPay if booking.status != BookingStatus::Pending => {
                return Ok(SettleOutcome::Unchanged(booking.clone()));
            }
            Cause::EventCancelled if !called_off => {
                return Ok(SettleOutcome::Refused(booking.clone()));
            }
            // A success frees the tickets first if they are no longer the buyer's, and then has to find
            // tickets like any other late success.
            Cause::Notified(n)
                if n.kind == NotificationKind::Succeeded
                    && booking.status == BookingStatus::Pending =>
            {
                if called_off {
                    self.pull(booking.id, Trigger::EventCancelled)?;
                } else if is_late(booking, n.occurred_at) {
                    self.pull(booking.id, Trigger::HoldExpired)?;
                }
            }
            _ => {}
        }
        self.adopt_payment(booking.id, cause);
        let trigger = match cause {
            // Nobody is to hear that a ticket is theirs for what will not take place.
            Cause::NothingToPay if called_off => Trigger::EventCancelled,
            _ => cause.trigger(),
        };
        let refused = self.pull(booking.id, trigger)?;
        if called_off && booking.status == BookingStatus::Pending {
            // Whoever is told at this moment that the event is off is told there that the money comes back.
            let is_said = |notice: &NewNotice| {
                notice.booking_id == booking.id && notice.kind == NoticeKind::RefundDue
            };
            self.changes.notices.retain(|notice| !is_said(notice));
        }
        let after = self.bookings.get(&booking.id).cloned().unwrap_or_else(|| booking.clone());
        Ok(if after.status != booking.status {
            SettleOutcome::Moved { booking: after, from: booking.status }
        } else if refused {
            SettleOutcome::Refused(after)
        } else {
            SettleOutcome::Unchanged(after)
        })
    }

    /// Keeps the payment that a notification names with a booking that has none on record: its link was made,
    /// but could not be written down. Without its name, the money could not be given back.
    fn adopt_payment(&mut self, id: BookingId, cause: &Cause) {
        if let (Cause::Notified(notification), Some(booking)) = (cause, self.bookings.get_mut(&id))
            && booking.payment.is_none()
        {
            let payment_id = notification.payment_id.clone();
            booking.payment = Some(PaymentLink { payment_id, url: Arc::from("") });
        }
    }

    /// Pulls one trigger on a booking; tells whether it was refused.
    fn pull(&mut self, id: BookingId, trigger: Trigger) -> Result<bool, BooksDoNotBalance> {
        let Some(booking) = self.bookings.get(&id) else { return Ok(false) };
        let (event_id, quantity) = (booking.event_id, booking.quantity.get());
        match step(booking.status, trigger) {
            Step::Stay => Ok(false),
            Step::Refuse => Ok(true),
            Step::Go(there) => self.move_booking(id, trigger, there).map(|()| false),
            Step::IfAvailable(yes, no) => {
                self.depends_on_stock = true;
                let is_held_at_all = self.ledger(event_id).is_some_and(|ledger| {
                    ledger.terms.status == EventStatus::Published && self.now < ledger.terms.ends_at
                });
                let there = if is_held_at_all && self.make_available(event_id, quantity)? {
                    yes
                } else {
                    no
                };
                self.move_booking(id, trigger, there).map(|()| false)
            }
        }
    }
}

/// A success is late if the *money* was paid late. How long the message took does not matter.
fn is_late(booking: &Booking, paid_at: Timestamp) -> bool {
    paid_at > booking.expires_at.saturating_add(PAYMENT_GRACE)
}

fn mismatch(booking: &Booking, notification: &Notification) -> Option<Mismatch> {
    let is_other_payment = booking
        .payment
        .as_ref()
        .is_some_and(|payment| payment.payment_id != notification.payment_id);
    if is_other_payment {
        Some(Mismatch::Payment)
    } else if !notification.is_for(booking.total) {
        Some(Mismatch::Amount)
    } else {
        None
    }
}
