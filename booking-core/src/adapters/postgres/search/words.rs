//! Texts in SQL: every word of an event is a lexeme that begins with the letter of the text in which it stands, so that
//! the planner knows how many titles have a word, and how many descriptions.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::filter::push_matches;
use super::{Query, Searching};
use crate::adapters::postgres::database::{PgDatabase, Reading};
use crate::domain::search::{Clause, Field, Form, Level, SearchDocument, SearchText, Way};
use crate::ports::fault::RepositoryError;

/// Reads whole shelves: of words that begin alike and are as long.
const WORDS_ON_SHELVES: &str =
    "SELECT string_agg(word, ' ') FROM search_words WHERE shelf = ANY($1)";

/// Words that stand on these shelves, of those that are asked for.
const KNOWN: &str = "
    SELECT w.word FROM unnest($1::text[], $2::text[]) AS n (shelf, word)
    JOIN search_words AS w ON w.shelf = n.shelf AND w.word = n.word";

/// The text by which a filter finds, and how many events the planner expects of it.
pub(super) struct Accepted<'a> {
    pub(super) text: Cow<'a, SearchText>,
    pub(super) expected: u64,
}

impl Accepted<'_> {
    /// Tells whether words that are spelt like those of the text are accepted.
    pub(super) const fn is_forgiving(&self) -> bool {
        matches!(self.text, Cow::Owned(_))
    }
}

/// Returns the text by which a filter finds. Words that are spelt like those of it are accepted if that is said, or if
/// nothing is said and few events match.
pub(super) async fn accepted<'a>(
    searching: &mut Searching<'a>,
    is_forgiving: Option<bool>,
) -> Result<Option<Accepted<'a>>, RepositoryError> {
    let Some(text) = &searching.filter.text else { return Ok(None) };
    let expected = estimate(searching, text).await?;
    let as_typed = Accepted { text: Cow::Borrowed(text), expected };
    let is_enough = match is_forgiving {
        Some(is_forgiving) => !is_forgiving,
        None => text.shelves().is_empty() || is_enough(searching, text, expected).await?,
    };
    if is_enough {
        return Ok(Some(as_typed));
    }
    let Some(forgiving) = forgiving(searching.database, &mut searching.reading, text).await? else {
        return Ok(Some(as_typed));
    };
    let expected = estimate(searching, &forgiving).await?;
    Ok(Some(Accepted { text: Cow::Owned(forgiving), expected }))
}

/// Returns the text with words that are spelt like those of it, if the catalogue has any.
pub(super) async fn forgiving(
    database: &PgDatabase,
    reading: &mut Reading,
    text: &SearchText,
) -> Result<Option<SearchText>, RepositoryError> {
    let shelves = text.shelves();
    if shelves.is_empty() {
        return Ok(None);
    }
    let known: Result<Option<String>, _> =
        database.query_scalar(WORDS_ON_SHELVES).bind(shelves).fetch_one(&mut **reading).await;
    let known = known.map_err(|error| database.not_applied(&error))?.unwrap_or_default();
    Ok(text.forgiving(known.split(' ')))
}

/// Returns those of the words that are looked for which the catalogue has.
pub(super) async fn known(
    searching: &mut Searching<'_>,
) -> Result<BTreeSet<String>, RepositoryError> {
    let words = searching.filter.text.as_ref().map(SearchText::on_shelves).unwrap_or_default();
    let (shelves, words): (Vec<String>, Vec<String>) = words.into_iter().unzip();
    let known = searching.database.query_scalar::<String>(KNOWN).bind(shelves).bind(words);
    let known = known.fetch_all(&mut *searching.reading).await;
    let known = known.map_err(|error| searching.database.not_applied(&error))?;
    Ok(known.into_iter().collect())
}

/// If the planner expects more events than this, they are frequent enough to be met by chance, without the index of
/// words. What is rarer than its statistics know may be far rarer than it expects.
const FREQUENT: u64 = 20_000;

/// Tells whether a filter finds so many events with a text that nothing has to be forgiven.
async fn is_enough(
    searching: &mut Searching<'_>,
    text: &SearchText,
    expected: u64,
) -> Result<bool, RepositoryError> {
    let (filter, now) = (searching.filter, searching.now);
    let enough = i64::try_from(SearchText::ENOUGH).unwrap_or(i64::MAX);
    let words = all(text);
    let tail = |sql: &mut Query| {
        if expected > FREQUENT {
            sql.push(" LIMIT ").push_bind(enough);
        } else {
            // The planner looks for all of them, and so for the best way to all of them.
            sql.push(" OFFSET 0");
        }
    };
    let found = searching
        .fetch(|sql| {
            sql.push("SELECT 1 FROM (");
            push_matches(sql, push_one, filter, Some(&words), now, tail);
            sql.push(") AS found LIMIT ").push_bind(enough);
        })
        .await?;
    Ok(found.len() >= SearchText::ENOUGH)
}

/// Returns how many events the planner expects a filter to find with a text.
async fn estimate(
    searching: &mut Searching<'_>,
    text: &SearchText,
) -> Result<u64, RepositoryError> {
    let (filter, now) = (searching.filter, searching.now);
    let words = all(text);
    let plan = searching
        .explain(|sql| {
            sql.push("SELECT 1 FROM (");
            push_matches(sql, push_one, filter, Some(&words), now, |_| {});
            sql.push(") AS found");
        })
        .await?;
    let rows = plan.first().and_then(|line| line.split_once("rows=")).map(|(_, rest)| rest);
    let rows = rows.and_then(|rest| rest.split(' ').next()).and_then(|rows| rows.parse().ok());
    Ok(rows.unwrap_or(0))
}

fn push_one(sql: &mut Query) {
    sql.push("1");
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

/// Writes the query of everything that has a certain score.
pub(super) fn level(text: &SearchText, exact: &SearchText, level: &Level) -> String {
    let text = if level.is_exact { exact } else { text };
    let combinations = level.combinations.iter().map(|ways| {
        let found = text.wanted().iter().zip(ways).map(|(clause, way)| {
            let better = Way::of(clause).into_iter().take_while(|other| other != way);
            let unless = better.map(|way| format!("!{}", by(clause, way)));
            std::iter::once(by(clause, *way)).chain(unless).collect::<Vec<_>>().join(" & ")
        });
        format!("({})", found.collect::<Vec<_>>().join(" & "))
    });
    let any = format!("({})", combinations.collect::<Vec<_>>().join(" | "));
    let excluded = text.excluded().iter().map(|clause| format!(" & !{}", anywhere(clause)));
    let unless = if level.is_exact { String::new() } else { format!(" & !({})", all(exact)) };
    format!("{any}{}{unless}", excluded.collect::<String>())
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
    format!("({})", ways.map(|way| by(clause, *way)).collect::<Vec<_>>().join(" | "))
}

/// Writes the query of a clause in one text and form.
pub(super) fn by(clause: &Clause, way: Way) -> String {
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
            sql.push(" WHEN e.words @@ ").push_bind(by(clause, way)).push("::tsquery THEN ");
            sql.push(way.score.to_string());
        }
        sql.push(" ELSE 0 END");
    }
}
