//! What callers cost that wait.

use std::sync::Arc;
use std::time::Duration;

use booking_benches::load::memory;
use booking_benches::shop::{Backend, Shop};
use booking_core::adapters::postgres::{PgDatabase, PgOptions};
use tokio::task::JoinSet;

use crate::Lab;
use crate::postgres::pool;

/// As many as the queue takes.
const CALLERS: usize = 20_000;

/// Lets a crowd book an event whose row somebody else has locked, and returns how many bytes a caller takes who waits. All of
/// them are answered in the end.
pub(crate) async fn run(lab: &Lab) -> anyhow::Result<f64> {
    lab.postgres.create_database("waiting").await;
    let url = lab.postgres.url("waiting");
    let options = PgOptions::parse(&url)?;
    PgDatabase::migrate(&options).await?;
    let shop = Arc::new(Shop::open(&Backend::Postgres(Box::new(options)), 1, 1_000).await);
    let event = shop.events()[0];
    shop.book_one(event).await?;

    let mut holder = pool(&url, 1).await?.begin().await?;
    sqlx::query("SELECT FROM event_stock FOR UPDATE").execute(&mut *holder).await?;
    let before = memory(std::process::id());
    let mut crowd = JoinSet::new();
    for _ in 0..CALLERS {
        let shop = Arc::clone(&shop);
        crowd.spawn(async move { shop.book_one(event).await });
    }
    // All of them stand in the queue once the memory does not grow any more.
    let mut during = memory(std::process::id());
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = memory(std::process::id());
        if now <= during {
            break;
        }
        during = now;
    }
    holder.rollback().await?;
    while let Some(booked) = crowd.join_next().await {
        booked??;
    }
    drop(shop);
    lab.postgres.drop_database("waiting").await;
    #[expect(clippy::cast_precision_loss, reason = "it is far below 2^52")]
    Ok(during.saturating_sub(before) as f64 / CALLERS as f64)
}
