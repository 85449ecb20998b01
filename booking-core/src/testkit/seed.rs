//! Ready-made valid values to begin a test with.
//!
//! Ids and names are numbered within the process, so that no two are the same, and sort in the order in which
//! they were made.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use uuid::Uuid;

use super::manual::assemble;
use crate::domain::booking::{Booking, Customer, Fingerprint, Idempotency, IdempotencyKey};
use crate::domain::event::{EventDetails, EventDraft, EventStatus, LocationDraft, ReminderLead};
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::ledger::HoldRequest;
use crate::domain::locale::Locale;
use crate::domain::money::{Currency, Money};
use crate::domain::payment::{ForeignId, Notification, NotificationKind, PaymentLink};
use crate::domain::quantity::{Capacity, Quantity};
use crate::domain::time::Timestamp;
use crate::ports::event_repository::NewEvent;

/// How long seeded holds last.
pub const HOLD: Duration = Duration::from_mins(15);
/// A day.
pub const DAY: Duration = Duration::from_hours(24);
/// A second.
pub const SECOND: Duration = Duration::from_secs(1);
/// The shortest time that two instants can differ by.
pub const TICK: Duration = Duration::from_micros(1);

/// 2027-01-15T12:00:00.123456Z: the time at which seeded values begin.
pub fn now() -> Timestamp {
    Timestamp::from_micros(1_800_014_400_123_456).expect("the year 2027 is in range")
}

/// Returns the time `by` after [`now`].
pub fn later(by: Duration) -> Timestamp {
    now().saturating_add(by)
}

fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn next_uuid() -> Uuid {
    let number = next_number();
    assemble(now().as_unix_millis(), u128::from(number) << 20 | u128::from(number))
}

/// Makes an id of an event.
pub fn event_id() -> EventId {
    EventId::new(next_uuid())
}

/// Makes an id of a booking.
pub fn booking_id() -> BookingId {
    BookingId::new(next_uuid())
}

/// Makes an id of a notice.
pub fn notice_id() -> NoticeId {
    NoticeId::new(next_uuid())
}

/// Makes a name of the kind that others give, beginning with `prefix`.
pub fn foreign_id(prefix: &str) -> ForeignId {
    ForeignId::new(format!("{prefix}_{}", next_number())).expect("it is short and printable")
}

/// Makes an amount.
pub fn money(amount_minor: i64, currency: &str) -> Money {
    let currency = Currency::new(currency).expect("the test names a currency that exists");
    Money::new(amount_minor, currency).expect("the test names an amount in range")
}

/// Makes a number of tickets.
pub fn quantity(number: u32) -> Quantity {
    Quantity::new(number).expect("the test names a quantity in range")
}

/// Makes a capacity.
pub fn capacity(number: u32) -> Capacity {
    Capacity::new(number).expect("the test names a capacity in range")
}

/// Makes a customer with letters of several alphabets in the name.
pub fn customer() -> Customer {
    Customer::new("Zoë Ångström 李", "zoe+tickets@mail.example.org").expect("it is valid")
}

/// Makes a payment link.
pub fn payment() -> PaymentLink {
    let payment_id = foreign_id("pay");
    let url = format!("https://pay.example.org/{payment_id}?signature=%2B%2F");
    PaymentLink { payment_id, url: url.into() }
}

/// Begins an event of 100 tickets at 45.00 EUR, published, in Zürich, a month after [`now`].
pub fn event(title: &str) -> EventSeed {
    let starts_at = later(30 * DAY);
    EventSeed {
        draft: EventDraft {
            title: title.to_owned(),
            description: String::new(),
            category: "concert".to_owned(),
            tags: Vec::new(),
            location: LocationDraft::Venue {
                name: "Tonhalle".to_owned(),
                address: "Claridenstrasse 7".to_owned(),
                city: "Zürich".to_owned(),
                country: "CH".to_owned(),
                latitude: Some(47.366_3),
                longitude: Some(8.537_4),
            },
            starts_at,
            ends_at: starts_at.saturating_add(Duration::from_hours(3)),
            all_day: false,
            timezone: "Europe/Zurich".to_owned(),
            on_sale_from: None,
            on_sale_until: None,
            price_minor: 4_500,
            currency: "EUR".to_owned(),
            max_per_booking: 10,
            url: None,
            image_url: None,
        },
        capacity: 100,
        status: EventStatus::Published,
        reminder: ReminderLead::default(),
        source: None,
    }
}

/// An event that is being made up. Begins with [`event`].
#[derive(Debug, Clone)]
pub struct EventSeed {
    draft: EventDraft,
    capacity: u32,
    status: EventStatus,
    reminder: ReminderLead,
    source: Option<String>,
}

impl EventSeed {
    /// Sets the number of tickets.
    pub fn capacity(mut self, capacity: u32) -> Self {
        self.capacity = capacity;
        self
    }

    /// Makes it a draft.
    pub fn draft(mut self) -> Self {
        self.status = EventStatus::Draft;
        self
    }

    /// Sets the price in minor units.
    pub fn price(mut self, amount_minor: i64, currency: &str) -> Self {
        self.draft.price_minor = amount_minor;
        currency.clone_into(&mut self.draft.currency);
        self
    }

    /// Makes it free of charge.
    pub fn free(self) -> Self {
        self.price(0, "EUR")
    }

    /// Sets when it begins; it lasts three hours.
    pub fn starts_at(mut self, starts_at: Timestamp) -> Self {
        self.draft.starts_at = starts_at;
        self.draft.ends_at = starts_at.saturating_add(Duration::from_hours(3));
        self
    }

    /// Sets how long before it its buyers are reminded; zero means never.
    pub fn reminder_minutes(mut self, minutes: u32) -> Self {
        self.reminder = ReminderLead::from_minutes(minutes).expect("it is in range");
        self
    }

    /// Sets the most tickets that one booking may be for.
    pub fn max_per_booking(mut self, max: u32) -> Self {
        self.draft.max_per_booking = max;
        self
    }

    /// Sets description.
    pub fn description(mut self, description: &str) -> Self {
        description.clone_into(&mut self.draft.description);
        self
    }

    /// Sets the category.
    pub fn category(mut self, category: &str) -> Self {
        category.clone_into(&mut self.draft.category);
        self
    }

    /// Adds a tag.
    pub fn tag(mut self, tag: &str) -> Self {
        self.draft.tags.push(tag.to_owned());
        self
    }

    /// Sets where it takes place; without a country if that is empty.
    pub fn venue(mut self, city: &str, country: &str, position: Option<(f64, f64)>) -> Self {
        self.draft.location = LocationDraft::Venue {
            name: format!("Hall of {city}"),
            address: String::new(),
            city: city.to_owned(),
            country: country.to_owned(),
            latitude: position.map(|(latitude, _)| latitude),
            longitude: position.map(|(_, longitude)| longitude),
        };
        self
    }

    /// Makes it take place online.
    pub fn online(mut self) -> Self {
        self.draft.location =
            LocationDraft::Online { url: Some("https://stream.example.org/?a=1&b=2".to_owned()) };
        self
    }

    /// Sets when it can be bought.
    pub fn on_sale(mut self, from: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        self.draft.on_sale_from = from;
        self.draft.on_sale_until = until;
        self
    }

    /// Names it as it is named where it comes from.
    pub fn source(mut self, name: &str) -> Self {
        self.source = Some(name.to_owned());
        self
    }

    /// Changes the draft in any other way.
    pub fn with(mut self, change: impl FnOnce(&mut EventDraft)) -> Self {
        change(&mut self.draft);
        self
    }

    /// Returns the details.
    pub fn details(&self) -> EventDetails {
        EventDetails::check(self.draft.clone()).expect("the test makes up a valid event")
    }

    /// Returns the event, with a new id.
    pub fn build(&self) -> NewEvent {
        let source = self.source.clone().map(|name| ForeignId::new(name).expect("it is valid"));
        NewEvent {
            id: event_id(),
            details: self.details(),
            capacity: capacity(self.capacity),
            status: self.status,
            reminder: self.reminder,
            source,
        }
    }
}

/// Begins a request for one ticket of an event made by [`event`], to be held for [`HOLD`] from [`now`].
pub fn hold(event_id: EventId) -> HoldSeed {
    HoldSeed(HoldRequest {
        booking_id: booking_id(),
        event_id,
        quantity: quantity(1),
        customer: customer(),
        locale: Locale::ENGLISH,
        unit_price: money(4_500, "EUR"),
        idempotency: None,
        payment: None,
        expires_at: later(HOLD),
    })
}

/// A request for tickets that is being made up. Begins with [`hold`].
#[derive(Debug, Clone)]
pub struct HoldSeed(HoldRequest);

impl HoldSeed {
    /// Sets the number of tickets.
    pub fn quantity(mut self, number: u32) -> Self {
        self.0.quantity = quantity(number);
        self
    }

    /// Sets the price of a ticket in minor units.
    pub fn price(mut self, amount_minor: i64, currency: &str) -> Self {
        self.0.unit_price = money(amount_minor, currency);
        self
    }

    /// Gives it an idempotency key, and something to be asked for under it.
    pub fn key(mut self, key: &str, asked: &str) -> Self {
        self.0.idempotency = Some(Idempotency {
            key: IdempotencyKey::new(key).expect("the test names a valid key"),
            fingerprint: Fingerprint::of(&[asked.as_bytes()]),
        });
        self
    }

    /// Gives it a payment link.
    pub fn payment(mut self, payment: PaymentLink) -> Self {
        self.0.payment = Some(payment);
        self
    }

    /// Sets when the hold ends.
    pub fn expires_at(mut self, expires_at: Timestamp) -> Self {
        self.0.expires_at = expires_at;
        self
    }

    /// Returns the request.
    pub fn build(self) -> HoldRequest {
        self.0
    }
}

impl From<HoldSeed> for HoldRequest {
    fn from(seed: HoldSeed) -> Self {
        seed.0
    }
}

/// Makes a new notification about a booking that matches it.
pub fn notification(booking: &Booking, kind: NotificationKind, at: Timestamp) -> Notification {
    let payment_id = booking.payment.as_ref().map_or_else(
        || ForeignId::new(format!("pay-{}", booking.id)).expect("it is short and printable"),
        |payment| payment.payment_id.clone(),
    );
    Notification {
        id: foreign_id("evt"),
        kind,
        occurred_at: at,
        payment_id,
        booking_id: booking.id,
        amount_minor: booking.total.amount_minor(),
        currency: booking.total.currency().code().to_owned(),
    }
}

/// Makes a notification that a booking was paid at `at`.
pub fn succeeded(booking: &Booking, at: Timestamp) -> Notification {
    notification(booking, NotificationKind::Succeeded, at)
}

/// Makes a notification that the payment of a booking failed at `at`.
pub fn failed(booking: &Booking, at: Timestamp) -> Notification {
    notification(booking, NotificationKind::Failed, at)
}

/// Makes a notification that the money of a booking was given back at `at`.
pub fn refunded(booking: &Booking, at: Timestamp) -> Notification {
    notification(booking, NotificationKind::Refunded, at)
}
