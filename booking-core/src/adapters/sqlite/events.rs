//! Events: storing and changing them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{Row, SqliteConnection};

use super::database::{SqliteDatabase, commit};
use super::error::{corrupt, not_applied};
use super::event_rows::{self, EventWrite, listing_columns};
use super::rows::{blob, json};
use super::{changes, search};
use crate::domain::event::{Event, EventStatus, Listing};
use crate::domain::ids::EventId;
use crate::domain::ledger::{
    BooksDoNotBalance, Edit, EventLedger, Movement, MovementCause, opening_movement,
};
use crate::domain::payment::ForeignId;
use crate::domain::search::{Facets, SearchFilter, SearchPage, SearchQuery};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::IdSource;
use crate::ports::event_repository::{
    ChangeOutcome, EventChange, EventRepository, NewEvent, StoreOutcome,
};
use crate::ports::fault::RepositoryError;

const FIND: &str = concat!(
    "SELECT ",
    listing_columns!(),
    " FROM events AS e JOIN event_stock AS s ON s.event_id = e.id WHERE e.id = ?1"
);

const FIND_BY_SOURCE: &str = concat!(
    "SELECT ",
    listing_columns!(),
    " FROM json_each(?1) AS j CROSS JOIN events AS e ON e.source = j.value
      JOIN event_stock AS s ON s.event_id = e.id"
);

const INSERT_STOCKS: &str = "
    INSERT INTO event_stock (event_id, capacity, stock, held, version)
    SELECT unhex(j.value ->> 0), j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4
    FROM jsonb_each(?1) AS j";

const IS_EMPTY: &str = "SELECT NOT EXISTS (SELECT 1 FROM events)";

/// Keeps events in an SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteEventRepository {
    database: SqliteDatabase,
}

impl SqliteEventRepository {
    /// Makes the repository. Events bring their ids with them, so it asks `ids` for none; it is taken so that
    /// both repositories of a file are made alike.
    pub fn new(database: SqliteDatabase, ids: Arc<dyn IdSource>) -> Self {
        drop(ids);
        Self { database }
    }
}

#[async_trait]
impl EventRepository for SqliteEventRepository {
    #[tracing::instrument(name = "sqlite.store_events", skip_all, fields(batch.len = batch.len()))]
    async fn store_events(
        &self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError> {
        let mut transaction = self.database.begin().await?;
        let mut import = Import::load(&mut transaction, batch, now).await?;
        let outcomes = batch.iter().map(|new| import.store(new)).collect::<Result<Vec<_>, _>>()?;
        import.write(&mut transaction).await?;
        commit(transaction).await?;
        Ok(outcomes)
    }

    async fn change_event(
        &self,
        id: EventId,
        change: &EventChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError> {
        let mut transaction = self.database.begin().await?;
        let row = sqlx::query(FIND)
            .bind(blob(id.as_uuid()))
            .fetch_optional(&mut *transaction)
            .await
            .map_err(not_applied)?;
        let Some(row) = row else { return Ok(ChangeOutcome::NotFound) };
        let before = event_rows::listing(&row)?;
        let (outcome, movement) = change_listing(&before, change, now)?;
        if let (ChangeOutcome::Changed(after), Some(movement)) = (&outcome, movement) {
            let write = EventWrite { event: &after.event, source: None };
            event_rows::overwrite(&mut transaction, &[write]).await?;
            let stocks = BTreeMap::from([(id, after.stock)]);
            changes::update_stocks(&mut transaction, &stocks, &[movement]).await?;
            changes::insert_movements(&mut transaction, &[movement]).await?;
            commit(transaction).await?;
        }
        Ok(outcome)
    }

    async fn find_event(&self, id: EventId) -> Result<Option<Listing>, RepositoryError> {
        let row = sqlx::query(FIND)
            .bind(blob(id.as_uuid()))
            .fetch_optional(self.database.readers())
            .await
            .map_err(not_applied)?;
        row.as_ref().map(event_rows::listing).transpose()
    }

    async fn search_events(
        &self,
        query: &SearchQuery,
        now: Timestamp,
    ) -> Result<SearchPage, RepositoryError> {
        search::page(&self.database, query, now).await
    }

    async fn count_facets(
        &self,
        filter: &SearchFilter,
        now: Timestamp,
    ) -> Result<Facets, RepositoryError> {
        search::facets(&self.database, filter, now).await
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        sqlx::query_scalar(IS_EMPTY).fetch_one(self.database.readers()).await.map_err(not_applied)
    }
}

/// Returns why an event cannot be changed in this way, or that there is nothing to do.
fn refusal(listing: &Listing, change: &EventChange) -> Option<ChangeOutcome> {
    use EventStatus::{Cancelled, Draft, Published};

    let event = &listing.event;
    if change.expected_updated_at.is_some_and(|expected| expected != event.updated_at) {
        return Some(ChangeOutcome::Conflict);
    }
    let is_status_only = change.details.is_none() && change.capacity.is_none();
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

/// Decides on a change; a line for the journal comes with [`ChangeOutcome::Changed`], and only with it.
fn change_listing(
    before: &Listing,
    change: &EventChange,
    now: Timestamp,
) -> Result<(ChangeOutcome, Option<Movement>), BooksDoNotBalance> {
    if let Some(outcome) = refusal(before, change) {
        return Ok((outcome, None));
    }
    let mut event = before.event.clone();
    if let Some(details) = &change.details {
        event.details = details.clone();
    }
    event.status = change.status.unwrap_or(event.status);
    let capacity = change
        .capacity
        .map(crate::domain::quantity::Capacity::get)
        .filter(|capacity| *capacity != before.stock.capacity());
    if event == before.event && capacity.is_none() {
        return Ok((ChangeOutcome::Unchanged(before.clone()), None));
    }
    event.updated_at = now;
    let ledger = EventLedger { event_id: event.id, terms: event.terms(), stock: before.stock };
    let cause = cause_of(before.event.status, event.status);
    Ok(match ledger.edit(capacity, cause, now)? {
        Edit::CapacityTooLow { taken } => (ChangeOutcome::CapacityTooLow { taken }, None),
        Edit::Done(stock, movement) => {
            (ChangeOutcome::Changed(Listing { event, stock }), Some(movement))
        }
    })
}

/// A batch of events to be stored. All of it is decided before any of it is written.
struct Import {
    now: Timestamp,
    listings: BTreeMap<EventId, Listing>,
    sources: BTreeMap<ForeignId, EventId>,
    created: BTreeMap<EventId, Option<ForeignId>>,
    updated: BTreeSet<EventId>,
    movements: Vec<Movement>,
}

impl Import {
    /// Loads the events that came from the same sources before.
    async fn load(
        connection: &mut SqliteConnection,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Self, RepositoryError> {
        let mut import = Self {
            now,
            listings: BTreeMap::new(),
            sources: BTreeMap::new(),
            created: BTreeMap::new(),
            updated: BTreeSet::new(),
            movements: Vec::new(),
        };
        let sources: BTreeSet<&str> =
            batch.iter().filter_map(|new| new.source.as_ref()).map(ForeignId::as_str).collect();
        if sources.is_empty() {
            return Ok(import);
        }
        let found = sqlx::query(FIND_BY_SOURCE)
            .bind(json(&sources.into_iter().collect::<Vec<_>>())?)
            .fetch_all(connection)
            .await
            .map_err(not_applied)?;
        for row in &found {
            let listing = event_rows::listing(row)?;
            let id = listing.event.id;
            let source =
                ForeignId::new(row.try_get::<String, _>("source").map_err(not_applied)?)
                    .map_err(|invalid| corrupt("events", id, format_args!("source {invalid}")))?;
            import.sources.insert(source, id);
            import.listings.insert(id, listing);
        }
        Ok(import)
    }

    fn store(&mut self, new: &NewEvent) -> Result<StoreOutcome, RepositoryError> {
        let known = new.source.as_ref().and_then(|source| self.sources.get(source)).copied();
        match known.and_then(|id| self.listings.get(&id)).cloned() {
            Some(listing) => Ok(self.update(listing, new)?),
            None => self.create(new),
        }
    }

    /// An id that an event outside of the batch has is refused by the database.
    fn create(&mut self, new: &NewEvent) -> Result<StoreOutcome, RepositoryError> {
        if self.listings.contains_key(&new.id) {
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
        self.movements.push(opening_movement(new.id, stock, self.now));
        self.listings.insert(new.id, Listing { event, stock });
        self.created.insert(new.id, new.source.clone());
        if let Some(source) = &new.source {
            self.sources.insert(source.clone(), new.id);
        }
        Ok(StoreOutcome::Created(new.id))
    }

    fn update(
        &mut self,
        listing: Listing,
        new: &NewEvent,
    ) -> Result<StoreOutcome, BooksDoNotBalance> {
        let Listing { mut event, stock } = listing;
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
        let Edit::Done(stock, movement) =
            ledger.edit(None, cause_of(from, event.status), self.now)?
        else {
            return Err(BooksDoNotBalance { event_id: id });
        };
        self.movements.push(movement);
        self.listings.insert(id, Listing { event, stock });
        if !self.created.contains_key(&id) {
            self.updated.insert(id);
        }
        Ok(StoreOutcome::Updated(id))
    }

    async fn write(&self, connection: &mut SqliteConnection) -> Result<(), RepositoryError> {
        let mut created = Vec::with_capacity(self.created.len());
        let mut new_stocks = Vec::with_capacity(self.created.len());
        for (id, source) in &self.created {
            if let Some(Listing { event, stock }) = self.listings.get(id) {
                created.push(EventWrite { event, source: source.as_ref() });
                let (capacity, version) = (stock.capacity(), stock.version());
                let id = id.as_uuid().simple();
                new_stocks.push((id, capacity, stock.stock(), stock.held(), version));
            }
        }
        let updated: Vec<_> = self
            .updated
            .iter()
            .filter_map(|id| self.listings.get(id))
            .map(|listing| EventWrite { event: &listing.event, source: None })
            .collect();
        let stocks = self
            .updated
            .iter()
            .filter_map(|id| self.listings.get(id).map(|listing| (*id, listing.stock)))
            .collect();

        event_rows::insert(connection, &created).await?;
        if !new_stocks.is_empty() {
            sqlx::query(INSERT_STOCKS)
                .bind(json(&new_stocks)?)
                .execute(&mut *connection)
                .await
                .map_err(not_applied)?;
        }
        event_rows::overwrite(connection, &updated).await?;
        changes::update_stocks(connection, &stocks, &self.movements).await?;
        changes::insert_movements(connection, &self.movements).await
    }
}
