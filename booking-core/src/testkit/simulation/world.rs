//! What all instances share: the database, the cache, the bank, the time, and the eyes on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::Stores;
use super::cache_server::CacheServer;
use super::instance::HOLD;
use super::line::Line;
use super::op::{Answer, Op, at_once};
use super::plan::Plan;
use super::standing::Standings;
use super::trace::Trace;
use super::trouble::{Fate, SKEW, Trouble};
use super::versions::Versions;
use crate::domain::booking::Booking;
use crate::domain::ids::{BookingId, EventId};
use crate::domain::notice::NoticeKind;
use crate::domain::payment::NotificationKind;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::stock_cache::{CacheLookup, Take, TakeOutcome};
use crate::ports::{Clock, Notifier, PaymentGateway};
use crate::testkit::dice::Dice;
use crate::testkit::lock::lock;
use crate::testkit::seed;
use crate::testkit::witness::model::{EventBooks, EventModel, Outside};
use crate::testkit::witness::{Bank, Courier, Finding, Postbox, Witness, short};

/// The clock of an instance: tokio's, which is paused, as far ahead of the true time as it is told.
#[derive(Debug, Clone)]
pub(super) struct TokioClock {
    pub(super) begin: Instant,
    pub(super) ahead: Duration,
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        seed::later(self.begin.elapsed() + self.ahead)
    }
}

/// What all instances share.
#[derive(Debug)]
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) begin: Instant,
    pub(super) trouble: Mutex<Trouble>,
    pub(super) stores: Stores,
    pub(super) cache: CacheServer,
    pub(super) bank: Bank,
    /// What instances reach the bank through, and the postbox.
    pub(super) gateway: Arc<dyn PaymentGateway>,
    pub(super) notifier: Arc<dyn Notifier>,
    pub(super) postbox: Postbox,
    pub(super) courier: Courier,
    pub(super) witness: Arc<Witness>,
    pub(super) versions: Versions,
    pub(super) standings: Standings,
    pub(super) trace: Trace,
    pub(super) event_ids: Mutex<Vec<EventId>>,
    /// Bookings that clients were told of.
    pub(super) known: Mutex<Vec<Booking>>,
    pub(super) models: Mutex<BTreeMap<EventId, EventModel>>,
    /// How often somebody could not know whether a message had been sent, by its identity.
    pub(super) excused_repeats: Mutex<BTreeMap<String, u64>>,
    /// Until when the database is away.
    pub(super) database_away_until: Mutex<Option<Instant>>,
    /// What goes wrong before the faults are over.
    pub(super) kind: Trouble,
    /// How many requests with a key are under way at an instance.
    pub(super) keys: Mutex<BTreeMap<(u32, String), u32>>,
    pub(super) undeliverable: Mutex<BTreeSet<(BookingId, NoticeKind)>>,
    /// How many messages of the bank were ever under way, and how many still are.
    pub(super) slips: AtomicU64,
    pub(super) slips_under_way: AtomicU64,
}

impl World {
    /// Returns the true time. Instances may be ahead of it or behind.
    pub(super) fn now(&self) -> Timestamp {
        TokioClock { begin: self.begin, ahead: SKEW }.now()
    }

    pub(super) fn trouble(&self) -> Trouble {
        *lock(&self.trouble)
    }

    pub(super) fn event_ids(&self) -> Vec<EventId> {
        lock(&self.event_ids).clone()
    }

    /// Returns a short name of an event.
    pub(super) fn name(&self, event_id: EventId) -> String {
        let index = lock(&self.event_ids).iter().position(|id| *id == event_id);
        index.map_or_else(|| event_id.to_string(), |index| format!("e{index}"))
    }

    pub(super) fn say(&self, who: &str, what: impl FnOnce() -> String) {
        self.trace
            .say(|| format!("{:>6} ms  {who:<5}  {}", self.begin.elapsed().as_millis(), what()));
    }

    pub(super) fn find(&self, rule: &'static str, seen: impl Into<String>) {
        self.trace.find(Finding::new(rule, seen));
    }

    /// Decides what becomes of the next call of an instance.
    pub(super) fn fate(&self, line: &Line, draw: fn(&Dice, Trouble) -> Fate) -> Fate {
        let call = line.next_call();
        let dice = Dice::of_part(self.plan.seed, &[1, call]);
        let fate = draw(&dice, self.trouble());
        if !fate.is_fault {
            return fate;
        }
        if self.plan.spares(call) {
            return Fate::CALM;
        }
        self.trace.note_fault(call);
        fate
    }

    /// Kills an instance.
    pub(super) fn kill(&self, line: &Line) {
        if !line.cut() {
            return;
        }
        self.say("world", || format!("instance {} is killed", line.number));
        self.trace.count("crashes");
        // What it has sent, and has not written down, is sent again.
        line.unrecorded().into_iter().for_each(|identity| self.excuse(identity));
        for event_id in self.event_ids() {
            self.standings.doubt(event_id);
        }
    }

    /// Kills an instance if its time has come. To be called after each of its calls that took effect.
    pub(super) fn burn_fuse(&self, line: &Line) {
        if line.burn_fuse() {
            self.kill(line);
        }
    }

    /// A message may come again.
    pub(super) fn excuse(&self, identity: String) {
        *lock(&self.excused_repeats).entry(identity).or_default() += 1;
    }

    /// The database goes away for a while.
    pub(super) fn take_database_away(&self, for_so_long: Duration) {
        self.say("world", || format!("the database is away for {for_so_long:?}"));
        self.trace.count("outages of the database");
        *lock(&self.database_away_until) = Some(Instant::now() + for_so_long);
    }

    pub(super) fn is_database_away(&self) -> bool {
        lock(&self.database_away_until).is_some_and(|until| Instant::now() < until)
    }

    /// Has the courier carry what the bank has to say.
    pub(super) fn carry_slips(self: &Arc<Self>) {
        for slip in self.bank.take_outgoing() {
            let number = self.slips.fetch_add(1, Ordering::Relaxed);
            let dice = Dice::of_part(self.plan.seed, &[2, number]);
            let trouble = self.trouble().notifications;
            let booking_id = slip.notification.booking_id;
            let is_success = slip.notification.kind == NotificationKind::Succeeded;
            if trouble > 0 && is_success && slip.is_sound && dice.chance(20) {
                self.say("bank", || format!("says nothing of {}", short(booking_id)));
                self.trace.count("messages of the bank that never came");
                self.bank.silence(booking_id);
                continue;
            }
            let first =
                if dice.chance(trouble) { dice.millis(0, 25_000) } else { dice.millis(0, 300) };
            let again = dice.chance(trouble).then(|| dice.millis(0, 9_000));
            self.slips_under_way.fetch_add(1, Ordering::Relaxed);
            let world = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(first).await;
                world.say("bank", || format!("says {}", slip.notification.id));
                world.courier.carry(&slip, &dice).await;
                if let Some(again) = again {
                    tokio::time::sleep(again).await;
                    world.say("bank", || format!("says again {}", slip.notification.id));
                    world.trace.count("messages of the bank that came twice");
                    world.courier.carry(&slip, &dice).await;
                }
                world.slips_under_way.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    /// Looks at what the database holds now, after somebody wrote to it: whatever was written obeys the model.
    pub(super) fn note_database(&self) {
        for event_id in self.event_ids() {
            let listing = self.listing(event_id);
            let known = self.versions.current(event_id);
            if listing.stock.version() == known {
                continue;
            }
            let name = self.name(event_id);
            self.say("db", || format!("{name} is now {}", brief(listing.stock)));
            let bookings = self.bookings_of(event_id);
            self.follow(event_id, &bookings);
            if let Err(seen) = self.versions.note(self.now(), listing, &bookings) {
                self.find("stock and bookings agree", format!("{name}: {seen}"));
            }
        }
    }

    /// Has the model follow the new lines of an event's journal.
    fn follow(&self, event_id: EventId, bookings: &[Booking]) {
        let accounts = self.bank.accounts();
        let facts = self.witness.facts();
        let outside =
            Outside { facts: &facts, accounts: &accounts, sent: &[], hold: HOLD, skew: 2 * SKEW };
        let mut models = lock(&self.models);
        let model = models.entry(event_id).or_default();
        for line in (self.stores.journal)(event_id, model.version()) {
            let row = line.booking.and_then(|(id, _)| bookings.iter().find(|b| b.id == id));
            let before = self.versions.before(event_id, line.version);
            for finding in model.follow(&line, row, before.as_deref(), outside) {
                self.trace.find(finding);
            }
            if line.at > self.now().saturating_add(SKEW) {
                self.find("nothing is done before its time", format!("{line:?}"));
            }
        }
    }

    /// Returns an event as the database holds it.
    pub(super) fn listing(&self, event_id: EventId) -> crate::domain::event::Listing {
        let found = at_once(self.stores.events.find_event(event_id));
        found.expect("the store answers").expect("the event is there")
    }

    /// Returns the bookings of an event as the database holds them.
    pub(super) fn bookings_of(&self, event_id: EventId) -> Vec<Booking> {
        let page = at_once(self.stores.bookings.list_bookings(event_id, None, 10_000));
        page.expect("the store answers").items
    }

    /// Returns the books of all events.
    pub(super) fn books(&self) -> Vec<EventBooks> {
        let books = |event_id| EventBooks {
            listing: self.listing(event_id),
            lines: (self.stores.journal)(event_id, 0),
            bookings: self.bookings_of(event_id),
            earlier: self.versions.all(event_id),
        };
        self.event_ids().into_iter().map(books).collect()
    }

    /// Carries a request to the cache out, and looks at what it did.
    pub(super) fn apply(&self, line: &Line, op: &Op) -> Answer {
        // A request that is late still bears the time at which it was sent, and the cache goes by that.
        let now = op.now().unwrap_or_else(|| self.now());
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
        self.look_at_corrections(op);
        answer
    }

    /// A count is corrected to what the database held, if that version was seen.
    fn look_at_corrections(&self, op: &Op) {
        let Op::Correct(batch, _) = op else { return };
        for (event_id, stock) in batch {
            let held = self.versions.version(*event_id, stock.version());
            if let Some((held, _)) = held.filter(|(held, _)| held.stock != *stock) {
                let name = self.name(*event_id);
                let seen = format!("{name} is corrected to {stock:?}, and had {:?}", held.stock);
                self.find("what is corrected was true", seen);
            }
        }
    }

    fn look_at_entry(&self, op: &Op, event_id: EventId, before: Option<u32>, after: Option<u32>) {
        let version = self.versions.current(event_id);
        match op {
            Op::Clear(_) => {
                self.trace.count("clears");
                self.standings.clear(event_id, version);
            }
            Op::Correct(..) if after == Some(self.listing(event_id).stock.available()) => {
                self.standings.settle_count(event_id);
            }
            // A correction that finds nothing takes the lease away, so what is filled later is read later.
            Op::Correct(..) if before.is_none() => self.standings.raise_floor(event_id, version),
            Op::Find(..) | Op::Fill(..) | Op::Take(..) | Op::GiveBack(..) | Op::Correct(..) => {}
        }
        if !matches!(op, Op::Fill(..)) && before.is_none() && after.is_some() {
            self.find("the cache is filled", format!("{} came in by itself", self.name(event_id)));
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
            let seen = format!("{taken} of {name} were taken: {before:?} became {after:?}");
            self.find("what is taken is gone", seen);
        }
    }

    fn look_at_answer(&self, op: &Op, answer: &Answer) {
        match (op, answer) {
            (Op::Find(event_id, _), Answer::Found(CacheLookup::Hit { available, .. })) => {
                self.trace.count("hits");
                let most = self.versions.most_available(*event_id);
                if *available > most {
                    let name = self.name(*event_id);
                    let seen = format!("{name} has {available}, and never had over {most}");
                    self.find("the cache has only what there is", seen);
                }
            }
            (Op::Fill(..), Answer::Filled(is_filled)) => {
                self.trace.count(if *is_filled { "fills" } else { "refused fills" });
            }
            (Op::Take(..), Answer::Taken(outcomes))
                if outcomes.iter().any(|outcome| matches!(outcome, TakeOutcome::TooFew { .. })) =>
            {
                self.trace.count("too few");
            }
            _ => {}
        }
    }
}

fn brief(stock: Stock) -> String {
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

fn quantities(batch: &[Take]) -> Vec<u32> {
    batch.iter().map(|take| take.quantity).collect()
}
