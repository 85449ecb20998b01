//! What a mail says, before it is plain text or HTML.

use super::language::{self, Language};
use super::story::{self, Story};
use super::templates::MailLinks;
use super::text::{clip, presentable_name, tidy};
use super::{reservation, when};
use crate::domain::country::Country;
use crate::domain::notice::NoticeKind;
use crate::domain::venue::Location;
use crate::ports::notifier::BuyerMessage;

const MAX_TITLE_IN_SUBJECT: usize = 100;
/// As long as titles may be.
const MAX_TITLE: usize = 300;
const MAX_LOCATION: usize = 1_000;

/// A mail before it is plain text or HTML. All its texts are tidy.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) language: &'static dyn Language,
    pub(super) subject: String,
    /// What lists of mails show beside the subject.
    pub(super) preview: String,
    pub(super) heading: &'static str,
    pub(super) greeting: String,
    pub(super) paragraphs: Vec<String>,
    pub(super) title: Fact,
    pub(super) facts: Vec<Fact>,
    pub(super) buttons: Vec<Button>,
    pub(super) why: &'static str,
    /// JSON-LD that is safe within a `script` element.
    pub(super) reservation: Option<String>,
}

/// A name and its value.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) value: String,
}

/// A link that is to be followed.
#[derive(Debug, Clone)]
pub(super) struct Button {
    pub(super) label: &'static str,
    pub(super) address: String,
}

/// Returns the language that a message is written in.
pub(super) fn language_of(message: &BuyerMessage) -> &'static dyn Language {
    language::of(message.booking.locale)
}

/// Writes the letter for a message, or `None` if its kind is not for buyers.
pub(super) fn write(message: &BuyerMessage, links: &MailLinks) -> Option<Letter> {
    let language = language_of(message);
    let labels = language.labels();
    let (booking, event) = (&message.booking, &message.event.details);
    let told = language.tell(Story::of(message)?, &language.money(booking.total));
    let name = presentable_name(booking.customer.name());
    let facts = facts(message, language);
    let title = clip(&event.title, MAX_TITLE);
    Some(Letter {
        language,
        subject: format!("{}: {}", told.subject, clip(&event.title, MAX_TITLE_IN_SUBJECT)),
        preview: format!("{title} – {}", facts[0].value),
        heading: told.heading,
        greeting: language.greeting(name.as_deref()),
        paragraphs: told.paragraphs,
        title: Fact { label: labels.event, value: title },
        facts,
        buttons: buttons(message, language, links),
        why: labels.why,
        reservation: story::standing(message)
            .map(|standing| reservation::markup(message, standing, &links.booking)),
    })
}

fn facts(message: &BuyerMessage, language: &dyn Language) -> Vec<Fact> {
    let (booking, event) = (&message.booking, &message.event.details);
    let labels = language.labels();
    let fact = |label, value| Fact { label, value };
    let mut facts = vec![
        fact(labels.when, when::in_words(event, language)),
        fact(labels.place, location_line(&event.location, language)),
        fact(labels.tickets, booking.quantity.to_string()),
        fact(labels.total, language.money(booking.total)),
        fact(labels.booking_number, booking.id.to_string()),
    ];
    if message.kind == NoticeKind::HoldExpired {
        let until = when::instant_in_words(booking.expires_at, &event.timezone, language);
        facts.push(fact(labels.held_until, until));
    }
    facts
}

fn buttons(message: &BuyerMessage, language: &dyn Language, links: &MailLinks) -> Vec<Button> {
    let labels = language.labels();
    let button = |label, address: &str| Button { label, address: address.to_owned() };
    let see = button(labels.see_booking, &links.booking);
    match message.kind {
        NoticeKind::BookingConfirmed | NoticeKind::EventChanged => {
            vec![see, button(labels.add_to_google, &links.google_calendar)]
        }
        NoticeKind::PaymentFailed | NoticeKind::HoldExpired | NoticeKind::BookingCancelled => {
            vec![button(labels.book_again, &links.event), see]
        }
        NoticeKind::EventReminder
        | NoticeKind::EventCancelled
        | NoticeKind::RefundDue
        | NoticeKind::Refunded
        | NoticeKind::ExpirePayment
        | NoticeKind::RequestRefund => vec![see],
    }
}

/// Says in one line where an event takes place.
pub(super) fn location_line(location: &Location, language: &dyn Language) -> String {
    match location {
        Location::Online { url: None } => language.labels().online.to_owned(),
        Location::Online { url: Some(url) } => tidy(url.as_str()),
        Location::Venue(venue) => {
            let country = venue.country().map_or("", Country::code);
            let parts = [venue.name(), venue.address(), venue.city(), country].into_iter();
            let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
            clip(&parts.join(", "), MAX_LOCATION)
        }
    }
}

/// Says in a calendar what was booked.
pub(super) fn booking_lines(message: &BuyerMessage, booking_url: &str) -> String {
    let labels = language_of(message).labels();
    let booking = &message.booking;
    format!(
        "{}: {}\n{}: {}\n{booking_url}",
        labels.tickets, booking.quantity, labels.booking_number, booking.id
    )
}

impl Letter {
    /// Returns the letter as plain text.
    pub(super) fn to_plain(&self) -> String {
        let mut lines = vec![self.heading.to_owned(), String::new(), self.greeting.clone()];
        for paragraph in &self.paragraphs {
            lines.extend([String::new(), paragraph.clone()]);
        }
        lines.push(String::new());
        let facts = std::iter::once(&self.title).chain(&self.facts);
        lines.extend(facts.map(|fact| format!("{}: {}", fact.label, fact.value)));
        for button in &self.buttons {
            lines.extend([String::new(), format!("{}:", button.label), button.address.clone()]);
        }
        lines.extend([String::new(), self.why.to_owned(), String::new()]);
        lines.join("\n")
    }
}
