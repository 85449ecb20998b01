//! Searching: filters, orders and pages in SQL, so that only the events of a page are read.

pub(super) mod counts;
mod facets;
mod filter;
mod names;
mod relevance;
mod words;

use std::borrow::Cow;
use std::time::Instant;

use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{QueryBuilder, Row, Transaction};
use tokio::sync::OwnedSemaphorePermit;

use self::filter::push_matches;
use self::words::Words;
use super::super::slow_searches;
use super::database::SqliteDatabase;
use super::error::not_applied;
use super::event_rows::{self, listing_columns};
use super::rows::blob;
use crate::domain::search::{
    Circles, Rank, SearchFilter, SearchPage, SearchPosition, SearchQuery, Sort,
};
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

pub(super) use self::facets::facets;
pub(super) use self::names::names;

type Query = QueryBuilder<Sqlite>;

/// A search that is under way: it reads at one moment.
struct Searching<'a> {
    database: &'a SqliteDatabase,
    reading: Transaction<'static, Sqlite>,
    /// Dropped after the reading has come back.
    _turn: OwnedSemaphorePermit,
    filter: &'a SearchFilter,
    now: Timestamp,
}

impl<'a> Searching<'a> {
    async fn begin(
        database: &'a SqliteDatabase,
        filter: &'a SearchFilter,
        now: Timestamp,
    ) -> Result<Self, RepositoryError> {
        let (reading, turn) = database.begin_search().await?;
        Ok(Self { database, reading, _turn: turn, filter, now })
    }

    /// Runs a statement. One that takes long is noted, with its plan.
    async fn fetch(
        &mut self,
        write: impl Fn(&mut Query),
    ) -> Result<Vec<SqliteRow>, RepositoryError> {
        let started = Instant::now();
        let mut sql = Query::new("");
        write(&mut sql);
        // There are as many statements as there are kinds of searches: keeping them would push others out.
        let rows = sql.build().persistent(false).fetch_all(&mut *self.reading).await;
        let rows = rows.map_err(not_applied)?;
        let took = started.elapsed();
        if self.database.slow_searches().is_due(took) {
            let mut sql = Query::new("EXPLAIN QUERY PLAN ");
            write(&mut sql);
            let plan = sql.build().persistent(false).fetch_all(&mut *self.reading).await;
            let plan: Result<Vec<String>, _> =
                plan.map_err(not_applied)?.iter().map(|row| row.try_get("detail")).collect();
            let known = words::known(self).await?;
            let plan = plan.map_err(not_applied)?;
            slow_searches::note(took, self.filter, &known, &plan);
        }
        Ok(rows)
    }
}

/// Returns the page that a query asks for.
pub(super) async fn page(
    database: &SqliteDatabase,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    let mut searching = Searching::begin(database, &query.filter, now).await?;
    let is_forgiving = query.after.map(|after| after.is_forgiving);
    let accepted = words::accepted(&mut searching, is_forgiving).await?;
    let rows = match (query.sort, accepted.as_deref(), query.filter.near) {
        (Sort::Relevance, Some(text), _) if !text.wanted().is_empty() => {
            relevance::rows(&mut searching, query, text).await?
        }
        (sort, text, near) => {
            let words = text.map(Words::all);
            match near {
                Some(near) if sort == Sort::Distance => {
                    let mut circles = Circles::new(query, near);
                    loop {
                        let near = Some(circles.circle());
                        let filter = SearchFilter { near, ..query.filter.clone() };
                        let rows = in_order(&mut searching, query, &filter, words.as_ref()).await?;
                        if is_more_than_a_page(query, &rows) || !circles.grow() {
                            break rows;
                        }
                    }
                }
                _ => in_order(&mut searching, query, &query.filter, words.as_ref()).await?,
            }
        }
    };
    let scored = |row| {
        let score: i64 = SqliteRow::try_get(row, "score").map_err(not_applied)?;
        Ok((event_rows::listing(row)?, u32::try_from(score).unwrap_or(u32::MAX)))
    };
    let found = rows.iter().map(scored).collect::<Result<_, RepositoryError>>()?;
    Ok(query.page(found, matches!(accepted, Some(Cow::Owned(_)))))
}

fn is_more_than_a_page(query: &SearchQuery, rows: &[SqliteRow]) -> bool {
    u32::try_from(rows.len()).is_ok_and(|rows| rows > query.limit)
}

/// Reads the events of a page, and one more, in an order that no text decides.
async fn in_order(
    searching: &mut Searching<'_>,
    query: &SearchQuery,
    filter: &SearchFilter,
    words: Option<&Words>,
) -> Result<Vec<SqliteRow>, RepositoryError> {
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
        sql.push("0 AS score, e.number, e.id, e.starts_at, e.currency, e.price_minor");
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
                push_matches(sql, columns, filter, words, now, tail);
            });
        })
        .await
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
    sql.push(") AS c CROSS JOIN events AS e ON e.number = c.number");
    sql.push(" JOIN event_stock AS s ON s.event_id = e.id ORDER BY ").push(order_of("c"));
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
            sql.push(" AND (e.starts_at, e.id) > (").push_bind(starts_at.as_micros());
        }
        (Sort::Distance, Rank::Distance(chord)) => {
            let Some(near) = query.filter.near else {
                sql.push(" AND e.id > ").push_bind(blob(id.as_uuid()));
                return;
            };
            sql.push(" AND (");
            filter::push_chord(sql, near.centre);
            sql.push(", e.id) > (").push_bind(chord.squared());
        }
        _ => return,
    }
    sql.push(", ").push_bind(blob(id.as_uuid())).push(")");
}
