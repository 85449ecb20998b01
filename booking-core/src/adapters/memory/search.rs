//! Finding events: every published event is looked at, which is what the words of the contract say.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::tables::{EventRow, Tables};
use crate::domain::event::EventStatus;
use crate::domain::search::{
    Facets, SearchFilter, SearchPage, SearchPosition, SearchQuery, SearchText,
};
use crate::domain::time::Timestamp;
use crate::domain::venue::Venue;

/// Returns the events that a filter admits, each with the score of its text: 0 if none is asked for.
fn matches<'a>(
    tables: &'a Tables,
    filter: &'a SearchFilter,
    now: Timestamp,
) -> impl Iterator<Item = (&'a EventRow, u32)> {
    let text = filter.text.as_ref().map(|text| {
        let scarce = matches_of(tables, filter, Some(Cow::Borrowed(text)), now)
            .nth(SearchText::ENOUGH - 1)
            .is_none();
        let known = || tables.events.values().flat_map(|row| row.document.vocabulary());
        let forgiving = scarce.then(|| text.forgiving(known().map(|(_, word)| word))).flatten();
        forgiving.map_or(Cow::Borrowed(text), Cow::Owned)
    });
    matches_of(tables, filter, text, now)
}

fn matches_of<'a>(
    tables: &'a Tables,
    filter: &'a SearchFilter,
    text: Option<Cow<'a, SearchText>>,
    now: Timestamp,
) -> impl Iterator<Item = (&'a EventRow, u32)> {
    tables
        .events
        .values()
        .filter(|row| row.listing.event.status == EventStatus::Published)
        .filter(move |row| filter.admits(&row.listing, now))
        .filter_map(move |row| match &text {
            None => Some((row, 0)),
            Some(text) => row.document.score(text).map(|score| (row, score)),
        })
}

pub(super) fn search(tables: &Tables, query: &SearchQuery, now: Timestamp) -> SearchPage {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut found: Vec<(SearchPosition, &EventRow)> = matches(tables, &query.filter, now)
        .map(|(row, score)| {
            let event = &row.listing.event;
            let rank = query.rank(&event.details, score);
            (SearchPosition { rank, id: event.id }, row)
        })
        .filter(|(position, _)| query.after.is_none_or(|after| *position > after))
        .collect();
    let has_more = found.len() > limit;
    if has_more && limit > 0 {
        // The rest of a large result is never put in order.
        found.select_nth_unstable_by_key(limit - 1, |(position, _)| *position);
    }
    found.truncate(limit);
    found.sort_unstable_by_key(|(position, _)| *position);
    let next = found.last().filter(|_| has_more).map(|(position, _)| *position);
    SearchPage { items: found.into_iter().map(|(_, row)| row.listing.clone()).collect(), next }
}

pub(super) fn facets(tables: &Tables, filter: &SearchFilter, now: Timestamp) -> Facets {
    let mut total = 0;
    let (mut categories, mut countries, mut months) =
        (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (row, _) in matches(tables, filter, now) {
        let details = &row.listing.event.details;
        total += 1;
        if !details.category.is_empty() {
            *categories.entry(details.category.as_str()).or_insert(0) += 1;
        }
        if let Some(country) = details.location.venue().and_then(Venue::country) {
            *countries.entry(country).or_insert(0) += 1;
        }
        let mut month = details.starts_at.to_string();
        month.truncate("2027-03".len());
        *months.entry(month).or_insert(0) += 1;
    }
    let categories = categories.into_iter().map(|(name, count)| (name.to_owned(), count));
    Facets {
        total,
        categories: most_frequent_first(categories),
        countries: most_frequent_first(countries),
        months: months.into_iter().collect(),
    }
}

/// Orders by count; what is counted as often stays in its order.
fn most_frequent_first<T>(counts: impl IntoIterator<Item = (T, u64)>) -> Vec<(T, u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}
