//! What is asked for.

use std::time::Duration;

use booking_core::domain::country::Country;
use booking_core::domain::money::{Currency, Money};
use booking_core::domain::search::{Near, SearchFilter, SearchQuery, SearchText, Sort};
use booking_core::domain::time::Timestamp;
use booking_core::domain::venue::GeoPoint;
use booking_core::service::Catalogue;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::catalogue::{CATEGORIES, CITIES, SMALL_WORDS, WORDS, name, skewed};

/// What kind of search it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Listing,
    Word,
    Words,
    ManyWords,
    Phrase,
    Beginning,
    Typo,
    Filtered,
    Near,
    Nearest,
    Cheapest,
    Available,
    Facets,
    FacetsOfWord,
    Suggestions,
}

impl Kind {
    pub(crate) const ALL: [Self; 15] = [
        Self::Listing,
        Self::Word,
        Self::Words,
        Self::ManyWords,
        Self::Phrase,
        Self::Beginning,
        Self::Typo,
        Self::Filtered,
        Self::Near,
        Self::Nearest,
        Self::Cheapest,
        Self::Available,
        Self::Facets,
        Self::FacetsOfWord,
        Self::Suggestions,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Listing => "what comes next",
            Self::Word => "a word",
            Self::Words => "two words",
            Self::ManyWords => "four words, two of them small",
            Self::Phrase => "a phrase",
            Self::Beginning => "the beginning of a word",
            Self::Typo => "a word with a typo",
            Self::Filtered => "a word in a city or category, by date",
            Self::Near => "within 20 km",
            Self::Nearest => "the nearest",
            Self::Cheapest => "the cheapest in a country",
            Self::Available => "with 50 tickets left, in a category",
            Self::Facets => "facets of a filter",
            Self::FacetsOfWord => "facets of a word",
            Self::Suggestions => "suggestions for two letters or more",
        }
    }
}

/// A search.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Page(SearchQuery),
    Facets(SearchFilter),
    Suggestions(SearchQuery, SearchText),
}

/// Makes up searches, the same for the same seed.
pub(crate) struct Mix {
    random: SmallRng,
    now: Timestamp,
}

impl Mix {
    pub(crate) fn new(seed: u64, now: Timestamp) -> Self {
        Self { random: SmallRng::seed_from_u64(seed), now }
    }

    pub(crate) fn next(&mut self) -> anyhow::Result<(Kind, Ask)> {
        let kind = Kind::ALL[self.random.random_range(0..Kind::ALL.len())];
        let mut filter = SearchFilter::all();
        let mut sort = Sort::StartsAt;
        let word = self.word();
        match kind {
            Kind::Listing => {}
            Kind::Word | Kind::FacetsOfWord => filter.text = SearchText::new(&word)?,
            Kind::Words => filter.text = SearchText::new(&format!("{word} {}", self.word()))?,
            Kind::ManyWords => {
                let [small, other] = [self.small_word(), self.small_word()];
                let words = format!("{small} {word} {other} {}", self.word());
                filter.text = SearchText::new(&words)?;
            }
            Kind::Phrase => filter.text = SearchText::new(&format!("\"{word} {}\"", self.word()))?,
            Kind::Beginning | Kind::Suggestions => {
                let letters = self.random.random_range(2..5);
                filter.text = SearchText::new(&word.chars().take(letters).collect::<String>())?;
            }
            Kind::Typo => filter.text = SearchText::new(&self.misspelt(&word))?,
            Kind::Filtered => {
                filter.text = SearchText::new(&word)?;
                if self.random.random_bool(0.5) {
                    filter.city = Some(SearchFilter::city(self.city().0)?);
                } else {
                    filter.category = Some(SearchFilter::label(self.category())?);
                }
                filter.starts_from = Some(self.now.saturating_add(Duration::from_hours(240)));
                filter.starts_before = Some(self.now.saturating_add(Duration::from_hours(960)));
            }
            Kind::Near | Kind::Nearest => {
                let (_, _, latitude, longitude, _) = self.city();
                let centre = GeoPoint::new(latitude, longitude)?;
                let radius = if kind == Kind::Near { 20.0 } else { 500.0 };
                filter.near = Some(Near::new(centre, radius)?);
                sort = if kind == Kind::Near { Sort::StartsAt } else { Sort::Distance };
            }
            Kind::Cheapest => {
                filter.country = Some(Country::new(self.city().1)?);
                filter.price_max = Some(Money::new(5_000, Currency::new("EUR")?)?);
                sort = Sort::Price;
            }
            Kind::Available => {
                filter.available = Some(50);
                filter.category = Some(SearchFilter::label(self.category())?);
            }
            Kind::Facets => {
                if self.random.random_bool(0.3) {
                    filter.country = Some(Country::new(self.city().1)?);
                } else if self.random.random_bool(0.5) {
                    filter.city = Some(SearchFilter::city(self.city().0)?);
                }
            }
        }
        if matches!(kind, Kind::Facets | Kind::FacetsOfWord) {
            return Ok((kind, Ask::Facets(filter)));
        }
        if filter.text.is_some() {
            sort = Sort::Relevance;
        }
        if let (Kind::Suggestions, Some(text)) = (kind, &filter.text) {
            let text = text.clone();
            let query = SearchQuery { filter, sort, after: None, limit: Catalogue::SUGGESTED_FROM };
            return Ok((kind, Ask::Suggestions(query, text)));
        }
        Ok((kind, Ask::Page(SearchQuery { filter, sort, after: None, limit: 20 })))
    }

    /// Half of what people look for is a name.
    fn word(&mut self) -> String {
        if self.random.random_bool(0.5) {
            name(&mut self.random)
        } else {
            WORDS[skewed(&mut self.random, WORDS.len())].to_owned()
        }
    }

    fn small_word(&mut self) -> &'static str {
        SMALL_WORDS[skewed(&mut self.random, SMALL_WORDS.len())]
    }

    fn misspelt(&mut self, word: &str) -> String {
        let mut letters: Vec<char> = word.chars().collect();
        let at = self.random.random_range(1..letters.len());
        if at + 1 < letters.len() && letters[at] != letters[at + 1] {
            letters.swap(at, at + 1);
        } else {
            letters.remove(at);
        }
        letters.into_iter().collect()
    }

    fn city(&mut self) -> (&'static str, &'static str, f64, f64, &'static str) {
        CITIES[skewed(&mut self.random, CITIES.len())]
    }

    fn category(&mut self) -> &'static str {
        CATEGORIES[skewed(&mut self.random, CATEGORIES.len())]
    }
}
