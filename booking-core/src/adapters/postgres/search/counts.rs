//! Counts and names that are kept with each change of the catalogue.

use crate::adapters::postgres::books::Session;
use crate::adapters::postgres::instant::Instant;
use crate::domain::search::Tally;
use crate::ports::fault::RepositoryError;

const COUNT: &str = "
    INSERT INTO search_counts AS c (ends_month, starts_month, category, country, events)
    SELECT * FROM unnest($1::timestamptz[], $2::timestamptz[], $3::text[], $4::text[], $5::bigint[])
        AS n (ends_month, starts_month, category, country, events)
    ORDER BY ends_month, starts_month, category COLLATE \"C\", country COLLATE \"C\"
    ON CONFLICT (ends_month, starts_month, category, country) DO UPDATE SET events = c.events + excluded.events";

const COUNT_NAMES: &str = "
    INSERT INTO search_names AS c (word, kind, name, country, ends_month, events)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[])
        AS n (word, kind, name, country, ends_month, events)
    ORDER BY word COLLATE \"C\", kind COLLATE \"C\", name COLLATE \"C\", country COLLATE \"C\", ends_month
    ON CONFLICT (word, kind, name, country, ends_month) DO UPDATE SET events = c.events + excluded.events";

/// Adds what a transaction changes to the counts that are kept.
///
/// Whoever counts waits for others who count the same. So a transaction counts once, in order, and after everything
/// that locks an event.
pub(in crate::adapters::postgres) async fn write(
    session: &mut Session<'_>,
    tally: &Tally,
) -> Result<(), RepositoryError> {
    if tally.groups().next().is_some() {
        count_groups(session, tally).await?;
    }
    if tally.names().next().is_some() {
        count_names(session, tally).await?;
    }
    Ok(())
}

async fn count_groups(session: &mut Session<'_>, tally: &Tally) -> Result<(), RepositoryError> {
    let (mut ends, mut starts) = (Vec::new(), Vec::new());
    let (mut categories, mut countries, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for (group, by) in tally.groups() {
        ends.push(Instant::from(group.ends.beginning()));
        starts.push(Instant::from(group.starts.beginning()));
        categories.push(group.category.clone());
        countries.push(group.country.map_or("", |country| country.code()));
        events.push(by);
    }
    let query = session.database.query(COUNT);
    let query = query.bind(ends).bind(starts).bind(categories).bind(countries).bind(events);
    let counted = query.execute(&mut *session.connection).await;
    counted.map(drop).map_err(|error| session.database.not_applied(&error))
}

async fn count_names(session: &mut Session<'_>, tally: &Tally) -> Result<(), RepositoryError> {
    let (mut words, mut kinds, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let (mut countries, mut ends, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for (name, month, by) in tally.names() {
        let (kind, text, country) = name.parts();
        for word in name.words() {
            words.push(word);
            kinds.push(kind);
            names.push(text.to_owned());
            countries.push(country);
            ends.push(Instant::from(month.beginning()));
            events.push(by);
        }
    }
    let query = session.database.query(COUNT_NAMES);
    let query = query.bind(words).bind(kinds).bind(names).bind(countries).bind(ends).bind(events);
    let counted = query.execute(&mut *session.connection).await;
    counted.map(drop).map_err(|error| session.database.not_applied(&error))
}
