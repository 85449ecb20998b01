//! What one process remembers of an event, while another changes it.

use std::time::Duration;

use booking_core::adapters::postgres::PgOptions;
use booking_core::domain::booking::BookingStatus;
use booking_core::domain::event::SaleState;
use booking_core::domain::ids::EventId;
use booking_core::domain::ledger::{Cause, HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use booking_core::ports::event_repository::EventChange;
use booking_core::ports::fault::RepositoryError;
use booking_core::testkit::{Repositories, seed, until_answered};
use booking_testbed::Postgres;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};
use tokio::task::JoinSet;

use super::proxy::Proxy;
use super::support::{Database, repositories};

/// How both processes reach the database.
const WAYS: [fn(&Database) -> PgOptions; 2] = [Database::direct, Database::pooled];

/// Two processes on one database, the first of which remembers an event of a hundred tickets, two of them held.
async fn two_processes() -> (Database, Repositories, Repositories, EventId) {
    two_processes_by(Database::direct).await
}

async fn two_processes_by(
    way: fn(&Database) -> PgOptions,
) -> (Database, Repositories, Repositories, EventId) {
    let database = Database::migrated().await;
    let (here, there) = (repositories(&way(&database)), repositories(&way(&database)));
    let event = here.store(&seed::event("Remembered").capacity(100)).await;
    // The first batch is decided under the lock, and leaves what the others are decided on.
    for _ in 0..2 {
        here.hold(seed::hold(event), seed::now()).await;
    }
    (database, here, there, event)
}

#[tokio::test]
async fn a_price_that_another_process_changed_is_noticed() {
    for way in WAYS {
        let (_database, here, there, event) = two_processes_by(way).await;
        let details = Some(seed::event("Remembered").price(9_900, "EUR").details());
        let change = EventChange { details, ..EventChange::default() };
        there.events.change_event(event, &change, seed::now()).await.unwrap();
        let outcome = here.admit(seed::hold(event), seed::now()).await;
        assert_eq!(outcome, HoldOutcome::PriceChanged);
        here.hold(seed::hold(event).price(9_900, "EUR"), seed::now()).await;
        here.assert_books_balance().await;
    }
}

#[tokio::test]
async fn an_event_that_another_process_called_off_is_not_sold() {
    for way in WAYS {
        let (_database, here, there, event) = two_processes_by(way).await;
        there.call_off(event, seed::now()).await;
        let outcome = here.admit(seed::hold(event), seed::now()).await;
        assert!(matches!(outcome, HoldOutcome::NotOnSale(SaleState::Cancelled)), "{outcome:?}");
        here.assert_books_balance().await;
    }
}

#[tokio::test]
async fn tickets_that_another_process_sold_are_not_sold_again() {
    for way in WAYS {
        let (_database, here, there, event) = two_processes_by(way).await;
        // Ten at a time until three are left: fewer than the first process believes.
        for _ in 0..9 {
            there.hold(seed::hold(event).quantity(10), seed::now()).await;
        }
        there.hold(seed::hold(event).quantity(5), seed::now()).await;
        let batch: Vec<HoldRequest> =
            [2, 2, 1].map(|n| seed::hold(event).quantity(n).build()).into();
        let admitted = here.bookings.admit(&batch, seed::now()).await.unwrap();
        assert!(matches!(admitted.outcomes[0], HoldOutcome::Held(_)), "{admitted:?}");
        assert!(matches!(admitted.outcomes[1], HoldOutcome::SoldOut(_)), "in order of arrival");
        assert!(matches!(admitted.outcomes[2], HoldOutcome::Held(_)), "and whoever fits is served");
        assert_eq!(here.stock(event).await.available(), 0);
        here.assert_books_balance().await;
    }
}

#[tokio::test]
async fn a_repeat_is_answered_with_what_another_process_made_of_it() {
    let (_database, here, there, event) = two_processes().await;
    let made = there.hold(seed::hold(event).key("once", "two"), seed::now()).await;
    let again = here.admit(seed::hold(event).key("once", "two"), seed::now()).await;
    assert_eq!(again, HoldOutcome::Replayed(made));
    let other = here.admit(seed::hold(event).key("once", "three"), seed::now()).await;
    assert_eq!(other, HoldOutcome::KeyReused);

    let request = seed::hold(event).build();
    let first = there.hold(request.clone(), seed::now()).await;
    let HoldOutcome::Held(second) = here.admit(request, seed::now()).await else {
        panic!("an id that was admitted before is held")
    };
    assert_eq!(first.id, second.id);
    assert_eq!(here.stock(event).await.held(), 4, "nothing was held twice");
    here.assert_books_balance().await;
}

#[tokio::test]
async fn what_was_changed_by_hand_is_noticed_after_a_second() {
    let database = Database::migrated().await;
    let here = repositories(&database.direct());
    let event = here.store(&seed::event("Tampered")).await;
    here.hold(seed::hold(event), seed::now()).await;
    let postgres = Postgres::shared();
    postgres.execute(&database.name, "UPDATE events SET price_minor = 9900").await;
    let later = seed::later(Duration::from_secs(1));
    assert_eq!(here.admit(seed::hold(event), later).await, HoldOutcome::PriceChanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_answer_was_lost_is_found_by_asking_again() {
    let database = Database::migrated().await;
    let (proxy, options) = Proxy::before(&database).await;
    let db = repositories(&options);
    let event = db.store(&seed::event("Lost").capacity(100)).await;
    // From now on batches are decided on what is remembered, and written by a single call.
    db.hold(seed::hold(event), seed::now()).await;

    let batch = [seed::hold(event).quantity(2).key("never-answered", "two").build()];
    proxy.lose_answer_to("never-answered");
    let lost = db.bookings.admit(&batch, seed::now()).await.unwrap_err();
    assert!(proxy.has_lost());
    assert!(matches!(lost, RepositoryError::OutcomeUnknown { .. }), "{lost:?}");
    let done = until_answered(|| db.bookings.admit(&batch, seed::now())).await;
    let HoldOutcome::Held(booking) = &done.outcomes[0] else { panic!("{done:?}") };
    assert_eq!(booking.id, batch[0].booking_id);
    assert_eq!(db.stock(event).await.held(), 3, "it was held once");

    let paid = Settlement::notified(seed::succeeded(booking, seed::now()));
    let Cause::Notified(notification) = &paid.cause else { panic!("it is one") };
    // It is read before it is written; the reading says nothing of the payment.
    proxy.lose_answer_to(notification.payment_id.as_str());
    let batch = [paid.clone()];
    let lost = db.bookings.settle(&batch, seed::now()).await.unwrap_err();
    assert!(proxy.has_lost());
    assert!(matches!(lost, RepositoryError::OutcomeUnknown { .. }), "{lost:?}");
    let done = until_answered(|| db.bookings.settle(&batch, seed::now())).await;
    assert_eq!(done.outcomes, [SettleOutcome::Duplicate]);
    assert_eq!(db.counts(event).await, (98, 1), "it was sold once");
    db.assert_books_balance().await;
}

#[tokio::test]
async fn a_payment_for_an_event_that_another_process_called_off_is_given_back() {
    for way in WAYS {
        let (_database, here, there, event) = two_processes_by(way).await;
        let booking = here.hold(seed::hold(event), seed::now()).await;
        there.call_off(event, seed::now()).await;
        here.notify(seed::succeeded(&booking, seed::now()), seed::now()).await;
        assert_eq!(here.booking(booking.id).await.status, BookingStatus::RefundDue);
        here.assert_books_balance().await;
    }
}

#[tokio::test]
async fn a_late_payment_gets_no_tickets_that_another_process_sold() {
    let (_database, here, there, event) = two_processes().await;
    let booking = here.hold(seed::hold(event).quantity(5), seed::now()).await;
    here.settle(booking.id, Cause::CustomerCancelled, seed::now()).await;
    // Ten at a time until eight are left, and then those.
    for _ in 0..9 {
        there.hold(seed::hold(event).quantity(10), seed::now()).await;
    }
    there.hold(seed::hold(event).quantity(8), seed::now()).await;
    here.notify(seed::succeeded(&booking, seed::now()), seed::now()).await;
    assert_eq!(here.booking(booking.id).await.status, BookingStatus::RefundDue);
    here.assert_books_balance().await;
}

/// One process writes keys before it locks the stock, and another that has to look first locks the stock before.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_are_asked_under_the_same_keys_at_once_book_once() {
    const KEYS: usize = 40;
    let (_database, here, there, event) = two_processes().await;
    let mut workers = JoinSet::new();
    for db in [here.clone(), there] {
        workers.spawn(async move {
            let mut ids = Vec::new();
            for key in 0..KEYS {
                let request = seed::hold(event).key(&format!("key-{key}"), "one").build();
                let batch = std::slice::from_ref(&request);
                let admitted =
                    until_answered(|| db.bookings.admit(batch, seed::now())).await.outcomes;
                let [HoldOutcome::Held(booking) | HoldOutcome::Replayed(booking)] = &admitted[..]
                else {
                    panic!("{admitted:?}")
                };
                ids.push(booking.id);
            }
            ids
        });
    }
    let mut ids = workers.join_all().await;
    assert_eq!(ids.pop(), ids.pop(), "the same bookings for both");
    assert_eq!(here.stock(event).await.held(), 2 + u32::try_from(KEYS).unwrap());
    here.assert_books_balance().await;
}

#[tokio::test]
async fn a_late_payment_gets_tickets_that_another_process_released() {
    let (_database, here, there, event) = two_processes().await;
    let late = here.hold(seed::hold(event).quantity(5), seed::now()).await;
    here.settle(late.id, Cause::CustomerCancelled, seed::now()).await;
    let mut others = Vec::new();
    for quantity in [10, 10, 10, 10, 10, 10, 10, 10, 10, 8] {
        others.push(here.hold(seed::hold(event).quantity(quantity), seed::now()).await);
    }
    // Here it is sold out, and there it is not any more.
    there.settle(others[0].id, Cause::CustomerCancelled, seed::now()).await;
    here.notify(seed::succeeded(&late, seed::now()), seed::now()).await;
    assert_eq!(here.booking(late.id).await.status, BookingStatus::Confirmed);
    here.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_that_was_overtaken_while_it_waited_is_decided_again() {
    let (database, here, _there, event) = two_processes().await;
    let booking = here.hold(seed::hold(event).quantity(3), seed::now()).await;
    for held in here.list(event).await.iter().filter(|held| held.id != booking.id) {
        here.settle(held.id, Cause::CustomerCancelled, seed::now()).await;
    }
    let mut other = PgConnection::connect(&Postgres::shared().url(&database.name)).await.unwrap();
    other.execute("BEGIN; SELECT FROM event_stock FOR NO KEY UPDATE").await.unwrap();
    let settling = tokio::spawn({
        let (db, paid) = (here.clone(), seed::succeeded(&booking, seed::now()));
        async move { db.bookings.settle(&[Settlement::notified(paid)], seed::now()).await }
    });
    until_somebody_waits_for_a_lock(&database).await;
    // What the customer's cancellation in another process writes.
    other
        .execute(
            "INSERT INTO stock_movements (event_id, version, at, cause, booking_id, booking_status,
                capacity_delta, stock_delta, held_delta)
            SELECT event_id, s.version + 1, now(), 'customer_cancelled', b.id, 'cancelled', 0, 0, -3
            FROM event_stock AS s JOIN bookings AS b USING (event_id) WHERE b.status = 'pending';
            UPDATE event_stock SET held = held - 3, version = version + 1;
            UPDATE bookings SET status = 'cancelled', cancelled_at = now() WHERE status = 'pending';
            COMMIT",
        )
        .await
        .unwrap();
    let settled = settling.await.unwrap().unwrap();
    let from = |outcome: &SettleOutcome| match outcome {
        SettleOutcome::Moved { booking, from } => Some((*from, booking.status)),
        _ => None,
    };
    assert_eq!(
        from(&settled.outcomes[0]),
        Some((BookingStatus::Cancelled, BookingStatus::Confirmed)),
        "a payment after that gets the tickets, if there are any: {settled:?}"
    );
    here.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_connection_ended_in_the_middle_may_have_been_written() {
    let (database, here, _there, event) = two_processes().await;
    let mut locker = PgConnection::connect(&Postgres::shared().url(&database.name)).await.unwrap();
    locker.execute("BEGIN; SELECT FROM event_stock FOR NO KEY UPDATE").await.unwrap();
    let request = seed::hold(event).build();
    let admitting = tokio::spawn({
        let (db, batch) = (here.clone(), [request.clone()]);
        async move { db.bookings.admit(&batch, seed::now()).await }
    });
    until_somebody_waits_for_a_lock(&database).await;
    // Only that one: the lock must not be had before it ends.
    let ended = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '{}' AND wait_event_type = 'Lock'",
        database.name
    );
    Postgres::shared().execute("postgres", &ended).await;
    let lost = admitting.await.unwrap().unwrap_err();
    assert!(matches!(lost, RepositoryError::OutcomeUnknown { .. }), "{lost:?}");
    locker.execute("ROLLBACK").await.unwrap();
    let batch = [request];
    let done = until_answered(|| here.bookings.admit(&batch, seed::now())).await;
    assert!(matches!(done.outcomes[0], HoldOutcome::Held(_)), "{done:?}");
    assert_eq!(here.stock(event).await.held(), 3, "it was held once");
    here.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_readers_keeps_no_payment_waiting() {
    let database = Database::migrated().await;
    let db = repositories(&database.direct().max_connections(4));
    let event = db.store(&seed::event("Searched")).await;
    let booking = db.hold(seed::hold(event), seed::now()).await;
    // An export that never ends keeps every connection of readers.
    let mut locker = PgConnection::connect(&Postgres::shared().url(&database.name)).await.unwrap();
    locker.execute("BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let mut readers = JoinSet::new();
    for _ in 0..2 {
        let db = db.clone();
        readers.spawn(async move { db.events.find_event(event).await });
    }
    until_waiting_for_locks(&database, 2).await;
    let paid = Settlement::notified(seed::succeeded(&booking, seed::now()));
    // The table that readers wait for is not needed to settle what is remembered.
    let settled = db.bookings.settle(&[paid], seed::now()).await.unwrap();
    assert!(matches!(settled.outcomes[0], SettleOutcome::Moved { .. }), "{settled:?}");
    assert_eq!(waiting_for_locks(&database).await, 2, "it waited for none of them");
    locker.execute("ROLLBACK").await.unwrap();
    while readers.join_next().await.is_some() {}
}

async fn until_somebody_waits_for_a_lock(database: &Database) {
    until_waiting_for_locks(database, 1).await;
}

/// Returns once so many connections wait for a lock that another has.
async fn until_waiting_for_locks(database: &Database, wanted: i64) {
    while waiting_for_locks(database).await < wanted {
        tokio::task::yield_now().await;
    }
}

async fn waiting_for_locks(database: &Database) -> i64 {
    let mut watch = PgConnection::connect(&Postgres::shared().url("postgres")).await.unwrap();
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'",
    )
    .bind(&database.name)
    .fetch_one(&mut watch)
    .await
    .unwrap()
}

/// Payments and cancellations of the same bookings, which two processes remember the events of.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_settle_the_same_bookings_at_once_agree() {
    const BOOKINGS: usize = 200;
    let (_database, here, there, event) = two_processes().await;
    there.hold(seed::hold(event), seed::now()).await;
    let more = here.store(&seed::event("More").capacity(1_000)).await;
    let mut bookings = Vec::new();
    for index in 0..BOOKINGS {
        let event = if index % 4 == 0 && index < 80 { event } else { more };
        let booking = here.hold(seed::hold(event), seed::now()).await;
        // A gateway that repeats itself does so to both.
        bookings.push((booking.id, Settlement::notified(seed::succeeded(&booking, seed::now()))));
    }
    let mut workers = JoinSet::new();
    for worker in 0..4 {
        let db = [here.clone(), there.clone()][worker % 2].clone();
        let bookings = bookings.clone();
        workers.spawn(async move {
            let mut moved = 0;
            for some in bookings.chunks(10) {
                let batch: Vec<Settlement> = some
                    .iter()
                    .map(|(booking_id, paid)| match worker / 2 {
                        0 => paid.clone(),
                        _ => {
                            Settlement { booking_id: *booking_id, cause: Cause::CustomerCancelled }
                        }
                    })
                    .collect();
                let settled = until_answered(|| db.bookings.settle(&batch, seed::now())).await;
                let is_first = |outcome: &&SettleOutcome| {
                    matches!(outcome, SettleOutcome::Moved { from: BookingStatus::Pending, .. })
                };
                moved += settled.outcomes.iter().filter(is_first).count();
            }
            moved
        });
    }
    let moved: usize = workers.join_all().await.into_iter().sum();
    assert_eq!(moved, BOOKINGS, "each left its hold once");
    assert_eq!(here.stock(more).await.held(), 0);
    here.assert_books_balance().await;
}

/// Batches of two processes over the same events, all of them decided on what is remembered.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_book_the_same_events_at_once_lose_and_double_nothing() {
    const EVENTS: usize = 5;
    const BATCHES: usize = 20;
    let database = Database::migrated().await;
    let processes = [repositories(&database.direct()), repositories(&database.direct())];
    let mut events = Vec::new();
    for index in 0..EVENTS {
        let event = seed::event(&format!("Event {index}")).capacity(10_000);
        events.push(processes[0].store(&event).await);
    }
    let mut workers = JoinSet::new();
    for worker in 0..4 {
        let (db, events) = (processes[worker % 2].clone(), events.clone());
        workers.spawn(async move {
            for _ in 0..BATCHES {
                let batch: Vec<HoldRequest> =
                    (0..30).map(|index| seed::hold(events[index % EVENTS]).build()).collect();
                let admitted = until_answered(|| db.bookings.admit(&batch, seed::now())).await;
                let held = |outcome: &HoldOutcome| matches!(outcome, HoldOutcome::Held(_));
                assert!(admitted.outcomes.iter().all(held), "there is plenty");
            }
        });
    }
    workers.join_all().await;
    for event in events {
        assert_eq!(processes[0].stock(event).await.held(), 4 * 20 * 30 / 5);
    }
    processes[0].assert_books_balance().await;
}
