//! Texts in the language of FTS5.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sqlx::SqliteConnection;

use super::Searching;
use super::filter::push_some;
use crate::adapters::sqlite::error::not_applied;
use crate::adapters::sqlite::rows::json;
use crate::domain::search::{Clause, Field, Form, Level, SearchText, Way};
use crate::ports::fault::RepositoryError;

/// Reads whole shelves: of words that begin alike and are as long. There may be thousands, so they come as one value.
const WORDS_ON_SHELVES: &str = "
    SELECT group_concat(w.word, ' ') FROM json_each(?1) AS j JOIN search_words AS w ON w.shelf = j.value";

/// Words that stand on these shelves, of those that are asked for.
const KNOWN: &str = "
    SELECT w.word FROM json_each(?1) AS j
    JOIN search_words AS w ON w.shelf = j.value ->> 0 AND w.word = j.value ->> 1";

/// Queries of what must be found and what must not.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    pub(super) wanted: Option<String>,
    pub(super) excluded: Option<String>,
}

impl Words {
    /// Everything that a text asks for.
    pub(super) fn all(text: &SearchText) -> Self {
        Self {
            wanted: joined(text.wanted().iter().map(anywhere), " AND "),
            excluded: joined(text.excluded().iter().map(anywhere), " OR "),
        }
    }

    /// Everything that has a certain score.
    pub(super) fn of_level(text: &SearchText, exact: &SearchText, level: &Level) -> Self {
        let text = if level.is_exact { exact } else { text };
        let combinations = level.combinations.iter().map(|ways| {
            let found = text.wanted().iter().zip(ways).map(|(clause, way)| {
                let better = Way::of(clause).into_iter().take_while(|other| other != way);
                match joined(better.map(|way| in_way(clause, way)), " OR ") {
                    Some(better) => format!("({} NOT ({better}))", in_way(clause, *way)),
                    None => in_way(clause, *way),
                }
            });
            format!("({})", found.collect::<Vec<_>>().join(" AND "))
        });
        let all = Self::all(exact);
        let unless = all.wanted.filter(|_| !level.is_exact);
        let excluded = all.excluded.into_iter().chain(unless);
        Self { wanted: joined(combinations, " OR "), excluded: joined(excluded, " OR ") }
    }
}

fn joined(queries: impl Iterator<Item = String>, operator: &str) -> Option<String> {
    let queries: Vec<String> = queries.map(|query| format!("({query})")).collect();
    (!queries.is_empty()).then(|| queries.join(operator))
}

/// Returns the text by which a filter finds. Words that are spelt like those of it are accepted if that is said, or if
/// nothing is said and few events match.
pub(super) async fn accepted<'a>(
    searching: &mut Searching<'a>,
    is_forgiving: Option<bool>,
) -> Result<Option<Cow<'a, SearchText>>, RepositoryError> {
    let Some(text) = &searching.filter.text else { return Ok(None) };
    let is_enough = if let Some(is_forgiving) = is_forgiving {
        !is_forgiving
    } else {
        let enough = SearchText::ENOUGH;
        text.shelves().is_empty() || count(searching, text, enough).await? >= enough
    };
    if is_enough {
        return Ok(Some(Cow::Borrowed(text)));
    }
    let forgiving = forgiving(&mut searching.reading, text).await?;
    Ok(Some(forgiving.map_or(Cow::Borrowed(text), Cow::Owned)))
}

/// Returns the text with words that are spelt like those of it, if the catalogue has any.
pub(super) async fn forgiving(
    reading: &mut SqliteConnection,
    text: &SearchText,
) -> Result<Option<SearchText>, RepositoryError> {
    let shelves = text.shelves();
    if shelves.is_empty() {
        return Ok(None);
    }
    let known: Option<String> = sqlx::query_scalar(WORDS_ON_SHELVES)
        .bind(json(&shelves)?)
        .fetch_one(reading)
        .await
        .map_err(not_applied)?;
    Ok(text.forgiving(known.unwrap_or_default().split(' ')))
}

/// Returns those of the words that are looked for which the catalogue has.
pub(super) async fn known(
    searching: &mut Searching<'_>,
) -> Result<BTreeSet<String>, RepositoryError> {
    let words = searching.filter.text.as_ref().map(SearchText::on_shelves).unwrap_or_default();
    let known: Vec<String> = sqlx::query_scalar(KNOWN)
        .bind(json(&words)?)
        .fetch_all(&mut *searching.reading)
        .await
        .map_err(not_applied)?;
    Ok(known.into_iter().collect())
}

/// Counts the events that a filter finds with a text, up to a limit.
pub(super) async fn count(
    searching: &mut Searching<'_>,
    text: &SearchText,
    limit: usize,
) -> Result<usize, RepositoryError> {
    let (filter, now) = (searching.filter, searching.now);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let words = Words::all(text);
    let found = searching.fetch(|sql| push_some(sql, filter, &words, now, limit)).await?;
    Ok(found.len())
}

/// Writes the full-text query of a clause in any column and form. A phrase stands within one column.
fn anywhere(clause: &Clause) -> String {
    let form = if clause.is_beginning { Form::Beginning } else { Form::Whole };
    let mut query = by(clause, form);
    if !clause.close.is_empty() {
        query = format!("{query} OR {}", by(clause, Form::Close));
    }
    format!("({query})")
}

/// Writes the full-text query of a clause in one form. Words are letters and digits, so that nothing in them is an
/// operator; quoted, they are not taken for one as a whole either.
fn by(clause: &Clause, form: Form) -> String {
    let phrase = format!("\"{}\"", clause.words.join(" "));
    match form {
        Form::Whole => phrase,
        Form::Beginning => format!("{phrase} *"),
        Form::Close => {
            let words: Vec<String> =
                clause.close.iter().map(|word| format!("\"{word}\"")).collect();
            words.join(" OR ")
        }
    }
}

fn in_way(clause: &Clause, way: Way) -> String {
    let column = match way.field {
        Field::Title => "title",
        Field::Labels => "labels",
        Field::Description => "description",
    };
    format!("{column} : ({})", by(clause, way.form))
}

/// Lists clause, score without typos, score, and full-text query of every way in which a clause may count.
pub(super) fn ways(text: &SearchText) -> Vec<(usize, u32, u32, String)> {
    let mut ways = Vec::new();
    for (index, clause) in text.wanted().iter().enumerate() {
        for way in Way::of(clause) {
            let exact = if way.form == Form::Close { 0 } else { way.score };
            ways.push((index, exact, way.score, in_way(clause, way)));
        }
    }
    ways
}
