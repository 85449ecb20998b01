//! Instants and time zones.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::invalid::Invalid;

/// An instant in UTC, in whole microseconds: what every supported database keeps.
///
/// It prints as RFC 3339 with `Z`, and spans the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    micros: i64,
}

impl Timestamp {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self { micros: -62_135_596_800_000_000 };
    /// 9999-12-30T22:00:00Z: the last instant that every zone can show.
    pub const MAX: Self = Self { micros: 253_402_207_200_000_000 };

    /// Makes an instant from microseconds since the Unix epoch; values out of range are refused.
    pub fn from_micros(micros: i64) -> Result<Self, Invalid> {
        if (Self::MIN.micros..=Self::MAX.micros).contains(&micros) {
            Ok(Self { micros })
        } else {
            Err(Invalid::new("is outside the years 1 to 9999"))
        }
    }

    /// Makes an instant from seconds since the Unix epoch; values out of range are refused.
    pub fn from_secs(seconds: i64) -> Result<Self, Invalid> {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Makes an instant from jiff's, dropping what is finer than a microsecond.
    pub fn from_jiff(instant: jiff::Timestamp) -> Result<Self, Invalid> {
        Self::from_micros(instant.as_microsecond())
    }

    /// Returns microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.micros
    }

    /// Returns whole seconds since the Unix epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.micros.div_euclid(1_000_000)
    }

    /// Returns whole milliseconds since the Unix epoch, or 0 before it.
    pub fn as_unix_millis(self) -> u64 {
        u64::try_from(self.micros.div_euclid(1_000)).unwrap_or(0)
    }

    /// Returns the instant as jiff's type.
    ///
    /// # Panics
    /// Never: the range of this type lies within jiff's.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.micros).expect("the range lies within jiff's")
    }

    /// Returns the instant `span` later, or [`Timestamp::MAX`].
    pub fn saturating_add(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self { micros: self.micros.saturating_add(span).min(Self::MAX.micros) }
    }

    /// Returns the instant `span` earlier, or [`Timestamp::MIN`].
    pub fn saturating_sub(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self { micros: self.micros.saturating_sub(span).max(Self::MIN.micros) }
    }

    /// Returns the next instant that can be told apart, a microsecond later, or [`Timestamp::MAX`].
    pub fn next(self) -> Self {
        self.saturating_add(Duration::from_micros(1))
    }

    /// Returns how much later `self` is than `earlier`, or zero if it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(
            u64::try_from(self.micros.saturating_sub(earlier.micros)).unwrap_or(0),
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_jiff(), f)
    }
}

impl FromStr for Timestamp {
    type Err = Invalid;

    /// Reads RFC 3339 with `Z` or an offset.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.len() > 64 {
            return Err(Invalid::new("is not an RFC 3339 instant"));
        }
        let instant: jiff::Timestamp =
            text.parse().map_err(|_| Invalid::new("is not an RFC 3339 instant"))?;
        Self::from_jiff(instant)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A month of the calendar in UTC.
///
/// It prints as `2027-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(Timestamp);

impl Month {
    /// Returns the month in which an instant lies.
    pub fn of(instant: Timestamp) -> Self {
        let day = TimeZone::UTC.to_datetime(instant.to_jiff()).date().first_of_month();
        Self(Self::midnight(day))
    }

    /// Returns its first instant.
    pub const fn beginning(self) -> Timestamp {
        self.0
    }

    /// Returns the first instant after it, or [`Timestamp::MAX`].
    pub fn end(self) -> Timestamp {
        let day = TimeZone::UTC.to_datetime(self.0.to_jiff()).date().last_of_month();
        day.tomorrow().map_or(Timestamp::MAX, Self::midnight)
    }

    fn midnight(day: jiff::civil::Date) -> Timestamp {
        let midnight = day.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp());
        midnight
            .ok()
            .and_then(|midnight| Timestamp::from_jiff(midnight).ok())
            .unwrap_or(Timestamp::MAX)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = TimeZone::UTC.to_datetime(self.0.to_jiff()).date();
        write!(f, "{:04}-{:02}", day.year(), day.month())
    }
}

/// The name of a time zone of the IANA database that this build knows, such as `Asia/Kuwait`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneName(String);

impl ZoneName {
    /// Accepts a name of the IANA time zone database, in any case, and keeps its proper spelling.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        if name.len() > 64 {
            return Err(Invalid::new("is not the name of an IANA time zone"));
        }
        let zone = TimeZone::get(name)
            .map_err(|_| Invalid::new("is not the name of an IANA time zone"))?;
        let proper =
            zone.iana_name().ok_or_else(|| Invalid::new("is not the name of an IANA time zone"))?;
        Ok(Self(proper.to_owned()))
    }

    /// Returns `UTC`.
    pub fn utc() -> Self {
        Self("UTC".to_owned())
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the zone's rules; UTC should the name have left the database since.
    pub fn rules(&self) -> TimeZone {
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_print_and_parse_as_rfc_3339() {
        let instant: Timestamp = "2027-03-28T01:30:00.25+02:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2027-03-27T23:30:00.25Z");
        assert_eq!(instant.to_string().parse(), Ok(instant));
        for bad in ["", "2027-03-28", "2027-03-28T25:00:00Z", "yesterday", "-9999-01-01T00:00:00Z"]
        {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_ends_of_the_range_can_be_printed_and_shifted() {
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(end.to_string().parse(), Ok(end));
        }
        assert_eq!(Timestamp::MAX.saturating_add(Duration::from_secs(1)), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.saturating_sub(Duration::MAX), Timestamp::MIN);
        assert!(Timestamp::from_micros(i64::MAX).is_err());
    }

    #[test]
    fn a_month_begins_and_ends_at_midnight_in_utc() {
        let month = |text: &str| Month::of(text.parse().unwrap());
        assert_eq!(month("2027-03-01T00:00:00Z"), month("2027-03-31T23:59:59.999999Z"));
        assert_ne!(month("2027-03-01T00:00:00Z"), month("2027-03-01T00:30:00+01:00"));
        let december = month("2027-12-24T12:00:00Z");
        assert_eq!(december.to_string(), "2027-12");
        assert_eq!(december.beginning().to_string(), "2027-12-01T00:00:00Z");
        assert_eq!(december.end().to_string(), "2028-01-01T00:00:00Z");
        for end in [Timestamp::MIN, Timestamp::MAX] {
            let month = Month::of(end);
            assert!(month.beginning() <= end && end <= month.end(), "{month}");
        }
    }

    #[test]
    fn zone_names_are_checked_and_spelled_properly() {
        assert_eq!(ZoneName::new("europe/zurich").unwrap().as_str(), "Europe/Zurich");
        assert_eq!(ZoneName::new("UTC").unwrap(), ZoneName::utc());
        for bad in ["", "Mars/Olympus", "../etc/passwd", "+02:00"] {
            assert!(ZoneName::new(bad).is_err(), "{bad:?}");
        }
    }
}
