//! What is true of PostgreSQL alone: migrations, the schema, pgbouncer, and faults of the connection.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

#[path = "postgres/optimistic.rs"]
mod optimistic;
#[path = "postgres/proxy.rs"]
mod proxy;
#[path = "postgres/silence.rs"]
mod silence;
#[path = "postgres/support.rs"]
mod support;
#[path = "postgres/vocabulary.rs"]
mod vocabulary;

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

use booking_core::adapters::postgres::{PgDatabase, PgOptions};
use booking_core::domain::ledger::HoldOutcome;
use booking_core::ports::fault::RepositoryError;
use booking_core::testkit::{seed, until_answered};
use booking_testbed::Postgres;
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use tokio::task::JoinSet;

use self::proxy::Proxy;
use self::support::{Database, repositories};

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_migrate_at_once_end_with_one_schema() {
    let postgres = Postgres::shared();
    postgres.create_database("at_once").await;
    let direct = PgOptions::parse(&postgres.url("at_once")).unwrap();
    let mut processes = JoinSet::new();
    for _ in 0..8 {
        let direct = direct.clone();
        processes.spawn(async move { PgDatabase::migrate(&direct).await });
    }
    for migrated in processes.join_all().await {
        migrated.unwrap();
    }
    PgDatabase::connect_lazily(&direct).check_schema().await.unwrap();
    let pooled = PgOptions::parse(&booking_testbed::PgBouncer::shared().url("at_once")).unwrap();
    PgDatabase::connect_lazily(&pooled.pgbouncer(true)).check_schema().await.unwrap();
}

#[tokio::test]
async fn a_schema_that_does_not_fit_is_refused() {
    let postgres = Postgres::shared();
    postgres.create_database("unfit").await;
    let direct = PgOptions::parse(&postgres.url("unfit")).unwrap();
    let database = PgDatabase::connect_lazily(&direct);
    let missing = database.check_schema().await.unwrap_err();
    assert!(matches!(missing, RepositoryError::Misconfigured { .. }), "{missing:?}");

    PgDatabase::migrate(&direct).await.unwrap();
    let future =
        "INSERT INTO _sqlx_migrations VALUES (99, 'from the future', DEFAULT, true, '', 0)";
    postgres.execute("unfit", future).await;
    for refused in [database.check_schema().await, PgDatabase::migrate(&direct).await] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, RepositoryError::Misconfigured { .. }), "{refused:?}");
        assert!(format!("{refused:?}").contains("99"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_failure_to_connect_names_neither_user_nor_host_nor_password() {
    let postgres = Postgres::shared();
    let port = postgres.port();
    for (url, expected) in [
        (format!("postgres://ada:wr0ng@127.0.0.1:{port}/postgres"), "refused the user"),
        (postgres.url("nowhere"), "no database of that name"),
        ("postgres://ada:wr0ng@127.0.0.1:1/db".to_owned(), "connection"),
        ("postgres://ada:wr0ng@no-such-host.invalid/db".to_owned(), "connection"),
    ] {
        let options = PgOptions::parse(&url).unwrap();
        let database = PgDatabase::connect_lazily(&options);
        for error in [
            database.check_schema().await.unwrap_err(),
            PgDatabase::migrate(&options).await.unwrap_err(),
        ] {
            let told = format!("{error:?} {error}");
            assert!(told.contains(expected), "{told}");
            for secret in
                ["ada", "wr0ng", "127.0.0.1", "no-such-host", "nowhere", postgres.password()]
            {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "ids that the test made itself stand in the statements"
)]
#[tokio::test]
async fn the_schema_itself_refuses_what_would_break_a_promise() {
    let database = Database::migrated().await;
    let db = repositories(&database.direct());
    let event = db.store(&seed::event("Guarded").capacity(5)).await;
    let first = db.hold(seed::hold(event).key("key", "one").quantity(2), seed::now()).await;
    let other = db.store(&seed::event("Other")).await;
    let mut connection =
        PgConnection::connect(&Postgres::shared().url(&database.name)).await.unwrap();
    let (event, booking) = (event.as_uuid(), first.id.as_uuid());
    let other = other.as_uuid();
    for (sql, code) in [
        (format!("UPDATE event_stock SET held = stock + 1 WHERE event_id = '{event}'"), "23514"),
        (format!("UPDATE event_stock SET held = -1 WHERE event_id = '{event}'"), "23514"),
        (
            format!("UPDATE event_stock SET stock = capacity + 1 WHERE event_id = '{event}'"),
            "23514",
        ),
        (
            format!("UPDATE bookings SET total_minor = total_minor + 1 WHERE id = '{booking}'"),
            "23514",
        ),
        (format!("UPDATE bookings SET status = 'confirmed' WHERE id = '{booking}'"), "23514"),
        (format!("UPDATE bookings SET status = 'sold' WHERE id = '{booking}'"), "23514"),
        (format!("UPDATE bookings SET event_id = '{other}' WHERE id = '{booking}'"), "23503"),
        (format!("DELETE FROM bookings WHERE id = '{booking}'"), "23503"),
        (format!("DELETE FROM event_stock WHERE event_id = '{event}'"), "23503"),
        (
            format!(
                "INSERT INTO idempotency_keys SELECT '{event}', key, fingerprint, booking_id, created_at FROM idempotency_keys"
            ),
            "23505",
        ),
        (
            format!(
                "INSERT INTO stock_movements SELECT event_id, version, at, cause, booking_id, booking_status, capacity_delta, stock_delta, held_delta FROM stock_movements WHERE event_id = '{event}'"
            ),
            "23505",
        ),
        (
            // A line about an event that has no stock, and one about a booking that there is not.
            "INSERT INTO stock_movements VALUES (gen_random_uuid(), 1, now(), 'created', NULL, NULL, 1, 1, 0)".to_owned(),
            "23503",
        ),
        (
            format!(
                "INSERT INTO stock_movements VALUES ('{event}', 9, now(), 'held', gen_random_uuid(), 'pending', 0, 0, 1)"
            ),
            "23503",
        ),
        (
            format!(
                "INSERT INTO bookings SELECT gen_random_uuid(), gen_random_uuid(), quantity, unit_price_minor, total_minor, currency, customer_name, customer_email, locale, status, payment_id, payment_url, expires_at, created_at FROM bookings WHERE id = '{booking}'"
            ),
            "23503",
        ),
        (format!("UPDATE event_stock SET terms_version = version + 1 WHERE event_id = '{event}'"), "23514"),
        ("UPDATE outbox SET state = 'done'".to_owned(), ""),
    ] {
        let refused = connection.execute(sqlx::AssertSqlSafe(sql.clone())).await;
        let found = refused.err().and_then(|error| {
            error
                .as_database_error()
                .and_then(|error| error.code().map(std::borrow::Cow::into_owned))
        });
        assert_eq!(found.unwrap_or_default(), code, "{sql}");
    }
    db.assert_books_balance().await;
}

/// Tables can be distributed by event if every key that must be unique names it. Those that promise more than
/// one event, and which a distributed database has to do without, say so by their names.
#[tokio::test]
async fn every_key_of_what_belongs_to_an_event_names_the_event() {
    const KEYS: &str = "
        SELECT c.relname AS name, a.attname AS first, i.indisprimary AS is_primary
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_class AS t ON t.oid = i.indrelid
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indisunique AND t.relname IN ('event_stock', 'bookings', 'stock_movements',
            'idempotency_keys', 'notifications', 'outbox')";
    let database = Database::migrated().await;
    let mut connection =
        PgConnection::connect(&Postgres::shared().url(&database.name)).await.unwrap();
    let keys = sqlx::query(KEYS).fetch_all(&mut connection).await.unwrap();
    let primary = keys.iter().filter(|row| row.get::<bool, _>("is_primary")).count();
    assert_eq!(primary, 6, "each table has one");
    for row in keys {
        let (name, first): (String, String) = (row.get("name"), row.get("first"));
        assert!(first == "event_id" || name.ends_with("_once"), "{name} begins with {first}");
    }
}

/// Behind a pooler the halves of two statements can meet on one server; then an answer is another's, without any
/// error. So many callers ask for different things at once here, and look at every answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_answer_behind_pgbouncer_is_another_callers() {
    const CALLERS: usize = 24;
    const ROUNDS: usize = 40;
    let database = Database::migrated().await;
    let servers = [repositories(&database.pooled()), repositories(&database.pooled())];
    let mut events = Vec::new();
    for index in 0..CALLERS {
        let event = servers[0].store(&seed::event(&format!("Event {index}")).capacity(1_000)).await;
        events.push(event);
    }
    let mut callers = JoinSet::new();
    for (index, event) in events.clone().into_iter().enumerate() {
        let db = servers[index % 2].clone();
        callers.spawn(async move {
            let mut bookings = Vec::new();
            for round in 0..ROUNDS {
                let listing = db.events.find_event(event).await.unwrap().unwrap();
                assert_eq!(listing.event.details.title, format!("Event {index}"));
                if round % 4 == 0 {
                    let request = [seed::hold(event).build()];
                    let done = until_answered(|| db.bookings.admit(&request, seed::now())).await;
                    let HoldOutcome::Held(booking) = &done.outcomes[0] else { panic!("{done:?}") };
                    assert_eq!((booking.id, booking.event_id), (request[0].booking_id, event));
                    bookings.push(booking.clone());
                }
                let one = &bookings[round % bookings.len()];
                assert_eq!(db.bookings.find_booking(one.id).await.unwrap().as_ref(), Some(one));
                let page = db.bookings.list_bookings(event, None, 100).await.unwrap();
                assert_eq!(page.items, bookings);
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    servers[0].assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_found_by_asking_again() {
    let database = Database::migrated().await;
    let (proxy, options) = Proxy::before(&database).await;
    let db = repositories(&options);
    let event = db.store(&seed::event("Lost").capacity(10)).await;

    let batch = [seed::hold(event).quantity(2).key("key", "two").build()];
    proxy.lose_answer_to("COMMIT");
    let lost = db.bookings.admit(&batch, seed::now()).await.unwrap_err();
    assert!(proxy.has_lost());
    assert!(matches!(lost, RepositoryError::OutcomeUnknown { .. }), "{lost:?}");
    let done = until_answered(|| db.bookings.admit(&batch, seed::now())).await;
    let HoldOutcome::Held(booking) = &done.outcomes[0] else { panic!("{done:?}") };
    assert_eq!(booking.id, batch[0].booking_id);
    assert_eq!(db.counts(event).await, (10, 2), "it was held once");
    db.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_call_after_all_connections_ended_is_answered() {
    let database = Database::migrated().await;
    let db = repositories(&database.direct());
    let event = db.store(&seed::event("Restarted")).await;
    for _ in 0..3 {
        // As many as the pool holds.
        let reads = (0..10).map(|_| {
            let db = db.clone();
            async move { db.events.find_event(event).await }
        });
        for read in reads.map(tokio::spawn).collect::<Vec<_>>() {
            read.await.unwrap().unwrap();
        }
        Postgres::shared().terminate_connections(&database.name).await;
        db.hold(seed::hold(event), seed::now()).await;
        assert!(db.events.find_event(event).await.unwrap().is_some());
    }
    db.assert_books_balance().await;
}

/// A process that is stopped in the middle of a transaction holds the lock of an event. The others wait for it
/// no longer than a transaction may be silent.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_falls_silent_lets_go_of_its_locks() {
    let database = Database::migrated().await;
    let (silent, other) = (repositories(&database.direct()), repositories(&database.direct()));
    let event = other.store(&seed::event("Locked").capacity(3)).await;
    let batch = [seed::hold(event).build()];
    let mut admission = Box::pin(silent.bookings.admit(&batch, seed::now()));
    // It is left alone while it waits for the lock, so that the answer reaches nobody.
    let url = Postgres::shared().url(&database.name);
    let mut holder = PgConnection::connect(&url).await.unwrap();
    holder.execute("BEGIN; SELECT FROM event_stock FOR UPDATE").await.unwrap();
    let mut watch = PgConnection::connect(&url).await.unwrap();
    let mut is_so = async |what: &'static str| -> bool {
        sqlx::query_scalar(what).fetch_one(&mut watch).await.unwrap()
    };
    loop {
        poll_fn(|context| {
            assert!(admission.as_mut().poll(context).is_pending(), "it waits for the lock");
            Poll::Ready(())
        })
        .await;
        if is_so(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock')",
        )
        .await
        {
            break;
        }
        tokio::task::yield_now().await;
    }
    holder.execute("ROLLBACK").await.unwrap();
    // Locking a row is what gives a transaction a number.
    while !is_so(
        "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
            AND state = 'idle in transaction' AND backend_xid IS NOT NULL)",
    )
    .await
    {
        tokio::task::yield_now().await;
    }
    let booked = Arc::new(other);
    let request = [seed::hold(event).build()];
    let done = until_answered(|| booked.bookings.admit(&request, seed::now())).await;
    assert!(matches!(done.outcomes[0], HoldOutcome::Held(_)));
    let interrupted = admission.await.unwrap_err();
    assert!(matches!(interrupted, RepositoryError::Unavailable { .. }), "{interrupted:?}");
    assert_eq!(booked.counts(event).await, (3, 1));
    booked.assert_books_balance().await;
}
