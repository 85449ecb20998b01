//! English.

use jiff::civil::{Date, Time};

use super::{Labels, Language, Telling, number};
use crate::adapters::mail::story::{Refund, Story};
use crate::domain::money::Money;

const SHOW_NUMBER: &str = "Please show the booking number at the door.";
const BOOK_AGAIN: &str = "If you still want to come, please book again.";
const NOTHING_TO_DO: &str = "There is nothing that you have to do.";

#[derive(Debug)]
pub(super) struct English;

impl Language for English {
    fn tag(&self) -> &'static str {
        "en"
    }

    fn labels(&self) -> &'static Labels {
        &Labels {
            event: "Event",
            when: "When",
            place: "Where",
            tickets: "Tickets",
            total: "Total",
            booking_number: "Booking number",
            held_until: "Held until",
            online: "Online",
            see_booking: "See your booking",
            add_to_google: "Add to Google Calendar",
            book_again: "Book again",
            why: "You get this mail because tickets were booked with this address. It was written automatically.",
        }
    }

    fn greeting(&self, name: Option<&str>) -> String {
        match name {
            Some(name) => format!("Hello {name},"),
            None => "Hello,".to_owned(),
        }
    }

    fn tell(&self, story: Story, total: &str) -> Telling {
        let (subject, heading) = titles(story);
        Telling { subject, heading, paragraphs: paragraphs(story, total) }
    }

    fn date(&self, date: Date) -> String {
        date.strftime("%A, %-d %B %Y").to_string()
    }

    fn time(&self, time: Time) -> String {
        time.strftime("%H:%M").to_string()
    }

    fn span(&self, from: &str, to: &str) -> String {
        format!("{from} to {to}")
    }

    fn clock_change(&self, minutes: i32) -> String {
        let direction = if minutes < 0 { "back" } else { "forward" };
        let by = match minutes.unsigned_abs() {
            60 => "one hour".to_owned(),
            minutes => format!("{minutes} minutes"),
        };
        format!("The clocks go {direction} by {by} during the event.")
    }

    fn money(&self, money: Money) -> String {
        format!("{} {}", money.currency(), number::amount(money, ",", "."))
    }
}

/// Returns the beginning of the subject, and the heading.
const fn titles(story: Story) -> (&'static str, &'static str) {
    match story {
        Story::Confirmed { .. } => ("Your tickets", "Your booking is confirmed"),
        Story::Reminder => ("Reminder", "Your event is near"),
        Story::PaymentFailed => ("Payment failed", "Your payment failed"),
        Story::Expired => ("Booking expired", "Your booking has expired"),
        Story::GivenUp => ("Booking cancelled", "Your booking is cancelled"),
        Story::Changed => ("Event changed", "Your event takes place differently"),
        Story::EventCancelled(_) => ("Event cancelled", "The event has been cancelled"),
        Story::Withdrawn => ("Booking cancelled", "You are getting your money back"),
        Story::PaidTooLate => ("Refund under way", "You are getting your money back"),
        Story::Refunded => ("Refund", "Your money has been given back"),
        Story::Closed => ("Booking cancelled", "Your booking is closed"),
    }
}

fn paragraphs(story: Story, total: &str) -> Vec<String> {
    let will_refund = || format!("You will get your money back: {total}. {NOTHING_TO_DO}");
    let (first, second) = match story {
        Story::Confirmed { is_free: false } => (
            "Thank you for your booking. Your payment has arrived and the tickets are yours.",
            SHOW_NUMBER.to_owned(),
        ),
        Story::Confirmed { is_free: true } => {
            ("Thank you for your booking. The tickets are yours.", SHOW_NUMBER.to_owned())
        }
        Story::Reminder => {
            ("This is a reminder of the event that you have tickets for.", SHOW_NUMBER.to_owned())
        }
        Story::PaymentFailed => {
            ("Your payment did not succeed. The tickets are on sale again.", BOOK_AGAIN.to_owned())
        }
        Story::Expired => (
            "The tickets were not paid for in time, so they are on sale again.",
            format!(
                "{BOOK_AGAIN} Should a payment of yours be under way, you will get either the \
                 tickets or your money back."
            ),
        ),
        Story::GivenUp => {
            ("You have given your booking up before it was paid for.", BOOK_AGAIN.to_owned())
        }
        Story::Changed => (
            "The time or the place of your event has changed. Your tickets stay valid.",
            format!("Below is what holds from now on. {SHOW_NUMBER}"),
        ),
        Story::EventCancelled(refund) => (
            "We are sorry: the event that you booked has been cancelled.",
            match refund {
                Refund::UnderWay => will_refund(),
                Refund::Done => format!("Your money has been given back: {total}."),
                Refund::NothingPaid => {
                    format!("Nothing was paid for your booking. {NOTHING_TO_DO}")
                }
            },
        ),
        Story::Withdrawn => {
            ("Your booking has been cancelled. Its tickets are no longer valid.", will_refund())
        }
        Story::PaidTooLate => (
            "We are sorry: your payment arrived when the tickets were already gone.",
            will_refund(),
        ),
        Story::Refunded => (
            "We have given your money back.",
            format!("It is {total}. It may take a few days until you see it."),
        ),
        Story::Closed => ("Your booking is cancelled. It cost nothing.", NOTHING_TO_DO.to_owned()),
    };
    vec![first.to_owned(), second]
}
