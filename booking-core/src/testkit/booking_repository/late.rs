//! Money that comes when the tickets may be gone.

use crate::domain::audit::BookingRecord;
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::ids::BookingId;
use crate::domain::ledger::Cause;
use crate::domain::lifecycle::PAYMENT_GRACE;
use crate::domain::notice::{NoticeKind, Recipient};
use crate::testkit::seed::{self, DAY, HOLD, SECOND, TICK};
use crate::testkit::{Repositories, RepositoryHarness};

async fn expired(db: &Repositories, booking: Booking) -> Booking {
    db.drive(booking.id, Cause::HoldExpired, BookingStatus::Expired, seed::later(HOLD)).await
}

async fn history(db: &Repositories, id: BookingId) -> Vec<String> {
    let records = db.bookings.audit_bookings(None, 100).await.expect("audit_bookings");
    let found: Option<BookingRecord> = records.into_iter().find(|record| record.booking_id == id);
    found.expect("it is audited").history.into_iter().map(|line| line.status).collect()
}

async fn notices(db: &Repositories, recipient: Recipient, id: BookingId) -> Vec<NoticeKind> {
    let now = seed::later(1_000 * DAY);
    let claimed = db.bookings.claim_notices(recipient, now, HOLD, 100).await.expect("claim");
    let mut kinds: Vec<NoticeKind> =
        claimed.into_iter().filter(|n| n.booking_id == id).map(|notice| notice.kind).collect();
    kinds.sort_unstable();
    kinds
}

/// Contract 6: what counts is when the money was paid, not when the message got through.
pub async fn a_success_paid_in_time_counts_however_late_it_comes<H: RepositoryHarness>(
    harness: &H,
) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Delayed").capacity(2)).await;
    let booking = db.hold(seed::hold(event).quantity(2), seed::now()).await;
    let paid_at = booking.expires_at.saturating_add(PAYMENT_GRACE);
    let now = seed::later(5 * HOLD);
    let sold = db.move_by(&booking, seed::succeeded(&booking, paid_at), now).await;
    assert_eq!(sold.status, BookingStatus::Confirmed);
    assert_eq!(history(&db, booking.id).await, ["pending", "confirmed"]);
    assert_eq!(db.counts(event).await, (0, 0));
    db.assert_books_balance().await;
}

/// Contract 6: paid late and not swept yet, it expires first, and then finds its own tickets free.
pub async fn a_success_paid_late_finds_its_own_tickets_again<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Late").capacity(2)).await;
    let booking = db.hold(seed::hold(event).quantity(2), seed::now()).await;
    let before = db.stock(event).await;
    let paid_at = booking.expires_at.saturating_add(PAYMENT_GRACE + TICK);
    let sold = db.move_by(&booking, seed::succeeded(&booking, paid_at), paid_at).await;
    assert_eq!(sold.status, BookingStatus::Confirmed);
    assert_eq!(history(&db, booking.id).await, ["pending", "expired", "confirmed"]);
    assert_eq!(db.stock(event).await.version(), before.version() + 2, "two lines, two versions");
    assert_eq!(db.counts(event).await, (0, 0));
    db.assert_books_balance().await;
}

/// Contract 6: a late success takes tickets that are free.
pub async fn a_late_success_gets_free_tickets<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Free again").capacity(3)).await;
    let now = seed::later(2 * HOLD);
    for give_up in [Cause::CustomerCancelled, Cause::LinkFailed, Cause::HoldExpired] {
        let booking = db.hold(seed::hold(event), seed::now()).await;
        db.settle(booking.id, give_up, now).await;
        let given_up = db.booking(booking.id).await;
        assert_ne!(given_up.status, BookingStatus::Pending);
        let sold = db.move_by(&given_up, seed::succeeded(&given_up, now), now).await;
        assert_eq!((sold.status, sold.confirmed_at), (BookingStatus::Confirmed, Some(now)));
    }
    assert_eq!(db.counts(event).await, (0, 0));
    db.assert_books_balance().await;
}

/// Contract 2, 6: without tickets the money goes back; nobody else loses theirs.
pub async fn a_late_success_without_tickets_is_refunded<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Gone").capacity(2)).await;
    let late = db.hold(seed::hold(event).quantity(2).payment(seed::payment()), seed::now()).await;
    let late = expired(&db, late).await;
    let end = seed::later(9 * HOLD);
    let other = db.hold(seed::hold(event).expires_at(end), seed::later(HOLD)).await;
    let before = db.stock(event).await;

    let now = seed::later(HOLD + SECOND);
    let due = db.move_by(&late, seed::succeeded(&late, now), now).await;
    assert_eq!((due.status, due.confirmed_at), (BookingStatus::RefundDue, None));
    let after = db.stock(event).await;
    assert_eq!((after.stock(), after.held()), (before.stock(), before.held()));
    assert_eq!(after.version(), before.version() + 1, "the journal has its line all the same");
    assert_eq!(db.booking(other.id).await, other);
    assert_eq!(notices(&db, Recipient::Gateway, late.id).await, [NoticeKind::RequestRefund]);
    let told = notices(&db, Recipient::Buyer, late.id).await;
    assert_eq!(told, [NoticeKind::HoldExpired, NoticeKind::RefundDue]);
    db.assert_books_balance().await;
}

/// Contract 8: a late success is refused for want of tickets only after overdue holds were released.
pub async fn a_late_success_releases_overdue_holds<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Released").capacity(2)).await;
    let late = db.hold(seed::hold(event).quantity(2), seed::now()).await;
    let late = expired(&db, late).await;
    let end = seed::later(2 * HOLD);
    let idle = db.hold(seed::hold(event).quantity(2).expires_at(end), seed::later(HOLD)).await;

    let sold = db.move_by(&late, seed::succeeded(&late, end), end).await;
    assert_eq!(sold.status, BookingStatus::Confirmed);
    assert_eq!(db.booking(idle.id).await.status, BookingStatus::Expired);
    assert_eq!(db.counts(event).await, (0, 0));
    db.assert_books_balance().await;
}

/// Contract 6: after the end of the event a ticket is worth nothing.
pub async fn a_success_after_the_end_is_refunded<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Over")).await;
    let booking = db.hold(seed::hold(event), seed::now()).await;
    let booking = expired(&db, booking).await;
    let now = seed::later(40 * DAY);
    let due = db.move_by(&booking, seed::succeeded(&booking, now), now).await;
    assert_eq!(due.status, BookingStatus::RefundDue);
    assert_eq!(db.counts(event).await, (100, 0));
    db.assert_books_balance().await;
}

/// Contract 6: money for an event that was called off goes back, through the state that explains why.
pub async fn a_success_on_a_called_off_event_is_refunded<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Called off")).await;
    let now = seed::now();
    let booking = db.hold(seed::hold(event).quantity(2).payment(seed::payment()), now).await;
    db.call_off(event, now).await;
    let due = db.move_by(&booking, seed::succeeded(&booking, now), now).await;
    assert_eq!((due.status, due.confirmed_at), (BookingStatus::RefundDue, None));
    assert_eq!(due.cancelled_at, Some(now));
    assert_eq!(history(&db, booking.id).await, ["pending", "cancelled", "refund_due"]);
    assert_eq!(db.counts(event).await, (100, 0));
    assert_eq!(
        notices(&db, Recipient::Gateway, booking.id).await,
        [NoticeKind::ExpirePayment, NoticeKind::RequestRefund]
    );
    let told = notices(&db, Recipient::Buyer, booking.id).await;
    assert_eq!(told, [NoticeKind::EventCancelled], "which says that the money comes back");
    db.assert_books_balance().await;
}
