//! The rules of the books, on a store that is nothing but maps.

mod admission;
mod conservation;
mod editing;
mod settlement;
mod writing;

use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::domain::audit::{BookingRecord, Discrepancy, EventRecord, HistoryRecord};
use crate::domain::booking::Customer;
use crate::domain::event::ReminderLead;
use crate::domain::locale::Locale;
use crate::domain::money::Currency;
use crate::domain::payment::NotificationKind;
use crate::domain::quantity::Capacity;

const SECOND: Duration = Duration::from_secs(1);
const HOLD: Duration = Duration::from_mins(15);
const DAY: Duration = Duration::from_hours(24);

fn now() -> Timestamp {
    Timestamp::from_secs(1_800_000_000).unwrap()
}

fn after(span: Duration) -> Timestamp {
    now().saturating_add(span)
}

fn event(number: u128) -> EventId {
    EventId::new(Uuid::from_u128(number))
}

fn booking(number: u128) -> BookingId {
    BookingId::new(Uuid::from_u128(number))
}

fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::new("EUR").unwrap()).unwrap()
}

fn quantity(number: u32) -> Quantity {
    Quantity::new(number).unwrap()
}

/// 45.00 EUR, at most 10 a booking, in a month.
fn terms() -> SaleTerms {
    SaleTerms {
        status: EventStatus::Published,
        starts_at: after(30 * DAY),
        ends_at: after(31 * DAY),
        on_sale_from: None,
        on_sale_until: None,
        unit_price: euros(4_500),
        max_per_booking: quantity(10),
        reminder: ReminderLead::DAY,
    }
}

/// A request for tickets of event 1 at its price, whose hold lasts [`HOLD`].
fn request(id: u128, tickets: u32) -> HoldRequest {
    HoldRequest {
        booking_id: booking(id),
        event_id: event(1),
        quantity: quantity(tickets),
        customer: Customer::new("Ada", "ada@example.org").unwrap(),
        locale: Locale::new("fr-CA").unwrap(),
        unit_price: euros(4_500),
        idempotency: None,
        payment: Some(PaymentLink { payment_id: payment(id), url: "https://pay.test".into() }),
        expires_at: after(HOLD),
    }
}

fn keyed(request: HoldRequest, key: &str, content: &[u8]) -> HoldRequest {
    let key = IdempotencyKey::new(key).unwrap();
    let idempotency = Idempotency { key, fingerprint: Fingerprint::of(&[content]) };
    HoldRequest { idempotency: Some(idempotency), ..request }
}

fn payment(id: u128) -> ForeignId {
    ForeignId::new(format!("pay_{id}")).unwrap()
}

fn because(id: u128, cause: Cause) -> Settlement {
    Settlement { booking_id: booking(id), cause }
}

/// What the gateway says of `tickets` tickets at 45.00 EUR, once for each kind.
fn message(id: u128, tickets: i64, kind: NotificationKind, occurred_at: Timestamp) -> Notification {
    Notification {
        id: ForeignId::new(format!("{}/{id}", kind.as_str())).unwrap(),
        kind,
        occurred_at,
        payment_id: payment(id),
        booking_id: booking(id),
        amount_minor: 4_500 * tickets,
        currency: "EUR".to_owned(),
    }
}

fn paid(id: u128, tickets: i64) -> Settlement {
    Settlement::notified(message(id, tickets, NotificationKind::Succeeded, now()))
}

fn failed(id: u128, tickets: i64) -> Settlement {
    Settlement::notified(message(id, tickets, NotificationKind::Failed, now()))
}

fn refunded(id: u128, tickets: i64) -> Settlement {
    Settlement::notified(message(id, tickets, NotificationKind::Refunded, now()))
}

/// A store that loads everything for every batch.
#[derive(Debug, Clone, Default)]
struct Store {
    ledgers: BTreeMap<EventId, EventLedger>,
    bookings: BTreeMap<BookingId, Booking>,
    keys: BTreeMap<IdempotencyKey, KnownKey>,
    notifications: BTreeMap<ForeignId, (Notification, Verdict)>,
    journal: Vec<Movement>,
    notices: Vec<NewNotice>,
}

impl Store {
    /// Begins with event 1.
    fn new(capacity: u32) -> Self {
        let mut store = Self::default();
        store.enter(event(1), capacity, terms());
        store
    }

    fn enter(&mut self, event_id: EventId, capacity: u32, terms: SaleTerms) {
        let stock = Stock::new(Capacity::new(capacity).unwrap());
        self.journal.push(opening_movement(event_id, stock, now()));
        self.ledgers.insert(event_id, EventLedger { event_id, terms, stock });
    }

    fn books(&self, now: Timestamp) -> Books {
        let mut books = Books::open(now, self.ledgers.values().copied());
        books.add_bookings(self.bookings.values().cloned());
        books.add_notifications(self.notifications.keys().cloned());
        for (key, known) in &self.keys {
            books.add_key(key.clone(), known.clone());
        }
        books
    }

    fn overdue(&self, short: Shortage, now: Timestamp) -> Vec<Booking> {
        let mut overdue: Vec<Booking> = self
            .bookings
            .values()
            .filter(|booking| booking.event_id == short.event_id && booking.is_overdue(now))
            .cloned()
            .collect();
        overdue.sort_by_key(|booking| (booking.expires_at, booking.id));
        overdue.truncate(short.holds as usize);
        overdue
    }

    fn admit_at(&mut self, now: Timestamp, requests: &[HoldRequest]) -> Vec<HoldOutcome> {
        let mut books = self.books(now);
        for short in books.short_for_requests(requests) {
            books.add_overdue(self.overdue(short, now));
        }
        let outcomes = books.admit(requests).unwrap();
        self.write(books.close());
        outcomes
    }

    fn admit(&mut self, requests: &[HoldRequest]) -> Vec<HoldOutcome> {
        self.admit_at(now(), requests)
    }

    fn admit_one(&mut self, request: HoldRequest) -> HoldOutcome {
        self.admit(&[request]).remove(0)
    }

    fn settle_at(&mut self, now: Timestamp, settlements: &[Settlement]) -> Vec<SettleOutcome> {
        let mut books = self.books(now);
        for short in books.short_for_settlements(settlements) {
            books.add_overdue(self.overdue(short, now));
        }
        let outcomes = books.settle(settlements).unwrap();
        self.write(books.close());
        outcomes
    }

    fn settle(&mut self, settlement: Settlement) -> SettleOutcome {
        self.settle_at(now(), &[settlement]).remove(0)
    }

    fn write(&mut self, changes: Changes) {
        for (event_id, stock) in changes.stocks {
            self.ledgers.get_mut(&event_id).unwrap().stock = stock;
        }
        for booking in changes.new_bookings {
            assert!(self.bookings.insert(booking.id, booking).is_none(), "it is new");
        }
        for (id, moved) in changes.moved_bookings {
            let before = self.bookings.insert(id, moved.booking).unwrap();
            assert_eq!(before.status, moved.from, "the guard of the update holds");
        }
        for key in changes.new_keys {
            let fingerprint = key.idempotency.fingerprint;
            let known = KnownKey { fingerprint, booking_id: key.booking_id };
            self.keys.insert(key.idempotency.key, known);
        }
        self.keys.retain(|_, known| !changes.forgotten_keys.contains(&known.booking_id));
        for (notification, verdict) in changes.notifications {
            let id = notification.id.clone();
            let before = self.notifications.insert(id, (notification, verdict));
            assert!(before.is_none(), "a notification is recorded once");
        }
        self.journal.extend(changes.movements);
        self.notices.extend(changes.notices);
    }

    fn stock(&self) -> Stock {
        self.ledgers[&event(1)].stock
    }

    /// Capacity, stock and held tickets of event 1.
    fn counts(&self) -> (u32, u32, u32) {
        (self.stock().capacity(), self.stock().stock(), self.stock().held())
    }

    fn status(&self, id: u128) -> BookingStatus {
        self.bookings[&booking(id)].status
    }

    fn set_status(&mut self, status: EventStatus) {
        self.ledgers.get_mut(&event(1)).unwrap().terms.status = status;
    }

    /// Causes of the lines about a booking.
    fn causes(&self, id: u128) -> Vec<&'static str> {
        let lines = self.journal.iter();
        lines
            .filter(|line| line.booking.is_some_and(|(named, _)| named == booking(id)))
            .map(|line| line.cause.as_str())
            .collect()
    }

    /// Audits everything, as the referee of every test.
    fn audit(&self) -> Vec<Discrepancy> {
        let events = self.ledgers.values().flat_map(|ledger| self.event_record(ledger).check());
        let bookings = self.bookings.values().flat_map(|b| self.booking_record(b).check());
        events.chain(bookings).collect()
    }

    fn event_record(&self, ledger: &EventLedger) -> EventRecord {
        let lines: Vec<&Movement> =
            self.journal.iter().filter(|line| line.event_id == ledger.event_id).collect();
        let tickets = |status| {
            self.bookings
                .values()
                .filter(|b| b.event_id == ledger.event_id && b.status == status)
                .map(|b| i64::from(b.quantity.get()))
                .sum()
        };
        let versions = lines.iter().map(|line| line.version);
        assert!(versions.eq(1..=ledger.stock.version()), "the versions are 1, 2, 3, …");
        EventRecord {
            event_id: ledger.event_id,
            capacity: i64::from(ledger.stock.capacity()),
            stock: i64::from(ledger.stock.stock()),
            held: i64::from(ledger.stock.held()),
            version: i64::try_from(ledger.stock.version()).unwrap(),
            movements: i64::try_from(lines.len()).unwrap(),
            last_version: i64::try_from(ledger.stock.version()).unwrap(),
            moved_capacity: lines.iter().map(|line| line.delta.capacity).sum(),
            moved_stock: lines.iter().map(|line| line.delta.stock).sum(),
            moved_held: lines.iter().map(|line| line.delta.held).sum(),
            pending_tickets: tickets(BookingStatus::Pending),
            confirmed_tickets: tickets(BookingStatus::Confirmed),
            orphans: 0,
            has_details: true,
        }
    }

    fn booking_record(&self, booking: &Booking) -> BookingRecord {
        let was_told = |kind| {
            self.notifications.values().any(|(notification, verdict)| {
                notification.booking_id == booking.id
                    && notification.kind == kind
                    && !matches!(verdict, Verdict::Mismatch(_))
            })
        };
        let history = self.journal.iter().filter_map(|line| match line.booking {
            Some((id, status)) if id == booking.id => Some(HistoryRecord {
                cause: line.cause.as_str().to_owned(),
                status: status.as_str().to_owned(),
                stock: line.delta.stock,
                held: line.delta.held,
            }),
            _ => None,
        });
        BookingRecord {
            booking_id: booking.id,
            event_id: booking.event_id,
            quantity: i64::from(booking.quantity.get()),
            unit_price: booking.unit_price.amount_minor(),
            total: booking.total.amount_minor(),
            status: booking.status.as_str().to_owned(),
            history: history.collect(),
            has_event: true,
            is_paid: was_told(NotificationKind::Succeeded),
            is_paid_back: was_told(NotificationKind::Refunded),
        }
    }
}
