//! What the suites of the contracts cannot see from outside: tampering, faults and the edges of the indexes.

use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::adapters::system::{SystemClock, SystemIds};
use crate::domain::audit::Discrepancy;
use crate::domain::booking::{Booking, BookingStatus, Customer};
use crate::domain::booking::{Fingerprint, Idempotency, IdempotencyKey};
use crate::domain::event::{EventDetails, EventDraft, EventStatus, LocationDraft, ReminderLead};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::{Cause, HoldOutcome, HoldRequest, Settlement};
use crate::domain::locale::Locale;
use crate::domain::money::{Currency, Money};
use crate::domain::notice::Recipient;
use crate::domain::payment::{ForeignId, Notification, NotificationKind};
use crate::domain::quantity::{Capacity, Quantity};
use crate::domain::search::{SearchFilter, SearchQuery, SearchText, Sort};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::NoticeResult;
use crate::ports::event_repository::{EventChange, NewEvent};
use crate::ports::{BookingRepository, EventRepository};

const SECOND: Duration = Duration::from_secs(1);
const HOLD: Duration = Duration::from_mins(15);

fn now() -> Timestamp {
    Timestamp::from_secs(1_800_000_000).unwrap()
}

fn after(span: Duration) -> Timestamp {
    now().saturating_add(span)
}

fn event_id(number: u128) -> EventId {
    EventId::new(Uuid::from_u128(number))
}

fn booking_id(number: u128) -> BookingId {
    BookingId::new(Uuid::from_u128(number))
}

/// 45.00 EUR, tomorrow, online.
fn details(title: &str) -> EventDetails {
    EventDetails::check(EventDraft {
        title: title.to_owned(),
        description: String::new(),
        category: "concert".to_owned(),
        tags: Vec::new(),
        location: LocationDraft::Online { url: None },
        starts_at: after(86_400 * SECOND),
        ends_at: after(90_000 * SECOND),
        all_day: false,
        timezone: "UTC".to_owned(),
        on_sale_from: None,
        on_sale_until: None,
        price_minor: 4_500,
        currency: "EUR".to_owned(),
        max_per_booking: 10,
        url: None,
        image_url: None,
    })
    .unwrap()
}

fn new_event(number: u128, capacity: u32) -> NewEvent {
    NewEvent {
        id: event_id(number),
        details: details(&format!("Night {number}")),
        capacity: Capacity::new(capacity).unwrap(),
        status: EventStatus::Published,
        reminder: ReminderLead::default(),
        source: None,
    }
}

fn request(number: u128, tickets: u32) -> HoldRequest {
    HoldRequest {
        booking_id: booking_id(number),
        event_id: event_id(1),
        quantity: Quantity::new(tickets).unwrap(),
        customer: Customer::new("Ada", "ada@example.org").unwrap(),
        locale: Locale::ENGLISH,
        unit_price: Money::new(4_500, Currency::new("EUR").unwrap()).unwrap(),
        idempotency: None,
        payment: None,
        expires_at: after(HOLD),
    }
}

fn keyed(request: HoldRequest, key: &str) -> HoldRequest {
    let key = IdempotencyKey::new(key).unwrap();
    let idempotency = Idempotency { key, fingerprint: Fingerprint::of(&[b"the same"]) };
    HoldRequest { idempotency: Some(idempotency), ..request }
}

fn paid(number: u128, tickets: i64) -> Settlement {
    Settlement::notified(Notification {
        id: ForeignId::new(format!("paid_{number}")).unwrap(),
        kind: NotificationKind::Succeeded,
        occurred_at: now(),
        payment_id: ForeignId::new(format!("pay_{number}")).unwrap(),
        booking_id: booking_id(number),
        amount_minor: 4_500 * tickets,
        currency: "EUR".to_owned(),
    })
}

fn because(number: u128, cause: Cause) -> Settlement {
    Settlement { booking_id: booking_id(number), cause }
}

async fn database(capacity: u32) -> MemoryDatabase {
    let database = MemoryDatabase::new(Arc::new(SystemIds::new(Arc::new(SystemClock))));
    database.events().store_events(&[new_event(1, capacity)], now()).await.unwrap();
    database
}

async fn admit(database: &MemoryDatabase, batch: &[HoldRequest]) -> Vec<HoldOutcome> {
    database.bookings().admit(batch, now()).await.unwrap().outcomes
}

async fn settle(database: &MemoryDatabase, settlement: Settlement) {
    database.bookings().settle(&[settlement], now()).await.unwrap();
}

async fn stock(database: &MemoryDatabase) -> Stock {
    database.events().find_event(event_id(1)).await.unwrap().unwrap().stock
}

async fn booking(database: &MemoryDatabase, number: u128) -> Booking {
    database.bookings().find_booking(booking_id(number)).await.unwrap().unwrap()
}

async fn audit(database: &MemoryDatabase) -> Vec<Discrepancy> {
    let bookings = database.bookings();
    let events = bookings.audit_events(None, u32::MAX).await.unwrap();
    let records = bookings.audit_bookings(None, u32::MAX).await.unwrap();
    let of_events = events.iter().flat_map(crate::domain::audit::EventRecord::check);
    of_events.chain(records.iter().flat_map(crate::domain::audit::BookingRecord::check)).collect()
}

fn is_held(outcome: &HoldOutcome) -> bool {
    matches!(outcome, HoldOutcome::Held(_))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn last_tickets_are_sold_once() {
    let database = database(7).await;
    let racers: Vec<_> = (0..64)
        .map(|number| {
            let database = database.clone();
            tokio::spawn(async move { admit(&database, &[request(number, 1)]).await.remove(0) })
        })
        .collect();
    let mut held = 0;
    for racer in racers {
        held += usize::from(is_held(&racer.await.unwrap()));
    }
    assert_eq!((held, stock(&database).await.available()), (7, 0));
    assert_eq!(audit(&database).await, []);
}

#[cfg(feature = "testkit")]
#[tokio::test]
async fn the_audit_finds_every_kind_of_tampering() {
    let paid_id = ForeignId::new("paid_1").unwrap();
    let stock = Stock::restore(9, 4, 2, 4).unwrap();
    let cases = [
        (Tampering::Stock(event_id(1), stock), "held is 2"),
        (Tampering::Stock(event_id(1), Stock::restore(9, 6, 3, 4).unwrap()), "stock is 6"),
        (Tampering::Stock(event_id(1), Stock::restore(10, 6, 3, 4).unwrap()), "capacity is 10"),
        (Tampering::Stock(event_id(1), Stock::restore(9, 5, 3, 9).unwrap()), "version is 9"),
        (Tampering::Status(booking_id(1), BookingStatus::Expired), "status is expired"),
        (Tampering::Status(booking_id(2), BookingStatus::Confirmed), "no payment is recorded"),
        (Tampering::MovementLost(event_id(1), 4), "the number of lines in the journal, 3"),
        (Tampering::MovementLost(event_id(1), 2), "does not begin with its hold"),
        (Tampering::BookingLost(booking_id(1)), "lines about missing bookings is 2"),
        (Tampering::NotificationLost(paid_id), "no payment is recorded"),
    ];
    for (tampering, finding) in cases {
        let database = database(9).await;
        admit(&database, &[request(1, 4), request(2, 3)]).await;
        settle(&database, paid(1, 4)).await;
        assert_eq!(audit(&database).await, []);
        database.tamper(tampering.clone());
        let found = audit(&database).await;
        let is_found = found.iter().any(|d| d.finding.contains(finding));
        assert!(is_found, "{tampering:?} is found as {found:?}");
    }
}

#[tokio::test]
async fn a_batch_that_the_books_do_not_allow_changes_nothing() {
    let database = database(9).await;
    admit(&database, &[request(1, 4), request(2, 3)]).await;
    {
        let mut tables = database.lock().unwrap();
        let row = tables.events.get_mut(&event_id(1)).unwrap();
        row.listing.stock = Stock::restore(9, 9, 5, 3).unwrap();
    }
    let batch = [because(1, Cause::CustomerCancelled), because(2, Cause::CustomerCancelled)];
    let broken = database.bookings().settle(&batch, now()).await;
    assert!(matches!(broken, Err(RepositoryError::Corrupt { table: "event_stock", .. })));
    for number in [1, 2] {
        assert_eq!(booking(&database, number).await.status, BookingStatus::Pending);
    }
    assert_eq!(stock(&database).await.held(), 5);
}

#[tokio::test]
async fn a_key_that_was_purged_belongs_to_whoever_uses_it_next() {
    let database = database(9).await;
    let bookings = database.bookings();
    admit(&database, &[keyed(request(1, 1), "k")]).await;
    assert_eq!(bookings.purge_keys(now(), 10).await.unwrap(), 0, "it was not made before now");
    assert_eq!(bookings.purge_keys(after(SECOND), 0).await.unwrap(), 0);
    assert_eq!(bookings.purge_keys(after(SECOND), 10).await.unwrap(), 1);
    assert!(is_held(&admit(&database, &[keyed(request(2, 1), "k")]).await[0]));
    // The first booking no longer has the key, so it cannot give it away.
    settle(&database, because(1, Cause::LinkFailed)).await;
    let replayed = admit(&database, &[keyed(request(3, 1), "k")]).await.remove(0);
    assert!(matches!(replayed, HoldOutcome::Replayed(b) if b.id == booking_id(2)));
}

#[tokio::test]
async fn a_batch_of_events_is_stored_whole_or_not_at_all() {
    let database = database(9).await;
    let events = database.events();
    for batch in [[new_event(2, 5), new_event(1, 5)], [new_event(2, 5), new_event(2, 5)]] {
        assert!(events.store_events(&batch, now()).await.is_err());
        assert_eq!(events.find_event(event_id(2)).await.unwrap(), None);
    }
    assert_eq!(audit(&database).await, []);
}

#[tokio::test]
async fn what_overdue_and_called_off_bookings_are_left_is_known_without_a_scan() {
    let database = database(9).await;
    let bookings = database.bookings();
    let until =
        |number, seconds| HoldRequest { expires_at: after(seconds * SECOND), ..request(number, 1) };
    admit(&database, &[until(1, 30), until(2, 10), until(3, 20), until(4, 40)]).await;
    settle(&database, paid(3, 1)).await;
    let overdue =
        async |seconds, limit| bookings.list_overdue(after(seconds * SECOND), limit).await.unwrap();
    assert_eq!(overdue(9, 10).await, []);
    assert_eq!(overdue(10, 10).await, [booking_id(2)]);
    assert_eq!(overdue(60, 2).await, [booking_id(2), booking_id(1)]);

    assert_eq!(bookings.list_called_off(10).await.unwrap(), []);
    let change = EventChange { status: Some(EventStatus::Cancelled), ..EventChange::default() };
    database.events().change_event(event_id(1), &change, now()).await.unwrap();
    let all = [1, 2, 3, 4].map(booking_id);
    assert_eq!(bookings.list_called_off(10).await.unwrap(), all);
    assert_eq!(bookings.list_called_off(3).await.unwrap(), all[..3]);
    for number in 1..=4 {
        settle(&database, because(number, Cause::EventCancelled)).await;
    }
    assert_eq!(bookings.list_called_off(10).await.unwrap(), []);
    assert_eq!(overdue(60, 10).await, []);
    assert_eq!(audit(&database).await, []);
}

#[tokio::test]
async fn a_worker_that_comes_late_brings_no_notice_back() {
    let database = database(9).await;
    let bookings = database.bookings();
    admit(&database, &[request(1, 1)]).await;
    settle(&database, paid(1, 1)).await;
    let claim = async |at| bookings.claim_notices(Recipient::Buyer, at, SECOND, 10).await.unwrap();
    let first = claim(now()).await;
    assert_eq!((first.len(), first[0].attempt), (1, 1));
    assert_eq!(claim(now()).await, []);
    assert_eq!(bookings.outbox_depth(now()).await.unwrap().due, 1, "claimed is not delivered");
    let second = claim(after(SECOND)).await;
    assert_eq!((second[0].id, second[0].attempt), (first[0].id, 2));

    let told = async |by, result| bookings.finish_notices(&[(by, result)], now()).await;
    let finish = async |result| told(second[0], result).await;
    let reason = || "refused".to_owned();
    finish(NoticeResult::Dead { reason: reason() }).await.unwrap();
    finish(NoticeResult::Retry { at: now(), reason: reason(), counts: true }).await.unwrap();
    assert_eq!(claim(after(HOLD)).await, [], "it was given up");
    let depth = bookings.outbox_depth(after(HOLD)).await.unwrap();
    assert_eq!((depth.due, depth.dead), (0, 1));
    told(first[0], NoticeResult::Done).await.unwrap();
    finish(NoticeResult::Dead { reason: reason() }).await.unwrap();
    assert_eq!(bookings.outbox_depth(after(HOLD)).await.unwrap().dead, 0, "it was delivered");
}

#[tokio::test]
async fn a_change_is_seen_by_the_next_search() {
    let database = database(9).await;
    let events = database.events();
    let batch: Vec<NewEvent> = (2..=30).map(|number| new_event(number, 5)).collect();
    events.store_events(&batch, now()).await.unwrap();
    let find = async |text: &str| {
        let text = SearchText::new(text).unwrap();
        let filter = SearchFilter { text, ..SearchFilter::all() };
        let query = SearchQuery { filter, sort: Sort::Relevance, after: None, limit: 100 };
        let page = events.search_events(&query, now()).await.unwrap();
        page.items.iter().map(|listing| listing.event.id).collect::<Vec<_>>()
    };
    assert_eq!(find("day").await, []);
    let change = EventChange { details: Some(details("Day")), ..EventChange::default() };
    events.change_event(event_id(7), &change, now()).await.unwrap();
    assert_eq!(find("day").await, [event_id(7)]);
    assert!(!find("night").await.contains(&event_id(7)));
}

#[tokio::test]
async fn reading_page_after_page_finds_every_event_once_in_every_order() {
    let database = database(9).await;
    let events = database.events();
    let batch: Vec<NewEvent> = (2..=23).map(|number| new_event(number, 5)).collect();
    events.store_events(&batch, now()).await.unwrap();
    for sort in Sort::ALL {
        for limit in [1, 2, 7, 22, 23, 24] {
            let mut after = None;
            let mut seen = Vec::new();
            loop {
                let query = SearchQuery { filter: SearchFilter::all(), sort, after, limit };
                let page = events.search_events(&query, now()).await.unwrap();
                assert!(page.items.len() <= usize::try_from(limit).unwrap());
                seen.extend(page.items.into_iter().map(|listing| listing.event.id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            let all: Vec<EventId> = (1..=23).map(event_id).collect();
            assert_eq!(seen, all, "{sort:?} by {limit}: all are equal, so the ids decide");
        }
    }
}

/// A source of ids that fails when it is asked.
#[derive(Debug)]
struct NoIds;

impl IdSource for NoIds {
    fn next_id(&self) -> Uuid {
        panic!("no id was to be asked for")
    }
}

#[tokio::test]
async fn books_that_may_be_half_written_are_closed() {
    let database = MemoryDatabase::new(Arc::new(NoIds));
    database.events().store_events(&[new_event(1, 5)], now()).await.unwrap();
    admit(&database, &[request(1, 1)]).await;
    let writer = database.clone();
    let panicked = tokio::spawn(async move { settle(&writer, paid(1, 1)).await }).await;
    assert!(panicked.unwrap_err().is_panic(), "a notice needs an id");
    assert!(matches!(database.bookings().ping().await, Err(RepositoryError::Backend { .. })));
    assert!(database.events().find_event(event_id(1)).await.is_err());
}
