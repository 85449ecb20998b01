//! What all instances share: the database, the cache, the bank, the time, and the eyes on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::Stores;
use super::cache_server::CacheServer;
use super::instance::HOLD;
use super::line::Line;
use super::op::at_once;
use super::part::Part;
use super::plan::Plan;
use super::standing::Standings;
use super::trace::Trace;
use super::trouble::{Fate, MOST_SKEW, Trouble};
use super::versions::Versions;
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::Movement;
use crate::domain::notice::NoticeKind;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, Notifier, PaymentGateway};
use crate::testkit::dice::Dice;
use crate::testkit::lock::lock;
use crate::testkit::seed;
use crate::testkit::witness::model::{EventBooks, EventModel, Outside};
use crate::testkit::witness::{Bank, Courier, Finding, Postbox, Rule, Witness};

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
    /// Until when the gateway and the notifier are.
    pub(super) others_away_until: Mutex<Option<Instant>>,
    /// What goes wrong before the faults are over.
    pub(super) kind: Trouble,
    /// How many requests with a key are under way at an instance.
    pub(super) keys: Mutex<BTreeMap<(u32, String), u32>>,
    pub(super) undeliverable: Mutex<BTreeSet<(BookingId, NoticeKind)>>,
    /// Bookings that were given up, or whose event was called off, when there was a link to pay them by.
    pub(super) to_close: Mutex<BTreeSet<BookingId>>,
    /// How many messages of the bank were ever under way, and how many still are.
    pub(super) slips: AtomicU64,
    pub(super) slips_under_way: AtomicU64,
}

impl World {
    /// Returns the true time. Instances may be ahead of it or behind.
    pub(super) fn now(&self) -> Timestamp {
        TokioClock { begin: self.begin, ahead: MOST_SKEW }.now()
    }

    /// Returns by how much an instance's clock may differ from it.
    pub(super) fn skew(&self) -> Duration {
        self.kind.skew()
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

    pub(super) fn find(&self, rule: Rule, seen: impl Into<String>) {
        self.trace.find(Finding::new(rule, seen));
    }

    /// Decides what becomes of the next call of an instance.
    pub(super) fn fate(&self, line: &Line, draw: fn(&Dice, Trouble) -> Fate) -> Fate {
        let call = line.next_call();
        let dice = Part::Call(call).dice(self.plan.seed);
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

    /// The gateway and the notifier go away for a while.
    pub(super) fn take_others_away(&self, for_so_long: Duration) {
        self.say("world", || format!("gateway and notifier are away for {for_so_long:?}"));
        self.trace.count("outages of others");
        *lock(&self.others_away_until) = Some(Instant::now() + for_so_long);
    }

    pub(super) fn are_others_away(&self) -> bool {
        lock(&self.others_away_until).is_some_and(|until| Instant::now() < until)
    }

    pub(super) fn is_database_away(&self) -> bool {
        lock(&self.database_away_until).is_some_and(|until| Instant::now() < until)
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
            let counts = self.follow(event_id, &bookings);
            if let Err(seen) = self.versions.note(self.now(), listing, &bookings, counts) {
                self.find(Rule::StockAndBookingsAgree, format!("{name}: {seen}"));
            }
        }
    }

    /// Has the model follow the new lines of an event's journal; returns how many tickets were available after each, and how
    /// many were held.
    fn follow(&self, event_id: EventId, bookings: &[Booking]) -> Vec<(i64, i64)> {
        let accounts = self.bank.accounts();
        let facts = self.witness.facts();
        let outside = Outside {
            facts: &facts,
            accounts: &accounts,
            sent: &[],
            hold: HOLD,
            skew: 2 * self.skew(),
        };
        let mut models = lock(&self.models);
        let model = models.entry(event_id).or_default();
        let mut counts = Vec::new();
        for line in (self.stores.journal)(event_id, model.version()) {
            let row = line.booking.and_then(|(id, _)| bookings.iter().find(|b| b.id == id));
            let before = self.versions.before(event_id, line.version);
            if let Some(row) = row {
                self.note_move(&line, model.status(row.id), row);
            }
            for finding in model.follow(&line, row, before.as_deref(), outside) {
                self.trace.find(finding);
            }
            if line.at > self.now().saturating_add(self.skew()) {
                self.find(Rule::NothingIsDoneBeforeItsTime, format!("{line:?}"));
            }
            counts.push(model.counts());
        }
        counts
    }

    /// Keeps what a move of a booking asks for later, and counts what is worth it.
    fn note_move(&self, line: &Movement, before: Option<BookingStatus>, row: &Booking) {
        let Some((id, to)) = line.booking else { return };
        if to == BookingStatus::Cancelled && row.payment.is_some() {
            lock(&self.to_close).insert(id);
        }
        let was_free = before.is_some_and(|status| {
            !matches!(status, BookingStatus::Pending | BookingStatus::Confirmed)
        });
        let what = match to {
            BookingStatus::Confirmed if row.total.is_zero() => "free tickets",
            BookingStatus::Confirmed if was_free => "late payments that bought tickets",
            BookingStatus::RefundDue if was_free => "late payments that bought none",
            BookingStatus::Refunded => "money given back",
            _ => return,
        };
        self.trace.count(what);
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
}

fn brief(stock: Stock) -> String {
    let (available, held, sold) = (stock.available(), stock.held(), stock.sold());
    format!("version {}: {available} available, {held} held, {sold} sold", stock.version())
}
