//! When an event is: for people, in its own zone, and for calendars and other programs.

use std::time::Duration;

use jiff::civil::Date;
use jiff::{ToSpan, Zoned};

use super::language::Language;
use crate::domain::event::EventDetails;
use crate::domain::time::{Timestamp, ZoneName};

/// When a calendar shows an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CalendarTime {
    /// Instants in UTC, as `20270328T013000Z`.
    Timed { start: String, end: String },
    /// Dates, as `20270328`; the end is the day after the last one.
    Days { start: String, end: String },
}

/// Says when an event is, as people at the event say it.
pub(super) fn in_words(event: &EventDetails, language: &dyn Language) -> String {
    let zone = &event.timezone;
    if event.all_day {
        let (first, last) = days(event);
        let first_day = language.date(first);
        return if first == last {
            format!("{first_day} ({zone})")
        } else {
            format!("{} ({zone})", language.span(&first_day, &language.date(last)))
        };
    }
    let (start, end) = (local(event.starts_at, zone), local(event.ends_at, zone));
    let begin = language.date_and_time(start.date(), start.time());
    if event.starts_at == event.ends_at {
        return format!("{begin} ({})", zone_of(&start, zone));
    }
    let finish = language.date_and_time(end.date(), end.time());
    let shift = end.offset().seconds() - start.offset().seconds();
    if shift != 0 {
        // The clocks change during the event.
        let from = format!("{begin} ({})", offset_of(&start));
        let to = format!("{finish} ({})", offset_of(&end));
        let change = language.clock_change(shift / 60);
        return format!("{}, {zone}. {change}", language.span(&from, &to));
    }
    let finish = if start.date() == end.date() { language.time(end.time()) } else { finish };
    format!("{} ({})", language.span(&begin, &finish), zone_of(&start, zone))
}

/// Says when something is, in the zone of the event.
pub(super) fn instant_in_words(
    instant: Timestamp,
    zone: &ZoneName,
    language: &dyn Language,
) -> String {
    let instant = local(instant, zone);
    let words = language.date_and_time(instant.date(), instant.time());
    format!("{words} ({})", zone_of(&instant, zone))
}

/// Names a zone, and how it stands to UTC then: `Europe/Zurich, CET, UTC+01:00`.
fn zone_of(instant: &Zoned, zone: &ZoneName) -> String {
    if zone.as_str() == "UTC" {
        "UTC".to_owned()
    } else {
        format!("{zone}, {}", offset_of(instant))
    }
}

/// Says how the local time stands to UTC: `CET, UTC+01:00`. Many zones have no abbreviation but a number.
fn offset_of(instant: &Zoned) -> String {
    let abbreviation = instant.strftime("%Z").to_string();
    let offset = instant.strftime("UTC%:z");
    if abbreviation.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        format!("{abbreviation}, {offset}")
    } else {
        offset.to_string()
    }
}

/// Returns beginning and end in ISO 8601: days, or local times with their offsets. The last day is the last one of the
/// event.
pub(super) fn for_programs(event: &EventDetails) -> (String, String) {
    if event.all_day {
        let (first, last) = days(event);
        return (first.to_string(), last.to_string());
    }
    let written =
        |instant| local(instant, &event.timezone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    (written(event.starts_at), written(event.ends_at))
}

/// Returns beginning and end for calendars.
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
