//! Searching: filters, orders and pages in SQL, so that only the events of a page are read.

mod distance;
mod facets;
mod filter;
mod relevance;
mod words;

use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{QueryBuilder, Row};

use self::filter::push_matches;
use self::words::Words;
use super::database::SqliteDatabase;
use super::error::not_applied;
use super::event_rows::{self, listing_columns};
use super::rows::blob;
use crate::domain::search::{Rank, SearchPage, SearchPosition, SearchQuery, Sort};
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

pub(super) use self::facets::facets;

type Query = QueryBuilder<Sqlite>;

/// Returns the page that a query asks for.
pub(super) async fn page(
    database: &SqliteDatabase,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    if let (Sort::Distance, Some(near)) = (query.sort, query.filter.near) {
        return distance::page(database, query, near, now).await;
    }
    let mut reading = database.begin_reading().await?;
    let text = words::accepted(&mut reading, &query.filter, now).await?;
    if let (Sort::Relevance, Some(text)) = (query.sort, text.as_deref())
        && !text.wanted().is_empty()
    {
        let rows = relevance::rows(&mut reading, query, text, now).await?;
        return page_of(query, &rows);
    }
    let words = text.as_deref().map(Words::all);
    let columns = "0 AS score, e.number, e.id, e.starts_at, e.currency, e.price_minor";
    let (order, own_order): (&[&str], _) = match query.sort {
        Sort::Price => (&["currency", "price_minor", "id"], "e.currency, e.price_minor, e.id"),
        // Without a text every event matches alike, and the next one comes first.
        Sort::StartsAt | Sort::Relevance => (&["starts_at", "id"], "e.starts_at, e.id"),
        // Without a circle every event is as far away.
        Sort::Distance => (&["id"], "e.id"),
    };
    let mut sql = Query::new("");
    push_listings(&mut sql, order, query.limit, |sql| {
        let columns = |sql: &mut Query| {
            sql.push(columns);
        };
        push_matches(sql, columns, &query.filter, words.as_ref(), now, |sql| {
            push_after(sql, query);
            sql.push(" ORDER BY ").push(own_order);
            sql.push(" LIMIT ").push_bind(i64::from(query.limit) + 1);
        });
    });
    let rows = sql.build().fetch_all(&mut *reading).await.map_err(not_applied)?;
    page_of(query, &rows)
}

/// Makes a page of rows.
fn page_of(query: &SearchQuery, rows: &[SqliteRow]) -> Result<SearchPage, RepositoryError> {
    let scored = |row| {
        let score: i64 = SqliteRow::try_get(row, "score").map_err(not_applied)?;
        Ok((event_rows::listing(row)?, u32::try_from(score).unwrap_or(u32::MAX)))
    };
    Ok(query.page(rows.iter().map(scored).collect::<Result<_, RepositoryError>>()?))
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
    let Some(SearchPosition { rank, id }) = query.after else { return };
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
        (Sort::Distance, Rank::Distance(_)) => {
            sql.push(" AND e.id > ").push_bind(blob(id.as_uuid()));
            return;
        }
        _ => return,
    }
    sql.push(", ").push_bind(blob(id.as_uuid())).push(")");
}
