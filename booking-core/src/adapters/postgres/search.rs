//! Searching: filters, orders and pages in SQL, so that only the events of a page are read.

pub(super) mod counts;
mod facets;
mod filter;
mod names;
mod relevance;
mod words;

use std::time::{Duration, Instant as Moment};

use sqlx::postgres::{PgRow, Postgres};
use sqlx::{QueryBuilder, Row};
use tokio::sync::OwnedSemaphorePermit;

use self::filter::push_matches;
use super::super::slow_searches;
use super::database::{PgDatabase, Reading};
use super::event_rows::{self, listing_columns};
use super::instant::Instant;
use crate::domain::search::{
    Circles, Rank, SearchFilter, SearchPage, SearchPosition, SearchQuery, Sort,
};
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

pub(super) use self::facets::facets;
pub(super) use self::names::names;
pub(super) use self::words::vector;

type Query = QueryBuilder<Postgres>;

/// A search that takes longer ends. So does each of its statements.
const PATIENCE: Duration = Duration::from_secs(5);

/// A search that is under way: it reads at one moment.
struct Searching<'a> {
    database: &'a PgDatabase,
    reading: Reading,
    /// Dropped after the reading has come back.
    _turn: OwnedSemaphorePermit,
    begun: Moment,
    filter: &'a SearchFilter,
    now: Timestamp,
}

impl<'a> Searching<'a> {
    async fn begin(
        database: &'a PgDatabase,
        filter: &'a SearchFilter,
        now: Timestamp,
    ) -> Result<Self, RepositoryError> {
        let (reading, turn) = database.read_search().await?;
        Ok(Self { database, reading, _turn: turn, begun: Moment::now(), filter, now })
    }

    /// Runs a statement. One that takes long is noted, with its plan.
    async fn fetch(&mut self, write: impl Fn(&mut Query)) -> Result<Vec<PgRow>, RepositoryError> {
        let started = Moment::now();
        if started - self.begun > PATIENCE {
            return Err(RepositoryError::Unavailable { source: "the search took too long".into() });
        }
        let mut sql = Query::new("");
        write(&mut sql);
        // There are as many statements as there are kinds of searches: keeping them would push others out.
        let rows = sql.build().persistent(false).fetch_all(&mut *self.reading).await;
        let rows = rows.map_err(|error| self.database.not_applied(&error))?;
        let took = started.elapsed();
        if self.database.slow_searches().is_due(took) {
            let plan = self.explain(write).await?;
            let known = words::known(self).await?;
            slow_searches::note(took, self.filter, &known, &plan);
        }
        Ok(rows)
    }

    /// Returns how the planner would run a statement. Nothing is read for it.
    async fn explain(
        &mut self,
        write: impl Fn(&mut Query),
    ) -> Result<Vec<String>, RepositoryError> {
        let mut sql = Query::new("EXPLAIN ");
        write(&mut sql);
        let plan = sql.build_query_scalar().persistent(false).fetch_all(&mut *self.reading).await;
        plan.map_err(|error| self.database.not_applied(&error))
    }

    async fn end(self) -> Result<(), RepositoryError> {
        self.reading.end().await
    }
}

/// Returns the page that a query asks for.
pub(super) async fn page(
    database: &PgDatabase,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    let mut searching = Searching::begin(database, &query.filter, now).await?;
    let is_forgiving = query.after.map(|after| after.is_forgiving);
    let accepted = words::accepted(&mut searching, is_forgiving).await?;
    let is_forgiving = accepted.as_ref().is_some_and(words::Accepted::is_forgiving);
    let rows = match (query.sort, &accepted, query.filter.near) {
        (Sort::Relevance, Some(accepted), _) if !accepted.text.wanted().is_empty() => {
            relevance::rows(&mut searching, query, accepted).await?
        }
        (sort, accepted, near) => {
            let text = accepted.as_ref().map(|accepted| words::all(&accepted.text));
            match near {
                Some(near) if sort == Sort::Distance => {
                    let mut circles = Circles::new(query, near);
                    loop {
                        let near = Some(circles.circle());
                        let filter = SearchFilter { near, ..query.filter.clone() };
                        let rows =
                            in_order(&mut searching, query, &filter, text.as_deref()).await?;
                        if is_more_than_a_page(query, &rows) || !circles.grow() {
                            break rows;
                        }
                    }
                }
                _ => in_order(&mut searching, query, &query.filter, text.as_deref()).await?,
            }
        }
    };
    searching.end().await?;
    page_of(database, query, &rows, is_forgiving)
}

fn is_more_than_a_page(query: &SearchQuery, rows: &[PgRow]) -> bool {
    u32::try_from(rows.len()).is_ok_and(|rows| rows > query.limit)
}

/// Reads the events of a page, and one more, in an order that no text decides.
async fn in_order(
    searching: &mut Searching<'_>,
    query: &SearchQuery,
    filter: &SearchFilter,
    text: Option<&str>,
) -> Result<Vec<PgRow>, RepositoryError> {
    let now = searching.now;
    let (order, own_order): (&[&str], _) = match query.sort {
        Sort::Price => (&["currency", "price_minor", "id"], "e.currency, e.price_minor, e.id"),
        // Without a text every event matches alike, and the next one comes first.
        Sort::StartsAt | Sort::Relevance => (&["starts_at", "id"], "e.starts_at, e.id"),
        Sort::Distance if filter.near.is_some() => (&["chord", "id"], "chord, e.id"),
        // Without a circle every event is as far away.
        Sort::Distance => (&["id"], "e.id"),
    };
    let columns = |sql: &mut Query| {
        sql.push("0::bigint AS score, e.id, e.starts_at, e.currency, e.price_minor");
        if let (Sort::Distance, Some(near)) = (query.sort, filter.near) {
            sql.push(", ");
            filter::push_chord(sql, near.centre);
            sql.push(" AS chord");
        }
    };
    let tail = |sql: &mut Query| {
        push_after(sql, query);
        sql.push(" ORDER BY ").push(own_order);
        sql.push(" LIMIT ").push_bind(i64::from(query.limit) + 1);
    };
    searching
        .fetch(|sql| {
            push_listings(sql, order, query.limit, |sql| {
                push_matches(sql, columns, filter, text, now, tail);
            });
        })
        .await
}

/// Makes a page of rows.
fn page_of(
    database: &PgDatabase,
    query: &SearchQuery,
    rows: &[PgRow],
    is_forgiving: bool,
) -> Result<SearchPage, RepositoryError> {
    let scored = |row| {
        let score: i64 =
            PgRow::try_get(row, "score").map_err(|error| database.not_applied(&error))?;
        Ok((event_rows::listing(row)?, u32::try_from(score).unwrap_or(u32::MAX)))
    };
    let found = rows.iter().map(scored).collect::<Result<_, RepositoryError>>()?;
    Ok(query.page(found, is_forgiving))
}

/// Appends the statement that reads the first events, and one more, of those that another finds, in this order of the
/// columns that it returns.
fn push_listings(sql: &mut Query, order: &[&str], limit: u32, found: impl FnOnce(&mut Query)) {
    let order_of = |name: &str| {
        let columns: Vec<String> = order.iter().map(|column| format!("{name}.{column}")).collect();
        columns.join(", ")
    };
    sql.push("SELECT c.score, ").push(listing_columns!()).push(" FROM (SELECT * FROM (");
    found(sql);
    sql.push(") AS m ORDER BY ").push(order_of("m"));
    sql.push(" LIMIT ").push_bind(i64::from(limit) + 1);
    sql.push(") AS c JOIN events AS e ON e.id = c.id JOIN event_stock AS s ON s.event_id = e.id");
    sql.push(" ORDER BY ").push(order_of("c"));
}

/// Appends where the page begins. A position of another order is none.
fn push_after(sql: &mut Query, query: &SearchQuery) {
    let Some(SearchPosition { rank, id, .. }) = query.after else { return };
    match (query.sort, rank) {
        (Sort::Price, Rank::Price { currency, amount_minor }) => {
            sql.push(" AND (e.currency, e.price_minor, e.id) > (").push_bind(currency.code());
            sql.push(", ").push_bind(amount_minor);
        }
        (
            Sort::StartsAt | Sort::Relevance,
            Rank::StartsAt(starts_at) | Rank::Relevance { starts_at, .. },
        ) => {
            sql.push(" AND (e.starts_at, e.id) > (").push_bind(Instant::from(starts_at));
        }
        (Sort::Distance, Rank::Distance(chord)) => {
            let Some(near) = query.filter.near else {
                sql.push(" AND e.id > ").push_bind(id.as_uuid());
                return;
            };
            sql.push(" AND (");
            filter::push_chord(sql, near.centre);
            sql.push(", e.id) > (").push_bind(chord.squared());
        }
        _ => return,
    }
    sql.push(", ").push_bind(id.as_uuid()).push(")");
}
