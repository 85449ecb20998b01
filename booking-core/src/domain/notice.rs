//! The outbox: what is to be told or asked for because a booking changed.

use super::booking::BookingStatus;
use super::event::EventStatus;
use super::ids::{BookingId, EventId, NoticeId};
use super::invalid::Invalid;
use super::lifecycle::Trigger;
use super::time::Timestamp;

/// Who takes a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    /// The buyer, through the [`Notifier`](crate::ports::Notifier).
    Buyer,
    /// The gateway, through the [`PaymentGateway`](crate::ports::PaymentGateway).
    Gateway,
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl Recipient {
    /// Returns the name used in the databases.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Gateway => "gateway",
        }
    }
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// To the buyer: the tickets are yours.
    BookingConfirmed,
    /// To the buyer: the event is near.
    EventReminder,
    /// To the buyer: the payment failed, the tickets are free again.
    PaymentFailed,
    /// To the buyer: the hold ran out, the tickets are free again.
    HoldExpired,
    /// To the buyer: you gave the booking up.
    BookingCancelled,
    /// To the buyer: the event takes place at another time or place.
    EventChanged,
    /// To the buyer: the event was called off.
    EventCancelled,
    /// To the buyer: your money is being given back.
    RefundDue,
    /// To the buyer: your money was given back.
    Refunded,
    /// To the gateway: let nobody pay this any more.
    ExpirePayment,
    /// To the gateway: give the money back.
    RequestRefund,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::BookingConfirmed,
        Self::EventReminder,
        Self::PaymentFailed,
        Self::HoldExpired,
        Self::BookingCancelled,
        Self::EventChanged,
        Self::EventCancelled,
        Self::RefundDue,
        Self::Refunded,
        Self::ExpirePayment,
        Self::RequestRefund,
    ];

    /// Returns the name used in the databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BookingConfirmed => "booking_confirmed",
            Self::EventReminder => "event_reminder",
            Self::PaymentFailed => "payment_failed",
            Self::HoldExpired => "hold_expired",
            Self::BookingCancelled => "booking_cancelled",
            Self::EventChanged => "event_changed",
            Self::EventCancelled => "event_cancelled",
            Self::RefundDue => "refund_due",
            Self::Refunded => "refunded",
            Self::ExpirePayment => "expire_payment",
            Self::RequestRefund => "request_refund",
        }
    }

    /// Reads the name used in the databases.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| Invalid::new("is not a kind of notice"))
    }

    /// Returns who takes it.
    pub const fn recipient(self) -> Recipient {
        match self {
            Self::ExpirePayment | Self::RequestRefund => Recipient::Gateway,
            Self::BookingConfirmed
            | Self::EventReminder
            | Self::PaymentFailed
            | Self::HoldExpired
            | Self::BookingCancelled
            | Self::EventChanged
            | Self::EventCancelled
            | Self::RefundDue
            | Self::Refunded => Recipient::Buyer,
        }
    }

    /// Tells whether a notice of this kind follows the event: one that waits is planned anew when the event changes, so
    /// that a booking never has two of them waiting.
    pub const fn is_planned(self) -> bool {
        matches!(self, Self::EventReminder | Self::EventChanged)
    }

    /// Tells whether a notice is still worth sending for a booking and event in these states.
    ///
    /// It is asked again at sending time: a reminder of a refunded booking would be a lie.
    pub fn is_current(self, booking: BookingStatus, event: EventStatus) -> bool {
        match self {
            Self::BookingConfirmed | Self::EventReminder | Self::EventChanged => {
                booking == BookingStatus::Confirmed && event != EventStatus::Cancelled
            }
            Self::PaymentFailed => booking == BookingStatus::PaymentFailed,
            Self::HoldExpired => booking == BookingStatus::Expired,
            Self::BookingCancelled => booking == BookingStatus::Cancelled,
            Self::EventCancelled => event == EventStatus::Cancelled,
            Self::RequestRefund => booking == BookingStatus::RefundDue,
            // Also of an event that is off by now: whoever was told of that has no notice of this kind. And if the money is
            // back already: that the tickets are void is told nowhere else.
            Self::RefundDue => {
                matches!(booking, BookingStatus::RefundDue | BookingStatus::Refunded)
            }
            Self::Refunded => booking == BookingStatus::Refunded,
            Self::ExpirePayment => booking != BookingStatus::Confirmed,
        }
    }
}

/// A notice to be queued in the transaction that gives rise to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewNotice {
    /// The event of the booking.
    pub event_id: EventId,
    /// The booking.
    pub booking_id: BookingId,
    /// What it is about.
    pub kind: NoticeKind,
    /// Not to be sent before.
    pub run_at: Timestamp,
}

/// A notice that a worker has claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// Its id, the same at every attempt.
    pub id: NoticeId,
    /// The event of the booking.
    pub event_id: EventId,
    /// The booking.
    pub booking_id: BookingId,
    /// What it is about.
    pub kind: NoticeKind,
    /// Which attempt this is: how often it was claimed, this time included and those that do not count left out.
    pub attempt: u32,
    /// Which claim this is. Each has a greater one than those before it, so whoever comes late is known by it.
    pub claim: u32,
    /// How often it was planned anew. What became of an earlier edition does not count any more.
    pub edition: u32,
}

/// Returns which notices follow from a booking that moved to `to` because of `trigger`, each with the
/// earliest time to send it. Buyers of the event are to be reminded at `remind_at`, if at all.
pub fn notices_for(
    trigger: Trigger,
    to: BookingStatus,
    has_payment: bool,
    remind_at: Option<Timestamp>,
    now: Timestamp,
) -> Vec<(NoticeKind, Timestamp)> {
    let mut notices = Vec::with_capacity(2);
    match to {
        BookingStatus::Confirmed => {
            notices.push((NoticeKind::BookingConfirmed, now));
            // Whoever books later than that has just been told.
            let remind_at = remind_at.filter(|at| *at > now);
            notices.extend(remind_at.map(|at| (NoticeKind::EventReminder, at)));
        }
        BookingStatus::PaymentFailed if trigger == Trigger::PaymentFailed => {
            notices.push((NoticeKind::PaymentFailed, now));
        }
        // Without a link the buyer got an error at once, and there is no payment to end.
        BookingStatus::PaymentFailed | BookingStatus::Pending => {}
        BookingStatus::Expired => notices.push((NoticeKind::HoldExpired, now)),
        BookingStatus::Cancelled => {
            if has_payment {
                notices.push((NoticeKind::ExpirePayment, now));
            }
            notices.push(match trigger {
                Trigger::EventCancelled => (NoticeKind::EventCancelled, now),
                _ => (NoticeKind::BookingCancelled, now),
            });
        }
        BookingStatus::RefundDue => {
            notices.push((NoticeKind::RequestRefund, now));
            notices.push(match trigger {
                Trigger::EventCancelled => (NoticeKind::EventCancelled, now),
                _ => (NoticeKind::RefundDue, now),
            });
        }
        BookingStatus::Refunded => notices.push((NoticeKind::Refunded, now)),
    }
    notices
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn kinds(trigger: Trigger, to: BookingStatus, remind_in: Option<Duration>) -> Vec<NoticeKind> {
        let now = Timestamp::from_secs(1_800_000_000).unwrap();
        notices_for(trigger, to, true, remind_in.map(|after| now.saturating_add(after)), now)
            .into_iter()
            .map(|(kind, _)| kind)
            .collect()
    }

    #[test]
    fn a_reminder_is_planned_only_when_there_is_time_for_one() {
        let confirmed =
            |remind_in| kinds(Trigger::PaymentSucceeded, BookingStatus::Confirmed, remind_in);
        assert_eq!(
            confirmed(Some(Duration::from_secs(1))),
            [NoticeKind::BookingConfirmed, NoticeKind::EventReminder]
        );
        assert_eq!(confirmed(Some(Duration::ZERO)), [NoticeKind::BookingConfirmed]);
        assert_eq!(confirmed(None), [NoticeKind::BookingConfirmed], "nobody is to be reminded");
    }

    #[test]
    fn money_to_give_back_is_asked_for_and_told() {
        let later = Some(DAY);
        assert_eq!(
            kinds(Trigger::EventCancelled, BookingStatus::RefundDue, later),
            [NoticeKind::RequestRefund, NoticeKind::EventCancelled]
        );
        assert_eq!(
            kinds(Trigger::PaymentSucceeded, BookingStatus::RefundDue, later),
            [NoticeKind::RequestRefund, NoticeKind::RefundDue]
        );
    }

    #[test]
    fn whoever_gave_a_booking_up_is_told_once_and_why() {
        let cancelled = |trigger| kinds(trigger, BookingStatus::Cancelled, Some(DAY));
        assert_eq!(
            cancelled(Trigger::CustomerCancelled),
            [NoticeKind::ExpirePayment, NoticeKind::BookingCancelled]
        );
        assert_eq!(
            cancelled(Trigger::EventCancelled),
            [NoticeKind::ExpirePayment, NoticeKind::EventCancelled]
        );
    }

    #[test]
    fn what_is_no_longer_true_is_not_sent() {
        use {BookingStatus as B, EventStatus as E};
        assert!(NoticeKind::EventReminder.is_current(B::Confirmed, E::Published));
        assert!(!NoticeKind::EventReminder.is_current(B::RefundDue, E::Published));
        assert!(!NoticeKind::EventReminder.is_current(B::Confirmed, E::Cancelled));
        assert!(!NoticeKind::RequestRefund.is_current(B::Refunded, E::Published));
        assert!(NoticeKind::RefundDue.is_current(B::RefundDue, E::Published));
        assert!(NoticeKind::RefundDue.is_current(B::RefundDue, E::Cancelled));
        assert!(NoticeKind::RefundDue.is_current(B::Refunded, E::Published));
        assert!(!NoticeKind::RefundDue.is_current(B::Confirmed, E::Published));
    }

    #[test]
    fn kinds_are_read_back() {
        for kind in NoticeKind::ALL {
            assert_eq!(NoticeKind::parse(kind.as_str()), Ok(kind));
        }
    }
}
