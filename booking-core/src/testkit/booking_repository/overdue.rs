//! Telling the truth about what is left.

use crate::domain::booking::BookingStatus;
use crate::domain::ledger::{Cause, HoldOutcome, SoldOut};
use crate::domain::notice::{NoticeKind, Recipient};
use crate::testkit::RepositoryHarness;
use crate::testkit::seed::{self, HOLD, SECOND, TICK};

/// Contract 8: what is left, what is held, and when the first hold ends.
pub async fn sold_out_is_told_honestly<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Short").capacity(8)).await;
    let other = db.store(&seed::event("Other")).await;
    db.sell(seed::hold(event).quantity(2), seed::now()).await;
    let (first, second) = (seed::later(HOLD), seed::later(HOLD + SECOND));
    db.hold(seed::hold(event).quantity(1).expires_at(second), seed::now()).await;
    db.hold(seed::hold(event).quantity(3).expires_at(first), seed::now()).await;
    db.hold(seed::hold(other).expires_at(seed::later(SECOND)), seed::now()).await;
    let before = db.stock(event).await;

    let request = seed::hold(event).quantity(3).build();
    let now = first.saturating_sub(TICK);
    let done = db.bookings.admit(std::slice::from_ref(&request), now).await.expect("admit");

    let expected = SoldOut { available: 2, held: 4, next_release_at: Some(first) };
    assert_eq!(done.outcomes, [HoldOutcome::SoldOut(expected)]);
    assert_eq!(done.stocks, [(event, before)], "the stock of a short event is answered, too");
    assert_eq!(db.stock(event).await, before);
    assert_eq!(db.bookings.find_booking(request.booking_id).await.expect("find"), None);
    assert!(matches!(db.admit(seed::hold(event).quantity(2), now).await, HoldOutcome::Held(_)));
    db.assert_books_balance().await;
}

/// Contract 8: where everything is paid for, nothing will be released.
pub async fn sold_out_to_the_last_ticket_has_no_next_release<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Gone").capacity(2)).await;
    db.sell(seed::hold(event).quantity(2), seed::now()).await;
    let expected = SoldOut { available: 0, held: 0, next_release_at: None };
    assert_eq!(db.admit(seed::hold(event), seed::now()).await, HoldOutcome::SoldOut(expected));
    assert_eq!(db.counts(event).await, (0, 0));
}

/// Contract 8: a hold has ended at `expires_at`, whether or not a sweeper ran.
pub async fn overdue_holds_are_released_before_anybody_is_refused<H: RepositoryHarness>(
    harness: &H,
) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Full").capacity(4)).await;
    let other = db.store(&seed::event("Other").capacity(4)).await;
    let end = seed::later(HOLD);
    let old = db.hold(seed::hold(event).quantity(3), seed::now()).await;
    let fresh = db.hold(seed::hold(event).expires_at(end.saturating_add(TICK)), seed::now()).await;
    let elsewhere = db.hold(seed::hold(other), seed::now()).await;

    let early = end.saturating_sub(TICK);
    assert!(matches!(db.admit(seed::hold(event), early).await, HoldOutcome::SoldOut(_)));
    assert_eq!(db.booking(old.id).await, old, "a refusal before the end changes nothing");

    let next = db.hold(seed::hold(event).quantity(2).expires_at(seed::later(3 * HOLD)), end).await;
    assert_eq!(db.booking(old.id).await.status, BookingStatus::Expired);
    assert_eq!(db.booking(fresh.id).await, fresh, "its end is a tick later");
    assert_eq!(db.booking(elsewhere.id).await, elsewhere, "nobody is short of its event");
    assert_eq!(db.counts(event).await, (4, 3));
    assert_eq!(next.status, BookingStatus::Pending);
    let told = db.bookings.claim_notices(Recipient::Buyer, end, HOLD, 10).await.expect("claim");
    let told: Vec<_> = told.iter().map(|notice| (notice.booking_id, notice.kind)).collect();
    assert_eq!(told, [(old.id, NoticeKind::HoldExpired)], "and its buyer is told");
    db.assert_books_balance().await;
}

/// Contract 8: as many as are needed, the longest overdue first. A crowd of them would keep the first who asks waiting,
/// and those that are left may still be paid for.
pub async fn no_more_overdue_holds_are_released_than_are_needed<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Crowded").capacity(6)).await;
    let mut old = Vec::new();
    // Their ids are in another order than their ends, and two end at the same moment.
    for late in [3, 1, 2, 0, 4, 4] {
        let end = seed::later(HOLD + late * TICK);
        old.push((late, db.hold(seed::hold(event).expires_at(end), seed::now()).await.id));
    }
    old.sort_unstable();
    let (now, end) = (seed::later(2 * HOLD), seed::later(3 * HOLD));
    let statuses = async || {
        let mut statuses = Vec::new();
        for (_, id) in &old {
            statuses.push(db.booking(*id).await.status);
        }
        statuses
    };
    let released = |count: usize| {
        let status = |index| {
            if index < count { BookingStatus::Expired } else { BookingStatus::Pending }
        };
        (0..6).map(status).collect::<Vec<_>>()
    };

    let batch = [1, 2].map(|n| seed::hold(event).quantity(n).expires_at(end).build());
    let done = db.bookings.admit(&batch, now).await.expect("admit");
    assert!(done.outcomes.iter().all(|outcome| matches!(outcome, HoldOutcome::Held(_))));
    assert_eq!(statuses().await, released(3));
    assert_eq!(db.counts(event).await, (6, 6));

    let late = db.booking(old[0].1).await;
    db.settle(late.id, Cause::Notified(seed::succeeded(&late, now)), now).await;
    assert_eq!(db.booking(late.id).await.status, BookingStatus::Confirmed);
    assert_eq!(statuses().await[1..], released(4)[1..], "a late success needs one");

    db.hold(seed::hold(event).expires_at(end), now).await;
    assert_eq!(statuses().await[1..], released(5)[1..], "of two, the one with the lower id");
    assert_eq!(db.counts(event).await, (5, 5));
    db.assert_books_balance().await;
}

/// Contract 8: only shortage releases; otherwise the sweeper does it, or the payment still comes.
pub async fn overdue_holds_are_left_alone_while_there_are_tickets<H: RepositoryHarness>(
    harness: &H,
) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Roomy").capacity(4)).await;
    let old = db.hold(seed::hold(event).quantity(2), seed::now()).await;
    let end = seed::later(HOLD);
    db.hold(seed::hold(event).quantity(2).expires_at(seed::later(2 * HOLD)), end).await;
    assert_eq!(db.booking(old.id).await, old);
    assert_eq!(db.counts(event).await, (4, 4));
    db.assert_books_balance().await;
}

/// Contract 8: the holds that were released on the way are no longer what is waited for.
pub async fn next_release_is_that_of_a_hold_that_is_left<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Left").capacity(5)).await;
    let later = seed::later(2 * HOLD);
    let old = db.hold(seed::hold(event).quantity(2), seed::now()).await;
    db.hold(seed::hold(event).quantity(3).expires_at(later), seed::now()).await;
    let expected = SoldOut { available: 2, held: 3, next_release_at: Some(later) };
    let outcome = db.admit(seed::hold(event).quantity(3), seed::later(HOLD)).await;
    assert_eq!(outcome, HoldOutcome::SoldOut(expected));
    // Released all the same: it was overdue, and the next one who asks for two gets them.
    assert_eq!(db.booking(old.id).await.status, BookingStatus::Expired);
    assert_eq!(db.counts(event).await, (5, 3));
    let cause = Cause::HoldExpired;
    let again = db.settle(old.id, cause, seed::later(HOLD)).await;
    assert!(matches!(again, crate::domain::ledger::SettleOutcome::Unchanged(_)));
    db.assert_books_balance().await;
}

/// Contract 8: a hold of the same batch is a hold that is left.
pub async fn a_batch_sees_the_holds_that_it_made_itself<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Batch").capacity(3)).await;
    let old = db.hold(seed::hold(event).quantity(3), seed::now()).await;
    let now = seed::later(HOLD);
    let end = seed::later(2 * HOLD);
    let batch = [3, 1].map(|n| seed::hold(event).quantity(n).expires_at(end).build());
    let done = db.bookings.admit(&batch, now).await.expect("admit");
    assert!(matches!(done.outcomes[0], HoldOutcome::Held(_)));
    let expected = SoldOut { available: 0, held: 3, next_release_at: Some(end) };
    assert_eq!(done.outcomes[1], HoldOutcome::SoldOut(expected));
    assert_eq!(db.booking(old.id).await.status, BookingStatus::Expired);
    assert_eq!(done.stocks, [(event, db.stock(event).await)]);
    db.assert_books_balance().await;
}
