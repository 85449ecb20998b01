//! The nearest first.

use super::filter::push_matches;
use super::{Query, words};
use crate::adapters::postgres::database::PgDatabase;
use crate::adapters::postgres::event_rows::{self, listing_columns};
use crate::adapters::postgres::rows::Fields;
use crate::domain::ids::EventId;
use crate::domain::search::{Circles, Near, SearchFilter, SearchPage, SearchQuery};
use crate::domain::time::Timestamp;
use crate::domain::venue::GeoPoint;
use crate::ports::fault::RepositoryError;

/// Ranks candidates here: metres are rounded, and the id decides among equals, as in the reference.
pub(super) async fn page(
    database: &PgDatabase,
    query: &SearchQuery,
    near: Near,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    let mut reading = database.read_search().await?;
    let text = words::accepted(database, &mut reading, &query.filter, now).await?;
    let text = text.map(|accepted| words::all(&accepted.text));
    let columns = |sql: &mut Query| {
        sql.push("e.id, e.latitude, e.longitude");
    };
    let mut circles = Circles::new(query, near);
    let nearest = loop {
        let filter = SearchFilter { near: Some(circles.circle()), ..query.filter.clone() };
        let mut sql = Query::new("");
        push_matches(&mut sql, columns, &filter, text.as_deref(), now, |_| {});
        let found = sql.build().persistent(false).fetch_all(&mut *reading).await;
        let found = found.map_err(|error| database.not_applied(&error))?;
        let mut places = Vec::with_capacity(found.len());
        for row in &found {
            let fields = Fields::of(row, "events", "id")?;
            let point = GeoPoint::new(fields.take("latitude")?, fields.take("longitude")?);
            places.push((EventId::new(fields.id()), fields.check("latitude", point)?));
        }
        if let Some(nearest) = circles.settle(places) {
            break nearest;
        }
    };
    let ids: Vec<_> = nearest.ids().map(EventId::as_uuid).collect();
    let mut sql = Query::new("SELECT ");
    sql.push(listing_columns!());
    sql.push(" FROM events AS e JOIN event_stock AS s ON s.event_id = e.id WHERE e.id = ANY(");
    sql.push_bind(ids).push(")");
    let found = sql.build().persistent(false).fetch_all(&mut *reading).await;
    let found = found.map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    let listings: Result<Vec<_>, _> = found.iter().map(event_rows::listing).collect();
    Ok(nearest.page(listings?))
}
