//! Servers that vanish without a word: the connection stays open, and no answer ever comes.

use std::time::Duration;

use booking_core::adapters::postgres::PgOptions;
use booking_core::testkit::{Repositories, seed, until_answered};
use tokio::task::JoinHandle;

use super::proxy::Proxy;
use super::support::{Database, repositories};

/// One connection that reads and one that writes, so that none may stay away.
fn narrow(options: PgOptions) -> Repositories {
    repositories(&options.max_connections(2).silence_limit(Duration::from_millis(500)))
}

/// Waits until an answer was lost, and lets the caller leave.
async fn give_up<T>(proxy: &Proxy, call: JoinHandle<T>) {
    while !proxy.has_lost() {
        tokio::task::yield_now().await;
    }
    call.abort();
    assert!(call.await.is_err(), "no answer can have come");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_whose_server_vanished_is_replaced() {
    let database = Database::migrated().await;
    let (proxy, options) = Proxy::before(&database).await;
    let event = repositories(&options).store(&seed::event("Vanished")).await;
    let db = narrow(options);

    proxy.fall_silent_after("FROM events");
    let events = db.events.clone();
    give_up(&proxy, tokio::spawn(async move { events.find_event(event).await })).await;
    let found = until_answered(|| db.events.find_event(event)).await;
    assert!(found.is_some(), "there is a connection again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_whose_server_vanished_is_replaced() {
    let database = Database::migrated().await;
    let (proxy, options) = Proxy::before(&database).await;
    let db = narrow(options.clone());
    let event = db.store(&seed::event("Vanished").capacity(10)).await;

    for said in ["BEGIN", "FOR NO KEY UPDATE", "COMMIT"] {
        // Only a connection that has prepared nothing says its statements in full.
        let db = narrow(options.clone());
        proxy.fall_silent_after(said);
        let batch = [seed::hold(event).build()];
        let call = tokio::spawn({
            let (bookings, batch) = (db.bookings.clone(), batch.clone());
            async move { bookings.admit(&batch, seed::now()).await }
        });
        give_up(&proxy, call).await;
        let done = until_answered(|| db.bookings.admit(&batch, seed::now())).await;
        assert_eq!(done.outcomes.len(), 1, "{said}");
    }
    assert_eq!(db.counts(event).await, (10, 3), "each was held once");
    db.assert_books_balance().await;
}
