//! Notices: when they are queued, who may deliver them, and what comes of an attempt.

use std::time::Duration;

use crate::domain::booking::BookingStatus;
use crate::domain::ids::BookingId;
use crate::domain::ledger::{Cause, SettleOutcome};
use crate::domain::lifecycle::Trigger;
use crate::domain::notice::{Notice, NoticeKind, Recipient, notices_for};
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::{NoticeResult, OutboxDepth};
use crate::testkit::seed::{self, DAY, HOLD, SECOND, TICK};
use crate::testkit::{Repositories, RepositoryHarness};

const LEASE: Duration = Duration::from_mins(1);

pub(super) async fn claim(db: &Repositories, recipient: Recipient, now: Timestamp) -> Vec<Notice> {
    db.bookings.claim_notices(recipient, now, LEASE, 1_000).await.expect("claim_notices")
}

pub(super) async fn finish(
    db: &Repositories,
    notice: &Notice,
    result: NoticeResult,
    now: Timestamp,
) {
    db.bookings.finish_notices(&[(*notice, result)], now).await.expect("finish_notices");
}

/// Sells as many tickets of one event, each in a booking of its own: a notice to a buyer follows from each, due now.
pub(super) async fn sell(db: &Repositories, bookings: usize) {
    let event = db.store(&seed::event("Many").starts_at(seed::later(HOLD))).await;
    for _ in 0..bookings {
        db.sell(seed::hold(event), seed::now()).await;
    }
}

/// Makes a database with one notice to a buyer, due now.
async fn one_notice(db: &Repositories) -> BookingId {
    let event = db.store(&seed::event("One").starts_at(seed::later(HOLD))).await;
    db.sell(seed::hold(event), seed::now()).await.id
}

pub(super) fn retry(at: Timestamp) -> NoticeResult {
    NoticeResult::Retry { at, reason: "the mail server is asleep".to_owned(), counts: true }
}

/// Contract 6: each move of the table queues exactly the notices that follow from it, each at its time.
pub async fn every_move_queues_its_notices<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let far = seed::later(1_000 * DAY);
    for status in BookingStatus::ALL {
        for trigger in Trigger::ALL {
            let cell = format!("{} on {}", status.as_str(), trigger.as_str());
            let before = super::table::reach(&db, status).await;
            if trigger == Trigger::EventCancelled {
                db.call_off(before.event_id, super::table::end()).await;
            }
            drain(&db, far).await;
            let cause = super::table::cause(trigger, &before);
            let outcome = db.settle(before.id, cause, super::table::end()).await;
            let mut expected = match outcome {
                SettleOutcome::Moved { booking, .. } => {
                    let remind_at = db.listing(before.event_id).await.event.remind_at();
                    let now = super::table::end();
                    notices_for(trigger, booking.status, true, remind_at, now)
                }
                _ => Vec::new(),
            };
            expected.sort_unstable();
            for (kind, run_at) in &expected {
                let early = run_at.saturating_sub(TICK);
                let claimed = claim(&db, kind.recipient(), early).await;
                assert!(claimed.iter().all(|n| n.kind != *kind), "{cell}: {kind:?} is too early");
                hand_back(&db, &claimed, early).await;
            }
            let mut queued: Vec<NoticeKind> = Vec::new();
            for recipient in [Recipient::Buyer, Recipient::Gateway] {
                for notice in claim(&db, recipient, far).await {
                    assert_eq!(notice.booking_id, before.id, "{cell}");
                    assert_eq!(notice.event_id, before.event_id, "{cell}");
                    queued.push(notice.kind);
                    finish(&db, &notice, NoticeResult::Done, far).await;
                }
            }
            queued.sort_unstable();
            let expected: Vec<NoticeKind> = expected.into_iter().map(|(kind, _)| kind).collect();
            assert_eq!(queued, expected, "{cell}");
        }
    }
}

/// Marks everything as delivered.
async fn drain(db: &Repositories, now: Timestamp) {
    for recipient in [Recipient::Buyer, Recipient::Gateway] {
        for notice in claim(db, recipient, now).await {
            finish(db, &notice, NoticeResult::Done, now).await;
        }
    }
}

async fn hand_back(db: &Repositories, notices: &[Notice], now: Timestamp) {
    for notice in notices {
        finish(db, notice, retry(now), now).await;
    }
}

/// Returns what is claimed next, if it failed.
fn next(notice: &Notice) -> Notice {
    Notice { attempt: notice.attempt + 1, claim: notice.claim + 1, ..*notice }
}

/// A notice is claimed at its time, not before; a reminder waits for its day.
pub async fn notices_wait_for_their_time<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let starts_at = seed::later(10 * DAY);
    let event = db.store(&seed::event("Reminder").starts_at(starts_at)).await;
    let booking = db.sell(seed::hold(event), seed::now()).await;
    let remind_at = starts_at.saturating_sub(DAY);

    let kinds = |notices: &[Notice]| notices.iter().map(|n| n.kind).collect::<Vec<_>>();
    let early = claim(&db, Recipient::Buyer, seed::now().saturating_sub(TICK)).await;
    assert_eq!(early, []);
    let first = claim(&db, Recipient::Buyer, seed::now()).await;
    assert_eq!(kinds(&first), [NoticeKind::BookingConfirmed]);
    assert_eq!((first[0].booking_id, first[0].event_id), (booking.id, event));
    assert_eq!(first[0].attempt, 1);
    finish(&db, &first[0], NoticeResult::Done, seed::now()).await;
    assert_eq!(claim(&db, Recipient::Buyer, remind_at.saturating_sub(TICK)).await, []);
    let second = claim(&db, Recipient::Buyer, remind_at).await;
    assert_eq!(kinds(&second), [NoticeKind::EventReminder]);
    assert_ne!(first[0].id, second[0].id);
}

/// A worker for mails never sees what is meant for the gateway, and the other way round.
pub async fn each_recipient_gets_its_own<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Both").starts_at(seed::later(HOLD))).await;
    let now = seed::now();
    let sold = db.sell(seed::hold(event), now).await;
    db.drive(sold.id, Cause::RefundRequested, BookingStatus::RefundDue, now).await;
    let mut kinds = Vec::new();
    for recipient in [Recipient::Gateway, Recipient::Buyer] {
        let claimed = claim(&db, recipient, now).await;
        assert!(claimed.iter().all(|notice| notice.kind.recipient() == recipient));
        kinds.extend(claimed.iter().map(|notice| notice.kind));
    }
    kinds.sort_unstable();
    let expected = [NoticeKind::BookingConfirmed, NoticeKind::RefundDue, NoticeKind::RequestRefund];
    assert_eq!(kinds, expected);
}

/// Contract 9: a claimed notice is nobody else's until the lease runs out; then the attempt is counted.
pub async fn a_lease_keeps_others_away_until_it_ends<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    one_notice(&db).await;
    let first = claim(&db, Recipient::Buyer, seed::now()).await;
    assert_eq!(first.len(), 1);
    let end = seed::later(LEASE);
    assert_eq!(claim(&db, Recipient::Buyer, seed::now()).await, []);
    assert_eq!(claim(&db, Recipient::Buyer, end.saturating_sub(TICK)).await, []);
    let second = claim(&db, Recipient::Buyer, end).await;
    assert_eq!(second, [next(&first[0])], "the same notice, the next attempt");
}

/// A retry frees the notice at the time that was asked for, not before.
pub async fn a_retry_comes_back_at_its_time<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    one_notice(&db).await;
    let first = claim(&db, Recipient::Buyer, seed::now()).await;
    let at = seed::later(SECOND * 5);
    finish(&db, &first[0], retry(at), seed::now()).await;
    assert_eq!(claim(&db, Recipient::Buyer, at.saturating_sub(TICK)).await, []);
    let again = claim(&db, Recipient::Buyer, at).await;
    assert_eq!(again, [next(&first[0])], "although the lease had not run out");
    let depth = db.bookings.outbox_depth(at.saturating_add(LEASE)).await.expect("outbox_depth");
    assert_eq!(depth, OutboxDepth { due: 1, dead: 0 });
}

/// What was given up is never claimed again, and counted for somebody to look at.
pub async fn what_was_given_up_stays_visible<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    sell(&db, 3).await;
    let depth = async |now| db.bookings.outbox_depth(now).await.expect("outbox_depth");
    assert_eq!(depth(seed::now().saturating_sub(TICK)).await, OutboxDepth::default());
    assert_eq!(depth(seed::now()).await, OutboxDepth { due: 3, dead: 0 });
    let claimed = claim(&db, Recipient::Buyer, seed::now()).await;
    let dead = NoticeResult::Dead { reason: "no such mailbox".to_owned() };
    finish(&db, &claimed[0], dead, seed::now()).await;
    finish(&db, &claimed[1], NoticeResult::Done, seed::now()).await;
    finish(&db, &claimed[2], retry(seed::now()), seed::now()).await;
    assert_eq!(depth(seed::now()).await, OutboxDepth { due: 1, dead: 1 });
    let left = claim(&db, Recipient::Buyer, seed::later(DAY)).await;
    assert_eq!(left, [next(&claimed[2])]);
}

/// A worker that lost its lease cannot bring back what another delivered.
pub async fn what_is_done_stays_done<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    one_notice(&db).await;
    let slow = claim(&db, Recipient::Buyer, seed::now()).await;
    let now = seed::later(LEASE);
    let fast = claim(&db, Recipient::Buyer, now).await;
    assert_eq!(fast[0].id, slow[0].id);
    finish(&db, &fast[0], NoticeResult::Done, now).await;
    for late in [retry(now), NoticeResult::Dead { reason: "too slow".to_owned() }] {
        finish(&db, &slow[0], late, now).await;
    }
    assert_eq!(claim(&db, Recipient::Buyer, seed::later(DAY)).await, []);
    let depth = db.bookings.outbox_depth(seed::later(DAY)).await.expect("outbox_depth");
    assert_eq!(depth, OutboxDepth::default());
}

/// A worker that lost its lease and failed does not take away that of the one who has it now.
pub async fn a_lease_that_ran_out_ends_no_other<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    one_notice(&db).await;
    let slow = claim(&db, Recipient::Buyer, seed::now()).await;
    let now = seed::later(LEASE);
    let fast = claim(&db, Recipient::Buyer, now).await;
    assert_eq!(fast[0].id, slow[0].id);
    for late in [retry(now), NoticeResult::Dead { reason: "too slow".to_owned() }] {
        finish(&db, &slow[0], late, now).await;
        assert_eq!(claim(&db, Recipient::Buyer, now).await, [], "it is being delivered");
    }
    // Both say something at once, if they are the same worker.
    let results = [(fast[0], retry(now)), (slow[0], retry(seed::later(DAY)))];
    db.bookings.finish_notices(&results, now).await.expect("finish_notices");
    let third = claim(&db, Recipient::Buyer, now).await;
    assert_eq!(third[0].attempt, 3, "the one who had it may give it back");
    // It was delivered, whoever did it.
    finish(&db, &slow[0], NoticeResult::Done, now).await;
    assert_eq!(claim(&db, Recipient::Buyer, seed::later(DAY)).await, []);
}

/// What was delivered by a worker that lost its lease is done, also if the next one gave it up meanwhile.
pub async fn what_was_delivered_is_done_although_another_gave_it_up<H: RepositoryHarness>(
    harness: &H,
) {
    let (db, _guard) = harness.fresh().await;
    one_notice(&db).await;
    let slow = claim(&db, Recipient::Buyer, seed::now()).await;
    let now = seed::later(LEASE);
    let fast = claim(&db, Recipient::Buyer, now).await;
    finish(&db, &fast[0], NoticeResult::Dead { reason: "no such mailbox".to_owned() }, now).await;
    finish(&db, &slow[0], NoticeResult::Done, now).await;
    let depth = db.bookings.outbox_depth(now).await.expect("outbox_depth");
    assert_eq!(depth, OutboxDepth::default());
}

/// An attempt that failed because of something else leaves the count as it was.
pub async fn an_attempt_that_does_not_count_is_given_back<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    one_notice(&db).await;
    for counts in [false, false, true, false] {
        let claimed = claim(&db, Recipient::Buyer, seed::now()).await;
        let (at, reason) = (seed::now(), "the mail server is away".to_owned());
        finish(&db, &claimed[0], NoticeResult::Retry { at, reason, counts }, at).await;
    }
    assert_eq!(claim(&db, Recipient::Buyer, seed::now()).await[0].attempt, 2, "one of them counts");
}

/// Contract 9: an attempt that does not count has a number that comes again. Whoever has it late is still known from
/// the one who has it now.
pub async fn the_number_of_an_attempt_gives_nobody_a_lease<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    one_notice(&db).await;
    let uncounted = |at| {
        let reason = "the mail server is away".to_owned();
        NoticeResult::Retry { at, reason, counts: false }
    };
    let first = claim(&db, Recipient::Buyer, seed::now()).await;
    // The answer to the first writing was lost, so it is written again.
    for _ in 0..2 {
        finish(&db, &first[0], uncounted(seed::now()), seed::now()).await;
    }
    let second = claim(&db, Recipient::Buyer, seed::now()).await;
    assert_eq!(second[0].attempt, first[0].attempt);
    let dead = NoticeResult::Dead { reason: "too slow".to_owned() };
    for late in [uncounted(seed::now()), retry(seed::now()), dead.clone()] {
        finish(&db, &first[0], late, seed::now()).await;
        assert_eq!(claim(&db, Recipient::Buyer, seed::now()).await, [], "it is being delivered");
    }
    finish(&db, &second[0], dead.clone(), seed::now()).await;
    let revived = db.bookings.revive_notices(&[second[0].id], seed::now()).await;
    assert_eq!(revived.expect("revive_notices"), 1);
    let third = claim(&db, Recipient::Buyer, seed::now()).await;
    assert_eq!((third.len(), third[0].attempt), (1, first[0].attempt));
    for late in [&first[0], &second[0]] {
        finish(&db, late, dead.clone(), seed::now()).await;
    }
    let depth = db.bookings.outbox_depth(seed::now()).await.expect("outbox_depth");
    assert_eq!(depth, OutboxDepth { due: 1, dead: 0 });
}

/// A claim is no larger than asked for, and leaves the rest to others.
pub async fn claims_keep_to_their_limit<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    sell(&db, 5).await;
    let mut ids = Vec::new();
    for expected in [2, 2, 1, 0] {
        let claimed = db
            .bookings
            .claim_notices(Recipient::Buyer, seed::now(), LEASE, 2)
            .await
            .expect("claim_notices");
        assert_eq!(claimed.len(), expected);
        ids.extend(claimed.iter().map(|notice| notice.id));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "each once");
}

/// An unknown id does no harm to the others of its batch.
pub async fn results_of_unknown_notices_are_ignored<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    one_notice(&db).await;
    let claimed = claim(&db, Recipient::Buyer, seed::now()).await;
    let unknown = Notice { id: seed::notice_id(), ..claimed[0] };
    let batch = [(unknown, NoticeResult::Done), (claimed[0], NoticeResult::Done)];
    db.bookings.finish_notices(&batch, seed::now()).await.expect("finish_notices");
    db.bookings.finish_notices(&[], seed::now()).await.expect("finish_notices");
    let depth = db.bookings.outbox_depth(seed::later(DAY)).await.expect("outbox_depth");
    assert_eq!(depth, OutboxDepth::default());
}
