//! The port to the events.

use async_trait::async_trait;

use super::tables::{EventRow, Tables};
use super::{MemoryDatabase, search};
use crate::domain::catalogue::{self, Intake, IntakeChanges};
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::search::{Facets, Names, SearchFilter, SearchPage, SearchQuery, SearchText};
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
        let mut intake = Intake::open(now);
        for new in batch {
            if let Some(row) = tables.events.get(&new.id) {
                intake.add_known(None, row.listing.clone());
            }
            if let Some(source) = &new.source
                && let Some(row) = tables.sources.get(source).and_then(|id| tables.events.get(id))
            {
                intake.add_known(Some(source.clone()), row.listing.clone());
            }
        }
        let outcomes = batch.iter().map(|new| intake.store(new)).collect::<Result<Vec<_>, _>>()?;
        write(intake.close(), &mut tables);
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
        let (outcome, effect) = catalogue::change(&row.listing, change, now)?;
        if let (ChangeOutcome::Changed(listing), Some(effect)) = (&outcome, effect) {
            row.replace(listing.event.clone(), listing.stock);
            row.journal.push(effect.movement);
            tables.announce(effect.announcement);
        }
        Ok(outcome)
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

    async fn find_names(
        &self,
        text: &SearchText,
        now: Timestamp,
    ) -> Result<Names, RepositoryError> {
        Ok(search::names(&*self.database.lock()?, text, now))
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        Ok(self.database.lock()?.events.is_empty())
    }
}

fn write(changes: IntakeChanges, tables: &mut Tables) {
    for (listing, source) in changes.created {
        let id = listing.event.id;
        tables.events.insert(id, EventRow::new(listing.event, listing.stock));
        tables.sources.extend(source.map(|source| (source, id)));
    }
    for listing in changes.updated {
        if let Some(row) = tables.events.get_mut(&listing.event.id) {
            row.replace(listing.event, listing.stock);
        }
    }
    for line in changes.movements {
        tables.append(line);
    }
    for announcement in changes.announcements {
        tables.announce(Some(announcement));
    }
}
