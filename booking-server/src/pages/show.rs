//! How dates, places, prices and counts of tickets are written on pages.

mod country;
mod when;

use std::time::Duration;

use booking_core::domain::event::{EventFields, Listing, SaleState};
use booking_core::domain::money::Money;
use booking_core::domain::time::{Timestamp, ZoneName};
use booking_core::domain::venue::Location;

pub(super) use country::country_name;
pub(super) use when::{When, clock_time, first_and_last_day};

/// From so many tickets on, the page says how few are left.
const FEW: u32 = 10;

/// Writes a price; nothing is "Free".
pub(super) fn price(money: Money) -> String {
    if money.is_zero() { "Free".to_owned() } else { amount(money) }
}

/// Writes an amount, also of nothing, with its thousands apart: `1,950.00 TWD`.
pub(super) fn amount(money: Money) -> String {
    let text = money.to_string();
    let whole = text.find(['.', ' ']).unwrap_or(text.len());
    format!("{}{}", grouped(&text[..whole]), &text[whole..])
}

/// Writes a count with its thousands apart.
pub(super) fn count(count: u64) -> String {
    grouped(&count.to_string())
}

/// Writes a category, which is kept in lower case.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Puts commas between the thousands.
fn grouped(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Writes where an event takes place, in one line.
pub(super) fn place(location: &Location) -> String {
    match location {
        Location::Online { .. } => "Online".to_owned(),
        Location::Venue(venue) => {
            let country = venue.country().map(country_name).unwrap_or_default();
            let parts = [venue.name(), venue.city(), &country];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        }
    }
}

/// Writes where an event takes place, in lines.
pub(super) fn place_lines(location: &Location) -> Vec<String> {
    match location {
        Location::Online { .. } => vec!["Online".to_owned()],
        Location::Venue(venue) => {
            let city = match venue.country() {
                Some(country) => format!("{}, {}", venue.city(), country_name(country)),
                None => venue.city().to_owned(),
            };
            let parts = [venue.name(), venue.address(), &city];
            parts.into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect()
        }
    }
}

/// What a label in a word or two says of an event's tickets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Badge {
    /// How it looks.
    pub(super) class: &'static str,
    /// What it says.
    pub(super) text: String,
}

impl Badge {
    fn new(class: &'static str, text: impl Into<String>) -> Self {
        Self { class, text: text.into() }
    }

    /// Says how an event stands.
    pub(super) fn of(listing: &Listing, now: Timestamp) -> Self {
        match listing.event.terms().sale_state(now) {
            SaleState::OnSale => Self::on_sale(listing.stock.available(), listing.stock.held()),
            SaleState::NotYet { on_sale_from } => {
                let zone = &listing.event.details.timezone;
                Self::new("", format!("On sale from {}", clock_time(on_sale_from, zone)))
            }
            SaleState::Closed => Self::new("", "Sales have closed"),
            SaleState::Ended => Self::new("", "Over"),
            SaleState::Cancelled => Self::new("gone", "Called off"),
            SaleState::Draft => Self::new("", "Not published"),
        }
    }

    /// Says how many tickets there are.
    pub(super) fn on_sale(available: u32, held: u32) -> Self {
        match available {
            0 if held > 0 => Self::new("few", "None free right now"),
            0 => Self::new("gone", "Sold out"),
            1 => Self::new("few", "Last ticket"),
            few if few <= FEW => Self::new("few", format!("Only {few} left")),
            many => Self::new("good", format!("{} left", count(many.into()))),
        }
    }
}

/// How long something still lasts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TimeLeft {
    /// For the script that counts down.
    pub(super) seconds: u64,
    /// For people.
    pub(super) text: String,
    /// The end, in the form of `datetime`.
    pub(super) machine: String,
    /// The end, for people.
    pub(super) until: String,
}

impl TimeLeft {
    /// Says how long it is from `now` to `end`, told by the clocks of `zone`.
    pub(super) fn new(end: Timestamp, now: Timestamp, zone: &ZoneName) -> Self {
        let left = end.since(now);
        Self {
            seconds: left.as_secs(),
            text: format!("{} left", span(left)),
            machine: end.to_string(),
            until: when::time_of_day(end, zone),
        }
    }
}

/// Writes a span: minutes rounded down, so that nobody counts on time they do not have.
pub(super) fn span(span: Duration) -> String {
    let of = |count: u64, unit: &str| match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    };
    match (span.as_secs() / 3_600, span.as_secs() / 60 % 60) {
        (0, 0) => of(span.as_secs(), "second"),
        (0, minutes) => of(minutes, "minute"),
        (hours, 0) => of(hours, "hour"),
        (hours, minutes) => format!("{} and {}", of(hours, "hour"), of(minutes, "minute")),
    }
}

/// Writes a span that may last long: whole days, if there is at least one.
pub(super) fn span_in_days(long: Duration) -> String {
    match long.as_secs() / 86_400 {
        0 => span(long),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// Writes the beginning of a longer text, cut between words.
pub(super) fn excerpt(text: &str, max_chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((cut, _)) = line.char_indices().nth(max_chars) else { return line };
    let beginning = &line[..cut];
    let beginning = beginning.rsplit_once(' ').map_or(beginning, |(words, _)| words);
    format!("{beginning}…")
}

/// Says in a sentence what an event is, for search engines and previews.
pub(super) fn summary(details: &EventFields, when: &When) -> String {
    if details.description.is_empty() {
        format!("{}, {}. {}.", details.title, when.short, place(&details.location))
    } else {
        excerpt(&details.description, 160)
    }
}

#[cfg(test)]
mod tests {
    use booking_core::testkit::seed;

    use super::*;

    #[test]
    fn prices_follow_their_currency() {
        assert_eq!(price(seed::money(4_500, "EUR")), "45.00 EUR");
        assert_eq!(price(seed::money(999, "JPY")), "999 JPY");
        assert_eq!(price(seed::money(5_000, "JPY")), "5,000 JPY");
        assert_eq!(price(seed::money(123_456_789, "EUR")), "1,234,567.89 EUR");
        assert_eq!(price(seed::money(1_250, "KWD")), "1.250 KWD");
        assert_eq!(price(seed::money(0, "KWD")), "Free");
    }

    #[test]
    fn spans_are_never_rounded_up() {
        let text = |seconds| span(Duration::from_secs(seconds));
        assert_eq!(text(0), "0 seconds");
        assert_eq!(text(1), "1 second");
        assert_eq!(text(119), "1 minute");
        assert_eq!(text(899), "14 minutes");
        assert_eq!(text(3_600), "1 hour");
        assert_eq!(text(7_380), "2 hours and 3 minutes");
    }

    #[test]
    fn counts_are_told_honestly() {
        let text = |available, held| Badge::on_sale(available, held).text;
        assert_eq!(text(0, 0), "Sold out");
        assert_eq!(text(0, 3), "None free right now");
        assert_eq!(text(1, 0), "Last ticket");
        assert_eq!(text(10, 0), "Only 10 left");
        assert_eq!(text(11, 0), "11 left");
        assert_eq!(text(61_000, 0), "61,000 left");
    }

    #[test]
    fn excerpts_end_between_words() {
        assert_eq!(excerpt("one  two\nthree", 20), "one two three");
        assert_eq!(excerpt("one two three", 9), "one two…");
        assert_eq!(excerpt("ééééé", 3), "ééé…");
    }
}
