//! Changes of events, and those who have booked already.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::event::{EventStatus, ReminderLead};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::Cause;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::NoticeResult;
use crate::ports::event_repository::{ChangeOutcome, EventChange};
use crate::testkit::seed::{self, DAY, EventSeed, HOLD, SECOND, TICK};
use crate::testkit::{Cut, Repositories, RepositoryHarness, cut_after, until_answered};

const LEASE: Duration = Duration::from_mins(1);

/// A future that is polled more often than this is not cut any later.
const MOST_POLLS: usize = 200;

/// An event in ten days, of which buyers are reminded a day before.
fn far() -> EventSeed {
    seed::event("Organ").capacity(1_000).starts_at(seed::later(10 * DAY))
}

fn move_to(starts_at: Timestamp) -> EventChange {
    EventChange { details: Some(far().starts_at(starts_at).details()), ..EventChange::default() }
}

async fn change(db: &Repositories, id: EventId, change: &EventChange, now: Timestamp) {
    let outcome = db.events.change_event(id, change, now).await.expect("change_event");
    assert!(matches!(outcome, ChangeOutcome::Changed(_)), "{outcome:?}");
}

async fn spread(db: &Repositories, now: Timestamp, limit: u32) -> bool {
    db.bookings.spread_announcement(now, limit).await.expect("spread_announcement")
}

async fn spread_all(db: &Repositories, now: Timestamp) {
    while spread(db, now, 100).await {}
}

async fn claim(db: &Repositories, now: Timestamp) -> Vec<Notice> {
    db.bookings.claim_notices(Recipient::Buyer, now, LEASE, 1_000).await.expect("claim_notices")
}

async fn finish(db: &Repositories, notices: &[Notice], now: Timestamp) {
    let done: Vec<_> = notices.iter().map(|notice| (*notice, NoticeResult::Done)).collect();
    db.bookings.finish_notices(&done, now).await.expect("finish_notices");
}

/// Delivers what is due, and returns what it was, with whose it was.
async fn told(db: &Repositories, now: Timestamp) -> Vec<(NoticeKind, BookingId)> {
    let claimed = claim(db, now).await;
    finish(db, &claimed, now).await;
    let mut told: Vec<_> = claimed.iter().map(|n| (n.kind, n.booking_id)).collect();
    told.sort_unstable();
    told
}

/// Sells a ticket, and delivers the confirmation.
async fn sell(db: &Repositories, event: EventId, now: Timestamp) -> Booking {
    let booking = db.sell(seed::hold(event), now).await;
    assert_eq!(told(db, now).await, [(NoticeKind::BookingConfirmed, booking.id)]);
    booking
}

/// Contract 10: whoever has tickets is told of a move, and reminded of the new time instead of the old one; whoever has
/// none is not.
pub async fn those_who_have_booked_are_told_of_a_move<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    let ours = sell(&db, event, seed::now()).await;
    db.hold(seed::hold(event), seed::now()).await;
    let refunded = sell(&db, event, seed::now()).await;
    db.drive(refunded.id, Cause::RefundRequested, BookingStatus::RefundDue, seed::now()).await;
    assert_eq!(told(&db, seed::now()).await, [(NoticeKind::RefundDue, refunded.id)]);
    // Moved to an earlier day, so that the reminder comes before the one that was planned.
    let now = seed::later(SECOND);
    change(&db, event, &move_to(seed::later(5 * DAY)), now).await;
    assert_eq!(db.listing(event).await.event.revision, 1);
    assert_eq!(told(&db, now).await, [], "nothing is told before it is spread");
    spread_all(&db, now).await;
    assert_eq!(told(&db, now).await, [(NoticeKind::EventChanged, ours.id)]);
    let remind_at = seed::later(4 * DAY);
    assert_eq!(told(&db, remind_at.saturating_sub(TICK)).await, []);
    assert_eq!(told(&db, remind_at).await, [(NoticeKind::EventReminder, ours.id)]);
    // That of the refunded booking is dropped when it comes up, as ever.
    assert_eq!(told(&db, seed::later(9 * DAY)).await, [(NoticeKind::EventReminder, refunded.id)]);
    assert_eq!(told(&db, seed::later(30 * DAY)).await, []);
    db.assert_books_balance().await;
}

/// Contract 10: whoever books after a change has booked the event as it is, whatever the clocks say.
pub async fn whoever_books_after_a_change_is_not_told<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    let before = sell(&db, event, seed::later(SECOND)).await;
    let pending = db.hold(seed::hold(event), seed::now()).await;
    change(&db, event, &move_to(seed::later(20 * DAY)), seed::later(SECOND)).await;
    // By the clock of another server, both are paid before the change.
    let late = db.move_by(&pending, seed::succeeded(&pending, seed::now()), seed::now()).await;
    let after = db.sell(seed::hold(event), seed::now()).await;
    let confirmed = NoticeKind::BookingConfirmed;
    let now = seed::later(SECOND);
    assert_eq!(told(&db, now).await, [(confirmed, late.id), (confirmed, after.id)]);
    spread_all(&db, now).await;
    assert_eq!(told(&db, now).await, [(NoticeKind::EventChanged, before.id)]);
    let mut expected = [before.id, late.id, after.id].map(|id| (NoticeKind::EventReminder, id));
    expected.sort_unstable();
    assert_eq!(told(&db, seed::later(19 * DAY)).await, expected, "each once");
}

/// A change is announced only if somebody has tickets and it matters to them.
pub async fn what_concerns_nobody_is_not_announced<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    db.hold(seed::hold(event), seed::now()).await;
    change(&db, event, &move_to(seed::later(11 * DAY)), seed::now()).await;
    assert!(!spread(&db, seed::now(), 10).await, "nobody has tickets");
    db.sell(seed::hold(event), seed::now()).await;
    let starts_at = seed::later(11 * DAY);
    let described = far().starts_at(starts_at).description("With four organists.").details();
    let described = EventChange { details: Some(described), ..EventChange::default() };
    change(&db, event, &described, seed::now()).await;
    assert!(!spread(&db, seed::now(), 10).await, "a description is no date");
    let sold = db.store(&seed::event("Draft").draft()).await;
    change(&db, sold, &move_to(seed::later(12 * DAY)), seed::now()).await;
    assert!(!spread(&db, seed::now(), 10).await, "a draft has no buyers");
}

/// Contract 10: spreading goes on where it ended, and reaches each booking once.
pub async fn an_announcement_is_spread_page_by_page<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        let booking = sell(&db, event, seed::now()).await;
        expected.push((NoticeKind::EventChanged, booking.id));
    }
    change(&db, event, &move_to(seed::later(11 * DAY)), seed::now()).await;
    let mut all = Vec::new();
    for page in [2, 2, 1] {
        assert!(spread(&db, seed::now(), 2).await);
        let some = told(&db, seed::now()).await;
        assert_eq!(some.len(), page);
        all.extend(some);
    }
    assert!(!spread(&db, seed::now(), 2).await);
    all.sort_unstable();
    assert_eq!(all, expected);
}

/// Contract 10: what waits is planned anew, also if a worker has it at that moment: what that says does not count.
pub async fn a_second_change_plans_what_waits_anew<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    let booking = sell(&db, event, seed::now()).await;
    change(&db, event, &move_to(seed::later(11 * DAY)), seed::now()).await;
    spread_all(&db, seed::now()).await;
    let first = claim(&db, seed::now()).await;
    assert_eq!(first.len(), 1);
    let now = seed::later(SECOND);
    change(&db, event, &move_to(seed::later(12 * DAY)), now).await;
    spread_all(&db, now).await;
    for late in [
        NoticeResult::Dead { reason: "no such mailbox".to_owned() },
        NoticeResult::Retry { at: seed::later(DAY), reason: "busy".to_owned(), counts: true },
        NoticeResult::Done,
    ] {
        db.bookings.finish_notices(&[(first[0], late)], now).await.expect("finish_notices");
    }
    let second = claim(&db, now).await;
    let (claim_number, edition) = (first[0].claim + 1, first[0].edition + 1);
    let expected = Notice { attempt: 1, claim: claim_number, edition, ..first[0] };
    assert_eq!(second, [expected], "although a worker has the first edition");
    finish(&db, &second, now).await;
    assert_eq!(told(&db, seed::later(11 * DAY).saturating_sub(TICK)).await, []);
    let reminded = told(&db, seed::later(11 * DAY)).await;
    assert_eq!(reminded, [(NoticeKind::EventReminder, booking.id)]);
    assert_eq!(db.listing(event).await.event.revision, 2);
}

/// Contract 10: whoever is told at this moment that the event is tomorrow needs no reminder besides.
pub async fn a_move_towards_now_drops_the_reminder<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    let booking = sell(&db, event, seed::now()).await;
    change(&db, event, &move_to(seed::later(DAY)), seed::now()).await;
    spread_all(&db, seed::now()).await;
    assert_eq!(told(&db, seed::now()).await, [(NoticeKind::EventChanged, booking.id)]);
    assert_eq!(told(&db, seed::later(30 * DAY)).await, []);
}

/// Contract 10: of several notices that say the same, and were all given up, one comes back.
pub async fn of_several_that_were_given_up_the_newest_is_revived<H: RepositoryHarness>(
    harness: &H,
) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    let booking = sell(&db, event, seed::now()).await;
    let mut given_up = Vec::new();
    for days in [11, 12] {
        change(&db, event, &move_to(seed::later(days * DAY)), seed::now()).await;
        spread_all(&db, seed::now()).await;
        let claimed = claim(&db, seed::now()).await;
        let dead = NoticeResult::Dead { reason: "no such mailbox".to_owned() };
        let finished = db.bookings.finish_notices(&[(claimed[0], dead)], seed::now()).await;
        finished.expect("finish_notices");
        given_up.push(claimed[0].id);
    }
    let revived = db.bookings.revive_notices(&given_up, seed::now()).await;
    assert_eq!(revived.expect("revive_notices"), 1);
    let again = claim(&db, seed::now()).await;
    assert_eq!((again.len(), again[0].id, again[0].booking_id), (1, given_up[1], booking.id));
}

/// Contract 10: changes that are not told yet are told as one.
pub async fn changes_in_a_row_are_told_once<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    let booking = sell(&db, event, seed::now()).await;
    change(&db, event, &move_to(seed::later(11 * DAY)), seed::now()).await;
    let between = sell(&db, event, seed::now()).await;
    change(&db, event, &move_to(seed::later(12 * DAY)), seed::now()).await;
    let reminder = Some(ReminderLead::from_minutes(60).expect("it is in range"));
    change(&db, event, &EventChange { reminder, ..EventChange::default() }, seed::now()).await;
    assert!(spread(&db, seed::now(), 100).await);
    assert!(!spread(&db, seed::now(), 100).await, "it is one announcement");
    let changed = NoticeKind::EventChanged;
    assert_eq!(told(&db, seed::now()).await, [(changed, booking.id), (changed, between.id)]);
    let remind_at = seed::later(12 * DAY).saturating_sub(SECOND * 3_600);
    assert_eq!(told(&db, remind_at.saturating_sub(TICK)).await, []);
    assert_eq!(told(&db, remind_at).await.len(), 2);
}

/// Contract 10: another lead plans the reminders anew; one that would be over by then comes at once.
pub async fn another_lead_moves_reminders_and_tells_nobody<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    let booking = sell(&db, event, seed::now()).await;
    let lead = |days: u32| {
        let reminder = ReminderLead::from_minutes(days * 24 * 60).expect("it is in range");
        EventChange { reminder: Some(reminder), ..EventChange::default() }
    };
    change(&db, event, &lead(3), seed::now()).await;
    assert_eq!(db.listing(event).await.event.revision, 0, "a calendar shows nothing of it");
    spread_all(&db, seed::now()).await;
    assert_eq!(told(&db, seed::later(7 * DAY).saturating_sub(TICK)).await, []);
    let now = seed::later(SECOND);
    change(&db, event, &lead(20), now).await;
    spread_all(&db, now).await;
    assert_eq!(told(&db, now).await, [(NoticeKind::EventReminder, booking.id)]);
    // Whoever was reminded is not reminded again because the lead grows further.
    change(&db, event, &lead(25), now).await;
    spread_all(&db, now).await;
    assert_eq!(told(&db, seed::later(30 * DAY)).await, []);
}

/// Contract 10: a booking that had no reminder, because it was made late, has one of an event that is put off.
pub async fn an_event_put_off_is_reminded_of_again<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far().starts_at(seed::later(HOLD))).await;
    let booking = sell(&db, event, seed::now()).await;
    assert_eq!(told(&db, seed::later(30 * DAY)).await, [], "it was booked too late for a reminder");
    change(&db, event, &move_to(seed::later(5 * DAY)), seed::now()).await;
    spread_all(&db, seed::now()).await;
    assert_eq!(told(&db, seed::now()).await, [(NoticeKind::EventChanged, booking.id)]);
    assert_eq!(told(&db, seed::later(4 * DAY)).await, [(NoticeKind::EventReminder, booking.id)]);
}

/// Contract 10: a move of an event that is called off before anybody is told is told no more.
pub async fn a_called_off_event_is_announced_no_more<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    sell(&db, event, seed::now()).await;
    change(&db, event, &move_to(seed::later(11 * DAY)), seed::now()).await;
    db.call_off(event, seed::now()).await;
    assert_eq!(db.listing(event).await.event.status, EventStatus::Cancelled);
    spread_all(&db, seed::now()).await;
    assert_eq!(told(&db, seed::now()).await, []);
}

/// Contract 10: one that was given up stays so once a newer one waits, which says all that it would.
pub async fn a_notice_that_was_planned_anew_is_not_revived<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    let booking = sell(&db, event, seed::now()).await;
    change(&db, event, &move_to(seed::later(11 * DAY)), seed::now()).await;
    spread_all(&db, seed::now()).await;
    let given_up = claim(&db, seed::now()).await;
    let dead = NoticeResult::Dead { reason: "no such mailbox".to_owned() };
    db.bookings.finish_notices(&[(given_up[0], dead)], seed::now()).await.expect("finish_notices");
    change(&db, event, &move_to(seed::later(12 * DAY)), seed::now()).await;
    spread_all(&db, seed::now()).await;
    let revive = async || db.bookings.revive_notices(&[given_up[0].id], seed::now()).await;
    assert_eq!(revive().await.expect("revive_notices"), 0);
    assert_eq!(told(&db, seed::now()).await, [(NoticeKind::EventChanged, booking.id)]);
    assert_eq!(revive().await.expect("revive_notices"), 1, "none waits any more");
    assert_eq!(told(&db, seed::now()).await, [(NoticeKind::EventChanged, booking.id)]);
}

/// Contract 1, 10: wherever spreading is dropped, it goes on from there.
pub async fn an_announcement_that_is_dropped_loses_nobody<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&far()).await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.push((NoticeKind::EventChanged, sell(&db, event, seed::now()).await.id));
    }
    for polls in 1..=MOST_POLLS {
        let days = u32::try_from(11 + polls).expect("it is small");
        change(&db, event, &move_to(seed::later(days * DAY)), seed::now()).await;
        let cut = cut_after(polls, db.bookings.spread_announcement(seed::now(), 2)).await;
        // What was dropped may take a moment to end, and until then keeps its row from others.
        let mut all = Vec::new();
        while all.len() < expected.len() {
            while until_answered(|| db.bookings.spread_announcement(seed::now(), 2)).await {}
            all.extend(told(&db, seed::now()).await);
            tokio::task::yield_now().await;
        }
        all.sort_unstable();
        assert_eq!(all, expected, "after {polls} polls");
        if matches!(cut, Cut::Ended(_)) {
            return;
        }
    }
}

/// Contract 10: several workers that spread at the same time tell everybody, and nobody twice.
pub async fn spreaders_tell_everybody_once<H: RepositoryHarness>(harness: &H) {
    const BOOKINGS: usize = 20;
    let (db, _guard) = harness.fresh().await;
    let events = [db.store(&far()).await, db.store(&far()).await];
    for index in 0..BOOKINGS {
        sell(&db, events[index % 2], seed::now()).await;
    }
    for event in events {
        change(&db, event, &move_to(seed::later(11 * DAY)), seed::now()).await;
    }
    let mut spreaders = JoinSet::new();
    for _ in 0..4 {
        let db = db.clone();
        spreaders.spawn(async move {
            while until_answered(|| db.bookings.spread_announcement(seed::now(), 3)).await {}
        });
    }
    spreaders.join_all().await;
    // One that found the rest taken by another has stopped before it.
    spread_all(&db, seed::now()).await;
    let told = told(&db, seed::now()).await;
    assert_eq!(told.len(), BOOKINGS);
    let mut once = told.clone();
    once.dedup();
    assert_eq!(once, told);
}
