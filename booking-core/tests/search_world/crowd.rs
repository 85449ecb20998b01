//! So many events that databases look for matches level by level instead of scoring all of them: the order is the same.

use booking_core::domain::ids::EventId;
use booking_core::domain::search::{SearchFilter, SearchQuery, SearchText, Sort};
use booking_core::ports::event_repository::NewEvent;
use booking_core::testkit::{Repositories, seed};
use booking_testbed::Postgres;

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
