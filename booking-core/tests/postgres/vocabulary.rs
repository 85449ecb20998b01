//! The words of all events, which transactions about different events have in common.

use booking_core::testkit::seed;

use super::support::{Database, repositories};

/// Letters alone: words with digits are never misspelt.
fn word(letter: char, round: u8) -> String {
    format!("{}{}", String::from(letter).repeat(4), char::from(b'a' + round))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_that_bring_the_same_new_words_do_not_end_each_other() {
    let database = Database::migrated().await;
    let stores = [repositories(&database.direct()), repositories(&database.direct())];
    for (store, source) in stores.iter().zip(["one", "two"]) {
        store.store(&seed::event("Known").source(source)).await;
    }
    for round in 0..20 {
        // Each creates an event with the word of the one that the other changes.
        let imports = stores.iter().zip([("one", 'a', 'z'), ("two", 'z', 'a')]).map(
            |(store, (source, created, changed))| {
                let events = store.events.clone();
                let batch = [
                    seed::event(&word(created, round)).source(&format!("{source}/{round}")).build(),
                    seed::event(&word(changed, round)).source(source).build(),
                ];
                tokio::spawn(async move { events.store_events(&batch, seed::now()).await })
            },
        );
        for import in imports.collect::<Vec<_>>() {
            import.await.unwrap().unwrap();
        }
    }
}
