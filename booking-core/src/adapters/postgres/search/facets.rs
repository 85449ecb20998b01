//! Counting the events that match, by what they are.

use sqlx::FromRow;

use super::filter::push_matches;
use super::{Query, Searching, words};
use crate::adapters::postgres::database::PgDatabase;
use crate::adapters::postgres::error::corrupt;
use crate::adapters::postgres::instant::Instant;
use crate::domain::search::{Facets, SearchFilter};
use crate::domain::time::{Month, Timestamp};
use crate::ports::fault::RepositoryError;

/// Counts the events that match.
pub(in crate::adapters::postgres) async fn facets(
    database: &PgDatabase,
    filter: &SearchFilter,
    now: Timestamp,
) -> Result<Facets, RepositoryError> {
    let mut searching = Searching::begin(database, filter, now).await?;
    let accepted = words::accepted(&mut searching, None).await?;
    let text = accepted.map(|accepted| words::all(&accepted.text));
    let rows = searching.fetch(|sql| push_facets(sql, filter, text.as_deref(), now)).await?;
    searching.end().await?;
    let counts: Result<Vec<(String, String, i64)>, _> =
        rows.iter().map(FromRow::from_row).collect();
    let counts = counts.map_err(|error| database.not_applied(&error))?;
    Facets::of_counts(counts).map_err(|invalid| corrupt("events", "country", invalid))
}

fn push_facets(sql: &mut Query, filter: &SearchFilter, text: Option<&str>, now: Timestamp) {
    sql.push("WITH matched AS MATERIALIZED (");
    if filter.is_kept() {
        sql.push("SELECT category, country, month, sum(matches)::bigint AS matches FROM (");
        push_kept(sql, filter, now);
        if !filter.include_past {
            let end = Instant::from(Month::of(now).end());
            sql.push(" UNION ALL ");
            push_counted(sql, filter, None, now, |sql| {
                sql.push(" AND e.ends_at < ").push_bind(end);
            });
        }
        sql.push(") AS counted GROUP BY category, country, month");
    } else {
        push_counted(sql, filter, text, now, |_| {});
    }
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
}

/// Appends the events that match, counted by category, country and month.
fn push_counted(
    sql: &mut Query,
    filter: &SearchFilter,
    text: Option<&str>,
    now: Timestamp,
    tail: impl Fn(&mut Query),
) {
    let columns = |sql: &mut Query| {
        sql.push(
            "e.category, e.country, date_trunc('month', e.starts_at AT TIME ZONE 'UTC') AS month",
        );
    };
    sql.push("SELECT category, country, month, count(*) AS matches FROM (");
    push_matches(sql, columns, filter, text, now, tail);
    sql.push(") AS found GROUP BY category, country, month");
}

/// Appends the counts that are kept, but for events that end in the present month, if those that are over do not count.
fn push_kept(sql: &mut Query, filter: &SearchFilter, now: Timestamp) {
    sql.push("SELECT category, nullif(country, '') AS country, starts_month AT TIME ZONE 'UTC' AS month, events AS matches");
    sql.push(" FROM search_counts WHERE events > 0");
    if !filter.include_past {
        sql.push(" AND ends_month > ").push_bind(Instant::from(now));
    }
    if let Some(category) = &filter.category {
        sql.push(" AND category = ").push_bind(category.clone());
    }
    if let Some(country) = filter.country {
        sql.push(" AND country = ").push_bind(country.code());
    }
    if let Some(from) = filter.starts_from {
        sql.push(" AND starts_month >= ").push_bind(Instant::from(from));
    }
    if let Some(before) = filter.starts_before {
        sql.push(" AND starts_month < ").push_bind(Instant::from(before));
    }
}
