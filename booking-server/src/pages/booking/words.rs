//! What each status of a booking says to the buyer.

use booking_core::domain::booking::{Booking, BookingStatus};

/// The texts of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    /// A sign above the title, for the eye only.
    pub(super) mark: &'static str,
    /// How the sign looks.
    pub(super) mark_class: &'static str,
    /// What happened.
    pub(super) title: &'static str,
    /// What it means.
    pub(super) line: &'static str,
    /// What the total is.
    pub(super) total_label: &'static str,
}

const WAITING: (&str, &str) = ("…", "wait");
const GOOD: (&str, &str) = ("✓", "good");
const BAD: (&str, &str) = ("!", "bad");
const OVER: (&str, &str) = ("×", "");

const fn words(
    (mark, mark_class): (&'static str, &'static str),
    title: &'static str,
    total_label: &'static str,
    line: &'static str,
) -> Words {
    Words { mark, mark_class, title, line, total_label }
}

/// Finds the words for a booking.
pub(super) fn of(booking: &Booking, is_called_off: bool) -> Words {
    let was_confirmed = booking.confirmed_at.is_some();
    if is_called_off && let Some(words) = of_called_off(booking.status) {
        return words;
    }
    match booking.status {
        BookingStatus::Pending => words(
            WAITING,
            "Waiting for your payment",
            "To pay",
            "Your tickets are held for you. If you have just paid, this page tells as soon as the \
             payment is confirmed.",
        ),
        BookingStatus::Confirmed => words(
            GOOD,
            "Your tickets are booked",
            if booking.total.is_zero() { "Price" } else { "Paid" },
            "A confirmation is on its way to your e-mail address.",
        ),
        BookingStatus::PaymentFailed => words(
            BAD,
            "The payment did not go through",
            "Price",
            "The tickets are free again. You can try once more as long as there are any.",
        ),
        BookingStatus::Cancelled => words(
            OVER,
            "You gave these tickets up",
            "Price",
            "They are free for others again, and there is nothing to pay.",
        ),
        BookingStatus::Expired => words(
            OVER,
            "The time to pay is over",
            "Price",
            "The tickets were not paid for in time and are free again. If you did pay, you get \
             either the tickets or your money back, and an e-mail tells you which.",
        ),
        BookingStatus::RefundDue if was_confirmed => words(
            WAITING,
            "Your money is on its way back",
            "Money back",
            "The organiser gives back the whole amount. The tickets are not valid any more.",
        ),
        BookingStatus::RefundDue => words(
            WAITING,
            "Your money is on its way back",
            "Money back",
            "Your payment came when the tickets were gone. You get back the whole amount.",
        ),
        BookingStatus::Refunded => words(
            GOOD,
            "Your money was given back",
            "Given back",
            "It may take your bank a few days to show it.",
        ),
    }
}

/// Finds the words for a booking whose event was called off, where that is what matters.
fn of_called_off(status: BookingStatus) -> Option<Words> {
    const TITLE: &str = "The event was called off";
    match status {
        // They are about to be cancelled and refunded, in the background.
        BookingStatus::Confirmed | BookingStatus::RefundDue => Some(words(
            BAD,
            TITLE,
            "Money back",
            "You get back the whole amount. There is nothing you need to do.",
        )),
        BookingStatus::Pending | BookingStatus::Cancelled => Some(words(
            BAD,
            TITLE,
            "Price",
            "You have not paid for the tickets, so there is nothing you need to do.",
        )),
        BookingStatus::PaymentFailed | BookingStatus::Expired | BookingStatus::Refunded => None,
    }
}
