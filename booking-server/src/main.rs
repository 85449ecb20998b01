//! The program `booking-server`.

mod cli;
mod commands;
mod config;
mod ipn_secret;
mod run;
mod signals;
mod telemetry;
mod wire;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::config::{Config, Environment};

/// A request takes dozens of small pieces of memory and gives them back, on any thread. The C library's allocator
/// needs more than twice as many instructions for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a command ended, if it could be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// All is well.
    Good,
    /// The books do not balance, or records were refused.
    Bad,
}

/// A command could not be carried out. A bad command line ends with the same status.
const FAULT: u8 = 2;

/// How long work on other threads may take to end after the last command of all.
const LAST_WORK: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    match run() {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Bad) => ExitCode::from(1),
        Err(error) => {
            // If stderr is gone, there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(FAULT)
        }
    }
}

fn run() -> anyhow::Result<Verdict> {
    let Cli { options, command } = Cli::parse();
    let config = Config::load(options, &Environment::of_process())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let verdict = runtime.block_on(async {
        match command.unwrap_or(Command::Serve) {
            Command::Serve => run::serve(&config).await,
            Command::Migrate => commands::migrate(&config).await,
            Command::Import(arguments) => commands::import(&config, &arguments).await,
            Command::Audit => commands::audit(&config).await,
            Command::Outbox { action } => commands::outbox(&config, &action).await,
            Command::Openapi => commands::openapi(),
        }
    });
    runtime.shutdown_timeout(LAST_WORK);
    verdict
}
