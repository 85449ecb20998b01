//! Load of one kind, in a closed or an open loop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use booking_benches::load::{
    Bookings, Class, Curve, Kind, Notifications, Open, Pages, Pool, Recorder, Report, Script,
    Searches, Span, closed, open,
};
use serde_json::Value;
use tokio::time::Instant;

use crate::Target;
use crate::books::Promise;
use crate::options::{Mix, Options};

/// Connections where nobody says how many.
const CONNECTIONS: usize = 64;

/// What came of a run.
pub(crate) struct Outcome {
    pub(crate) report: Report,
    pub(crate) promises: Vec<Promise>,
    pub(crate) wrong: Vec<String>,
}

/// Runs every mix but the on-sale.
pub(crate) async fn run(options: &Options, target: &Target) -> anyhow::Result<Outcome> {
    let (script, promises): (Arc<dyn Script>, _) = match options.mix {
        Mix::Pages => (Arc::new(Pages::new(&target.events)), Vec::new()),
        Mix::Search => (Arc::new(Searches::default()), Vec::new()),
        Mix::SoldOut => {
            let bookings: Arc<dyn Script> = bookings(options, target);
            buy_out(options, target, &bookings).await?;
            (bookings, Vec::new())
        }
        Mix::Notifications => {
            let made = prepare(options, target).await?;
            let gateway = target.gateway.as_ref().context("BOOKING_IPN_SECRET is not set")?;
            let requests = made.iter().map(|booking| gateway.request(booking, "succeeded"));
            (Arc::new(Notifications::new(requests)), Vec::new())
        }
        Mix::Bookings | Mix::OnSale => (bookings(options, target), Vec::new()),
    };
    let span = Span { warm_up: options.warm_up, counted: options.duration };
    let from = Instant::now() + span.warm_up;
    let recorder = Arc::new(Recorder::new(from).until(from + span.counted));
    let beside = (options.with_bookings > 0).then(|| {
        let (script, addresses) = (bookings(options, target), target.public.clone());
        let (recorder, connections) = (Arc::clone(&recorder), options.with_bookings);
        tokio::spawn(async move {
            closed(&addresses, connections, span, &(script as Arc<dyn Script>), &recorder).await;
        })
    });
    if let Some(rate) = options.open {
        let pool = Pool::new(target.public.clone(), options.connections, Arc::clone(&recorder));
        let load = Open { rate, seed: options.seed, span };
        open(load, &Arc::new(pool), &script, &recorder).await;
    } else {
        let connections = options.closed.unwrap_or(CONNECTIONS);
        closed(&target.public, connections, span, &script, &recorder).await;
    }
    let elapsed = recorder.elapsed().min(options.duration);
    if let Some(beside) = beside {
        // Once the notifications are over, bookings are undisturbed, and are no longer what was to be seen.
        beside.abort();
    }
    let report = Report::new(&recorder, elapsed);
    if let Some(path) = &options.svg {
        Curve { title: "load", recorder: &recorder, stock: &[] }.draw(path)?;
    }
    let wrong = match options.mix {
        Mix::SoldOut => oversold(&report),
        _ => Vec::new(),
    };
    Ok(Outcome { report, promises, wrong })
}

fn bookings(options: &Options, target: &Target) -> Arc<Bookings> {
    Arc::new(Bookings::new(target.events.clone(), options.quantity))
}

/// Books until nothing is left.
async fn buy_out(
    options: &Options,
    target: &Target,
    bookings: &Arc<dyn Script>,
) -> anyhow::Result<()> {
    for _ in 0..100 {
        let span = Span { warm_up: Duration::ZERO, counted: Duration::from_millis(500) };
        let recorder = Arc::new(Recorder::new(Instant::now()));
        closed(&target.public, 8, span, bookings, &recorder).await;
        let report = Report::new(&recorder, options.duration);
        let book = report.kinds.iter().find(|report| report.kind == Kind::Book);
        if book.is_some_and(|book| book.count(Class::Done) == 0 && book.count(Class::Conflict) > 0)
        {
            return Ok(());
        }
    }
    anyhow::bail!("the event does not sell out")
}

fn oversold(report: &Report) -> Vec<String> {
    let book = report.kinds.iter().find(|report| report.kind == Kind::Book);
    let done = book.map_or(0, |book| book.count(Class::Done));
    (done > 0)
        .then(|| format!("{done} bookings of an event that was sold out"))
        .into_iter()
        .collect()
}

/// Makes the bookings that notifications will be about.
async fn prepare(options: &Options, target: &Target) -> anyhow::Result<Vec<Value>> {
    let bookings = Bookings::new(target.events.clone(), options.quantity).keep(options.prepared);
    let bookings = Arc::new(bookings);
    let script: Arc<dyn Script> = Arc::clone(&bookings) as Arc<dyn Script>;
    let mut made = Vec::new();
    while made.len() < options.prepared {
        let before = made.len();
        let span = Span { warm_up: Duration::ZERO, counted: Duration::from_secs(1) };
        let recorder = Arc::new(Recorder::new(Instant::now()));
        closed(&target.public, 256, span, &script, &recorder).await;
        for answer in bookings.answers() {
            made.push(serde_json::from_slice(&answer)?);
        }
        anyhow::ensure!(made.len() > before, "nothing can be booked");
    }
    made.truncate(options.prepared);
    Ok(made)
}
