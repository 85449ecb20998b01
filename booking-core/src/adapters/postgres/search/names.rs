//! Categories and cities, for those who type one of them.

use std::collections::BTreeMap;

use super::words;
use crate::adapters::postgres::database::{PgDatabase, Reading};
use crate::adapters::postgres::error::corrupt;
use crate::adapters::postgres::instant::Instant;
use crate::domain::search::{Name, Names, SearchText};
use crate::domain::time::{Month, Timestamp};
use crate::ports::fault::RepositoryError;

/// A name may have several of the words, and is counted once.
const CANDIDATES: &str = "
    SELECT kind, name, country, max(events) FROM (
        SELECT word, kind, name, country, sum(events)::bigint AS events FROM search_names
        WHERE (word >= $1 AND word < $2 OR word = ANY($3)) AND ends_month >= $4
        GROUP BY word, kind, name, country
    ) AS by_word
    WHERE events > 0
    GROUP BY kind, name, country";

/// Returns the names that a text may mean.
pub(in crate::adapters::postgres) async fn names(
    database: &PgDatabase,
    text: &SearchText,
    now: Timestamp,
) -> Result<Names, RepositoryError> {
    let (mut reading, _turn) = database.read_search().await?;
    let mut names = matching(database, &mut reading, text, now).await?;
    if names.is_empty()
        && let Some(text) = words::forgiving(database, &mut reading, text).await?
    {
        names = matching(database, &mut reading, &text, now).await?;
    }
    reading.end().await?;
    Ok(names)
}

async fn matching(
    database: &PgDatabase,
    reading: &mut Reading,
    text: &SearchText,
    now: Timestamp,
) -> Result<Names, RepositoryError> {
    let Some(lookup) = text.lookup() else { return Ok(Names::default()) };
    let found: Result<Vec<(String, String, String, i64)>, _> = sqlx::query_as(CANDIDATES)
        .persistent(false)
        .bind(lookup.from)
        .bind(lookup.before)
        .bind(lookup.words)
        .bind(Instant::from(Month::of(now).beginning()))
        .fetch_all(&mut **reading)
        .await;
    let mut known = BTreeMap::new();
    for (kind, name, country, events) in found.map_err(|error| database.not_applied(&error))? {
        let name = Name::of_parts(&kind, name, &country)
            .map_err(|invalid| corrupt("search_names", "country", invalid))?;
        known.insert(name, u64::try_from(events).unwrap_or(0));
    }
    Ok(Names::matching(&known, text))
}
