//! Load of one kind, in a closed or an open loop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use booking_benches::load::{
    Bookings, Class, Curve, Kind, Notifications, Open, Pages, Pool, Recorder, Report, Script,
    Searches, Span, booking_id, closed, open,
};
use bytes::Bytes;
use serde_json::Value;
use tokio::time::Instant;

use crate::Target;
use crate::books::{Done, Promise, Told};
use crate::options::{Mix, Options};

/// Connections where nobody says how many.
const CONNECTIONS: usize = 64;

/// Bookings that something else needs are made over so many connections.
const PREPARING: usize = 256;

/// How long it is watched whether everything is well again after too much load, and in which steps.
const RECOVERY: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(100);

/// What came of a run.
pub(crate) struct Outcome {
    pub(crate) report: Report,
    /// What is to be said beside it.
    pub(crate) notes: Vec<String>,
    pub(crate) told: Told,
    pub(crate) wrong: Vec<String>,
}

/// What is asked for, and the bookings that were made for it and by it.
struct Plan {
    script: Arc<dyn Script>,
    bookings: Arc<Bookings>,
    made: Vec<Promise>,
}

/// Runs every mix that asks for something but the on-sale.
pub(crate) async fn run(options: &Options, target: &Target) -> anyhow::Result<Outcome> {
    let mut plan = plan(options, target).await?;
    let span = options.span();
    let from = Instant::now() + span.warm_up;
    let recorder = Arc::new(Recorder::new(from).until(from + span.counted));
    let beside = (options.with_bookings > 0).then(|| {
        let (script, addresses) = (plan.bookings.clone(), target.public.clone());
        let (recorder, connections) = (Arc::clone(&recorder), options.with_bookings);
        tokio::spawn(async move {
            closed(&addresses, connections, span, &(script as Arc<dyn Script>), &recorder).await;
        })
    });
    drive(options, target, span, &plan.script, &recorder).await;
    let elapsed = recorder.elapsed();
    if let Some(beside) = beside {
        beside.await?;
    }
    let mut notes = Vec::new();
    let mut wrong = faults(options.mix, &recorder);
    if elapsed < options.duration {
        let seconds = elapsed.as_secs_f64();
        notes.push(format!("nothing was left to ask for after {seconds:.1} s: raise --prepared"));
    }
    if elapsed.is_zero() {
        wrong.push("nothing was counted".to_owned());
    }
    let mut unknown = recorder.unknown(Kind::Book);
    if let Some(rate) = options.recover {
        let calm = recover(options, target, rate, &plan.script).await;
        notes.push(calm.0);
        unknown += calm.1;
    }
    if let Some(path) = &options.svg {
        Curve { title: "load", recorder: &recorder, stock: &[] }.draw(path)?;
    }
    let report = Report::new(&recorder, elapsed);
    plan.made.extend(booked(&plan.bookings));
    let payments = recorder.ever(Kind::Pay, Class::Done);
    let told = Told { promises: plan.made, payments, unknown, ..Told::default() };
    Ok(Outcome { report, notes, told, wrong })
}

async fn plan(options: &Options, target: &Target) -> anyhow::Result<Plan> {
    let bookings = Bookings::new(target.events.clone(), options.quantity).remember();
    let bookings = if options.keys { bookings.keys(target.run.clone()) } else { bookings };
    let bookings = Arc::new(bookings);
    let mut made = Vec::new();
    let script: Arc<dyn Script> = match options.mix {
        Mix::Pages => Arc::new(Pages::new(&target.events)),
        Mix::Search | Mix::Idle => Arc::new(Searches::default()),
        Mix::SoldOut => {
            buy_out(target, &(bookings.clone() as Arc<dyn Script>)).await?;
            bookings.clone()
        }
        Mix::Notifications => {
            let gateway = target.gateway()?;
            let mut requests = Vec::new();
            for answer in prepare(target, &target.events, options.prepared).await? {
                let booking = booking_id(&answer).context("a booking has an id")?;
                made.push(Promise { booking, done: Done::Booked });
                // The rest that was made more than needed stays unpaid.
                if requests.len() < options.prepared {
                    let booking: Value = serde_json::from_slice(&answer)?;
                    requests.push(gateway.request(&booking, "succeeded"));
                }
            }
            Arc::new(Notifications::new(requests))
        }
        Mix::Bookings | Mix::OnSale | Mix::Reminders => bookings.clone(),
    };
    Ok(Plan { script, bookings, made })
}

/// Drives load in the loop that was asked for.
pub(crate) async fn drive(
    options: &Options,
    target: &Target,
    span: Span,
    script: &Arc<dyn Script>,
    recorder: &Arc<Recorder>,
) {
    if let Some(rate) = options.open {
        drive_open(options, target, rate, span, script, recorder).await;
    } else {
        let connections = options.closed.unwrap_or(CONNECTIONS);
        closed(&target.public, connections, span, script, recorder).await;
    }
}

async fn drive_open(
    options: &Options,
    target: &Target,
    rate: f64,
    span: Span,
    script: &Arc<dyn Script>,
    recorder: &Arc<Recorder>,
) {
    let pool = Pool::new(target.public.clone(), options.connections, Arc::clone(recorder));
    let pool = Arc::new(pool.give_up(options.give_up));
    let load = Open { rhythm: options.arrivals, rate, seed: options.seed, span };
    open(load, &pool, script, recorder).await;
}

/// Tells how soon everybody is served at once again, and how many requests for bookings got no answer meanwhile.
async fn recover(
    options: &Options,
    target: &Target,
    rate: f64,
    script: &Arc<dyn Script>,
) -> (String, u64) {
    let recorder = Arc::new(Recorder::new(Instant::now()).by(STEP));
    let span = Span { warm_up: Duration::ZERO, counted: RECOVERY };
    drive_open(options, target, rate, span, script, &recorder).await;
    let calm = match recorder.calm_after(STEP) {
        Some(after) => format!("{:.1} s", after.as_secs_f64()),
        None => format!("not within {} s", RECOVERY.as_secs()),
    };
    let note = format!("well again at {rate:.0} /s (nobody refused, 99 % within 0.1 s): {calm}");
    (note, recorder.unknown(Kind::Book))
}

/// Refusals that nobody should see, and tickets that nobody had.
pub(crate) fn faults(mix: Mix, recorder: &Recorder) -> Vec<String> {
    let mut wrong = Vec::new();
    for kind in Kind::ALL {
        for class in [Class::Refused, Class::Broken] {
            let count = recorder.ever(kind, class);
            if count > 0 {
                wrong.push(format!("{}: {} {count}", kind.name(), class.name()));
            }
        }
    }
    let done = recorder.ever(Kind::Book, Class::Done);
    if mix == Mix::SoldOut && done > 0 {
        wrong.push(format!("{done} bookings of an event that was sold out"));
    }
    wrong
}

pub(crate) fn booked(bookings: &Bookings) -> impl Iterator<Item = Promise> {
    bookings.ids().into_iter().map(|booking| Promise { booking, done: Done::Booked })
}

/// Books until nothing is left.
async fn buy_out(target: &Target, bookings: &Arc<dyn Script>) -> anyhow::Result<()> {
    for _ in 0..100 {
        let span = Span { warm_up: Duration::ZERO, counted: Duration::from_millis(500) };
        let recorder = Arc::new(Recorder::new(Instant::now()));
        closed(&target.public, 8, span, bookings, &recorder).await;
        if recorder.ever(Kind::Book, Class::Done) == 0
            && recorder.ever(Kind::Book, Class::Conflict) > 0
        {
            return Ok(());
        }
    }
    anyhow::bail!("the event does not sell out: give it fewer --tickets")
}

/// Makes at least so many bookings of single tickets, and returns the answers.
pub(crate) async fn prepare(
    target: &Target,
    events: &[String],
    wanted: usize,
) -> anyhow::Result<Vec<Bytes>> {
    let bookings = Arc::new(Bookings::new(events.to_vec(), 1).keep(usize::MAX));
    let script: Arc<dyn Script> = bookings.clone();
    let mut made = Vec::new();
    while made.len() < wanted {
        let before = made.len();
        let span = Span { warm_up: Duration::ZERO, counted: Duration::from_millis(500) };
        let recorder = Arc::new(Recorder::new(Instant::now()));
        closed(&target.public, PREPARING, span, &script, &recorder).await;
        made.extend(bookings.answers());
        anyhow::ensure!(made.len() > before, "nothing can be booked");
    }
    Ok(made)
}

/// Asks for nothing.
pub(crate) async fn idle(options: &Options) -> Outcome {
    tokio::time::sleep(options.duration).await;
    let report = Report::new(&Recorder::new(Instant::now()), options.duration);
    Outcome { report, notes: Vec::new(), told: Told::default(), wrong: Vec::new() }
}

/// Fills the books with bookings of other events, which are not checked one by one.
pub(crate) async fn make_history(
    target: &Target,
    events: &[String],
    wanted: u64,
) -> anyhow::Result<()> {
    let script: Arc<dyn Script> = Arc::new(Bookings::new(events.to_vec(), 1));
    let mut made = 0;
    while made < wanted {
        let span = Span { warm_up: Duration::ZERO, counted: Duration::from_secs(5) };
        let recorder = Arc::new(Recorder::new(Instant::now()));
        closed(&target.public, PREPARING, span, &script, &recorder).await;
        let more = recorder.ever(Kind::Book, Class::Done);
        anyhow::ensure!(more > 0, "nothing can be booked");
        made += more;
    }
    Ok(())
}
