//! The parameters of searches.

use booking_core::domain::country::Country;
use booking_core::domain::money::{Currency, Money};
use booking_core::domain::search::{Near, SearchFilter, SearchQuery, SearchText, Sort};
use booking_core::domain::time::Timestamp;
use booking_core::domain::venue::GeoPoint;
use http::Uri;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::cursor::{self, ListKey};
use crate::http::problem::Problem;
use crate::http::query::{self, ParameterReader};
use crate::http::value;

/// How many items a page has if nobody says.
pub(crate) const DEFAULT_LIMIT: u32 = 20;
/// How many items a page may have.
pub(crate) const MAX_LIMIT: u32 = 100;
/// How far around `near` is searched if nobody says.
pub(crate) const DEFAULT_RADIUS_KM: f64 = 50.0;

/// A search, and the list whose cursors it takes and gives.
pub(crate) struct Search {
    pub(crate) query: SearchQuery,
    pub(crate) list: ListKey,
}

/// Reads the parameters of a search.
///
/// # Errors
/// - `invalid-request` with every parameter that is wrong.
/// - `invalid-cursor` if the cursor belongs to another search.
pub(crate) fn read_search(uri: &Uri) -> Result<Search, Problem> {
    let (mut query, cursor) = query::read(uri, |query| {
        let sort = read_sort(query);
        let has_near = query.is_given("near");
        let filter = read_filter(query);
        let limit = read_limit(query);
        let cursor = query.text("cursor");
        if sort == Some(Sort::Distance) && !has_near {
            query.error("sort", "needs near for distance");
        }
        let sort = match (sort, &filter.text) {
            (None, Some(_)) => Sort::Relevance,
            // Without words everything is as relevant.
            (None | Some(Sort::Relevance), None) => Sort::StartsAt,
            (Some(sort), _) => sort,
        };
        Some((SearchQuery { filter, sort, after: None, limit }, cursor))
    })?;
    let list = ListKey::of_search(&query);
    query.after = cursor.map(|cursor| cursor::open_search(list, &cursor)).transpose()?;
    Ok(Search { query, list })
}

/// Reads the parameters of a count of facets.
///
/// # Errors
/// - `invalid-request` with every parameter that is wrong.
pub(crate) fn read_facets(uri: &Uri) -> Result<SearchFilter, Problem> {
    query::read(uri, |query| Some(read_filter(query)))
}

/// Reads what somebody has typed so far, if there is a word in it.
///
/// # Errors
/// - `invalid-request` with every parameter that is wrong.
pub(crate) fn read_typed(uri: &Uri) -> Result<Option<SearchText>, Problem> {
    query::read(uri, |query| {
        let text = query.required_text("q");
        query.convert("q", text, |text| SearchText::new(&text))
    })
}

/// Takes `limit`. One that is wrong is noted, which stops the request.
pub(crate) fn read_limit(query: &mut ParameterReader) -> u32 {
    let limit = query.parsed("limit", "must be between 1 and 100", |text| {
        value::number(text).filter(|limit| (1..=MAX_LIMIT).contains(limit))
    });
    limit.unwrap_or(DEFAULT_LIMIT)
}

fn read_sort(query: &mut ParameterReader) -> Option<Sort> {
    let sort = query.text("sort");
    query.convert("sort", sort, |sort| Sort::parse(&sort))
}

/// Takes every filter. What is wrong is noted, and stops the request; so it may be left out here.
fn read_filter(query: &mut ParameterReader) -> SearchFilter {
    let text = query.text("q");
    let text = query.convert("q", text, |text| SearchText::new(&text)).flatten();
    let category = query.text("category");
    let category = query.convert("category", category, |text| SearchFilter::label(&text));
    let tag = query.text("tag");
    let tag = query.convert("tag", tag, |text| SearchFilter::label(&text));
    let country = query.text("country");
    let country = query.convert("country", country, |code| Country::new(&code));
    let city = query.text("city");
    let city = query.convert("city", city, |city| SearchFilter::city(&city));
    let (starts_from, starts_before) = read_period(query);
    let near = read_near(query);
    let price_max = read_price(query);
    let available = query.parsed("available", "must be a whole number of tickets", value::number);
    let include_past = query.boolean("include_past").unwrap_or(false);
    SearchFilter {
        text,
        category,
        tag,
        country,
        city,
        starts_from,
        starts_before,
        near,
        price_max,
        available,
        include_past,
    }
}

/// Both ends belong to the period: an instant itself, and a date with the whole of its day in UTC.
fn read_period(query: &mut ParameterReader) -> (Option<Timestamp>, Option<Timestamp>) {
    const EXPECTED: &str =
        "must be an RFC 3339 instant such as 2026-01-31T20:00:00Z, or a date such as 2026-01-31";
    let from = query.parsed("starts_from", EXPECTED, |text| Some(Moment::parse(text)?.beginning()));
    let before = query.parsed("starts_to", EXPECTED, |text| Some(Moment::parse(text)?.end()));
    if let (Some(from), Some(before)) = (from, before) {
        // Days beyond the calendar of instants are all its first or its last instant.
        let is_beyond = before == Timestamp::MIN || before == Timestamp::MAX;
        if before < from || (before == from && !is_beyond) {
            query.error("starts_to", "must not be before starts_from");
        }
    }
    (from, before)
}

enum Moment {
    Instant(Timestamp),
    Day(Date),
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        if let Some(instant) = value::instant(text) {
            return Timestamp::from_jiff(instant).ok().map(Self::Instant);
        }
        // Jiff reads other forms of a date, too.
        let is_date = text.len() == "2026-01-31".len()
            && text.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        is_date.then(|| text.parse().ok().map(Self::Day)).flatten()
    }

    fn beginning(&self) -> Timestamp {
        match self {
            Self::Instant(instant) => *instant,
            Self::Day(day) => midnight(*day),
        }
    }

    /// Returns the first instant after it.
    fn end(&self) -> Timestamp {
        const TICK: std::time::Duration = std::time::Duration::from_micros(1);
        match self {
            Self::Instant(instant) => instant.saturating_add(TICK),
            Self::Day(day) => day.tomorrow().map_or(Timestamp::MAX, midnight),
        }
    }
}

/// Returns when a day begins in UTC. The calendar of instants begins later and ends earlier than
/// that of dates, so what lies beyond is its first or its last instant.
fn midnight(day: Date) -> Timestamp {
    let midnight = day.to_zoned(TimeZone::UTC).ok();
    let midnight = midnight.and_then(|midnight| Timestamp::from_jiff(midnight.timestamp()).ok());
    let beyond = if day.year() < 5_000 { Timestamp::MIN } else { Timestamp::MAX };
    midnight.unwrap_or(beyond)
}

fn read_near(query: &mut ParameterReader) -> Option<Near> {
    let is_asked = query.is_given("near");
    let is_limited = query.is_given("radius_km");
    let centre = query.text("near");
    let centre = query.convert("near", centre, |text| {
        let (latitude, longitude) = text
            .split_once(',')
            .and_then(|(latitude, longitude)| {
                Some((value::number(latitude.trim())?, value::number(longitude.trim())?))
            })
            .ok_or_else(|| "must be latitude and longitude such as 47.37,8.54".to_owned())?;
        GeoPoint::new(latitude, longitude).map_err(|error| error.to_string())
    });
    let radius_km = query.number("radius_km");
    if is_limited && !is_asked {
        query.error("radius_km", "needs near");
    }
    let radius_km = if is_limited { radius_km } else { Some(DEFAULT_RADIUS_KM) };
    let centre = centre?;
    query.convert("radius_km", radius_km, |radius_km| Near::new(centre, radius_km))
}

fn read_price(query: &mut ParameterReader) -> Option<Money> {
    let is_asked = query.is_given("price_max");
    let has_currency = query.is_given("currency");
    let amount = query.integer("price_max");
    let currency = query.text("currency");
    let currency = query.convert("currency", currency, |code| Currency::new(&code));
    if is_asked && !has_currency {
        query.error("currency", "is required with price_max");
    }
    if has_currency && !is_asked {
        query.error("currency", "needs price_max");
    }
    let currency = currency?;
    query.convert("price_max", amount, |amount| Money::new(amount, currency))
}
