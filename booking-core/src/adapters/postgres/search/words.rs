//! Texts in SQL: every word of an event is a lexeme that begins with the letter of the text in which it stands, so that
//! the planner knows how many titles have a word, and how many descriptions.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::Query;
use super::filter::{FROM, push_filter};
use crate::adapters::postgres::database::{PgDatabase, Reading};
use crate::domain::search::{Clause, Field, Form, SearchDocument, SearchFilter, SearchText, Way};
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

/// Reads whole shelves: of words that begin alike and are as long.
const WORDS_ON_SHELVES: &str =
    "SELECT string_agg(word, ' ') FROM search_words WHERE shelf = ANY($1)";

/// Returns the text by which a filter finds: if it finds few events, words that are spelt like those of it are accepted,
/// too.
pub(super) async fn accepted<'a>(
    database: &PgDatabase,
    reading: &mut Reading,
    filter: &'a SearchFilter,
    now: Timestamp,
) -> Result<Option<Cow<'a, SearchText>>, RepositoryError> {
    let Some(text) = &filter.text else { return Ok(None) };
    let shelves = text.shelves();
    if shelves.is_empty()
        || count(database, reading, filter, text, now, SearchText::ENOUGH).await?
            >= SearchText::ENOUGH
    {
        return Ok(Some(Cow::Borrowed(text)));
    }
    let known: Result<Option<String>, _> =
        database.query_scalar(WORDS_ON_SHELVES).bind(shelves).fetch_one(&mut **reading).await;
    let known = known.map_err(|error| database.not_applied(&error))?.unwrap_or_default();
    Ok(Some(text.forgiving(known.split(' ')).map_or(Cow::Borrowed(text), Cow::Owned)))
}

/// Counts the events that a filter finds with a text, up to a limit.
pub(super) async fn count(
    database: &PgDatabase,
    reading: &mut Reading,
    filter: &SearchFilter,
    text: &SearchText,
    now: Timestamp,
    limit: usize,
) -> Result<usize, RepositoryError> {
    let mut sql = Query::new("SELECT count(*) FROM (SELECT 1");
    sql.push(FROM);
    push_filter(&mut sql, filter, Some(text), now);
    sql.push(" LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX)).push(") AS few");
    let counted: Result<i64, _> =
        sql.build_query_scalar().persistent(false).fetch_one(&mut **reading).await;
    let counted = counted.map_err(|error| database.not_applied(&error))?;
    Ok(usize::try_from(counted).unwrap_or(0))
}

/// Writes the words of an event as a `tsvector`, each at its place in its text.
pub(in crate::adapters::postgres) fn vector(document: &SearchDocument) -> String {
    let mut vector = String::new();
    for field in Field::ALL {
        for (place, word) in document.words(field).iter() {
            let _ = write!(vector, "{}:{} ", lexeme(field, word), place + 1);
        }
    }
    vector
}

/// Writes the query of everything that a text asks for.
pub(super) fn all(text: &SearchText) -> String {
    let wanted = text.wanted().iter().map(anywhere);
    let excluded = text.excluded().iter().map(|clause| format!("!{}", anywhere(clause)));
    wanted.chain(excluded).collect::<Vec<_>>().join(" & ")
}

/// Writes what has to be added to a query of what is wanted.
pub(super) fn none_of(text: &SearchText) -> String {
    text.excluded().iter().map(|clause| format!(" & !{}", anywhere(clause))).collect()
}

/// Writes the query of a clause in any text and form.
fn anywhere(clause: &Clause) -> String {
    let widest = |way: &Way| match way.form {
        Form::Whole => !clause.is_beginning,
        Form::Beginning | Form::Close => true,
    };
    either(clause, Way::of(clause).iter().filter(|way| widest(way)))
}

fn either<'a>(clause: &Clause, ways: impl Iterator<Item = &'a Way>) -> String {
    format!("({})", ways.map(|way| by(clause, way)).collect::<Vec<_>>().join(" | "))
}

/// Writes the query of a clause in one text and form.
pub(super) fn by(clause: &Clause, way: &Way) -> String {
    let joined = |words: &[String], operator: &str| {
        words.iter().map(|word| lexeme(way.field, word)).collect::<Vec<_>>().join(operator)
    };
    match way.form {
        Form::Whole => format!("({})", joined(&clause.words, " <-> ")),
        Form::Beginning => format!("({}:*)", joined(&clause.words, " <-> ")),
        Form::Close => format!("({})", joined(&clause.close, " | ")),
    }
}

/// Quotes a word of a text. Folded words are letters and digits, so quotes are enough.
fn lexeme(field: Field, word: &str) -> String {
    let letter = match field {
        Field::Title => 't',
        Field::Labels => 'l',
        Field::Description => 'd',
    };
    format!("'{letter}{word}'")
}

/// Appends how well an event matches: [`SearchDocument::score`], for events that match.
pub(super) fn push_score(sql: &mut Query, text: &SearchText) {
    let is_forgiving = text.wanted().iter().any(|clause| !clause.close.is_empty());
    if is_forgiving {
        let exact = text.exact();
        sql.push("CASE WHEN e.words @@ ").push_bind(all(&exact)).push("::tsquery THEN ");
        push_sum(sql, &exact, SearchDocument::EXACT);
        sql.push(" ELSE ");
        push_sum(sql, text, 0);
        sql.push(" END");
    } else {
        push_sum(sql, text, SearchDocument::EXACT);
    }
}

fn push_sum(sql: &mut Query, text: &SearchText, base: u32) {
    sql.push(base.to_string()).push("::bigint");
    for clause in text.wanted() {
        sql.push(" + CASE");
        for way in Way::of(clause) {
            sql.push(" WHEN e.words @@ ").push_bind(by(clause, &way)).push("::tsquery THEN ");
            sql.push(way.score.to_string());
        }
        sql.push(" ELSE 0 END");
    }
}
