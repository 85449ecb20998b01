//! Load over HTTP: to rehearse an on-sale, and to see what a system stands.
//!
//! Run:    cargo build --release && cargo run --release -p booking-benches --bin load -- --help
//! Expect: rates and latencies, and exit status 0 if the books are right at the end
//!
//! It loads the servers that are named (`--public`, `--admin`), or private ones that it starts itself (`--stage`) and
//! removes at the end. It makes an event of its own unless one is named, and plays the payment gateway: the secret that
//! signs notifications comes from `BOOKING_IPN_SECRET`.

mod books;
mod mixes;
mod options;
mod rehearsal;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use booking_benches::gateway::Gateway;
use booking_benches::load::Watch;
use booking_benches::stage::{SECRET, Stage, StageOptions, create_event};
use clap::Parser as _;

use crate::books::Books;
use crate::options::{Mix, Options};

/// What is loaded.
pub(crate) struct Target {
    pub(crate) public: Vec<String>,
    pub(crate) admin: Option<String>,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) events: Vec<String>,
    /// Whether the events were made for this run, so that nobody else books them.
    pub(crate) is_alone: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let stage = match options.stage {
        None => None,
        Some(backdrop) => Some(
            Stage::set(StageOptions {
                backdrop,
                servers: options.servers,
                program: options.server.clone(),
                flags: options.flags.clone(),
            })
            .await?,
        ),
    };
    let target = find_target(&options, stage.as_ref()).await?;
    let process = options.watch.or_else(|| stage.as_ref().and_then(Stage::process));
    let watch = process.map(Watch::start);
    let outcome = match options.mix {
        Mix::OnSale => rehearsal::run(&options, &target).await?,
        _ => mixes::run(&options, &target).await?,
    };
    say(&format!("{}", outcome.report));
    if let Some(watch) = watch {
        say(&format!("  server  {}", watch.finish()));
    }
    let mut wrong = outcome.wrong;
    if let (Some(admin), true) = (&target.admin, target.is_alone) {
        wrong.extend(Books::check(admin, &target, &outcome.promises, &options).await?);
    }
    if let Some(stage) = &stage {
        wrong.extend(stage.audit().await?);
    }
    if let Some(command) = &options.audit {
        wrong.extend(books::audit(command).await?);
    }
    for finding in &wrong {
        say(&format!("wrong: {finding}"));
    }
    say(if wrong.is_empty() { "  books   right" } else { "  books   WRONG" });
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn find_target(options: &Options, stage: Option<&Stage>) -> anyhow::Result<Target> {
    let (public, admin, gateway) = if let Some(stage) = stage {
        (stage.public.clone(), Some(stage.admin.clone()), Some(Gateway::new(SECRET)))
    } else {
        let gateway = options.ipn_secret.as_deref().map(Gateway::new);
        (options.public.clone(), options.admin.clone(), gateway)
    };
    let public: Vec<String> =
        public.iter().map(|address| plain(address)).collect::<Result<_, _>>()?;
    anyhow::ensure!(!public.is_empty(), "name a server with --public, or start one with --stage");
    let admin = admin.as_deref().map(plain).transpose()?;
    let is_alone = options.event.is_none();
    let events = match (&options.event, &admin) {
        (Some(event), _) => vec![event.clone()],
        (None, None) => anyhow::bail!("name an --event, or an --admin listener to make one on"),
        (None, Some(admin)) => {
            let mut events = Vec::new();
            for _ in 0..options.events.max(1) {
                events.push(create_event(admin, options.tickets()).await?);
            }
            events
        }
    };
    Ok(Target { public, admin, gateway, events, is_alone })
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

/// Once the load is over, nothing should be on its way any more after this time.
pub(crate) const SETTLES_WITHIN: Duration = Duration::from_mins(1);

#[expect(clippy::print_stdout, reason = "a program for people to read")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
