//! What buyers and organisers do at an instance.

mod verdicts;

use std::sync::Arc;

pub(super) use verdicts::is_of;

use super::line::Line;
use super::standing::Standing;
use super::world::World;
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::event::EventStatus;
use crate::domain::ids::EventId;
use crate::domain::search::{SearchFilter, SearchQuery, Sort};
use crate::domain::time::Timestamp;
use crate::ports::event_repository::{ChangeOutcome, EventChange};
use crate::service::{BookOutcome, ServiceError};
use crate::testkit::lock::lock;
use crate::testkit::witness::{self, Promise, Rule, Wish, short};

/// Somebody who talks to one instance.
#[derive(Debug, Clone)]
pub(super) struct Caller {
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

impl Caller {
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
                let is_new = matches!(outcome, Ok(BookOutcome::Booked(_)));
                self.world.trace.count(if is_new { "booked" } else { "replayed" });
                lock(&self.world.known).push(booking.clone());
            }
            Ok(BookOutcome::SoldOut(sold_out)) => {
                self.world.trace.count("sold out");
                self.judge_refusal(wish, *sold_out, asked.at);
            }
            Ok(other) => {
                self.world.trace.count(refusal(other));
                self.judge_other_refusal(wish, other, asked.at, others);
            }
            Err(ServiceError::Overloaded) => self.judge_overload(wish, asked.at),
            Err(error) => self.judge_failure(error),
        }
        self.world.judge_answers();
        outcome
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
            Ok(None) => self.world.find(Rule::AnEventStays, self.world.name(event_id)),
            Err(error) => self.judge_failure(&error),
        }
    }

    pub(super) async fn cancel(&self, booking: &Booking) {
        self.say(|| format!("? cancel {}", short(booking.id)));
        let outcome = self.inner.cancel(booking).await;
        self.say(|| format!("! cancel {}: {}", short(booking.id), is_ok(&outcome)));
        self.judge_error(&outcome);
        self.world.judge_answers();
    }

    /// Looks at a booking, which releases it if its time is over.
    pub(super) async fn look_at(&self, booking: &Booking) {
        let asked_at = self.world.now();
        let found = self.inner.look_at(booking).await;
        self.judge_error(&found);
        // Between its reading and its answer time goes by, and clocks differ.
        if let Ok(Some(now)) = found
            && now.status == BookingStatus::Pending
            && now.expires_at.saturating_add(self.world.skew()) <= asked_at
        {
            let seen = format!("{} is shown as held", short(now.id));
            self.world.find(Rule::AHoldEndsInTime, seen);
        }
        self.world.judge_answers();
    }

    /// Reads the bookings of an event, page by page.
    pub(super) async fn list(&self, event_id: EventId) {
        let promised = {
            let facts = self.inner.witness.facts();
            let of_event = |promise: &&Promise| promise.booking.event_id == event_id;
            let promised = facts.promises.iter().filter(of_event);
            promised.map(|promise| promise.booking.id).collect::<Vec<_>>()
        };
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = self.inner.system.bookings().list(event_id, after, 3).await;
            self.judge_error(&page);
            let Ok(page) = page else { return };
            listed.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.world.trace.count("lists read");
        let statuses = listed.iter().map(|booking| (booking.id, booking.status));
        self.inner.witness.facts().statuses_told.extend(statuses);
        self.judge_list(&promised, &listed);
    }

    /// Searches for all events.
    pub(super) async fn search(&self) {
        let asked_at = self.world.now();
        let query = SearchQuery {
            filter: SearchFilter::all(),
            sort: Sort::StartsAt,
            after: None,
            limit: 10,
        };
        let found = self.inner.system.catalogue().search(&query).await;
        self.judge_error(&found);
        if let Ok(page) = found {
            self.world.trace.count("searches");
            self.judge_search(&page.items, asked_at);
        }
    }

    pub(super) async fn refund(&self, booking: &Booking) {
        self.say(|| format!("? give the money of {} back", short(booking.id)));
        let refunded = self.inner.refund(booking).await;
        self.judge_error(&refunded);
        self.world.judge_answers();
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

/// Names why tickets were refused, for counting.
const fn refusal(outcome: &BookOutcome) -> &'static str {
    match outcome {
        BookOutcome::InProgress => "refused: in progress",
        BookOutcome::KeyReused => "refused: key reused",
        BookOutcome::NotOnSale(_) => "refused: not on sale",
        BookOutcome::TooMany { .. } => "refused: too many",
        BookOutcome::GatewayFailed => "refused: gateway failed",
        BookOutcome::EventNotFound => "refused: not found",
        BookOutcome::Booked(_) | BookOutcome::Replayed(_) | BookOutcome::SoldOut(_) => "answered",
    }
}
