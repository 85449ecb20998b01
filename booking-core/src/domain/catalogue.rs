//! Deciding on events: what storing and changing them does to the catalogue and to the books.
//!
//! A repository locks and loads, lets [`change`] or an [`Intake`] decide, and writes what they return in the same
//! transaction, so that all adapters share these decisions as they share those of the
//! [`ledger`](crate::domain::ledger).

use std::collections::{BTreeMap, BTreeSet};

use super::announcement::{Announcement, next_revision};
use super::event::{Event, EventDetails, EventStatus, Listing, ReminderLead};
use super::ids::EventId;
use super::ledger::{
    BooksDoNotBalance, Edit, EventLedger, Movement, MovementCause, opening_movement,
};
use super::payment::ForeignId;
use super::quantity::Capacity;
use super::search::Tally;
use super::stock::Stock;
use super::time::Timestamp;

/// An event to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// What there is to say of it.
    pub details: EventDetails,
    /// How many tickets it has.
    pub capacity: Capacity,
    /// [`EventStatus::Draft`] or [`EventStatus::Published`].
    pub status: EventStatus,
    /// How long before it its buyers are reminded. An update leaves that as it is.
    pub reminder: ReminderLead,
    /// Its name where it comes from. Storing an event with the same name again updates it.
    pub source: Option<ForeignId>,
}

/// What came of storing a [`NewEvent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreOutcome {
    /// It was entered.
    Created(EventId),
    /// An event of the same source existed, and now has these details. Its capacity and status stay as they
    /// are, except that a draft is published if the new event is.
    Updated(EventId),
    /// An event of the same source existed, with the same details: nothing changed.
    Unchanged(EventId),
    /// An event of the same source was called off; it is left alone.
    CalledOff(EventId),
}

/// A change to an event. What is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventChange {
    /// New details.
    pub details: Option<EventDetails>,
    /// New capacity.
    pub capacity: Option<Capacity>,
    /// New status. Only forwards: draft → published → cancelled; draft → cancelled.
    pub status: Option<EventStatus>,
    /// New lead of the reminder.
    pub reminder: Option<ReminderLead>,
    /// The `updated_at` that the change was made from. If the event has another by now, somebody else changed it
    /// in between, and it is left alone. Sales do not count as changes.
    pub expected_updated_at: Option<Timestamp>,
}

/// What came of an [`EventChange`].
#[derive(Debug, Clone, PartialEq)]
pub enum ChangeOutcome {
    /// The event as it stands now.
    Changed(Listing),
    /// The event has the wanted status already; nothing changed.
    Unchanged(Listing),
    /// There is no such event.
    NotFound,
    /// The event was changed by somebody else in between.
    Conflict,
    /// A cancelled event cannot be changed, and a published one does not become a draft.
    WrongStatus(EventStatus),
    /// Sold and held tickets do not fit into the new capacity.
    CapacityTooLow {
        /// Tickets that are sold or held.
        taken: u32,
    },
}

/// What is to be written with a changed event, in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeEffect {
    /// The line for the journal.
    pub movement: Movement,
    /// What those who have booked are to be told.
    pub announcement: Option<Announcement>,
}

/// Decides on a change of an event that stands as `before`. The effect comes with [`ChangeOutcome::Changed`], and only
/// with it.
pub fn change(
    before: &Listing,
    change: &EventChange,
    now: Timestamp,
) -> Result<(ChangeOutcome, Option<ChangeEffect>), BooksDoNotBalance> {
    if let Some(outcome) = refusal(before, change) {
        return Ok((outcome, None));
    }
    let mut event = before.event.clone();
    if let Some(details) = &change.details {
        event.details = details.clone();
    }
    event.status = change.status.unwrap_or(event.status);
    event.reminder = change.reminder.unwrap_or(event.reminder);
    let capacity =
        change.capacity.map(Capacity::get).filter(|wanted| *wanted != before.stock.capacity());
    event.revision = next_revision(&before.event, &event);
    if event == before.event && capacity.is_none() {
        return Ok((ChangeOutcome::Unchanged(before.clone()), None));
    }
    // Two changes never bear the same time, however coarse the clock: `expected_updated_at` tells them apart.
    event.updated_at = now.max(before.event.updated_at.next());
    let ledger = EventLedger { event_id: event.id, terms: event.terms(), stock: before.stock };
    let cause = cause_of(before.event.status, event.status);
    Ok(match ledger.edit(capacity, cause, now)? {
        Edit::CapacityTooLow { taken } => (ChangeOutcome::CapacityTooLow { taken }, None),
        Edit::Done(stock, movement) => {
            let announcement = Announcement::of_change(&before.event, &event, stock);
            let effect = ChangeEffect { movement, announcement };
            (ChangeOutcome::Changed(Listing { event, stock }), Some(effect))
        }
    })
}

/// Returns why an event cannot be changed in this way, or that there is nothing to do.
fn refusal(listing: &Listing, change: &EventChange) -> Option<ChangeOutcome> {
    use EventStatus::{Cancelled, Draft, Published};

    let event = &listing.event;
    if change.expected_updated_at.is_some_and(|expected| expected != event.updated_at) {
        return Some(ChangeOutcome::Conflict);
    }
    let is_status_only =
        change.details.is_none() && change.capacity.is_none() && change.reminder.is_none();
    match (event.status, change.status.unwrap_or(event.status)) {
        (Cancelled, Cancelled) if is_status_only => Some(ChangeOutcome::Unchanged(listing.clone())),
        (Cancelled, Draft | Published | Cancelled) | (Published, Draft) => {
            Some(ChangeOutcome::WrongStatus(event.status))
        }
        (Draft, Draft | Published | Cancelled) | (Published, Published | Cancelled) => None,
    }
}

fn cause_of(from: EventStatus, to: EventStatus) -> MovementCause {
    match to {
        EventStatus::Published if from != to => MovementCause::Published,
        EventStatus::Cancelled if from != to => MovementCause::Cancelled,
        EventStatus::Draft | EventStatus::Published | EventStatus::Cancelled => {
            MovementCause::Edited
        }
    }
}

/// Why a batch of events cannot be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// Another event has the id of a new one.
    #[error("the id {0} of a new event is not new")]
    IdNotNew(EventId),
    /// The books cannot be right.
    #[error(transparent)]
    Books(#[from] BooksDoNotBalance),
}

/// What an [`Intake`] is to write, all of it in one transaction.
#[derive(Debug, Clone, Default)]
pub struct IntakeChanges {
    /// Events to insert, each with its name where it comes from.
    pub created: Vec<(Listing, Option<ForeignId>)>,
    /// Events to overwrite.
    pub updated: Vec<Listing>,
    /// Lines to append to the journal.
    pub movements: Vec<Movement>,
    /// What those who have booked are to be told: one for an event at most.
    pub announcements: Vec<Announcement>,
    /// How the counts of published events change, for databases that keep any.
    pub tally: Tally,
}

/// A batch of events that is being stored. All of it is decided before any of it is written.
#[derive(Debug, Clone)]
pub struct Intake {
    now: Timestamp,
    listings: BTreeMap<EventId, Listing>,
    sources: BTreeMap<ForeignId, EventId>,
    created: BTreeMap<EventId, Option<ForeignId>>,
    updated: BTreeSet<EventId>,
    movements: Vec<Movement>,
    announcements: BTreeMap<EventId, Announcement>,
    tally: Tally,
}

impl Intake {
    /// Begins a batch at `now`.
    pub fn open(now: Timestamp) -> Self {
        Self {
            now,
            listings: BTreeMap::new(),
            sources: BTreeMap::new(),
            created: BTreeMap::new(),
            updated: BTreeSet::new(),
            movements: Vec::new(),
            announcements: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    /// Adds an event that was stored before: those whose source or id the batch names.
    pub fn add_known(&mut self, source: Option<ForeignId>, listing: Listing) {
        if let Some(source) = source {
            self.sources.insert(source, listing.event.id);
        }
        self.listings.insert(listing.event.id, listing);
    }

    /// Decides on one event; it sees what the ones before it did.
    pub fn store(&mut self, new: &NewEvent) -> Result<StoreOutcome, IntakeError> {
        let known = new.source.as_ref().and_then(|source| self.sources.get(source)).copied();
        match known.and_then(|id| self.listings.get(&id)).cloned() {
            Some(listing) => Ok(self.update(&listing, new)?),
            None => self.create(new),
        }
    }

    /// Closes the batch and returns what is to be written.
    pub fn close(mut self) -> IntakeChanges {
        let created = std::mem::take(&mut self.created);
        let mut changes = IntakeChanges {
            movements: self.movements,
            announcements: self.announcements.into_values().collect(),
            tally: self.tally,
            ..IntakeChanges::default()
        };
        for (id, source) in created {
            changes.created.extend(self.listings.remove(&id).map(|listing| (listing, source)));
        }
        for id in self.updated {
            changes.updated.extend(self.listings.remove(&id));
        }
        changes
    }

    /// Changes of one event in a batch are told as one.
    fn announce(&mut self, new: Announcement) {
        let kept = self.announcements.entry(new.event_id).or_insert(new);
        *kept = Announcement { is_move: kept.is_move || new.is_move, ..new };
    }

    fn create(&mut self, new: &NewEvent) -> Result<StoreOutcome, IntakeError> {
        if self.listings.contains_key(&new.id) {
            return Err(IntakeError::IdNotNew(new.id));
        }
        let event = Event {
            reminder: new.reminder,
            ..Event::entered(new.id, new.details.clone(), new.status, self.now)
        };
        let stock = Stock::new(new.capacity);
        self.movements.push(opening_movement(new.id, stock, self.now));
        self.tally.enter(&event);
        self.listings.insert(new.id, Listing { event, stock });
        self.created.insert(new.id, new.source.clone());
        if let Some(source) = &new.source {
            self.sources.insert(source.clone(), new.id);
        }
        Ok(StoreOutcome::Created(new.id))
    }

    fn update(
        &mut self,
        listing: &Listing,
        new: &NewEvent,
    ) -> Result<StoreOutcome, BooksDoNotBalance> {
        let (id, from) = (listing.event.id, listing.event.status);
        let wanted = EventChange {
            details: Some(new.details.clone()),
            status: (from == EventStatus::Draft).then_some(new.status),
            ..EventChange::default()
        };
        match change(listing, &wanted, self.now)? {
            (ChangeOutcome::Changed(changed), effect) => {
                self.movements.extend(effect.map(|effect| effect.movement));
                if let Some(new) = effect.and_then(|effect| effect.announcement) {
                    self.announce(new);
                }
                self.tally.change(&listing.event, &changed.event);
                self.listings.insert(id, changed);
                if !self.created.contains_key(&id) {
                    self.updated.insert(id);
                }
                Ok(StoreOutcome::Updated(id))
            }
            (ChangeOutcome::WrongStatus(_), _) => Ok(StoreOutcome::CalledOff(id)),
            (
                ChangeOutcome::Unchanged(_)
                | ChangeOutcome::NotFound
                | ChangeOutcome::Conflict
                | ChangeOutcome::CapacityTooLow { .. },
                _,
            ) => Ok(StoreOutcome::Unchanged(id)),
        }
    }
}

#[cfg(test)]
mod tests;
