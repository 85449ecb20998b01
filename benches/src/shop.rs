//! Shops with events that do not sell out.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use booking_core::adapters::memory::{MemoryDatabase, MemoryNotifier, MemoryStockCache};
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::adapters::postgres::{
    PgBookingRepository, PgDatabase, PgEventRepository, PgOptions,
};
use booking_core::adapters::sqlite::{
    SqliteBookingRepository, SqliteDatabase, SqliteEventRepository,
};
use booking_core::assembly;
use booking_core::domain::booking::{Booking, Customer};
use booking_core::domain::event::{
    Event, EventDetails, EventDraft, EventStatus, Listing, LocationDraft, ReminderLead,
};
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::ledger::{HoldOutcome, HoldRequest};
use booking_core::domain::locale::Locale;
use booking_core::domain::quantity::{Capacity, Quantity};
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::event_repository::NewEvent;
use booking_core::ports::{BookingRepository, EventRepository, IdSource};
use booking_core::service::{BookOutcome, BookRequest, BookingSystem};
use booking_testbed::{PgBouncer, PgBouncerOptions, Postgres, PostgresOptions};

/// Where bookings are kept.
#[derive(Debug, Clone)]
pub enum Backend {
    /// In memory.
    Memory,
    /// In a SQLite file, `synchronous=FULL`.
    Sqlite,
    /// In a PostgreSQL database that is migrated.
    Postgres(Box<PgOptions>),
}

impl Backend {
    async fn repositories(
        &self,
        folder: &Path,
        ids: &Arc<dyn IdSource>,
    ) -> (Arc<dyn EventRepository>, Arc<dyn BookingRepository>) {
        match self {
            Self::Memory => {
                let database = MemoryDatabase::new(Arc::clone(ids));
                (database.events(), database.bookings())
            }
            Self::Sqlite => {
                let url = format!("sqlite://{}", folder.join("bench.db").display());
                let database = SqliteDatabase::open(&url).await.expect("it can be opened");
                database.migrate().await.expect("it can be migrated");
                (
                    Arc::new(SqliteEventRepository::new(database.clone(), Arc::clone(ids))),
                    Arc::new(SqliteBookingRepository::new(database, Arc::clone(ids))),
                )
            }
            Self::Postgres(options) => {
                let database = PgDatabase::connect_lazily(options);
                (
                    Arc::new(PgEventRepository::new(database.clone(), Arc::clone(ids))),
                    Arc::new(PgBookingRepository::new(database, Arc::clone(ids))),
                )
            }
        }
    }
}

/// A system with events that do not sell out.
#[derive(Debug)]
pub struct Shop {
    system: BookingSystem,
    bookings: Arc<dyn BookingRepository>,
    events: Vec<EventId>,
    /// The folder of the database file, removed at the end.
    _folder: tempfile::TempDir,
}

impl Shop {
    /// Opens a shop with `events` events, whose transactions carry up to `batch_limit` bookings.
    ///
    /// # Panics
    /// If the database cannot be made.
    pub async fn open(backend: &Backend, events: usize, batch_limit: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (clock, ids) = assembly::clock_and_ids();
        let (event_repository, bookings) = backend.repositories(folder.path(), &ids).await;
        let now = clock.now();
        let new_events: Vec<NewEvent> = (0..events)
            .map(|number| NewEvent {
                id: EventId::new(ids.next_id()),
                details: details(number, now),
                capacity: Capacity::new(Capacity::MAX).expect("it is within the bounds"),
                status: EventStatus::Published,
                reminder: ReminderLead::default(),
                source: None,
            })
            .collect();
        event_repository.store_events(&new_events, now).await.expect("events can be stored");

        let secrets = IpnSecrets::parse("a secret of sixteen bytes or more").expect("it is long");
        let gateway = MockGateway::builder(secrets, clock.clone(), ids.clone())
            .deliver_to(|_| async { 200 })
            .build()
            .expect("nothing can be wrong with it");
        let system = BookingSystem::builder()
            .repositories(event_repository, Arc::clone(&bookings))
            .cache(Arc::new(MemoryStockCache::default()))
            .gateway(Arc::new(gateway))
            .notifier(Arc::new(MemoryNotifier::default()))
            .time_and_ids(clock, ids)
            .settings(|settings| settings.batch_limit = batch_limit)
            .build()
            .expect("it is complete");
        let events = new_events.iter().map(|event| event.id).collect();
        Self { system, bookings, events, _folder: folder }
    }

    /// Returns the engine.
    pub fn system(&self) -> &BookingSystem {
        &self.system
    }

    /// Returns the events.
    pub fn events(&self) -> &[EventId] {
        &self.events
    }

    /// Admits one batch by the repository alone, with no queue, cache or payment link before it.
    ///
    /// # Panics
    /// If somebody is refused.
    pub async fn admit(&self, size: usize) {
        let now = self.system.clock().now();
        let price = details(0, now).price;
        let batch: Vec<HoldRequest> = (0..size)
            .map(|index| HoldRequest {
                booking_id: BookingId::new(self.system.ids().next_id()),
                event_id: self.events[index % self.events.len()],
                quantity: Quantity::new(1).expect("one is within the bounds"),
                customer: customer(),
                locale: Locale::ENGLISH,
                unit_price: price,
                idempotency: None,
                payment: None,
                expires_at: now.saturating_add(Duration::from_mins(15)),
            })
            .collect();
        let admitted = self.bookings.admit(&batch, now).await.expect("the database answers");
        assert!(admitted.outcomes.iter().all(|outcome| matches!(outcome, HoldOutcome::Held(_))));
    }

    /// Makes one booking of one ticket.
    ///
    /// # Errors
    /// If it is refused: nothing here sells out.
    pub async fn book_one(&self, event_id: EventId) -> anyhow::Result<Booking> {
        match self.system.bookings().book(request(event_id)).await? {
            BookOutcome::Booked(booking) => Ok(booking),
            outcome => anyhow::bail!("a booking was answered with {outcome:?}"),
        }
    }

    /// Makes `bookings` bookings by `callers` callers that book one after the other, and returns how long that
    /// took in all. Each caller goes through the events in turn.
    ///
    /// # Panics
    /// If a booking is refused: nothing here sells out.
    pub async fn book(&self, callers: u64, bookings: u64) -> Duration {
        let started = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for caller in 0..callers {
            let share = bookings / callers + u64::from(caller < bookings % callers);
            let (system, events) = (self.system.clone(), self.events.clone());
            tasks.spawn(async move {
                let mut next = usize::try_from(caller).expect("callers are few");
                for _ in 0..share {
                    let event_id = events[next % events.len()];
                    next = next.wrapping_add(7);
                    let outcome = system.bookings().book(request(event_id)).await;
                    assert!(matches!(outcome, Ok(BookOutcome::Booked(_))), "{outcome:?}");
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.expect("a caller does not panic");
        }
        started.elapsed()
    }
}

fn request(event_id: EventId) -> BookRequest {
    BookRequest {
        event_id,
        quantity: Quantity::new(1).expect("one is within the bounds"),
        customer: customer(),
        locale: Locale::ENGLISH,
        idempotency_key: None,
    }
}

/// Returns a customer.
///
/// # Panics
/// Never: name and address are valid.
pub fn customer() -> Customer {
    Customer::new("Ada Lovelace", "ada@example.org").expect("name and address are valid")
}

/// Returns the details of an event that can be bought at `now`.
///
/// # Panics
/// Never: the details are valid.
pub fn details(number: usize, now: Timestamp) -> EventDetails {
    let starts_at = now.saturating_add(Duration::from_hours(24 * 30));
    EventDetails::check(EventDraft {
        title: format!("Concert {number}"),
        description: "An evening of music.".to_owned(),
        category: "concert".to_owned(),
        tags: vec!["music".to_owned()],
        location: LocationDraft::Online { url: None },
        starts_at,
        ends_at: starts_at.saturating_add(Duration::from_hours(3)),
        all_day: false,
        timezone: "UTC".to_owned(),
        on_sale_from: None,
        on_sale_until: None,
        price_minor: 4_500,
        currency: "EUR".to_owned(),
        max_per_booking: 10,
        url: None,
        image_url: None,
    })
    .expect("the details are valid")
}

/// Returns an event of that id that does not sell out.
///
/// # Panics
/// Never: the capacity is within the bounds.
pub fn listing(id: EventId, now: Timestamp) -> Listing {
    let event = Event::entered(id, details(0, now), EventStatus::Published, now);
    let capacity = Capacity::new(Capacity::MAX).expect("it is within the bounds");
    Listing { event, stock: Stock::new(capacity) }
}

/// The servers that benches on PostgreSQL share.
#[derive(Debug)]
pub struct Databases {
    postgres: Postgres,
    pgbouncer: PgBouncer,
    made: AtomicU64,
}

impl Databases {
    /// Starts them, with default durability.
    pub async fn start() -> Self {
        let settings = PostgresOptions::durable().setting("shared_buffers", "256MB");
        let postgres = Postgres::start(settings).await;
        let options = PgBouncerOptions { default_pool_size: 20 };
        let pgbouncer = PgBouncer::start(&postgres, options).await;
        Self { postgres, pgbouncer, made: AtomicU64::new(0) }
    }

    /// Makes an empty database with the schema in it; it is reached directly, or through pgbouncer.
    ///
    /// # Panics
    /// If that cannot be done.
    pub async fn make(&self, is_pooled: bool) -> Backend {
        let name = format!("bench_{}", self.made.fetch_add(1, Ordering::Relaxed));
        self.postgres.create_database(&name).await;
        let direct = PgOptions::parse(&self.postgres.url(&name)).expect("it is an address");
        PgDatabase::migrate(&direct).await.expect("it can be migrated");
        if !is_pooled {
            return Backend::Postgres(Box::new(direct));
        }
        let pooled = PgOptions::parse(&self.pgbouncer.url(&name)).expect("it is an address");
        Backend::Postgres(Box::new(pooled.pgbouncer(true)))
    }
}

/// All backends by name, each with nothing in it.
pub async fn all_backends(databases: &Databases) -> [(&'static str, Backend); 4] {
    [
        ("memory", Backend::Memory),
        ("sqlite", Backend::Sqlite),
        ("postgres", databases.make(false).await),
        ("pgbouncer", databases.make(true).await),
    ]
}
