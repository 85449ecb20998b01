//! Counts the instructions that one request costs the server, in its own code and in what it links: the program
//! itself, as it is shipped, with its default settings, on a SQLite file.
//!
//! ```sh
//! cargo build --release && cargo run --release -p booking-benches --bin instructions
//! ```
//!
//! Instructions are counted by valgrind's callgrind (`apt-get install valgrind`), so the figures hardly depend on the
//! machine or on what else it does. Each kind of request is sent a few and many times to servers of their own, and
//! the difference counts; so starting up costs nothing. The kernel's work is not seen. `bare` is a server on the same
//! hyper that parses and answers the same JSON, and does nothing else.

mod bare;
mod client;
mod scenario;
mod server;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use crate::scenario::Scenario;
use crate::server::{Program, Server};

/// Counts the instructions that one request costs the server.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server that is measured.
    #[arg(long, default_value = "target/release/booking-server")]
    server: PathBuf,
    /// What is passed on to it, as in --server-argument=--log=warn.
    #[arg(long)]
    server_argument: Vec<String>,
    /// Requests of the small run.
    #[arg(long, default_value_t = 500)]
    few: usize,
    /// Requests of the large run.
    #[arg(long, default_value_t = 4_500)]
    many: usize,
    /// Connections that the requests are sent over, each after the answer to the one before.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Only what has this in its name.
    #[arg(long, default_value = "")]
    only: String,
    /// Keeps callgrind's profile of each large run here, for `callgrind_annotate`.
    #[arg(long)]
    profiles: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the bare server, for other load programs.
    Bare,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if matches!(arguments.command, Some(Command::Bare)) {
        return bare::serve().await;
    }
    println!("| request | instructions |\n| --- | --- |");
    for scenario in Scenario::ALL {
        if scenario.name().contains(&arguments.only) {
            let cost = measure(&arguments, scenario).await?;
            println!("| {} | {cost} |", scenario.name());
        }
    }
    Ok(())
}

/// Returns what one request costs.
async fn measure(arguments: &Arguments, scenario: Scenario) -> anyhow::Result<u64> {
    anyhow::ensure!(arguments.few < arguments.many, "few must be less than many");
    let few = count(arguments, scenario, arguments.few, None).await?;
    let profile = arguments.profiles.as_ref().map(|folder| {
        folder.join(format!("{}.callgrind", scenario.name().replace([' ', ','], "-")))
    });
    let many = count(arguments, scenario, arguments.many, profile.as_deref()).await?;
    let requests = u64::try_from(arguments.many - arguments.few)?;
    Ok(many.saturating_sub(few) / requests)
}

/// Sends `requests` requests to a server of their own, and returns how many instructions its whole life took.
async fn count(
    arguments: &Arguments,
    scenario: Scenario,
    requests: usize,
    profile: Option<&Path>,
) -> anyhow::Result<u64> {
    let program = if scenario.is_bare() {
        Program::Bare
    } else {
        Program::Booking { path: &arguments.server, arguments: &arguments.server_argument }
    };
    let server = Server::start(program, profile).await?;
    // What comes before is the same for both runs.
    let prepared = scenario.prepare(&server, arguments.many, arguments.connections).await?;
    client::send(&server.public, &prepared.requests[..requests], arguments.connections)
        .await?
        .iter()
        .try_for_each(|answer| prepared.check(answer))?;
    scenario.settle(&server, requests).await;
    server.stop().await
}
