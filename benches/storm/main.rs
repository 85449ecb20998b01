//! A storm: three servers on one PostgreSQL behind pgbouncer and one Redis Cluster, two thousand buyers for five
//! hundred tickets of one event, two hundred other events with payments, cancels and holds that run out; and in
//! the middle of it something breaks.
//!
//! Run:    cargo build --release && cargo run --release -p booking-benches --bin storm
//! Expect: a table, one line for each fault, and exit status 0
//!
//! `storm soak` breaks one part after the other for half an hour instead, and also looks at memory and open files.
//!
//! Every server is private and goes away at the end. The storm plays the payment gateway itself, so that it knows
//! what was answered as done. After each fault it compares that with what the servers say, counts the tickets,
//! and recomputes the books. It ends with status 1 if anything was lost, oversold or leaked.

mod buyers;
mod check;
mod client;
mod faults;
mod figures;
mod soak;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::buyers::Load;
use crate::faults::Fault;
use crate::figures::{Figures, Line};
use crate::world::World;

/// Breaks one part after the other under load, and counts what is left.
#[derive(Debug, Parser)]
#[command(name = "storm")]
struct Options {
    /// Which fault: its name, or all
    #[arg(long, default_value = "all")]
    fault: String,
    /// Seconds of load before the fault, and again after it
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The program to try
    #[arg(long, global = true, default_value = "target/release/booking-server")]
    server: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Mixed load for a long time while one part after the other breaks: nothing may be lost, and nothing may grow
    Soak(soak::Options),
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    if let Some(Command::Soak(soak)) = &options.command {
        let is_flat = soak::run(soak, &options.server).await?;
        return Ok(if is_flat { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let faults: Vec<Fault> = Fault::ALL
        .into_iter()
        .filter(|fault| options.fault == "all" || options.fault == fault.name())
        .collect();
    anyhow::ensure!(!faults.is_empty(), "there is no fault {:?}", options.fault);
    let mut lines = Vec::new();
    for fault in faults {
        say(&format!("{}: the servers start", fault.name()));
        let line = run(fault, &options).await?;
        say(&line.to_markdown());
        lines.push(line);
    }
    say(&format!("\n{}", Line::HEAD));
    for line in &lines {
        say(&line.to_markdown());
    }
    let is_kept = lines.iter().all(Line::is_kept);
    Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs one storm on servers of its own.
async fn run(fault: Fault, options: &Options) -> anyhow::Result<Line> {
    let calm = Duration::from_secs(options.seconds);
    let mut world = World::start(&options.server, None).await?;
    let figures = Arc::new(Figures::default());
    let load = Load::start(&world, &figures).await?;
    tokio::time::sleep(calm).await;
    figures.begin_fault();
    fault.strike(&mut world, load.hot_event()).await?;
    figures.end_fault();
    tokio::time::sleep(calm.max(Duration::from_secs(12))).await;
    figures.stop();
    let promises = load.stop().await;
    check::check(fault, &world, &figures, promises).await
}

#[expect(clippy::print_stdout, reason = "a program for people to read")]
fn say(text: &str) {
    println!("{text}");
}
