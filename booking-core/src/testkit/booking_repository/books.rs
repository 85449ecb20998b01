//! What the referee is shown.

use tokio::task::JoinSet;

use crate::domain::audit::{BookingRecord, EventRecord};
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::event::EventStatus;
use crate::domain::ids::EventId;
use crate::domain::ledger::{Cause, HoldOutcome, Settlement};
use crate::domain::time::Timestamp;
use crate::ports::event_repository::EventChange;
use crate::testkit::manual::SplitMix;
use crate::testkit::seed::{self, HOLD, SECOND};
use crate::testkit::{Repositories, RepositoryHarness, until_answered};

/// Contract 2, 6: whatever happens in whatever order, nothing is found on a healthy database.
pub async fn a_long_mixed_history_balances<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let mut events = Vec::new();
    for (index, capacity) in [3, 8, 20].into_iter().enumerate() {
        events.push(db.store(&seed::event(&format!("Mixed {index}")).capacity(capacity)).await);
    }
    let mut random = SplitMix::new(2_027);
    let mut bookings: Vec<Booking> = Vec::new();
    let mut now = seed::now();
    for round in 0..150 {
        now = now.saturating_add(SECOND * 30);
        one_step(&db, &mut random, &events, &mut bookings, now).await;
        if round == 120 {
            db.call_off(events[2], now).await;
        }
        if round % 25 == 0 {
            db.assert_books_balance().await;
        }
    }
    for id in db.bookings.list_called_off(1_000).await.expect("list_called_off") {
        db.settle(id, Cause::EventCancelled, now).await;
    }
    db.assert_books_balance().await;
    assert!(bookings.len() > 20, "the history is worth the name");
}

async fn one_step(
    db: &Repositories,
    random: &mut SplitMix,
    events: &[EventId],
    bookings: &mut Vec<Booking>,
    now: Timestamp,
) {
    let event = events[random.below(events.len())];
    match random.below(10) {
        0..5 => {
            let quantity = u32::try_from(1 + random.below(4)).expect("it is small");
            let seed = seed::hold(event).quantity(quantity).expires_at(now.saturating_add(HOLD));
            if let HoldOutcome::Held(booking) = db.admit(seed, now).await {
                bookings.push(booking);
            }
        }
        5 => {
            let capacity = u32::try_from(1 + random.below(20)).expect("it is small");
            let change =
                EventChange { capacity: Some(seed::capacity(capacity)), ..EventChange::default() };
            db.events.change_event(event, &change, now).await.expect("change_event");
        }
        _ if bookings.is_empty() => {}
        _ => {
            let booking = &bookings[random.below(bookings.len())];
            let cause = match random.below(7) {
                0 | 1 => Cause::Notified(seed::succeeded(booking, now)),
                2 => Cause::Notified(seed::failed(booking, now)),
                3 => Cause::CustomerCancelled,
                4 => Cause::HoldExpired,
                5 => Cause::RefundRequested,
                _ => {
                    let status = db.booking(booking.id).await.status;
                    if status != BookingStatus::RefundDue {
                        return;
                    }
                    Cause::Notified(seed::refunded(booking, now))
                }
            };
            db.settle(booking.id, cause, now).await;
        }
    }
}

/// The record of an event shows its stock as it stands and the sums of its journal.
pub async fn records_of_events_show_the_figures<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Figures").capacity(10)).await;
    let now = seed::now();
    db.sell(seed::hold(event).quantity(2), now).await;
    db.hold(seed::hold(event).quantity(3), now).await;
    let change = EventChange { capacity: Some(seed::capacity(12)), ..EventChange::default() };
    db.events.change_event(event, &change, now).await.expect("change_event");
    let records = db.bookings.audit_events(None, 10).await.expect("audit_events");
    let expected = EventRecord {
        event_id: event,
        capacity: 12,
        stock: 10,
        held: 3,
        version: 5,
        movements: 5,
        last_version: 5,
        moved_capacity: 12,
        moved_stock: 10,
        moved_held: 3,
        pending_tickets: 3,
        confirmed_tickets: 2,
        orphans: 0,
        has_details: true,
    };
    assert_eq!(records, [expected]);
    assert_eq!(expected.check(), []);
}

/// The record of a booking shows its lines in the journal, and what the gateway said of its money.
pub async fn records_of_bookings_show_the_history<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("History")).await;
    let now = seed::now();
    let sold = db.sell(seed::hold(event).quantity(3), now).await;
    let due = db.drive(sold.id, Cause::RefundRequested, BookingStatus::RefundDue, now).await;
    let record = only_record(&db).await;
    assert_eq!((record.booking_id, record.event_id), (sold.id, event));
    assert_eq!((record.quantity, record.unit_price, record.total), (3, 4_500, 13_500));
    assert_eq!(record.status, "refund_due");
    assert!(record.is_paid && !record.is_paid_back);
    let lines: Vec<(&str, &str, i64, i64)> = record
        .history
        .iter()
        .map(|line| (line.cause.as_str(), line.status.as_str(), line.stock, line.held))
        .collect();
    assert_eq!(
        lines,
        [
            ("held", "pending", 0, 3),
            ("payment_succeeded", "confirmed", -3, -3),
            ("refund_requested", "refund_due", 3, 0)
        ]
    );
    let mut foreign = seed::refunded(&due, now);
    foreign.amount_minor = 1;
    db.notify(foreign, now).await;
    assert!(!only_record(&db).await.is_paid_back, "what does not match does not count");
    db.move_by(&due, seed::refunded(&due, now), now).await;
    let record = only_record(&db).await;
    assert!(record.is_paid && record.is_paid_back);
    assert_eq!(record.check(), []);
}

async fn only_record(db: &Repositories) -> BookingRecord {
    let mut records = db.bookings.audit_bookings(None, 10).await.expect("audit_bookings");
    assert_eq!(records.len(), 1);
    records.remove(0)
}

/// Both audits walk through everything once, in order of the ids, whatever the status.
pub async fn audits_come_page_by_page_in_order<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let mut events = Vec::new();
    let mut bookings = Vec::new();
    for index in 0..5 {
        let seed = seed::event(&format!("Audit {index}"));
        let event = db.store(&seed).await;
        events.push(event);
        bookings.push(db.hold(seed::hold(event), seed::now()).await.id);
    }
    db.call_off(events[1], seed::now()).await;
    let draft = db.store(&seed::event("Draft").draft()).await;
    events.push(draft);
    assert_eq!(db.listing(draft).await.event.status, EventStatus::Draft);

    for limit in 1..=6 {
        let mut seen = Vec::new();
        loop {
            let after = seen.last().copied();
            let page = db.bookings.audit_events(after, limit).await.expect("audit_events");
            if page.is_empty() {
                break;
            }
            seen.extend(page.iter().map(|record| record.event_id));
        }
        assert_eq!(seen, events, "with {limit} on a page");
        let mut seen = Vec::new();
        loop {
            let after = seen.last().copied();
            let page = db.bookings.audit_bookings(after, limit).await.expect("audit_bookings");
            if page.is_empty() {
                break;
            }
            seen.extend(page.iter().map(|record| record.booking_id));
        }
        assert_eq!(seen, bookings, "with {limit} on a page");
    }
}

/// Each record is read at one moment, so an audit stops nobody, and nothing that others do meanwhile makes it
/// find a difference.
pub async fn sales_under_way_are_no_differences<H: RepositoryHarness>(harness: &H) {
    const SELLERS: u32 = 4;
    const SALES: u32 = 25;
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Busy").capacity(SELLERS * SALES)).await;
    let mut sellers = JoinSet::new();
    for seller in 0..SELLERS {
        let db = db.clone();
        sellers.spawn(async move {
            for sale in 0..SALES {
                sell_or_give_up(&db, event, (seller + sale) % 3 == 0).await;
            }
        });
    }
    while !sellers.is_empty() {
        db.assert_books_balance().await;
        // In memory nothing ever waits, and the sellers would not get on.
        tokio::task::yield_now().await;
        while let Some(ended) = sellers.try_join_next() {
            ended.expect("a seller ends");
        }
    }
    db.assert_books_balance().await;
    let records = db.bookings.audit_bookings(None, 1_000).await.expect("audit_bookings");
    assert_eq!(records.len(), 100, "everybody got what was asked for");
}

async fn sell_or_give_up(db: &Repositories, event: EventId, gives_up: bool) {
    let batch = [seed::hold(event).build()];
    let mut admitted = until_answered(|| db.bookings.admit(&batch, seed::now())).await;
    let HoldOutcome::Held(booking) = admitted.outcomes.remove(0) else {
        panic!("there are tickets for all");
    };
    let cause = if gives_up {
        Cause::CustomerCancelled
    } else {
        Cause::Notified(seed::succeeded(&booking, seed::now()))
    };
    let batch = [Settlement { booking_id: booking.id, cause }];
    until_answered(|| db.bookings.settle(&batch, seed::now())).await;
}
