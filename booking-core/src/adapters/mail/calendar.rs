//! Calendar entries: an iCalendar file (RFC 5545, RFC 5546) and a link that fills Google's form.

use icalendar::{Calendar, Component, Event as Entry, EventLike, Property};
use url::form_urlencoded;

use super::letter::{booking_lines, language_of, location_line};
use super::text::{clip, tidy};
use super::when::{self, CalendarTime};
use crate::ports::notifier::BuyerMessage;

/// As long as titles may be.
const MAX_TITLE: usize = 300;

/// What a calendar is to do with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Show it. Nobody is asked to answer.
    Publish,
    /// Take it away again.
    Cancel,
}

impl Method {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Cancel => "CANCEL",
        }
    }
}

/// Who publishes the entry, and where it leads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Publisher<'a> {
    pub(super) address: &'a str,
    pub(super) domain: &'a str,
    pub(super) booking_url: &'a str,
}

/// Makes the text of an iCalendar file.
///
/// Times are in UTC, so that programs need no rules of a zone to show the right hour, before and after a change of its
/// clocks. With the name of a zone, the file would have to tell its rules, and governments change those between a
/// booking and the event: an instant stays what was sold. If the organiser moves the event, a higher `SEQUENCE` tells.
pub(super) fn file(method: Method, message: &BuyerMessage, publisher: Publisher<'_>) -> String {
    let details = &message.event.details;
    let language = language_of(message);
    let mut entry =
        Entry::with_uid(&format!("booking-{}@{}", message.booking.id, publisher.domain));
    entry.add_property("DTSTAMP", when::utc(message.now));
    match when::for_calendars(details) {
        CalendarTime::Timed { start, end } => {
            entry.add_property("DTSTART", start);
            // An end is later than the start, or is left out (RFC 5545 §3.8.2.2).
            if details.ends_at > details.starts_at {
                entry.add_property("DTEND", end);
            }
        }
        CalendarTime::Days { start, end } => {
            entry.append_property(date_property("DTSTART", start));
            entry.append_property(date_property("DTEND", end));
        }
    }
    entry.summary(&clip(&details.title, MAX_TITLE));
    entry.description(&booking_lines(message, publisher.booking_url));
    entry.location(&location_line(&details.location, language));
    let url = details.url.as_ref().map_or(publisher.booking_url, |url| url.as_str());
    entry.add_property("URL", tidy(url));
    // RFC 5546 §3.2.1 wants an organiser, and no attendees.
    entry.add_property("ORGANIZER", format!("mailto:{}", publisher.address));
    // A change of the event makes it grow, and a cancellation counts as one (RFC 5546 §2.1.4).
    let revision = message.event.revision;
    let (status, sequence) = match method {
        Method::Publish => ("CONFIRMED", revision),
        Method::Cancel => ("CANCELLED", revision.saturating_add(1)),
    };
    entry.add_property("STATUS", status);
    entry.add_property("SEQUENCE", sequence.to_string());

    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", "-//booking//booking-core//EN"));
    calendar.append_property(Property::new("CALSCALE", "GREGORIAN"));
    calendar.append_property(Property::new("METHOD", method.as_str()));
    calendar.push(entry.done());
    calendar.to_string()
}

/// Makes a link that opens Google Calendar with the event filled in.
pub(super) fn google_link(message: &BuyerMessage, booking_url: &str) -> String {
    // Links that are much longer do not survive every mail program.
    const MAX_TITLE: usize = 150;
    const MAX_LOCATION: usize = 200;
    let details = &message.event.details;
    let location = location_line(&details.location, language_of(message));
    let dates = match when::for_calendars(details) {
        CalendarTime::Timed { start, end } | CalendarTime::Days { start, end } => {
            format!("{start}/{end}")
        }
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("action", "TEMPLATE")
        .append_pair("text", &clip(&details.title, MAX_TITLE))
        .append_pair("dates", &dates)
        .append_pair("details", &booking_lines(message, booking_url))
        .append_pair("location", &clip(&location, MAX_LOCATION))
        .append_pair("ctz", details.timezone.as_str())
        .finish();
    format!("https://calendar.google.com/calendar/render?{query}")
}

fn date_property(key: &str, date: String) -> Property {
    let mut property = Property::new(key, date);
    property.add_parameter("VALUE", "DATE");
    property.done()
}
