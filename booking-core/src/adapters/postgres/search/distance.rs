//! The nearest first: circles that grow until they hold a page.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;

use super::filter::push_matches;
use super::{Query, words};
use crate::adapters::postgres::database::{PgDatabase, Reading};
use crate::adapters::postgres::event_rows::{self, listing_columns};
use crate::adapters::postgres::rows::{Fields, event_ids};
use crate::domain::ids::EventId;
use crate::domain::search::{
    Near, Rank, SearchFilter, SearchPage, SearchPosition, SearchQuery, SearchText, metres,
};
use crate::domain::time::Timestamp;
use crate::domain::venue::GeoPoint;
use crate::ports::fault::RepositoryError;

/// The radius of the first circle, in kilometres.
const FIRST_KM: f64 = 1.0;
/// The next circle has so many times the radius.
const GROWTH: f64 = 2.5;

/// Ranks candidates here: metres are rounded, and the id decides among equals, as in the reference.
pub(super) async fn page(
    database: &PgDatabase,
    query: &SearchQuery,
    near: Near,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    let mut reading = database.read_search().await?;
    let text = words::accepted(database, &mut reading, &query.filter, now).await?;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut radius_km = match query.after.map(|after| after.rank) {
        Some(Rank::Distance(metres)) => kilometres(metres).max(FIRST_KM) * GROWTH,
        _ => FIRST_KM,
    };
    let mut nearest = loop {
        radius_km = radius_km.min(near.radius_km);
        let circle = Near { centre: near.centre, radius_km };
        let mut nearest = within(
            database,
            &mut reading,
            query,
            circle,
            text.as_ref().map(|accepted| &*accepted.text),
            now,
        )
        .await?;
        if radius_km >= near.radius_km {
            break nearest;
        }
        // What is as far as the edge in metres may be beyond it.
        nearest.retain(|position| position.rank < Rank::Distance(metres(radius_km)));
        if nearest.len() > limit {
            break nearest;
        }
        radius_km *= GROWTH;
    };
    nearest.sort_unstable();
    let has_more = nearest.len() > limit;
    nearest.truncate(limit);
    let mut sql = Query::new("SELECT ");
    sql.push(listing_columns!());
    sql.push(" FROM events AS e JOIN event_stock AS s ON s.event_id = e.id WHERE e.id = ANY(");
    sql.push_bind(event_ids(nearest.iter().map(|position| &position.id))).push(")");
    let found = sql.build().persistent(false).fetch_all(&mut *reading).await;
    let found = found.map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    let mut listings = BTreeMap::new();
    for row in &found {
        let listing = event_rows::listing(row)?;
        listings.insert(listing.event.id, listing);
    }
    Ok(SearchPage {
        items: nearest.iter().filter_map(|position| listings.remove(&position.id)).collect(),
        next: nearest.last().copied().filter(|_| has_more),
    })
}

/// Returns what a query finds within a circle and has not been shown yet.
async fn within(
    database: &PgDatabase,
    reading: &mut Reading,
    query: &SearchQuery,
    circle: Near,
    text: Option<&SearchText>,
    now: Timestamp,
) -> Result<Vec<SearchPosition>, RepositoryError> {
    let filter = SearchFilter { near: Some(circle), ..query.filter.clone() };
    let words = text.map(words::all);
    let columns = "e.id, e.latitude, e.longitude";
    let mut sql = Query::new("");
    push_matches(
        &mut sql,
        |sql| {
            sql.push(columns);
        },
        &filter,
        words.as_deref(),
        now,
        |_| {},
    );
    let found = sql.build().persistent(false).fetch_all(&mut **reading).await;
    let found = found.map_err(|error| database.not_applied(&error))?;
    let mut positions = Vec::with_capacity(found.len());
    for row in &found {
        positions.extend(position(row, circle)?);
    }
    positions.retain(|position| query.after.is_none_or(|after| *position > after));
    Ok(positions)
}

/// Returns where a row stands by its distance. The circle in SQL is larger by a hair, so that no rounding loses an
/// event; this is exact.
fn position(row: &PgRow, circle: Near) -> Result<Option<SearchPosition>, RepositoryError> {
    let fields = Fields::of(row, "events", "id")?;
    let point = GeoPoint::new(fields.take("latitude")?, fields.take("longitude")?);
    let kilometres = circle.centre.distance_km(fields.check("latitude", point)?);
    let rank = Rank::Distance(metres(kilometres));
    let id = EventId::new(fields.id());
    Ok((kilometres <= circle.radius_km).then_some(SearchPosition { rank, id }))
}

fn kilometres(metres: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a distance on the globe is below 2^52 metres")]
    {
        metres as f64 / 1_000.0
    }
}
