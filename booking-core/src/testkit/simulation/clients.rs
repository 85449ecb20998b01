//! What clients and organisers do, and how what they are told is judged.

use std::sync::Arc;
use std::time::Duration;

use super::line::Line;
use super::standing::Standing;
use super::trouble::{CACHE_PATIENCE, DATABASE_LONGEST, SKEW};
use super::world::World;
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::event::{EventStatus, Listing, SaleState};
use crate::domain::ids::EventId;
use crate::domain::quantity::Capacity;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::event_repository::{ChangeOutcome, EventChange};
use crate::service::{BookOutcome, ServiceError};
use crate::testkit::lock::lock;
use crate::testkit::witness::{self, Wish, short};

/// For how long a refusal may be repeated without asking the database: the default of the settings, which the
/// requirements promise.
const REFUSAL_MEMORY: Duration = Duration::from_secs(1);
/// How long an entry may live: a minute and a fifth of it.
const LONGEST_LIFE: Duration = Duration::from_secs(72);
/// How long a lease is good.
const LEASE: Duration = Duration::from_secs(5);

/// Somebody who talks to one instance.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) world: Arc<World>,
    pub(super) line: Arc<Line>,
    pub(super) inner: witness::Client,
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
    pub(super) async fn book(&self, wish: &Wish) -> Result<BookOutcome, ServiceError> {
        let (name, asked) = (self.world.name(wish.event_id), self.ask(wish.event_id));
        let quantity = wish.quantity;
        self.say(|| format!("? book {quantity} of {name} {}", wish.key.as_deref().unwrap_or("")));
        let in_use = self.use_key(wish);
        let outcome = self.inner.book(wish).await;
        let others = in_use.map_or(0, |key| key.others());
        self.say(|| format!("! book {quantity} of {name}: {}", brief(&outcome)));
        match &outcome {
            Ok(BookOutcome::Booked(booking) | BookOutcome::Replayed(booking)) => {
                self.world.trace.count("booked");
                lock(&self.world.known).push(booking.clone());
            }
            Ok(BookOutcome::SoldOut(_)) => {
                self.world.trace.count("sold out");
                self.judge_refusal(wish, asked.at);
            }
            Ok(other) => self.judge_other_refusal(wish, other, asked.at, others),
            Err(ServiceError::Overloaded) => self.judge_overload(wish, asked.at),
            Err(error) => self.judge_failure(error),
        }
        self.judge_answers();
        outcome
    }

    /// What was found out from an answer is found at once.
    fn judge_answers(&self) {
        let contradictions = std::mem::take(&mut self.inner.witness.facts().contradictions);
        for finding in contradictions {
            self.world.trace.find(finding);
        }
    }

    /// A refusal is honest if the tickets could not be had at some moment between a second before it was asked
    /// for and its answer.
    fn judge_refusal(&self, wish: &Wish, asked_at: Timestamp) {
        // The database decides by the time that the request was sent with, on the sender's clock.
        let slack = CACHE_PATIENCE + DATABASE_LONGEST + SKEW;
        let span = (asked_at.saturating_sub(REFUSAL_MEMORY), self.world.now());
        if !self.world.versions.lacked(wish.event_id, wish.quantity, span, slack) {
            let (name, quantity) = (self.world.name(wish.event_id), wish.quantity);
            let seen = format!("{quantity} of {name} could be had for over {REFUSAL_MEMORY:?}");
            self.world.find("a refusal is honest", seen);
        }
    }

    /// Whoever is refused for another reason is told one that was true at some moment since just before it was asked.
    fn judge_other_refusal(
        &self,
        wish: &Wish,
        outcome: &BookOutcome,
        asked_at: Timestamp,
        others: u32,
    ) {
        let span = (asked_at.saturating_sub(REFUSAL_MEMORY), self.world.now());
        let was =
            |is_so: &dyn Fn(&Listing) -> bool| self.world.versions.was(wish.event_id, span, is_so);
        let has_status = |status| was(&|listing: &Listing| listing.event.status == status);
        let is_true = match outcome {
            BookOutcome::NotOnSale(SaleState::Draft) => has_status(EventStatus::Draft),
            BookOutcome::NotOnSale(SaleState::Cancelled) => has_status(EventStatus::Cancelled),
            // Whatever is simulated is on sale from the beginning, and ends later.
            BookOutcome::NotOnSale(_) | BookOutcome::EventNotFound => false,
            BookOutcome::TooMany { max } => was(&|listing: &Listing| {
                let most = listing.event.details.max_per_booking.get();
                most == *max && wish.quantity > most
            }),
            BookOutcome::KeyReused => wish.key.is_some(),
            BookOutcome::InProgress => others > 0,
            BookOutcome::GatewayFailed => self.world.kind.others_lost > 0,
            BookOutcome::Booked(_) | BookOutcome::Replayed(_) | BookOutcome::SoldOut(_) => true,
        };
        if !is_true {
            let seen =
                format!("{} of {}: {outcome:?}", wish.quantity, self.world.name(wish.event_id));
            self.world.find("a refusal is honest", seen);
        }
    }

    /// Nothing fails but for the database or the instance itself: a cache never stops a sale.
    fn judge_failure(&self, error: &ServiceError) {
        let kind = self.world.kind;
        if kind.database_lost == 0 && kind.crash == 0 {
            self.world.find("without a fault, requests succeed", error.chain());
        }
    }

    /// There is always room in the queue here, so only who met three prices in a row is sent away: one that was read
    /// before, and two that it was changed to meanwhile.
    fn judge_overload(&self, wish: &Wish, asked_at: Timestamp) {
        self.world.trace.count("overloaded");
        let span = (asked_at, self.world.now());
        if self.world.versions.prices(wish.event_id, span) < 3 {
            let seen = format!("{} was sent away", self.world.name(wish.event_id));
            self.world.find("without a fault, requests succeed", seen);
        }
    }

    fn use_key(&self, wish: &Wish) -> Option<KeyInUse> {
        let key = (self.line.number, wish.key.clone()?);
        *lock(&self.world.keys).entry(key.clone()).or_default() += 1;
        Some(KeyInUse { world: Arc::clone(&self.world), key })
    }

    /// Looks an event up.
    pub(super) async fn look(&self, event_id: EventId) {
        let asked = self.ask(event_id);
        match self.inner.system.catalogue().find_event(event_id).await {
            Ok(Some(listing)) => self.judge_listing(event_id, &listing, asked),
            Ok(None) => self.world.find("an event stays", self.world.name(event_id)),
            Err(_) => {}
        }
    }

    /// An event that was read is one that the database really had, and not too long ago.
    fn judge_listing(&self, event_id: EventId, listing: &Listing, asked: Asked) {
        let (name, read) = (self.world.name(event_id), listing.stock.version());
        let Some((truth, superseded)) = self.world.versions.version(event_id, read) else {
            let seen = format!("{name} was read as version {read}, which never was");
            return self.world.find("what is read was true", seen);
        };
        if !is_of(listing, &truth) {
            let title = &listing.event.details.title;
            let seen = format!("{name} was read as “{title}”, which version {read} is not");
            self.world.find("what is read was true", seen);
        }
        let oldest = asked.at.saturating_sub(LONGEST_LIFE + LEASE + 2 * SKEW + CACHE_PATIENCE);
        if superseded.is_some_and(|at| at < oldest) {
            let seen = format!("{name} was read as version {read}, of over a minute ago");
            self.world.find("what is read is not old", seen);
        }
        // Nobody is told that all is gone on the word of the cache alone.
        let span = (asked.at.saturating_sub(REFUSAL_MEMORY), self.world.now());
        let is_sold_out = listing.stock.available() == 0;
        if is_sold_out && !self.world.versions.lacked(event_id, 1, span, Duration::MAX) {
            let seen = format!("{name} is shown as sold out, and had tickets all the time");
            self.world.find("a refusal is honest", seen);
        }
        // A cache that lost its last writes may have lost a clear.
        let had_setback = self.world.standings.setbacks() != asked.setbacks;
        if read < asked.standing.floor && !had_setback {
            let floor = asked.standing.floor;
            let seen = format!("{name} was read as version {read}, after a clear after {floor}");
            self.world.find("what is cleared is gone", seen);
        }
    }

    pub(super) async fn cancel(&self, booking: &Booking) {
        self.say(|| format!("? cancel {}", short(booking.id)));
        let outcome = self.inner.cancel(booking).await;
        self.say(|| format!("! cancel {}: {}", short(booking.id), is_ok(&outcome)));
        self.judge_answers();
    }

    /// Looks at a booking, which releases it if its time is over.
    pub(super) async fn look_at(&self, booking: &Booking) {
        let asked_at = self.world.now();
        let found = self.inner.look_at(booking).await;
        // Between its reading and its answer time goes by, and clocks differ.
        if let Ok(Some(now)) = found
            && now.status == BookingStatus::Pending
            && now.expires_at.saturating_add(SKEW) <= asked_at
        {
            let seen = format!("{} is shown as held", short(now.id));
            self.world.find("a hold ends in time", seen);
        }
        self.judge_answers();
    }

    pub(super) async fn refund(&self, booking: &Booking) {
        self.say(|| format!("? give the money of {} back", short(booking.id)));
        let _ = self.inner.refund(booking).await;
    }

    pub(super) async fn change(&self, event_id: EventId, change: EventChange) {
        let name = self.world.name(event_id);
        self.say(|| format!("? change {name}: {}", brief_change(&change)));
        let asked_at = self.world.now();
        let outcome = self.inner.change(event_id, &change).await;
        self.judge_change(event_id, &change, asked_at, &outcome);
        if let Ok(ChangeOutcome::Changed(listing)) = &outcome
            && listing.event.status == EventStatus::Cancelled
        {
            self.world.trace.count("events called off");
        }
        self.say(|| format!("! change {name}: {}", is_ok(&outcome)));
    }
}

/// A request with a key that is under way.
struct KeyInUse {
    world: Arc<World>,
    key: (u32, String),
}

impl KeyInUse {
    /// Returns how many others there are with the same key at the same instance.
    fn others(&self) -> u32 {
        lock(&self.world.keys).get(&self.key).map_or(0, |all| all - 1)
    }
}

impl Drop for KeyInUse {
    fn drop(&mut self) {
        if let Some(all) = lock(&self.world.keys).get_mut(&self.key) {
            *all -= 1;
        }
    }
}

/// Tells whether what was read is a version of an event, but for its count of tickets, which takes move.
pub(super) fn is_of(read: &Listing, truth: &Listing) -> bool {
    let key = |stock: Stock| (stock.capacity(), stock.stock(), stock.version());
    read.event == truth.event && key(read.stock) == key(truth.stock)
}

impl Client {
    /// What an organiser is told has happened, or cannot be.
    fn judge_change(
        &self,
        event_id: EventId,
        change: &EventChange,
        asked_at: Timestamp,
        outcome: &Result<ChangeOutcome, ServiceError>,
    ) {
        let (name, span) = (self.world.name(event_id), (asked_at, self.world.now()));
        let is_true = match outcome {
            Ok(ChangeOutcome::Changed(told)) => {
                let version = told.stock.version();
                let kept = self.world.versions.version(event_id, version);
                kept.is_some_and(|(kept, _)| *kept == *told && is_as_asked(change, told))
            }
            Ok(ChangeOutcome::Unchanged(told)) => is_as_asked(change, told),
            Ok(ChangeOutcome::CapacityTooLow { taken }) => {
                let wanted = change.capacity.map_or(0, Capacity::get);
                let is_it = |listing: &Listing| {
                    listing.stock.sold() + listing.stock.held() == *taken && wanted < *taken
                };
                self.world.versions.was(event_id, span, is_it)
            }
            Ok(ChangeOutcome::WrongStatus(status)) => {
                let is_it = |listing: &Listing| listing.event.status == *status;
                self.world.versions.was(event_id, span, is_it)
            }
            Ok(ChangeOutcome::NotFound | ChangeOutcome::Conflict) => false,
            Err(error) => {
                self.judge_failure(error);
                true
            }
        };
        if !is_true {
            let seen = format!("{name} {}: {outcome:?}", brief_change(change));
            self.world.find("what an organiser is told is true", seen);
        }
    }
}

fn is_as_asked(change: &EventChange, told: &Listing) -> bool {
    change.details.as_ref().is_none_or(|details| *details == told.event.details)
        && change.capacity.is_none_or(|capacity| capacity.get() == told.stock.capacity())
        && change.status.is_none_or(|status| status == told.event.status)
}

fn brief(outcome: &Result<BookOutcome, ServiceError>) -> String {
    match outcome {
        Err(error) => format!("failed: {error}"),
        Ok(BookOutcome::Booked(booking)) => format!("booked {}", short(booking.id)),
        Ok(BookOutcome::Replayed(booking)) => format!("replayed {}", short(booking.id)),
        Ok(other) => format!("{other:?}"),
    }
}

fn brief_change(change: &EventChange) -> String {
    let title = change.details.as_ref().map(|details| details.title.clone());
    format!("{title:?} {:?} {:?}", change.capacity, change.status)
}

fn is_ok<T, E>(outcome: &Result<T, E>) -> &'static str {
    if outcome.is_ok() { "done" } else { "failed" }
}
