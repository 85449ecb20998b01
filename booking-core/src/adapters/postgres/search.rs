//! Searching: filters, orders and pages in SQL, so that only the events of a page are read.

use std::collections::BTreeMap;

use sqlx::postgres::{PgRow, Postgres};
use sqlx::{QueryBuilder, Row};

use super::database::PgDatabase;
use super::error::corrupt;
use super::event_rows::{self, lexeme, listing_columns, unit_vector};
use super::instant::Instant;
use super::rows::{Fields, event_ids};
use crate::domain::country::Country;
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::search::{
    Facets, Near, Rank, SearchDocument, SearchFilter, SearchPage, SearchPosition, SearchQuery,
    SearchText, Sort, metres,
};
use crate::domain::time::Timestamp;
use crate::domain::venue::{GeoPoint, Venue};
use crate::ports::fault::RepositoryError;

type Query = QueryBuilder<Postgres>;

const FROM: &str = " FROM events AS e JOIN event_stock AS s ON s.event_id = e.id";

/// Returns the page that a query asks for.
pub(super) async fn page(
    database: &PgDatabase,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    match query.sort {
        Sort::Distance => page_by_distance(database, query, now).await,
        Sort::StartsAt | Sort::Relevance | Sort::Price => page_in_sql(database, query, now).await,
    }
}

async fn page_in_sql(
    database: &PgDatabase,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    let text = query.filter.text.as_ref().filter(|_| query.sort == Sort::Relevance);
    let mut sql = Query::new("SELECT * FROM (SELECT ");
    match text {
        Some(text) => push_score(&mut sql, text),
        None => {
            sql.push("0::bigint");
        }
    }
    sql.push(" AS score, ").push(listing_columns!()).push(FROM);
    push_filter(&mut sql, &query.filter, now);
    sql.push(") AS c");
    push_order(&mut sql, query, text.is_some());
    sql.push(" LIMIT ").push_bind(i64::from(query.limit) + 1);

    let mut reading = database.read().await?;
    // There are as many statements as there are kinds of searches: keeping them would push others out.
    let found = sql.build().persistent(false).fetch_all(&mut *reading).await;
    let found = found.map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut listings = Vec::with_capacity(found.len());
    let mut next = None;
    for row in found.iter().take(limit) {
        let listing = event_rows::listing(row)?;
        let score: i64 = row.try_get("score").map_err(|error| database.not_applied(&error))?;
        let score = u32::try_from(score).unwrap_or(u32::MAX);
        let rank = query.rank(&listing.event.details, score);
        next = Some(SearchPosition { rank, id: listing.event.id });
        listings.push(listing);
    }
    Ok(SearchPage {
        items: listings.into_iter().filter(|listing| is_near(&query.filter, listing)).collect(),
        next: next.filter(|_| found.len() > limit),
    })
}

/// Ranks all candidates here: metres are rounded, and the id decides among equals, as in the reference.
async fn page_by_distance(
    database: &PgDatabase,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    let mut reading = database.read_still().await?;
    let mut sql = Query::new("SELECT e.id, e.latitude, e.longitude");
    sql.push(FROM);
    push_filter(&mut sql, &query.filter, now);
    let found = sql.build().persistent(false).fetch_all(&mut *reading).await;
    let found = found.map_err(|error| database.not_applied(&error))?;
    let mut candidates = Vec::with_capacity(found.len());
    for row in &found {
        candidates.extend(candidate(row, query.filter.near)?);
    }
    candidates.retain(|position| query.after.is_none_or(|after| *position > after));
    candidates.sort_unstable();

    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let has_more = candidates.len() > limit;
    candidates.truncate(limit);
    let mut sql = Query::new("SELECT ");
    sql.push(listing_columns!()).push(FROM).push(" WHERE e.id = ANY(");
    sql.push_bind(event_ids(candidates.iter().map(|position| &position.id))).push(")");
    let found = sql.build().persistent(false).fetch_all(&mut *reading).await;
    let found = found.map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    let mut listings = BTreeMap::new();
    for row in &found {
        let listing = event_rows::listing(row)?;
        listings.insert(listing.event.id, listing);
    }
    Ok(SearchPage {
        items: candidates.iter().filter_map(|position| listings.remove(&position.id)).collect(),
        next: candidates.last().copied().filter(|_| has_more),
    })
}

/// Returns where a row stands by its distance, unless it is outside of the circle.
fn candidate(row: &PgRow, near: Option<Near>) -> Result<Option<SearchPosition>, RepositoryError> {
    let fields = Fields::of(row, "events", "id")?;
    let (latitude, longitude) =
        (fields.take_optional("latitude")?, fields.take_optional("longitude")?);
    let point = match (latitude, longitude) {
        (Some(latitude), Some(longitude)) => {
            Some(fields.check("latitude", GeoPoint::new(latitude, longitude))?)
        }
        _ => None,
    };
    let id = EventId::new(fields.id());
    let distance = match (near, point) {
        (Some(near), Some(point)) => {
            let kilometres = near.centre.distance_km(point);
            if kilometres > near.radius_km {
                return Ok(None);
            }
            metres(kilometres)
        }
        _ => u64::MAX,
    };
    Ok(Some(SearchPosition { rank: Rank::Distance(distance), id }))
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

/// Counts the events that match.
pub(super) async fn facets(
    database: &PgDatabase,
    filter: &SearchFilter,
    now: Timestamp,
) -> Result<Facets, RepositoryError> {
    let mut sql = Query::new(
        "WITH matched AS MATERIALIZED (SELECT e.category, e.country,
            to_char(e.starts_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month",
    );
    sql.push(FROM);
    push_filter(&mut sql, filter, now);
    sql.push(
        ")
        SELECT 'total' AS kind, '' AS name, count(*) AS matches FROM matched
        UNION ALL
        SELECT 'category', category, count(*) FROM matched WHERE category <> '' GROUP BY category
        UNION ALL
        SELECT 'country', country, count(*) FROM matched WHERE country IS NOT NULL GROUP BY country
        UNION ALL
        SELECT 'month', month, count(*) FROM matched GROUP BY month",
    );
    let mut reading = database.read().await?;
    let found: Result<Vec<(String, String, i64)>, _> =
        sql.build_query_as().persistent(false).fetch_all(&mut *reading).await;
    let found = found.map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    let mut facets = Facets::default();
    for (kind, name, matches) in found {
        let matches = u64::try_from(matches).unwrap_or(0);
        match kind.as_str() {
            "total" => facets.total = matches,
            "category" => facets.categories.push((name, matches)),
            "country" => {
                let country =
                    Country::new(&name).map_err(|invalid| corrupt("events", "country", invalid))?;
                facets.countries.push((country, matches));
            }
            _ => facets.months.push((name, matches)),
        }
    }
    facets.categories.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    facets.countries.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    facets.months.sort();
    Ok(facets)
}

/// Appends everything that an event must fulfil. The status is written out, because the planner uses an
/// index of published events only if it sees that no others are wanted.
fn push_filter(sql: &mut Query, filter: &SearchFilter, now: Timestamp) {
    sql.push(" WHERE e.status = 'published'");
    if let Some(text) = &filter.text {
        sql.push(" AND e.words @@ ").push_bind(all_words(text)).push("::tsquery");
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
        push_circle(sql, near);
    }
}

/// Appends a band of latitudes, which an index knows, and the square of the longest chord from the centre.
/// A chord knows neither date line nor poles.
fn push_circle(sql: &mut Query, near: Near) {
    /// Six micrometres on the ground: more than all roundings together.
    const SLACK: f64 = 1e-12;

    let angle = near.radius_km / GeoPoint::EARTH_RADIUS_KM;
    let band = angle.to_degrees() + 1e-9;
    let chord = 2.0 * (angle / 2.0).min(std::f64::consts::FRAC_PI_2).sin() + SLACK;
    let [x, y, z] = unit_vector(near.centre);
    sql.push(" AND e.latitude BETWEEN ").push_bind(near.centre.latitude() - band);
    sql.push(" AND ").push_bind(near.centre.latitude() + band);
    for (index, (column, centre)) in
        [("e.sphere_x", x), ("e.sphere_y", y), ("e.sphere_z", z)].into_iter().enumerate()
    {
        sql.push(if index == 0 { " AND " } else { " + " });
        sql.push("(").push(column).push(" - ").push_bind(centre).push(") * (");
        sql.push(column).push(" - ").push_bind(centre).push(")");
    }
    sql.push(" <= ").push_bind(chord * chord);
}

/// Appends where the page begins, and the order. A position of another order is none.
fn push_order(sql: &mut Query, query: &SearchQuery, is_scored: bool) {
    let after = query.after;
    match query.sort {
        Sort::Relevance if is_scored => {
            if let Some(SearchPosition { rank: Rank::Relevance { distance, starts_at }, id }) =
                after
            {
                sql.push(" WHERE (4294967295 - c.score, c.starts_at, c.id) > (");
                sql.push_bind(i64::from(distance)).push(", ").push_bind(Instant::from(starts_at));
                sql.push(", ").push_bind(id.as_uuid()).push(")");
            }
            sql.push(" ORDER BY c.score DESC, c.starts_at, c.id");
        }
        // Without a text every event matches alike, and the next one comes first.
        Sort::StartsAt | Sort::Relevance | Sort::Distance => {
            if let Some(SearchPosition {
                rank: Rank::StartsAt(starts_at) | Rank::Relevance { starts_at, .. },
                id,
            }) = after
            {
                sql.push(" WHERE (c.starts_at, c.id) > (").push_bind(Instant::from(starts_at));
                sql.push(", ").push_bind(id.as_uuid()).push(")");
            }
            sql.push(" ORDER BY c.starts_at, c.id");
        }
        Sort::Price => {
            if let Some(SearchPosition { rank: Rank::Price { currency, amount_minor }, id }) = after
            {
                sql.push(" WHERE (c.currency, c.price_minor, c.id) > (").push_bind(currency.code());
                sql.push(", ").push_bind(amount_minor);
                sql.push(", ").push_bind(id.as_uuid()).push(")");
            }
            sql.push(" ORDER BY c.currency, c.price_minor, c.id");
        }
    }
}

/// Writes the query of all words, the last of them also as a beginning.
fn all_words(text: &SearchText) -> String {
    let words: Vec<String> = text.words().iter().map(|word| lexeme(word)).collect();
    format!("{}:*", words.join(" & "))
}

/// Appends how well an event matches: every word counts where it counts most. This is
/// [`SearchDocument::score`], computed from the weights in the index.
fn push_score(sql: &mut Query, text: &SearchText) {
    let last = text.words().len().saturating_sub(1);
    let (mut words, mut weights, mut queries) = (Vec::new(), Vec::new(), Vec::new());
    for (index, word) in text.words().iter().enumerate() {
        for (label, weight) in [
            ("A", SearchDocument::TITLE),
            ("B", SearchDocument::LABELS),
            ("D", SearchDocument::DESCRIPTION),
        ] {
            let mut add = |weight: u32, query: String| {
                words.push(i32::try_from(index).unwrap_or(i32::MAX));
                weights.push(i64::from(weight));
                queries.push(query);
            };
            add(weight * SearchDocument::WHOLE, format!("{}:{label}", lexeme(word)));
            if index == last {
                add(weight, format!("{}:*{label}", lexeme(word)));
            }
        }
    }
    sql.push("(SELECT sum(b.best)::bigint FROM (SELECT max(w.weight) AS best FROM unnest(");
    sql.push_bind(words).push(", ").push_bind(weights).push(", ").push_bind(queries);
    sql.push(
        ") AS w (word, weight, query) WHERE e.words @@ w.query::tsquery GROUP BY w.word) AS b)",
    );
}
