//! Counts of published events that a database keeps with each change, so that nobody has to count a whole catalogue.

use std::collections::BTreeMap;

use super::names::Name;
use crate::domain::country::Country;
use crate::domain::event::{Event, EventStatus};
use crate::domain::time::Month;
use crate::domain::venue::Venue;

/// By how much a transaction changes the counts of published events.
///
/// Counts are by the month in which events end, too: those of later months are certainly not over, and only those of
/// the present one have to be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    groups: BTreeMap<Group, i64>,
    names: BTreeMap<(Name, Month), i64>,
}

/// Events that facets count alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// Their category; empty if they have none.
    pub category: String,
    /// The country of their venues, if it is known.
    pub country: Option<Country>,
    /// When they start.
    pub starts: Month,
    /// When they end.
    pub ends: Month,
}

impl Tally {
    /// Returns what changing an event changes.
    pub fn of_change(before: &Event, after: &Event) -> Self {
        let mut tally = Self::default();
        tally.change(before, after);
        tally
    }

    /// Adds an event that is entered.
    pub fn enter(&mut self, event: &Event) {
        self.count(event, 1);
    }

    /// Adds an event that is changed.
    pub fn change(&mut self, before: &Event, after: &Event) {
        self.count(before, -1);
        self.count(after, 1);
    }

    /// Returns by how much the count of each group changes.
    pub fn groups(&self) -> impl Iterator<Item = (&Group, i64)> {
        self.groups.iter().map(|(group, by)| (group, *by)).filter(|(_, by)| *by != 0)
    }

    /// Returns by how much the count of the events of each name that end in a month changes.
    pub fn names(&self) -> impl Iterator<Item = (&Name, Month, i64)> {
        self.names.iter().map(|((name, ends), by)| (name, *ends, *by)).filter(|(.., by)| *by != 0)
    }

    fn count(&mut self, event: &Event, by: i64) {
        if event.status != EventStatus::Published {
            return;
        }
        let details = &event.details;
        let ends = Month::of(details.ends_at);
        let group = Group {
            category: details.category.clone(),
            country: details.location.venue().and_then(Venue::country),
            starts: Month::of(details.starts_at),
            ends,
        };
        *self.groups.entry(group).or_insert(0) += by;
        for name in Name::of(details) {
            *self.names.entry((name, ends)).or_insert(0) += by;
        }
    }
}
