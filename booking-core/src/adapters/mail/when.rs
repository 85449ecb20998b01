//! When an event is: for people, in its own zone, and for calendars.

use std::time::Duration;

use jiff::civil::Date;
use jiff::{ToSpan, Zoned};

use crate::domain::event::EventDetails;
use crate::domain::time::{Timestamp, ZoneName};

const DAY: &str = "%A, %-d %B %Y";
const DAY_AND_TIME: &str = "%A, %-d %B %Y, %H:%M";

/// When a calendar shows an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CalendarTime {
    /// Instants in UTC, as `20270328T013000Z`.
    Timed { start: String, end: String },
    /// Dates, as `20270328`; the end is the day after the last one.
    Days { start: String, end: String },
}

/// Says when an event is, as people at the event say it.
pub(super) fn in_words(event: &EventDetails) -> String {
    let zone = &event.timezone;
    if event.all_day {
        let (first, last) = days(event);
        let first_day = first.strftime(DAY).to_string();
        return if first == last {
            format!("{first_day} ({zone})")
        } else {
            format!("{first_day} to {} ({zone})", last.strftime(DAY))
        };
    }
    let (start, end) = (local(event.starts_at, zone), local(event.ends_at, zone));
    let offset = start.strftime("UTC%:z");
    let begin = start.strftime(DAY_AND_TIME);
    if event.starts_at == event.ends_at {
        return format!("{begin} ({zone}, {offset})");
    }
    let has_one_offset = start.offset() == end.offset();
    match (start.date() == end.date(), has_one_offset) {
        (true, true) => format!("{begin} to {} ({zone}, {offset})", end.strftime("%H:%M")),
        (false, true) => format!("{begin} to {} ({zone}, {offset})", end.strftime(DAY_AND_TIME)),
        // The clocks change during the event.
        (_, false) => format!(
            "{begin} ({offset}) to {} ({}) ({zone})",
            end.strftime(DAY_AND_TIME),
            end.strftime("UTC%:z")
        ),
    }
}

/// Says when something is, in the zone of the event.
pub(super) fn instant_in_words(instant: Timestamp, zone: &ZoneName) -> String {
    let instant = local(instant, zone);
    format!("{} ({zone}, {})", instant.strftime(DAY_AND_TIME), instant.strftime("UTC%:z"))
}

pub(super) fn for_calendars(event: &EventDetails) -> CalendarTime {
    if event.all_day {
        let (first, last) = days(event);
        let end = last.checked_add(1.day()).unwrap_or(last);
        let date = |date: Date| date.strftime("%Y%m%d").to_string();
        return CalendarTime::Days { start: date(first), end: date(end) };
    }
    CalendarTime::Timed { start: utc(event.starts_at), end: utc(event.ends_at) }
}

pub(super) fn utc(instant: Timestamp) -> String {
    instant.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn local(instant: Timestamp, zone: &ZoneName) -> Zoned {
    instant.to_jiff().to_zoned(zone.rules())
}

/// Returns the first and the last day of an event. One that ends at midnight does not reach into that day.
fn days(event: &EventDetails) -> (Date, Date) {
    let last = event.ends_at.saturating_sub(Duration::from_micros(1)).max(event.starts_at);
    (local(event.starts_at, &event.timezone).date(), local(last, &event.timezone).date())
}
