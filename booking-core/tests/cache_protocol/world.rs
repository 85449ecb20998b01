//! What all instances share: the database, the cache, the time, and the eyes on them.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking_core::adapters::memory::{MemoryBookingRepository, MemoryEventRepository};
use booking_core::domain::booking::Booking;
use booking_core::domain::ids::EventId;
use booking_core::domain::time::Timestamp;
use booking_core::ports::stock_cache::{CacheLookup, TakeOutcome};
use booking_core::ports::{BookingRepository, Clock, EventRepository};
use booking_core::testkit::seed;
use tokio::time::Instant;

use crate::dice::Dice;
use crate::gateway::PayDesk;
use crate::history::History;
use crate::journal::Journal;
use crate::op::{Answer, Op, at_once};
use crate::server::CacheServer;
use crate::standing::Standings;
use crate::trouble::{SKEW, Trouble};

/// The clock of an instance: tokio's, which is paused, as far ahead of the true time as it is told.
#[derive(Debug, Clone)]
pub(crate) struct TokioClock {
    pub(crate) begin: Instant,
    pub(crate) ahead: Duration,
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        seed::later(self.begin.elapsed() + self.ahead)
    }
}

/// What ties an instance to the rest of the world. Once it is dead, nothing gets through any more, in either
/// direction: that is what being killed looks like from outside.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) number: u32,
    is_dead: AtomicBool,
    /// After so many more calls that took effect, the instance is killed. Never if 0.
    fuse: AtomicU32,
}

impl Line {
    pub(crate) fn new(number: u32) -> Self {
        Self { number, is_dead: AtomicBool::new(false), fuse: AtomicU32::new(0) }
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    pub(crate) fn light_fuse(&self, calls: u32) {
        self.fuse.store(calls, Ordering::Relaxed);
    }

    pub(crate) fn put_fuse_out(&self) {
        self.light_fuse(0);
    }

    /// Goes on only if the instance is alive.
    pub(crate) async fn alive(&self) {
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }
}

/// What all instances share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) begin: Instant,
    pub(crate) trouble: Mutex<Trouble>,
    pub(crate) events: Arc<MemoryEventRepository>,
    pub(crate) bookings: Arc<MemoryBookingRepository>,
    pub(crate) cache: CacheServer,
    pub(crate) gateway: PayDesk,
    pub(crate) history: History,
    pub(crate) standings: Standings,
    pub(crate) journal: Journal,
    pub(crate) event_ids: Mutex<Vec<EventId>>,
    /// Bookings that clients were told of.
    pub(crate) known: Mutex<Vec<Booking>>,
}

impl World {
    /// Returns the true time. Instances may be ahead of it or behind.
    pub(crate) fn now(&self) -> Timestamp {
        TokioClock { begin: self.begin, ahead: SKEW }.now()
    }

    pub(crate) fn trouble(&self) -> Trouble {
        *self.trouble.lock().unwrap()
    }

    pub(crate) fn event_ids(&self) -> Vec<EventId> {
        self.event_ids.lock().unwrap().clone()
    }

    /// Returns a short name of an event.
    pub(crate) fn name(&self, event_id: EventId) -> String {
        let index = self.event_ids.lock().unwrap().iter().position(|id| *id == event_id);
        index.map_or_else(|| event_id.to_string(), |index| format!("e{index}"))
    }

    pub(crate) fn say(&self, who: &str, what: impl FnOnce() -> String) {
        self.journal
            .say(|| format!("{:>6} ms  {who}  {}", self.begin.elapsed().as_millis(), what()));
    }

    pub(crate) fn find(&self, finding: &str) {
        self.journal.find(format!("{} ms: {finding}", self.begin.elapsed().as_millis()));
    }

    /// Kills an instance.
    pub(crate) fn kill(&self, line: &Line) {
        if line.is_dead.swap(true, Ordering::Relaxed) {
            return;
        }
        self.say("world", || format!("instance {} is killed", line.number));
        self.journal.count("crashes");
        for event_id in self.event_ids() {
            self.standings.doubt(event_id);
        }
    }

    /// Kills an instance if its time has come. To be called after each of its calls that took effect.
    pub(crate) fn burn_fuse(&self, line: &Line) {
        if line.fuse.load(Ordering::Relaxed) > 0 && line.fuse.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.kill(line);
        }
    }

    /// Notes what the database holds now, after somebody wrote to it.
    pub(crate) fn note_database(&self) {
        for event_id in self.event_ids() {
            let listing = at_once(self.events.find_event(event_id)).unwrap().unwrap();
            if listing.stock.version() == self.history.current_version(event_id) {
                continue;
            }
            let page = at_once(self.bookings.list_bookings(event_id, None, 1_000)).unwrap();
            self.say("db", || format!("{} is now {}", self.name(event_id), brief(listing.stock)));
            if let Err(finding) = self.history.note(self.now(), listing, &page.items) {
                self.find(&format!("{}: {finding}", self.name(event_id)));
            }
        }
    }

    /// Carries a request to the cache out, and looks at what it did.
    pub(crate) fn apply(&self, line: &Line, op: &Op) -> Answer {
        let now = self.now();
        let mut events = op.events();
        events.sort_unstable();
        events.dedup();
        let before: Vec<Option<u32>> =
            events.iter().map(|event_id| self.cache.count(*event_id, now)).collect();
        let answer = self.cache.apply(op);
        for (event_id, before) in events.into_iter().zip(before) {
            let after = self.cache.count(event_id, now);
            self.say(&format!("i{}", line.number), || {
                format!("{} {}: {before:?} -> {after:?}", brief_op(op), self.name(event_id))
            });
            self.look_at_entry(op, event_id, before, after);
            self.look_at_takes(op, &answer, event_id, (before, after));
        }
        self.look_at_answer(op, &answer);
        answer
    }

    fn look_at_entry(&self, op: &Op, event_id: EventId, before: Option<u32>, after: Option<u32>) {
        let version = self.history.current_version(event_id);
        match op {
            Op::Clear(_) => {
                self.journal.count("clears");
                self.standings.clear(event_id, version);
            }
            // A correction that finds nothing takes the lease away, so what is filled later is read later.
            Op::Correct(..) if before.is_none() => self.standings.raise_floor(event_id, version),
            Op::Find(..) | Op::Fill(..) | Op::Take(..) | Op::GiveBack(..) | Op::Correct(..) => {}
        }
        if !matches!(op, Op::Fill(..)) && before.is_none() && after.is_some() {
            self.find(&format!("{} came into the cache without a fill", self.name(event_id)));
        }
    }

    /// A count is lowered by what was taken, no more and no less.
    fn look_at_takes(
        &self,
        op: &Op,
        answer: &Answer,
        event_id: EventId,
        (before, after): (Option<u32>, Option<u32>),
    ) {
        let (Op::Take(batch, _), Answer::Taken(outcomes)) = (op, answer) else { return };
        let taken: u32 = batch
            .iter()
            .zip(outcomes)
            .filter(|(take, outcome)| take.event_id == event_id && **outcome == TakeOutcome::Taken)
            .map(|(take, _)| take.quantity)
            .sum();
        if before.unwrap_or(0).checked_sub(taken) != Some(after.unwrap_or(0)) {
            let name = self.name(event_id);
            self.find(&format!("{taken} of {name} were taken: {before:?} became {after:?}"));
        }
    }

    fn look_at_answer(&self, op: &Op, answer: &Answer) {
        match (op, answer) {
            (Op::Find(event_id, _), Answer::Found(CacheLookup::Hit { available, .. })) => {
                self.journal.count("hits");
                let most = self.history.most_available(*event_id);
                if *available > most {
                    let name = self.name(*event_id);
                    self.find(&format!(
                        "{name} is cached with {available}, but never had over {most}"
                    ));
                }
            }
            (Op::Fill(..), Answer::Filled(is_filled)) => {
                self.journal.count(if *is_filled { "fills" } else { "refused fills" });
            }
            (Op::Take(..), Answer::Taken(outcomes))
                if outcomes.iter().any(|outcome| matches!(outcome, TakeOutcome::TooFew { .. })) =>
            {
                self.journal.count("too few");
            }
            _ => {}
        }
    }
}

fn brief(stock: booking_core::domain::stock::Stock) -> String {
    let (available, held, sold) = (stock.available(), stock.held(), stock.sold());
    format!("version {}: {available} available, {held} held, {sold} sold", stock.version())
}

fn brief_op(op: &Op) -> String {
    match op {
        Op::Find(..) => "find".to_owned(),
        Op::Fill(lease, listing, _) => {
            format!("fill under {} with version {}", lease.token, listing.stock.version())
        }
        Op::Take(batch, _) => format!("take {:?}", quantities(batch)),
        Op::GiveBack(batch, _) => format!("give back {:?}", quantities(batch)),
        Op::Correct(batch, _) => {
            let stocks = batch.iter().map(|(_, stock)| (stock.version(), stock.available()));
            format!("correct to (version, count) {:?}", stocks.collect::<Vec<_>>())
        }
        Op::Clear(_) => "clear".to_owned(),
    }
}

fn quantities(batch: &[booking_core::ports::stock_cache::Take]) -> Vec<u32> {
    batch.iter().map(|take| take.quantity).collect()
}
