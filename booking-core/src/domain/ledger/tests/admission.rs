use super::*;

fn is_held(outcome: &HoldOutcome) -> bool {
    matches!(outcome, HoldOutcome::Held(_))
}

fn sold_out(available: u32, held: u32) -> HoldOutcome {
    HoldOutcome::SoldOut(SoldOut { available, held, next_release_at: None })
}

#[test]
fn a_hold_is_written_as_it_was_asked_for() {
    let mut store = Store::new(10);
    let asked = request(7, 3);
    let outcome = store.admit_one(asked.clone());
    let expected = Booking {
        id: booking(7),
        event_id: event(1),
        quantity: quantity(3),
        unit_price: euros(4_500),
        total: euros(13_500),
        customer: asked.customer,
        locale: asked.locale,
        status: BookingStatus::Pending,
        payment: asked.payment,
        expires_at: after(HOLD),
        created_at: now(),
        confirmed_at: None,
        cancelled_at: None,
    };
    assert_eq!(outcome, HoldOutcome::Held(expected.clone()));
    assert_eq!(store.bookings[&booking(7)], expected);
    assert_eq!(store.counts(), (10, 10, 3));
    assert_eq!(store.causes(7), ["held"]);
    assert!(store.notices.is_empty());
    assert_eq!(store.audit(), []);
}

#[test]
fn who_comes_first_is_served_first_to_the_last_ticket() {
    let mut store = Store::new(5);
    let outcomes = store.admit(&[request(1, 2), request(2, 2), request(3, 1), request(4, 1)]);
    assert!(outcomes[..3].iter().all(is_held));
    assert_eq!(outcomes[3], sold_out(0, 5));
    assert_eq!(store.stock().available(), 0);
    assert!(!store.bookings.contains_key(&booking(4)));
    assert_eq!(store.audit(), []);
}

#[test]
fn a_request_that_does_not_fit_leaves_the_tickets_to_a_smaller_one() {
    let mut store = Store::new(5);
    let outcomes = store.admit(&[request(1, 3), request(2, 3), request(3, 2)]);
    assert!(is_held(&outcomes[0]));
    assert_eq!(outcomes[1], sold_out(2, 3));
    assert!(is_held(&outcomes[2]));
    assert_eq!(store.counts(), (5, 5, 5));
}

#[test]
fn a_batch_of_several_events_keeps_their_tickets_apart() {
    let mut store = Store::new(2);
    store.enter(event(2), 2, terms());
    let other = |id| HoldRequest { event_id: event(2), ..request(id, 2) };
    let outcomes = store.admit(&[request(1, 2), other(2), request(3, 1), other(4)]);
    let held: Vec<bool> = outcomes.iter().map(is_held).collect();
    assert_eq!(held, [true, true, false, false]);
    assert_eq!(store.ledgers[&event(2)].stock.held(), 2);
    assert_eq!(store.audit(), []);
}

#[test]
fn admitting_a_booking_again_gives_it_back_as_it_stands() {
    let mut store = Store::new(5);
    let HoldOutcome::Held(first) = store.admit_one(request(1, 2)) else { panic!() };
    assert_eq!(store.admit_one(request(1, 2)), HoldOutcome::Held(first));
    store.settle(paid(1, 2));
    let before = store.journal.len();
    let HoldOutcome::Held(again) = store.admit_one(request(1, 2)) else { panic!() };
    assert_eq!(again.status, BookingStatus::Confirmed);
    assert_eq!(store.journal.len(), before, "nothing was changed");

    let twice = store.admit(&[request(2, 1), request(2, 1)]);
    assert_eq!(twice[0], twice[1]);
    assert_eq!(store.counts(), (5, 3, 1));
}

#[test]
fn the_same_key_and_content_is_the_same_booking() {
    let mut store = Store::new(5);
    let ask = |id| keyed(request(id, 2), "k", b"two");
    let outcomes = store.admit(&[ask(1), ask(2)]);
    let HoldOutcome::Held(first) = &outcomes[0] else { panic!() };
    assert_eq!(outcomes[1], HoldOutcome::Replayed(first.clone()), "within one batch");
    assert_eq!(store.admit_one(ask(3)), HoldOutcome::Replayed(first.clone()), "and across");
    assert_eq!(store.counts(), (5, 5, 2));
    assert_eq!(store.bookings.len(), 1);
    assert_eq!(store.keys.len(), 1);
    assert_eq!(store.audit(), []);
}

#[test]
fn a_replay_is_answered_also_when_the_event_is_no_longer_on_sale() {
    let mut store = Store::new(2);
    store.admit_one(keyed(request(1, 2), "k", b"two"));
    store.settle(paid(1, 2));
    store.set_status(EventStatus::Cancelled);
    let HoldOutcome::Replayed(booking) = store.admit_one(keyed(request(2, 2), "k", b"two")) else {
        panic!()
    };
    assert_eq!(booking.status, BookingStatus::Confirmed);
}

#[test]
fn the_same_key_with_other_content_is_refused() {
    let mut store = Store::new(5);
    let outcomes =
        store.admit(&[keyed(request(1, 2), "k", b"two"), keyed(request(2, 1), "k", b"one")]);
    assert_eq!(outcomes[1], HoldOutcome::KeyReused, "within one batch");
    assert_eq!(store.admit_one(keyed(request(3, 1), "k", b"one")), HoldOutcome::KeyReused);
    assert!(is_held(&store.admit_one(keyed(request(4, 1), "K", b"one"))), "case matters");
    assert_eq!(store.counts(), (5, 5, 3));
}

#[test]
fn a_refused_request_leaves_its_key_free() {
    let mut store = Store::new(1);
    let outcome = store.admit_one(keyed(request(1, 2), "k", b"two"));
    assert_eq!(outcome, sold_out(1, 0));
    assert!(is_held(&store.admit_one(keyed(request(2, 1), "k", b"one"))));
}

#[test]
fn what_the_terms_forbid_is_refused_and_changes_nothing() {
    let on_sale_from = after(SECOND);
    let cases = [
        (
            SaleTerms { status: EventStatus::Draft, ..terms() },
            HoldOutcome::NotOnSale(SaleState::Draft),
        ),
        (
            SaleTerms { status: EventStatus::Cancelled, ..terms() },
            HoldOutcome::NotOnSale(SaleState::Cancelled),
        ),
        (SaleTerms { ends_at: now(), ..terms() }, HoldOutcome::NotOnSale(SaleState::Ended)),
        (
            SaleTerms { on_sale_from: Some(on_sale_from), ..terms() },
            HoldOutcome::NotOnSale(SaleState::NotYet { on_sale_from }),
        ),
        (
            SaleTerms { on_sale_until: Some(now()), ..terms() },
            HoldOutcome::NotOnSale(SaleState::Closed),
        ),
        (SaleTerms { max_per_booking: quantity(1), ..terms() }, HoldOutcome::TooMany { max: 1 }),
        (SaleTerms { unit_price: euros(4_501), ..terms() }, HoldOutcome::PriceChanged),
        (
            SaleTerms {
                unit_price: Money::new(4_500, Currency::new("CHF").unwrap()).unwrap(),
                ..terms()
            },
            HoldOutcome::PriceChanged,
        ),
    ];
    for (terms, expected) in cases {
        let mut store = Store::default();
        store.enter(event(1), 10, terms);
        let mut books = store.books(now());
        assert_eq!(books.admit(&[keyed(request(1, 2), "k", b"")]).unwrap(), [expected]);
        assert!(books.close().is_empty());
    }
}

#[test]
fn a_booking_may_be_for_as_many_as_the_event_allows() {
    let mut store = Store::default();
    store.enter(event(1), 10, SaleTerms { max_per_booking: quantity(2), ..terms() });
    assert!(is_held(&store.admit_one(request(1, 2))));
    assert_eq!(store.admit_one(request(2, 3)), HoldOutcome::TooMany { max: 2 });
}

#[test]
fn an_unknown_event_is_told_apart() {
    let mut store = Store::new(1);
    let elsewhere = HoldRequest { event_id: event(9), ..request(1, 1) };
    assert_eq!(store.admit_one(elsewhere), HoldOutcome::EventNotFound);
}

#[test]
fn overdue_holds_are_released_only_when_tickets_are_short() {
    let mut store = Store::new(4);
    store.admit(&[request(1, 1), request(2, 1)]);
    let later = |id, tickets| HoldRequest { expires_at: after(2 * HOLD), ..request(id, tickets) };
    // The holds are overdue from the very instant at which they end.
    store.admit_at(after(HOLD), &[later(3, 2)]);
    assert_eq!(store.status(1), BookingStatus::Pending, "there were enough");
    assert_eq!(store.status(2), BookingStatus::Pending);

    let outcomes = store.admit_at(after(HOLD), &[later(4, 2)]);
    assert!(is_held(&outcomes[0]));
    assert_eq!(store.status(1), BookingStatus::Expired);
    assert_eq!(store.status(2), BookingStatus::Expired);
    assert_eq!(store.counts(), (4, 4, 4));
    assert_eq!(store.causes(1), ["held", "hold_expired"]);
    assert_eq!(
        store.notices.iter().map(|n| n.kind.as_str()).collect::<Vec<_>>(),
        ["hold_expired", "hold_expired"]
    );
    assert_eq!(store.audit(), []);
}

#[test]
fn nobody_is_refused_while_overdue_holds_are_left() {
    let mut store = Store::new(3);
    store.admit(&[request(1, 3)]);
    let just_before = after(HOLD).saturating_sub(Duration::from_micros(1));
    let later = |id, tickets| HoldRequest { expires_at: after(2 * HOLD), ..request(id, tickets) };
    assert_eq!(store.admit_at(just_before, &[later(2, 1)]), [sold_out(0, 3)]);
    assert_eq!(store.status(1), BookingStatus::Pending, "it may still be paid");
    let outcomes = store.admit_at(after(HOLD), &[later(3, 4), later(4, 3), later(5, 1)]);
    assert_eq!(outcomes[0], sold_out(3, 0), "released, and still too few");
    assert!(is_held(&outcomes[1]));
    assert_eq!(outcomes[2], sold_out(0, 3));
    assert_eq!(store.audit(), []);
}

#[test]
fn only_events_that_may_run_short_need_their_overdue_holds() {
    let mut store = Store::new(5);
    store.enter(event(2), 5, terms());
    let other = |id, tickets| HoldRequest { event_id: event(2), ..request(id, tickets) };
    let books = store.books(now());
    let short = |requests: &[HoldRequest]| books.short_for_requests(requests);
    assert_eq!(short(&[request(1, 5), other(2, 3), other(3, 2)]), []);
    let missing = Shortage { event_id: event(2), holds: 1 };
    assert_eq!(short(&[request(1, 5), other(2, 3), other(3, 3)]), [missing]);
    assert_eq!(short(&[HoldRequest { event_id: event(9), ..request(1, 9) }]), []);
}

#[test]
fn books_that_cannot_be_balanced_are_not_written() {
    let mut store = Store::new(5);
    store.admit(&[request(1, 2)]);
    // The row of the stock was tampered with: it no longer knows of the held tickets.
    store.ledgers.get_mut(&event(1)).unwrap().stock = Stock::restore(5, 5, 1, 2).unwrap();
    let mut books = store.books(now());
    let broken = books.settle(&[because(1, Cause::CustomerCancelled)]);
    assert_eq!(broken, Err(BooksDoNotBalance { event_id: event(1) }));
}
