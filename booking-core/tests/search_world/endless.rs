//! Reading a hundred thousand matches to the end, while events are added, called off and sold between the pages.

use std::collections::BTreeMap;

use booking_core::domain::catalogue::EventChange;
use booking_core::domain::event::EventStatus;
use booking_core::domain::ids::EventId;
use booking_core::domain::search::{Near, SearchFilter, SearchQuery, SearchText, Sort};
use booking_core::domain::venue::GeoPoint;
use booking_core::ports::event_repository::NewEvent;
use booking_core::testkit::{Repositories, seed};

use super::answers::sqlite;
use crate::support;

const EVENTS: usize = 100_000;
const BATCH: usize = 5_000;
const PAGE: u32 = 2_500;

const CITIES: [(&str, &str, f64, f64); 5] = [
    ("Suva", "FJ", -18.14, 178.44),
    ("Apia", "WS", -13.83, -171.77),
    ("Nukuʻalofa", "TO", -21.14, -175.2),
    ("Auckland", "NZ", -36.85, 174.76),
    ("Papeete", "PF", -17.54, -149.57),
];

fn event(number: usize) -> NewEvent {
    let (city, country, latitude, longitude) = CITIES[number % CITIES.len()];
    let day = u32::try_from(number / 3 % 400).unwrap();
    let cents = i64::try_from(number / 7 % 50).unwrap() * 100;
    // A few words in every way in which they may count.
    let title = ["Regatta", "Great regatta", "Race", "Regattas"][number % 4];
    seed::event(title)
        .tag("regatta")
        .venue(city, country, Some((latitude, longitude)))
        .price(cents, ["EUR", "FJD"][number % 2])
        .starts_at(seed::later(seed::DAY * day))
        .build()
}

/// Reads to the end in an order; between the pages the world goes on. Returns how often each event was shown.
async fn read_all(db: &Repositories, known: &mut Vec<NewEvent>, sort: Sort) -> Readings {
    let mut filter = SearchFilter::all();
    if sort == Sort::Relevance {
        filter.text = SearchText::new("regatta").unwrap();
    }
    if sort == Sort::Distance {
        let centre = GeoPoint::new(-17.0, 180.0).unwrap();
        filter.near = Some(Near::new(centre, 20_000.0).unwrap());
    }
    let mut query = SearchQuery { filter, sort, after: None, limit: PAGE };
    let mut readings = Readings { shown: BTreeMap::new(), pages: 0 };
    loop {
        let page = db.events.search_events(&query, seed::now()).await.unwrap();
        for listing in &page.items {
            *readings.shown.entry(listing.event.id).or_insert(0) += 1;
        }
        readings.pages += 1;
        let Some(next) = page.next else { return readings };
        query.after = Some(next);
        // What the page ended with goes away, or what it began with, so that its end is there to be shown again; one that
        // is still to come is sold, and some are added everywhere.
        let leaving =
            if readings.pages.is_multiple_of(2) { page.items.last() } else { page.items.first() };
        let leaving = leaving.unwrap().event.id;
        let cancelled =
            EventChange { status: Some(EventStatus::Cancelled), ..EventChange::default() };
        db.events.change_event(leaving, &cancelled, seed::now()).await.unwrap();
        known.retain(|event| event.id != leaving);
        let sold = &known[readings.pages * 1_931 % known.len()];
        let price = sold.details.price;
        let hold = seed::hold(sold.id).price(price.amount_minor(), price.currency().code());
        db.admit(hold, seed::now()).await;
        let added: Vec<NewEvent> =
            (0..20).map(|number| event(readings.pages * 20 + number)).collect();
        db.events.store_events(&added, seed::now()).await.unwrap();
    }
}

struct Readings {
    shown: BTreeMap<EventId, u32>,
    pages: usize,
}

async fn assert_endless(db: &Repositories) {
    let mut known: Vec<NewEvent> = (0..EVENTS).map(event).collect();
    for batch in known.chunks(BATCH) {
        db.events.store_events(batch, seed::now()).await.unwrap();
    }
    for sort in [Sort::StartsAt, Sort::Relevance, Sort::Distance, Sort::Price] {
        let readings = read_all(db, &mut known, sort).await;
        let name = sort.as_str();
        assert!(readings.pages >= EVENTS / PAGE as usize, "{} pages by {name}", readings.pages);
        let twice = readings.shown.values().filter(|times| **times > 1).count();
        assert_eq!(twice, 0, "nothing is shown twice by {name}");
        let missing = known.iter().filter(|event| !readings.shown.contains_key(&event.id)).count();
        assert_eq!(missing, 0, "everything that was there is shown by {name}");
    }
}

#[tokio::test]
async fn a_hundred_thousand_are_read_to_the_end_once_on_sqlite() {
    let (db, _folder) = sqlite().await;
    assert_endless(&db).await;
}

#[tokio::test]
async fn a_hundred_thousand_are_read_to_the_end_once_on_postgres() {
    let database = support::Database::migrated().await;
    assert_endless(&support::repositories(&database.direct())).await;
}
