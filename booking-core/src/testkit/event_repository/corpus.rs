//! A world of events to search in, and what the rules say must be found.

use std::collections::BTreeMap;

use crate::domain::country::Country;
use crate::domain::event::{EventStatus, Listing};
use crate::domain::ids::EventId;
use crate::domain::money::{Currency, Money};
use crate::domain::search::{
    Facets, Name, Names, Near, SearchDocument, SearchFilter, SearchPosition, SearchQuery,
    SearchText, Sort,
};
use crate::domain::time::{Month, Timestamp};
use crate::domain::venue::{GeoPoint, Venue};
use crate::testkit::Repositories;
use crate::testkit::seed::{self, DAY, EventSeed};

/// City, country if it is known, and latitude and longitude likewise.
type Place = (&'static str, &'static str, Option<(f64, f64)>);

const PLACES: [Place; 6] = [
    ("Zürich", "CH", Some((47.376_9, 8.541_7))),
    ("São Paulo", "BR", Some((-23.550_5, -46.633_3))),
    ("Suva", "FJ", Some((-18.141_6, 178.441_9))),
    ("Apia", "WS", Some((-13.833_3, -171.766_7))),
    ("Kraków", "", None),
    ("zurich", "CH", Some((47.4, 8.6))),
];

const TITLES: [&str; 8] = [
    "Night of the Organ",
    "Jazz in the Park",
    "Organic Cooking",
    "L'été indien",
    "Łódź Techno Night",
    "Große Oper: Aïda",
    "東京 夜市",
    "Rock & Roll (live)",
];

/// Returns events of every kind: 36 of them, so that each page size has several pages.
pub(super) fn seeds() -> Vec<EventSeed> {
    let prices = [(4_500, "EUR"), (0, "EUR"), (5_000, "JPY"), (1_250, "KWD"), (9_900, "EUR")];
    (0..36_usize)
        .map(|index| {
            let (city, country, position) = PLACES[index % PLACES.len()];
            let (amount, currency) = prices[index % prices.len()];
            let days = u32::try_from(index % 12).expect("it is small") * 9;
            let starts_at = match index {
                30..34 => seed::now().saturating_sub(DAY * (days + 1)),
                _ => seed::later(DAY * (days + 1)),
            };
            let title = TITLES[index % TITLES.len()];
            let mut seed = seed::event(&format!("{title} {}", index / 12))
                .venue(city, country, position)
                .price(amount, currency)
                .starts_at(starts_at)
                .capacity(u32::try_from(index % 4 + 1).expect("it is small") * 3)
                .category(["concert", "theatre", "", "Food"][index % 4]);
            if index % 3 == 0 {
                seed = seed.tag("Family").tag("open-air");
            }
            if index % 5 == 0 {
                seed = seed.description("An evening of organ, jazz and night walks. 100% fun_");
            }
            match index % 9 {
                4 => seed.online(),
                8 => seed.draft(),
                _ => seed,
            }
        })
        .collect()
}

/// Stores the whole corpus; three of its events are called off, and of some all tickets are taken.
pub(super) async fn store(db: &Repositories) -> Vec<EventId> {
    let batch: Vec<_> = seeds().iter().map(EventSeed::build).collect();
    db.events.store_events(&batch, seed::now().saturating_sub(DAY)).await.expect("store_events");
    for index in [0, 14, 28] {
        db.call_off(batch[index].id, seed::now()).await;
    }
    for index in [1, 2, 3, 5, 6] {
        let (price, event_id) = (batch[index].details.price, batch[index].id);
        let hold =
            seed::hold(event_id).quantity(3).price(price.amount_minor(), price.currency().code());
        db.admit(hold, seed::now()).await;
    }
    batch.iter().map(|event| event.id).collect()
}

/// Returns all events of the corpus as they stand.
pub(super) async fn listings(db: &Repositories, ids: &[EventId]) -> Vec<Listing> {
    let mut listings = Vec::new();
    for id in ids {
        listings.push(db.listing(*id).await);
    }
    listings
}

/// Returns what a search without end must find, in order, by the rules of the domain alone.
pub(super) fn expected(
    all: &[Listing],
    query: &SearchQuery,
    now: Timestamp,
) -> Vec<(SearchPosition, Listing)> {
    let exact = expected_of(all, query, query.filter.text.as_ref(), now);
    let is_forgiving =
        query.after.map_or(exact.len() < SearchText::ENOUGH, |after| after.is_forgiving);
    let Some(text) = query.filter.text.as_ref().filter(|_| is_forgiving) else {
        return exact;
    };
    let words: Vec<SearchDocument> =
        all.iter().map(|listing| SearchDocument::of(&listing.event.details)).collect();
    let known = words.iter().flat_map(SearchDocument::vocabulary).map(|(_, word)| word);
    text.forgiving(known).map_or(exact, |text| expected_of(all, query, Some(&text), now))
}

fn expected_of(
    all: &[Listing],
    query: &SearchQuery,
    text: Option<&SearchText>,
    now: Timestamp,
) -> Vec<(SearchPosition, Listing)> {
    let mut found: Vec<(SearchPosition, Listing)> = all
        .iter()
        .filter(|listing| listing.event.status == EventStatus::Published)
        .filter(|listing| query.filter.admits(listing, now))
        .filter_map(|listing| {
            let details = &listing.event.details;
            let score = match text {
                None => 0,
                Some(text) => SearchDocument::of(details).score(text)?,
            };
            let rank = query.rank(details, score);
            Some((
                SearchPosition { rank, id: listing.event.id, is_forgiving: false },
                listing.clone(),
            ))
        })
        .collect();
    found.sort_by_key(|(position, _)| *position);
    found
}

/// Returns what facets must be counted, by the rules of the domain alone.
pub(super) fn expected_facets(all: &[Listing], filter: &SearchFilter, now: Timestamp) -> Facets {
    let query =
        SearchQuery { filter: filter.clone(), sort: Sort::StartsAt, after: None, limit: u32::MAX };
    let found = expected(all, &query, now);
    let mut facets = Facets { total: found.len() as u64, ..Facets::default() };
    for (_, listing) in &found {
        let details = &listing.event.details;
        if !details.category.is_empty() {
            count(&mut facets.categories, details.category.clone());
        }
        if let Some(country) = details.location.venue().and_then(Venue::country) {
            count(&mut facets.countries, country);
        }
        let start = details.starts_at.to_string();
        count(&mut facets.months, start[..7].to_owned());
    }
    facets.categories.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    facets.countries.sort_by(|a, b| (b.1, a.0.code()).cmp(&(a.1, b.0.code())));
    facets.months.sort();
    facets
}

/// Returns the names that must be found, by the rules of the domain alone.
pub(super) fn expected_names(all: &[Listing], text: &SearchText, now: Timestamp) -> Names {
    let mut known = BTreeMap::new();
    for Listing { event, .. } in all {
        let is_told = Month::of(event.details.ends_at) >= Month::of(now);
        if event.status == EventStatus::Published && is_told {
            for name in Name::of(&event.details) {
                *known.entry(name).or_insert(0) += 1;
            }
        }
    }
    Names::of(&known, text)
}

fn count<T: PartialEq>(counts: &mut Vec<(T, u64)>, value: T) {
    match counts.iter_mut().find(|(known, _)| *known == value) {
        Some((_, number)) => *number += 1,
        None => counts.push((value, 1)),
    }
}

/// Makes a filter from one condition.
pub(super) fn only(set: impl FnOnce(&mut SearchFilter)) -> SearchFilter {
    let mut filter = SearchFilter::all();
    set(&mut filter);
    filter
}

/// Makes a filter by text.
pub(super) fn text(words: &str) -> SearchFilter {
    only(|filter| filter.text = SearchText::new(words).expect("the text is short"))
}

/// Makes a circle.
pub(super) fn near(latitude: f64, longitude: f64, radius_km: f64) -> Near {
    let centre = GeoPoint::new(latitude, longitude).expect("it is on the globe");
    Near::new(centre, radius_km).expect("the radius is in range")
}

/// Returns filters of every kind, alone and together.
pub(super) fn filters() -> Vec<SearchFilter> {
    let eur = Currency::new("EUR").expect("it exists");
    let label = |name| SearchFilter::label(name).expect("it is valid");
    let city = |name| SearchFilter::city(name).expect("it is valid");
    let country = |code| Country::new(code).expect("it exists");
    let max = |amount| Money::new(amount, eur).expect("it is in range");
    vec![
        SearchFilter::all(),
        text("night"),
        text("organ jazz"),
        text("organ night wa"),
        text("orga"),
        text("ete"),
        text("夜"),
        text("hall zurich"),
        text("nihgt"),
        text("orgna zurch"),
        text("\"night of the\""),
        text("night -organ"),
        text("-night"),
        only(|filter| filter.category = Some(label("FOOD"))),
        only(|filter| filter.tag = Some(label("family"))),
        only(|filter| filter.tag = Some(label("open"))),
        only(|filter| filter.country = Some(country("ch"))),
        only(|filter| filter.city = Some(city("ZURICH"))),
        only(|filter| filter.city = Some(city("sao  paulo"))),
        only(|filter| filter.starts_from = Some(seed::later(DAY * 10))),
        only(|filter| filter.starts_before = Some(seed::later(DAY * 10))),
        only(|filter| filter.near = Some(near(47.37, 8.54, 10.0))),
        only(|filter| filter.near = Some(near(-16.0, 179.9, 1_200.0))),
        only(|filter| filter.near = Some(near(90.0, 0.0, 20_100.0))),
        only(|filter| filter.price_max = Some(max(4_500))),
        only(|filter| filter.price_max = Some(max(0))),
        only(|filter| filter.available = Some(1)),
        only(|filter| filter.available = Some(9)),
        only(|filter| filter.include_past = true),
        only(|filter| {
            filter.text = SearchText::new("nig").expect("it is short");
            filter.country = Some(country("CH"));
            filter.price_max = Some(max(10_000));
            filter.available = Some(1);
            filter.near = Some(near(47.37, 8.54, 100.0));
            filter.include_past = true;
        }),
    ]
}

/// Returns every order that makes sense for a filter.
pub(super) fn sorts(filter: &SearchFilter) -> Vec<Sort> {
    Sort::ALL
        .into_iter()
        .filter(|sort| match sort {
            Sort::Distance => filter.near.is_some(),
            Sort::Relevance => filter.text.is_some(),
            Sort::StartsAt | Sort::Price => true,
        })
        .collect()
}
