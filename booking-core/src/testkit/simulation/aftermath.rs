//! What has to be true once the faults are over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::caller::{Caller, is_of};
use super::instance::HOLD;
use super::op::at_once;
use super::schedule::Schedule;
use super::steps::is_near;
use super::trouble::Trouble;
use super::world::World;
use crate::domain::booking::BookingStatus;
use crate::domain::event::EventStatus;
use crate::domain::ids::EventId;
use crate::domain::notice::NoticeKind;
use crate::ports::booking_repository::NoticeState;
use crate::service::BookOutcome;
use crate::testkit::lock::lock;
use crate::testkit::witness::model::{self, Ending, EventBooks, Outside};
use crate::testkit::witness::{Rule, Sent, Wish, short};

/// Longer than anything that was begun may take: a statement that lands when its caller has given up, and a commit that is
/// tried again for five seconds.
const CALM: Duration = Duration::from_secs(30);
/// Longer than an entry lives.
const LIFE: Duration = Duration::from_secs(90);
/// Within this time, all that is left to do has to be done: the longest pauses are those of messages that failed often.
const BOUND: Duration = Duration::from_mins(10);
/// How often it is looked whether all is done.
const LOOK: Duration = Duration::from_secs(6);

/// How sure it is that an entry is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excuse {
    /// What a fault has spoilt may be wrong.
    Faults,
    /// The count was corrected since.
    FaultsOnDetails,
    /// Nothing may be.
    None,
}

/// Ends the faults, and looks at what is left of them.
pub(super) async fn judge(schedule: &mut Schedule<'_>) {
    *lock(&schedule.world.trouble) = Trouble::NONE;
    *lock(&schedule.world.database_away_until) = None;
    *lock(&schedule.world.others_away_until) = None;
    for instance in &schedule.instances {
        instance.line.put_fuse_out();
    }
    schedule.replace_the_dead();
    schedule.world.say("world", || "the faults are over".to_owned());
    tokio::time::sleep(CALM).await;
    judge_cache(schedule).await;
    let caller = schedule.caller(0);
    if caller.world.trace.is_clean() && become_quiet(schedule).await {
        judge_books(&caller).await;
    }
}

/// Waits until nothing is left to do.
async fn become_quiet(schedule: &mut Schedule<'_>) -> bool {
    let mut waited = Duration::ZERO;
    loop {
        // Whatever is announced is spread by then.
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
        for instance in &mut schedule.instances {
            while instance.work.try_join_next().is_some() {}
        }
        let Some(left) = left_to_do(schedule) else { return true };
        if waited >= BOUND {
            schedule.world.find(Rule::EverythingComesToAnEnd, format!("after {BOUND:?}, {left}"));
            return false;
        }
    }
}

/// Names something that is left to do.
fn left_to_do(schedule: &Schedule<'_>) -> Option<String> {
    let world = &schedule.world;
    if schedule.instances.iter().any(|instance| !instance.work.is_empty()) {
        return Some("a request is not answered".to_owned());
    }
    if world.slips_under_way.load(Ordering::Relaxed) > 0 {
        return Some("nobody has answered for a notification".to_owned());
    }
    let waiting = at_once(world.stores.bookings.list_notices(NoticeState::Waiting, None, 10_000));
    let waiting = waiting.expect("the store answers").items;
    let is_planned = |kind: NoticeKind| kind == NoticeKind::EventReminder;
    if let Some(record) = waiting
        .iter()
        .find(|record| !is_planned(record.notice.kind) || record.run_at <= world.now())
    {
        return Some(format!("a notice waits: {record:?}"));
    }
    let bookings = world.event_ids().into_iter().flat_map(|id| world.bookings_of(id));
    // Whoever is still held when the sweeper has come twice is held for ever.
    let patience = 2 * world.kind.sweep_interval() + world.skew();
    let mut bookings = bookings.filter(|booking| match booking.status {
        BookingStatus::Pending => booking.expires_at.saturating_add(patience) > world.now(),
        status => status == BookingStatus::RefundDue,
    });
    bookings.next().map(|booking| format!("{} is {:?}", short(booking.id), booking.status))
}

/// Has the model judge everything, and the engine audit itself.
async fn judge_books(caller: &Caller) {
    let world = &caller.world;
    let dead = at_once(world.stores.bookings.list_notices(NoticeState::Dead, None, 10_000));
    for record in dead.expect("the store answers").items {
        let (id, kind) = (record.notice.booking_id, record.notice.kind);
        if !lock(&world.undeliverable).contains(&(id, kind)) {
            world.find(Rule::NoMessageIsGivenUp, format!("{record:?}"));
        }
    }
    let ending = Ending {
        quiet_at: Some(world.now()),
        excused_repeats: lock(&world.excused_repeats).clone(),
        may_lack_reminders: world.kind.crash + world.kind.database_lost + world.kind.others_lost
            > 0,
        undeliverable: lock(&world.undeliverable).clone(),
    };
    let (books, accounts, sent) = (world.books(), world.bank.accounts(), world.postbox.sent());
    let findings = {
        let facts = world.witness.facts();
        let outside = Outside {
            facts: &facts,
            accounts: &accounts,
            sent: &sent,
            hold: HOLD,
            skew: 2 * world.skew(),
        };
        model::judge(outside, &books, &ending)
    };
    for finding in findings {
        world.trace.find(finding);
    }
    for id in lock(&world.to_close).iter() {
        let account = accounts.get(id).cloned().unwrap_or_default();
        world.trace.count("payments that had to be closed");
        if !account.is_closed && account.paid_at.is_none() {
            let seen = format!("{} can still be paid", short(*id));
            world.find(Rule::WhatIsGivenUpCannotBePaid, seen);
        }
    }
    for event in &books {
        check_moves(world, event, &sent);
        check_entry(world, event.listing.event.id, Excuse::None);
    }
    world.trace.count("schedules that were judged to the end");
    match caller.inner.system.audit().await {
        Ok(report) => {
            for discrepancy in report.discrepancies {
                world.find(Rule::TheBooksBalance, discrepancy.to_string());
            }
        }
        Err(error) => world.find(Rule::TheBooksBalance, format!("no audit: {error}")),
    }
}

/// Whoever had a ticket when the event got another time, and still has it, has heard of it.
fn check_moves(world: &World, books: &EventBooks, sent: &[Sent]) {
    let event = &books.listing.event;
    let Some(last) = world.versions.moves(event.id).pop() else { return };
    // Nobody has to hear that something was moved which has begun.
    if event.status != EventStatus::Published || is_near(event.details.starts_at) {
        return;
    }
    let confirmed = books.bookings.iter().filter(|b| b.status == BookingStatus::Confirmed);
    for booking in confirmed {
        let was_confirmed = books.lines.iter().any(|line| {
            line.version < last && line.booking == Some((booking.id, BookingStatus::Confirmed))
        });
        let heard = NoticeKind::EventChanged;
        let is_it = |sent: &Sent| {
            sent.booking_id == booking.id
                && sent.kind == heard
                && sent.starts_at == event.details.starts_at
        };
        let has_heard =
            sent.iter().any(is_it) || lock(&world.undeliverable).contains(&(booking.id, heard));
        if was_confirmed {
            world.trace.count("buyers who had to hear of a move");
        }
        if was_confirmed && !has_heard {
            let seen = format!("{} was not told of version {last}", short(booking.id));
            world.find(Rule::EverybodyHearsOfAMove, seen);
        }
    }
}

async fn judge_cache(schedule: &mut Schedule<'_>) {
    let caller = schedule.caller(0);
    let world = &*caller.world;
    for event_id in world.event_ids() {
        check_entry(world, event_id, Excuse::Faults);
    }
    // The first booking that gets through puts the count right.
    for (number, event_id) in (0..).zip(world.event_ids()) {
        if book_and_cancel(&caller, event_id, number).await {
            check_entry(world, event_id, Excuse::FaultsOnDetails);
        }
    }
    tokio::time::sleep(LIFE).await;
    for (number, event_id) in (10..).zip(world.event_ids()) {
        if world.cache.count(event_id, world.now()).is_some() {
            world.find(Rule::AnEntryEnds, world.name(event_id));
        }
        caller.look(event_id).await;
        if world.cache.count(event_id, world.now()).is_none() {
            world.find(Rule::AnEventCanBeCached, world.name(event_id));
        }
        check_entry(world, event_id, Excuse::None);
        book_and_cancel(&caller, event_id, number).await;
        check_entry(world, event_id, Excuse::None);
    }
}

/// Holds a ticket and gives it up, if the event is on sale; tells whether the count must be right now.
async fn book_and_cancel(caller: &Caller, event_id: EventId, number: u32) -> bool {
    let listing = caller.world.listing(event_id);
    if listing.event.status != EventStatus::Published {
        return false;
    }
    let customer = format!("last-{number}@example.org");
    let wish = Wish { customer, event_id, quantity: 1, key: None };
    match caller.book(&wish).await {
        Ok(BookOutcome::Booked(booking)) => {
            caller.cancel(&booking).await;
            true
        }
        Ok(BookOutcome::SoldOut(_)) => true,
        other => {
            caller.world.find(Rule::WithoutAFaultBookingsSucceed, format!("{other:?}"));
            false
        }
    }
}

/// What is cached of an event is what the database holds, or there is nothing.
fn check_entry(world: &World, event_id: EventId, excuse: Excuse) {
    let name = world.name(event_id);
    let Some((cached, count)) = world.cache.entry(event_id, world.now()) else {
        world.say("world", || format!("{name} is not cached"));
        return;
    };
    let truth = world.listing(event_id);
    let standing = world.standings.of(event_id);
    let is_count_excused = excuse == Excuse::Faults && standing.is_count_doubtful;
    let are_details_excused = excuse != Excuse::None && standing.are_details_doubtful;
    let available = truth.stock.available();
    world.say("world", || format!("{name} is cached with {count} of {available}, {standing:?}"));
    if !is_count_excused {
        world.trace.count("counts compared");
        if count != available {
            let seen = format!("{name} is cached with {count} tickets, and has {available}");
            world.find(Rule::TheCacheComesRight, seen);
        }
    }
    if !are_details_excused {
        world.trace.count("details compared");
        let (cached, truth) = (&cached, &truth);
        if cached.event != truth.event || cached.stock.sold() != truth.stock.sold() {
            let seen = format!(
                "{name} is cached as “{}” of version {}, and is “{}” of version {}",
                cached.event.details.title,
                cached.stock.version(),
                truth.event.details.title,
                truth.stock.version()
            );
            world.find(Rule::TheCacheComesRight, seen);
        }
    }
    let version = cached.stock.version();
    let is_real =
        world.versions.version(event_id, version).is_some_and(|(had, _)| is_of(&cached, &had));
    if !is_real {
        world.find(Rule::WhatIsReadWasTrue, format!("{name} is cached as version {version}"));
    }
}
