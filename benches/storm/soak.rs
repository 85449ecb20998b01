//! A long run: the same servers under mixed load for half an hour, while one part after the other breaks.
//!
//! Everything that people do is done: searches, pages, bookings with and without a key, payments whose notifications
//! come twice, late or say that nothing was paid, cancels, refunds, edits, events that are called off or moved,
//! reminders, and mails to a mail server. What was answered is remembered. In the end nothing of it may be lost, the
//! books must balance, no queue may hold anything, and the servers must use no more than they did.

mod guests;
mod organiser;
mod schedule;
mod table;
mod verdict;
mod watch;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use booking_benches::stage::create_event;
use booking_testbed::{SmtpSink, SmtpSinkOptions};
use clap::Args;
use tokio::time::{Instant, sleep, sleep_until};

use self::guests::{Guests, Programme};
use self::schedule::Strike;
use self::table::Table;
use self::watch::Watch;
use crate::buyers::{Buyer, Promise};
use crate::check::{count_lost, counts_that_are_off, wait_until_released};
use crate::client::Client;
use crate::figures::Figures;
use crate::say;
use crate::world::{HOLD, World};

const EVENTS: u32 = 100;
const TICKETS: u32 = 50_000;
const MINUTE: Duration = Duration::from_mins(1);

/// Notices that a killed server had in hand are left to it for two minutes.
const TOLD_WITHIN: Duration = Duration::from_mins(5);

/// How long, and how much.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Minutes of load
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// Buyers who come again and again
    #[arg(long, default_value_t = 60)]
    buyers: u64,
    /// Seconds from one fault to the next
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..))]
    fault_every: u64,
}

/// A count that is off because the cache was away when it was to be told is forgotten after a minute.
const FORGOTTEN_WITHIN: Duration = Duration::from_mins(2);

/// What is left when it is quiet.
struct Rest {
    lost: usize,
    held: i64,
    is_balanced: bool,
    /// What hangs in a queue, and counts that are off.
    wrong: Vec<String>,
}

/// Runs it. True if nothing was lost and nothing grew.
pub(crate) async fn run(options: &Options, program: &Path) -> anyhow::Result<bool> {
    let sink = Arc::new(SmtpSink::start(SmtpSinkOptions::default().forgetful()).await);
    let mut world = World::start(program, Some(sink.url())).await?;
    let figures = Arc::new(Figures::default());
    let client = Client::new(Arc::clone(&world.targets), Arc::clone(&figures));
    let mut events = Vec::new();
    for _ in 0..EVENTS {
        events.push(create_event(&world.servers[0].admin, TICKETS).await?);
    }
    let programme = Arc::new(Programme::new(events));
    let buyer = Buyer::new(client.clone());
    let watch = Watch::start(Arc::clone(&world.targets));
    // Once before there is any load: what the servers have open then is what they need.
    sleep(watch::EVERY).await;
    let started = Instant::now();
    let table = Table::start(&watch, &figures, &buyer, &sink);
    let guests = Guests::start(options.buyers, &buyer, &programme);
    let organiser = tokio::spawn(organiser::organise(client.to_admins(), Arc::clone(&programme)));
    drop(client);
    let end = started + MINUTE * options.minutes;
    let faults = break_parts(&mut world, options, &programme, &sink, &table, end).await?;
    sleep_until(end).await;
    watch.end_load();
    figures.stop();
    guests.go_home().await;
    organiser.await?;
    let (promises, summary) = table.finish().await;
    drop(buyer);
    let rest = look_at_the_rest(&world, &programme, promises, &watch).await?;
    say(&format!("\n{summary}\nfaults: {faults}\n"));
    let is_flat = verdict::judge(&watch.finish(), MINUTE * options.minutes);
    Ok(rest.report() && is_flat)
}

/// Breaks one part after the other until shortly before the end. Returns how often.
async fn break_parts(
    world: &mut World,
    options: &Options,
    programme: &Programme,
    sink: &SmtpSink,
    table: &Table,
    end: Instant,
) -> anyhow::Result<usize> {
    let pause = Duration::from_secs(options.fault_every);
    let mut count = 0;
    let mut next = Instant::now() + pause;
    for strike in Strike::CYCLE.into_iter().cycle() {
        if next + pause.min(MINUTE) > end {
            break;
        }
        sleep_until(next).await;
        table.mark(strike.name());
        let struck = strike.strike(world, programme.first(), sink).await;
        struck.with_context(|| format!("{} is not over", strike.name()))?;
        count += 1;
        next = (next + pause).max(Instant::now());
    }
    Ok(count)
}

/// Waits until nothing is held and nobody has to be told anything, and compares with what was answered.
async fn look_at_the_rest(
    world: &World,
    programme: &Programme,
    promises: Vec<Promise>,
    watch: &Watch,
) -> anyhow::Result<Rest> {
    say(&format!("it is quiet; {} answers are looked at", promises.len()));
    sleep(HOLD).await;
    let events = programme.all();
    let held = wait_until_released(world, &events).await?;
    let mut wrong = until_none(TOLD_WITHIN, async || watch.queued().await).await?;
    let lost = count_lost(world, promises).await?;
    let off = async || counts_that_are_off(world, &events).await;
    wrong.extend(until_none(FORGOTTEN_WITHIN, off).await?);
    Ok(Rest { lost, held, is_balanced: world.audit().await?, wrong })
}

/// Looks for what is wrong until nothing is any more; returns what still is when it should not be.
async fn until_none(
    patience: Duration,
    look: impl AsyncFn() -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<Vec<String>> {
    let until = Instant::now() + patience;
    loop {
        let wrong = look().await?;
        if wrong.is_empty() || Instant::now() > until {
            return Ok(wrong);
        }
        sleep(watch::EVERY).await;
    }
}

impl Rest {
    /// Prints it. True if nothing is wrong.
    fn report(&self) -> bool {
        let Self { lost, held, is_balanced, wrong } = self;
        let books = if *is_balanced { "balance" } else { "DO NOT BALANCE" };
        let count = wrong.len();
        say(&format!("books: {books}; lost {lost}, still held {held}, otherwise wrong {count}"));
        for what in wrong {
            say(&format!("  {what}"));
        }
        *lost == 0 && *held == 0 && *is_balanced && wrong.is_empty()
    }
}
