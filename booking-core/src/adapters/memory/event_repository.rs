//! The port to the events.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::tables::{EventRow, Tables};
use super::{MemoryDatabase, search};
use crate::domain::event::{Event, EventStatus, Listing};
use crate::domain::ids::EventId;
use crate::domain::ledger::{
    BooksDoNotBalance, Edit, EventLedger, Movement, MovementCause, opening_movement,
};
use crate::domain::payment::ForeignId;
use crate::domain::quantity::Capacity;
use crate::domain::search::{Facets, SearchFilter, SearchPage, SearchQuery};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::event_repository::{
    ChangeOutcome, EventChange, EventRepository, NewEvent, StoreOutcome,
};
use crate::ports::fault::RepositoryError;

/// The events of a [`MemoryDatabase`].
#[derive(Debug, Clone)]
pub struct MemoryEventRepository {
    database: MemoryDatabase,
}

impl MemoryEventRepository {
    pub(super) const fn new(database: MemoryDatabase) -> Self {
        Self { database }
    }
}

#[async_trait]
impl EventRepository for MemoryEventRepository {
    async fn store_events(
        &self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError> {
        let mut tables = self.database.lock()?;
        let mut import = Import::new(&tables, now);
        let outcomes = batch.iter().map(|new| import.store(new)).collect::<Result<Vec<_>, _>>()?;
        import.close().write(&mut tables);
        Ok(outcomes)
    }

    async fn change_event(
        &self,
        id: EventId,
        change: &EventChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError> {
        let mut tables = self.database.lock()?;
        let Some(row) = tables.events.get_mut(&id) else { return Ok(ChangeOutcome::NotFound) };
        let listing = &row.listing;
        if let Some(outcome) = refusal(listing, change) {
            return Ok(outcome);
        }
        let mut event = listing.event.clone();
        event.details = change.details.clone().unwrap_or(event.details);
        event.status = change.status.unwrap_or(event.status);
        let capacity = change.capacity.map_or(listing.stock.capacity(), Capacity::get);
        if event == listing.event && capacity == listing.stock.capacity() {
            return Ok(ChangeOutcome::Unchanged(listing.clone()));
        }
        event.updated_at = now;
        let ledger = EventLedger { event_id: id, terms: event.terms(), stock: listing.stock };
        let cause = cause_of(listing.event.status, event.status);
        match ledger.edit(Some(capacity), cause, now)? {
            Edit::CapacityTooLow { taken } => Ok(ChangeOutcome::CapacityTooLow { taken }),
            Edit::Done(stock, line) => {
                row.replace(event, stock);
                row.journal.push(line);
                Ok(ChangeOutcome::Changed(row.listing.clone()))
            }
        }
    }

    async fn find_event(&self, id: EventId) -> Result<Option<Listing>, RepositoryError> {
        Ok(self.database.lock()?.events.get(&id).map(|row| row.listing.clone()))
    }

    async fn search_events(
        &self,
        query: &SearchQuery,
        now: Timestamp,
    ) -> Result<SearchPage, RepositoryError> {
        Ok(search::search(&*self.database.lock()?, query, now))
    }

    async fn count_facets(
        &self,
        filter: &SearchFilter,
        now: Timestamp,
    ) -> Result<Facets, RepositoryError> {
        Ok(search::facets(&*self.database.lock()?, filter, now))
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        Ok(self.database.lock()?.events.is_empty())
    }
}

/// Returns why an event cannot be changed in this way, or that there is nothing to do.
fn refusal(listing: &Listing, change: &EventChange) -> Option<ChangeOutcome> {
    use EventStatus::{Cancelled, Draft, Published};

    let event = &listing.event;
    if change.expected_updated_at.is_some_and(|expected| expected != event.updated_at) {
        return Some(ChangeOutcome::Conflict);
    }
    let changes_content = change.details.is_some() || change.capacity.is_some();
    match (event.status, change.status.unwrap_or(event.status)) {
        (Cancelled, Cancelled) if !changes_content => {
            Some(ChangeOutcome::Unchanged(listing.clone()))
        }
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

/// A batch of events that is being decided on. Nothing is written before all of it is decided.
struct Import<'a> {
    tables: &'a Tables,
    now: Timestamp,
    decided: Decided,
}

/// What an [`Import`] is to write.
#[derive(Default)]
struct Decided {
    rows: BTreeMap<EventId, (Event, Stock)>,
    sources: BTreeMap<ForeignId, EventId>,
    lines: Vec<Movement>,
}

impl<'a> Import<'a> {
    fn new(tables: &'a Tables, now: Timestamp) -> Self {
        Self { tables, now, decided: Decided::default() }
    }

    fn close(self) -> Decided {
        self.decided
    }

    fn store(&mut self, new: &NewEvent) -> Result<StoreOutcome, RepositoryError> {
        let known = new.source.as_ref().and_then(|source| {
            self.decided.sources.get(source).or_else(|| self.tables.sources.get(source)).copied()
        });
        match known.and_then(|id| self.row(id)) {
            Some((event, stock)) => Ok(self.update(event, stock, new)?),
            None => self.create(new),
        }
    }

    /// Returns a row as this batch has left it.
    fn row(&self, id: EventId) -> Option<(Event, Stock)> {
        self.decided.rows.get(&id).cloned().or_else(|| {
            let listing = &self.tables.events.get(&id)?.listing;
            Some((listing.event.clone(), listing.stock))
        })
    }

    fn create(&mut self, new: &NewEvent) -> Result<StoreOutcome, RepositoryError> {
        let is_new =
            !self.decided.rows.contains_key(&new.id) && !self.tables.events.contains_key(&new.id);
        if !is_new {
            return Err(RepositoryError::Backend { source: "the event's id is not new".into() });
        }
        let event = Event {
            id: new.id,
            details: new.details.clone(),
            status: new.status,
            created_at: self.now,
            updated_at: self.now,
        };
        let stock = Stock::new(new.capacity);
        self.decided.lines.push(opening_movement(new.id, stock, self.now));
        self.decided.rows.insert(new.id, (event, stock));
        if let Some(source) = &new.source {
            self.decided.sources.insert(source.clone(), new.id);
        }
        Ok(StoreOutcome::Created(new.id))
    }

    fn update(
        &mut self,
        mut event: Event,
        stock: Stock,
        new: &NewEvent,
    ) -> Result<StoreOutcome, BooksDoNotBalance> {
        let (id, from) = (event.id, event.status);
        if from == EventStatus::Cancelled {
            return Ok(StoreOutcome::CalledOff(id));
        }
        if from == EventStatus::Draft && new.status == EventStatus::Published {
            event.status = EventStatus::Published;
        }
        if event.status == from && event.details == new.details {
            return Ok(StoreOutcome::Unchanged(id));
        }
        event.details = new.details.clone();
        event.updated_at = self.now;
        let ledger = EventLedger { event_id: id, terms: event.terms(), stock };
        let cause = cause_of(from, event.status);
        let Edit::Done(stock, line) = ledger.edit(None, cause, self.now)? else {
            return Err(BooksDoNotBalance { event_id: id });
        };
        self.decided.lines.push(line);
        self.decided.rows.insert(id, (event, stock));
        Ok(StoreOutcome::Updated(id))
    }
}

impl Decided {
    fn write(self, tables: &mut Tables) {
        for (id, (event, stock)) in self.rows {
            match tables.events.get_mut(&id) {
                Some(row) => row.replace(event, stock),
                None => {
                    tables.events.insert(id, EventRow::new(event, stock));
                }
            }
        }
        tables.sources.extend(self.sources);
        for line in self.lines {
            tables.append(line);
        }
    }
}
