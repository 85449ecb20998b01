//! The best match first.

use sqlx::sqlite::SqliteRow;

use super::filter::push_matches;
use super::words::{self, Words, ways};
use super::{Query, Searching, push_listings};
use crate::adapters::sqlite::rows::{blob, json};
use crate::domain::search::{Level, SearchQuery, SearchText};
use crate::ports::fault::RepositoryError;

/// Of so many matches for each score that is possible all are scored; of more, only those are looked at that a page
/// shows.
const FEW: usize = 20;
/// Of a text that can match in more ways, every match is scored.
const MAX_WAYS: usize = 256;

const ORDER: [&str; 3] = ["score DESC", "starts_at", "id"];

/// Looks every clause up in every way in which it may count, for what matches, and adds up what counts most. This is
/// [`SearchDocument::score`](crate::domain::search::SearchDocument::score): what has all clauses without typos comes
/// before all that does not. Whether a hit belongs to what matches is looked up here (`+`): FTS5 would begin its
/// query anew for each.
const WAYS: &str = "), ways (clause, exact, score, query) AS MATERIALIZED (
        SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3 FROM json_each(";
const SCORES: &str = ") AS j), found (number, clause, exact, score) AS MATERIALIZED (
        SELECT t.rowid, w.clause, w.exact, w.score
        FROM ways AS w CROSS JOIN event_texts AS t ON t.event_texts MATCH w.query
        WHERE +t.rowid IN (SELECT number FROM matched))
    SELECT m.*, n.score FROM matched AS m JOIN (
        SELECT number, CASE WHEN min(exact) > 0 THEN 65536 + sum(exact) ELSE sum(score) END AS score
        FROM (SELECT number, clause, max(exact) AS exact, max(score) AS score FROM found GROUP BY number, clause)
        GROUP BY number HAVING count(*) = ";

/// Reads the events of a page, and one more, ordered by how well they match a text.
pub(super) async fn rows(
    searching: &mut Searching<'_>,
    query: &SearchQuery,
    text: &SearchText,
) -> Result<Vec<SqliteRow>, RepositoryError> {
    let Some(levels) = Level::of(text, MAX_WAYS) else {
        return scored(searching, query, text).await;
    };
    let few = FEW * levels.len();
    if words::count(searching, text, few + 1).await? > few {
        by_level(searching, query, text, &levels).await
    } else {
        scored(searching, query, text).await
    }
}

async fn scored(
    searching: &mut Searching<'_>,
    query: &SearchQuery,
    text: &SearchText,
) -> Result<Vec<SqliteRow>, RepositoryError> {
    let now = searching.now;
    let words = Words::all(text);
    let columns = |sql: &mut Query| {
        sql.push("e.number, e.id, e.starts_at");
    };
    let ways = json(&ways(text))?;
    let clauses = i64::try_from(text.wanted().len()).unwrap_or(i64::MAX);
    searching
        .fetch(|sql| {
            push_listings(sql, &ORDER, query.limit, |sql| {
                sql.push("WITH matched AS MATERIALIZED (");
                push_matches(sql, columns, &query.filter, Some(&words), now, |_| {});
                sql.push(WAYS).push_bind(ways.clone()).push(SCORES).push_bind(clauses);
                sql.push(") AS n ON n.number = m.number");
                if let Some((score, starts_at, id)) = query.after_score() {
                    sql.push(" WHERE (- n.score, m.starts_at, m.id) > (");
                    sql.push_bind(-i64::from(score));
                    sql.push(", ").push_bind(starts_at.as_micros());
                    sql.push(", ").push_bind(blob(id.as_uuid())).push(")");
                }
            });
        })
        .await
}

/// Reads the events of one score after the other, each in the order of their starts, until the page is full.
async fn by_level(
    searching: &mut Searching<'_>,
    query: &SearchQuery,
    text: &SearchText,
    levels: &[Level],
) -> Result<Vec<SqliteRow>, RepositoryError> {
    let now = searching.now;
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
        let found = searching
            .fetch(|sql| {
                push_listings(sql, &ORDER, missing - 1, |sql| {
                    push_matches(sql, columns, &query.filter, Some(&words), now, tail);
                });
            })
            .await?;
        rows.extend(found);
        if rows.len() >= wanted {
            break;
        }
    }
    Ok(rows)
}
