//! Reading bookings, and keeping their links.

use crate::domain::booking::BookingStatus;
use crate::domain::ids::BookingId;
use crate::domain::ledger::{Cause, Mismatch, SettleOutcome};
use crate::ports::booking_repository::LinkRecord;
use crate::testkit::RepositoryHarness;
use crate::testkit::seed::{self, HOLD, SECOND, TICK};

/// An unknown id is no fault.
pub async fn an_unknown_booking_is_none<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let found = db.bookings.find_booking(seed::booking_id()).await.expect("find_booking");
    assert_eq!(found, None);
    let page = db.bookings.list_bookings(seed::event_id(), None, 5).await.expect("list_bookings");
    assert_eq!((page.items, page.next), (vec![], None));
}

/// The list of an event is complete, ordered by id, and its pages are full but for the last.
pub async fn bookings_of_an_event_come_page_by_page_in_order<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("List")).await;
    let other = db.store(&seed::event("Other")).await;
    let mut requests: Vec<_> = (0..7).map(|_| seed::hold(event).build()).collect();
    requests.swap(0, 5);
    requests.swap(2, 6);
    for request in requests {
        db.hold(request, seed::now()).await;
        db.hold(seed::hold(other), seed::now()).await;
    }
    let all = db.list(event).await;
    assert!(all.is_sorted_by(|a, b| a.id < b.id), "in order of their ids");
    assert!(all.len() == 7 && all.iter().all(|booking| booking.event_id == event));
    db.drive(all[3].id, Cause::CustomerCancelled, BookingStatus::Cancelled, seed::now()).await;
    let all = db.list(event).await;

    for limit in 1..=8_u32 {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = db.bookings.list_bookings(event, after, limit).await.expect("list_bookings");
            assert!(page.items.len() <= usize::try_from(limit).expect("it is small"));
            let last = page.items.last().map(|booking| booking.id);
            seen.extend(page.items);
            let Some(next) = page.next else { break };
            assert_eq!(Some(next), last, "a page ends with its last item");
            assert!(seen.len() < all.len(), "a next page is offered only if there is one");
            after = Some(next);
        }
        assert_eq!(seen, all, "with {limit} on a page");
    }
}

/// Holds end at `expires_at`; who waits longest comes first.
pub async fn overdue_holds_come_the_longest_first<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Overdue")).await;
    let other = db.store(&seed::event("Other")).await;
    let at = |seconds: u32| seed::later(HOLD + SECOND * seconds);
    let mut ids = Vec::new();
    for (event, seconds) in [(event, 3), (other, 1), (event, 2), (other, 4), (event, 0)] {
        ids.push(db.hold(seed::hold(event).expires_at(at(seconds)), seed::now()).await.id);
    }
    let expected = [ids[4], ids[1], ids[2], ids[0]];
    let list = |now, limit| db.bookings.list_overdue(now, limit);
    let early = at(0).saturating_sub(TICK);
    assert_eq!(list(early, 10).await.expect("list_overdue"), []);
    assert_eq!(list(at(0), 10).await.expect("list_overdue"), expected[..1]);
    assert_eq!(list(at(3), 10).await.expect("list_overdue"), expected);
    assert_eq!(list(at(3), 2).await.expect("list_overdue"), expected[..2]);

    let booking = db.booking(ids[4]).await;
    db.move_by(&booking, seed::succeeded(&booking, seed::now()), at(3)).await;
    db.drive(ids[1], Cause::HoldExpired, BookingStatus::Expired, at(3)).await;
    assert_eq!(list(at(3), 10).await.expect("list_overdue"), expected[2..], "only pending ones");
    assert_eq!(db.booking(ids[2]).await.status, BookingStatus::Pending, "a list changes nothing");
}

/// What is left to do of a cancellation: pending and confirmed bookings.
pub async fn bookings_of_called_off_events_are_listed_until_they_are_settled<
    H: RepositoryHarness,
>(
    harness: &H,
) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Off")).await;
    let other = db.store(&seed::event("On")).await;
    let now = seed::now();
    let pending = db.hold(seed::hold(event), now).await;
    let paid = db.sell(seed::hold(event), now).await;
    let gone = db.hold(seed::hold(event), now).await;
    db.drive(gone.id, Cause::CustomerCancelled, BookingStatus::Cancelled, now).await;
    db.hold(seed::hold(other), now).await;
    let list = async |limit| {
        let mut ids: Vec<BookingId> =
            db.bookings.list_called_off(limit).await.expect("list_called_off");
        ids.sort_unstable();
        ids
    };
    assert_eq!(list(10).await, []);
    db.call_off(event, now).await;
    assert_eq!(list(10).await, [pending.id, paid.id]);
    assert_eq!(list(1).await.len(), 1);
    db.drive(pending.id, Cause::EventCancelled, BookingStatus::Cancelled, now).await;
    assert_eq!(list(10).await, [paid.id]);
    let due = db.drive(paid.id, Cause::EventCancelled, BookingStatus::RefundDue, now).await;
    assert_eq!(due.cancelled_at, Some(now));
    assert_eq!(list(10).await, [], "what is settled is not listed again");
    db.assert_books_balance().await;
}

/// A booking keeps the first link; unknown bookings are skipped; nothing else changes.
pub async fn a_link_is_recorded_once<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Links")).await;
    let now = seed::now();
    let first = db.hold(seed::hold(event), now).await;
    let second = db.hold(seed::hold(event), now).await;
    let bystander = db.hold(seed::hold(event), now).await;
    let stock = db.stock(event).await;
    let record = |booking_id| LinkRecord { booking_id, payment: seed::payment() };
    let batch = [record(first.id), record(seed::booking_id()), record(second.id)];

    db.bookings.record_links(&batch).await.expect("record_links");
    db.bookings.record_links(&[record(first.id)]).await.expect("record_links");
    db.bookings.record_links(&[]).await.expect("record_links");

    for (booking, link) in [(&first, &batch[0]), (&second, &batch[2])] {
        let stored = db.booking(booking.id).await;
        assert_eq!(stored.payment.as_ref(), Some(&link.payment));
        let mut expected = booking.clone();
        expected.payment.clone_from(&stored.payment);
        assert_eq!(stored, expected, "nothing but the link changed");
    }
    assert_eq!(db.booking(bystander.id).await, bystander);
    let unknown = db.bookings.find_booking(batch[1].booking_id).await.expect("find_booking");
    assert_eq!(unknown, None);
    assert_eq!(db.stock(event).await, stock);

    let mut other = seed::succeeded(&first, now);
    other.payment_id = seed::foreign_id("other");
    let set_aside = db.notify(other, now).await;
    assert_eq!(set_aside, SettleOutcome::SetAside(Mismatch::Payment), "the link now binds");
    db.assert_books_balance().await;
}

/// A link that was written with the booking is the first one.
pub async fn a_link_that_came_with_the_request_stays<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Link")).await;
    let booking = db.hold(seed::hold(event).payment(seed::payment()), seed::now()).await;
    let record = LinkRecord { booking_id: booking.id, payment: seed::payment() };
    db.bookings.record_links(&[record]).await.expect("record_links");
    assert_eq!(db.booking(booking.id).await, booking);
}

/// A database that works says so.
pub async fn the_database_answers<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    db.bookings.ping().await.expect("ping");
}
