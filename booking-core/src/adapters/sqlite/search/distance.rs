//! The nearest first.

use super::Query;
use super::filter::push_matches;
use super::words::{self, Words};
use crate::adapters::sqlite::database::SqliteDatabase;
use crate::adapters::sqlite::error::not_applied;
use crate::adapters::sqlite::event_rows::{self, listing_columns};
use crate::adapters::sqlite::rows::{Fields, json};
use crate::domain::ids::EventId;
use crate::domain::search::{Circles, Near, SearchFilter, SearchPage, SearchQuery};
use crate::domain::time::Timestamp;
use crate::domain::venue::GeoPoint;
use crate::ports::fault::RepositoryError;

/// Ranks candidates here: metres are rounded, and the id decides among equals, as in the reference.
pub(super) async fn page(
    database: &SqliteDatabase,
    query: &SearchQuery,
    near: Near,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    let mut reading = database.begin_reading().await?;
    let text = words::accepted(&mut reading, &query.filter, now).await?;
    let words = text.as_deref().map(Words::all);
    let columns = |sql: &mut Query| {
        sql.push("e.id, e.latitude, e.longitude");
    };
    let mut circles = Circles::new(query, near);
    let nearest = loop {
        let filter = SearchFilter { near: Some(circles.circle()), ..query.filter.clone() };
        let mut sql = Query::new("");
        push_matches(&mut sql, columns, &filter, words.as_ref(), now, |_| {});
        let found = sql.build().fetch_all(&mut *reading).await.map_err(not_applied)?;
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
    let ids: Vec<_> = nearest.ids().map(|id| id.as_uuid().simple()).collect();
    let mut sql = Query::new("SELECT ");
    sql.push(listing_columns!()).push(" FROM json_each(").push_bind(json(&ids)?);
    sql.push(") AS j CROSS JOIN events AS e ON e.id = unhex(j.value)");
    sql.push(" JOIN event_stock AS s ON s.event_id = e.id");
    let found = sql.build().fetch_all(&mut *reading).await.map_err(not_applied)?;
    let listings: Result<Vec<_>, _> = found.iter().map(event_rows::listing).collect();
    Ok(nearest.page(listings?))
}
