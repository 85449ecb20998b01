//! Searching events: what can be asked, and how text is compared.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::country::Country;
use super::event::{EventDetails, Listing};
use super::ids::EventId;
use super::invalid::Invalid;
use super::money::{Currency, Money};
use super::text;
use super::time::Timestamp;
use super::venue::{GeoPoint, Location};

/// How the results are ordered. The id breaks every tie, so that each order is total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The next event first.
    StartsAt,
    /// The best match of the text first, then the next event.
    Relevance,
    /// The nearest first. Needs [`SearchFilter::near`]; events without a position come last.
    Distance,
    /// The cheapest first within each currency, and the currencies by their codes.
    Price,
}

impl Sort {
    /// Every order.
    pub const ALL: [Self; 4] = [Self::StartsAt, Self::Relevance, Self::Distance, Self::Price];

    /// Returns the name used in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StartsAt => "starts_at",
            Self::Relevance => "relevance",
            Self::Distance => "distance",
            Self::Price => "price",
        }
    }

    /// Reads the name used in the API.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|sort| sort.as_str() == name)
            .ok_or_else(|| Invalid::new("must be one of starts_at, relevance, distance and price"))
    }
}

/// A circle on the globe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Its centre.
    pub centre: GeoPoint,
    /// Its radius in kilometres, more than 0 and at most 20,100: half around the globe.
    pub radius_km: f64,
}

impl Near {
    /// Checks the radius.
    pub fn new(centre: GeoPoint, radius_km: f64) -> Result<Self, Invalid> {
        if radius_km > 0.0 && radius_km <= 20_100.0 {
            Ok(Self { centre, radius_km })
        } else {
            Err(Invalid::new("must be more than 0 and at most 20100"))
        }
    }
}

/// What somebody looks for in the texts of events: up to 16 folded words, of which all must be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    words: Vec<String>,
}

impl SearchText {
    /// The longest text that is accepted, in characters.
    pub const MAX_CHARS: usize = 200;
    const MAX_WORDS: usize = 16;

    /// Splits a text into folded words. A text without any word is `None`: it asks for nothing.
    pub fn new(text: &str) -> Result<Option<Self>, Invalid> {
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            let max = Self::MAX_CHARS;
            return Err(Invalid::new(format!("must not be longer than {max} characters")));
        }
        let mut words: Vec<String> = Vec::new();
        for word in fold(text).split_whitespace() {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        words.truncate(Self::MAX_WORDS);
        Ok((!words.is_empty()).then_some(Self { words }))
    }

    /// Returns the words. The last one may still be being typed, so it also matches as a beginning.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

/// Folds a text for comparison: lower case, without accents, letters of no plain equivalent spelt out
/// (`ß` → `ss`, `Ł` → `l`), and everything that is neither letter nor digit turned into spaces.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match character {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            // Lower-casing İ leaves a combining dot behind; apostrophes join (O'Brien, l'été).
            '\'' | '’' | 'ʼ' => {}
            c if is_combining_mark(c) => {}
            c if c.is_alphanumeric() => folded.push(c),
            _ => folded.push(' '),
        }
    }
    folded
}

/// The folded texts of an event, by how much a match in them counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchDocument {
    /// The title.
    pub title: String,
    /// Tags, category, venue and city.
    pub labels: String,
    /// The description.
    pub description: String,
}

impl SearchDocument {
    pub(crate) const TITLE: u32 = 16;
    pub(crate) const LABELS: u32 = 6;
    pub(crate) const DESCRIPTION: u32 = 1;
    /// How many times as much a whole word counts as the beginning of one.
    pub(crate) const WHOLE: u32 = 2;

    /// Folds the texts of an event.
    pub fn of(details: &EventDetails) -> Self {
        let mut labels = details.tags.join(" ");
        labels.push(' ');
        labels.push_str(&details.category);
        if let Location::Venue(venue) = &details.location {
            for part in [venue.name(), venue.city()] {
                labels.push(' ');
                labels.push_str(part);
            }
        }
        Self {
            title: fold(&details.title),
            labels: fold(&labels),
            description: fold(&details.description),
        }
    }

    /// Returns how well the texts match, or `None` if a word is not found at all.
    ///
    /// Each word counts where it counts most, and twice as much as a whole word as it does as the beginning
    /// of one.
    pub fn score(&self, text: &SearchText) -> Option<u32> {
        let last = text.words.len().checked_sub(1)?;
        text.words.iter().enumerate().try_fold(0, |sum, (index, word)| {
            let best = [
                (&self.title, Self::TITLE),
                (&self.labels, Self::LABELS),
                (&self.description, Self::DESCRIPTION),
            ]
            .into_iter()
            .filter_map(|(field, weight)| match find(field, word) {
                Some(Found::Whole) => Some(weight * Self::WHOLE),
                Some(Found::Beginning) if index == last => Some(weight),
                Some(Found::Beginning) | None => None,
            })
            .max()?;
            Some(sum + best)
        })
    }
}

enum Found {
    Whole,
    Beginning,
}

fn find(field: &str, word: &str) -> Option<Found> {
    let mut found = None;
    for candidate in field.split_whitespace() {
        if candidate == word {
            return Some(Found::Whole);
        }
        if candidate.starts_with(word) {
            found = Some(Found::Beginning);
        }
    }
    found
}

/// Where a page ends: the next one begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SearchPosition {
    /// Where it stands in the order.
    pub rank: Rank,
    /// The event that it is.
    pub id: EventId,
}

/// Where an event stands in an order. Smaller comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// For [`Sort::StartsAt`].
    StartsAt(Timestamp),
    /// For [`Sort::Relevance`].
    Relevance {
        /// `u32::MAX` less the score, so that the best comes first.
        distance: u32,
        /// Among equals, the next event first.
        starts_at: Timestamp,
    },
    /// For [`Sort::Distance`]: whole metres, `u64::MAX` without a position.
    Distance(u64),
    /// For [`Sort::Price`].
    Price {
        /// The currency.
        currency: Currency,
        /// The price in its minor unit.
        amount_minor: i64,
    },
}

impl Rank {
    /// Returns the order that the rank belongs to.
    pub const fn sort(self) -> Sort {
        match self {
            Self::StartsAt(_) => Sort::StartsAt,
            Self::Relevance { .. } => Sort::Relevance,
            Self::Distance(_) => Sort::Distance,
            Self::Price { .. } => Sort::Price,
        }
    }
}

/// Which events are asked for. All conditions must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchFilter {
    /// Words to be found in the texts.
    pub text: Option<SearchText>,
    /// Category, in lower case.
    pub category: Option<String>,
    /// A tag, in lower case.
    pub tag: Option<String>,
    /// Country of the venue.
    pub country: Option<Country>,
    /// City of the venue, folded by [`fold`].
    pub city: Option<String>,
    /// Starts at this instant or later.
    pub starts_from: Option<Timestamp>,
    /// Starts before this instant.
    pub starts_before: Option<Timestamp>,
    /// Takes place within a circle.
    pub near: Option<Near>,
    /// Costs at most this, in this currency.
    pub price_max: Option<Money>,
    /// Has at least so many tickets available.
    pub available: Option<u32>,
    /// Whether events that are over are wanted, too.
    pub include_past: bool,
}

impl SearchFilter {
    /// Returns a filter that every published event which is not over passes.
    pub const fn all() -> Self {
        Self {
            text: None,
            category: None,
            tag: None,
            country: None,
            city: None,
            starts_from: None,
            starts_before: None,
            near: None,
            price_max: None,
            available: None,
            include_past: false,
        }
    }

    /// Checks a category or tag as asked for, and brings it into the form in which they are kept.
    pub fn label(text: &str) -> Result<String, Invalid> {
        Ok(text::line(text, 60)?.to_lowercase())
    }

    /// Checks a city as asked for, and folds it.
    pub fn city(text: &str) -> Result<String, Invalid> {
        let folded = fold(&text::line(text, 200)?);
        let words: Vec<&str> = folded.split_whitespace().collect();
        if words.is_empty() {
            return Err(Invalid::new("must contain a letter"));
        }
        Ok(words.join(" "))
    }

    /// Tells whether a published event passes everything but the text. The reference for every adapter.
    pub fn admits(&self, listing: &Listing, now: Timestamp) -> bool {
        let details = &listing.event.details;
        let venue = details.location.venue();
        let is_near = |near: &Near| {
            venue
                .and_then(super::venue::Venue::position)
                .is_some_and(|position| near.centre.distance_km(position) <= near.radius_km)
        };
        (self.include_past || details.ends_at > now)
            && self.category.as_ref().is_none_or(|category| *category == details.category)
            && self.tag.as_ref().is_none_or(|tag| details.tags.contains(tag))
            && self
                .country
                .is_none_or(|country| venue.is_some_and(|v| v.country() == Some(country)))
            && self.city.as_ref().is_none_or(|city| {
                venue.is_some_and(|v| Self::city(v.city()).is_ok_and(|folded| folded == *city))
            })
            && self.starts_from.is_none_or(|from| details.starts_at >= from)
            && self.starts_before.is_none_or(|before| details.starts_at < before)
            && self.near.as_ref().is_none_or(is_near)
            && self.price_max.is_none_or(|max| {
                details.price.currency() == max.currency()
                    && details.price.amount_minor() <= max.amount_minor()
            })
            && self.available.is_none_or(|wanted| listing.stock.available() >= wanted)
    }
}

/// A search: which events, in which order, from where, and how many.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchQuery {
    /// Which events.
    pub filter: SearchFilter,
    /// In which order.
    pub sort: Sort,
    /// After which position; from the beginning if `None`. Its rank must belong to `sort`.
    pub after: Option<SearchPosition>,
    /// How many at most.
    pub limit: u32,
}

impl SearchQuery {
    /// Returns where an event that passes the filter stands in the order.
    pub fn rank(&self, details: &EventDetails, score: u32) -> Rank {
        match self.sort {
            Sort::StartsAt => Rank::StartsAt(details.starts_at),
            Sort::Relevance => {
                Rank::Relevance { distance: u32::MAX - score, starts_at: details.starts_at }
            }
            Sort::Distance => {
                let centre = self.filter.near.map(|near| near.centre);
                let position = details.location.venue().and_then(super::venue::Venue::position);
                Rank::Distance(match (centre, position) {
                    (Some(centre), Some(position)) => metres(centre.distance_km(position)),
                    _ => u64::MAX,
                })
            }
            Sort::Price => Rank::Price {
                currency: details.price.currency(),
                amount_minor: details.price.amount_minor(),
            },
        }
    }
}

/// Returns a distance as [`Rank::Distance`] states it.
pub(crate) fn metres(kilometres: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a distance on the globe is between 0 and 20,100,000 m"
    )]
    {
        (kilometres * 1_000.0).round() as u64
    }
}

/// One page of results.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// The events, in order.
    pub items: Vec<Listing>,
    /// Where the next page begins, if there is one.
    pub next: Option<SearchPosition>,
}

/// How many events match a filter, by what they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    /// All of them.
    pub total: u64,
    /// By category, the most frequent first, then by name. Events without a category are left out.
    pub categories: Vec<(String, u64)>,
    /// By country, the most frequent first, then by code. Events without one are left out.
    pub countries: Vec<(Country, u64)>,
    /// By month of the start in UTC, such as `2027-03`, in order.
    pub months: Vec<(String, u64)>,
}

#[cfg(test)]
mod tests;
