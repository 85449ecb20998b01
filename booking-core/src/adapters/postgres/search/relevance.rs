//! The best match first.

use sqlx::postgres::PgRow;

use super::filter::push_matches;
use super::words::{self, Accepted};
use super::{Query, Searching, push_listings};
use crate::adapters::postgres::instant::Instant;
use crate::domain::search::{Level, SearchQuery, SearchText};
use crate::ports::fault::RepositoryError;

/// If no more matches are expected, each of them is scored; of more, only those are looked at that a page shows.
const FEW: u64 = 1_000;
/// The same for phrases, of which the planner expects as many as there are events with all of their words.
const FEW_PHRASES: u64 = 20_000;
/// Of a text that can match in more ways, every match is scored.
const MAX_WAYS: usize = 256;

const ORDER: [&str; 3] = ["score DESC", "starts_at", "id"];

/// Reads the events of a page, and one more, ordered by how well they match a text.
pub(super) async fn rows(
    searching: &mut Searching<'_>,
    query: &SearchQuery,
    accepted: &Accepted<'_>,
) -> Result<Vec<PgRow>, RepositoryError> {
    let text = &*accepted.text;
    let is_phrase = text.wanted().iter().any(|clause| clause.words.len() > 1);
    let few = if is_phrase { FEW_PHRASES } else { FEW };
    match Level::of(text, MAX_WAYS) {
        Some(levels) if accepted.expected > few => by_level(searching, query, text, &levels).await,
        _ => scored(searching, query, text).await,
    }
}

async fn scored(
    searching: &mut Searching<'_>,
    query: &SearchQuery,
    text: &SearchText,
) -> Result<Vec<PgRow>, RepositoryError> {
    let now = searching.now;
    let all = words::all(text);
    let columns = |sql: &mut Query| {
        words::push_score(sql, text);
        sql.push(" AS score, e.id, e.starts_at");
    };
    searching
        .fetch(|sql| {
            push_listings(sql, &ORDER, query.limit, |sql| {
                sql.push("SELECT * FROM (");
                push_matches(sql, columns, &query.filter, Some(&all), now, |_| {});
                sql.push(") AS scored");
                if let Some((score, starts_at, id)) = query.after_score() {
                    sql.push(" WHERE (- score, starts_at, id) > (").push_bind(-i64::from(score));
                    sql.push(", ").push_bind(Instant::from(starts_at));
                    sql.push(", ").push_bind(id.as_uuid()).push(")");
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
) -> Result<Vec<PgRow>, RepositoryError> {
    let now = searching.now;
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX).saturating_add(1);
    let exact = text.exact();
    let after = query.after_score();
    let mut rows = Vec::new();
    for level in levels.iter().filter(|level| after.is_none_or(|(score, ..)| level.score <= score))
    {
        let words = words::level(text, &exact, level);
        let columns = |sql: &mut Query| {
            sql.push(level.score.to_string()).push("::bigint AS score, e.id, e.starts_at");
        };
        let missing = u32::try_from(wanted - rows.len()).unwrap_or(u32::MAX);
        let tail = |sql: &mut Query| {
            if let Some((_, starts_at, id)) = after.filter(|(score, ..)| *score == level.score) {
                sql.push(" AND (e.starts_at, e.id) > (").push_bind(Instant::from(starts_at));
                sql.push(", ").push_bind(id.as_uuid()).push(")");
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
