//! What the contracts leave to the technology: the file, its schema, and several connections to it.

use std::sync::Arc;

use booking_core::adapters::sqlite::{
    SqliteBookingRepository, SqliteDatabase, SqliteEventRepository,
};
use booking_core::domain::booking::BookingStatus;
use booking_core::domain::event::EventStatus;
use booking_core::domain::ids::EventId;
use booking_core::domain::ledger::HoldOutcome;
use booking_core::domain::search::{Near, SearchFilter, SearchQuery, Sort};
use booking_core::domain::venue::GeoPoint;
use booking_core::ports::event_repository::StoreOutcome;
use booking_core::ports::fault::RepositoryError;
use booking_core::testkit::{
    ManualClock, Repositories, SeededIds, SplitMix, assert_books_balance, audit, cut_after, seed,
    until_answered,
};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use tempfile::TempDir;
use tokio::task::JoinSet;

struct File {
    folder: TempDir,
}

impl File {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder can be made") }
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.folder.path().join("booking.db").display())
    }

    async fn database(&self) -> SqliteDatabase {
        let database = SqliteDatabase::open(&self.url()).await.expect("the file opens");
        database.migrate().await.expect("the file is migrated");
        database
    }

    /// Opens the file as another process would.
    async fn repositories(&self) -> Repositories {
        repositories(self.database().await)
    }

    /// Opens the file without any of the adapter's care.
    async fn raw(&self) -> SqliteConnection {
        let path = self.folder.path().join("booking.db");
        SqliteConnectOptions::new().filename(path).connect().await.expect("the file opens")
    }

    async fn run(&self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(&mut self.raw().await).await.map(drop)
    }
}

fn repositories(database: SqliteDatabase) -> Repositories {
    let ids = Arc::new(SeededIds::new(1, Arc::new(ManualClock::default())));
    let events = Arc::new(SqliteEventRepository::new(database.clone(), ids.clone()));
    let bookings = Arc::new(SqliteBookingRepository::new(database, ids));
    Repositories { events, bookings }
}

#[tokio::test]
async fn what_was_answered_is_there_after_reopening() {
    let file = File::new();
    let database = file.database().await;
    let first = repositories(database.clone());
    let event = first.store(&seed::event("Durable")).await;
    let sold = first.sell(seed::hold(event).quantity(3), seed::now()).await;
    let held = first.hold(seed::hold(event).quantity(2), seed::now()).await;
    let stock = first.stock(event).await;
    database.close().await;

    let again = file.repositories().await;
    assert_eq!(again.stock(event).await, stock);
    assert_eq!(again.bookings.find_booking(sold.id).await.unwrap(), Some(sold));
    assert_eq!(again.bookings.find_booking(held.id).await.unwrap(), Some(held));
    assert_books_balance(&*again.bookings).await;
}

#[tokio::test]
async fn a_commit_that_nobody_closed_after_is_there_for_others() {
    let file = File::new();
    let first = file.repositories().await;
    let event = first.store(&seed::event("Abandoned")).await;
    let held = first.hold(seed::hold(event), seed::now()).await;

    // The first connections are still open, as those of a killed process would be left: nothing was tidied.
    let second = file.repositories().await;
    assert_eq!(second.bookings.find_booking(held.id).await.unwrap(), Some(held));
}

#[tokio::test]
async fn addresses_that_cannot_work_are_refused() {
    let refusal = |error| matches!(error, RepositoryError::Misconfigured { .. });
    for url in
        ["sqlite://", "sqlite::memory:", "sqlite://x.db?mode=memory", "sqlite://x.db?mode=sideways"]
    {
        assert!(refusal(SqliteDatabase::open(url).await.unwrap_err()), "{url}");
    }
    let file = File::new();
    std::fs::write(file.folder.path().join("booking.db"), [b'x'; 8_192]).unwrap();
    assert!(refusal(SqliteDatabase::open(&file.url()).await.unwrap_err()));

    let nowhere = format!("sqlite://{}/no/such/folder/a.db", file.folder.path().display());
    let error = SqliteDatabase::open(&nowhere).await.unwrap_err();
    assert!(matches!(error, RepositoryError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_schema_from_the_future_is_refused() {
    let file = File::new();
    let open = file.database().await;
    file.run("PRAGMA user_version = 999").await.unwrap();
    for error in
        [SqliteDatabase::open(&file.url()).await.unwrap_err(), open.migrate().await.unwrap_err()]
    {
        assert!(matches!(error, RepositoryError::Misconfigured { .. }), "{error:?}");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("schema 999"), "{cause}");
    }
}

#[tokio::test]
async fn a_file_without_schema_says_so() {
    let file = File::new();
    let database = SqliteDatabase::open(&file.url()).await.unwrap();
    let error = repositories(database).events.is_empty().await.unwrap_err();
    assert!(matches!(error, RepositoryError::Misconfigured { .. }), "{error:?}");
}

#[tokio::test]
async fn processes_that_start_at_once_migrate_once() {
    let file = File::new();
    let mut starting = JoinSet::new();
    for _ in 0..4 {
        let url = file.url();
        starting.spawn(async move {
            let database = SqliteDatabase::open(&url).await.unwrap();
            database.migrate().await.unwrap();
            repositories(database)
        });
    }
    for started in starting.join_all().await {
        started.store(&seed::event("One of several")).await;
    }
    assert_eq!(file.repositories().await.bookings.audit_events(None, 10).await.unwrap().len(), 4);
}

/// Contract 1: a caller who goes away leaves neither half a write nor an open transaction behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_call_leaves_no_transaction_open() {
    let file = File::new();
    let db = file.repositories().await;
    let event = db.store(&seed::event("Impatient").capacity(100_000)).await;

    let mut dropped = 0;
    for polls in 1..200 {
        let batch: Vec<_> = (0..50).map(|_| seed::hold(event).build()).collect();
        let cut = cut_after(polls % 20 + 1, db.bookings.admit(&batch, seed::now())).await;
        dropped += usize::from(cut.is_dropped());
        // The next writer gets the connection at once, and in order.
        db.hold(seed::hold(event), seed::now()).await;
        let mut found = 0;
        for request in &batch {
            let booking = db.bookings.find_booking(request.booking_id).await.unwrap();
            found += usize::from(booking.is_some());
        }
        assert!(found == 0 || found == batch.len(), "{found} bookings of a batch are there");
        assert!(cut.is_dropped() || found == batch.len());
    }
    assert!(dropped > 0, "no call was dropped");
    assert_books_balance(&*db.bookings).await;
}

/// Contract 2, each racer on its own, half of them through another process' connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn last_tickets_are_sold_once_to_racers_of_two_processes() {
    const TICKETS: u32 = 50;
    const RACERS: usize = 500;
    let file = File::new();
    let processes = [file.repositories().await, file.repositories().await];
    let event = processes[0].store(&seed::event("Hot").capacity(TICKETS)).await;

    let mut racers = JoinSet::new();
    for racer in 0..RACERS {
        let bookings = Arc::clone(&processes[racer % 2].bookings);
        racers.spawn(async move {
            let batch = [seed::hold(event).build()];
            until_answered(|| bookings.admit(&batch, seed::now())).await.outcomes.remove(0)
        });
    }
    let outcomes = racers.join_all().await;
    let held = outcomes.iter().filter(|o| matches!(o, HoldOutcome::Held(_))).count();
    let refused = outcomes.iter().filter(|o| matches!(o, HoldOutcome::SoldOut(_))).count();
    assert_eq!((held, refused), (50, RACERS - 50));
    assert_eq!(processes[1].counts(event).await, (TICKETS, TICKETS));
    assert_books_balance(&*processes[0].bookings).await;
}

#[tokio::test]
async fn the_schema_refuses_what_cannot_be() {
    let file = File::new();
    let db = file.repositories().await;
    let event = db.store(&seed::event("Guarded").capacity(5)).await;
    db.hold(seed::hold(event).quantity(2), seed::now()).await;

    for sql in [
        "UPDATE event_stock SET held = stock + 1",
        "UPDATE event_stock SET held = -1",
        "UPDATE event_stock SET stock = capacity + 1",
        "UPDATE event_stock SET stock = 'many'",
        "UPDATE bookings SET status = 'lost'",
        "UPDATE bookings SET status = 'confirmed'",
        "UPDATE bookings SET total_minor = total_minor - 1",
        "UPDATE bookings SET quantity = 0",
        "UPDATE bookings SET event_id = randomblob(16)",
        "DELETE FROM bookings",
        "DELETE FROM events",
        "INSERT INTO stock_movements SELECT * FROM stock_movements",
        "UPDATE events SET id = x'00'",
        "UPDATE events SET ends_at = starts_at - 1",
    ] {
        let error = file.run(sql).await.expect_err(sql);
        let code = error.as_database_error().unwrap().code().unwrap().parse::<u32>().unwrap();
        assert_eq!(code & 0xff, 19, "{sql}: {error}");
    }
    assert_books_balance(&*db.bookings).await;
}

#[tokio::test]
async fn tampering_is_seen_by_the_audit() {
    for sql in [
        "UPDATE event_stock SET held = held - 1",
        "UPDATE event_stock SET stock = stock - 1",
        "UPDATE event_stock SET capacity = capacity + 1",
        "UPDATE event_stock SET version = version + 1",
        "DELETE FROM event_stock",
        "DELETE FROM events",
        "DELETE FROM events; DELETE FROM event_stock",
        "DELETE FROM stock_movements WHERE version = 1",
        "DELETE FROM stock_movements WHERE cause = 'held'",
        "UPDATE stock_movements SET held_delta = held_delta + 1 WHERE cause = 'held'",
        "UPDATE stock_movements SET booking_status = 'expired' WHERE cause = 'held'",
        "DELETE FROM bookings WHERE status = 'pending'",
        "UPDATE bookings SET status = 'expired' WHERE status = 'pending'",
        "UPDATE bookings SET quantity = quantity + 1, total_minor = unit_price_minor * (quantity + 1)
            WHERE status = 'pending'",
        "PRAGMA ignore_check_constraints = on; UPDATE bookings SET total_minor = 1",
        "PRAGMA ignore_check_constraints = on; UPDATE bookings SET status = 'lost'",
        "DELETE FROM notifications",
        "UPDATE notifications SET verdict = 'amount_mismatch'",
        "UPDATE notifications SET kind = 'payment.refunded'",
    ] {
        let file = File::new();
        let db = file.repositories().await;
        let event = db.store(&seed::event("Tampered")).await;
        db.sell(seed::hold(event).quantity(3), seed::now()).await;
        db.hold(seed::hold(event).quantity(2), seed::now()).await;
        assert_books_balance(&*db.bookings).await;

        let mut raw = file.raw().await;
        sqlx::raw_sql("PRAGMA foreign_keys = off").execute(&mut raw).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut raw).await.unwrap();
        assert!(!audit(&*db.bookings).await.is_empty(), "{sql}");
    }
}

#[tokio::test]
async fn a_corrupt_row_is_named_but_not_quoted() {
    let file = File::new();
    let db = file.repositories().await;
    let event = db.store(&seed::event("Corrupt")).await;
    let booking = db.hold(seed::hold(event), seed::now()).await;
    file.run("UPDATE bookings SET customer_email = 'private@@example.org'").await.unwrap();

    match db.bookings.find_booking(booking.id).await.unwrap_err() {
        RepositoryError::Corrupt { table, finding } => {
            assert_eq!(table, "bookings");
            assert!(finding.contains(&booking.id.to_string()), "{finding}");
            assert!(!finding.contains("private"), "{finding}");
        }
        other => panic!("{other:?}"),
    }
    file.run("UPDATE events SET currency = 'ZZZ'").await.unwrap();
    let error = db.events.find_event(event).await.unwrap_err();
    assert!(matches!(error, RepositoryError::Corrupt { table: "events", .. }), "{error:?}");
}

/// What is missing is not the same as zero.
#[tokio::test]
async fn an_event_that_lost_its_stock_is_not_sold_out() {
    let file = File::new();
    let db = file.repositories().await;
    let event = db.store(&seed::event("Lost")).await;
    file.run("PRAGMA foreign_keys = off; DELETE FROM event_stock").await.unwrap();
    let batch = [seed::hold(event).build()];
    let error = db.bookings.admit(&batch, seed::now()).await.unwrap_err();
    assert!(matches!(error, RepositoryError::Corrupt { table: "event_stock", .. }), "{error:?}");
}

/// Rises with every transaction of another connection that wrote.
const WRITES: &str = "PRAGMA data_version";

#[tokio::test]
async fn a_refused_batch_writes_nothing() {
    let file = File::new();
    let db = file.repositories().await;
    let event = db.store(&seed::event("Full").capacity(1)).await;
    let first = db.sell(seed::hold(event), seed::now()).await;
    assert_eq!(first.status, BookingStatus::Confirmed);
    let mut watcher = file.raw().await;
    let before: i64 = sqlx::query_scalar(WRITES).fetch_one(&mut watcher).await.unwrap();

    let batch: Vec<_> = (0..10).map(|_| seed::hold(event).build()).collect();
    let done = db.bookings.admit(&batch, seed::now()).await.unwrap();
    assert!(done.outcomes.iter().all(|o| matches!(o, HoldOutcome::SoldOut(_))));
    let after: i64 = sqlx::query_scalar(WRITES).fetch_one(&mut watcher).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn circles_hold_at_the_date_line_and_at_the_poles() {
    let file = File::new();
    let db = file.repositories().await;
    let mut random = SplitMix::new(7);
    let mut degrees = |span: usize| {
        let step = u32::try_from(random.below(span * 1_000 + 1)).unwrap();
        f64::from(step) / 1_000.0
    };
    let mut batch = Vec::new();
    for _ in 0..150 {
        let near_pole = 90.0 - degrees(4);
        let near_line = 180.0 - degrees(3);
        for position in [
            (near_pole, degrees(360) - 180.0),
            (-near_pole, degrees(360) - 180.0),
            (degrees(6) - 3.0, near_line),
            (degrees(6) - 3.0, -near_line),
        ] {
            batch.push(seed::event("Point").venue("Town", "FJ", Some(position)).build());
        }
    }
    let outcomes = db.events.store_events(&batch, seed::now()).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, StoreOutcome::Created(_))));

    for (latitude, longitude) in
        [(90.0, 0.0), (-90.0, 77.0), (89.0, 179.0), (0.0, 180.0), (1.0, -179.5), (47.0, 8.0)]
    {
        for radius_km in [0.5, 150.0, 400.0, 11_000.0, 20_100.0] {
            let centre = GeoPoint::new(latitude, longitude).unwrap();
            let near = Some(Near::new(centre, radius_km).unwrap());
            let filter = SearchFilter { near, ..SearchFilter::all() };
            let mut expected: Vec<EventId> = batch
                .iter()
                .filter(|new| {
                    let venue = new.details.location.venue().unwrap();
                    centre.distance_km(venue.position().unwrap()) <= radius_km
                })
                .map(|new| new.id)
                .collect();
            expected.sort_unstable();
            for sort in [Sort::Distance, Sort::StartsAt] {
                let query = SearchQuery { filter: filter.clone(), sort, after: None, limit: 1_000 };
                let page = db.events.search_events(&query, seed::now()).await.unwrap();
                let mut found: Vec<EventId> = page.items.iter().map(|l| l.event.id).collect();
                found.sort_unstable();
                assert_eq!(found, expected, "{latitude} {longitude} {radius_km} {sort:?}");
            }
            let facets = db.events.count_facets(&filter, seed::now()).await.unwrap();
            assert_eq!(usize::try_from(facets.total).unwrap(), expected.len());
        }
    }
}

#[tokio::test]
async fn an_import_of_thousands_takes_a_few_batches() {
    let file = File::new();
    let db = file.repositories().await;
    let events: Vec<_> = (0..1_300)
        .map(|number| seed::event("Many").source(&format!("source {number}")).build())
        .collect();
    // More than fit into one statement.
    let created = db.events.store_events(&events, seed::now()).await.unwrap();
    assert!(created.iter().all(|outcome| matches!(outcome, StoreOutcome::Created(_))));
    let again = db.events.store_events(&events, seed::now()).await.unwrap();
    assert!(again.iter().all(|outcome| matches!(outcome, StoreOutcome::Unchanged(_))));
    let listing = db.listing(events[1_299].id).await;
    assert_eq!(listing.event.status, EventStatus::Published);
    assert_eq!(listing.event.details, events[1_299].details);
    assert_books_balance(&*db.bookings).await;
}
