//! Counts and names that are kept with each change of the catalogue.

use sqlx::SqliteConnection;

use crate::adapters::sqlite::error::not_applied;
use crate::adapters::sqlite::rows::json;
use crate::domain::search::Tally;
use crate::ports::fault::RepositoryError;

const COUNT: &str = "
    INSERT INTO search_counts AS c (ends_month, starts_month, category, country, events)
    SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4
    FROM jsonb_each(?1) AS j WHERE true
    ON CONFLICT DO UPDATE SET events = c.events + excluded.events";

const COUNT_NAMES: &str = "
    INSERT INTO search_names AS c (word, kind, name, country, ends_month, events)
    SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4, j.value ->> 5
    FROM jsonb_each(?1) AS j WHERE true
    ON CONFLICT DO UPDATE SET events = c.events + excluded.events";

/// Adds what a transaction changes to the counts that are kept.
pub(in crate::adapters::sqlite) async fn write(
    connection: &mut SqliteConnection,
    tally: &Tally,
) -> Result<(), RepositoryError> {
    let groups = tally.groups().map(|(group, by)| {
        let months = (group.ends.beginning().as_micros(), group.starts.beginning().as_micros());
        (months.0, months.1, &group.category, group.country.map_or("", |c| c.code()), by)
    });
    let groups: Vec<_> = groups.collect();
    let mut names = Vec::new();
    for (name, month, by) in tally.names() {
        let (kind, text, country) = name.parts();
        for word in name.words() {
            names.push((word, kind, text, country, month.beginning().as_micros(), by));
        }
    }
    if !groups.is_empty() {
        let query = sqlx::query(COUNT).bind(json(&groups)?);
        query.execute(&mut *connection).await.map_err(not_applied)?;
    }
    if !names.is_empty() {
        let query = sqlx::query(COUNT_NAMES).bind(json(&names)?);
        query.execute(&mut *connection).await.map_err(not_applied)?;
    }
    Ok(())
}
