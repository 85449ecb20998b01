use super::*;

fn store_with(capacity: u32, tickets: u32) -> Store {
    let mut store = Store::new(capacity);
    store.admit(&[request(1, tickets)]);
    store
}

fn kinds(store: &Store) -> Vec<&'static str> {
    store.notices.iter().map(|notice| notice.kind.as_str()).collect()
}

fn moved(outcome: &SettleOutcome) -> (BookingStatus, BookingStatus) {
    match outcome {
        SettleOutcome::Moved { booking, from } => (*from, booking.status),
        other => panic!("not moved: {other:?}"),
    }
}

use BookingStatus::{Cancelled, Confirmed, Expired, PaymentFailed, Pending, RefundDue, Refunded};

#[test]
fn a_success_confirms_and_sells() {
    let mut store = store_with(5, 2);
    let outcome = store.settle_at(after(SECOND), &[paid(1, 2)]).remove(0);
    assert_eq!(moved(&outcome), (Pending, Confirmed));
    let SettleOutcome::Moved { booking, .. } = outcome else { panic!() };
    assert_eq!(booking.confirmed_at, Some(after(SECOND)));
    assert_eq!(store.counts(), (5, 3, 0));
    assert_eq!(kinds(&store), ["booking_confirmed", "event_reminder"]);
    assert_eq!(store.notices[1].run_at, terms().starts_at.saturating_sub(DAY));
    assert_eq!(store.audit(), []);
}

#[test]
fn a_failure_a_cancel_and_an_expiry_free_the_tickets() {
    let cases = [
        (failed(1, 2), PaymentFailed, vec!["payment_failed"]),
        (
            because(1, Cause::CustomerCancelled),
            Cancelled,
            vec!["expire_payment", "booking_cancelled"],
        ),
        (because(1, Cause::HoldExpired), Expired, vec!["hold_expired"]),
        (because(1, Cause::LinkFailed), PaymentFailed, vec![]),
    ];
    for (settlement, to, notices) in cases {
        let mut store = store_with(5, 2);
        let outcome = store.settle_at(after(HOLD), &[settlement]).remove(0);
        assert_eq!(moved(&outcome), (Pending, to));
        assert_eq!(store.counts(), (5, 5, 0));
        assert_eq!(kinds(&store), notices, "{to:?}");
        let cancelled_at = store.bookings[&booking(1)].cancelled_at;
        assert_eq!(cancelled_at.is_some(), to == Cancelled);
        assert_eq!(store.audit(), []);
    }
}

#[test]
fn a_repeated_notification_has_no_second_effect() {
    let mut store = store_with(5, 2);
    let outcomes = store.settle_at(now(), &[paid(1, 2), paid(1, 2)]);
    assert_eq!(outcomes[1], SettleOutcome::Duplicate, "within one batch");
    let before = store.journal.len();
    assert_eq!(store.settle(paid(1, 2)), SettleOutcome::Duplicate, "and across");
    assert_eq!((store.journal.len(), store.notifications.len()), (before, 1));
    assert_eq!(store.counts(), (5, 3, 0));
}

#[test]
fn another_notification_of_the_same_is_recorded_and_changes_nothing() {
    let mut store = store_with(5, 2);
    store.settle(paid(1, 2));
    let mut again = message(1, 2, NotificationKind::Succeeded, now());
    again.id = ForeignId::new("another").unwrap();
    let outcome = store.settle(Settlement::notified(again.clone()));
    assert!(matches!(outcome, SettleOutcome::Unchanged(b) if b.status == Confirmed));
    assert_eq!(store.notifications[&again.id].1, Verdict::Unchanged);
    assert_eq!(store.counts(), (5, 3, 0));
}

#[test]
fn what_does_not_match_is_recorded_and_set_aside() {
    let good = message(1, 2, NotificationKind::Succeeded, now());
    let cases = [
        (Notification { amount_minor: 8_999, ..good.clone() }, Mismatch::Amount),
        (Notification { amount_minor: i64::MIN, ..good.clone() }, Mismatch::Amount),
        (Notification { currency: "CHF".to_owned(), ..good.clone() }, Mismatch::Amount),
        (Notification { currency: "eur".to_owned(), ..good.clone() }, Mismatch::Amount),
        (Notification { payment_id: payment(2), ..good.clone() }, Mismatch::Payment),
    ];
    for (wrong, mismatch) in cases {
        let mut store = store_with(5, 2);
        let id = wrong.id.clone();
        let settlement = Settlement::notified(wrong);
        assert_eq!(store.settle(settlement.clone()), SettleOutcome::SetAside(mismatch));
        assert_eq!(store.notifications[&id].1, Verdict::Mismatch(mismatch));
        assert_eq!(store.settle(settlement), SettleOutcome::Duplicate);
        assert_eq!((store.status(1), store.counts()), (Pending, (5, 5, 2)));
        assert_eq!(store.audit(), []);
    }
}

#[test]
fn a_payment_may_be_told_before_its_link_is_known() {
    let mut store = Store::new(5);
    store.admit(&[HoldRequest { payment: None, ..request(1, 2) }]);
    assert_eq!(moved(&store.settle(paid(1, 2))), (Pending, Confirmed));
}

#[test]
fn an_unknown_booking_is_not_found_and_nothing_is_recorded() {
    let mut store = store_with(5, 2);
    assert_eq!(store.settle(paid(9, 2)), SettleOutcome::NotFound);
    assert_eq!(store.settle(because(9, Cause::CustomerCancelled)), SettleOutcome::NotFound);
    assert!(store.notifications.is_empty(), "the gateway tries again once the booking is there");
}

#[test]
fn a_late_success_takes_tickets_that_are_left() {
    for give_up in [because(1, Cause::CustomerCancelled), failed(1, 2)] {
        let mut store = store_with(5, 2);
        let from = match store.settle(give_up) {
            SettleOutcome::Moved { booking, .. } => booking.status,
            other => panic!("{other:?}"),
        };
        assert_eq!(moved(&store.settle(paid(1, 2))), (from, Confirmed));
        assert_eq!(store.counts(), (5, 3, 0));
        assert_eq!(store.audit(), []);
    }
}

#[test]
fn a_late_success_without_tickets_is_owed_back() {
    let mut store = store_with(3, 2);
    store.settle(because(1, Cause::CustomerCancelled));
    store.admit(&[request(2, 2)]);
    assert_eq!(moved(&store.settle(paid(1, 2))), (Cancelled, RefundDue));
    assert_eq!(store.counts(), (3, 3, 2), "the other buyer keeps the tickets");
    assert_eq!(
        kinds(&store),
        ["expire_payment", "booking_cancelled", "request_refund", "refund_due"]
    );
    assert_eq!(store.audit(), []);
    assert_eq!(moved(&store.settle(refunded(1, 2))), (RefundDue, Refunded));
    assert_eq!(store.audit(), []);
}

#[test]
fn a_late_success_releases_overdue_holds_of_others() {
    let mut store = store_with(2, 2);
    store.settle(because(1, Cause::CustomerCancelled));
    store.admit(&[request(2, 2)]);
    let outcome = store.settle_at(after(HOLD), &[paid(1, 2)]).remove(0);
    assert_eq!(moved(&outcome), (Cancelled, Confirmed));
    assert_eq!(store.status(2), Expired);
    assert_eq!(store.counts(), (2, 0, 0));
    assert_eq!(store.audit(), []);
}

#[test]
fn money_that_was_paid_in_time_counts_however_late_the_message_comes() {
    let mut store = store_with(2, 2);
    let last = after(HOLD).saturating_add(crate::domain::lifecycle::PAYMENT_GRACE);
    let in_time = message(1, 2, NotificationKind::Succeeded, last);
    let outcome = store.settle_at(after(DAY), &[Settlement::notified(in_time)]).remove(0);
    assert_eq!(moved(&outcome), (Pending, Confirmed));
    assert_eq!(store.causes(1), ["held", "payment_succeeded"]);
    assert_eq!(store.audit(), []);
}

#[test]
fn money_that_was_paid_late_has_to_find_tickets_again() {
    let grace = crate::domain::lifecycle::PAYMENT_GRACE;
    let too_late = after(HOLD).saturating_add(grace).saturating_add(Duration::from_micros(1));
    let late = Settlement::notified(message(1, 2, NotificationKind::Succeeded, too_late));

    let mut store = store_with(2, 2);
    let outcome = store.settle_at(too_late, std::slice::from_ref(&late)).remove(0);
    assert_eq!(moved(&outcome), (Pending, Confirmed), "its own tickets were still there");
    assert_eq!(store.causes(1), ["held", "hold_expired", "payment_succeeded"]);
    assert_eq!(store.counts(), (2, 0, 0));
    assert_eq!(store.audit(), []);

    let mut store = store_with(2, 2);
    let other = HoldRequest { expires_at: after(DAY), ..request(2, 1) };
    store.admit_at(too_late, &[other]);
    let outcome = store.settle_at(too_late, &[late]).remove(0);
    assert_eq!(moved(&outcome), (Expired, RefundDue), "somebody else has them");
    assert_eq!(store.audit(), []);
}

#[test]
fn a_success_for_an_event_that_is_called_off_is_owed_back() {
    for give_up in [None, Some(because(1, Cause::EventCancelled))] {
        let mut store = store_with(5, 2);
        store.set_status(EventStatus::Cancelled);
        if let Some(give_up) = give_up {
            assert_eq!(moved(&store.settle(give_up)), (Pending, Cancelled));
        }
        store.settle(paid(1, 2));
        assert_eq!(store.status(1), RefundDue);
        assert_eq!(store.counts(), (5, 5, 0));
        assert!(kinds(&store).contains(&"request_refund"));
        assert!(kinds(&store).contains(&"event_cancelled"));
        assert_eq!(store.audit(), []);
    }
}

#[test]
fn a_late_success_for_an_event_that_is_over_is_owed_back() {
    let mut store = store_with(5, 2);
    store.settle(because(1, Cause::CustomerCancelled));
    let outcome = store.settle_at(terms().ends_at, &[paid(1, 2)]).remove(0);
    assert_eq!(moved(&outcome), (Cancelled, RefundDue));
}

#[test]
fn calling_off_moves_what_is_open_and_only_if_it_is_called_off() {
    let mut store = store_with(5, 2);
    store.admit(&[request(2, 1)]);
    store.settle(paid(2, 1));
    let off = |id| because(id, Cause::EventCancelled);
    assert!(matches!(store.settle(off(1)), SettleOutcome::Refused(b) if b.status == Pending));
    store.set_status(EventStatus::Cancelled);
    let outcomes = store.settle_at(now(), &[off(1), off(2), off(2)]);
    assert_eq!(moved(&outcomes[0]), (Pending, Cancelled));
    assert_eq!(moved(&outcomes[1]), (Confirmed, RefundDue));
    assert!(matches!(&outcomes[2], SettleOutcome::Unchanged(b) if b.status == RefundDue));
    assert_eq!(store.counts(), (5, 5, 0));
    assert!(store.bookings.values().all(|b| b.cancelled_at == Some(now())));
    assert_eq!(store.audit(), []);
}

#[test]
fn a_refund_goes_by_way_of_being_due() {
    let mut store = store_with(5, 2);
    let ask = || because(1, Cause::RefundRequested);
    assert!(matches!(store.settle(ask()), SettleOutcome::Refused(_)), "nothing was paid");
    store.settle(paid(1, 2));
    assert_eq!(moved(&store.settle(ask())), (Confirmed, RefundDue));
    assert_eq!(store.counts(), (5, 5, 0), "the tickets are on sale again");
    assert!(matches!(store.settle(ask()), SettleOutcome::Unchanged(_)));
    assert_eq!(moved(&store.settle(because(1, Cause::RefundCompleted))), (RefundDue, Refunded));
    let told = store.settle(refunded(1, 2));
    assert!(matches!(told, SettleOutcome::Unchanged(_)), "the answer came before the message");
    assert_eq!(store.audit(), []);
}

#[test]
fn money_that_the_gateway_gave_back_by_itself_takes_the_ticket_with_it() {
    let mut store = store_with(5, 2);
    store.settle(paid(1, 2));
    assert_eq!(moved(&store.settle(refunded(1, 2))), (Confirmed, Refunded));
    assert_eq!(store.counts(), (5, 5, 0));
    // Out of order: the refund first, then the success that it gave back.
    let mut store = store_with(5, 2);
    assert_eq!(moved(&store.settle(refunded(1, 2))), (Pending, Refunded));
    assert!(matches!(store.settle(paid(1, 2)), SettleOutcome::Unchanged(_)));
    assert_eq!((store.status(1), store.counts()), (Refunded, (5, 5, 0)));
    assert_eq!(store.audit(), []);
}

#[test]
fn a_confirmed_booking_is_neither_given_up_nor_expired_nor_failed() {
    let mut store = store_with(5, 2);
    store.settle(paid(1, 2));
    let outcomes = store.settle_at(
        after(DAY),
        &[because(1, Cause::CustomerCancelled), because(1, Cause::HoldExpired), failed(1, 2)],
    );
    assert!(matches!(outcomes[0], SettleOutcome::Refused(_)));
    assert!(matches!(outcomes[1], SettleOutcome::Unchanged(_)));
    assert!(matches!(outcomes[2], SettleOutcome::Unchanged(_)));
    assert_eq!((store.status(1), store.counts()), (Confirmed, (5, 3, 0)));
}

#[test]
fn a_hold_expires_at_its_end_and_not_before() {
    let mut store = store_with(5, 2);
    let tick = Duration::from_micros(1);
    let expiry = [because(1, Cause::HoldExpired)];
    let early = store.settle_at(after(HOLD).saturating_sub(tick), &expiry).remove(0);
    assert!(matches!(early, SettleOutcome::Unchanged(b) if b.status == Pending));
    assert_eq!(moved(&store.settle_at(after(HOLD), &expiry)[0]), (Pending, Expired));
}

#[test]
fn only_what_is_free_is_confirmed_without_a_payment() {
    let mut store = store_with(5, 2);
    let free = || because(1, Cause::NothingToPay);
    assert!(matches!(store.settle(free()), SettleOutcome::Refused(_)));
    let mut store = Store::default();
    store.enter(event(1), 5, SaleTerms { unit_price: euros(0), ..terms() });
    store.admit(&[HoldRequest { unit_price: euros(0), ..request(1, 2) }]);
    assert_eq!(moved(&store.settle(free())), (Pending, Confirmed));
    assert_eq!(store.audit(), []);
}

fn store_with_a_free_hold() -> Store {
    let mut store = Store::default();
    store.enter(event(1), 5, SaleTerms { unit_price: euros(0), ..terms() });
    store.admit(&[HoldRequest { unit_price: euros(0), ..request(1, 2) }]);
    store
}

#[test]
fn a_free_ticket_is_not_given_for_what_is_off() {
    let mut store = store_with_a_free_hold();
    store.set_status(EventStatus::Cancelled);
    assert_eq!(moved(&store.settle(because(1, Cause::NothingToPay))), (Pending, Cancelled));
    assert_eq!(store.counts(), (5, 5, 0));
    assert_eq!(store.audit(), []);
}

#[test]
fn a_free_ticket_that_was_given_up_does_not_come_back() {
    for (cause, end) in [(Cause::CustomerCancelled, Cancelled), (Cause::HoldExpired, Expired)] {
        let mut store = store_with_a_free_hold();
        store.settle_at(after(HOLD), &[because(1, cause)]);
        let late = store.settle(because(1, Cause::NothingToPay));
        assert!(matches!(late, SettleOutcome::Unchanged(b) if b.status == end));
        assert_eq!(store.counts(), (5, 5, 0));
        assert_eq!(store.audit(), []);
    }
}

#[test]
fn a_booking_that_nobody_can_pay_gives_its_key_back() {
    let mut store = Store::new(5);
    store.admit(&[keyed(request(1, 2), "k", b"two"), keyed(request(2, 1), "other", b"")]);
    store.settle(because(1, Cause::LinkFailed));
    let again = store.admit_one(keyed(request(3, 2), "k", b"two"));
    assert!(matches!(again, HoldOutcome::Held(b) if b.id == booking(3)));
    let kept = store.admit_one(keyed(request(4, 1), "other", b""));
    assert!(matches!(kept, HoldOutcome::Replayed(b) if b.id == booking(2)));
    assert_eq!(store.audit(), []);
}

#[test]
fn of_the_causes_in_one_batch_the_first_wins() {
    let cancel = || because(1, Cause::CustomerCancelled);
    let expire = || because(1, Cause::HoldExpired);
    for (batch, end) in [
        ([paid(1, 2), cancel(), expire()], Confirmed),
        ([cancel(), paid(1, 2), expire()], Confirmed),
        ([expire(), cancel(), failed(1, 2)], Expired),
        ([failed(1, 2), expire(), cancel()], PaymentFailed),
    ] {
        let mut store = store_with(5, 2);
        store.settle_at(after(HOLD), &batch);
        assert_eq!(store.status(1), end, "{batch:?}");
        assert_eq!(store.audit(), []);
    }
}

#[test]
fn only_successes_need_the_overdue_holds_of_their_event() {
    let mut store = store_with(3, 2);
    store.settle(because(1, Cause::CustomerCancelled));
    store.admit(&[request(2, 2)]);
    let books = store.books(now());
    // One ticket is missing, and the booking itself may be among the holds.
    let short = Shortage { event_id: event(1), holds: 2 };
    assert_eq!(books.short_for_settlements(&[paid(1, 2)]), [short]);
    assert_eq!(books.short_for_settlements(&[failed(1, 2), refunded(1, 2), paid(9, 2)]), []);
}
