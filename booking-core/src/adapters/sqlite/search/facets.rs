//! Counting the events that match, by what they are.

use sqlx::FromRow;

use super::filter::push_matches;
use super::words::{self, Words};
use super::{Query, Searching};
use crate::adapters::sqlite::database::SqliteDatabase;
use crate::adapters::sqlite::error::{corrupt, not_applied};
use crate::domain::search::{Facets, SearchFilter};
use crate::domain::time::{Month, Timestamp};
use crate::ports::fault::RepositoryError;

/// Counts the events that match.
pub(in crate::adapters::sqlite) async fn facets(
    database: &SqliteDatabase,
    filter: &SearchFilter,
    now: Timestamp,
) -> Result<Facets, RepositoryError> {
    let mut searching = Searching::begin(database, filter, now).await?;
    let text = words::accepted(&mut searching, None).await?;
    let words = text.as_deref().map(Words::all);
    let rows = searching.fetch(|sql| push_facets(sql, filter, words.as_ref(), now)).await?;
    let counts: Result<Vec<(String, String, i64)>, _> =
        rows.iter().map(FromRow::from_row).collect();
    let counts = counts.map_err(not_applied)?;
    Facets::of_counts(counts).map_err(|invalid| corrupt("events", "country", invalid))
}

fn push_facets(sql: &mut Query, filter: &SearchFilter, words: Option<&Words>, now: Timestamp) {
    sql.push("WITH matched AS MATERIALIZED (");
    if filter.is_kept() {
        sql.push("SELECT category, country, month, sum(matches) AS matches FROM (");
        push_kept(sql, filter, now);
        if !filter.include_past {
            let end = Month::of(now).end().as_micros();
            sql.push(" UNION ALL ");
            push_counted(sql, filter, None, now, |sql| {
                sql.push(" AND e.ends_at < ").push_bind(end);
            });
        }
        sql.push(") GROUP BY category, country, month");
    } else {
        push_counted(sql, filter, words, now, |_| {});
    }
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
}

/// Appends the events that match, counted by category, country and month.
fn push_counted(
    sql: &mut Query,
    filter: &SearchFilter,
    words: Option<&Words>,
    now: Timestamp,
    tail: impl Fn(&mut Query),
) {
    // Seconds are rounded down, also before 1970.
    let columns = |sql: &mut Query| {
        sql.push(
            "e.category, e.country,
            strftime('%Y-%m', (e.starts_at - (e.starts_at % 1000000 + 1000000) % 1000000) / 1000000,
                'unixepoch') AS month",
        );
    };
    sql.push("SELECT category, country, month, count(*) AS matches FROM (");
    push_matches(sql, columns, filter, words, now, tail);
    sql.push(") GROUP BY category, country, month");
}

/// Appends the counts that are kept, but for events that end in the present month, if those that are over do not count.
fn push_kept(sql: &mut Query, filter: &SearchFilter, now: Timestamp) {
    sql.push("SELECT category, nullif(country, '') AS country,");
    sql.push(" strftime('%Y-%m', starts_month / 1000000, 'unixepoch') AS month, events AS matches");
    sql.push(" FROM search_counts WHERE events > 0");
    if !filter.include_past {
        sql.push(" AND ends_month > ").push_bind(now.as_micros());
    }
    if let Some(category) = &filter.category {
        sql.push(" AND category = ").push_bind(category.clone());
    }
    if let Some(country) = filter.country {
        sql.push(" AND country = ").push_bind(country.code());
    }
    if let Some(from) = filter.starts_from {
        sql.push(" AND starts_month >= ").push_bind(from.as_micros());
    }
    if let Some(before) = filter.starts_before {
        sql.push(" AND starts_month < ").push_bind(before.as_micros());
    }
}
