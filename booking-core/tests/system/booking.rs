//! Taking bookings, giving them up, letting them run out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use booking_core::domain::booking::BookingStatus;
use booking_core::domain::event::{EventDetails, SaleState};
use booking_core::domain::ledger::SoldOut;
use booking_core::ports::event_repository::EventChange;
use booking_core::ports::payment_gateway::GatewayError;
use booking_core::ports::{BookingRepository, EventRepository};
use booking_core::ports::{Classify as _, Effect};
use booking_core::service::{BookOutcome, CancelOutcome};
use booking_core::testkit::faulty::{Fault, FaultScript, FaultyBookingRepository, FaultyGateway};
use booking_core::testkit::seed;

use crate::bench::{Bench, Parts, RemoteGateway, booked, request, request_with_key};

const TTL: Duration = Duration::from_mins(15);

#[tokio::test]
async fn tickets_are_held_until_they_are_paid_for() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(5)).await;
    let booking = bench.booked(event, 2).await;
    assert_eq!(booking.status, BookingStatus::Pending);
    assert_eq!(booking.total, seed::money(9_000, "EUR"));
    assert_eq!(booking.expires_at, seed::later(TTL));
    assert_eq!(bench.counts(event).await, (3, 2, 0));

    bench.pay(&booking).await;
    let booking = bench.find(booking.id).await;
    assert_eq!(booking.status, BookingStatus::Confirmed);
    assert_eq!(booking.confirmed_at, Some(seed::now()));
    assert_eq!(bench.counts(event).await, (3, 0, 2));
    bench.assert_balanced().await;
}

#[tokio::test]
async fn tickets_that_cost_nothing_are_confirmed_at_once() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Open day").free().capacity(5)).await;
    let booking = bench.booked(event, 2).await;
    assert_eq!((booking.status, booking.payment), (BookingStatus::Confirmed, None));
    assert_eq!(bench.counts(event).await, (3, 0, 2));
    bench.assert_balanced().await;
}

#[tokio::test]
async fn a_hold_ends_at_its_time_although_nobody_sweeps() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let first = bench.booked(event, 2).await;
    bench.clock.set(first.expires_at);
    // A buyer comes before anybody looked: the tickets are there for him.
    let second = bench.booked(event, 2).await;
    assert_eq!(bench.status(first.id).await, BookingStatus::Expired);
    assert_eq!(bench.status(second.id).await, BookingStatus::Pending);
    // And looking is enough, too.
    bench.clock.set(second.expires_at);
    assert_eq!(bench.status(second.id).await, BookingStatus::Expired);
    assert_eq!(bench.counts(event).await, (2, 0, 0));
    bench.assert_balanced().await;
}

#[tokio::test]
async fn a_refusal_says_what_is_left_and_when_more_may_come() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(5)).await;
    let held = bench.booked(event, 3).await;
    let refused = BookOutcome::SoldOut(SoldOut {
        available: 2,
        held: 3,
        next_release_at: Some(held.expires_at),
    });
    assert_eq!(bench.book(event, 3).await, refused);
    assert_eq!(bench.book(event, 3).await, refused, "and the same again from memory");
    bench.booked(event, 2).await;
    assert_eq!(bench.counts(event).await, (0, 5, 0));
}

#[tokio::test]
async fn what_is_released_can_be_booked_at_once_although_a_refusal_is_remembered() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let first = bench.booked(event, 2).await;
    assert!(matches!(bench.book(event, 1).await, BookOutcome::SoldOut(_)));
    let cancelled = bench.system.bookings().cancel(first.id).await.unwrap();
    assert!(matches!(cancelled, CancelOutcome::Cancelled(_)));
    bench.booked(event, 2).await;
}

#[tokio::test]
async fn events_that_cannot_be_bought_say_why() {
    let bench = Bench::new();
    let soon = seed::later(Duration::from_hours(1));
    let not_yet = bench.stage(seed::event("Later").on_sale(Some(soon), None)).await;
    let draft = bench.stage(seed::event("Draft").draft()).await;
    let event = bench.stage(seed::event("Organ").max_per_booking(2)).await;
    let state = BookOutcome::NotOnSale(SaleState::NotYet { on_sale_from: soon });
    assert_eq!(bench.book(not_yet, 1).await, state);
    assert_eq!(bench.book(draft, 1).await, BookOutcome::NotOnSale(SaleState::Draft));
    assert_eq!(bench.book(event, 3).await, BookOutcome::TooMany { max: 2 });
    assert_eq!(bench.book(seed::event_id(), 1).await, BookOutcome::EventNotFound);
    bench.clock.set(soon);
    bench.booked(not_yet, 1).await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_booking_also_when_all_is_sold() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let bookings = bench.system.bookings();
    let first = booked(bookings.book(request_with_key(event, 2, "k1")).await.unwrap());
    assert!(matches!(bench.book(event, 1).await, BookOutcome::SoldOut(_)));
    let again = bookings.book(request_with_key(event, 2, "k1")).await.unwrap();
    assert_eq!(again, BookOutcome::Replayed(first.clone()));
    let other = bookings.book(request_with_key(event, 1, "k1")).await.unwrap();
    assert_eq!(other, BookOutcome::KeyReused);
    assert_eq!(bench.counts(event).await, (0, 2, 0));

    bench.pay(&first).await;
    let again = bookings.book(request_with_key(event, 2, "k1")).await.unwrap();
    let BookOutcome::Replayed(again) = again else { panic!("{again:?}") };
    assert_eq!(again.status, BookingStatus::Confirmed);
}

#[tokio::test]
async fn a_repeated_request_hears_that_its_hold_has_ended() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let bookings = bench.system.bookings();
    let first = booked(bookings.book(request_with_key(event, 2, "k")).await.unwrap());
    bench.clock.set(first.expires_at);
    let again = bookings.book(request_with_key(event, 2, "k")).await.unwrap();
    let BookOutcome::Replayed(again) = again else { panic!("{again:?}") };
    assert_eq!((again.id, again.status), (first.id, BookingStatus::Expired));
    assert_eq!(bench.counts(event).await, (2, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn keys_are_forgotten_when_their_time_is_over_and_not_before() {
    let bench = Bench::new();
    let bookings = bench.system.bookings();
    let starts_at = seed::later(Duration::from_hours(100));
    let event = bench.stage(seed::event("Organ").capacity(50).starts_at(starts_at)).await;
    booked(bookings.book(request_with_key(event, 1, "old")).await.unwrap());
    bench.clock.advance(Duration::from_hours(47));
    booked(bookings.book(request_with_key(event, 1, "new")).await.unwrap());
    bench.clock.advance(Duration::from_hours(2));
    let workers = bench.system.start_workers();
    tokio::time::sleep(Duration::from_secs(1)).await;
    workers.stop().await;
    let other = bookings.book(request_with_key(event, 2, "new")).await.unwrap();
    assert_eq!(other, BookOutcome::KeyReused);
    booked(bookings.book(request_with_key(event, 2, "old")).await.unwrap());
}

#[tokio::test]
async fn the_same_key_at_the_same_time_books_once() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let bookings = bench.system.bookings();
    let (one, two) = tokio::join!(
        bookings.book(request_with_key(event, 1, "k")),
        bookings.book(request_with_key(event, 1, "k")),
    );
    booked(one.unwrap());
    assert_eq!(two.unwrap(), BookOutcome::InProgress);
    assert_eq!(bench.counts(event).await, (9, 1, 0));
}

#[tokio::test]
async fn a_price_that_changed_meanwhile_is_the_one_that_is_paid() {
    let bench = Bench::new();
    let seed = seed::event("Organ");
    let event = bench.stage(seed.clone()).await;
    bench.system.catalogue().find_event(event).await.unwrap();
    // Behind the back of the service, so that its cache still holds the old price.
    let dearer: EventDetails = seed.price(5_000, "EUR").details();
    let change = EventChange { details: Some(dearer), ..EventChange::default() };
    bench.events.change_event(event, &change, seed::now()).await.unwrap();

    let booking = bench.booked(event, 2).await;
    assert_eq!(booking.total, seed::money(10_000, "EUR"));
    bench.pay(&booking).await;
    assert_eq!(bench.status(booking.id).await, BookingStatus::Confirmed);
}

#[tokio::test]
async fn a_refusal_after_the_price_changed_is_repeated_although_the_event_is_forgotten() {
    let bench = Bench::new();
    let seed = seed::event("Organ").capacity(2);
    let event = bench.stage(seed.clone()).await;
    bench.system.catalogue().find_event(event).await.unwrap();
    // Another process makes it dearer and sells all of it.
    let details = Some(seed.price(5_000, "EUR").details());
    let change = EventChange { details, ..EventChange::default() };
    bench.events.change_event(event, &change, seed::now()).await.unwrap();
    let all = seed::hold(event).quantity(2).price(5_000, "EUR").build();
    bench.bookings.admit(&[all], seed::now()).await.unwrap();
    for _ in 0..2 {
        let refused = bench.book(event, 1).await;
        assert!(matches!(refused, BookOutcome::SoldOut(SoldOut { held: 2, .. })), "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_free_ticket_for_what_is_called_off_meanwhile_is_nobodys() {
    let (parts, script) = (Parts::new(), FaultScript::none());
    let (events, bookings) = (parts.database.events(), parts.database.bookings());
    let faulty = FaultyBookingRepository::new(bookings, script.clone());
    let builder = parts.builder(Arc::new(RemoteGateway::default()));
    let system = builder.repositories(events.clone(), Arc::new(faulty)).build().unwrap();
    let event = seed::event("Open day").free().capacity(2).build();
    events.store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();

    script.push_for("settle", Fault::Delay(Duration::from_secs(2)));
    let (outcome, ()) = tokio::join!(system.bookings().book(request(event.id, 2)), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        system.organiser().cancel(event.id).await.unwrap();
    });
    assert_eq!(outcome.unwrap(), BookOutcome::NotOnSale(SaleState::Cancelled));
    let page = system.bookings().list(event.id, None, 10).await.unwrap();
    let statuses: Vec<_> = page.items.iter().map(|booking| booking.status).collect();
    assert_eq!(statuses, [BookingStatus::Cancelled]);
    let stock = events.find_event(event.id).await.unwrap().unwrap().stock;
    assert_eq!((stock.available(), stock.held()), (2, 0));
}

#[tokio::test]
async fn giving_up_can_be_repeated_but_not_after_paying() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(5)).await;
    let (given_up, paid) = (bench.booked(event, 1).await, bench.booked(event, 1).await);
    let bookings = bench.system.bookings();
    for _ in 0..2 {
        let CancelOutcome::Cancelled(booking) = bookings.cancel(given_up.id).await.unwrap() else {
            panic!("it can be given up")
        };
        assert_eq!(booking.status, BookingStatus::Cancelled);
        assert_eq!(booking.cancelled_at, Some(seed::now()));
    }
    bench.pay(&paid).await;
    let refused = bookings.cancel(paid.id).await.unwrap();
    assert!(matches!(refused, CancelOutcome::NotCancellable(_)));
    assert_eq!(bookings.cancel(seed::booking_id()).await.unwrap(), CancelOutcome::NotFound);
    assert_eq!(bench.counts(event).await, (4, 0, 1));
    bench.assert_balanced().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_payment_link_the_tickets_and_the_key_are_free_again() {
    let (parts, gateway) = (Parts::new(), Arc::new(RemoteGateway::default()));
    let system = parts.builder(gateway.clone()).build().unwrap();
    let event = seed::event("Organ").capacity(2).build();
    parts.database.events().store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();

    gateway.fail(vec![GatewayError::Rejected { reason: "closed".to_owned() }]);
    let failed = system.bookings().book(request_with_key(event.id, 2, "k")).await.unwrap();
    assert_eq!(failed, BookOutcome::GatewayFailed);
    let again = booked(system.bookings().book(request_with_key(event.id, 2, "k")).await.unwrap());
    assert_eq!(again.status, BookingStatus::Pending);
    assert!(again.payment.is_some());
    let kept = parts.database.bookings().find_booking(again.id).await.unwrap().unwrap();
    assert_eq!(kept.payment, again.payment, "the link is kept with the booking");
}

#[tokio::test(start_paused = true)]
async fn without_a_payment_link_nobody_is_told_that_he_has_booked_also_if_an_answer_was_lost() {
    let (parts, gateway) = (Parts::new(), Arc::new(RemoteGateway::default()));
    let script = FaultScript::none();
    let (events, bookings) = (parts.database.events(), parts.database.bookings());
    let faulty = FaultyBookingRepository::new(bookings, script.clone());
    let builder = parts.builder(gateway.clone()).repositories(events, Arc::new(faulty));
    let system = builder.build().unwrap();
    let event = seed::event("Organ").capacity(2).build();
    parts.database.events().store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();

    gateway.fail(vec![GatewayError::Rejected { reason: "closed".to_owned() }]);
    script.push_for("settle", Fault::After);
    let failed = system.bookings().book(request_with_key(event.id, 2, "k")).await.unwrap();
    assert_eq!(failed, BookOutcome::GatewayFailed);
    let again = booked(system.bookings().book(request_with_key(event.id, 2, "k")).await.unwrap());
    assert_eq!(again.status, BookingStatus::Pending);
}

#[tokio::test(start_paused = true)]
async fn tickets_that_are_held_are_not_said_to_be_free_because_their_link_could_not_be_kept() {
    let parts = Parts::new();
    let script = FaultScript::choose(|method| match method {
        "record_links" => Fault::Before,
        _ => Fault::None,
    });
    let (events, bookings) = (parts.database.events(), parts.database.bookings());
    let faulty = FaultyBookingRepository::new(bookings, script.clone());
    let builder = parts.builder(Arc::new(RemoteGateway::default()));
    let system = builder.repositories(events, Arc::new(faulty)).build().unwrap();
    let event = seed::event("Organ").capacity(2).build();
    parts.database.events().store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();

    let failed = system.bookings().book(request_with_key(event.id, 2, "k")).await.unwrap_err();
    assert_eq!(failed.effect(), Effect::Unknown, "{failed:?}");
    let stock = parts.database.events().find_event(event.id).await.unwrap().unwrap().stock;
    assert_eq!(stock.held(), 2);
    script.heal();
    let again = system.bookings().book(request_with_key(event.id, 2, "k")).await.unwrap();
    let BookOutcome::Replayed(booking) = again else { panic!("{again:?}") };
    assert!(booking.payment.is_some(), "the key leads to it, and it can be paid for");
}

#[tokio::test]
async fn a_request_for_too_many_is_told_so_also_while_the_event_is_known_to_be_sold_out() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2).max_per_booking(3)).await;
    bench.booked(event, 2).await;
    assert!(matches!(bench.book(event, 1).await, BookOutcome::SoldOut(_)));
    assert_eq!(bench.book(event, 4).await, BookOutcome::TooMany { max: 3 });
    assert!(matches!(bench.book(event, 3).await, BookOutcome::SoldOut(_)));
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_stumbles_is_asked_again_and_one_that_is_gone_is_given_up() {
    let (parts, gateway) = (Parts::new(), Arc::new(RemoteGateway::default()));
    let system = parts.builder(gateway.clone()).build().unwrap();
    let event = seed::event("Organ").capacity(10).build();
    parts.database.events().store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();
    let unreachable = || GatewayError::Unreachable { source: "connection refused".into() };

    gateway.fail(vec![unreachable(), GatewayError::OutcomeUnknown { source: "lost".into() }]);
    let booking = booked(system.bookings().book(request(event.id, 1)).await.unwrap());
    assert_eq!(gateway.created.load(Ordering::Relaxed), 3);
    assert!(booking.payment.is_some());

    gateway.fail((0..10_000).map(|_| unreachable()).collect());
    let failed = system.bookings().book(request(event.id, 1)).await.unwrap();
    assert_eq!(failed, BookOutcome::GatewayFailed);
    let stock = parts.database.events().find_event(event.id).await.unwrap().unwrap().stock;
    assert_eq!((stock.available(), stock.held()), (9, 1));
}

#[tokio::test(start_paused = true)]
async fn a_gateway_is_asked_once_for_a_booking_that_is_repeated() {
    let (parts, gateway) = (Parts::new(), Arc::new(RemoteGateway::default()));
    let system = parts.builder(gateway.clone()).build().unwrap();
    let event = seed::event("Organ").capacity(2).build();
    parts.database.events().store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();
    let bookings = system.bookings();

    let first = booked(bookings.book(request_with_key(event.id, 2, "k")).await.unwrap());
    let again = bookings.book(request_with_key(event.id, 2, "k")).await.unwrap();
    assert_eq!(again, BookOutcome::Replayed(first.clone()), "its link is there");
    bookings.cancel(first.id).await.unwrap();
    let again = bookings.book(request_with_key(event.id, 2, "k")).await.unwrap();
    let BookOutcome::Replayed(again) = again else { panic!("{again:?}") };
    assert_eq!(again.status, BookingStatus::Cancelled, "it is not to be paid for");
    assert_eq!(gateway.created.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_can_pay_for_what_was_given_up_before_it_had_a_link() {
    let (parts, gateway) = (Parts::new(), Arc::new(RemoteGateway::default()));
    let script = FaultScript::none();
    let (events, bookings) = (parts.database.events(), parts.database.bookings());
    let faulty = FaultyBookingRepository::new(bookings.clone(), script.clone());
    let builder = parts.builder(gateway.clone()).repositories(events, Arc::new(faulty));
    let system = builder.build().unwrap();
    let event = seed::event("Organ").capacity(2).build();
    parts.database.events().store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();

    // Its link could not be kept, and then it was given up.
    script.push_for("record_links", Fault::Hang);
    let asked = system.bookings().book(request_with_key(event.id, 2, "k"));
    assert!(tokio::time::timeout(Duration::from_secs(1), asked).await.is_err());
    let page = bookings.list_bookings(event.id, None, 10).await.unwrap();
    let [booking] = &page.items[..] else { panic!("{page:?}") };
    system.bookings().cancel(booking.id).await.unwrap();
    let again = system.bookings().book(request_with_key(event.id, 2, "k")).await.unwrap();
    let BookOutcome::Replayed(again) = again else { panic!("{again:?}") };
    assert_eq!((again.status, again.payment), (BookingStatus::Cancelled, None));
    assert_eq!(gateway.created.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_while_the_gateway_fails_hears_of_his_own_doing() {
    let (parts, gateway) = (Parts::new(), Arc::new(RemoteGateway::default()));
    gateway.fail(vec![GatewayError::Rejected { reason: "closed".to_owned() }]);
    let script = FaultScript::none();
    script.push_for("create_payment", Fault::Delay(Duration::from_secs(2)));
    let system = parts.builder(Arc::new(FaultyGateway::new(gateway, script))).build().unwrap();
    let event = seed::event("Organ").capacity(2).build();
    parts.database.events().store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();

    let (outcome, given_up) = tokio::join!(system.bookings().book(request(event.id, 2)), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let page = system.bookings().list(event.id, None, 10).await.unwrap();
        system.bookings().cancel(page.items[0].id).await.unwrap()
    });
    let CancelOutcome::Cancelled(given_up) = given_up else { panic!("{given_up:?}") };
    assert_eq!(booked(outcome.unwrap()), given_up);
}

#[tokio::test(start_paused = true)]
async fn a_link_is_kept_although_the_database_stumbles() {
    let (parts, script) = (Parts::new(), FaultScript::none());
    let (events, bookings) = (parts.database.events(), parts.database.bookings());
    let faulty = FaultyBookingRepository::new(bookings.clone(), script.clone());
    let builder = parts.builder(Arc::new(RemoteGateway::default()));
    let system = builder.repositories(events, Arc::new(faulty)).build().unwrap();
    let event = seed::event("Organ").capacity(2).build();
    parts.database.events().store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();

    script.push_for("record_links", Fault::Before);
    let booking = booked(system.bookings().book(request(event.id, 2)).await.unwrap());
    let kept = bookings.find_booking(booking.id).await.unwrap().unwrap();
    assert!(kept.payment.is_some());
    assert_eq!(kept.payment, booking.payment);
}

#[tokio::test]
async fn an_audit_looks_at_every_page() {
    const MANY: u64 = 1_200;
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(5_000)).await;
    let batch: Vec<_> = (0..MANY).map(|_| seed::hold(event).build()).collect();
    bench.bookings.admit(&batch, seed::now()).await.unwrap();
    for _ in 1..MANY {
        bench.stage(seed::event("Another")).await;
    }
    let report = bench.system.audit().await.unwrap();
    assert_eq!((report.events, report.bookings), (MANY, MANY));
    assert_eq!(report.discrepancies, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_gets_exactly_the_tickets_there_are() {
    let bench = Arc::new(Bench::new());
    let event = bench.stage(seed::event("Organ").capacity(50)).await;
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let bench = Arc::clone(&bench);
        crowd.spawn(async move { bench.book(event, 1).await });
    }
    let outcomes = crowd.join_all().await;
    let got = outcomes.iter().filter(|o| matches!(o, BookOutcome::Booked(_))).count();
    let sold_out = outcomes.iter().filter(|o| matches!(o, BookOutcome::SoldOut(_))).count();
    assert_eq!((got, sold_out), (50, 450));
    assert_eq!(bench.counts(event).await, (0, 50, 0));
    bench.assert_balanced().await;
}
