//! Events: storing and changing them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{Row, SqliteConnection};

use super::database::{SqliteDatabase, commit};
use super::error::{corrupt, not_applied};
use super::event_rows::{self, EventWrite, listing_columns};
use super::rows::{blob, json};
use super::{announcements, changes, search};
use crate::domain::catalogue::{self, Intake, IntakeChanges};
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::payment::ForeignId;
use crate::domain::search::{
    Facets, Names, SearchFilter, SearchPage, SearchQuery, SearchText, Tally,
};
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
        let mut intake = open_intake(&mut transaction, batch, now).await?;
        let outcomes = batch.iter().map(|new| intake.store(new)).collect::<Result<Vec<_>, _>>()?;
        write_intake(&mut transaction, &intake.close()).await?;
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
        let (outcome, effect) = catalogue::change(&before, change, now)?;
        if let (ChangeOutcome::Changed(after), Some(effect)) = (&outcome, effect) {
            let write = EventWrite { event: &after.event, source: None };
            event_rows::overwrite(&mut transaction, &[write]).await?;
            let stocks = BTreeMap::from([(id, after.stock)]);
            changes::update_stocks(&mut transaction, &stocks, &[effect.movement]).await?;
            changes::insert_movements(&mut transaction, &[effect.movement]).await?;
            announcements::insert(&mut transaction, effect.announcement.as_slice()).await?;
            let tally = Tally::of_change(&before.event, &after.event);
            search::counts::write(&mut transaction, &tally).await?;
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

    async fn find_names(
        &self,
        text: &SearchText,
        now: Timestamp,
    ) -> Result<Names, RepositoryError> {
        search::names(&self.database, text, now).await
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        sqlx::query_scalar(IS_EMPTY).fetch_one(self.database.readers()).await.map_err(not_applied)
    }
}

/// Begins a batch with the events that came from the same sources before. An id that another event has is refused
/// by the table.
async fn open_intake(
    connection: &mut SqliteConnection,
    batch: &[NewEvent],
    now: Timestamp,
) -> Result<Intake, RepositoryError> {
    let mut intake = Intake::open(now);
    let sources: BTreeSet<&str> =
        batch.iter().filter_map(|new| new.source.as_ref()).map(ForeignId::as_str).collect();
    if sources.is_empty() {
        return Ok(intake);
    }
    let found = sqlx::query(FIND_BY_SOURCE)
        .bind(json(&sources.into_iter().collect::<Vec<_>>())?)
        .fetch_all(connection)
        .await
        .map_err(not_applied)?;
    for row in &found {
        let listing = event_rows::listing(row)?;
        let id = listing.event.id;
        let source = ForeignId::new(row.try_get::<String, _>("source").map_err(not_applied)?)
            .map_err(|invalid| corrupt("events", id, format_args!("source {invalid}")))?;
        intake.add_known(Some(source), listing);
    }
    Ok(intake)
}

async fn write_intake(
    connection: &mut SqliteConnection,
    changes: &IntakeChanges,
) -> Result<(), RepositoryError> {
    let created: Vec<EventWrite<'_>> = changes
        .created
        .iter()
        .map(|(listing, source)| EventWrite { event: &listing.event, source: source.as_ref() })
        .collect();
    let new_stocks: Vec<_> = changes
        .created
        .iter()
        .map(|(Listing { event, stock }, _)| {
            let id = event.id.as_uuid().simple();
            (id, stock.capacity(), stock.stock(), stock.held(), stock.version())
        })
        .collect();
    let updated: Vec<EventWrite<'_>> = changes
        .updated
        .iter()
        .map(|listing| EventWrite { event: &listing.event, source: None })
        .collect();
    let stocks = changes.updated.iter().map(|listing| (listing.event.id, listing.stock)).collect();

    event_rows::insert(connection, &created).await?;
    if !new_stocks.is_empty() {
        sqlx::query(INSERT_STOCKS)
            .bind(json(&new_stocks)?)
            .execute(&mut *connection)
            .await
            .map_err(not_applied)?;
    }
    event_rows::overwrite(connection, &updated).await?;
    self::changes::update_stocks(connection, &stocks, &changes.movements).await?;
    self::changes::insert_movements(connection, &changes.movements).await?;
    announcements::insert(connection, &changes.announcements).await?;
    search::counts::write(connection, &changes.tally).await
}
