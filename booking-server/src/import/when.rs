//! When an event takes place.

use std::time::Duration;

use booking_core::domain::time::{Timestamp, ZoneName};
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, ToSpan};

use super::json::{Object, is_a, objects, raw_text};

/// How long an event lasts whose end is not known. Its tickets are sold until then.
const USUAL_LENGTH: Duration = Duration::from_hours(3);

/// When an event takes place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct When {
    pub(super) starts_at: Timestamp,
    pub(super) ends_at: Timestamp,
    pub(super) all_day: bool,
    pub(super) timezone: ZoneName,
    /// The data does not say when it ends.
    pub(super) is_end_guessed: bool,
    /// The data does not say which zone it takes place in.
    pub(super) is_zone_guessed: bool,
    /// The start as the data says it, so that it is the same whatever the zone.
    pub(super) start_key: String,
}

/// A date, with as much of the time as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    date: Date,
    time: Option<Time>,
    offset: Option<Offset>,
}

/// Which side of a day a bare date stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Start,
    End,
}

impl Moment {
    /// Reads ISO 8601: a date, or a date and a time, with or without an offset.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > 64 {
            return None;
        }
        // `2027-05-01 20:00 +0200` is common, and the blank before the offset is its only fault.
        let joined = match text.rsplit_once(' ') {
            Some((rest, offset)) if offset.starts_with(['+', '-', 'Z']) => {
                format!("{rest}{offset}")
            }
            _ => text.to_owned(),
        };
        let pieces = Pieces::parse(&joined).ok()?;
        Some(Self { date: pieces.date(), time: pieces.time(), offset: pieces.to_numeric_offset() })
    }

    /// Returns the instant; a time without an offset is in `zone`, a bare date is its first or last
    /// instant there.
    pub(super) fn instant(self, side: Side, zone: &TimeZone) -> Option<Timestamp> {
        let local = match (self.time, side) {
            (Some(time), _) => self.date.to_datetime(time),
            (None, Side::Start) => self.date.to_datetime(Time::midnight()),
            (None, Side::End) => self.date.tomorrow().ok()?.to_datetime(Time::midnight()),
        };
        let instant = match self.offset {
            Some(offset) if self.time.is_some() => offset.to_timestamp(local).ok()?,
            _ => local.to_zoned(zone.clone()).ok()?.timestamp(),
        };
        Timestamp::from_jiff(instant).ok()
    }

    fn key(self) -> String {
        match (self.time, self.offset) {
            (None, _) => self.date.to_string(),
            (Some(time), None) => self.date.to_datetime(time).to_string(),
            (Some(time), Some(offset)) => format!("{}{offset}", self.date.to_datetime(time)),
        }
    }
}

/// Reads start, end and zone of an event.
pub(super) fn read(event: &Object, zone: &ZoneName) -> Result<When, String> {
    let own = own_zone(event);
    let is_zone_known = own.is_some();
    let timezone = own.unwrap_or_else(|| zone.clone());
    let rules = timezone.rules();
    let start = moment(event, "startDate")?.ok_or("startDate is missing")?;
    let end = moment(event, "endDate")?;
    let span = duration(event);

    let starts_at = start.instant(Side::Start, &rules).ok_or("startDate is out of range")?;
    let ends_at = match (end, start.time, span) {
        (Some(end), _, _) => end.instant(Side::End, &rules),
        (None, None, _) => start.instant(Side::End, &rules),
        (None, Some(_), Some(span)) => later(starts_at, span),
        (None, Some(_), None) => Some(starts_at.saturating_add(USUAL_LENGTH)),
    };
    let ends_at = ends_at.ok_or("endDate is out of range")?;
    let is_before = match end {
        // The end of the day before lies where the start does.
        Some(end) if end.time.is_none() && start.time.is_none() => end.date < start.date,
        _ => ends_at < starts_at,
    };
    if is_before {
        return Err("endDate is before startDate".to_owned());
    }
    let days = whole_days(start, starts_at, ends_at, &rules);
    Ok(When {
        starts_at,
        ends_at: days.unwrap_or(ends_at),
        all_day: days.is_some(),
        timezone,
        is_end_guessed: end.is_none() && start.time.is_some() && span.is_none(),
        is_zone_guessed: !is_zone_known && start.offset.is_none(),
        start_key: start.key(),
    })
}

/// Reads a date, which may be missing; the error says which one cannot be read.
pub(super) fn moment(object: &Object, name: &str) -> Result<Option<Moment>, String> {
    let Some(text) = raw_text(object, name) else { return Ok(None) };
    match Moment::parse(&text) {
        Some(moment) => Ok(Some(moment)),
        None => Err(format!("{name} is not a date of ISO 8601")),
    }
}

/// Returns the end of the last day, if only the days of an event matter: it has no time at all, or
/// one that only says "from midnight to midnight".
fn whole_days(
    start: Moment,
    starts_at: Timestamp,
    ends_at: Timestamp,
    zone: &TimeZone,
) -> Option<Timestamp> {
    let local = |at: Timestamp| -> DateTime { zone.to_datetime(at.to_jiff()) };
    let (first, last) = (local(starts_at), local(ends_at));
    let is_last_minute = last.hour() == 23 && last.minute() == 59;
    let ends_with_day = last.time() == Time::midnight() && last.date() > first.date();
    let starts_with_day = start.time.is_none() || first.time() == Time::midnight();
    if !starts_with_day || (start.time.is_some() && !is_last_minute && !ends_with_day) {
        return None;
    }
    if ends_with_day {
        return Some(ends_at);
    }
    let midnight = last.date().tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    Timestamp::from_jiff(midnight.timestamp()).ok()
}

fn later(at: Timestamp, span: Span) -> Option<Timestamp> {
    let end = at.to_jiff().to_zoned(TimeZone::UTC).checked_add(span).ok()?;
    Timestamp::from_jiff(end.timestamp()).ok()
}

fn duration(event: &Object) -> Option<Span> {
    let span: Span = raw_text(event, "duration")?.trim().parse().ok()?;
    (span.is_positive()
        && span.compare((366.days(), jiff::SpanRelativeTo::days_are_24_hours())).ok()?.is_lt())
    .then_some(span)
}

/// Returns the zone that the data names.
fn own_zone(event: &Object) -> Option<ZoneName> {
    objects(event, "eventSchedule")
        .filter(|schedule| is_a(schedule, "Schedule"))
        .find_map(|schedule| raw_text(schedule, "scheduleTimezone"))
        .and_then(|name| ZoneName::new(name.trim()).ok())
}
