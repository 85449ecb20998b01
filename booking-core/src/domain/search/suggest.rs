//! What somebody may mean who has not typed everything yet.

use std::collections::BTreeSet;

use super::fold;
use super::names::{City, Names};
use crate::domain::event::Listing;

/// What somebody may mean who has not typed everything yet: [`Suggestions::MAX`] in all at most.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Suggestions {
    /// Categories, the best first.
    pub categories: Vec<String>,
    /// Cities, the best first.
    pub cities: Vec<City>,
    /// Events with different titles, the best first.
    pub events: Vec<Listing>,
}

impl Suggestions {
    /// How many there are at most.
    pub const MAX: usize = 10;
    /// How many of them are categories at most.
    pub const MAX_CATEGORIES: usize = 2;
    /// How many of them are cities at most.
    pub const MAX_CITIES: usize = 3;

    /// Chooses from what was found, the best of each first. Of events with the same title the first stands for all.
    pub fn choose(names: Names, events: Vec<Listing>) -> Self {
        let Names { mut categories, mut cities } = names;
        categories.truncate(Self::MAX_CATEGORIES);
        cities.truncate(Self::MAX_CITIES);
        let mut titles = BTreeSet::new();
        let events =
            events.into_iter().filter(|listing| titles.insert(fold(&listing.event.details.title)));
        let events = events.take(Self::MAX - categories.len() - cities.len()).collect();
        Self { categories, cities, events }
    }
}
