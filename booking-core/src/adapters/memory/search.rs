//! Finding events: every published event is looked at, which is what the words of the contract say.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::tables::{EventRow, Tables};
use crate::domain::event::{Event, EventStatus};
use crate::domain::search::{
    Facets, Name, Names, SearchFilter, SearchPage, SearchPosition, SearchQuery, SearchText,
};
use crate::domain::time::{Month, Timestamp};
use crate::domain::venue::Venue;

/// Returns the events that a filter admits, each with the score of its text: 0 if none is asked for. Words that are
/// spelt alike are accepted if that is said, or if nothing is said and few events match.
fn matches<'a>(
    tables: &'a Tables,
    filter: &'a SearchFilter,
    is_forgiving: Option<bool>,
    now: Timestamp,
) -> Matches<impl Iterator<Item = (&'a EventRow, u32)>> {
    let text = filter.text.as_ref().map(|text| {
        let is_scarce = || {
            let found = matches_of(tables, filter, Some(Cow::Borrowed(text)), now);
            found.take(SearchText::ENOUGH).count() < SearchText::ENOUGH
        };
        let known = || tables.events.values().flat_map(|row| row.document.vocabulary());
        let is_forgiving = is_forgiving.unwrap_or_else(is_scarce);
        let forgiving =
            is_forgiving.then(|| text.forgiving(known().map(|(_, word)| word))).flatten();
        forgiving.map_or(Cow::Borrowed(text), Cow::Owned)
    });
    let is_forgiving = matches!(text, Some(Cow::Owned(_)));
    Matches { found: matches_of(tables, filter, text, now), is_forgiving }
}

/// The events that match, and whether words that are spelt like those of the text were accepted.
struct Matches<I> {
    found: I,
    is_forgiving: bool,
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
    let is_forgiving = query.after.map(|after| after.is_forgiving);
    let Matches { found, is_forgiving } = matches(tables, &query.filter, is_forgiving, now);
    let mut found: Vec<(SearchPosition, &EventRow)> = found
        .map(|(row, score)| {
            let event = &row.listing.event;
            let rank = query.rank(&event.details, score);
            (SearchPosition { rank, id: event.id, is_forgiving }, row)
        })
        .filter(|(position, _)| {
            query.after.is_none_or(|after| (position.rank, position.id) > (after.rank, after.id))
        })
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
    for (row, _) in matches(tables, filter, None, now).found {
        let details = &row.listing.event.details;
        total += 1;
        if !details.category.is_empty() {
            *categories.entry(details.category.as_str()).or_insert(0) += 1;
        }
        if let Some(country) = details.location.venue().and_then(Venue::country) {
            *countries.entry(country).or_insert(0) += 1;
        }
        *months.entry(Month::of(details.starts_at)).or_insert(0) += 1;
    }
    let categories = categories.into_iter().map(|(name, count)| (name.to_owned(), count));
    Facets {
        total,
        categories: most_frequent_first(categories),
        countries: most_frequent_first(countries),
        months: months.into_iter().map(|(month, count)| (month.to_string(), count)).collect(),
    }
}

pub(super) fn names(tables: &Tables, text: &SearchText, now: Timestamp) -> Names {
    let mut known = BTreeMap::new();
    for row in tables.events.values() {
        let Event { details, status, .. } = &row.listing.event;
        if *status == EventStatus::Published && Month::of(details.ends_at) >= Month::of(now) {
            for name in Name::of(details) {
                *known.entry(name).or_insert(0) += 1;
            }
        }
    }
    Names::of(&known, text)
}

/// Orders by count; what is counted as often stays in its order.
fn most_frequent_first<T>(counts: impl IntoIterator<Item = (T, u64)>) -> Vec<(T, u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}
