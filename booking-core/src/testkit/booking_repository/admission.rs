//! Admitting batches.

use crate::domain::booking::{BookingStatus, Customer};
use crate::domain::event::SaleState;
use crate::domain::ids::EventId;
use crate::domain::ledger::{HoldOutcome, HoldRequest, SoldOut};
use crate::domain::stock::Stock;
use crate::testkit::seed::{self, DAY, SECOND, TICK};
use crate::testkit::{Repositories, RepositoryHarness};

/// Contract 3, 6: a hold raises `held`, changes nothing else of the stock, and makes a pending booking.
pub async fn a_hold_takes_tickets_and_makes_a_pending_booking<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Hold").capacity(10)).await;
    let other = db.store(&seed::event("Bystander").capacity(10)).await;
    let before = db.listing(event).await;
    let request = seed::hold(event).quantity(3).build();

    let now = seed::later(SECOND);
    let done = db.bookings.admit(std::slice::from_ref(&request), now).await.expect("admit");

    let [HoldOutcome::Held(booking)] = &done.outcomes[..] else {
        panic!("the tickets are not held: {:?}", done.outcomes);
    };
    assert_eq!(booking.status, BookingStatus::Pending);
    assert_eq!((booking.id, booking.event_id), (request.booking_id, event));
    assert_eq!(booking.total, seed::money(13_500, "EUR"));
    assert_eq!((booking.created_at, booking.expires_at), (now, request.expires_at));
    assert_eq!((booking.confirmed_at, booking.cancelled_at), (None, None));
    assert_eq!(db.booking(booking.id).await, *booking, "what was answered is what is stored");

    let after = db.listing(event).await;
    let expected = Stock::restore(10, 10, 3, before.stock.version() + 1).expect("it is in range");
    assert_eq!(after.stock, expected);
    assert_eq!(done.stocks, [(event, expected)], "the stock is answered, too");
    assert_eq!(after.event, before.event, "a sale does not change the event");
    assert_eq!(db.stock(other).await, Stock::new(seed::capacity(10)), "other events stay");
    db.assert_books_balance().await;
}

/// Contract 3: requests are decided in order; one that does not fit leaves the tickets to the next.
pub async fn requests_of_a_batch_are_decided_in_order<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Order").capacity(3)).await;
    let batch: Vec<HoldRequest> =
        [2, 2, 1, 1].map(|n| seed::hold(event).quantity(n).build()).into();

    let done = db.bookings.admit(&batch, seed::now()).await.expect("admit");

    let held: Vec<bool> =
        done.outcomes.iter().map(|outcome| matches!(outcome, HoldOutcome::Held(_))).collect();
    assert_eq!(held, [true, false, true, false]);
    let short = SoldOut { available: 1, held: 2, next_release_at: Some(batch[0].expires_at) };
    assert_eq!(done.outcomes[1], HoldOutcome::SoldOut(short));
    assert_eq!(db.bookings.find_booking(batch[1].booking_id).await.expect("find"), None);
    assert_eq!(db.counts(event).await, (3, 3));
    assert_eq!(done.stocks, [(event, db.stock(event).await)]);
    let ids: Vec<_> = db.list(event).await.into_iter().map(|booking| booking.id).collect();
    assert_eq!(ids, [batch[0].booking_id, batch[2].booking_id]);
    db.assert_books_balance().await;
}

/// Contract 3: each reason to refuse is an answer of its own, and leaves no trace.
pub async fn every_refusal_is_told_apart_and_changes_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let now = seed::now();
    let opens = now.saturating_add(TICK);
    let open = db.store(&seed::event("Open").max_per_booking(4)).await;
    let draft = db.store(&seed::event("Draft").draft()).await;
    let early = db.store(&seed::event("Early").on_sale(Some(opens), None)).await;
    let closed = db.store(&seed::event("Closed").on_sale(None, Some(now))).await;
    let over = db.store(&seed::event("Over").starts_at(now.saturating_sub(DAY))).await;
    let off = db.store(&seed::event("Off")).await;
    db.call_off(off, now).await;
    let unknown = seed::event_id();

    let cases = [
        (seed::hold(unknown), HoldOutcome::EventNotFound),
        (seed::hold(draft), HoldOutcome::NotOnSale(SaleState::Draft)),
        (seed::hold(early), HoldOutcome::NotOnSale(SaleState::NotYet { on_sale_from: opens })),
        (seed::hold(closed), HoldOutcome::NotOnSale(SaleState::Closed)),
        (seed::hold(over), HoldOutcome::NotOnSale(SaleState::Ended)),
        (seed::hold(off), HoldOutcome::NotOnSale(SaleState::Cancelled)),
        (seed::hold(open).quantity(5), HoldOutcome::TooMany { max: 4 }),
        (seed::hold(open).price(4_499, "EUR"), HoldOutcome::PriceChanged),
        (seed::hold(open).price(4_500, "USD"), HoldOutcome::PriceChanged),
    ];
    let events = [open, draft, early, closed, over, off];
    let before = listings(&db, &events).await;
    let (batch, expected): (Vec<HoldRequest>, Vec<HoldOutcome>) =
        cases.into_iter().map(|(seed, outcome)| (seed.build(), outcome)).unzip();

    let done = db.bookings.admit(&batch, now).await.expect("admit");
    assert_eq!(done.outcomes, expected);
    for request in &batch {
        let found = db.bookings.find_booking(request.booking_id).await.expect("find_booking");
        assert_eq!(found, None);
    }
    assert_eq!(listings(&db, &events).await, before, "a refusal changes nothing");

    assert!(
        matches!(db.admit(seed::hold(early), opens).await, HoldOutcome::Held(_)),
        "sales open on the dot"
    );
    db.assert_books_balance().await;
}

async fn listings(db: &Repositories, events: &[EventId]) -> Vec<crate::domain::event::Listing> {
    let mut listings = Vec::new();
    for id in events {
        listings.push(db.listing(*id).await);
    }
    listings
}

/// Contract 4: a batch whose outcome is unknown can be sent again, as often and as late as one likes.
pub async fn admitting_a_batch_again_changes_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Again").capacity(5)).await;
    let batch = [seed::hold(event).quantity(3).build(), seed::hold(event).quantity(2).build()];
    let first = db.bookings.admit(&batch, seed::now()).await.expect("admit");
    let version = db.stock(event).await.version();

    let again = db.bookings.admit(&batch, seed::later(SECOND)).await.expect("admit");
    assert_eq!(again.outcomes, first.outcomes, "sold out or not, the same bookings");
    assert_eq!((db.counts(event).await, db.stock(event).await.version()), ((5, 5), version));

    // As it stands now, whatever became of it, and of its event.
    let booking = db.booking(batch[0].booking_id).await;
    let paid = db.move_by(&booking, seed::succeeded(&booking, seed::now()), seed::now()).await;
    db.call_off(event, seed::later(SECOND)).await;
    let before = db.stock(event).await;
    let much_later = seed::later(400 * DAY);
    assert_eq!(db.admit(batch[0].clone(), much_later).await, HoldOutcome::Held(paid.clone()));
    let altered = HoldRequest { quantity: seed::quantity(1), ..batch[0].clone() };
    assert_eq!(db.admit(altered, much_later).await, HoldOutcome::Held(paid));
    assert_eq!(db.stock(event).await, before);
    assert_eq!(db.list(event).await.len(), 2);
    db.assert_books_balance().await;
}

/// Contract 4: the same holds within one batch.
pub async fn a_booking_id_twice_in_a_batch_is_one_booking<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Twice").capacity(5)).await;
    let request = seed::hold(event).quantity(2).build();
    let batch = [request.clone(), request.clone()];
    let done = db.bookings.admit(&batch, seed::now()).await.expect("admit");
    assert!(matches!(done.outcomes[0], HoldOutcome::Held(_)));
    assert_eq!(done.outcomes[0], done.outcomes[1]);
    assert_eq!(db.counts(event).await, (5, 2));
    assert_eq!(db.list(event).await.len(), 1);
    db.assert_books_balance().await;
}

/// Contract 3: a batch may mix events; outcomes keep the order of the requests.
pub async fn a_batch_may_touch_many_events<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let mut events = Vec::new();
    for index in 0..5 {
        events.push(db.store(&seed::event(&format!("Event {index}")).capacity(2)).await);
    }
    let batch: Vec<HoldRequest> =
        [4, 0, 3, 0, 1, 0, 4].iter().map(|index| seed::hold(events[*index]).build()).collect();

    let done = db.bookings.admit(&batch, seed::now()).await.expect("admit");

    for (index, (request, outcome)) in batch.iter().zip(&done.outcomes).enumerate() {
        match outcome {
            HoldOutcome::Held(booking) => {
                assert_eq!((booking.id, booking.event_id), (request.booking_id, request.event_id));
            }
            HoldOutcome::SoldOut(_) => assert_eq!(index, 5, "the third for two tickets"),
            other => panic!("{other:?}"),
        }
    }
    for (event, held) in events.iter().zip([2, 1, 0, 1, 2]) {
        assert_eq!(db.counts(*event).await, (2, held));
    }
    for (event, stock) in &done.stocks {
        assert_eq!(db.stock(*event).await, *stock);
    }
    let mut touched: Vec<EventId> = done.stocks.iter().map(|(event, _)| *event).collect();
    touched.sort_unstable();
    assert_eq!(touched, [events[0], events[1], events[3], events[4]], "each once, and no other");
    db.assert_books_balance().await;
}

/// Contract 1: nothing asked, nothing done.
pub async fn an_empty_batch_does_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Quiet")).await;
    let before = db.listing(event).await;
    let done = db.bookings.admit(&[], seed::now()).await.expect("admit");
    assert!(done.outcomes.is_empty() && done.stocks.is_empty());
    assert_eq!(db.listing(event).await, before);
}

/// Contract 1: what was answered is durable, letter by letter and to the microsecond.
pub async fn every_field_of_a_booking_is_kept<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Fields").price(1_250, "KWD")).await;
    let free = db.store(&seed::event("Free").free()).await;
    let names = ["Robert'); DROP TABLE bookings;--", "李小龍 \u{1F3B5} e\u{301}", "%_\\ \"q\""];
    for (index, name) in names.into_iter().enumerate() {
        let customer = Customer::new(name, "o'brien+%_x@mail.example.org").expect("it is valid");
        let request = HoldRequest {
            customer: customer.clone(),
            ..seed::hold(event)
                .quantity(7)
                .price(1_250, "KWD")
                .key(&format!("key '{index}\" ;"), "asked")
                .payment(seed::payment())
                .expires_at(seed::later(SECOND + TICK))
                .build()
        };
        let booking = db.hold(request.clone(), seed::now()).await;
        let stored = db.booking(booking.id).await;
        assert_eq!(stored, booking);
        assert_eq!(stored.customer, customer);
        assert_eq!(stored.payment, request.payment);
        assert_eq!(stored.expires_at, request.expires_at);
        assert_eq!(stored.total, seed::money(8_750, "KWD"));
    }
    let booking = db.hold(seed::hold(free).price(0, "EUR"), seed::now()).await;
    assert!(db.booking(booking.id).await.total.is_zero());
    db.assert_books_balance().await;
}

/// Contract 2: the largest figures that the domain allows are counted exactly.
pub async fn large_quantities_and_prices_are_kept<H: RepositoryHarness>(harness: &H) {
    use crate::domain::money::Money;
    use crate::domain::quantity::{Capacity, Quantity};

    let (db, _guard) = harness.fresh().await;
    let price = Money::MAX_MINOR / i64::from(Quantity::MAX);
    let large = seed::event("Large").capacity(Capacity::MAX).price(price, "EUR");
    let event = db.store(&large.max_per_booking(Quantity::MAX)).await;
    let request = seed::hold(event).quantity(Quantity::MAX).price(price, "EUR");
    let sold = db.sell(request, seed::now()).await;
    assert_eq!(sold.total, seed::money(Money::MAX_MINOR, "EUR"));
    assert_eq!(db.booking(sold.id).await, sold);
    assert_eq!(db.counts(event).await, (Capacity::MAX - Quantity::MAX, 0));
    db.assert_books_balance().await;
}
