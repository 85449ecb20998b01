//! The library against the same database.

use std::sync::Arc;

use booking_benches::callers::rate;
use booking_benches::shop::{Backend, Shop};
use booking_core::adapters::postgres::{PgDatabase, PgOptions};
use booking_core::domain::ids::EventId;

use crate::Lab;
use crate::postgres::{BareBatches, book_by_one_statement, book_by_row_lock, pool};
use crate::sample::Sample;
use crate::table::{ROW_LOCK, Table};

/// A crowd.
const CALLERS: usize = 1_000;

/// Ways that book one by one get slower with more: their best on two processors was measured with so many.
const FEW_CALLERS: usize = 64;
const ROW_LOCK_CONNECTIONS: u32 = 16;
const STATEMENT_CONNECTIONS: u32 = 4;

/// The engine with other numbers of batches in flight than its two.
const ONE_BATCH: &str = "engine, one batch at a time";
const FOUR_BATCHES: &str = "engine, up to four at a time";

const ONE_BY_ONE: &str = "one transaction a booking";

/// The events, and which of them comes next.
#[derive(Clone)]
struct Events(Arc<Vec<EventId>>);

impl Events {
    fn of(shop: &Shop) -> Self {
        Self(Arc::new(shop.events().to_vec()))
    }

    fn pick(&self, caller: usize, round: u64) -> EventId {
        let step = usize::try_from(round).unwrap_or(0).wrapping_mul(7);
        self.0[caller.wrapping_add(step) % self.0.len()]
    }
}

/// One round on PostgreSQL, directly or through pgbouncer.
pub(crate) async fn run(
    lab: &Lab,
    table: &mut Table,
    round: usize,
    events: usize,
    is_pooled: bool,
) -> anyhow::Result<()> {
    let mut contenders = vec!["bare batched insert", "engine"];
    if events == 1 && !is_pooled {
        contenders.extend(["one statement a booking", ROW_LOCK]);
    }
    if events > 1 {
        contenders.extend([ONE_BATCH, FOUR_BATCHES]);
    }
    for (index, name) in contenders.into_iter().enumerate() {
        let database = format!("round_{round}_{events}_{is_pooled}_{index}");
        lab.postgres.create_database(&database).await;
        let direct = lab.postgres.url(&database);
        PgDatabase::migrate(&PgOptions::parse(&direct)?).await?;
        let options = if is_pooled {
            PgOptions::parse(&lab.pgbouncer.url(&database))?.pgbouncer(true)
        } else {
            PgOptions::parse(&direct)?
        };
        let options = match name {
            ONE_BATCH => options.batches_at_once(1),
            FOUR_BATCHES => options.batches_at_once(4),
            _ => options,
        };
        let shop = Arc::new(Shop::open(&Backend::Postgres(Box::new(options)), events, 1_000).await);
        lab.postgres.execute("postgres", "CHECKPOINT").await;
        let rate = match name {
            "engine" | ONE_BATCH | FOUR_BATCHES => engine(lab, &shop).await?,
            "bare batched insert" => bare(lab, &shop, &direct).await?,
            _ => one_by_one(lab, &shop, &direct, name == ROW_LOCK).await?,
        };
        table.add(name, name.starts_with("engine").then_some("bare batched insert"), rate);
        drop(shop);
        lab.postgres.drop_database(&database).await;
    }
    Ok(())
}

async fn engine(lab: &Lab, shop: &Arc<Shop>) -> anyhow::Result<f64> {
    let (shop, events) = (Arc::clone(shop), Events::of(shop));
    rate(CALLERS, lab.span, move |caller, round| {
        let (shop, event) = (Arc::clone(&shop), events.pick(caller, round));
        async move { shop.book_one(event).await.map(drop) }
    })
    .await
}

async fn bare(lab: &Lab, shop: &Shop, url: &str) -> anyhow::Result<f64> {
    let sample = Sample::from(&shop.book_one(shop.events()[0]).await?);
    let (batches, events) = (BareBatches::start(&pool(url, 2).await?, &sample), Events::of(shop));
    rate(CALLERS, lab.span, move |caller, round| {
        let (batches, event) = (batches.clone(), events.pick(caller, round).as_uuid());
        async move { batches.book(event).await }
    })
    .await
}

async fn one_by_one(lab: &Lab, shop: &Shop, url: &str, is_row_lock: bool) -> anyhow::Result<f64> {
    let sample = Arc::new(Sample::from(&shop.book_one(shop.events()[0]).await?));
    let connections = if is_row_lock { ROW_LOCK_CONNECTIONS } else { STATEMENT_CONNECTIONS };
    let (pool, events) = (pool(url, connections).await?, Events::of(shop));
    rate(FEW_CALLERS, lab.span, move |caller, round| {
        let (pool, sample) = (pool.clone(), Arc::clone(&sample));
        let event = events.pick(caller, round).as_uuid();
        async move {
            if is_row_lock {
                book_by_row_lock(&pool, event, &sample).await
            } else {
                book_by_one_statement(&pool, event, &sample).await
            }
        }
    })
    .await
}

/// One round on SQLite: batches, and a transaction for each booking.
pub(crate) async fn run_sqlite(lab: &Lab, table: &mut Table) -> anyhow::Result<()> {
    for (name, callers, batch_limit) in [
        (ONE_BY_ONE, FEW_CALLERS, 1),
        ("engine, 64 callers", FEW_CALLERS, 1_000),
        ("engine, 1,000 callers", CALLERS, 1_000),
    ] {
        let shop = Arc::new(Shop::open(&Backend::Sqlite, 1, batch_limit).await);
        let events = Events::of(&shop);
        let rate = rate(callers, lab.span, move |caller, round| {
            let (shop, event) = (Arc::clone(&shop), events.pick(caller, round));
            async move { shop.book_one(event).await.map(drop) }
        })
        .await?;
        table.add(name, Some(ONE_BY_ONE), rate);
    }
    Ok(())
}
