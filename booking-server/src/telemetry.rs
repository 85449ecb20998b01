//! Logs, panics and metrics of the process.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use booking_server::app::RenderMetrics;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;
use crate::config::Config;

mod meanings;

/// From what a cached answer takes to what a client gives up on.
const SECONDS: &[f64] =
    &[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0];
/// Requests of one transaction, one when idle, a thousand at most; and tickets that a count is wrong by.
const SIZES: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];

/// How often the recorder moves what was recorded into its buckets. Until then it is in memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// Writes to stderr as well as it can. A collector that died, a pipe that closed or a full disk
/// loses lines; it must not end the server, which is what happens to a program that panics because
/// it cannot say something.
///
/// Lines are written by the thread that logs: a collector that stops reading without closing its
/// end stalls it.
struct BestEffort;

impl io::Write for BestEffort {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().flush();
        Ok(())
    }
}

/// Begins to log to stderr; what is logged before is lost.
///
/// Lines are written by the threads that log them, so whoever reads stderr has to keep up: if the
/// pipe is full, requests wait. The alternative, a buffer with a thread of its own, would have to
/// drop lines then, or grow without bound, and lose its last lines when the process is killed.
pub(crate) fn start_logging(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log).context("--log is not a filter")?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .log_internal_errors(false)
        .with_writer(|| BestEffort);
    let started = match config.log_format {
        LogFormat::Text => subscriber.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => subscriber.json().with_current_span(true).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!(error)).context("logging cannot be started")
}

/// Lets a panic log where it happened. Its message may quote what a stranger sent.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        tracing::error!(
            panic.location = place,
            thread = thread.name().unwrap_or("unnamed"),
            "the program panicked"
        );
    }));
}

/// Begins to collect metrics, and returns what renders them. Call it on a runtime, once.
pub(crate) fn start_metrics() -> anyhow::Result<RenderMetrics> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), SIZES)?
        .set_buckets_for_metric(Matcher::Suffix("_tickets".to_owned()), SIZES)?
        .build_recorder();
    let handle: PrometheusHandle = recorder.handle();
    metrics::set_global_recorder(recorder)
        .map_err(|_| anyhow::anyhow!("metrics are collected by somebody else already"))?;
    booking_server::http::guard::describe_metrics();
    meanings::describe();

    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    Ok(Arc::new(move || handle.render()))
}
