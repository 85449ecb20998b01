//! Counting the events that match, by what they are.

use super::filter::push_matches;
use super::{Query, words};
use crate::adapters::postgres::database::PgDatabase;
use crate::adapters::postgres::error::corrupt;
use crate::domain::search::{Facets, SearchFilter};
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

/// Counts the events that match.
pub(in crate::adapters::postgres) async fn facets(
    database: &PgDatabase,
    filter: &SearchFilter,
    now: Timestamp,
) -> Result<Facets, RepositoryError> {
    let mut reading = database.read_search().await?;
    let text = words::accepted(database, &mut reading, filter, now).await?;
    let text = text.map(|accepted| words::all(&accepted.text));
    let mut sql = Query::new(
        "WITH matched AS MATERIALIZED (SELECT category, country, month, count(*) AS matches FROM (",
    );
    let columns = "e.category, e.country,
        date_trunc('month', e.starts_at AT TIME ZONE 'UTC') AS month";
    push_matches(
        &mut sql,
        |sql| {
            sql.push(columns);
        },
        filter,
        text.as_deref(),
        now,
        |_| {},
    );
    sql.push(") AS found GROUP BY category, country, month");
    sql.push(
        ")
        SELECT 'total' AS kind, '' AS name, coalesce(sum(matches), 0)::bigint AS matches FROM matched
        UNION ALL
        SELECT 'category', category, sum(matches)::bigint FROM matched WHERE category <> '' GROUP BY category
        UNION ALL
        SELECT 'country', country, sum(matches)::bigint FROM matched WHERE country IS NOT NULL GROUP BY country
        UNION ALL
        SELECT 'month', to_char(month, 'YYYY-MM'), sum(matches)::bigint FROM matched GROUP BY month",
    );
    let found: Result<Vec<(String, String, i64)>, _> =
        sql.build_query_as().persistent(false).fetch_all(&mut *reading).await;
    let found = found.map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    Facets::of_counts(found).map_err(|invalid| corrupt("events", "country", invalid))
}
