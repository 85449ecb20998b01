//! What clients and organisers do, and how what they are told is judged.

use std::sync::Arc;
use std::time::Duration;

use booking_core::domain::booking::{Booking, IdempotencyKey};
use booking_core::domain::event::{EventStatus, Listing};
use booking_core::domain::ids::EventId;
use booking_core::domain::locale::Locale;
use booking_core::domain::payment::NotificationKind;
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::event_repository::EventChange;
use booking_core::service::{BookOutcome, BookRequest, BookingSystem};
use booking_core::testkit::seed;

use crate::standing::Standing;
use crate::trouble::{CACHE_PATIENCE, DATABASE_LONGEST, SKEW};
use crate::world::{Line, World};

/// For how long a refusal may be repeated without asking the database: the default of the settings, which the
/// requirements promise.
const REFUSAL_MEMORY: Duration = Duration::from_secs(1);
/// How long an entry may live: a minute and a fifth of it.
const LONGEST_LIFE: Duration = Duration::from_secs(72);
/// How long a lease is good.
pub(crate) const LEASE: Duration = Duration::from_secs(5);

/// Somebody who talks to one instance.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) world: Arc<World>,
    pub(crate) line: Arc<Line>,
    pub(crate) system: BookingSystem,
}

/// What could be known when something was asked.
#[derive(Debug, Clone, Copy)]
struct Asked {
    at: Timestamp,
    standing: Standing,
    setbacks: u32,
}

impl Client {
    fn say(&self, what: impl FnOnce() -> String) {
        self.world.say(&format!("i{}", self.line.number), what);
    }

    fn ask(&self, event_id: EventId) -> Asked {
        Asked {
            at: self.world.now(),
            standing: self.world.standings.of(event_id),
            setbacks: self.world.standings.setbacks(),
        }
    }

    /// Books, and remembers the booking for whoever pays or cancels later.
    pub(crate) async fn book(&self, event_id: EventId, quantity: u32, key: Option<&str>) {
        let (name, asked) = (self.world.name(event_id), self.ask(event_id));
        self.say(|| format!("? book {quantity} of {name} {}", key.unwrap_or("")));
        let outcome = self.try_book(event_id, quantity, key).await;
        self.say(|| format!("! book {quantity} of {name}: {}", brief(outcome.as_ref())));
        match outcome {
            Some(BookOutcome::Booked(booking) | BookOutcome::Replayed(booking)) => {
                self.world.journal.count("booked");
                self.world.known.lock().unwrap().push(booking);
            }
            Some(BookOutcome::SoldOut(sold_out)) => {
                self.world.journal.count("sold out");
                if sold_out.available >= quantity {
                    self.world.find(&format!("{quantity} of {name} refused with {sold_out:?}"));
                }
                self.judge_refusal(event_id, quantity, asked.at);
            }
            Some(BookOutcome::EventNotFound) => {
                self.world.find(&format!("{name} is said not to exist"));
            }
            _ => {}
        }
    }

    pub(crate) async fn try_book(
        &self,
        event_id: EventId,
        quantity: u32,
        key: Option<&str>,
    ) -> Option<BookOutcome> {
        let request = BookRequest {
            event_id,
            quantity: seed::quantity(quantity),
            customer: seed::customer(),
            locale: Locale::ENGLISH,
            idempotency_key: key.map(|key| IdempotencyKey::new(key).unwrap()),
        };
        self.system.bookings().book(request).await.ok()
    }

    /// A refusal is honest if the tickets could not be had at some moment between a second before it was asked
    /// for and its answer.
    fn judge_refusal(&self, event_id: EventId, quantity: u32, asked_at: Timestamp) {
        // The database decides by the time that the request was sent with, on the sender's clock.
        let slack = CACHE_PATIENCE + DATABASE_LONGEST + SKEW;
        let span = (asked_at.saturating_sub(REFUSAL_MEMORY), self.world.now());
        if !self.world.history.lacked(event_id, quantity, span, slack) {
            let name = self.world.name(event_id);
            self.world.find(&format!(
                "{quantity} of {name} refused, which could be had for longer than {REFUSAL_MEMORY:?}"
            ));
        }
    }

    /// Looks an event up.
    pub(crate) async fn look(&self, event_id: EventId) {
        let asked = self.ask(event_id);
        match self.system.catalogue().find_event(event_id).await {
            Ok(Some(listing)) => self.judge_listing(event_id, &listing, asked),
            Ok(None) => {
                let name = self.world.name(event_id);
                self.world.find(&format!("{name} is said not to exist"));
            }
            Err(_) => {}
        }
    }

    /// An event that was read is one that the database really had, and not too long ago.
    fn judge_listing(&self, event_id: EventId, listing: &Listing, asked: Asked) {
        let (name, read) = (self.world.name(event_id), listing.stock.version());
        let Some((truth, superseded)) = self.world.history.version(event_id, read) else {
            return self.world.find(&format!("{name} was read as version {read}, which never was"));
        };
        if !is_of(listing, &truth) {
            self.world.find(&format!("{name} was read as what version {read} is not: {listing:?}"));
        }
        let oldest = asked.at.saturating_sub(LONGEST_LIFE + LEASE + 2 * SKEW + CACHE_PATIENCE);
        if superseded.is_some_and(|at| at < oldest) {
            self.world.find(&format!("{name} was read as version {read}, of over a minute ago"));
        }
        // Nobody is told that all is gone on the word of the cache alone.
        let span = (asked.at.saturating_sub(REFUSAL_MEMORY), self.world.now());
        let is_sold_out = listing.stock.available() == 0;
        if is_sold_out && !self.world.history.lacked(event_id, 1, span, Duration::MAX) {
            self.world.find(&format!("{name} is shown as sold out, and had tickets all the time"));
        }
        // A cache that lost its last writes may have lost a clear.
        let had_setback = self.world.standings.setbacks() != asked.setbacks;
        if read < asked.standing.floor && !had_setback {
            let floor = asked.standing.floor;
            self.world.find(&format!(
                "{name} was read as version {read}, after a clear that came after version {floor}"
            ));
        }
    }

    pub(crate) async fn cancel(&self, booking: &Booking) {
        self.say(|| format!("? cancel {}", short(booking)));
        let outcome = self.system.bookings().cancel(booking.id).await;
        self.say(|| format!("! cancel {}: {}", short(booking), is_ok(&outcome)));
    }

    /// Hands a notification of the gateway over.
    pub(crate) async fn notify(&self, booking: &Booking, kind: NotificationKind) {
        let message = self.world.gateway.message(booking, kind, self.world.now());
        self.say(|| format!("? {kind:?} {}", short(booking)));
        let outcome = self.system.payments().take_notification(&message).await;
        self.say(|| format!("! {kind:?} {}: {}", short(booking), is_ok(&outcome)));
    }

    /// Looks at a booking, which releases it if its time is over.
    pub(crate) async fn look_at(&self, booking: &Booking) {
        let _ = self.system.bookings().find(booking.id).await;
    }

    pub(crate) async fn refund(&self, booking: &Booking) {
        let _ = self.system.organiser().refund(booking.id).await;
    }

    /// Does what workers do.
    pub(crate) async fn tidy(&self) {
        let _ = self.system.run_due_work().await;
    }

    pub(crate) async fn change(&self, event_id: EventId, change: EventChange) {
        let name = self.world.name(event_id);
        self.say(|| format!("? change {name}: {}", brief_change(&change)));
        let outcome = self.system.organiser().change(event_id, &change).await;
        self.say(|| format!("! change {name}: {}", is_ok(&outcome)));
    }
}

/// Tells whether what was read is a version of an event, but for its count of tickets, which takes move.
pub(crate) fn is_of(read: &Listing, truth: &Listing) -> bool {
    let key = |stock: Stock| (stock.capacity(), stock.stock(), stock.version());
    read.event == truth.event && key(read.stock) == key(truth.stock)
}

pub(crate) fn new_status(status: EventStatus) -> EventChange {
    EventChange { status: Some(status), ..EventChange::default() }
}

pub(crate) fn new_capacity(tickets: u32) -> EventChange {
    EventChange { capacity: Some(seed::capacity(tickets)), ..EventChange::default() }
}

fn brief(outcome: Option<&BookOutcome>) -> String {
    match outcome {
        None => "failed".to_owned(),
        Some(BookOutcome::Booked(booking)) => format!("booked {}", short(booking)),
        Some(BookOutcome::Replayed(booking)) => format!("replayed {}", short(booking)),
        Some(other) => format!("{other:?}"),
    }
}

fn brief_change(change: &EventChange) -> String {
    let title = change.details.as_ref().map(|details| details.title.clone());
    format!("{title:?} {:?} {:?}", change.capacity, change.status)
}

fn short(booking: &Booking) -> String {
    let id = booking.id.to_string();
    id.get(id.len() - 4..).unwrap_or_default().to_owned()
}

fn is_ok<T, E>(outcome: &Result<T, E>) -> &'static str {
    if outcome.is_ok() { "done" } else { "failed" }
}
