//! Events for calendars: a file by RFC 5545, and a link.

use booking_core::domain::booking::Booking;
use booking_core::domain::event::{EventFields, Listing};
use booking_core::domain::time::Timestamp;
use jiff::civil::Date;
use url::Url;

use super::show;

/// Writes the event of a booking as a calendar file. `link` is the booking's page.
pub(super) fn file(booking: &Booking, listing: &Listing, link: &str) -> String {
    let details = &listing.event.details;
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//booking-server//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        // The same at every download, so that a calendar replaces and does not double.
        format!("UID:booking-{}@{}", booking.id, domain_of(link)),
        format!("DTSTAMP:{}", utc(booking.confirmed_at.unwrap_or(booking.created_at))),
    ];
    if let Some((first, after)) = days(details) {
        lines.push(format!("DTSTART;VALUE=DATE:{}", first.strftime("%Y%m%d")));
        lines.push(format!("DTEND;VALUE=DATE:{}", after.strftime("%Y%m%d")));
    } else {
        lines.push(format!("DTSTART:{}", utc(details.starts_at)));
        // An end is later than the start, or is left out (RFC 5545, 3.8.2.2).
        if details.ends_at > details.starts_at {
            lines.push(format!("DTEND:{}", utc(details.ends_at)));
        }
    }
    let tickets = match booking.quantity.get() {
        1 => "1 ticket".to_owned(),
        count => format!("{count} tickets"),
    };
    lines.push(format!("SUMMARY:{}", escape(&details.title)));
    lines.push(format!("LOCATION:{}", escape(&show::place_lines(&details.location).join(", "))));
    let description = format!("{tickets}. Booking number {}\n{link}", booking.id);
    lines.push(format!("DESCRIPTION:{}", escape(&description)));
    lines.push("STATUS:CONFIRMED".to_owned());
    lines.push("SEQUENCE:0".to_owned());
    lines.push("END:VEVENT".to_owned());
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| fold(line)).collect()
}

/// Returns the link that offers the event to Google Calendar. It names neither buyer nor booking.
pub(super) fn google_link(listing: &Listing) -> String {
    let details = &listing.event.details;
    let dates = match days(details) {
        Some((first, after)) => {
            format!("{}/{}", first.strftime("%Y%m%d"), after.strftime("%Y%m%d"))
        }
        None => format!("{}/{}", utc(details.starts_at), utc(details.ends_at)),
    };
    let mut link = Url::parse("https://calendar.google.com/calendar/render")
        .expect("a constant address is valid");
    link.query_pairs_mut()
        .append_pair("action", "TEMPLATE")
        .append_pair("text", &details.title)
        .append_pair("dates", &dates)
        .append_pair("ctz", details.timezone.as_str())
        .append_pair("location", &show::place_lines(&details.location).join(", "));
    link.into()
}

/// Returns the domain that the entry's name ends in, as it does in mails.
fn domain_of(link: &str) -> String {
    let host = Url::parse(link).ok().and_then(|link| link.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "localhost".to_owned())
}

/// Returns the first day, and the day after the last one, if only the dates matter.
fn days(details: &EventFields) -> Option<(Date, Date)> {
    if !details.all_day {
        return None;
    }
    let (first, last) = show::first_and_last_day(details);
    Some((first, last.tomorrow().unwrap_or(last)))
}

fn utc(instant: Timestamp) -> String {
    instant.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// RFC 5545, 3.3.11.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            ';' => escaped.push_str("\\;"),
            ',' => escaped.push_str("\\,"),
            '\n' => escaped.push_str("\\n"),
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// Ends a line, which may have 75 bytes; a longer one goes on in the next (RFC 5545, 3.1).
fn fold(line: &str) -> String {
    const MAX_BYTES: usize = 75;
    let mut folded = String::with_capacity(line.len() + 8);
    let mut length = 0;
    for character in line.chars() {
        if length + character.len_utf8() > MAX_BYTES {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(character);
        length += character.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_escaped_and_folded() {
        assert_eq!(escape("a,b;c\\d\r\ne"), "a\\,b\\;c\\\\d\\ne");
        let folded = fold(&"é".repeat(100));
        assert!(folded.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(folded.replace("\r\n ", "").trim_end(), "é".repeat(100));
    }
}
