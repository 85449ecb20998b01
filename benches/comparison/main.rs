//! The engine beside other ways to book, on the same machine, with the same schema, in turn.

mod postgres;
mod sample;

use std::sync::Arc;
use std::time::Duration;

use booking_benches::closed::{Span, rate};
use booking_benches::shop::{Backend, Shop};
use booking_core::adapters::postgres::{PgDatabase, PgOptions};
use booking_testbed::{Postgres, PostgresOptions};

use crate::sample::Sample;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let postgres =
        Postgres::start(PostgresOptions::durable().setting("shared_buffers", "256MB")).await;
    let span = Span { warm_up: Duration::from_millis(500), counted: Duration::from_secs(3) };
    let args: Vec<String> = std::env::args().skip(1).collect();
    let callers: usize = args[0].parse()?;
    let events: usize = args[1].parse()?;
    let rounds: usize = args[2].parse()?;
    let which: Vec<&str> = args[3].split(',').collect();
    for round in 0..rounds {
        for name in &which {
            let database = format!("{}_{round}", name.replace('-', "_"));
            postgres.create_database(&database).await;
            let url = postgres.url(&database);
            let options = PgOptions::parse(&url)?;
            PgDatabase::migrate(&options).await?;
            let shop = Arc::new(Shop::open(&Backend::Postgres(options), events, 1_000).await);
            let sample = Sample::from(&shop.book_one(shop.events()[0]).await?);
            let ids: Arc<Vec<booking_core::domain::ids::EventId>> = Arc::new(shop.events().to_vec());
            postgres.execute("postgres", "CHECKPOINT").await;
            let pick = move |caller: usize, round: u64| ids[(caller + 7 * round as usize) % ids.len()];
            let found = match *name {
                "engine" => {
                    let shop = shop.clone();
                    rate(callers, span, move |c, r| {
                        let shop = shop.clone();
                        let event = pick(c, r);
                        async move { shop.book_one(event).await.map(drop) }
                    })
                    .await?
                }
                "lock" | "statement" => {
                    let pool = postgres::pool(&url, 16).await?;
                    let is_lock = *name == "lock";
                    let sample = Arc::new(sample);
                    rate(callers.min(64), span, move |c, r| {
                        let (pool, sample) = (pool.clone(), sample.clone());
                        let event = pick(c, r).as_uuid();
                        async move {
                            if is_lock {
                                postgres::book_by_row_lock(&pool, event, &sample).await
                            } else {
                                postgres::book_by_one_statement(&pool, event, &sample).await
                            }
                        }
                    })
                    .await?
                }
                _ => {
                    let pool = postgres::pool(&url, 2).await?;
                    let batches = postgres::BareBatches::start(&pool, &sample);
                    rate(callers, span, move |c, r| {
                        let batches = batches.clone();
                        let event = pick(c, r).as_uuid();
                        async move { batches.book(event).await }
                    })
                    .await?
                }
            };
            println!("{round} {name} {found:.0}");
            drop(shop);
            postgres.drop_database(&database).await;
        }
    }
    Ok(())
}
