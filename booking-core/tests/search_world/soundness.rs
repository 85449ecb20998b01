//! Whether catalogue and queries say what they mean.

use std::collections::BTreeSet;

use booking_core::domain::country::Country;
use booking_core::domain::money::Currency;
use booking_core::domain::search::{Near, SearchText, Sort};
use booking_core::domain::venue::GeoPoint;

use super::catalogue::{EVENTS, PLACES, State, WorldEvent};
use super::queries::{Asked, QUERIES};

fn events() -> impl Iterator<Item = &'static WorldEvent> {
    EVENTS.iter().copied().flatten()
}

fn queries() -> impl Iterator<Item = &'static Asked> {
    QUERIES.iter().copied().flatten()
}

#[test]
fn every_event_is_one_that_could_be_sold() {
    let places: BTreeSet<&str> = PLACES.iter().map(|place| place.key).collect();
    assert_eq!(places.len(), PLACES.len(), "places have names of their own");
    for place in PLACES {
        assert!(!place.city.is_empty() && !place.zone.is_empty(), "{}", place.key);
        assert!(place.country.is_empty() || Country::new(place.country).is_ok(), "{}", place.key);
        let is_on_earth = |(latitude, longitude)| GeoPoint::new(latitude, longitude).is_ok();
        assert!(place.position.is_none_or(is_on_earth), "{}", place.key);
    }
    let keys: BTreeSet<&str> = events().map(|event| event.key).collect();
    assert_eq!(keys.len(), events().count(), "events have names of their own");
    for event in events() {
        let key = event.key;
        assert!(!event.title.is_empty() && !event.starts.is_empty() && event.minutes > 0, "{key}");
        assert!(event.place.is_empty() || places.contains(event.place), "{key}");
        assert!(event.venue.is_empty() || !event.place.is_empty(), "{key}: a venue is somewhere");
        assert!(event.sold <= event.capacity.min(1_000) && event.price.0 >= 0, "{key}");
        assert!(Currency::new(event.price.1).is_ok(), "{key}");
        for label in event.tags.iter().chain([&event.category]) {
            assert_eq!(label.to_lowercase(), **label, "{key}: labels are kept in lower case");
        }
        assert!(event.description.chars().count() < 2_000, "{key}");
    }
    for state in [State::Published, State::Draft, State::Cancelled] {
        assert!(events().any(|event| event.state == state), "{state:?}");
    }
}

#[test]
fn every_query_can_be_asked_and_expects_what_there_is() {
    let keys: BTreeSet<&str> = events().map(|event| event.key).collect();
    assert!(queries().count() >= 80);
    for asked in queries() {
        let why = asked.why;
        assert!(!why.is_empty());
        assert!(SearchText::new(asked.q).is_ok(), "{why}");
        assert!(asked.country.is_empty() || Country::new(asked.country).is_ok(), "{why}");
        assert!(asked.sort.is_empty() || Sort::parse(asked.sort).is_ok(), "{why}");
        if let Some((latitude, longitude)) = asked.near {
            let centre = GeoPoint::new(latitude, longitude).unwrap();
            assert!(Near::new(centre, asked.radius_km).is_ok(), "{why}");
        }
        assert!(asked.price_max.is_none_or(|(_, code)| Currency::new(code).is_ok()), "{why}");
        let expected = [asked.first, asked.has, asked.lacks, asked.exactly.unwrap_or_default()];
        for key in expected.into_iter().flatten() {
            assert!(keys.contains(key), "{why}: there is no event {key:?}");
        }
        let texts = [asked.category, asked.tag, asked.city, asked.starts_from, asked.starts_to];
        let asks = texts.iter().any(|text| !text.is_empty())
            || !asked.q.is_empty()
            || !asked.country.is_empty()
            || asked.near.is_some()
            || asked.price_max.is_some()
            || asked.available > 0
            || asked.include_past
            || !asked.sort.is_empty();
        assert!(asks, "{why}: it asks for nothing");
        let found: BTreeSet<_> = asked.first.iter().chain(asked.has).collect();
        assert!(asked.lacks.iter().all(|key| !found.contains(key)), "{why}: it contradicts itself");
    }
}
