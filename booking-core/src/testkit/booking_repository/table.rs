//! The state machine, cell by cell, through the repository.

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::ledger::{Cause, SettleOutcome};
use crate::domain::lifecycle::{Move, Step, Trigger, step};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::testkit::seed::{self, HOLD};
use crate::testkit::{Repositories, RepositoryHarness};

const CAPACITY: u32 = 10;
const QUANTITY: u32 = 2;

/// Makes an event with one booking in the wanted status.
pub(super) async fn reach(db: &Repositories, status: BookingStatus) -> Booking {
    let event = db.store(&seed::event("Cell").capacity(CAPACITY)).await;
    let hold = seed::hold(event).quantity(QUANTITY).payment(seed::payment());
    let pending = db.hold(hold, seed::now()).await;
    let now = end();
    let cause = match status {
        BookingStatus::Pending => return pending,
        BookingStatus::Confirmed | BookingStatus::RefundDue => {
            Cause::Notified(seed::succeeded(&pending, seed::now()))
        }
        BookingStatus::PaymentFailed => Cause::Notified(seed::failed(&pending, now)),
        BookingStatus::Cancelled => Cause::CustomerCancelled,
        BookingStatus::Expired => Cause::HoldExpired,
        BookingStatus::Refunded => Cause::Notified(seed::refunded(&pending, now)),
    };
    db.settle(pending.id, cause, now).await;
    if status == BookingStatus::RefundDue {
        db.settle(pending.id, Cause::RefundRequested, now).await;
    }
    let booking = db.booking(pending.id).await;
    assert_eq!(booking.status, status);
    booking
}

/// Returns the end of the holds, at which an expiry works.
pub(super) fn end() -> Timestamp {
    seed::later(HOLD)
}

/// Returns the cause that pulls a trigger.
pub(super) fn cause(trigger: Trigger, booking: &Booking) -> Cause {
    match trigger {
        Trigger::PaymentSucceeded => Cause::Notified(seed::succeeded(booking, seed::now())),
        Trigger::PaymentFailed => Cause::Notified(seed::failed(booking, seed::now())),
        Trigger::CustomerCancelled => Cause::CustomerCancelled,
        Trigger::HoldExpired => Cause::HoldExpired,
        Trigger::LinkFailed => Cause::LinkFailed,
        Trigger::EventCancelled => Cause::EventCancelled,
        Trigger::RefundRequested => Cause::RefundRequested,
        Trigger::Refunded => Cause::Notified(seed::refunded(booking, seed::now())),
    }
}

/// Checks that a booking went where `there` says, or stayed where it was.
async fn assert_went(
    db: &Repositories,
    (before, stock): (&Booking, Stock),
    there: Option<Move>,
    outcome: SettleOutcome,
    cell: &str,
) {
    let after = db.booking(before.id).await;
    let now = db.stock(before.event_id).await;
    match there {
        None => {
            assert_eq!(after, *before, "{cell}");
            assert_eq!(now, stock, "{cell}");
        }
        Some(there) => {
            let expected = stock.checked_apply(there.delta(QUANTITY)).expect("the stock suffices");
            assert_eq!(after.status, there.to, "{cell}");
            assert_eq!(now, expected, "{cell}");
            let moved = SettleOutcome::Moved { booking: after, from: before.status };
            assert_eq!(outcome, moved, "{cell}");
        }
    }
}

/// Contract 6: every transition follows the table: status, stock, held, version and answer.
pub async fn every_cell_of_the_lifecycle_is_obeyed<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    for status in BookingStatus::ALL {
        for trigger in Trigger::ALL {
            let cell = format!("{} on {}", status.as_str(), trigger.as_str());
            let before = reach(&db, status).await;
            if trigger == Trigger::EventCancelled {
                db.call_off(before.event_id, end()).await;
            }
            let stock = db.stock(before.event_id).await;
            let outcome = db.settle(before.id, cause(trigger, &before), end()).await;
            let there = match step(status, trigger) {
                Step::Go(there) | Step::IfAvailable(there, _) => Some(there),
                Step::Stay => {
                    assert_eq!(outcome, SettleOutcome::Unchanged(before.clone()), "{cell}");
                    None
                }
                Step::Refuse => {
                    assert_eq!(outcome, SettleOutcome::Refused(before.clone()), "{cell}");
                    None
                }
            };
            assert_went(&db, (&before, stock), there, outcome, &cell).await;
        }
    }
    db.assert_books_balance().await;
}

/// Contract 6: the cells that depend on the stock, once with tickets and once without.
pub async fn a_late_success_obeys_both_branches_of_its_cell<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    for status in BookingStatus::ALL {
        let Step::IfAvailable(yes, no) = step(status, Trigger::PaymentSucceeded) else { continue };
        for (left, there) in [(QUANTITY, yes), (QUANTITY - 1, no), (0, no)] {
            let cell = format!("{} on a success with {left} left", status.as_str());
            let before = reach(&db, status).await;
            db.sell(seed::hold(before.event_id).quantity(CAPACITY - left), seed::now()).await;
            let stock = db.stock(before.event_id).await;
            let paid = seed::succeeded(&before, end());
            let outcome = db.notify(paid, end()).await;
            assert_went(&db, (&before, stock), Some(there), outcome, &cell).await;
        }
    }
    db.assert_books_balance().await;
}

/// Contract 6: the answer to a refund obeys the row of its notification, and nothing but a free ticket is had for nothing.
pub async fn nothing_to_pay_and_refund_answers_obey_the_table<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    for status in BookingStatus::ALL {
        let cell = format!("{} on the answer to a refund", status.as_str());
        let before = reach(&db, status).await;
        let stock = db.stock(before.event_id).await;
        let outcome = db.settle(before.id, Cause::RefundCompleted, end()).await;
        let there = match step(status, Trigger::Refunded) {
            Step::Go(there) => Some(there),
            Step::IfAvailable(..) | Step::Stay | Step::Refuse => None,
        };
        assert_went(&db, (&before, stock), there, outcome, &cell).await;

        let before = db.booking(before.id).await;
        let stock = db.stock(before.event_id).await;
        let outcome = db.settle(before.id, Cause::NothingToPay, end()).await;
        assert_eq!(outcome, SettleOutcome::Refused(before.clone()), "it costs something");
        assert_went(&db, (&before, stock), None, outcome, "nothing to pay").await;
    }
    db.assert_books_balance().await;
}

/// Contract 6: on a called-off event nothing is sold any more; all else follows the table.
pub async fn a_called_off_event_obeys_the_table<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    for status in BookingStatus::ALL {
        for trigger in Trigger::ALL {
            let cell = format!("called off: {} on {}", status.as_str(), trigger.as_str());
            let before = reach(&db, status).await;
            db.call_off(before.event_id, end()).await;
            let stock = db.stock(before.event_id).await;
            let outcome = db.settle(before.id, cause(trigger, &before), end()).await;
            if (status, trigger) == (BookingStatus::Pending, Trigger::PaymentSucceeded) {
                assert_eq!(db.booking(before.id).await.status, BookingStatus::RefundDue, "{cell}");
                let after = db.counts(before.event_id).await;
                assert_eq!(after, (stock.stock(), stock.held() - QUANTITY), "{cell}");
                continue;
            }
            let there = match step(status, trigger) {
                Step::Go(there) | Step::IfAvailable(_, there) => Some(there),
                Step::Stay | Step::Refuse => None,
            };
            assert_went(&db, (&before, stock), there, outcome, &cell).await;
        }
    }
    db.assert_books_balance().await;
}
