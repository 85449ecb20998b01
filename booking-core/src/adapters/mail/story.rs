//! What a mail is about: the kind of the notice, and how things stand with the booking.

use crate::domain::booking::BookingStatus;
use crate::domain::event::EventStatus;
use crate::domain::notice::NoticeKind;
use crate::ports::notifier::BuyerMessage;

/// What happened to a booking, as far as it takes other words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    /// The tickets are the buyer's.
    Confirmed { is_free: bool },
    /// The event is near.
    Reminder,
    /// The payment failed.
    PaymentFailed,
    /// The hold ran out.
    Expired,
    /// The buyer gave the booking up.
    GivenUp,
    /// The event takes place differently.
    Changed,
    /// The event was called off.
    EventCancelled(Refund),
    /// A booking that was confirmed is no longer valid, and its money goes back.
    Withdrawn,
    /// The tickets were gone when the money came, and it goes back.
    PaidTooLate,
    /// The money was given back.
    Refunded,
    /// A booking that cost nothing has come to its end.
    Closed,
}

/// What becomes of the money for an event that was called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refund {
    UnderWay,
    Done,
    NothingPaid,
}

/// Whether a mail speaks of tickets that are valid, or of such as were and are no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Valid,
    Withdrawn,
}

impl Story {
    /// Returns what a message tells, unless its kind is not for buyers.
    pub(super) fn of(message: &BuyerMessage) -> Option<Self> {
        let is_free = message.booking.total.is_zero();
        Some(match message.kind {
            NoticeKind::BookingConfirmed => Self::Confirmed { is_free },
            NoticeKind::EventReminder => Self::Reminder,
            NoticeKind::PaymentFailed => Self::PaymentFailed,
            NoticeKind::HoldExpired => Self::Expired,
            NoticeKind::BookingCancelled => Self::GivenUp,
            NoticeKind::EventChanged => Self::Changed,
            NoticeKind::EventCancelled => Self::EventCancelled(match message.booking.status {
                _ if is_free => Refund::NothingPaid,
                BookingStatus::RefundDue => Refund::UnderWay,
                BookingStatus::Refunded => Refund::Done,
                BookingStatus::Pending
                | BookingStatus::Confirmed
                | BookingStatus::PaymentFailed
                | BookingStatus::Cancelled
                | BookingStatus::Expired => Refund::NothingPaid,
            }),
            NoticeKind::RefundDue | NoticeKind::Refunded if is_free => Self::Closed,
            NoticeKind::RefundDue if message.booking.confirmed_at.is_some() => Self::Withdrawn,
            NoticeKind::RefundDue if message.event.status == EventStatus::Cancelled => {
                Self::EventCancelled(Refund::UnderWay)
            }
            NoticeKind::RefundDue => Self::PaidTooLate,
            NoticeKind::Refunded => Self::Refunded,
            NoticeKind::ExpirePayment | NoticeKind::RequestRefund => return None,
        })
    }
}

/// Returns whether a message says that tickets are valid or no longer are; `None` if it says neither, because there
/// never were any, or because that was told before.
pub(super) fn standing(message: &BuyerMessage) -> Option<Standing> {
    match message.kind {
        NoticeKind::BookingConfirmed | NoticeKind::EventReminder | NoticeKind::EventChanged => {
            Some(Standing::Valid)
        }
        // The money may be back before anybody could be told that it will be. Taking an entry away twice does no harm.
        NoticeKind::EventCancelled | NoticeKind::RefundDue | NoticeKind::Refunded
            if message.booking.confirmed_at.is_some() =>
        {
            Some(Standing::Withdrawn)
        }
        NoticeKind::EventCancelled
        | NoticeKind::RefundDue
        | NoticeKind::PaymentFailed
        | NoticeKind::HoldExpired
        | NoticeKind::BookingCancelled
        | NoticeKind::Refunded
        | NoticeKind::ExpirePayment
        | NoticeKind::RequestRefund => None,
    }
}
