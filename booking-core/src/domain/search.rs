//! Searching events: what can be asked for, and in which order it is answered.

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod boxes;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod circles;
mod document;
mod facets;
mod fold;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod level;
mod names;
mod order;
mod spelling;
mod suggest;
mod tally;
mod text;

use super::country::Country;
use super::event::{EventDetails, Listing};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
use super::ids::EventId;
use super::invalid::Invalid;
use super::money::Money;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
use super::time::Month;
use super::time::Timestamp;
use super::venue::{Chord, GeoPoint, Venue};

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use boxes::bounding_boxes;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use circles::Circles;
pub use document::SearchDocument;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use document::{Field, Form, Way};
pub use facets::Facets;
pub use fold::fold;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use level::Level;
pub use names::{City, Name, Names};
pub use order::{Rank, SearchPosition, Sort};
pub use suggest::Suggestions;
pub use tally::{Group, Tally};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use text::Clause;
pub use text::SearchText;

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
    /// City of the venue, folded by [`fold()`].
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
        super::text::label(&super::text::line(text, 60)?, 60)
    }

    /// Checks a city as asked for, and folds it.
    pub fn city(text: &str) -> Result<String, Invalid> {
        let folded = fold(&super::text::line(text, 200)?);
        let words: Vec<&str> = folded.split_whitespace().collect();
        if words.is_empty() {
            return Err(Invalid::new("must contain a letter"));
        }
        Ok(words.join(" "))
    }

    /// Tells whether an event takes place within the circle, if there is one.
    pub(crate) fn is_near(&self, details: &EventDetails) -> bool {
        let position = details.location.venue().and_then(Venue::position);
        self.near.is_none_or(|near| {
            position.is_some_and(|point| near.centre.chord(point) <= Chord::over(near.radius_km))
        })
    }

    /// Tells whether a published event passes everything but the text. The reference for every adapter.
    pub fn admits(&self, listing: &Listing, now: Timestamp) -> bool {
        let details = &listing.event.details;
        let venue = details.location.venue();
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
            && self.is_near(details)
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
                let position = details.location.venue().and_then(Venue::position);
                let chord = centre.zip(position).map(|(centre, position)| centre.chord(position));
                Rank::Distance(chord.unwrap_or(Chord::UNKNOWN))
            }
            Sort::Price => Rank::Price {
                currency: details.price.currency(),
                amount_minor: details.price.amount_minor(),
            },
        }
    }
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl SearchQuery {
    /// Makes a page of what was found, each with its score, in order: one more than fits tells that there is another
    /// page.
    pub(crate) fn page(&self, found: Vec<(Listing, u32)>, is_forgiving: bool) -> SearchPage {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = found.len() > limit;
        let last = found.get(..limit).unwrap_or(&found).last();
        let next = last.filter(|_| has_more).map(|(listing, score)| SearchPosition {
            rank: self.rank(&listing.event.details, *score),
            id: listing.event.id,
            is_forgiving,
        });
        let items = found.into_iter().take(limit).map(|(listing, _)| listing).collect();
        SearchPage { items, next }
    }

    /// Returns the score after which the page begins, and where among those of the same.
    pub(crate) fn after_score(&self) -> Option<(u32, Timestamp, EventId)> {
        let SearchPosition { rank, id, .. } = self.after?;
        match rank {
            Rank::Relevance { distance, starts_at } => Some((u32::MAX - distance, starts_at, id)),
            Rank::StartsAt(_) | Rank::Distance(_) | Rank::Price { .. } => None,
        }
    }
}

/// A part of the events that a filter admits. Together they have every event once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) enum Part {
    /// Whatever its time.
    All,
    /// Began longer than [`Part::LONG`] ago, and is not over.
    Running,
    /// Is yet to come, or began a shorter time ago and is not over.
    Coming,
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl SearchFilter {
    /// Returns the names of the conditions that are set, as the API has them.
    pub(crate) fn conditions(&self) -> Vec<&'static str> {
        let Self {
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
        } = self;
        let conditions = [
            ("q", text.is_some()),
            ("category", category.is_some()),
            ("tag", tag.is_some()),
            ("country", country.is_some()),
            ("city", city.is_some()),
            ("starts_from", starts_from.is_some()),
            ("starts_to", starts_before.is_some()),
            ("near", near.is_some()),
            ("price_max", price_max.is_some()),
            ("available", available.is_some()),
            ("include_past", *include_past),
        ];
        conditions.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect()
    }

    /// Tells whether what the filter admits can be told from the counts of a [`Tally`], but for the events that end
    /// in the present month.
    pub(crate) fn is_kept(&self) -> bool {
        let Self {
            text: None,
            category: _,
            tag: None,
            country: _,
            city: None,
            starts_from,
            starts_before,
            near: None,
            price_max: None,
            available: None,
            include_past: _,
        } = self
        else {
            return false;
        };
        let begins_month = |at: &Timestamp| Month::of(*at).beginning() == *at;
        starts_from.iter().chain(starts_before).all(begins_month)
    }
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl Part {
    /// An event that takes longer is looked up by itself where what is over does not count: so nobody has to pass
    /// over all that began within the years that an exhibition may take. The schemas have an index of these.
    pub(crate) const LONG: std::time::Duration = std::time::Duration::from_hours(7 * 24);

    /// Returns the parts of what a filter admits.
    pub(crate) const fn of(filter: &SearchFilter) -> &'static [Self] {
        if filter.include_past { &[Self::All] } else { &[Self::Running, Self::Coming] }
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

#[cfg(test)]
mod tests;
