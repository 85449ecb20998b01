//! The commands that do one thing and end.

mod outbox;

use std::fs::File;
use std::io::{self, BufReader, IsTerminal as _, Read, Write as _};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use booking_core::domain::money::{Currency, Money};
use booking_core::domain::quantity::Capacity;
use booking_core::domain::time::ZoneName;
use booking_core::service::audit::{AuditReport, audit as recompute};
use booking_server::import::{self, ImportOptions, ImportProgress, ImportReport};

use crate::Verdict;
use crate::cli::ImportArgs;
use crate::config::Config;
use crate::telemetry;
use crate::wire::{IfMissing, Storage};

pub(crate) use outbox::outbox;

/// Bytes that are read of a file at a time.
const READ_BUFFER: usize = 256 * 1024;

/// Brings the database up to date.
pub(crate) async fn migrate(config: &Config) -> anyhow::Result<Verdict> {
    telemetry::start_logging(config)?;
    let storage = Storage::open(config, IfMissing::Make).await?;
    let migrated = storage.migrate().await;
    storage.close().await;
    migrated?;
    print("the database is up to date")?;
    Ok(Verdict::Good)
}

/// Recomputes the books of a database that servers may be using meanwhile. It changes nothing, locks nothing, and
/// reads each event and each booking at one moment, so that sales under way never show as differences.
pub(crate) async fn audit(config: &Config) -> anyhow::Result<Verdict> {
    telemetry::start_logging(config)?;
    let storage = Storage::open(config, IfMissing::Fail).await?;
    let report = recompute(&*storage.bookings).await;
    storage.close().await;
    let report = report.context("the books cannot be read")?;
    print_audit(&report)?;
    Ok(if report.discrepancies.is_empty() { Verdict::Good } else { Verdict::Bad })
}

fn print_audit(report: &AuditReport) -> anyhow::Result<()> {
    for discrepancy in &report.discrepancies {
        print(&discrepancy.to_string())?;
    }
    let AuditReport { events, bookings, discrepancies } = report;
    let result = match discrepancies.len() {
        0 => "the books balance".to_owned(),
        1 => "1 difference".to_owned(),
        many => format!("{many} differences"),
    };
    // Not on stdout, which holds the differences alone.
    eprint_line(&format!("{events} events, {bookings} bookings: {result}"));
    Ok(())
}

/// Imports files, one after the other.
pub(crate) async fn import(config: &Config, arguments: &ImportArgs) -> anyhow::Result<Verdict> {
    telemetry::start_logging(config)?;
    let options = import_options(arguments)?;
    // A name that is wrong is noticed before anything is imported. Each is opened once: of a pipe
    // that has a name, nothing is left for a second time.
    let inputs = arguments.files.iter().map(|file| Input::open(file));
    let inputs: Vec<Input> = inputs.collect::<anyhow::Result<_>>()?;
    let storage = Storage::open(config, IfMissing::Make).await?;
    let verdict = import_all(config, inputs, &options, &storage).await;
    storage.close().await;
    verdict
}

async fn import_all(
    config: &Config,
    inputs: Vec<Input>,
    options: &ImportOptions,
    storage: &Storage,
) -> anyhow::Result<Verdict> {
    storage.prepare(config).await?;
    let mut verdict = Verdict::Good;
    for input in inputs {
        let report = import_file(input, options, storage).await?;
        if report.rejected > 0 {
            verdict = Verdict::Bad;
        }
    }
    Ok(verdict)
}

/// What is imported, and what to call it.
struct Input {
    name: String,
    source: Box<dyn Read>,
}

impl Input {
    fn open(file: &Path) -> anyhow::Result<Self> {
        if file == Path::new("-") {
            let source = Box::new(io::stdin());
            return Ok(Self { name: "standard input".to_owned(), source });
        }
        let name = file.display().to_string();
        let source = File::open(file).with_context(|| format!("{name} cannot be read"))?;
        Ok(Self { name, source: Box::new(source) })
    }
}

async fn import_file(
    input: Input,
    options: &ImportOptions,
    storage: &Storage,
) -> anyhow::Result<ImportReport> {
    let Input { name, source } = input;
    let input = BufReader::with_capacity(READ_BUFFER, source);
    let mut progress = ProgressLine::new();
    let imported =
        import::run(input, options, &storage.events, &storage.clock, &storage.ids, |state| {
            progress.show(state);
        })
        .await;
    progress.clear();
    let report = match &imported {
        Ok(report) => report,
        Err(error) => error.report(),
    };
    print(&format!("{name}\n{report}"))?;
    imported.with_context(|| format!("{name} was not imported completely"))
}

/// Reads what fills the gaps. Without a value, the library's default applies.
fn import_options(arguments: &ImportArgs) -> anyhow::Result<ImportOptions> {
    let mut options = ImportOptions { publish: arguments.publish, ..ImportOptions::default() };
    if let Some(capacity) = arguments.capacity {
        options.capacity =
            Capacity::new(capacity).map_err(|reason| named("--capacity", &reason))?;
    }
    let currency = match &arguments.currency {
        Some(code) => Currency::new(code).map_err(|reason| named("--currency", &reason))?,
        None => options.price.currency(),
    };
    let price = arguments.price.as_deref().unwrap_or("0");
    options.price =
        Money::parse_decimal(price, currency).map_err(|reason| named("--price", &reason))?;
    if let Some(zone) = &arguments.timezone {
        options.timezone = ZoneName::new(zone).map_err(|reason| named("--timezone", &reason))?;
    }
    Ok(options)
}

fn named(flag: &str, reason: &dyn std::fmt::Display) -> anyhow::Error {
    anyhow!("{flag} {reason}")
}

/// A line of progress that overwrites itself, on a terminal only.
struct ProgressLine {
    is_terminal: bool,
}

impl ProgressLine {
    fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal() }
    }

    fn show(&mut self, state: ImportProgress) {
        if self.is_terminal {
            let ImportProgress { records, stored, bytes } = state;
            let mebibytes = bytes / (1024 * 1024);
            let mut stderr = io::stderr().lock();
            // Progress that cannot be shown is no reason to stop.
            let _ = write!(stderr, "\r{records} records, {stored} events, {mebibytes} MiB\x1b[K");
            let _ = stderr.flush();
        }
    }

    fn clear(&mut self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

/// Prints the OpenAPI document.
pub(crate) fn openapi() -> anyhow::Result<Verdict> {
    print(booking_server::openapi().trim_end())?;
    Ok(Verdict::Good)
}

/// Prints a line. Whoever closed the pipe, as `head` does, has read enough.
fn print(line: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("the result cannot be printed"),
    }
}

fn eprint_line(line: &str) {
    // If stderr is gone, there is nobody to tell.
    let _ = writeln!(io::stderr(), "{line}");
}
