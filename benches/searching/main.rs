//! Searches in a large catalogue, while tickets are sold, and prints how long each kind of search takes.
//!
//! The catalogue is made up: its words, places and dates are as uneven as real ones are. By default the database is a
//! private PostgreSQL with its default durability, or a SQLite file with `--sqlite`.

mod catalogue;
mod mix;
mod sales;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use booking_core::adapters::postgres::{
    PgBookingRepository, PgDatabase, PgEventRepository, PgOptions,
};
use booking_core::adapters::sqlite::{
    SqliteBookingRepository, SqliteDatabase, SqliteEventRepository,
};
use booking_core::assembly;
use booking_core::domain::event::{EventStatus, ReminderLead};
use booking_core::domain::ids::EventId;
use booking_core::domain::money::Money;
use booking_core::domain::quantity::Capacity;
use booking_core::domain::search::Suggestions;
use booking_core::domain::time::Timestamp;
use booking_core::ports::event_repository::NewEvent;
use booking_core::ports::{BookingRepository, EventRepository, IdSource};
use booking_testbed::{Postgres, PostgresOptions};
use clap::Parser;
use hdrhistogram::Histogram;

use self::catalogue::World;
use self::mix::{Ask, Kind};

/// Events that are entered with one call.
const BATCH: usize = 500;

/// Searches in a large catalogue while tickets are sold
#[derive(Debug, Parser)]
#[command(term_width = 100)]
struct Options {
    /// How many events there are; several numbers, separated by commas, are tried in turn
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    events: Vec<usize>,
    /// How many search at once; several numbers are tried in turn
    #[arg(long, value_delimiter = ',', default_value = "1,16")]
    clients: Vec<usize>,
    /// For how long each number of clients searches, and longer if not every tenth event has sold a ticket by then
    #[arg(long, value_parser = seconds, default_value = "30")]
    seconds: Duration,
    /// Searches in a SQLite file
    #[arg(long)]
    sqlite: bool,
    /// Searches in this PostgreSQL database, which is filled if it is empty
    #[arg(long)]
    url: Option<String>,
    /// Shows the slowest search of each kind
    #[arg(long)]
    slowest: bool,
}

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}

/// A database to search in.
#[derive(Clone)]
struct Database {
    events: Arc<dyn EventRepository>,
    bookings: Arc<dyn BookingRepository>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let folder = tempfile::tempdir()?;
    let (clock, ids) = assembly::clock_and_ids();
    let server = if options.sqlite || options.url.is_some() {
        None
    } else {
        // A quarter of the memory of a small server, as PostgreSQL's manual advises: the largest catalogue fits.
        Some(Postgres::start(PostgresOptions::durable().setting("shared_buffers", "2GB")).await)
    };
    for &events in &options.events {
        let database = if options.sqlite {
            let path = folder.path().join(format!("{events}.db"));
            let file = SqliteDatabase::open(&format!("sqlite://{}", path.display())).await?;
            file.migrate().await?;
            Database {
                events: Arc::new(SqliteEventRepository::new(file.clone(), Arc::clone(&ids))),
                bookings: Arc::new(SqliteBookingRepository::new(file, Arc::clone(&ids))),
            }
        } else {
            let name = format!("search_{events}");
            let url = match (&options.url, &server) {
                (Some(url), _) => url.clone(),
                (None, Some(server)) => {
                    server.create_database(&name).await;
                    server.url(&name)
                }
                (None, None) => anyhow::bail!("there is no database"),
            };
            let reached = PgOptions::parse(&url)?;
            PgDatabase::migrate(&reached).await?;
            let pool = PgDatabase::connect_lazily(&reached);
            Database {
                events: Arc::new(PgEventRepository::new(pool.clone(), Arc::clone(&ids))),
                bookings: Arc::new(PgBookingRepository::new(pool, Arc::clone(&ids))),
            }
        };
        let now = clock.now();
        let known = fill(&database, events, now, &ids).await?;
        if let Some(server) = &server {
            // As the server does by itself a minute after a large import.
            server.execute(&format!("search_{events}"), "VACUUM ANALYZE").await;
        }
        for &clients in &options.clients {
            run(&database, &known, events, clients, &options, now).await?;
        }
    }
    Ok(())
}

/// Enters the events, unless there are some, and returns the ids of those whose tickets are sold.
async fn fill(
    database: &Database,
    events: usize,
    now: Timestamp,
    ids: &Arc<dyn IdSource>,
) -> anyhow::Result<Vec<(EventId, Money)>> {
    let began = Instant::now();
    let mut world = World::new(now);
    let mut known = Vec::new();
    if !database.events.is_empty().await? {
        eprintln!("there are events already: nothing is entered, and no ticket is sold");
        return Ok(known);
    }
    let mut entered = 0;
    while entered < events {
        let batch: Vec<NewEvent> = (0..BATCH.min(events - entered))
            .map(|_| {
                Ok(NewEvent {
                    id: EventId::new(ids.next_id()),
                    details: world.event()?,
                    capacity: Capacity::new(world.capacity()).context("it is in range")?,
                    status: EventStatus::Published,
                    reminder: ReminderLead::default(),
                    source: None,
                })
            })
            .collect::<anyhow::Result<_>>()?;
        database.events.store_events(&batch, now).await?;
        known.extend(batch.iter().step_by(10).map(|event| (event.id, event.details.price)));
        entered += batch.len();
    }
    eprintln!("{events} events entered in {:.1} s", began.elapsed().as_secs_f64());
    Ok(known)
}

/// What the searches of one kind took.
#[derive(Default)]
struct Measured {
    micros: Option<Histogram<u64>>,
    slowest: Option<(Duration, Ask)>,
    found: u64,
}

async fn run(
    database: &Database,
    known: &[(EventId, Money)],
    events: usize,
    clients: usize,
    options: &Options,
    now: Timestamp,
) -> anyhow::Result<()> {
    let until = Instant::now() + options.seconds;
    let began = Instant::now();
    let sold = Arc::new(AtomicU64::new(0));
    let sales_are_over = Arc::new(AtomicBool::new(false));
    let sales = {
        let (bookings, known, span) = (database.bookings.clone(), known.to_vec(), options.seconds);
        let (sold, are_over) = (Arc::clone(&sold), Arc::clone(&sales_are_over));
        tokio::spawn(async move {
            let outcome = sales::sell(bookings, known, span, sold).await;
            are_over.store(true, Ordering::Relaxed);
            outcome
        })
    };
    let searching: Vec<_> = (0..clients)
        .map(|client| {
            let events = Arc::clone(&database.events);
            let sales_are_over = Arc::clone(&sales_are_over);
            tokio::spawn(search(events, client as u64 + 1, until, sales_are_over, now))
        })
        .collect();
    let mut all = Measured::default();
    let mut kinds: Vec<(Kind, Measured)> = Kind::ALL.map(|kind| (kind, Measured::default())).into();
    for client in searching {
        for (kind, measured) in client.await?? {
            for (known, total) in &mut kinds {
                if *known == kind {
                    total.add(&measured)?;
                }
            }
            all.add(&measured)?;
        }
    }
    sales.await??;
    let took = began.elapsed().as_secs_f64();
    println!(
        "\n{events} events, {clients} at once, {} sold within {took:.0} s: {:.0} searches a second",
        sold.load(Ordering::Relaxed),
        real(all.count()) / took
    );
    println!(
        "| search | found | p50 ms | p95 ms | p99 ms | max ms |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    );
    for (kind, measured) in &kinds {
        measured.print(kind.name());
    }
    all.print("all");
    if options.slowest {
        for (_, measured) in &kinds {
            if let Some((took, ask)) = &measured.slowest {
                println!("{:.1} ms: {ask:?}", took.as_secs_f64() * 1e3);
            }
        }
    }
    Ok(())
}

impl Measured {
    fn record(&mut self, took: Duration, ask: Ask, found: u64) -> anyhow::Result<()> {
        let histogram = match &mut self.micros {
            Some(histogram) => histogram,
            none => none.insert(Histogram::new(3)?),
        };
        histogram.record(u64::try_from(took.as_micros())?)?;
        self.found += found;
        if self.slowest.as_ref().is_none_or(|(slowest, _)| took > *slowest) {
            self.slowest = Some((took, ask));
        }
        Ok(())
    }

    fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        if let Some(histogram) = &other.micros {
            match &mut self.micros {
                Some(known) => known.add(histogram)?,
                none => *none = Some(histogram.clone()),
            }
        }
        self.found += other.found;
        let slower = other
            .slowest
            .as_ref()
            .filter(|(took, _)| self.slowest.as_ref().is_none_or(|(slowest, _)| took > slowest));
        if let Some(slower) = slower {
            self.slowest = Some(slower.clone());
        }
        Ok(())
    }

    fn count(&self) -> u64 {
        self.micros.as_ref().map_or(0, Histogram::len)
    }

    fn print(&self, name: &str) {
        let Some(micros) = &self.micros else { return };
        let at = |quantile: f64| real(micros.value_at_quantile(quantile)) / 1e3;
        let found = real(self.found) / real(micros.len());
        println!(
            "| {name} | {found:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            at(0.5),
            at(0.95),
            at(0.99),
            real(micros.max()) / 1e3
        );
    }
}

/// Asks one search after the other.
async fn search(
    events: Arc<dyn EventRepository>,
    seed: u64,
    until: Instant,
    sales_are_over: Arc<AtomicBool>,
    now: Timestamp,
) -> anyhow::Result<Vec<(Kind, Measured)>> {
    let mut asks = mix::Mix::new(seed, now);
    let mut kinds: Vec<(Kind, Measured)> = Kind::ALL.map(|kind| (kind, Measured::default())).into();
    while Instant::now() < until || !sales_are_over.load(Ordering::Relaxed) {
        let (kind, ask) = asks.next()?;
        let began = Instant::now();
        let found = match &ask {
            Ask::Page(query) => events.search_events(query, now).await?.items.len() as u64,
            Ask::Facets(filter) => events.count_facets(filter, now).await?.total,
            Ask::Suggestions(query, text) => {
                let names = events.find_names(text, now).await?;
                let found = events.search_events(query, now).await?.items;
                let chosen = Suggestions::choose(names, found);
                let number = chosen.categories.len() + chosen.cities.len() + chosen.events.len();
                number as u64
            }
        };
        let took = began.elapsed();
        for (known, measured) in &mut kinds {
            if *known == kind {
                measured.record(took, ask.clone(), found)?;
            }
        }
    }
    Ok(kinds)
}

fn real(number: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it is far below 2^52")]
    {
        number as f64
    }
}
