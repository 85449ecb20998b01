//! The best match first.

use super::filter::{FROM, push_filter};
use super::{Query, page_of, words};
use crate::adapters::postgres::database::{PgDatabase, Reading};
use crate::adapters::postgres::event_rows::listing_columns;
use crate::adapters::postgres::instant::Instant;
use crate::domain::search::{
    Rank, SearchDocument, SearchPage, SearchPosition, SearchQuery, SearchText, Way,
};
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

/// So many matches are scored one by one; of more, only those are looked at that a page shows.
const FEW: usize = 1_000;
/// Of a text that can match in more ways, every match is scored.
const MAX_WAYS: usize = 64;

/// Returns the page of a search whose results are ordered by how well they match a text.
pub(super) async fn page(
    database: &PgDatabase,
    mut reading: Reading,
    query: &SearchQuery,
    text: &SearchText,
    now: Timestamp,
) -> Result<SearchPage, RepositoryError> {
    let levels = Level::of(text);
    let is_few = levels.is_empty()
        || words::count(database, &mut reading, &query.filter, text, now, FEW + 1).await? <= FEW;
    let rows = if is_few {
        scored(database, &mut reading, query, text, now).await?
    } else {
        by_level(database, &mut reading, query, &levels, now).await?
    };
    reading.end().await?;
    page_of(database, query, &rows)
}

async fn scored(
    database: &PgDatabase,
    reading: &mut Reading,
    query: &SearchQuery,
    text: &SearchText,
    now: Timestamp,
) -> Result<Vec<sqlx::postgres::PgRow>, RepositoryError> {
    let mut sql = Query::new("SELECT * FROM (SELECT ");
    words::push_score(&mut sql, text);
    sql.push(" AS score, ").push(listing_columns!()).push(FROM);
    push_filter(&mut sql, &query.filter, Some(text), now);
    sql.push(") AS c");
    if let Some((score, starts_at, id)) = after(query) {
        sql.push(" WHERE (- c.score, c.starts_at, c.id) > (").push_bind(-i64::from(score));
        sql.push(", ").push_bind(Instant::from(starts_at));
        sql.push(", ").push_bind(id.id.as_uuid()).push(")");
    }
    sql.push(" ORDER BY c.score DESC, c.starts_at, c.id LIMIT ");
    sql.push_bind(i64::from(query.limit) + 1);
    let found = sql.build().persistent(false).fetch_all(&mut **reading).await;
    found.map_err(|error| database.not_applied(&error))
}

/// Reads the events of one score after the other, each in the order of their starts, until the page is full.
async fn by_level(
    database: &PgDatabase,
    reading: &mut Reading,
    query: &SearchQuery,
    levels: &[Level],
    now: Timestamp,
) -> Result<Vec<sqlx::postgres::PgRow>, RepositoryError> {
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX).saturating_add(1);
    let after = after(query);
    let mut rows = Vec::new();
    for level in levels.iter().filter(|level| after.is_none_or(|(score, ..)| level.score <= score))
    {
        let mut sql = Query::new("SELECT ");
        sql.push(level.score.to_string()).push("::bigint AS score, ");
        sql.push(listing_columns!()).push(FROM);
        push_filter(&mut sql, &query.filter, None, now);
        sql.push(" AND e.words @@ ").push_bind(level.query.clone()).push("::tsquery");
        if let Some((score, starts_at, id)) = after
            && score == level.score
        {
            sql.push(" AND (e.starts_at, e.id) > (").push_bind(Instant::from(starts_at));
            sql.push(", ").push_bind(id.id.as_uuid()).push(")");
        }
        sql.push(" ORDER BY e.starts_at, e.id LIMIT ");
        sql.push_bind(i64::try_from(wanted - rows.len()).unwrap_or(i64::MAX));
        let found = sql.build().persistent(false).fetch_all(&mut **reading).await;
        rows.extend(found.map_err(|error| database.not_applied(&error))?);
        if rows.len() >= wanted {
            break;
        }
    }
    Ok(rows)
}

/// Returns the score after which the page begins, and where among those of the same.
fn after(query: &SearchQuery) -> Option<(u32, Timestamp, SearchPosition)> {
    query.after.and_then(|position| match position.rank {
        Rank::Relevance { distance, starts_at } => Some((u32::MAX - distance, starts_at, position)),
        Rank::StartsAt(_) | Rank::Distance(_) | Rank::Price { .. } => None,
    })
}

/// A score, and the query that finds what has it.
struct Level {
    score: u32,
    query: String,
}

impl Level {
    /// Returns every score that a text may have, the highest first, or nothing if there are too many.
    fn of(text: &SearchText) -> Vec<Self> {
        let exact = text.exact();
        let mut levels = Self::of_ways(&exact, SearchDocument::EXACT, "");
        if *text != exact {
            levels.extend(Self::of_ways(text, 0, &format!(" & !({})", words::all(&exact))));
        }
        levels.sort_by_key(|level| std::cmp::Reverse(level.score));
        levels.dedup_by(|later, earlier| {
            let is_same = later.score == earlier.score;
            if is_same {
                earlier.query = format!("{} | {}", earlier.query, later.query);
            }
            is_same
        });
        if levels.len() > MAX_WAYS { Vec::new() } else { levels }
    }

    /// Combines the ways of each clause with those of the others.
    fn of_ways(text: &SearchText, base: u32, unless: &str) -> Vec<Self> {
        let mut combined = vec![(base, Vec::new())];
        for clause in text.wanted() {
            let mut better: Vec<String> = Vec::new();
            let mut ways = Vec::new();
            for way in Way::of(clause) {
                let found = words::by(clause, &way);
                let only: String = better.iter().map(|query| format!(" & !{query}")).collect();
                ways.push((way.score, format!("{found}{only}")));
                better.push(found);
            }
            if combined.len() * ways.len() > MAX_WAYS {
                return Vec::new();
            }
            combined = combined
                .iter()
                .flat_map(|(sum, queries): &(u32, Vec<String>)| {
                    ways.iter().map(move |(score, query)| {
                        let mut queries = queries.clone();
                        queries.push(query.clone());
                        (sum + score, queries)
                    })
                })
                .collect();
        }
        let excluded = words::none_of(text);
        combined
            .into_iter()
            .map(|(score, queries)| Self {
                score,
                query: format!("({}{excluded}{unless})", queries.join(" & ")),
            })
            .collect()
    }
}
