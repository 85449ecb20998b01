//! What the catalogue answers: the same on every database, and what a person expects.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use booking_core::adapters::memory::MemoryDatabase;
use booking_core::adapters::sqlite::{
    SqliteBookingRepository, SqliteDatabase, SqliteEventRepository,
};
use booking_core::domain::country::Country;
use booking_core::domain::ids::EventId;
use booking_core::domain::money::{Currency, Money};
use booking_core::domain::search::{Near, SearchFilter, SearchQuery, SearchText, Sort};
use booking_core::domain::time::Timestamp;
use booking_core::domain::venue::GeoPoint;
use booking_core::ports::event_repository::NewEvent;
use booking_core::testkit::{ManualClock, Repositories, SeededIds, seed};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::catalogue::{EVENTS, PLACES, State, WorldEvent};
use super::queries::{Asked, QUERIES};
use crate::support;

/// The catalogue's "now".
const NOW: &str = "2027-03-01T12:00:00Z";

fn instant(text: &str) -> Timestamp {
    Timestamp::from_jiff(text.parse().unwrap()).unwrap()
}

/// The catalogue with the ids of its events.
struct World {
    events: Vec<(&'static WorldEvent, NewEvent)>,
}

impl World {
    fn new() -> Self {
        let events = EVENTS.iter().copied().flatten();
        Self { events: events.map(|event| (event, new_event(event))).collect() }
    }

    /// Enters all of it, and sells what is sold.
    async fn fill(&self, db: &Repositories) {
        let now = instant(NOW);
        let entered: Vec<NewEvent> = self.events.iter().map(|(_, event)| event.clone()).collect();
        db.events.store_events(&entered, now).await.unwrap();
        for (event, entered) in &self.events {
            if event.sold > 0 {
                let before = entered.details.starts_at.saturating_sub(seed::DAY).min(now);
                let price = entered.details.price;
                let hold = seed::hold(entered.id)
                    .quantity(event.sold)
                    .price(price.amount_minor(), price.currency().code())
                    .expires_at(before.saturating_add(seed::HOLD));
                db.sell(hold, before).await;
            }
            if event.state == State::Cancelled {
                db.call_off(entered.id, now).await;
            }
        }
    }

    fn keys(&self) -> BTreeMap<EventId, &'static str> {
        self.events.iter().map(|(event, entered)| (entered.id, event.key)).collect()
    }
}

fn new_event(event: &WorldEvent) -> NewEvent {
    let place = PLACES.iter().find(|place| place.key == event.place);
    let zone = place.map_or("UTC", |place| place.zone);
    let local: DateTime = event.starts.parse().unwrap();
    let starts_at = TimeZone::get(zone).unwrap().to_timestamp(local).unwrap();
    let starts_at = Timestamp::from_jiff(starts_at).unwrap();
    let mut seed = seed::event(event.title)
        .description(event.description)
        .category(event.category)
        .capacity(event.capacity)
        .price(event.price.0, event.price.1)
        .max_per_booking(1_000)
        .with(|draft| {
            draft.tags = event.tags.iter().map(|tag| (*tag).to_owned()).collect();
            draft.starts_at = starts_at;
            draft.ends_at = starts_at.saturating_add(Duration::from_mins(event.minutes.into()));
            zone.clone_into(&mut draft.timezone);
        });
    seed = match place {
        Some(place) => seed.venue(place.city, place.country, place.position).with(|draft| {
            if let booking_core::domain::event::LocationDraft::Venue { name, .. } =
                &mut draft.location
            {
                event.venue.clone_into(name);
            }
        }),
        None => seed.online(),
    };
    if event.state == State::Draft { seed.draft().build() } else { seed.build() }
}

/// A date of UTC begins with its first instant and ends with its last.
fn bound(text: &str, is_end: bool) -> Option<Timestamp> {
    if text.is_empty() {
        return None;
    }
    if let Ok(at) = text.parse() {
        let at = Timestamp::from_jiff(at).unwrap();
        return Some(if is_end { at.next() } else { at });
    }
    let mut day: Date = text.parse().unwrap();
    if is_end {
        day = day.tomorrow().unwrap();
    }
    let beginning = TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
    Some(Timestamp::from_jiff(beginning.unwrap()).unwrap())
}

fn query(asked: &Asked) -> SearchQuery {
    let some = |text: &'static str| Some(text).filter(|text| !text.is_empty());
    let text = SearchText::new(asked.q).unwrap();
    let sort = some(asked.sort).map_or_else(
        || if text.is_some() { Sort::Relevance } else { Sort::StartsAt },
        |sort| Sort::parse(sort).unwrap(),
    );
    let filter = SearchFilter {
        text,
        category: some(asked.category).map(|label| SearchFilter::label(label).unwrap()),
        tag: some(asked.tag).map(|label| SearchFilter::label(label).unwrap()),
        country: some(asked.country).map(|code| Country::new(code).unwrap()),
        city: some(asked.city).map(|city| SearchFilter::city(city).unwrap()),
        starts_from: bound(asked.starts_from, false),
        starts_before: bound(asked.starts_to, true),
        near: asked.near.map(|(latitude, longitude)| {
            Near::new(GeoPoint::new(latitude, longitude).unwrap(), asked.radius_km).unwrap()
        }),
        price_max: asked.price_max.map(|(amount, currency)| {
            Money::new(amount, Currency::new(currency).unwrap()).unwrap()
        }),
        available: Some(asked.available).filter(|wanted| *wanted > 0),
        include_past: asked.include_past,
    };
    SearchQuery { filter, sort, after: None, limit: 7 }
}

/// Reads all pages.
async fn answer(db: &Repositories, query: &SearchQuery) -> Vec<EventId> {
    let mut query = query.clone();
    let mut found = Vec::new();
    loop {
        let page = db.events.search_events(&query, instant(NOW)).await.unwrap();
        found.extend(page.items.iter().map(|listing| listing.event.id));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return found,
        }
    }
}

/// Tells what is wrong with an answer, in the words of the queries.
fn complaints(asked: &Asked, found: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    if !found.starts_with(asked.first) {
        wrong.push(format!("first should be {:?}", asked.first));
    }
    for key in asked.has.iter().filter(|key| !found.contains(key)) {
        wrong.push(format!("lacks {key}"));
    }
    for key in asked.lacks.iter().filter(|key| found.contains(key)) {
        wrong.push(format!("has {key}"));
    }
    if let Some(exactly) = asked.exactly {
        let (mut exactly, mut all) = (exactly.to_vec(), found.to_vec());
        exactly.sort_unstable();
        all.sort_unstable();
        if exactly != all {
            wrong.push(format!("should be exactly {exactly:?}"));
        }
    }
    wrong
}

/// Asks everything of a database and of the reference: both must answer alike, and as a person expects.
async fn assert_answers(db: &Repositories) {
    let world = World::new();
    let reference = memory();
    world.fill(db).await;
    world.fill(&reference).await;
    let keys = world.keys();
    let mut wrong = Vec::new();
    for asked in QUERIES.iter().copied().flatten() {
        let query = query(asked);
        let found = answer(db, &query).await;
        let named: Vec<&str> = found.iter().map(|id| keys[id]).collect();
        let mut complaints = complaints(asked, &named);
        let expected = answer(&reference, &query).await;
        if found != expected {
            let expected: Vec<&str> = expected.iter().map(|id| keys[id]).collect();
            complaints.push(format!("the reference answers {expected:?}"));
        }
        let facets = |db: &Repositories| {
            let events = Arc::clone(&db.events);
            let filter = query.filter.clone();
            async move { events.count_facets(&filter, instant(NOW)).await.unwrap() }
        };
        if facets(db).await != facets(&reference).await {
            complaints.push("the reference counts otherwise".to_owned());
        }
        if !complaints.is_empty() {
            wrong.push(format!("{} (q={:?}): {complaints:?}\n  {named:?}", asked.why, asked.q));
        }
    }
    assert!(wrong.is_empty(), "{} queries:\n{}", wrong.len(), wrong.join("\n"));
}

pub(super) fn memory() -> Repositories {
    let database = MemoryDatabase::new(Arc::new(ids()));
    Repositories { events: database.events(), bookings: database.bookings() }
}

pub(super) async fn sqlite() -> (Repositories, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("booking.db").display());
    let database = SqliteDatabase::open(&url).await.unwrap();
    database.migrate().await.unwrap();
    let ids = Arc::new(ids());
    let events = Arc::new(SqliteEventRepository::new(database.clone(), ids.clone()));
    let bookings = Arc::new(SqliteBookingRepository::new(database, ids));
    (Repositories { events, bookings }, folder)
}

fn ids() -> SeededIds {
    SeededIds::new(1, Arc::new(ManualClock::default()))
}

#[tokio::test]
async fn memory_answers_what_a_person_expects() {
    assert_answers(&memory()).await;
}

#[tokio::test]
async fn sqlite_answers_what_a_person_expects() {
    let (db, _folder) = sqlite().await;
    assert_answers(&db).await;
}

#[tokio::test]
async fn postgres_answers_what_a_person_expects() {
    let database = support::Database::migrated().await;
    assert_answers(&support::repositories(&database.direct())).await;
}
