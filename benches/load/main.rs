//! Load over HTTP: to rehearse an on-sale, and to see what a system stands.
//!
//! Run:    cargo build --release && cargo run --release -p booking-benches --bin load -- --help
//! Expect: rates and latencies, and exit status 0 if the books are right at the end
//!
//! It loads the servers that are named (`--public`, `--admin`), or private ones that it starts itself (`--stage`) and
//! removes at the end. It makes an event of its own unless one is named, and plays the payment gateway: the secret that
//! signs notifications comes from `BOOKING_IPN_SECRET`.

mod books;
mod door_list;
mod mixes;
mod options;
mod rehearsal;
mod reminders;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use booking_benches::gateway::Gateway;
use booking_benches::load::Watch;
use booking_benches::stage::{SECRET, Stage, StageOptions, create_event};
use booking_testbed::{SmtpSink, SmtpSinkOptions};
use clap::Parser as _;
use tokio::time::Instant;

use crate::mixes::Outcome;
use crate::options::{Mix, Options};

/// Of a history, so many events have bookings.
const HISTORY_EVENTS: usize = 100;

/// What is loaded.
pub(crate) struct Target {
    pub(crate) public: Vec<String>,
    pub(crate) admin: Option<String>,
    gateway: Option<Gateway>,
    pub(crate) events: Vec<String>,
    /// Whether the events were made for this run, so that nobody else books them.
    pub(crate) is_alone: bool,
    /// A name that no other run has.
    pub(crate) run: String,
}

impl Target {
    /// Returns the gateway that this program plays.
    pub(crate) fn gateway(&self) -> anyhow::Result<&Gateway> {
        self.gateway.as_ref().context(
            "notifications of payments have to be signed: set BOOKING_IPN_SECRET to the secret of the servers",
        )
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    // It outlives the servers, which hand it their mails.
    let sink = match options.mix {
        Mix::Reminders => {
            Some(Arc::new(SmtpSink::start(SmtpSinkOptions::default().forgetful()).await))
        }
        _ => None,
    };
    let stage = match options.stage {
        None => None,
        Some(backdrop) => Some(
            Stage::set(StageOptions {
                backdrop,
                servers: options.servers,
                program: options.server.clone(),
                flags: options.server_flags(),
                mail_server: sink.as_ref().map(|sink| format!("{}?tls=none", sink.url())),
            })
            .await?,
        ),
    };
    let target = find_target(&options, stage.as_ref()).await?;
    if let Some(stage) = &stage {
        fill(stage, &options, &target).await?;
    }
    let mut processes = options.watch.clone();
    processes.extend(stage.iter().flat_map(Stage::processes));
    let watches: Vec<(u32, Watch)> =
        processes.into_iter().map(|process| (process, Watch::start(process))).collect();
    let outcome = match options.mix {
        Mix::OnSale => rehearsal::run(&options, &target).await?,
        Mix::Idle => mixes::idle(&options).await,
        Mix::Reminders => {
            let ends = stage.as_ref().zip(sink.as_ref());
            let (stage, sink) = ends.context("reminders are measured on a --stage")?;
            reminders::run(&options, &target, stage, sink).await?
        }
        _ => mixes::run(&options, &target).await?,
    };
    say(&format!("{}", outcome.report));
    for (process, watch) in watches {
        say(&format!("  process {process}: {}", watch.finish()));
    }
    for note in &outcome.notes {
        say(&format!("  {note}"));
    }
    let wrong = check(&options, &target, stage.as_ref(), outcome).await?;
    for finding in &wrong {
        say(&format!("wrong: {finding}"));
    }
    say(if wrong.is_empty() { "  books   right" } else { "  books   WRONG" });
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns what is wrong once it is quiet.
async fn check(
    options: &Options,
    target: &Target,
    stage: Option<&Stage>,
    outcome: Outcome,
) -> anyhow::Result<Vec<String>> {
    let mut wrong = outcome.wrong;
    wrong.extend(books::check(target, &outcome.told, options.quantity).await?);
    if let Some(stage) = stage {
        wrong.extend(stage.audit().await?);
    }
    if let Some(command) = &options.audit {
        wrong.extend(books::audit(command).await?);
    }
    Ok(wrong)
}

/// Fills catalogue and books of a stage before anything is measured.
async fn fill(stage: &Stage, options: &Options, target: &Target) -> anyhow::Result<()> {
    let started = Instant::now();
    if options.catalogue > 0 {
        stage.import(options.catalogue).await?;
        let took = started.elapsed().as_secs_f64();
        say(&format!("imported {} events in {took:.1} s", options.catalogue));
    }
    if options.history > 0 {
        let started = Instant::now();
        let mut events = Vec::new();
        for _ in 0..HISTORY_EVENTS {
            events.push(create_event(&stage.admin, 100_000_000).await?);
        }
        mixes::make_history(target, &events, options.history).await?;
        let took = started.elapsed().as_secs_f64();
        say(&format!("made {} bookings in {took:.1} s", options.history));
    }
    Ok(())
}

async fn find_target(options: &Options, stage: Option<&Stage>) -> anyhow::Result<Target> {
    let (public, admin, gateway) = if let Some(stage) = stage {
        (stage.public.clone(), Some(stage.admin.clone()), Some(Gateway::new(SECRET)))
    } else {
        // While a secret is being rotated there are several, and the first one signs.
        let secret = options.ipn_secret.as_deref().and_then(|secrets| secrets.split(',').next());
        let gateway = secret.filter(|secret| !secret.is_empty()).map(Gateway::new);
        (options.public.clone(), options.admin.clone(), gateway)
    };
    let public: Vec<String> =
        public.iter().map(|address| plain(address)).collect::<Result<_, _>>()?;
    anyhow::ensure!(!public.is_empty(), "name a server with --public, or start one with --stage");
    let admin = admin.as_deref().map(plain).transpose()?;
    let is_alone = options.event.is_none();
    let run = format!("load-{}", booking_benches::gateway::unix_now());
    let mut target = Target { public, admin, gateway, events: Vec::new(), is_alone, run };
    if matches!(options.mix, Mix::OnSale | Mix::Notifications) {
        // Better now than after half a million bookings.
        target.gateway()?;
    }
    match (&options.event, &target.admin) {
        (Some(event), _) => target.events.push(event.clone()),
        (None, None) if options.mix == Mix::Search => {}
        (None, None) => anyhow::bail!("name an --event, or an --admin listener to make one on"),
        (None, Some(admin)) => {
            for _ in 0..options.events.max(1) {
                target.events.push(create_event(admin, options.tickets()).await?);
            }
        }
    }
    Ok(target)
}

/// Takes `http://` and a slash at the end away. Encrypted listeners are somebody else's: load what is behind them.
fn plain(address: &str) -> anyhow::Result<String> {
    anyhow::ensure!(
        !address.starts_with("https://"),
        "https is not supported: rehearse against the servers behind the proxy"
    );
    let address = address.trim_start_matches("http://").trim_end_matches('/');
    address.rsplit_once(':').context("an address is HOST:PORT")?;
    Ok(address.to_owned())
}

#[expect(clippy::print_stdout, reason = "a program for people to read")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
