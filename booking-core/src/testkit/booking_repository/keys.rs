//! Idempotency keys.

use crate::domain::booking::BookingStatus;
use crate::domain::ledger::{Cause, HoldOutcome, HoldRequest};
use crate::testkit::RepositoryHarness;
use crate::testkit::seed::{self, HOLD, SECOND, TICK};

/// Contract 5: the same key with the same fingerprint is answered with the booking as it stands now.
pub async fn the_same_key_and_request_is_the_same_booking<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Key").capacity(2)).await;
    let first = db.hold(seed::hold(event).quantity(2).key("key", "two"), seed::now()).await;
    let before = db.stock(event).await;

    let repeat = seed::hold(event).quantity(2).key("key", "two").build();
    assert_eq!(db.admit(repeat.clone(), seed::now()).await, HoldOutcome::Replayed(first.clone()));
    let found = db.bookings.find_booking(repeat.booking_id).await.expect("find_booking");
    assert_eq!(found, None, "no second booking is made");
    assert_eq!(db.stock(event).await, before);

    let paid = db.move_by(&first, seed::succeeded(&first, seed::now()), seed::now()).await;
    assert_eq!(db.admit(repeat, seed::now()).await, HoldOutcome::Replayed(paid));
    assert_eq!(db.list(event).await.len(), 1);
    db.assert_books_balance().await;
}

/// Contract 5: the same key with another fingerprint is refused, and books nothing.
pub async fn the_same_key_with_another_request_is_refused<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Reused")).await;
    let other = db.store(&seed::event("Other")).await;
    let first = db.hold(seed::hold(event).key("key", "one"), seed::now()).await;
    let before = (db.stock(event).await, db.stock(other).await);
    for request in [
        seed::hold(event).quantity(2).key("key", "two"),
        seed::hold(other).key("key", "one of another event"),
        seed::hold(seed::event_id()).key("key", "one of no event"),
    ] {
        assert_eq!(db.admit(request, seed::now()).await, HoldOutcome::KeyReused);
    }
    assert_eq!((db.stock(event).await, db.stock(other).await), before);
    assert_eq!(db.booking(first.id).await, first);
    assert_eq!(db.list(other).await, []);
    db.assert_books_balance().await;
}

/// Contract 3, 5: a key that a request of the batch brings counts for the next ones.
pub async fn keys_count_within_a_batch_too<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Batch")).await;
    let batch = [("k", "one"), ("k", "one"), ("k", "two"), ("l", "one")]
        .map(|(key, asked)| seed::hold(event).key(key, asked).build());
    let done = db.bookings.admit(&batch, seed::now()).await.expect("admit");
    let [HoldOutcome::Held(first), replayed, reused, HoldOutcome::Held(other)] = &done.outcomes[..]
    else {
        panic!("{:?}", done.outcomes);
    };
    assert_eq!(*replayed, HoldOutcome::Replayed(first.clone()));
    assert_eq!(*reused, HoldOutcome::KeyReused);
    assert_ne!(first.id, other.id);
    assert_eq!(db.counts(event).await, (100, 2));
    db.assert_books_balance().await;
}

/// Contract 5: no collation folds keys together, and none is cut short.
pub async fn keys_differ_by_every_character<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Letters")).await;
    let long = "x".repeat(254);
    let keys =
        ["key", "KEY", "key ", " key", "k%", "k_", "k'", &format!("{long}a"), &format!("{long}b")]
            .map(str::to_owned);
    for key in &keys {
        db.hold(seed::hold(event).key(key, "same"), seed::now()).await;
    }
    for key in &keys {
        let outcome = db.admit(seed::hold(event).key(key, "same"), seed::now()).await;
        assert!(matches!(outcome, HoldOutcome::Replayed(_)), "{key:?}: {outcome:?}");
    }
    assert_eq!(db.list(event).await.len(), keys.len());
}

/// Contract 5: key and booking are written together, so without a booking there is no key.
pub async fn a_refused_request_keeps_no_key<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Refused").capacity(1)).await;
    let first = db.hold(seed::hold(event), seed::now()).await;
    let refused = db.admit(seed::hold(event).key("key", "one"), seed::now()).await;
    assert!(matches!(refused, HoldOutcome::SoldOut(_)));
    db.drive(first.id, Cause::CustomerCancelled, BookingStatus::Cancelled, seed::now()).await;
    db.hold(seed::hold(event).key("key", "something else"), seed::now()).await;
    db.assert_books_balance().await;
}

/// Contract 5: who got no link must be able to try again under the same key.
pub async fn a_booking_without_a_link_frees_its_key<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Link").capacity(5)).await;
    let first = db.hold(seed::hold(event).key("key", "one"), seed::now()).await;
    let bystander = db.hold(seed::hold(event).key("other", "one"), seed::now()).await;
    db.drive(first.id, Cause::LinkFailed, BookingStatus::PaymentFailed, seed::now()).await;

    let second = db.hold(seed::hold(event).key("key", "one"), seed::now()).await;
    assert_ne!(second.id, first.id);
    let third = db.admit(seed::hold(event).key("key", "one"), seed::now()).await;
    assert_eq!(third, HoldOutcome::Replayed(second));
    let other = db.admit(seed::hold(event).key("other", "one"), seed::now()).await;
    assert_eq!(other, HoldOutcome::Replayed(bystander), "other keys stay");
    assert_eq!(db.counts(event).await, (5, 2));
    db.assert_books_balance().await;
}

/// Contract 5: keys are kept until they are purged; bookings stay.
pub async fn old_keys_are_forgotten_a_batch_at_a_time<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Purge")).await;
    let request = |index: u32| seed::hold(event).key(&format!("key {index}"), "one").build();
    let mut first = Vec::new();
    for index in 0..5 {
        first.push(db.hold(request(index), seed::now()).await);
    }
    let young = db.hold(request(5), seed::later(SECOND)).await;

    let before = seed::later(TICK);
    let purge = |limit| db.bookings.purge_keys(before, limit);
    assert_eq!(
        db.bookings.purge_keys(seed::now(), 10).await.expect("purge"),
        0,
        "made at, not before"
    );
    assert_eq!(purge(2).await.expect("purge"), 2);
    assert_eq!(purge(10).await.expect("purge"), 3);
    assert_eq!(purge(10).await.expect("purge"), 0);

    for (index, booking) in (0..5).zip(&first) {
        let again: HoldRequest = request(index);
        let HoldOutcome::Held(second) = db.admit(again, seed::now()).await else {
            panic!("a forgotten key is new");
        };
        assert_ne!(second.id, booking.id);
        assert_eq!(db.booking(booking.id).await, *booking, "the booking outlives its key");
    }
    assert_eq!(db.admit(request(5), seed::now()).await, HoldOutcome::Replayed(young));
    db.assert_books_balance().await;
}

/// Contract 5: a booking that ended in the meantime is still the answer.
pub async fn an_expired_booking_is_replayed_as_it_stands<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Expired").capacity(1)).await;
    let first = db.hold(seed::hold(event).key("key", "one"), seed::now()).await;
    let now = seed::later(HOLD);
    let expired = db.drive(first.id, Cause::HoldExpired, BookingStatus::Expired, now).await;
    let again = db.admit(seed::hold(event).key("key", "one"), now).await;
    assert_eq!(again, HoldOutcome::Replayed(expired));
    assert_eq!(db.counts(event).await, (1, 0));
    db.assert_books_balance().await;
}
