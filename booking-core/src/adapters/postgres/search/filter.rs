//! What an event must fulfil, in SQL.

use super::{Query, words};
use crate::adapters::postgres::event_rows::unit_vector;
use crate::adapters::postgres::instant::Instant;
use crate::domain::search::{SearchFilter, SearchText};
use crate::domain::time::Timestamp;
use crate::domain::venue::GeoPoint;

pub(super) const FROM: &str = " FROM events AS e JOIN event_stock AS s ON s.event_id = e.id";

/// Appends everything that an event must fulfil. The status is written out, because the planner uses an
/// index of published events only if it sees that no others are wanted.
pub(super) fn push_filter(
    sql: &mut Query,
    filter: &SearchFilter,
    text: Option<&SearchText>,
    now: Timestamp,
) {
    sql.push(" WHERE e.status = 'published'");
    if let Some(text) = text {
        sql.push(" AND e.words @@ ").push_bind(words::all(text)).push("::tsquery");
    }
    if !filter.include_past {
        sql.push(" AND e.ends_at > ").push_bind(Instant::from(now));
        // An event that is not over began no longer ago than the longest takes: so an index of the start
        // passes over what is long past.
        sql.push(" AND e.starts_at > ").push_bind(Instant::from(now));
        sql.push(
            " - coalesce((SELECT max(l.ends_at - l.starts_at) FROM events AS l
                WHERE l.status = 'published'), interval '0') - interval '1 day'",
        );
    }
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

/// Appends the square of the longest chord from the centre, which knows neither date line nor poles, and for the index
/// one or two boxes of degrees in which the circle lies.
pub(super) fn push_circle(sql: &mut Query, centre: GeoPoint, radius_km: f64) {
    /// Six micrometres on the ground: more than all roundings together.
    const SLACK: f64 = 1e-12;

    let angle = radius_km / GeoPoint::EARTH_RADIUS_KM;
    let chord = 2.0 * (angle / 2.0).min(std::f64::consts::FRAC_PI_2).sin() + SLACK;
    let [x, y, z] = unit_vector(centre);
    for (index, [west, east]) in longitudes(centre, angle).into_iter().enumerate() {
        let (south, north) = latitudes(centre, angle);
        sql.push(if index == 0 { " AND (" } else { " OR " });
        sql.push("point(e.longitude, e.latitude) <@ box(point(").push_bind(west).push(", ");
        sql.push_bind(south).push("), point(").push_bind(east).push(", ");
        sql.push_bind(north).push("))");
    }
    sql.push(")");
    for (index, (column, centre)) in
        [("e.sphere_x", x), ("e.sphere_y", y), ("e.sphere_z", z)].into_iter().enumerate()
    {
        sql.push(if index == 0 { " AND " } else { " + " });
        sql.push("(").push(column).push(" - ").push_bind(centre).push(") * (");
        sql.push(column).push(" - ").push_bind(centre).push(")");
    }
    sql.push(" <= ").push_bind(chord * chord);
}

/// Returns the degrees of latitude that a circle touches.
fn latitudes(centre: GeoPoint, angle: f64) -> (f64, f64) {
    let reach = angle.to_degrees();
    (centre.latitude() - reach, centre.latitude() + reach)
}

/// Returns the degrees of longitude that a circle touches: all of them if a pole is in it, and two spans if it crosses
/// the date line. A meridian touches a circle of angle r around latitude φ at most asin(sin r / cos φ) away.
fn longitudes(centre: GeoPoint, angle: f64) -> Vec<[f64; 2]> {
    let (south, north) = latitudes(centre, angle);
    if south <= -90.0 || north >= 90.0 {
        return vec![[-180.0, 180.0]];
    }
    let ratio = angle.sin() / centre.latitude().to_radians().cos();
    // Of two longitudes that are told apart, none is nearer than this to the other.
    let reach = ratio.clamp(0.0, 1.0).asin().to_degrees() + 1e-9;
    let (west, east) = (centre.longitude() - reach, centre.longitude() + reach);
    if west < -180.0 {
        vec![[-180.0, east], [west + 360.0, 180.0]]
    } else if east > 180.0 {
        vec![[west, 180.0], [-180.0, east - 360.0]]
    } else {
        vec![[west, east]]
    }
}
