//! The engine beside other ways to book, on the same machine, with the same schema, in turn.

mod postgres;
mod sample;

use std::sync::Arc;
use std::time::Duration;

use booking_benches::callers::{Span, rate};
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
            let url = std::env::var("PGURL").unwrap_or_else(|_| postgres.url(&database));
            let options = PgOptions::parse(&url)?;
            PgDatabase::migrate(&options).await?;
            let shop = Arc::new(Shop::open(&Backend::Postgres(options), events, 1_000).await);
            let sample = Sample::from(&shop.book_one(shop.events()[0]).await?);
            let ids: Arc<Vec<booking_core::domain::ids::EventId>> =
                Arc::new(shop.events().to_vec());
            postgres.execute("postgres", "CHECKPOINT").await;
            let pick =
                move |caller: usize, round: u64| ids[(caller + 7 * round as usize) % ids.len()];
            let cpu0 = (cpu_self(), cpu_children(postgres.process_id()));
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
            let cpu1 = (cpu_self(), cpu_children(postgres.process_id()));
            let n = found * 3.5;
            println!(
                "{round} {name} {found:.0}  client {:.1} us  pg {:.1} us",
                (cpu1.0 - cpu0.0) * 1e4 / n,
                (cpu1.1 - cpu0.1) * 1e4 / n
            );
            drop(shop);
            postgres.drop_database(&database).await;
        }
    }
    Ok(())
}

fn ticks(pid: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let rest = text.rsplit_once(')').map(|x| x.1).unwrap_or("");
    let f: Vec<&str> = rest.split_whitespace().collect();
    if f.len() < 15 {
        return 0.0;
    }
    f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()
}
fn cpu_self() -> f64 {
    ticks("self")
}
fn cpu_children(pid: Option<i32>) -> f64 {
    let Some(pid) = pid else { return 0.0 };
    let mut sum = ticks(&pid.to_string());
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if name.parse::<i32>().is_err() {
            continue;
        }
        let text = std::fs::read_to_string(format!("/proc/{name}/stat")).unwrap_or_default();
        let rest = text.rsplit_once(')').map(|x| x.1).unwrap_or("");
        if rest.split_whitespace().nth(1) == Some(&pid.to_string()) {
            sum += ticks(&name);
        }
    }
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let rest = text.rsplit_once(')').map(|x| x.1).unwrap_or("");
    let f: Vec<&str> = rest.split_whitespace().collect();
    sum + f[13].parse::<f64>().unwrap() + f[14].parse::<f64>().unwrap()
}
