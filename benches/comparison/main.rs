//! The engine beside other ways to book: on the same machine, with the same schema and the same rows, in turn.
//!
//! Run:    benches/compare
//! Expect: a table for each group, with medians, and ratios to the limit and to the row lock
//!
//! Every contender runs once in each round, on a database of its own that is empty, so that whatever else the machine does
//! meets all of them. What is compared with what:
//!
//! - the limit: the same rows inserted in batches, with no lock, no guard and no counter; and hyper alone, which reads the
//!   same JSON and answers the same;
//! - what most systems do: lock the event's row, book, commit;
//! - what is better: one guarded statement for each booking.

mod gate;
mod library;
mod over_http;
mod postgres;
mod sample;
mod table;
mod waiting;

use std::time::Duration;

use booking_benches::callers;
use booking_testbed::{
    PgBouncer, PgBouncerOptions, Postgres, PostgresOptions, Redis, RedisOptions,
};
use clap::Parser;

use crate::table::Table;

/// Runs the engine beside other ways to book.
#[derive(Debug, Parser)]
#[command(name = "compare")]
struct Options {
    /// Which groups: waiting (first, if at all), postgres, spread, pgbouncer, sqlite, gate, http
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "waiting,postgres,spread,pgbouncer,sqlite,gate,http"
    )]
    groups: Vec<String>,
    /// How often each contender runs
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds that are counted in each run
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

/// The servers that contenders share.
pub(crate) struct Lab {
    pub(crate) postgres: Postgres,
    pub(crate) pgbouncer: PgBouncer,
    pub(crate) redis: Redis,
    pub(crate) span: callers::Span,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("serve-bare") {
        return over_http::serve_bare().await;
    }
    let options = Options::parse();
    let settings = PostgresOptions::durable().setting("shared_buffers", "256MB");
    let postgres = Postgres::start(settings).await;
    let pgbouncer = PgBouncer::start(&postgres, PgBouncerOptions { default_pool_size: 20 }).await;
    let span = callers::Span {
        warm_up: Duration::from_secs(1),
        counted: Duration::from_secs(options.seconds),
    };
    let redis = Redis::start(RedisOptions::default()).await;
    let lab = Lab { postgres, pgbouncer, redis, span };
    for group in &options.groups {
        if group == "waiting" {
            // Memory that was used once is used again, so only the first crowd is told apart from what was before.
            let bytes = waiting::run(&lab).await?;
            say(&format!("\nwaiting\na caller who waits takes {bytes:.0} bytes"));
            continue;
        }
        let mut table = Table::default();
        for round in 0..options.rounds {
            match group.as_str() {
                "postgres" => library::run(&lab, &mut table, round, 1, false).await?,
                "spread" => library::run(&lab, &mut table, round, 1_000, false).await?,
                "pgbouncer" => library::run(&lab, &mut table, round, 1, true).await?,
                "sqlite" => library::run_sqlite(&lab, &mut table).await?,
                "gate" => gate::run(&lab, &mut table).await?,
                "http" => over_http::run(&lab, &mut table, round).await?,
                unknown => anyhow::bail!("there is no group {unknown:?}"),
            }
        }
        say(&format!("\n{group}\n{table}"));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a program for people to read")]
fn say(text: &str) {
    println!("{text}");
}
