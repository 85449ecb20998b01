//! The model that judges the simulation judges the real thing as well: three instances on PostgreSQL and Redis, which are
//! killed, restarted, paused and cut off while everybody books, pays, cancels and changes events.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

#[path = "real_history/books.rs"]
mod books;
#[path = "real_history/crowd.rs"]
mod crowd;
#[expect(dead_code, reason = "not all of what a line can do is needed here")]
#[path = "redis/proxy.rs"]
mod proxy;
#[path = "real_history/stage.rs"]
mod stage;

use std::collections::BTreeMap;
use std::time::Duration;

use booking_core::adapters::system::SystemClock;
use booking_core::domain::booking::{Booking, BookingStatus};
use booking_core::domain::event::EventStatus;
use booking_core::domain::ids::BookingId;
use booking_core::domain::money::Money;
use booking_core::domain::notice::NoticeKind;
use booking_core::domain::time::Timestamp;
use booking_core::ports::Clock as _;
use booking_core::testkit::Dice;
use booking_core::testkit::witness::model::{self, Ending, EventBooks, Outside};
use booking_core::testkit::witness::{Finding, Rule, Sent};

use crate::crowd::Crowd;
use crate::stage::{Fault, LEASE, Stage};

/// How many requests there are between two faults.
const REQUESTS: u32 = 120;

/// Whatever is to come to an end has to do so within this time. Only a failure waits for so long.
const BOUND: Duration = Duration::from_mins(3);

/// By how much times that were read from one clock in a row may differ from their order.
const SKEW: Duration = Duration::from_millis(50);

struct Run {
    stage: Stage,
    books: Vec<EventBooks>,
    sent: Vec<Sent>,
    ending: Ending,
    /// How often what happened to money.
    tally: BTreeMap<&'static str, u32>,
}

impl Run {
    fn judge(&self) -> Vec<Finding> {
        let (facts, accounts) = (self.stage.witness.facts(), self.stage.bank.accounts());
        let (hold, skew) = (stage::HOLD, SKEW);
        let outside = Outside { facts: &facts, accounts: &accounts, sent: &self.sent, hold, skew };
        model::judge(outside, &self.books, &self.ending)
    }
}

/// Plays everything, and returns what is left when it is over.
async fn play(seed: u64) -> Run {
    let mut stage = Stage::build().await;
    let mut crowd = Crowd::new(Dice::new(seed), &stage).await;
    let mut doubts = Vec::new();
    for fault in Fault::ALL {
        crowd.rush(&stage, REQUESTS / 2).await;
        let struck_at = SystemClock.now();
        fault.strike(&mut stage).await;
        crowd.rush(&stage, REQUESTS / 2).await;
        fault.mend(&mut stage).await;
        crowd.wait_for_some().await;
        if fault.repeats() {
            // What is written down when it is over was sent within its lease.
            let span = (struck_at.saturating_sub(LEASE), SystemClock.now().saturating_add(LEASE));
            doubts.push(span);
        }
    }
    crowd.call_one_off(&stage);
    let all = tokio::time::timeout(BOUND, crowd.wait_for_all()).await;
    assert!(all.is_ok(), "{} requests or notifications are never answered", crowd.waiting());
    crowd.wait_for_reminders(SKEW).await;
    let quiet_at = stage.wait_until_quiet(BOUND).await;
    let books = books::read(&stage, crowd.events()).await;
    let sent = stage.postbox.sent();
    // Of what was sent while somebody could not know of it, each fault may have repeated each message once.
    let mut excused_repeats = BTreeMap::<String, u64>::new();
    for (identity, times) in times_before_the_last(&sent) {
        let is_in_doubt = |(from, to)| times.iter().any(|at| (from..=to).contains(at));
        let excuses = doubts.iter().copied().filter(|span| is_in_doubt(*span)).count();
        excused_repeats.insert(identity.to_owned(), excuses.try_into().unwrap());
    }
    let ending = Ending { quiet_at: Some(quiet_at), excused_repeats, ..Ending::default() };
    Run { stage, books, sent, ending, tally: crowd.tally() }
}

/// Returns when each message was sent that was sent again.
fn times_before_the_last(sent: &[Sent]) -> BTreeMap<&str, Vec<Timestamp>> {
    let mut times = BTreeMap::<&str, Vec<Timestamp>>::new();
    for sent in sent {
        times.entry(&*sent.identity).or_default().push(sent.at);
    }
    for times in times.values_mut() {
        times.pop();
    }
    times
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_with_real_faults_keeps_every_rule() {
    let seed = 20_261_127;
    let mut run = play(seed).await;
    let findings = run.judge();
    assert!(findings.is_empty(), "seed {seed}: {findings:#?}");
    let report = run.stage.audit().await;
    assert!(report.discrepancies.is_empty(), "{:?}", report.discrepancies);
    let bookings = run.books.iter().flat_map(|event| &event.bookings);
    let confirmed = bookings.filter(|b| b.status == BookingStatus::Confirmed).count();
    let lines: usize = run.books.iter().map(|event| event.lines.len()).sum();
    let promises = run.stage.witness.facts().promises.len();
    println!(
        "{promises} promises, {lines} lines, {confirmed} confirmed, {} messages",
        run.sent.len()
    );
    assert!(promises > 100 && confirmed > 20, "too little happened");
    for what in ["paid", "declined", "charged back", "paid wrongly", "mixed up with another"] {
        assert!(run.tally.contains_key(what), "nothing was {what}: {:?}", run.tally);
    }
    for kind in [NoticeKind::EventReminder, NoticeKind::BookingCancelled, NoticeKind::Refunded] {
        assert!(run.sent.iter().any(|sent| sent.kind == kind), "no {kind:?}");
    }
    let is_free = |booking: &&Booking| booking.total.is_zero();
    let free = run.books.iter().flat_map(|event| &event.bookings).filter(is_free).count();
    assert!(free > 10, "only {free} for nothing");

    // The judge is not asleep: a history that was tampered with is found out.
    for (tampering, rule) in TAMPERINGS {
        let whole = (run.books.clone(), run.sent.clone());
        tampering(&mut run);
        let broken: Vec<Rule> = run.judge().iter().map(|finding| finding.rule).collect();
        assert!(broken.contains(rule), "{rule}: only {broken:?}");
        (run.books, run.sent) = whole;
    }
    assert!(run.judge().is_empty(), "what was tampered with is whole again");
}

/// Makes a history wrong.
type Tampering = fn(&mut Run);

/// What may be wrong with a history, and the rule that says so.
const TAMPERINGS: &[(Tampering, Rule)] = &[
    (
        |run| run.sent.retain(|sent| sent.kind != NoticeKind::BookingConfirmed),
        Rule::EverybodyIsTold,
    ),
    (
        |run| run.sent.retain(|sent| sent.kind != NoticeKind::EventReminder),
        Rule::EverybodyIsReminded,
    ),
    (
        |run| {
            let again = run.sent[0].clone();
            run.sent.extend(std::iter::repeat_n(again, Fault::ALL.len()));
        },
        Rule::NobodyIsToldTwice,
    ),
    (
        |run| {
            let mut bookings = run.books.iter_mut().flat_map(|event| &mut event.bookings);
            let paid = bookings.find(|booking| !booking.total.is_zero()).unwrap();
            let other = Money::new(paid.unit_price.amount_minor() + 1, paid.unit_price.currency());
            paid.unit_price = other.unwrap();
            paid.total = paid.unit_price.checked_mul(paid.quantity.get()).unwrap();
        },
        Rule::TicketsAreSoldAsTheyAreOffered,
    ),
    (|run| run.books[0].lines.truncate(3), Rule::StockAndJournalAgree),
    (|run| _ = run.books[0].lines.remove(3), Rule::TheJournalHasNoGap),
    (|run| lose(run, is_promised), Rule::APromiseIsKept),
    (
        |run| lose(run, |run, id| run.stage.bank.account(id).paid_at.is_some()),
        Rule::NoPaymentIsLost,
    ),
    (
        |run| {
            lose(run, |run, id| run.stage.witness.facts().taken.values().any(|taken| *taken == id));
        },
        Rule::ABookingStays,
    ),
    (
        |run| {
            let mut bookings = run.books.iter_mut().flat_map(|event| &mut event.bookings);
            let sold = bookings.find(|booking| booking.status == BookingStatus::Confirmed).unwrap();
            sold.status = BookingStatus::Pending;
        },
        Rule::BookingsAndJournalAgree,
    ),
    (
        |run| {
            let is_sold = |booking: &&mut Booking| {
                booking.status == BookingStatus::Confirmed && !booking.total.is_zero()
            };
            let mut bookings = run.books.iter_mut().flat_map(|event| &mut event.bookings);
            bookings.find(is_sold).unwrap().status = BookingStatus::Cancelled;
        },
        Rule::MoneyBuysATicketOrComesBack,
    ),
    (
        |run| {
            let is_off =
                |event: &&mut EventBooks| event.listing.event.status == EventStatus::Cancelled;
            let event = run.books.iter_mut().find(is_off).unwrap();
            event.listing.event.status = EventStatus::Published;
        },
        Rule::WhatIsCalledOffStaysSo,
    ),
];

/// Takes away the first booking that is such a one.
fn lose(run: &mut Run, is_it: fn(&Run, BookingId) -> bool) {
    let all: Vec<BookingId> =
        run.books.iter().flat_map(|event| &event.bookings).map(|booking| booking.id).collect();
    let lost = all.into_iter().find(|id| is_it(run, *id)).unwrap();
    for event in &mut run.books {
        event.bookings.retain(|booking| booking.id != lost);
    }
}

fn is_promised(run: &Run, id: BookingId) -> bool {
    run.stage.witness.facts().promises.iter().any(|promise| promise.booking.id == id)
}
