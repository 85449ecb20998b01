//! Events: storing and changing them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::books::Session;
use super::database::PgDatabase;
use super::error::corrupt;
use super::event_rows::{self, EventWrite, Vocabulary, listing_columns};
use super::rows::Fields;
use super::search;
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
    " FROM events AS e JOIN event_stock AS s ON s.event_id = e.id WHERE e.id = ANY($1)"
);

const LOCK: &str = "
    SELECT event_id, capacity, stock, held, version, terms_version FROM event_stock
    WHERE event_id = ANY($1) ORDER BY event_id FOR NO KEY UPDATE";

/// Whatever lies behind the sources is locked before it is read: what was waited for may have changed it.
const IDS_BY_SOURCE: &str = "SELECT id FROM events WHERE source = ANY($1)";

const INSERT_STOCKS: &str = "
    INSERT INTO event_stock (event_id, capacity, stock, held, version, terms_version)
    SELECT *, version FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[], $5::bigint[])
        AS n (event_id, capacity, stock, held, version)";

const IS_EMPTY: &str = "SELECT NOT EXISTS (SELECT 1 FROM events)";

/// Keeps events in PostgreSQL.
#[derive(Debug, Clone)]
pub struct PgEventRepository {
    database: PgDatabase,
    ids: Arc<dyn IdSource>,
}

impl PgEventRepository {
    /// Makes the repository; `ids` names what changes of events bring with them.
    pub fn new(database: PgDatabase, ids: Arc<dyn IdSource>) -> Self {
        Self { database, ids }
    }
}

#[async_trait]
impl EventRepository for PgEventRepository {
    #[tracing::instrument(name = "pg.store_events", skip_all, fields(batch.len = batch.len()))]
    async fn store_events(
        &self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError> {
        let mut transaction = self.database.begin().await?;
        let mut session = Session { database: &self.database, connection: &mut transaction };
        let mut intake = session.open_intake(batch, now).await?;
        let outcomes = batch.iter().map(|new| intake.store(new)).collect::<Result<Vec<_>, _>>()?;
        session.write_intake(&intake.close(), &*self.ids, now).await?;
        self.database.commit(transaction).await?;
        Ok(outcomes)
    }

    async fn change_event(
        &self,
        id: EventId,
        change: &EventChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError> {
        let mut transaction = self.database.begin().await?;
        let mut session = Session { database: &self.database, connection: &mut transaction };
        session.lock(LOCK, vec![id.as_uuid()]).await?;
        let found = session.load_listings(vec![id.as_uuid()]).await?.into_iter().next();
        let Some((_, before)) = found else { return Ok(ChangeOutcome::NotFound) };
        let (outcome, effect) = catalogue::change(&before, change, now)?;
        if let (ChangeOutcome::Changed(after), Some(effect)) = (&outcome, effect) {
            let write = EventWrite { event: &after.event, source: None };
            let mut vocabulary = Vocabulary::default();
            event_rows::overwrite(&mut session, &[write], &mut vocabulary).await?;
            let stocks = BTreeMap::from([(id, after.stock)]);
            session.write_stocks(&stocks, &[effect.movement], &*self.ids, now).await?;
            session.insert_announcements(effect.announcement.as_slice()).await?;
            let tally = Tally::of_change(&before.event, &after.event);
            search::counts::write(&mut session, &tally).await?;
            vocabulary.remember(&mut session).await?;
            self.database.commit(transaction).await?;
        }
        Ok(outcome)
    }

    async fn find_event(&self, id: EventId) -> Result<Option<Listing>, RepositoryError> {
        let mut reading = self.database.read().await?;
        let row = self
            .database
            .query(FIND)
            .bind(vec![id.as_uuid()])
            .fetch_optional(&mut *reading)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        reading.end().await?;
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
        let mut reading = self.database.read().await?;
        let query = self.database.query_scalar(IS_EMPTY);
        let is_empty = query.fetch_one(&mut *reading).await;
        let is_empty = is_empty.map_err(|error| self.database.not_applied(&error))?;
        reading.end().await?;
        Ok(is_empty)
    }
}

impl Session<'_> {
    /// Reads events with their sources, where they have one.
    async fn load_listings(
        &mut self,
        ids: Vec<Uuid>,
    ) -> Result<Vec<(Option<String>, Listing)>, RepositoryError> {
        let found = self
            .database
            .query(FIND)
            .bind(ids)
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        found
            .iter()
            .map(|row| {
                let source = Fields::of(row, "events", "id")?.take_optional("source")?;
                Ok((source, event_rows::listing(row)?))
            })
            .collect()
    }

    /// Begins a batch with the events that came from the same sources before. An id that another event has is
    /// refused by the table.
    async fn open_intake(
        &mut self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Intake, RepositoryError> {
        let mut intake = Intake::open(now);
        let sources: BTreeSet<String> = batch
            .iter()
            .filter_map(|new| new.source.as_ref())
            .map(|source| source.as_str().to_owned())
            .collect();
        if sources.is_empty() {
            return Ok(intake);
        }
        let ids: Vec<Uuid> = self
            .database
            .query_scalar(IDS_BY_SOURCE)
            .bind(sources.into_iter().collect::<Vec<_>>())
            .fetch_all(&mut *self.connection)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        if ids.is_empty() {
            return Ok(intake);
        }
        self.lock(LOCK, ids.clone()).await?;
        for (source, listing) in self.load_listings(ids).await? {
            let id = listing.event.id;
            let source = ForeignId::new(source.unwrap_or_default())
                .map_err(|invalid| corrupt("events", id, format_args!("source {invalid}")))?;
            intake.add_known(Some(source), listing);
        }
        Ok(intake)
    }

    async fn write_intake(
        &mut self,
        changes: &IntakeChanges,
        ids: &dyn IdSource,
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        let created: Vec<EventWrite<'_>> = changes
            .created
            .iter()
            .map(|(listing, source)| EventWrite { event: &listing.event, source: source.as_ref() })
            .collect();
        let updated: Vec<EventWrite<'_>> = changes
            .updated
            .iter()
            .map(|listing| EventWrite { event: &listing.event, source: None })
            .collect();
        let stocks: BTreeMap<_, _> =
            changes.updated.iter().map(|listing| (listing.event.id, listing.stock)).collect();
        let mut vocabulary = Vocabulary::default();
        event_rows::insert(self, &created, &mut vocabulary).await?;
        self.insert_stocks(changes).await?;
        event_rows::overwrite(self, &updated, &mut vocabulary).await?;
        self.write_stocks(&stocks, &changes.movements, ids, now).await?;
        self.insert_announcements(&changes.announcements).await?;
        search::counts::write(self, &changes.tally).await?;
        vocabulary.remember(self).await
    }

    async fn insert_stocks(&mut self, changes: &IntakeChanges) -> Result<(), RepositoryError> {
        if changes.created.is_empty() {
            return Ok(());
        }
        let signed = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        let column = |of: fn(&Listing) -> u32| -> Vec<i32> {
            changes.created.iter().map(|(listing, _)| signed(of(listing))).collect()
        };
        let ids: Vec<Uuid> =
            changes.created.iter().map(|(listing, _)| listing.event.id.as_uuid()).collect();
        let versions: Vec<i64> = changes
            .created
            .iter()
            .map(|(listing, _)| i64::try_from(listing.stock.version()).unwrap_or(i64::MAX))
            .collect();
        self.database
            .query(INSERT_STOCKS)
            .bind(ids)
            .bind(column(|listing| listing.stock.capacity()))
            .bind(column(|listing| listing.stock.stock()))
            .bind(column(|listing| listing.stock.held()))
            .bind(versions)
            .execute(&mut *self.connection)
            .await
            .map(drop)
            .map_err(|error| self.database.not_applied(&error))
    }
}
