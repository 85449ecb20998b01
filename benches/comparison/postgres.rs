//! Other ways to book on PostgreSQL, with the engine's schema and the rows that it writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::sync::{Mutex, mpsc, oneshot};
use uuid::Uuid;

use crate::sample::{Sample, new_id};

/// As many as a batch of the engine carries.
const BATCH: usize = 1_000;

const LOCK: &str = "SELECT stock - held, version FROM event_stock WHERE event_id = $1 FOR UPDATE";

const UPDATE: &str =
    "UPDATE event_stock SET held = held + 1, version = version + 1 WHERE event_id = $1";

const INSERT_BOOKING: &str = "
    INSERT INTO bookings (event_id, id, quantity, unit_price_minor, total_minor, currency, customer_name,
        customer_email, locale, status, payment_id, payment_url, expires_at, created_at)
    VALUES ($1, $2, 1, $3, $3, $4, $5, $6, 'en', 'pending', $7, $8, $9::timestamptz, $10::timestamptz)";

const INSERT_MOVEMENT: &str = "
    INSERT INTO stock_movements (event_id, version, at, cause, booking_id, booking_status, capacity_delta,
        stock_delta, held_delta)
    VALUES ($1, $2, $3::timestamptz, 'held', $4, 'pending', 0, 0, 1)";

/// The guard stands in the update; whoever finds no ticket inserts nothing.
const ONE_STATEMENT: &str = "
    WITH taken AS (
        UPDATE event_stock SET held = held + 1, version = version + 1
        WHERE event_id = $1 AND held < stock RETURNING version
    ), booked AS (
        INSERT INTO bookings (event_id, id, quantity, unit_price_minor, total_minor, currency, customer_name,
            customer_email, locale, status, payment_id, payment_url, expires_at, created_at)
        SELECT $1, $2, 1, $3, $3, $4, $5, $6, 'en', 'pending', $7, $8, $9::timestamptz, $10::timestamptz FROM taken
    )
    INSERT INTO stock_movements (event_id, version, at, cause, booking_id, booking_status, capacity_delta,
        stock_delta, held_delta)
    SELECT $1, version, $10::timestamptz, 'held', $2, 'pending', 0, 0, 1 FROM taken";

/// No lock, no guard, no counter: nothing but the rows.
const BARE_BATCH: &str = "
    WITH new AS MATERIALIZED (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[],
            $7::text[], $8::text[])
            AS n (event_id, id, version, name, email, payment_id, payment_url, currency)
    ), booked AS (
        INSERT INTO bookings (event_id, id, quantity, unit_price_minor, total_minor, currency, customer_name,
            customer_email, locale, status, payment_id, payment_url, expires_at, created_at)
        SELECT event_id, id, 1, $9, $9, currency, name, email, 'en', 'pending', payment_id, payment_url,
            $10::timestamptz, $11::timestamptz FROM new
    )
    INSERT INTO stock_movements (event_id, version, at, cause, booking_id, booking_status, capacity_delta,
        stock_delta, held_delta)
    SELECT event_id, version, $11::timestamptz, 'held', id, 'pending', 0, 0, 1 FROM new";

/// Opens a pool of its own.
pub(crate) async fn pool(url: &str, connections: u32) -> anyhow::Result<PgPool> {
    let options = PgPoolOptions::new().max_connections(connections).test_before_acquire(false);
    Ok(options.connect(url).await?)
}

/// Books by locking the row of the event, as most systems do.
pub(crate) async fn book_by_row_lock(
    pool: &PgPool,
    event: Uuid,
    sample: &Sample,
) -> anyhow::Result<()> {
    let mut transaction = pool.begin().await?;
    let (available, version): (i32, i64) =
        sqlx::query_as(LOCK).bind(event).fetch_one(&mut *transaction).await?;
    anyhow::ensure!(available > 0, "sold out");
    sqlx::query(UPDATE).bind(event).execute(&mut *transaction).await?;
    let id = new_id();
    bind(sqlx::query(INSERT_BOOKING), event, id, sample).execute(&mut *transaction).await?;
    sqlx::query(INSERT_MOVEMENT)
        .bind(event)
        .bind(version + 1)
        .bind(&sample.created_at)
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// Books with one statement that is a transaction of its own.
pub(crate) async fn book_by_one_statement(
    pool: &PgPool,
    event: Uuid,
    sample: &Sample,
) -> anyhow::Result<()> {
    let written = bind(sqlx::query(ONE_STATEMENT), event, new_id(), sample).execute(pool).await?;
    anyhow::ensure!(written.rows_affected() == 1, "sold out");
    Ok(())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bind<'q>(query: Query<'q>, event: Uuid, id: Uuid, sample: &'q Sample) -> Query<'q> {
    query
        .bind(event)
        .bind(id)
        .bind(sample.price)
        .bind(&sample.currency)
        .bind(&sample.name)
        .bind(&sample.email)
        .bind(&sample.payment)
        .bind(&sample.url)
        .bind(&sample.expires_at)
        .bind(&sample.created_at)
}

/// An event to book, and where the answer goes.
type Waiting = (Uuid, oneshot::Sender<()>);

/// Inserts the rows in batches, two of which are in flight: the limit of the database.
#[derive(Debug, Clone)]
pub(crate) struct BareBatches {
    queue: mpsc::Sender<Waiting>,
}

impl BareBatches {
    /// Starts the two workers. They end with the last clone.
    pub(crate) fn start(pool: &PgPool, sample: &Sample) -> Self {
        let (queue, waiting) = mpsc::channel::<Waiting>(20_000);
        let waiting = Arc::new(Mutex::new(waiting));
        let versions = Arc::new(AtomicI64::new(1_000_000));
        for _ in 0..2 {
            let (pool, sample) = (pool.clone(), sample.clone());
            let (waiting, versions) = (Arc::clone(&waiting), Arc::clone(&versions));
            tokio::spawn(async move {
                let mut batch = Vec::with_capacity(BATCH);
                while waiting.lock().await.recv_many(&mut batch, BATCH).await > 0 {
                    // Whoever was just answered comes back: full batches are the limit.
                    for _ in 0..4 {
                        tokio::task::yield_now().await;
                        // The other worker holds the lock while it waits, for callers that may all be in this batch.
                        let Ok(mut waiting) = waiting.try_lock() else { break };
                        while batch.len() < BATCH
                            && let Ok(more) = waiting.try_recv()
                        {
                            batch.push(more);
                        }
                    }
                    let events = batch.iter().map(|(event, _)| *event).collect();
                    let first =
                        versions.fetch_add(i64::try_from(BATCH).unwrap_or(0), Ordering::Relaxed);
                    if insert(&pool, &sample, events, first).await.is_err() {
                        return;
                    }
                    for (_, answer) in batch.drain(..) {
                        // The caller that left does not mind.
                        let _ = answer.send(());
                    }
                }
            });
        }
        Self { queue }
    }

    pub(crate) async fn book(&self, event: Uuid) -> anyhow::Result<()> {
        let (answer, answered) = oneshot::channel();
        self.queue.send((event, answer)).await?;
        Ok(answered.await?)
    }
}

async fn insert(
    pool: &PgPool,
    sample: &Sample,
    events: Vec<Uuid>,
    first: i64,
) -> anyhow::Result<()> {
    let ids: Vec<Uuid> = events.iter().map(|_| new_id()).collect();
    let versions: Vec<i64> = (first..).take(events.len()).collect();
    let column = |value: &String| vec![value.clone(); events.len()];
    sqlx::query(BARE_BATCH)
        .bind(&events)
        .bind(ids)
        .bind(versions)
        .bind(column(&sample.name))
        .bind(column(&sample.email))
        .bind(column(&sample.payment))
        .bind(column(&sample.url))
        .bind(column(&sample.currency))
        .bind(sample.price)
        .bind(&sample.expires_at)
        .bind(&sample.created_at)
        .execute(pool)
        .await?;
    Ok(())
}
