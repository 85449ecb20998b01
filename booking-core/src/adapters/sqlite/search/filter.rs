//! What an event must fulfil, in SQL.

use super::Query;
use super::words::Words;
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
    words: Option<&Words>,
    now: Timestamp,
    tail: impl Fn(&mut Query),
) {
    push_hits(sql, words);
    for (index, part) in Part::of(filter).iter().enumerate() {
        sql.push(if index == 0 {
            "SELECT * FROM (SELECT "
        } else {
            " UNION ALL SELECT * FROM (SELECT "
        });
        columns(sql);
        sql.push(" FROM events AS e");
        if filter.available.is_some() {
            sql.push(" JOIN event_stock AS s ON s.event_id = e.id");
        }
        sql.push(" WHERE e.status = 'published'");
        push_part(sql, *part, now);
        if words.is_some_and(|words| words.wanted.is_some()) {
            sql.push(" AND e.number IN (SELECT number FROM hits)");
        }
        if words.is_some_and(|words| words.excluded.is_some()) {
            sql.push(" AND e.number NOT IN (SELECT number FROM misses)");
        }
        push_conditions(sql, filter);
        tail(sql);
        sql.push(")");
    }
}

fn push_part(sql: &mut Query, part: Part, now: Timestamp) {
    let comparison = match part {
        Part::All => return,
        Part::Running => "<=",
        Part::Coming => ">",
    };
    sql.push(" AND e.ends_at > ").push_bind(now.as_micros());
    sql.push(" AND e.starts_at ").push(comparison).push(" ");
    sql.push_bind(now.saturating_sub(Part::LONG).as_micros());
    if matches!(part, Part::Running) {
        sql.push(" AND e.ends_at - e.starts_at > 604800000000");
    }
}

/// Appends what the texts say, once for all parts.
fn push_hits(sql: &mut Query, words: Option<&Words>) {
    let Some(Words { wanted, excluded }) = words else { return };
    let mut separator = "WITH ";
    for (name, query) in [("hits", wanted), ("misses", excluded)] {
        let Some(query) = query else { continue };
        sql.push(separator).push(name).push(" (number) AS MATERIALIZED");
        sql.push(" (SELECT rowid FROM event_texts WHERE event_texts MATCH ");
        sql.push_bind(query.clone()).push(") ");
        separator = ", ";
    }
}

/// Appends a statement that returns a row for each event which a filter admits, up to a limit. If no index names few of
/// them, what the texts say is read along with the events, and no further than needed.
pub(super) fn push_some(
    sql: &mut Query,
    filter: &SearchFilter,
    words: &Words,
    now: Timestamp,
    limit: i64,
) {
    if filter.category.is_some() || filter.country.is_some() || filter.city.is_some() {
        // An index names few events, and whether one of them has the words is looked up.
        sql.push("SELECT 1 FROM (");
        let column = |sql: &mut Query| {
            sql.push("1");
        };
        push_matches(sql, column, filter, Some(words), now, |sql| {
            sql.push(" LIMIT ").push_bind(limit);
        });
        sql.push(") LIMIT ").push_bind(limit);
        return;
    }
    sql.push("SELECT 1 FROM ");
    if words.wanted.is_some() {
        sql.push("event_texts AS t CROSS JOIN events AS e ON e.number = t.rowid");
    } else {
        sql.push("events AS e");
    }
    if filter.available.is_some() {
        sql.push(" JOIN event_stock AS s ON s.event_id = e.id");
    }
    sql.push(" WHERE e.status = 'published'");
    if let Some(query) = &words.wanted {
        sql.push(" AND t.event_texts MATCH ").push_bind(query.clone());
    }
    if let Some(query) = &words.excluded {
        sql.push(" AND e.number NOT IN (SELECT rowid FROM event_texts WHERE event_texts MATCH ");
        sql.push_bind(query.clone()).push(")");
    }
    if !filter.include_past {
        sql.push(" AND e.ends_at > ").push_bind(now.as_micros());
    }
    push_conditions(sql, filter);
    sql.push(" LIMIT ").push_bind(limit);
}

/// Appends everything but time and text.
fn push_conditions(sql: &mut Query, filter: &SearchFilter) {
    if let Some(category) = &filter.category {
        sql.push(" AND e.category = ").push_bind(category.clone());
    }
    if let Some(tag) = &filter.tag {
        sql.push(" AND e.number IN (SELECT number FROM event_tags WHERE tag = ");
        sql.push_bind(tag.clone()).push(")");
    }
    if let Some(country) = filter.country {
        sql.push(" AND e.country = ").push_bind(country.code());
    }
    if let Some(city) = &filter.city {
        sql.push(" AND e.city_folded = ").push_bind(city.clone());
    }
    if let Some(from) = filter.starts_from {
        sql.push(" AND e.starts_at >= ").push_bind(from.as_micros());
    }
    if let Some(before) = filter.starts_before {
        sql.push(" AND e.starts_at < ").push_bind(before.as_micros());
    }
    if let Some(max) = filter.price_max {
        sql.push(" AND e.currency = ").push_bind(max.currency().code());
        sql.push(" AND e.price_minor <= ").push_bind(max.amount_minor());
    }
    if let Some(wanted) = filter.available {
        sql.push(" AND s.stock - s.held >= ").push_bind(i64::from(wanted));
    }
    if let Some(near) = filter.near {
        push_circle(sql, near.centre, near.radius_km);
    }
}

/// Appends a circle, and for the index one or two boxes of degrees in which it lies.
fn push_circle(sql: &mut Query, centre: GeoPoint, radius_km: f64) {
    sql.push(" AND e.number IN (");
    for (index, [west, south, east, north]) in
        bounding_boxes(centre, radius_km).into_iter().enumerate()
    {
        sql.push(if index == 0 { "" } else { " UNION ALL " });
        sql.push("SELECT number FROM event_places WHERE east >= ").push_bind(west);
        sql.push(" AND west <= ").push_bind(east);
        sql.push(" AND north >= ").push_bind(south);
        sql.push(" AND south <= ").push_bind(north);
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
