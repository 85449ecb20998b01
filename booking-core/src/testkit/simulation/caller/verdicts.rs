//! How what callers are told is judged.

use std::time::Duration;

use super::super::steps::is_near;
use super::super::trouble::{CACHE_PATIENCE, DATABASE_LONGEST};
use super::{Asked, Caller, brief_change};
use crate::domain::booking::Booking;
use crate::domain::event::{EventStatus, Listing, SaleState};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::SoldOut;
use crate::domain::quantity::Capacity;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::event_repository::{ChangeOutcome, EventChange};
use crate::service::{BookOutcome, ServiceError};
use crate::testkit::witness::{Rule, Wish, short};

/// For how long a refusal may be repeated without asking the database: the default of the settings, which the
/// requirements promise.
const REFUSAL_MEMORY: Duration = Duration::from_secs(1);
/// How long an entry may live: a minute and a fifth of it.
const LONGEST_LIFE: Duration = Duration::from_secs(72);
/// How long a lease is good.
const LEASE: Duration = Duration::from_secs(5);

impl Caller {
    /// A refusal is honest if the tickets could not be had at some moment between a second before it was asked
    /// for and its answer.
    pub(super) fn judge_refusal(&self, wish: &Wish, told: SoldOut, asked_at: Timestamp) {
        // The database decides by the time that the request was sent with, on the sender's clock.
        let slack = CACHE_PATIENCE + DATABASE_LONGEST + self.world.skew();
        let span = (asked_at.saturating_sub(REFUSAL_MEMORY), self.world.now());
        if !self.world.versions.lacked(wish.event_id, wish.quantity, span, slack) {
            let (name, quantity) = (self.world.name(wish.event_id), wish.quantity);
            let seen = format!("{quantity} of {name} could be had for over {REFUSAL_MEMORY:?}");
            self.world.find(Rule::ARefusalIsHonest, seen);
        }
        if !self.world.versions.had(wish.event_id, told, span) {
            let seen = format!("{}: {told:?}", self.world.name(wish.event_id));
            self.world.find(Rule::ARefusalSaysWhatThereIs, seen);
        }
    }

    /// Whoever is refused for another reason is told one that was true at some moment since just before it was asked.
    pub(super) fn judge_other_refusal(
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
            BookOutcome::GatewayFailed => {
                self.world.kind.others_lost + self.world.kind.others_away > 0
            }
            BookOutcome::Booked(_) | BookOutcome::Replayed(_) | BookOutcome::SoldOut(_) => true,
        };
        if !is_true {
            let seen =
                format!("{} of {}: {outcome:?}", wish.quantity, self.world.name(wish.event_id));
            self.world.find(Rule::ARefusalIsHonest, seen);
        }
    }

    /// Nothing fails but for the database or the instance itself: a cache never stops a sale.
    pub(super) fn judge_failure(&self, error: &ServiceError) {
        let kind = self.world.kind;
        if kind.database_lost == 0 && kind.crash == 0 {
            self.world.find(Rule::WithoutAFaultRequestsSucceed, error.chain());
        }
    }

    /// The same, of an answer that may be one.
    pub(super) fn judge_error<T>(&self, answer: &Result<T, ServiceError>) {
        if let Err(error) = answer {
            self.judge_failure(error);
        }
    }

    /// There is always room in the queue here, so only who met three prices in a row is sent away: one that was read
    /// before, and two that it was changed to meanwhile.
    pub(super) fn judge_overload(&self, wish: &Wish, asked_at: Timestamp) {
        self.world.trace.count("overloaded");
        let span = (asked_at, self.world.now());
        if self.world.versions.prices(wish.event_id, span) < 3 {
            let seen = format!("{} was sent away", self.world.name(wish.event_id));
            self.world.find(Rule::WithoutAFaultRequestsSucceed, seen);
        }
    }

    /// An event that was read is one that the database really had, and not too long ago.
    pub(super) fn judge_listing(&self, event_id: EventId, listing: &Listing, asked: Asked) {
        let (name, read) = (self.world.name(event_id), listing.stock.version());
        let Some((truth, superseded)) = self.world.versions.version(event_id, read) else {
            let seen = format!("{name} was read as version {read}, which never was");
            return self.world.find(Rule::WhatIsReadWasTrue, seen);
        };
        if !is_of(listing, &truth) {
            let title = &listing.event.details.title;
            let seen = format!("{name} was read as “{title}”, which version {read} is not");
            self.world.find(Rule::WhatIsReadWasTrue, seen);
        }
        let oldest =
            asked.at.saturating_sub(LONGEST_LIFE + LEASE + 2 * self.world.skew() + CACHE_PATIENCE);
        if superseded.is_some_and(|at| at < oldest) {
            let seen = format!("{name} was read as version {read}, of over a minute ago");
            self.world.find(Rule::WhatIsReadIsNotOld, seen);
        }
        // Nobody is told that all is gone on the word of the cache alone.
        let span = (asked.at.saturating_sub(REFUSAL_MEMORY), self.world.now());
        let is_sold_out = listing.stock.available() == 0;
        if is_sold_out && !self.world.versions.lacked(event_id, 1, span, Duration::MAX) {
            let seen = format!("{name} is shown as sold out, and had tickets all the time");
            self.world.find(Rule::ARefusalIsHonest, seen);
        }
        // A cache that lost its last writes may have lost a clear.
        let had_setback = self.world.standings.setbacks() != asked.setbacks;
        if read < asked.standing.floor && !had_setback {
            let floor = asked.standing.floor;
            let seen = format!("{name} was read as version {read}, after a clear after {floor}");
            self.world.find(Rule::WhatIsClearedIsGone, seen);
        }
    }

    /// Whatever was promised before an organiser asked is in the list, each once and in order.
    pub(super) fn judge_list(&self, promised: &[BookingId], listed: &[Booking]) {
        let is_in_order = listed.windows(2).all(|two| two[0].id < two[1].id);
        let is_whole = promised.iter().all(|id| listed.iter().any(|booking| booking.id == *id));
        if !is_in_order || !is_whole {
            let listed: Vec<_> = listed.iter().map(|booking| short(booking.id)).collect();
            let promised: Vec<_> = promised.iter().map(|id| short(*id)).collect();
            self.world.find(Rule::AListIsWhole, format!("{listed:?}, of {promised:?}"));
        }
    }

    /// Whatever was on sale all the time is found, and everything that is found was so once.
    pub(super) fn judge_search(&self, found: &[Listing], asked_at: Timestamp) {
        let span = (asked_at, self.world.now());
        for event_id in self.world.event_ids() {
            let is_hidden = |listing: &Listing| {
                listing.event.status != EventStatus::Published
                    || is_near(listing.event.details.starts_at)
            };
            let is_found = found.iter().any(|listing| listing.event.id == event_id);
            if !is_found && !self.world.versions.was(event_id, span, is_hidden) {
                self.world.find(Rule::AListIsWhole, self.world.name(event_id));
            }
        }
        for listing in found {
            let (event_id, version) = (listing.event.id, listing.stock.version());
            let truth = self.world.versions.version(event_id, version);
            let is_true = truth.is_some_and(|(truth, superseded)| {
                *truth == *listing && superseded.is_none_or(|at| at >= asked_at)
            });
            if !is_true {
                let seen = format!("{} was found as {listing:?}", self.world.name(event_id));
                self.world.find(Rule::WhatIsReadWasTrue, seen);
            }
        }
    }

    /// What an organiser is told has happened, or cannot be.
    pub(super) fn judge_change(
        &self,
        event_id: EventId,
        change: &EventChange,
        asked_at: Timestamp,
        outcome: &Result<ChangeOutcome, ServiceError>,
    ) {
        let (name, span) = (self.world.name(event_id), (asked_at, self.world.now()));
        let is_true = match outcome {
            Ok(ChangeOutcome::Changed(told) | ChangeOutcome::Unchanged(told)) => {
                let version = told.stock.version();
                let kept = self.world.versions.version(event_id, version);
                kept.is_some_and(|(kept, _)| *kept == *told && is_as_asked(change, told))
            }
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
            self.world.find(Rule::WhatAnOrganiserIsToldIsTrue, seen);
        }
    }
}

/// Tells whether what was read is a version of an event, but for its count of tickets, which takes move.
pub(in crate::testkit::simulation) fn is_of(read: &Listing, truth: &Listing) -> bool {
    let key = |stock: Stock| (stock.capacity(), stock.stock(), stock.version());
    read.event == truth.event && key(read.stock) == key(truth.stock)
}

fn is_as_asked(change: &EventChange, told: &Listing) -> bool {
    change.details.as_ref().is_none_or(|details| *details == told.event.details)
        && change.capacity.is_none_or(|capacity| capacity.get() == told.stock.capacity())
        && change.status.is_none_or(|status| status == told.event.status)
}
