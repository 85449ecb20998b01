//! Settling batches.

use crate::domain::booking::BookingStatus;
use crate::domain::ledger::{Cause, Mismatch, SettleOutcome, Settlement};
use crate::domain::payment::NotificationKind;
use crate::testkit::RepositoryHarness;
use crate::testkit::seed::{self, HOLD, SECOND, TICK};

/// Contract 6: a success takes the tickets from stock and held, and changes nothing else.
pub async fn a_success_confirms_and_sells<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Paid").capacity(10)).await;
    let bystander = db.hold(seed::hold(event).quantity(2), seed::now()).await;
    let hold = seed::hold(event).quantity(3).payment(seed::payment());
    let booking = db.hold(hold, seed::now()).await;
    let before = db.listing(event).await;
    let now = seed::later(SECOND);

    let batch = [Settlement::notified(seed::succeeded(&booking, now))];
    let done = db.bookings.settle(&batch, now).await.expect("settle");

    let mut expected = booking.clone();
    expected.status = BookingStatus::Confirmed;
    expected.confirmed_at = Some(now);
    let from = BookingStatus::Pending;
    assert_eq!(done.outcomes, [SettleOutcome::Moved { booking: expected.clone(), from }]);
    assert_eq!(db.booking(booking.id).await, expected);
    assert_eq!(db.booking(bystander.id).await, bystander);
    let after = db.listing(event).await;
    assert_eq!((after.stock.stock(), after.stock.held()), (7, 2));
    assert_eq!(after.stock.version(), before.stock.version() + 1);
    assert_eq!(after.event, before.event);
    assert_eq!(done.stocks, [(event, after.stock)]);
    db.assert_books_balance().await;
}

/// Contract 7: a booking whose payment could not be put on record keeps the one that the notification names, so
/// that its money can be given back.
pub async fn a_notification_tells_an_unknown_payment<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Unlinked")).await;
    let unlinked = db.hold(seed::hold(event), seed::now()).await;
    let linked = db.hold(seed::hold(event).payment(seed::payment()), seed::now()).await;
    assert_eq!(unlinked.payment, None);
    let told = seed::succeeded(&unlinked, seed::now());
    let batch = [
        Settlement::notified(told.clone()),
        Settlement::notified(seed::succeeded(&linked, seed::now())),
    ];
    db.bookings.settle(&batch, seed::now()).await.expect("settle");

    let payment = db.booking(unlinked.id).await.payment.expect("it is kept");
    assert_eq!((payment.payment_id, &*payment.url), (told.payment_id, ""));
    assert_eq!(db.booking(linked.id).await.payment, linked.payment);
    db.assert_books_balance().await;
}

/// Contract 3: of several settlements of one booking the first decides.
pub async fn settlements_of_a_batch_are_decided_in_order<H: RepositoryHarness>(harness: &H) {
    use BookingStatus as S;

    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Order")).await;
    let now = seed::now();
    let paid = db.hold(seed::hold(event), now).await;
    let left = db.hold(seed::hold(event), now).await;
    let batch = [
        Settlement { booking_id: left.id, cause: Cause::CustomerCancelled },
        Settlement::notified(seed::succeeded(&paid, now)),
        Settlement::notified(seed::failed(&left, now)),
        Settlement { booking_id: paid.id, cause: Cause::CustomerCancelled },
        Settlement { booking_id: paid.id, cause: Cause::RefundRequested },
    ];
    let done = db.bookings.settle(&batch, now).await.expect("settle");
    let seen: Vec<(&str, S)> = done
        .outcomes
        .iter()
        .map(|outcome| match outcome {
            SettleOutcome::Moved { booking, .. } => ("moved", booking.status),
            SettleOutcome::Unchanged(booking) => ("unchanged", booking.status),
            SettleOutcome::Refused(booking) => ("refused", booking.status),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("moved", S::Cancelled),
            ("moved", S::Confirmed),
            ("unchanged", S::Cancelled),
            ("refused", S::Confirmed),
            ("moved", S::RefundDue)
        ]
    );
    assert_eq!(db.booking(paid.id).await.status, S::RefundDue);
    assert_eq!(db.booking(left.id).await.cancelled_at, Some(now));
    assert_eq!(db.counts(event).await, (100, 0));
    db.assert_books_balance().await;
}

/// Contract 3: a batch may mix events, and tells the stock of each that changed.
pub async fn a_batch_may_settle_many_events<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let mut bookings = Vec::new();
    for index in 0..4_u32 {
        let event = db.store(&seed::event(&format!("Event {index}")).capacity(9)).await;
        bookings.push(db.hold(seed::hold(event).quantity(index + 1), seed::now()).await);
    }
    let batch: Vec<Settlement> = [3, 0, 2]
        .iter()
        .map(|index| Settlement::notified(seed::succeeded(&bookings[*index], seed::now())))
        .collect();
    let done = db.bookings.settle(&batch, seed::now()).await.expect("settle");
    for (outcome, index) in done.outcomes.iter().zip([3, 0, 2]) {
        let SettleOutcome::Moved { booking, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(booking.id, bookings[index].id);
    }
    for (booking, (stock, held)) in bookings.iter().zip([(8, 0), (9, 2), (6, 0), (5, 0)]) {
        assert_eq!(db.counts(booking.event_id).await, (stock, held));
    }
    for (event, stock) in &done.stocks {
        assert_eq!(db.stock(*event).await, *stock);
    }
    assert_eq!(done.stocks.len(), 3, "each event that changed, once");
    db.assert_books_balance().await;
}

/// Contract 7: a notification is recorded once, for ever, whatever came of it.
pub async fn a_repeated_notification_is_a_duplicate<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Repeat")).await;
    let now = seed::now();
    let booking = db.hold(seed::hold(event).quantity(2), now).await;
    let paid = seed::succeeded(&booking, now);
    let batch = [Settlement::notified(paid.clone()), Settlement::notified(paid.clone())];
    let done = db.bookings.settle(&batch, now).await.expect("settle");
    assert!(matches!(done.outcomes[0], SettleOutcome::Moved { .. }));
    assert_eq!(done.outcomes[1], SettleOutcome::Duplicate, "within a batch");
    let late_failure = seed::failed(&booking, now);
    let unchanged = db.notify(late_failure.clone(), now).await;
    assert!(matches!(unchanged, SettleOutcome::Unchanged(_)));
    db.drive(booking.id, Cause::RefundRequested, BookingStatus::RefundDue, now).await;
    let before = (db.booking(booking.id).await, db.stock(event).await);

    let much_later = seed::later(1_000 * seed::DAY);
    for notification in [paid, late_failure] {
        assert_eq!(db.notify(notification, much_later).await, SettleOutcome::Duplicate);
    }
    assert_eq!((db.booking(booking.id).await, db.stock(event).await), before);
    db.assert_books_balance().await;
}

/// Contract 7: a notification that does not match changes nothing, and is kept for somebody to look at.
pub async fn what_does_not_match_is_set_aside_and_recorded<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Mismatch")).await;
    let now = seed::now();
    let booking = db.hold(seed::hold(event).payment(seed::payment()), now).await;
    let before = db.stock(event).await;
    for kind in NotificationKind::ALL {
        let good = || seed::notification(&booking, kind, now);
        let mut amount = good();
        amount.amount_minor -= 1;
        let mut enormous = good();
        enormous.amount_minor = i64::MAX;
        let mut negative = good();
        negative.amount_minor = i64::MIN;
        let mut currency = good();
        "USD".clone_into(&mut currency.currency);
        let mut nonsense = good();
        "' ; \u{1F4B6}".clone_into(&mut nonsense.currency);
        let mut payment = good();
        payment.payment_id = seed::foreign_id("other");
        for (wrong, mismatch) in [
            (amount, Mismatch::Amount),
            (enormous, Mismatch::Amount),
            (negative, Mismatch::Amount),
            (currency, Mismatch::Amount),
            (nonsense, Mismatch::Amount),
            (payment, Mismatch::Payment),
        ] {
            assert_eq!(db.notify(wrong.clone(), now).await, SettleOutcome::SetAside(mismatch));
            assert_eq!(db.notify(wrong, now).await, SettleOutcome::Duplicate);
        }
    }
    assert_eq!(db.booking(booking.id).await, booking);
    assert_eq!(db.stock(event).await, before);
    db.assert_books_balance().await;
    db.move_by(&booking, seed::succeeded(&booking, now), now).await;
}

/// Contract 7: nothing is recorded about a booking that does not exist, so that it can come again.
pub async fn an_unknown_booking_records_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Unknown")).await;
    let request = seed::hold(event).build();
    let model = db.hold(seed::hold(event), seed::now()).await;
    let mut early = seed::succeeded(&model, seed::now());
    early.booking_id = request.booking_id;

    for _ in 0..2 {
        assert_eq!(db.notify(early.clone(), seed::now()).await, SettleOutcome::NotFound);
    }
    let cancelled = db.settle(request.booking_id, Cause::CustomerCancelled, seed::now()).await;
    assert_eq!(cancelled, SettleOutcome::NotFound);
    assert_eq!(db.counts(event).await, (100, 1));

    let booking = db.hold(request, seed::now()).await;
    db.move_by(&booking, early, seed::now()).await;
    db.assert_books_balance().await;
}

/// Contract 6: while a booking has no link, a notification cannot name another payment than its own.
pub async fn an_unknown_payment_id_is_taken_from_a_booking_without_link<H: RepositoryHarness>(
    harness: &H,
) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("No link yet")).await;
    let booking = db.hold(seed::hold(event), seed::now()).await;
    let mut paid = seed::succeeded(&booking, seed::now());
    paid.payment_id = seed::foreign_id("unheard_of");
    let moved = db.move_by(&booking, paid, seed::now()).await;
    assert_eq!(moved.status, BookingStatus::Confirmed);
    db.assert_books_balance().await;
}

/// Contract 6: a booking that costs nothing needs no payment; one that costs something does.
pub async fn nothing_to_pay_confirms_only_what_is_free<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let free = db.store(&seed::event("Free").free()).await;
    let dear = db.store(&seed::event("Dear")).await;
    let now = seed::now();
    let given = db.hold(seed::hold(free).price(0, "EUR").quantity(2), now).await;
    let given = db.drive(given.id, Cause::NothingToPay, BookingStatus::Confirmed, now).await;
    assert_eq!(given.confirmed_at, Some(now));
    assert_eq!(db.counts(free).await, (98, 0));

    let booking = db.hold(seed::hold(dear), now).await;
    let refused = db.settle(booking.id, Cause::NothingToPay, now).await;
    assert_eq!(refused, SettleOutcome::Refused(booking.clone()));
    assert_eq!(db.booking(booking.id).await, booking);
    assert_eq!(db.counts(dear).await, (100, 1));
    db.assert_books_balance().await;
}

/// Contract 6: a free booking that was given up, or whose event is off, is not confirmed any more.
pub async fn nothing_to_pay_brings_nothing_back<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Free").free()).await;
    let (now, end) = (seed::now(), seed::later(HOLD));
    let causes = [
        (Cause::CustomerCancelled, BookingStatus::Cancelled),
        (Cause::HoldExpired, BookingStatus::Expired),
    ];
    for (cause, status) in causes {
        let booking = db.hold(seed::hold(event).price(0, "EUR"), now).await;
        let gone = db.drive(booking.id, cause, status, end).await;
        let late = db.settle(booking.id, Cause::NothingToPay, end).await;
        assert_eq!(late, SettleOutcome::Unchanged(gone));
    }
    let booking = db.hold(seed::hold(event).price(0, "EUR"), now).await;
    db.call_off(event, now).await;
    db.drive(booking.id, Cause::NothingToPay, BookingStatus::Cancelled, now).await;
    assert_eq!(db.counts(event).await, (100, 0));
    db.assert_books_balance().await;
}

/// Contract 6: an expiry does nothing before its time, and on the dot it works.
pub async fn a_hold_that_has_not_ended_does_not_expire<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Early")).await;
    let booking = db.hold(seed::hold(event), seed::now()).await;
    let end = seed::later(HOLD);
    let before = db.stock(event).await;
    let early = db.settle(booking.id, Cause::HoldExpired, end.saturating_sub(TICK)).await;
    assert_eq!(early, SettleOutcome::Unchanged(booking.clone()));
    assert_eq!((db.booking(booking.id).await, db.stock(event).await), (booking.clone(), before));
    db.drive(booking.id, Cause::HoldExpired, BookingStatus::Expired, end).await;
    assert_eq!(db.counts(event).await, (100, 0));
    db.assert_books_balance().await;
}

/// Contract 6: a booking is cancelled with its event only if the event was called off.
pub async fn an_event_that_goes_on_cancels_no_booking<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Goes on")).await;
    let now = seed::now();
    let booking = db.hold(seed::hold(event), now).await;
    let refused = db.settle(booking.id, Cause::EventCancelled, now).await;
    assert_eq!(refused, SettleOutcome::Refused(booking.clone()));
    assert_eq!(db.booking(booking.id).await, booking);
    db.call_off(event, now).await;
    let off = db.drive(booking.id, Cause::EventCancelled, BookingStatus::Cancelled, now).await;
    assert_eq!(off.cancelled_at, Some(now));
    assert_eq!(db.counts(event).await, (100, 0));
    db.assert_books_balance().await;
}

/// Contract 6: a refund frees the tickets at once, and ends when the gateway says so.
pub async fn refunds_put_tickets_back_on_sale<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Refund").capacity(2)).await;
    let now = seed::now();
    let sold = db.sell(seed::hold(event).quantity(2), now).await;
    let due = db.drive(sold.id, Cause::RefundRequested, BookingStatus::RefundDue, now).await;
    assert_eq!(due.confirmed_at, sold.confirmed_at, "that it was confirmed stays true");
    assert_eq!(db.counts(event).await, (2, 0));
    let next = db.sell(seed::hold(event).quantity(2), now).await;
    let answered = seed::refunded(&due, now);
    assert_eq!(db.move_by(&due, answered, now).await.status, BookingStatus::Refunded);
    assert_eq!(db.counts(event).await, (0, 0), "the tickets are the next buyer's");
    assert_eq!(db.booking(next.id).await, next);
    db.assert_books_balance().await;
}

/// Contract 1: nothing asked, nothing done.
pub async fn an_empty_settlement_does_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let done = db.bookings.settle(&[], seed::now()).await.expect("settle");
    assert!(done.outcomes.is_empty() && done.stocks.is_empty());
}
