//! Names of what events have in common, for those who type one of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::document::{Field, SearchDocument};
use super::text::SearchText;
use super::{SearchFilter, fold};
use crate::domain::country::Country;
use crate::domain::event::EventDetails;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
use crate::domain::invalid::Invalid;
use crate::domain::venue::Venue;

/// The name of what events have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// A category.
    Category(String),
    /// A city.
    City(City),
}

/// A city in which events take place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct City {
    /// Its name, as most events spell it.
    pub name: String,
    /// Its country, if it is known.
    pub country: Option<Country>,
}

/// Categories and cities that somebody may mean, the best first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// The categories.
    pub categories: Vec<String>,
    /// The cities.
    pub cities: Vec<City>,
}

impl Name {
    /// Returns the names under which an event can be found.
    pub fn of(details: &EventDetails) -> Vec<Self> {
        let category = Some(details.category.as_str()).filter(|name| !name.is_empty());
        let city = details
            .location
            .venue()
            .map(|venue: &Venue| City { name: venue.city().to_owned(), country: venue.country() });
        let category = category.map(|name| Self::Category(name.to_owned()));
        category.into_iter().chain(city.map(Self::City)).collect()
    }

    /// Takes the name apart: `category` or `city`, the name itself, and the code of the country, if it has one.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn parts(&self) -> (&'static str, &str, &'static str) {
        match self {
            Self::Category(name) => ("category", name, ""),
            Self::City(City { name, country }) => ("city", name, country.map_or("", Country::code)),
        }
    }

    /// Puts the name together again.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn of_parts(kind: &str, name: String, country: &str) -> Result<Self, Invalid> {
        if kind == "category" {
            return Ok(Self::Category(name));
        }
        let country =
            Some(country).filter(|code| !code.is_empty()).map(Country::new).transpose()?;
        Ok(Self::City(City { name, country }))
    }

    /// Returns the words by which the name is found; with those of a city's country.
    pub fn words(&self) -> BTreeSet<String> {
        let document = self.document();
        let words = Field::ALL.into_iter().flat_map(|field| document.words(field).iter());
        words.map(|(_, word)| word.to_owned()).collect()
    }

    fn document(&self) -> SearchDocument {
        match self {
            Self::Category(name) => SearchDocument::of_name(name, ""),
            Self::City(City { name, country }) => {
                let country = country.map_or("", |country| country.common_name());
                SearchDocument::of_name(name, country)
            }
        }
    }

    /// Returns what is the same for all spellings of a name.
    fn folded(&self) -> Self {
        match self {
            Self::Category(name) => Self::Category(name.clone()),
            Self::City(City { name, country }) => {
                let folded = SearchFilter::city(name).unwrap_or_else(|_| fold(name));
                Self::City(City { name: folded, country: *country })
            }
        }
    }
}

impl Names {
    /// How many categories are returned at most, and how many cities.
    pub const MAX: usize = 10;

    /// Returns the names that a text may mean, of those that are known with the number of their events: as
    /// typed if there are any, and else those that are spelt alike.
    pub fn of(known: &BTreeMap<Name, u64>, text: &SearchText) -> Self {
        let as_typed = Self::matching(known, text);
        if !as_typed.is_empty() {
            return as_typed;
        }
        let words: BTreeSet<String> = known.keys().flat_map(Name::words).collect();
        let forgiving = text.forgiving(words.iter().map(String::as_str));
        forgiving.map_or(as_typed, |text| Self::matching(known, &text))
    }

    /// Returns the names that match a text: the best match first, then that of the most events.
    pub(crate) fn matching(known: &BTreeMap<Name, u64>, text: &SearchText) -> Self {
        if text.wanted().is_empty() {
            return Self::default();
        }
        let mut found = BTreeMap::<Name, Spellings<'_>>::new();
        for (name, events) in known {
            let Some(score) = name.document().score(text) else { continue };
            let spellings = found.entry(name.folded()).or_default();
            spellings.score = spellings.score.max(score);
            spellings.events += events;
            spellings.most = spellings.most.max(Some((*events, Reverse(name))));
        }
        let mut found: Vec<Spellings<'_>> = found.into_values().collect();
        found.sort_by_key(|spellings| (Reverse(spellings.score), Reverse(spellings.events)));
        let mut names = Self::default();
        for (_, Reverse(name)) in found.into_iter().filter_map(|spellings| spellings.most) {
            match name {
                Name::Category(name) => names.categories.push(name.clone()),
                Name::City(city) => names.cities.push(city.clone()),
            }
        }
        names.categories.truncate(Self::MAX);
        names.cities.truncate(Self::MAX);
        names
    }

    /// Tells whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.categories.is_empty() && self.cities.is_empty()
    }
}

/// All spellings of a name.
#[derive(Default)]
struct Spellings<'a> {
    score: u32,
    events: u64,
    /// The most frequent one.
    most: Option<(u64, Reverse<&'a Name>)>,
}
