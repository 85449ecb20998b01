//! Searching: filters, orders and pages in SQL, so that only the events of a page are read.

mod distance;
mod facets;
mod filter;
mod relevance;
mod words;

use sqlx::postgres::{PgRow, Postgres};
use sqlx::{QueryBuilder, Row};

use self::filter::{FROM, push_filter};
use super::database::PgDatabase;
use super::event_rows::{self, listing_columns};
use super::instant::Instant;
use crate::domain::event::Listing;
use crate::domain::search::{Rank, SearchFilter, SearchPage, SearchPosition, SearchQuery, Sort};
use crate::domain::time::Timestamp;
use crate::domain::venue::Venue;
use crate::ports::fault::RepositoryError;

pub(super) use self::facets::facets;
pub(super) use self::words::vector;

type Query = QueryBuilder<Postgres>;

/// Returns the page that a query asks for.
pub(super) async fn page(
    database: &PgDatabase,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    if let (Sort::Distance, Some(near)) = (query.sort, query.filter.near) {
        return distance::page(database, query, near, now).await;
    }
    let mut reading = database.read().await?;
    let text = words::accepted(database, &mut reading, &query.filter, now).await?;
    if let (Sort::Relevance, Some(text)) = (query.sort, text.as_deref())
        && !text.wanted().is_empty()
    {
        return relevance::page(database, reading, query, text, now).await;
    }
    let mut sql = Query::new("SELECT 0::bigint AS score, ");
    sql.push(listing_columns!()).push(FROM);
    push_filter(&mut sql, &query.filter, text.as_deref(), now);
    push_order(&mut sql, query);
    sql.push(" LIMIT ").push_bind(i64::from(query.limit) + 1);
    // There are as many statements as there are kinds of searches: keeping them would push others out.
    let found = sql.build().persistent(false).fetch_all(&mut *reading).await;
    let found = found.map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    page_of(database, query, &found)
}

/// Makes a page of rows, of which one more than fits tells that there is another page.
fn page_of(
    database: &PgDatabase,
    query: &SearchQuery,
    rows: &[PgRow],
) -> Result<SearchPage, RepositoryError> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut listings = Vec::with_capacity(rows.len());
    let mut next = None;
    for row in rows.iter().take(limit) {
        let listing = event_rows::listing(row)?;
        let score: i64 = row.try_get("score").map_err(|error| database.not_applied(&error))?;
        let score = u32::try_from(score).unwrap_or(u32::MAX);
        let rank = query.rank(&listing.event.details, score);
        next = Some(SearchPosition { rank, id: listing.event.id });
        listings.push(listing);
    }
    Ok(SearchPage {
        items: listings.into_iter().filter(|listing| is_near(&query.filter, listing)).collect(),
        next: next.filter(|_| rows.len() > limit),
    })
}

/// The circle in SQL is larger by a hair, so that no rounding loses an event. This is exact.
fn is_near(filter: &SearchFilter, listing: &Listing) -> bool {
    let position = listing.event.details.location.venue().and_then(Venue::position);
    match (filter.near, position) {
        (None, _) => true,
        (Some(near), Some(point)) => near.centre.distance_km(point) <= near.radius_km,
        (Some(_), None) => false,
    }
}

/// Appends where the page begins, and the order. A position of another order is none. Without a text every event matches
/// alike, and the next one comes first.
fn push_order(sql: &mut Query, query: &SearchQuery) {
    if query.sort == Sort::Price {
        if let Some(SearchPosition { rank: Rank::Price { currency, amount_minor }, id }) =
            query.after
        {
            sql.push(" AND (e.currency, e.price_minor, e.id) > (").push_bind(currency.code());
            sql.push(", ").push_bind(amount_minor);
            sql.push(", ").push_bind(id.as_uuid()).push(")");
        }
        sql.push(" ORDER BY e.currency, e.price_minor, e.id");
        return;
    }
    if let Some(SearchPosition {
        rank: Rank::StartsAt(starts_at) | Rank::Relevance { starts_at, .. },
        id,
    }) = query.after
    {
        sql.push(" AND (e.starts_at, e.id) > (").push_bind(Instant::from(starts_at));
        sql.push(", ").push_bind(id.as_uuid()).push(")");
    }
    sql.push(" ORDER BY e.starts_at, e.id");
}
