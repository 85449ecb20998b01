//! Dates and times as people at the event live by them.

use booking_core::domain::event::EventFields;
use booking_core::domain::time::{Timestamp, ZoneName};
use jiff::Zoned;
use jiff::civil::Date;

/// When an event takes place, in the forms that pages show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    /// For `datetime` attributes: an instant with its offset, or a date.
    pub(crate) machine: String,
    /// Day of the month.
    pub(crate) day: String,
    /// Month, in three letters.
    pub(crate) month: String,
    /// Year.
    pub(crate) year: String,
    /// Day of the week, in three letters.
    pub(crate) weekday: String,
    /// In one line.
    pub(crate) short: String,
    /// The date, written out.
    pub(crate) long: String,
    /// From when until when, with the zone; `None` if only the dates matter.
    pub(crate) hours: Option<String>,
    /// Everything in one line.
    pub(crate) full: String,
}

impl When {
    /// Says when an event takes place.
    pub(crate) fn of(details: &EventFields) -> Self {
        let start = local(details.starts_at, &details.timezone);
        let end = local(details.ends_at, &details.timezone);
        let text = |format: &str| start.strftime(format).to_string();
        let (machine, short, long, hours) = if details.all_day {
            let last = last_day(&start, &end);
            let range = |format: &str| {
                let with_year = format!("{format} %Y");
                let until = last.strftime(&with_year);
                if last == start.date() {
                    return until.to_string();
                }
                let from = if last.year() == start.date().year() { format } else { &with_year };
                format!("{} to {until}", start.strftime(from))
            };
            (text("%Y-%m-%d"), range("%a %-d %b"), range("%A, %-d %B"), None)
        } else {
            let short = format!("{}, {} {}", text("%a %-d %b %Y"), text("%H:%M"), zone(&start));
            let hours = hours(&start, &end, &details.timezone);
            (text("%Y-%m-%dT%H:%M:%S%:z"), short, text("%A, %-d %B %Y"), Some(hours))
        };
        let full = hours.as_ref().map_or_else(|| long.clone(), |hours| format!("{long}, {hours}"));
        Self {
            day: text("%-d"),
            month: text("%b"),
            year: text("%Y"),
            weekday: text("%a"),
            machine,
            short,
            long,
            hours,
            full,
        }
    }
}

/// Writes an instant in one line, by the clocks of `zone`.
pub(crate) fn clock_time(instant: Timestamp, name: &ZoneName) -> String {
    let time = local(instant, name);
    format!("{} {}", time.strftime("%-d %b %Y, %H:%M"), zone(&time))
}

/// Writes the time of day of an instant, by the clocks of `zone`.
pub(super) fn time_of_day(instant: Timestamp, name: &ZoneName) -> String {
    let time = local(instant, name);
    format!("{} {}", time.strftime("%H:%M"), zone(&time))
}

fn local(instant: Timestamp, zone: &ZoneName) -> Zoned {
    instant.to_jiff().to_zoned(zone.rules())
}

/// Returns the days on which an event begins and ends, by the clocks of its zone.
pub(crate) fn first_and_last_day(details: &EventFields) -> (Date, Date) {
    let start = local(details.starts_at, &details.timezone);
    let end = local(details.ends_at, &details.timezone);
    (start.date(), last_day(&start, &end))
}

/// An end at midnight belongs to the day before.
fn last_day(start: &Zoned, end: &Zoned) -> Date {
    let is_midnight = end.time() == jiff::civil::Time::midnight();
    let last = if is_midnight { end.date().yesterday().ok() } else { None };
    last.unwrap_or_else(|| end.date()).max(start.date())
}

fn hours(start: &Zoned, end: &Zoned, name: &ZoneName) -> String {
    let from = start.strftime("%H:%M").to_string();
    let until = if end <= start {
        String::new()
    } else if end.date() == start.date() {
        format!(" to {}", end.strftime("%H:%M"))
    } else {
        format!(" to {}", end.strftime("%A, %-d %B %Y, %H:%M"))
    };
    let zone = zone(start);
    if zone == name.as_str() {
        format!("{from}{until} {zone}")
    } else {
        format!("{from}{until} {zone} ({name})")
    }
}

/// Names the zone as it is called on that day. Those without a name are told by their offset.
fn zone(time: &Zoned) -> String {
    let name = time.strftime("%Z").to_string();
    if name.starts_with(['+', '-']) { format!("UTC{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use booking_core::testkit::seed;

    use super::*;

    fn when(starts_at: &str, ends_at: &str, timezone: &str, all_day: bool) -> When {
        let details = seed::event("Concert")
            .with(|draft| {
                draft.starts_at = starts_at.parse().unwrap();
                draft.ends_at = ends_at.parse().unwrap();
                timezone.clone_into(&mut draft.timezone);
                draft.all_day = all_day;
            })
            .details();
        When::of(&details)
    }

    #[test]
    fn times_are_those_of_the_place() {
        let zurich = when("2027-03-20T19:00:00Z", "2027-03-20T22:00:00Z", "Europe/Zurich", false);
        assert_eq!(zurich.machine, "2027-03-20T20:00:00+01:00");
        assert_eq!(zurich.short, "Sat 20 Mar 2027, 20:00 CET");
        assert_eq!(zurich.long, "Saturday, 20 March 2027");
        assert_eq!(zurich.hours.as_deref(), Some("20:00 to 23:00 CET (Europe/Zurich)"));
        assert_eq!((&*zurich.day, &*zurich.month, &*zurich.weekday), ("20", "Mar", "Sat"));

        let tokyo = when("2027-03-20T19:00:00Z", "2027-03-20T19:00:00Z", "Asia/Tokyo", false);
        assert_eq!(tokyo.short, "Sun 21 Mar 2027, 04:00 JST");
        let brazil =
            when("2027-03-20T19:00:00Z", "2027-03-20T20:00:00Z", "America/Sao_Paulo", false);
        assert_eq!(brazil.short, "Sat 20 Mar 2027, 16:00 UTC-03");
        let utc = when("2027-03-20T19:00:00Z", "2027-03-20T20:00:00Z", "UTC", false);
        assert_eq!(utc.hours.as_deref(), Some("19:00 to 20:00 UTC"));
    }

    #[test]
    fn an_end_on_another_day_is_named() {
        let night = when("2027-03-20T19:00:00Z", "2027-03-21T02:00:00Z", "Europe/Zurich", false);
        let expected = "20:00 to Sunday, 21 March 2027, 03:00 CET (Europe/Zurich)";
        assert_eq!(night.hours.as_deref(), Some(expected));
    }

    #[test]
    fn of_whole_days_only_the_dates_are_shown() {
        let fair = when("2027-03-19T23:00:00Z", "2027-03-21T23:00:00Z", "Europe/Zurich", true);
        assert_eq!(fair.machine, "2027-03-20");
        assert_eq!(fair.short, "Sat 20 Mar to Sun 21 Mar 2027");
        assert_eq!(fair.hours, None);
        let day = when("2027-03-19T23:00:00Z", "2027-03-20T23:00:00Z", "Europe/Zurich", true);
        assert_eq!(day.full, "Saturday, 20 March 2027");
        let same = when("2027-03-19T23:00:00Z", "2027-03-19T23:00:00Z", "Europe/Zurich", true);
        assert_eq!(same.short, "Sat 20 Mar 2027");
    }
}
