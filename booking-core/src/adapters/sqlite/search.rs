//! Searching: filters, orders and pages in SQL, so that only the events of a page are read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use super::database::SqliteDatabase;
use super::error::{corrupt, not_applied};
use super::event_rows::{self, listing_columns, unit_vector};
use super::rows::{Fields, blob, json};
use crate::domain::country::Country;
use crate::domain::event::Listing;
use crate::domain::search::{
    Clause, Facets, Field, Form, Near, Rank, SearchFilter, SearchPage, SearchPosition, SearchQuery,
    SearchText, Sort, Way, metres,
};
use crate::domain::time::Timestamp;
use crate::domain::venue::{GeoPoint, Venue};
use crate::ports::fault::RepositoryError;

type Query = QueryBuilder<Sqlite>;

const FROM: &str = " FROM events AS e JOIN event_stock AS s ON s.event_id = e.id";

/// Looks every clause up in every way in which it may count, and adds up what counts most. This is
/// [`SearchDocument::score`](crate::domain::search::SearchDocument::score): what has all clauses without typos comes before all that does not.
const SCORES: &str = "
    WITH hits (number, clause, exact, score) AS MATERIALIZED (
        SELECT t.rowid, j.value ->> 0, j.value ->> 1, j.value ->> 2
        FROM json_each(";
const SCORES_OF_CLAUSES: &str = ") AS j CROSS JOIN event_texts AS t
            ON t.event_texts MATCH (j.value ->> 3)),
    scores (number, score) AS MATERIALIZED (
        SELECT number, CASE WHEN min(exact) > 0 THEN 65536 + sum(exact) ELSE sum(score) END
        FROM (SELECT number, clause, max(exact) AS exact, max(score) AS score FROM hits GROUP BY number, clause)
        GROUP BY number HAVING count(*) = ";

/// Returns the page that a query asks for.
pub(super) async fn page(
    database: &SqliteDatabase,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    match query.sort {
        Sort::Distance => page_by_distance(database, query, now).await,
        Sort::StartsAt | Sort::Relevance | Sort::Price => page_in_sql(database, query, now).await,
    }
}

async fn page_in_sql(
    database: &SqliteDatabase,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    let mut reading = database.begin_reading().await?;
    let accepted = accepted(&mut reading, &query.filter, now).await?;
    let is_scored = |text: &&SearchText| query.sort == Sort::Relevance && !text.wanted().is_empty();
    let text = accepted.as_deref().filter(is_scored);
    let mut sql = Query::new("");
    if let Some(text) = text {
        sql.push(SCORES).push_bind(json(&ways(text))?).push(SCORES_OF_CLAUSES);
        sql.push_bind(i64::try_from(text.wanted().len()).unwrap_or(i64::MAX)).push(")");
    }
    let score = if text.is_some() { "c.score" } else { "0" };
    sql.push("SELECT ").push(score).push(" AS score, ").push(listing_columns!());
    if text.is_some() {
        sql.push(" FROM scores AS c CROSS JOIN events AS e ON e.number = c.number");
        sql.push(" JOIN event_stock AS s ON s.event_id = e.id");
    } else {
        sql.push(FROM);
    }
    push_filter(&mut sql, &query.filter, accepted.as_deref(), text.is_none(), now);
    push_order(&mut sql, query, text.is_some());
    sql.push(" LIMIT ").push_bind(i64::from(query.limit) + 1);

    let found = sql.build().fetch_all(&mut *reading).await.map_err(not_applied)?;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut listings = Vec::with_capacity(found.len());
    let mut next = None;
    for row in found.iter().take(limit) {
        let listing = event_rows::listing(row)?;
        let score: i64 = row.try_get("score").map_err(not_applied)?;
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
    database: &SqliteDatabase,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    let mut reading = database.begin_reading().await?;
    let text = accepted(&mut reading, &query.filter, now).await?;
    let mut sql = Query::new("SELECT e.id, e.number, e.latitude, e.longitude");
    sql.push(FROM);
    push_filter(&mut sql, &query.filter, text.as_deref(), true, now);
    let found = sql.build().fetch_all(&mut *reading).await.map_err(not_applied)?;
    let mut candidates = Vec::with_capacity(found.len());
    for row in &found {
        candidates.extend(candidate(row, query.filter.near)?);
    }
    candidates.retain(|(position, _)| query.after.is_none_or(|after| *position > after));
    candidates.sort_unstable();

    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let has_more = candidates.len() > limit;
    candidates.truncate(limit);
    let numbers: Vec<i64> = candidates.iter().map(|(_, number)| *number).collect();
    let mut sql = Query::new("SELECT ");
    sql.push(listing_columns!()).push(" FROM json_each(").push_bind(json(&numbers)?);
    sql.push(") AS j CROSS JOIN events AS e ON e.number = j.value");
    sql.push(" JOIN event_stock AS s ON s.event_id = e.id");
    let found = sql.build().fetch_all(&mut *reading).await.map_err(not_applied)?;
    let mut listings = BTreeMap::new();
    for row in &found {
        let listing = event_rows::listing(row)?;
        listings.insert(listing.event.id, listing);
    }
    Ok(SearchPage {
        items: candidates
            .iter()
            .filter_map(|(position, _)| listings.remove(&position.id))
            .collect(),
        next: candidates.last().map(|(position, _)| *position).filter(|_| has_more),
    })
}

/// Returns where a row stands by its distance, unless it is outside of the circle.
fn candidate(
    row: &SqliteRow,
    near: Option<Near>,
) -> Result<Option<(SearchPosition, i64)>, RepositoryError> {
    let fields = Fields::of(row, "events", "id")?;
    let (latitude, longitude) =
        (fields.take_optional("latitude")?, fields.take_optional("longitude")?);
    let point = match (latitude, longitude) {
        (Some(latitude), Some(longitude)) => {
            Some(fields.check("latitude", GeoPoint::new(latitude, longitude))?)
        }
        _ => None,
    };
    let id = crate::domain::ids::EventId::new(fields.id());
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
    Ok(Some((SearchPosition { rank: Rank::Distance(distance), id }, fields.take("number")?)))
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
    database: &SqliteDatabase,
    filter: &SearchFilter,
    now: Timestamp,
) -> Result<Facets, RepositoryError> {
    let mut reading = database.begin_reading().await?;
    let text = accepted(&mut reading, filter, now).await?;
    let mut sql = Query::new(
        // Seconds are rounded down, also before 1970.
        "WITH matched AS MATERIALIZED (SELECT e.category, e.country,
            strftime('%Y-%m', (e.starts_at - (e.starts_at % 1000000 + 1000000) % 1000000) / 1000000,
                'unixepoch') AS month",
    );
    sql.push(FROM);
    push_filter(&mut sql, filter, text.as_deref(), true, now);
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
    let found: Vec<(String, String, i64)> =
        sql.build_query_as().fetch_all(&mut *reading).await.map_err(not_applied)?;
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
fn push_filter(
    sql: &mut Query,
    filter: &SearchFilter,
    text: Option<&SearchText>,
    with_wanted: bool,
    now: Timestamp,
) {
    sql.push(" WHERE e.status = 'published'");
    if let Some(wanted) = text.filter(|_| with_wanted).and_then(all) {
        sql.push(" AND e.number IN (SELECT rowid FROM event_texts WHERE event_texts MATCH ");
        sql.push_bind(wanted).push(")");
    }
    for excluded in text.map(SearchText::excluded).unwrap_or_default() {
        sql.push(" AND e.number NOT IN (SELECT rowid FROM event_texts WHERE event_texts MATCH ");
        sql.push_bind(anywhere(excluded)).push(")");
    }
    if !filter.include_past {
        sql.push(" AND e.ends_at > ").push_bind(now.as_micros());
        // An event that is not over began no longer ago than the longest takes: so an index of the start
        // passes over what is long past.
        sql.push(" AND e.starts_at > ").push_bind(now.as_micros());
        sql.push(
            " - coalesce((SELECT max(l.ends_at - l.starts_at) FROM events AS l
                WHERE l.status = 'published'), 0) - 1",
        );
    }
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
                sql.push(" AND (4294967295 - c.score, e.starts_at, e.id) > (");
                sql.push_bind(i64::from(distance)).push(", ").push_bind(starts_at.as_micros());
                sql.push(", ").push_bind(blob(id.as_uuid())).push(")");
            }
            sql.push(" ORDER BY c.score DESC, e.starts_at, e.id");
        }
        // Without a text every event matches alike, and the next one comes first.
        Sort::StartsAt | Sort::Relevance | Sort::Distance => {
            if let Some(SearchPosition {
                rank: Rank::StartsAt(starts_at) | Rank::Relevance { starts_at, .. },
                id,
            }) = after
            {
                sql.push(" AND (e.starts_at, e.id) > (").push_bind(starts_at.as_micros());
                sql.push(", ").push_bind(blob(id.as_uuid())).push(")");
            }
            sql.push(" ORDER BY e.starts_at, e.id");
        }
        Sort::Price => {
            if let Some(SearchPosition { rank: Rank::Price { currency, amount_minor }, id }) = after
            {
                sql.push(" AND (e.currency, e.price_minor, e.id) > (").push_bind(currency.code());
                sql.push(", ").push_bind(amount_minor);
                sql.push(", ").push_bind(blob(id.as_uuid())).push(")");
            }
            sql.push(" ORDER BY e.currency, e.price_minor, e.id");
        }
    }
}

/// Returns the text by which a filter finds: if it finds few events, words that are spelt like those of it are accepted,
/// too.
async fn accepted<'a>(
    reading: &mut SqliteConnection,
    filter: &'a SearchFilter,
    now: Timestamp,
) -> Result<Option<Cow<'a, SearchText>>, RepositoryError> {
    let Some(text) = &filter.text else { return Ok(None) };
    let shelves = text.shelves();
    if shelves.is_empty() {
        return Ok(Some(Cow::Borrowed(text)));
    }
    let enough = i64::try_from(SearchText::ENOUGH).unwrap_or(i64::MAX);
    let mut sql = Query::new("SELECT count(*) FROM (SELECT 1");
    sql.push(FROM);
    push_filter(&mut sql, filter, Some(text), true, now);
    sql.push(" LIMIT ").push_bind(enough).push(")");
    let found: i64 =
        sql.build_query_scalar().fetch_one(&mut *reading).await.map_err(not_applied)?;
    if found >= enough {
        return Ok(Some(Cow::Borrowed(text)));
    }
    let known: Vec<String> = sqlx::query_scalar(
        "SELECT w.word FROM json_each(?1) AS j JOIN search_words AS w ON w.shelf = j.value",
    )
    .bind(json(&shelves)?)
    .fetch_all(&mut *reading)
    .await
    .map_err(not_applied)?;
    let forgiving = text.forgiving(known.iter().map(String::as_str));
    Ok(Some(forgiving.map_or(Cow::Borrowed(text), Cow::Owned)))
}

/// Writes the full-text query of everything that is wanted, if anything is.
fn all(text: &SearchText) -> Option<String> {
    let wanted: Vec<String> = text.wanted().iter().map(anywhere).collect();
    (!wanted.is_empty()).then(|| wanted.join(" AND "))
}

/// Writes the full-text query of a clause in any column and form. A phrase stands within one column.
fn anywhere(clause: &Clause) -> String {
    let form = if clause.is_beginning { Form::Beginning } else { Form::Whole };
    let mut query = by(clause, form);
    if !clause.close.is_empty() {
        query = format!("{query} OR {}", by(clause, Form::Close));
    }
    format!("({query})")
}

/// Writes the full-text query of a clause in one form. Words are letters and digits, so that nothing in them is an
/// operator; quoted, they are not taken for one as a whole either.
fn by(clause: &Clause, form: Form) -> String {
    let phrase = format!("\"{}\"", clause.words.join(" "));
    match form {
        Form::Whole => phrase,
        Form::Beginning => format!("{phrase} *"),
        Form::Close => {
            let words: Vec<String> =
                clause.close.iter().map(|word| format!("\"{word}\"")).collect();
            words.join(" OR ")
        }
    }
}

/// Lists clause, score without typos, score, and full-text query of every way in which a clause may count.
fn ways(text: &SearchText) -> Vec<(usize, u32, u32, String)> {
    let mut ways = Vec::new();
    for (index, clause) in text.wanted().iter().enumerate() {
        for Way { score, field, form } in Way::of(clause) {
            let column = match field {
                Field::Title => "title",
                Field::Labels => "labels",
                Field::Description => "description",
            };
            let exact = if form == Form::Close { 0 } else { score };
            ways.push((index, exact, score, format!("{column} : ({})", by(clause, form))));
        }
    }
    ways
}
