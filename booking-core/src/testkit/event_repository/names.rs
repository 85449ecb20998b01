//! Categories and cities by what somebody has typed.

use super::change::{changed, status};
use super::corpus;
use crate::domain::catalogue::EventChange;
use crate::domain::event::EventStatus;
use crate::domain::search::Names;
use crate::domain::time::Timestamp;
use crate::testkit::seed::{self, DAY};
use crate::testkit::{Repositories, RepositoryHarness};

/// Returns what is suggested: cities with the codes of their countries.
async fn names(db: &Repositories, typed: &str, now: Timestamp) -> Vec<String> {
    let Some(text) = corpus::text(typed).text else { return Vec::new() };
    let Names { categories, cities } = db.events.find_names(&text, now).await.expect("find_names");
    let cities = cities.into_iter().map(|city| match city.country {
        Some(country) => format!("{} {country}", city.name),
        None => city.name,
    });
    categories.into_iter().chain(cities).collect()
}

async fn found(db: &Repositories, typed: &str) -> Vec<String> {
    names(db, typed, seed::now()).await
}

/// Names are found by any of their words, the last as a beginning, and cities by their countries as well.
pub async fn names_are_found_by_any_of_their_words<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    db.store(&seed::event("A").category("street food").venue("São Paulo", "BR", None)).await;
    db.store(&seed::event("B").category("").venue("Baden-Baden", "DE", None)).await;
    db.store(&seed::event("C").category("food").venue("東京", "JP", None)).await;
    for typed in ["sao", "SÃO P", "paulo", "paulo sao", "brazil", "sao brazil"] {
        assert_eq!(found(&db, typed).await, ["São Paulo BR"], "{typed}");
    }
    assert_eq!(found(&db, "food").await, ["food", "street food"]);
    assert_eq!(found(&db, "food str").await, ["street food"]);
    assert_eq!(found(&db, "bad").await, ["Baden-Baden DE"]);
    assert_eq!(found(&db, "\"baden baden\"").await, ["Baden-Baden DE"]);
    assert_eq!(found(&db, "food -street").await, ["food"]);
    for typed in ["東", "東京", "京"] {
        assert_eq!(found(&db, typed).await, ["東京 JP"], "{typed}");
    }
    for nothing in ["", "a", "aulo", "paulo zürich", "-food"] {
        assert_eq!(found(&db, nothing).await, [""; 0], "{nothing}");
    }
}

/// The best match comes first, then the name of the most events, in the spelling that most of them have.
pub async fn the_name_of_the_most_events_comes_first<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    for (city, country, events) in [
        ("San Juan", "PR", 1),
        ("San José", "CR", 2),
        ("San Jose", "CR", 1),
        ("San Jose", "US", 1),
        ("Santiago", "CL", 4),
        ("Sandefjord", "NO", 5),
    ] {
        for _ in 0..events {
            db.store(&seed::event("X").category("").venue(city, country, None)).await;
        }
    }
    let expected = ["San José CR", "San Jose US", "San Juan PR", "Sandefjord NO", "Santiago CL"];
    assert_eq!(found(&db, "san").await, expected);
    assert_eq!(found(&db, "sa").await[..2], ["Sandefjord NO", "Santiago CL"]);
    db.store(&seed::event("X").category("").venue("Nordby", "DK", None)).await;
    assert_eq!(found(&db, "no").await, ["Nordby DK", "Sandefjord NO"], "a country counts less");
    for index in 0..15 {
        db.store(&seed::event("Y").category(&format!("sa {index}")).online()).await;
    }
    assert_eq!(found(&db, "sa").await.len(), Names::MAX + 5, "of each kind so many");
}

/// Typos are forgiven only if nothing matches as it was typed.
pub async fn a_name_with_a_typo_is_found_if_nothing_else_is<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    db.store(&seed::event("Brelin").category("").venue("Berlin", "DE", None)).await;
    db.store(&seed::event("X").category("berlinale").venue("Bern", "CH", None)).await;
    assert_eq!(found(&db, "brelin").await, ["Berlin DE"], "a title is no name");
    assert_eq!(found(&db, "belrin germany").await, ["Berlin DE"]);
    assert_eq!(found(&db, "berlin").await, ["berlinale", "Berlin DE"]);
    assert_eq!(found(&db, "bern").await, ["Bern CH"]);
}

/// Names of drafts are not told, and a name is told as long as a published event has it.
pub async fn names_go_with_their_events<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let seed = seed::event("X").category("opera").venue("Ghent", "BE", None).source("one");
    let id = db.store(&seed.clone().draft()).await;
    assert_eq!(found(&db, "ghent").await, [""; 0]);
    let batch = [seed.build()];
    db.events.store_events(&batch, seed::now()).await.expect("an import publishes");
    assert_eq!(found(&db, "ghent").await, ["Ghent BE"]);
    let other = db.store(&seed::event("Y").category("opera").venue("Bruges", "BE", None)).await;
    let moved = seed::event("X").category("ballet").venue("Namur", "BE", None).details();
    let change = EventChange { details: Some(moved), ..EventChange::default() };
    changed(&db, id, &change, seed::now()).await;
    assert_eq!(found(&db, "ghent").await, [""; 0]);
    assert_eq!(found(&db, "namur").await, ["Namur BE"]);
    assert_eq!(found(&db, "opera").await, ["opera"]);
    changed(&db, other, &status(EventStatus::Cancelled), seed::now()).await;
    assert_eq!(found(&db, "opera").await, [""; 0]);
    assert_eq!(found(&db, "belgium").await, ["Namur BE"]);
}

/// Names of events that ended in a month before the present one are not told.
pub async fn over_months_names_are_forgotten<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    // It is the middle of January.
    let yesterday = seed::now().saturating_sub(DAY);
    let last_month = seed::now().saturating_sub(DAY * 20);
    db.store(&seed::event("X").category("").venue("Riga", "LV", None).starts_at(yesterday)).await;
    db.store(&seed::event("Y").category("").venue("Liepāja", "LV", None).starts_at(last_month))
        .await;
    assert_eq!(found(&db, "latvia").await, ["Riga LV"]);
    assert_eq!(names(&db, "latvia", seed::later(DAY * 16)).await, ["Riga LV"]);
    assert_eq!(names(&db, "latvia", seed::later(DAY * 17)).await, [""; 0]);
}
