//! The best match first.

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::filter::push_matches;
use super::words::{self, Words, ways};
use super::{Query, push_listings};
use crate::adapters::sqlite::error::not_applied;
use crate::adapters::sqlite::rows::{blob, json};
use crate::domain::search::{Level, SearchQuery, SearchText};
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

/// Of so many matches each is scored; of more, only those are looked at that a page shows.
const FEW: i64 = 100;
/// Of a text that can match in more ways, every match is scored.
const MAX_WAYS: usize = 64;

const ORDER: [&str; 3] = ["score DESC", "starts_at", "id"];

/// Looks every clause up in every way in which it may count, and adds up what counts most. This is
/// [`SearchDocument::score`](crate::domain::search::SearchDocument::score): what has all clauses without typos comes before
/// all that does not.
const SCORES: &str = "
    (WITH hits (number, clause, exact, score) AS MATERIALIZED (
        SELECT t.rowid, j.value ->> 0, j.value ->> 1, j.value ->> 2
        FROM json_each(";
const SCORES_OF_CLAUSES: &str = ") AS j CROSS JOIN event_texts AS t
            ON t.event_texts MATCH (j.value ->> 3))
    SELECT number, CASE WHEN min(exact) > 0 THEN 65536 + sum(exact) ELSE sum(score) END AS score
    FROM (SELECT number, clause, max(exact) AS exact, max(score) AS score FROM hits GROUP BY number, clause)
    GROUP BY number HAVING count(*) = ";

/// Returns the rows of a search whose results are ordered by how well they match a text.
pub(super) async fn rows(
    reading: &mut SqliteConnection,
    query: &SearchQuery,
    text: &SearchText,
    now: Timestamp,
) -> Result<Vec<SqliteRow>, RepositoryError> {
    match Level::of(text, MAX_WAYS) {
        Some(levels) if words::count(reading, &query.filter, text, now, FEW + 1).await? > FEW => {
            by_level(reading, query, text, &levels, now).await
        }
        _ => scored(reading, query, text, now).await,
    }
}

async fn scored(
    reading: &mut SqliteConnection,
    query: &SearchQuery,
    text: &SearchText,
    now: Timestamp,
) -> Result<Vec<SqliteRow>, RepositoryError> {
    let words = Words::all(text);
    let columns = |sql: &mut Query| {
        sql.push("e.number, e.id, e.starts_at");
    };
    let (ways, clauses) = (json(&ways(text))?, text.wanted().len());
    let mut sql = Query::new("");
    push_listings(&mut sql, &ORDER, query.limit, |sql| {
        sql.push("SELECT m.*, n.score FROM (");
        push_matches(sql, columns, &query.filter, Some(&words), now, |_| {});
        sql.push(") AS m JOIN ").push(SCORES).push_bind(ways).push(SCORES_OF_CLAUSES);
        sql.push_bind(i64::try_from(clauses).unwrap_or(i64::MAX));
        sql.push(") AS n ON n.number = m.number");
        if let Some((score, starts_at, id)) = query.after_score() {
            sql.push(" WHERE (- n.score, m.starts_at, m.id) > (").push_bind(-i64::from(score));
            sql.push(", ").push_bind(starts_at.as_micros());
            sql.push(", ").push_bind(blob(id.as_uuid())).push(")");
        }
    });
    sql.build().fetch_all(&mut *reading).await.map_err(not_applied)
}

/// Reads the events of one score after the other, each in the order of their starts, until the page is full.
async fn by_level(
    reading: &mut SqliteConnection,
    query: &SearchQuery,
    text: &SearchText,
    levels: &[Level],
    now: Timestamp,
) -> Result<Vec<SqliteRow>, RepositoryError> {
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX).saturating_add(1);
    let exact = text.exact();
    let after = query.after_score();
    let mut rows = Vec::new();
    for level in levels.iter().filter(|level| after.is_none_or(|(score, ..)| level.score <= score))
    {
        let words = Words::of_level(text, &exact, level);
        let columns = |sql: &mut Query| {
            sql.push(level.score.to_string()).push(" AS score, e.number, e.id, e.starts_at");
        };
        let missing = u32::try_from(wanted - rows.len()).unwrap_or(u32::MAX);
        let tail = |sql: &mut Query| {
            if let Some((_, starts_at, id)) = after.filter(|(score, ..)| *score == level.score) {
                sql.push(" AND (e.starts_at, e.id) > (").push_bind(starts_at.as_micros());
                sql.push(", ").push_bind(blob(id.as_uuid())).push(")");
            }
            sql.push(" ORDER BY e.starts_at, e.id LIMIT ").push_bind(i64::from(missing));
        };
        let mut sql = Query::new("");
        push_listings(&mut sql, &ORDER, missing - 1, |sql| {
            push_matches(sql, columns, &query.filter, Some(&words), now, tail);
        });
        rows.extend(sql.build().fetch_all(&mut *reading).await.map_err(not_applied)?);
        if rows.len() >= wanted {
            break;
        }
    }
    Ok(rows)
}
