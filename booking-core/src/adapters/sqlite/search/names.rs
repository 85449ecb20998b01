//! Categories and cities, for those who type one of them.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::words;
use crate::adapters::sqlite::database::SqliteDatabase;
use crate::adapters::sqlite::error::{corrupt, not_applied};
use crate::adapters::sqlite::rows::json;
use crate::domain::search::{Name, Names, SearchText};
use crate::domain::time::{Month, Timestamp};
use crate::ports::fault::RepositoryError;

/// A name may have several of the words, and is counted once.
const CANDIDATES: &str = "
    SELECT kind, name, country, max(events) FROM (
        SELECT word, kind, name, country, sum(events) AS events FROM search_names
        WHERE (word >= ?1 AND word < ?2 OR word IN (SELECT value FROM json_each(?3))) AND ends_month >= ?4
        GROUP BY word, kind, name, country
    )
    WHERE events > 0
    GROUP BY kind, name, country";

/// Returns the names that a text may mean.
pub(in crate::adapters::sqlite) async fn names(
    database: &SqliteDatabase,
    text: &SearchText,
    now: Timestamp,
) -> Result<Names, RepositoryError> {
    let (mut reading, _turn) = database.begin_search().await?;
    let names = matching(&mut reading, text, now).await?;
    if names.is_empty()
        && let Some(text) = words::forgiving(&mut reading, text).await?
    {
        return matching(&mut reading, &text, now).await;
    }
    Ok(names)
}

async fn matching(
    reading: &mut SqliteConnection,
    text: &SearchText,
    now: Timestamp,
) -> Result<Names, RepositoryError> {
    let Some(lookup) = text.lookup() else { return Ok(Names::default()) };
    let found: Vec<(String, String, String, i64)> = sqlx::query_as(CANDIDATES)
        .bind(lookup.from)
        .bind(lookup.before)
        .bind(json(&lookup.words)?)
        .bind(Month::of(now).beginning().as_micros())
        .fetch_all(reading)
        .await
        .map_err(not_applied)?;
    let mut known = BTreeMap::new();
    for (kind, name, country, events) in found {
        let name = Name::of_parts(&kind, name, &country)
            .map_err(|invalid| corrupt("search_names", "country", invalid))?;
        known.insert(name, u64::try_from(events).unwrap_or(0));
    }
    Ok(Names::matching(&known, text))
}
