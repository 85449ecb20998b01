//! What an event must fulfil, in SQL.

use super::Query;
use crate::adapters::postgres::instant::Instant;
use crate::domain::search::{Part, SearchFilter, bounding_boxes};
use crate::domain::time::Timestamp;
use crate::domain::venue::{Chord, GeoPoint};

/// Appends a statement that finds the events which a filter admits, with these columns. Each of its parts has the tail.
/// The status is written out, because the planner uses an index of published events only if it sees that no others are
/// wanted.
pub(super) fn push_matches(
    sql: &mut Query,
    columns: impl Fn(&mut Query),
    filter: &SearchFilter,
    words: Option<&str>,
    now: Timestamp,
    tail: impl Fn(&mut Query),
) {
    for (index, part) in Part::of(filter).iter().enumerate() {
        sql.push(if index == 0 { "(" } else { " UNION ALL (" });
        if matches!(part, Part::Running) {
            push_running(sql, now);
        }
        sql.push("SELECT ");
        columns(sql);
        push_part(sql, *part, filter, now);
        if let Some(words) = words {
            sql.push(" AND e.words @@ ").push_bind(words.to_owned()).push("::tsquery");
        }
        push_conditions(sql, filter);
        tail(sql);
        sql.push(")");
    }
}

/// Everything that a search may look at: rows are copied, and what an event says of itself is long.
const SEARCHED: &str = "id, starts_at, ends_at, category, tags, country, city_folded, latitude, longitude, \
    sphere_x, sphere_y, sphere_z, currency, price_minor, words";

/// Appends the events that have been running for long. They are read first, whatever else is asked for: there are
/// few, but the planner cannot know that.
fn push_running(sql: &mut Query, now: Timestamp) {
    sql.push("WITH running AS MATERIALIZED (SELECT ").push(SEARCHED).push(" FROM events");
    sql.push(" WHERE status = 'published' AND is_long AND starts_at <= ");
    sql.push_bind(Instant::from(now.saturating_sub(Part::LONG)));
    sql.push(" AND ends_at > ").push_bind(Instant::from(now)).push(") ");
}

/// Appends where the events of a part come from.
fn push_part(sql: &mut Query, part: Part, filter: &SearchFilter, now: Timestamp) {
    let stock =
        if filter.available.is_some() { " JOIN event_stock AS s ON s.event_id = e.id" } else { "" };
    let long_ago = Instant::from(now.saturating_sub(Part::LONG));
    match part {
        Part::All => {
            sql.push(" FROM events AS e").push(stock).push(" WHERE e.status = 'published'");
        }
        Part::Running => {
            sql.push(" FROM running AS e").push(stock).push(" WHERE true");
        }
        Part::Coming => {
            sql.push(" FROM events AS e").push(stock).push(" WHERE e.status = 'published'");
            sql.push(" AND e.starts_at > ").push_bind(long_ago);
            sql.push(" AND e.ends_at > ").push_bind(Instant::from(now));
        }
    }
}

/// Appends everything but time and text.
fn push_conditions(sql: &mut Query, filter: &SearchFilter) {
    if let Some(category) = &filter.category {
        sql.push(" AND e.category = ").push_bind(category.clone());
    }
    if let Some(tag) = &filter.tag {
        sql.push(" AND e.tags @> ").push_bind(vec![tag.clone()]);
    }
    if let Some(country) = filter.country {
        sql.push(" AND e.country = ").push_bind(country.code());
    }
    if let Some(city) = &filter.city {
        sql.push(" AND e.city_folded = ").push_bind(city.clone());
    }
    if let Some(from) = filter.starts_from {
        sql.push(" AND e.starts_at >= ").push_bind(Instant::from(from));
    }
    if let Some(before) = filter.starts_before {
        sql.push(" AND e.starts_at < ").push_bind(Instant::from(before));
    }
    if let Some(max) = filter.price_max {
        sql.push(" AND e.currency = ").push_bind(max.currency().code());
        sql.push(" AND e.price_minor <= ").push_bind(max.amount_minor());
    }
    if let Some(wanted) = filter.available {
        sql.push(" AND s.stock - s.held >= ").push_bind(i64::from(wanted));
    }
    if let Some(near) = filter.near {
        sql.push(" AND e.latitude IS NOT NULL");
        push_circle(sql, near.centre, near.radius_km);
    }
}

/// Appends a circle, and for the index one or two boxes of degrees in which it lies.
fn push_circle(sql: &mut Query, centre: GeoPoint, radius_km: f64) {
    for (index, [west, south, east, north]) in
        bounding_boxes(centre, radius_km).into_iter().enumerate()
    {
        sql.push(if index == 0 { " AND (" } else { " OR " });
        sql.push("point(e.longitude, e.latitude) <@ box(point(").push_bind(west).push(", ");
        sql.push_bind(south).push("), point(").push_bind(east).push(", ");
        sql.push_bind(north).push("))");
    }
    sql.push(") AND ");
    push_chord(sql, centre);
    sql.push(" <= ").push_bind(Chord::over(radius_km).squared());
}

/// Appends the square of the chord between a point and an event, as [`GeoPoint::chord`] calculates it.
pub(super) fn push_chord(sql: &mut Query, centre: GeoPoint) {
    let [x, y, z] = centre.unit_vector();
    for (index, (column, centre)) in
        [("e.sphere_x", x), ("e.sphere_y", y), ("e.sphere_z", z)].into_iter().enumerate()
    {
        sql.push(if index == 0 { "(" } else { " + (" });
        sql.push(column).push(" - ").push_bind(centre).push(") * (");
        sql.push(column).push(" - ").push_bind(centre).push(")");
    }
}
