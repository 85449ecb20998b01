//! What the mails say. Every text stands here.

use crate::domain::booking::BookingStatus;
use crate::domain::country::Country;
use crate::domain::notice::NoticeKind;
use crate::domain::venue::Location;
use crate::ports::notifier::BuyerMessage;

use super::{calendar, when};

const MAX_TITLE_IN_SUBJECT: usize = 100;

/// A mail before it is plain text or HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) heading: &'static str,
    pub(super) greeting: String,
    pub(super) paragraphs: Vec<String>,
    /// Names and values.
    pub(super) facts: Vec<(&'static str, String)>,
    /// Labels and addresses.
    pub(super) links: Vec<(&'static str, String)>,
}

/// Where the links of a letter lead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses<'a> {
    pub(super) booking: &'a str,
    pub(super) event: &'a str,
}

/// Writes the letter for a message, or `None` if its kind is not for buyers.
pub(super) fn write(message: &BuyerMessage, addresses: Addresses<'_>) -> Option<Letter> {
    let (subject, heading) = titles(message.kind)?;
    let title = clip(&message.event.details.title, MAX_TITLE_IN_SUBJECT);
    Some(Letter {
        subject: format!("{subject}: {title}"),
        heading,
        greeting: greeting(message.booking.customer.name()),
        paragraphs: paragraphs(message),
        facts: facts(message),
        links: links(message, addresses),
    })
}

/// Returns the beginning of the subject, and the heading.
const fn titles(kind: NoticeKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        NoticeKind::BookingConfirmed => ("Your tickets", "Your booking is confirmed"),
        NoticeKind::EventReminder => ("Reminder", "Your event is near"),
        NoticeKind::PaymentFailed => ("Payment failed", "Your payment failed"),
        NoticeKind::HoldExpired => ("Booking expired", "Your booking has expired"),
        NoticeKind::BookingCancelled => ("Booking cancelled", "Your booking is cancelled"),
        NoticeKind::EventChanged => ("Event changed", "Your event takes place differently"),
        NoticeKind::EventCancelled => ("Event cancelled", "The event has been cancelled"),
        NoticeKind::RefundDue => ("Refund under way", "You are getting your money back"),
        NoticeKind::Refunded => ("Refund", "Your money has been given back"),
        NoticeKind::ExpirePayment | NoticeKind::RequestRefund => return None,
    })
}

fn paragraphs(message: &BuyerMessage) -> Vec<String> {
    const SHOW_NUMBER: &str = "Please show the booking number at the door.";
    const BOOK_AGAIN: &str = "If you still want to come, please book again.";
    let total = message.booking.total;
    let will_refund =
        format!("You will get your money back: {total}. There is nothing that you have to do.");
    let (first, second) = match message.kind {
        NoticeKind::BookingConfirmed => (
            "Thank you for your booking. Your payment has arrived and the tickets are yours.",
            SHOW_NUMBER.to_owned(),
        ),
        NoticeKind::EventReminder => {
            ("This is a reminder of the event that you have tickets for.", SHOW_NUMBER.to_owned())
        }
        NoticeKind::PaymentFailed => {
            ("Your payment did not succeed. The tickets are on sale again.", BOOK_AGAIN.to_owned())
        }
        NoticeKind::HoldExpired => (
            "The tickets were not paid for in time, so they are on sale again.",
            format!(
                "{BOOK_AGAIN} Should a payment of yours be under way, you will get either the \
                 tickets or your money back."
            ),
        ),
        NoticeKind::BookingCancelled => {
            ("You have given your booking up before it was paid for.", BOOK_AGAIN.to_owned())
        }
        NoticeKind::EventChanged => (
            "The time or the place of your event has changed. Your tickets stay valid.",
            SHOW_NUMBER.to_owned(),
        ),
        NoticeKind::EventCancelled => (
            "We are sorry: the event that you booked has been cancelled.",
            match message.booking.status {
                BookingStatus::RefundDue => will_refund,
                BookingStatus::Refunded => format!("Your money has been given back: {total}."),
                BookingStatus::Pending
                | BookingStatus::Confirmed
                | BookingStatus::PaymentFailed
                | BookingStatus::Cancelled
                | BookingStatus::Expired => {
                    "Your booking was not paid for. There is nothing that you have to do."
                        .to_owned()
                }
            },
        ),
        NoticeKind::RefundDue if message.booking.confirmed_at.is_some() => {
            ("Your booking has been cancelled. Its tickets are no longer valid.", will_refund)
        }
        NoticeKind::RefundDue => {
            ("We are sorry: your payment arrived when the tickets were already gone.", will_refund)
        }
        NoticeKind::Refunded => (
            "Your money is on its way to you.",
            format!("We have given back {total}. It may take a few days until you see it."),
        ),
        NoticeKind::ExpirePayment | NoticeKind::RequestRefund => return Vec::new(),
    };
    vec![first.to_owned(), second]
}

fn facts(message: &BuyerMessage) -> Vec<(&'static str, String)> {
    let (booking, event) = (&message.booking, &message.event.details);
    let mut facts = vec![
        ("Event", tidy(&event.title)),
        ("When", when::in_words(event)),
        ("Where", tidy(&location_line(&event.location))),
        ("Tickets", booking.quantity.to_string()),
        ("Total", booking.total.to_string()),
        ("Booking number", booking.id.to_string()),
    ];
    if message.kind == NoticeKind::HoldExpired {
        let until = when::instant_in_words(booking.expires_at, &event.timezone);
        facts.push(("Held until", until));
    }
    facts
}

fn links(message: &BuyerMessage, addresses: Addresses<'_>) -> Vec<(&'static str, String)> {
    let mut links = vec![("See your booking", addresses.booking.to_owned())];
    match message.kind {
        NoticeKind::BookingConfirmed | NoticeKind::EventChanged => {
            let details = calendar::description(message, addresses.booking);
            let link = calendar::google_link(&message.event, &details);
            links.push(("Add to Google Calendar", link));
        }
        NoticeKind::PaymentFailed | NoticeKind::HoldExpired | NoticeKind::BookingCancelled => {
            links.push(("Book again", addresses.event.to_owned()));
        }
        NoticeKind::EventReminder
        | NoticeKind::EventCancelled
        | NoticeKind::RefundDue
        | NoticeKind::Refunded
        | NoticeKind::ExpirePayment
        | NoticeKind::RequestRefund => {}
    }
    links
}

fn greeting(name: &str) -> String {
    match presentable_name(name) {
        Some(name) => format!("Hello {name},"),
        None => "Hello,".to_owned(),
    }
}

/// Returns a name as far as it looks like one. Anybody can have a mail sent to anybody by booking in their
/// name, so the name must not carry a message or a link.
pub(super) fn presentable_name(name: &str) -> Option<String> {
    const MAX_CHARS: usize = 80;
    let name = tidy(name);
    let looks_like_a_link = name.contains([':', '/', '\\', '@', '<', '>'])
        || name.contains("=?")
        || name.split('.').skip(1).any(|rest| rest.starts_with(|c: char| !c.is_whitespace()));
    let is_short = name.chars().nth(MAX_CHARS).is_none();
    (is_short && !looks_like_a_link && !name.trim().is_empty()).then_some(name)
}

/// Says in one line where an event takes place.
pub(super) fn location_line(location: &Location) -> String {
    match location {
        Location::Online { url: None } => "Online".to_owned(),
        Location::Online { url: Some(url) } => url.as_str().to_owned(),
        Location::Venue(venue) => {
            let country = venue.country().map_or("", Country::code);
            let parts = [venue.name(), venue.address(), venue.city(), country].into_iter();
            parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        }
    }
}

/// Takes out the invisible characters that turn the direction of the text after them.
pub(super) fn tidy(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .collect()
}

/// Shortens a tidied text to at most `max` characters.
pub(super) fn clip(text: &str, max: usize) -> String {
    let text = tidy(text);
    if text.chars().nth(max).is_none() {
        return text;
    }
    let mut clipped: String = text.chars().take(max.saturating_sub(1)).collect();
    clipped.push('…');
    clipped
}

/// Returns the letter as plain text.
pub(super) fn to_plain(letter: &Letter) -> String {
    let mut lines = vec![letter.heading.to_owned(), String::new(), letter.greeting.clone()];
    for paragraph in &letter.paragraphs {
        lines.extend([String::new(), paragraph.clone()]);
    }
    lines.push(String::new());
    lines.extend(letter.facts.iter().map(|(name, value)| format!("{name}: {value}")));
    for (label, address) in &letter.links {
        lines.extend([String::new(), format!("{label}:"), address.clone()]);
    }
    lines.push(String::new());
    lines.join("\n")
}
