//! So many events that databases look for matches level by level instead of scoring all of them: the order is the same.

use std::sync::Arc;
use std::time::{Duration, Instant};

use booking_core::adapters::postgres::{PgDatabase, PgEventRepository};
use booking_core::domain::country::Country;
use booking_core::domain::ids::EventId;
use booking_core::domain::money::{Currency, Money};
use booking_core::domain::search::{Near, SearchFilter, SearchQuery, SearchText, Sort};
use booking_core::domain::venue::GeoPoint;
use booking_core::ports::EventRepository;
use booking_core::ports::event_repository::NewEvent;
use booking_core::testkit::{ManualClock, Repositories, SeededIds, seed};
use booking_testbed::Postgres;
use sqlx::{Connection, PgConnection};

use super::answers::{memory, sqlite};
use crate::support;

const EVENTS: usize = 3_000;

/// Words of three kinds in titles, tags and descriptions, in every combination and none.
fn crowd() -> Vec<NewEvent> {
    let words = ["jazz", "night", "jazzy", "nights", "open", "jzaz"];
    (0..EVENTS)
        .map(|number| {
            let word = |step: usize| words.get(number / step % 11).copied().unwrap_or_default();
            let days = u32::try_from(number % 97).unwrap();
            // A few are spelt as others type it by mistake.
            let rare = if number % 1_000 == 5 { "nihgt" } else { "" };
            seed::event(&format!("Event {} {} {rare}", word(1), word(7)))
                .tag(&format!("tag {}", word(13)))
                .description(&format!("{} and {} {}", word(3), word(5), word(2)))
                .starts_at(seed::later(seed::DAY * days))
                .build()
        })
        .collect()
}

async fn read_all(db: &Repositories, text: &str, sort: Sort) -> Vec<EventId> {
    let text = SearchText::new(text).unwrap();
    let filter = SearchFilter { text, ..SearchFilter::all() };
    let mut query = SearchQuery { filter, sort, after: None, limit: 100 };
    let mut found = Vec::new();
    loop {
        let page = db.events.search_events(&query, seed::now()).await.unwrap();
        found.extend(page.items.iter().map(|listing| listing.event.id));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return found,
        }
    }
}

async fn assert_same(db: &Repositories, reference: &Repositories) {
    for text in [
        "jazz",
        "night jazz",
        "jazz ni",
        "jazz -open",
        "\"jazz and\" night",
        "jazz night open",
        "nihgt",
        "nihgt jzza",
    ] {
        for sort in [Sort::Relevance, Sort::StartsAt] {
            let expected = read_all(reference, text, sort).await;
            assert!(expected.len() > 100, "{text}: {}", expected.len());
            assert_eq!(read_all(db, text, sort).await, expected, "{text} by {}", sort.as_str());
        }
    }
}

#[tokio::test]
async fn a_crowd_of_matches_has_the_order_of_the_rules_on_sqlite() {
    let (db, _folder) = sqlite().await;
    let (reference, events) = (memory(), crowd());
    db.events.store_events(&events, seed::now()).await.unwrap();
    reference.events.store_events(&events, seed::now()).await.unwrap();
    assert_same(&db, &reference).await;
}

/// How often all events were read in the order of their pages, and how often an index of them was used.
async fn scans(url: &str) -> (i64, i64) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let scans = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'events'";
    sqlx::query_as(scans).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn no_search_reads_all_events_of_postgres() {
    let database = support::Database::migrated().await;
    let url = Postgres::shared().url(&database.name);
    let pool = PgDatabase::connect_lazily(&database.direct().max_connections(2));
    let ids = Arc::new(SeededIds::new(1, Arc::new(ManualClock::default())));
    let events = PgEventRepository::new(pool.clone(), ids);
    events.store_events(&crowd(), seed::now()).await.unwrap();
    Postgres::shared().execute(&database.name, "ANALYZE").await;
    let (read, used) = scans(&url).await;
    let label = |text: &str| SearchFilter::label(text).unwrap();
    let centre = GeoPoint::new(47.4, 8.5).unwrap();
    let all = SearchFilter::all();
    let past = SearchFilter { include_past: true, ..SearchFilter::all() };
    let mut filters = vec![all.clone(), past.clone()];
    for text in
        ["jazz", "night jazz", "ni", "\"jazz and\" night", "-jazz", "nihgt", "the and of in a"]
    {
        filters.push(SearchFilter { text: SearchText::new(text).unwrap(), ..all.clone() });
        filters.push(SearchFilter { text: SearchText::new(text).unwrap(), ..past.clone() });
    }
    filters.push(SearchFilter { category: Some(label("concert")), ..all.clone() });
    filters.push(SearchFilter { tag: Some(label("tag jazz")), ..all.clone() });
    filters.push(SearchFilter { country: Country::new("CH").ok(), ..all.clone() });
    filters.push(SearchFilter { city: SearchFilter::city("Zürich").ok(), ..all.clone() });
    filters.push(SearchFilter { starts_from: Some(seed::later(seed::DAY)), ..all.clone() });
    filters.push(SearchFilter { near: Near::new(centre, 900.0).ok(), ..all.clone() });
    filters.push(SearchFilter { available: Some(5), ..all.clone() });
    let max = Money::new(4_500, Currency::new("EUR").unwrap()).ok();
    filters.push(SearchFilter { price_max: max, ..all.clone() });
    for filter in filters {
        for sort in Sort::ALL {
            let query = SearchQuery { filter: filter.clone(), sort, after: None, limit: 20 };
            events.search_events(&query, seed::now()).await.unwrap();
        }
        events.count_facets(&filter, seed::now()).await.unwrap();
        if let Some(text) = &filter.text {
            events.find_names(text, seed::now()).await.unwrap();
        }
    }
    // A session tells what it did when it ends, at the latest.
    pool.close().await;
    let ended = Instant::now();
    let (read_since, used_since) = loop {
        let (read_now, used_now) = scans(&url).await;
        if used_now > used {
            break (read_now - read, used_now - used);
        }
        assert!(ended.elapsed() < Duration::from_mins(1), "the statistics do not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(read_since, 0, "beside {used_since} uses of indexes");
}

#[tokio::test]
async fn a_crowd_of_matches_has_the_order_of_the_rules_on_postgres() {
    let database = support::Database::migrated().await;
    let db = support::repositories(&database.direct());
    let (reference, events) = (memory(), crowd());
    db.events.store_events(&events, seed::now()).await.unwrap();
    reference.events.store_events(&events, seed::now()).await.unwrap();
    // How many events are expected decides which way is taken.
    Postgres::shared().execute(&database.name, "ANALYZE").await;
    assert_same(&db, &reference).await;
}
