//! Counting the events that match, by what they are.

use super::Query;
use super::filter::push_matches;
use super::words::{self, Words};
use crate::adapters::sqlite::database::SqliteDatabase;
use crate::adapters::sqlite::error::{corrupt, not_applied};
use crate::domain::search::{Facets, SearchFilter};
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

/// Counts the events that match.
pub(in crate::adapters::sqlite) async fn facets(
    database: &SqliteDatabase,
    filter: &SearchFilter,
    now: Timestamp,
) -> Result<Facets, RepositoryError> {
    let mut reading = database.begin_reading().await?;
    let text = words::accepted(&mut reading, filter, now).await?;
    let words = text.as_deref().map(Words::all);
    let mut sql = Query::new(
        "WITH matched AS MATERIALIZED (SELECT category, country, month, count(*) AS matches FROM (",
    );
    // Seconds are rounded down, also before 1970.
    let columns = |sql: &mut Query| {
        sql.push(
            "e.category, e.country,
            strftime('%Y-%m', (e.starts_at - (e.starts_at % 1000000 + 1000000) % 1000000) / 1000000,
                'unixepoch') AS month",
        );
    };
    push_matches(&mut sql, columns, filter, words.as_ref(), now, |_| {});
    sql.push(") GROUP BY category, country, month");
    sql.push(
        ")
        SELECT 'total' AS kind, '' AS name, coalesce(sum(matches), 0) AS matches FROM matched
        UNION ALL
        SELECT 'category', category, sum(matches) FROM matched WHERE category <> '' GROUP BY category
        UNION ALL
        SELECT 'country', country, sum(matches) FROM matched WHERE country IS NOT NULL GROUP BY country
        UNION ALL
        SELECT 'month', month, sum(matches) FROM matched GROUP BY month",
    );
    let found: Vec<(String, String, i64)> =
        sql.build_query_as().fetch_all(&mut *reading).await.map_err(not_applied)?;
    Facets::of_counts(found).map_err(|invalid| corrupt("events", "country", invalid))
}
