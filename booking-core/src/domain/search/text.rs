//! What somebody looks for in the texts of events.

#[cfg(any(feature = "postgres", feature = "sqlite"))]
use std::collections::BTreeSet;
use std::fmt;

use super::fold::{Run, fold, push_pairs, runs};
use super::spelling;
use crate::domain::invalid::Invalid;

/// What somebody looks for in the texts of events: words and quoted phrases, of which all must be found, and such
/// that must not be found.
///
/// `"open air" opera -carmen` asks for the phrase and the word, and for no *Carmen*. A word in a script without spaces
/// may be any part of a text. The word at the end may still be being typed, and is a beginning as well; a phrase is
/// not. Signs mean nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    wanted: Vec<Clause>,
    excluded: Vec<Clause>,
}

/// A word, or several that must stand side by side in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    /// One after the other.
    pub(crate) words: Vec<String>,
    /// Whether the last word is also a beginning.
    pub(crate) is_beginning: bool,
    /// How many typos are forgiven.
    typos: usize,
    /// Words that are spelt like the word, if those are wanted as well.
    pub(crate) close: Vec<String>,
}

/// Words to be looked up: from one to before another in the order of their code points, and some others.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) struct Lookup {
    pub(crate) from: String,
    pub(crate) before: String,
    pub(crate) words: Vec<String>,
}

/// A part of a text as it was typed.
enum Part<'a> {
    Word { text: &'a str, is_excluded: bool },
    Phrase { text: &'a str, is_excluded: bool },
}

impl SearchText {
    /// The longest text that is accepted, in characters.
    pub const MAX_CHARS: usize = 200;
    /// If what was typed finds fewer events than this, words that are spelt like it are accepted, too.
    pub const ENOUGH: usize = 10;
    const MAX_CLAUSES: usize = 16;
    /// Of so many words typos are forgiven: each is compared with some thousands.
    const MAX_FORGIVEN: usize = 6;

    /// Reads a text. Of more than 16 words and phrases, the first count, and of more than six words that may be
    /// misspelt, typos are forgiven in the first. A text without any word is `None`: it asks
    /// for nothing.
    pub fn new(text: &str) -> Result<Option<Self>, Invalid> {
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            let max = Self::MAX_CHARS;
            return Err(Invalid::new(format!("must not be longer than {max} characters")));
        }
        let mut read = Self { wanted: Vec::new(), excluded: Vec::new() };
        let mut is_last_typed = false;
        for part in parts(text) {
            if read.wanted.len() + read.excluded.len() >= Self::MAX_CLAUSES {
                is_last_typed = false;
                break;
            }
            match part {
                Part::Word { text, is_excluded: false } => {
                    for clause in words(text) {
                        is_last_typed = true;
                        // The later one stays: it may be the one that is being typed.
                        read.wanted.retain(|known| *known != clause);
                        read.wanted.push(clause);
                    }
                }
                Part::Phrase { text, is_excluded: false } => {
                    if let Some(clause) = phrase(text) {
                        is_last_typed = false;
                        read.wanted.retain(|known| *known != clause);
                        read.wanted.push(clause);
                    }
                }
                Part::Word { text, is_excluded: true }
                | Part::Phrase { text, is_excluded: true } => {
                    if let Some(clause) = phrase(text) {
                        is_last_typed = false;
                        if !read.excluded.contains(&clause) {
                            read.excluded.push(clause);
                        }
                    }
                }
            }
        }
        is_last_typed &= read.wanted.len() <= Self::MAX_CLAUSES;
        read.wanted.truncate(Self::MAX_CLAUSES);
        let misspelt = read.wanted.iter_mut().filter(|clause| clause.typos > 0);
        misspelt.skip(Self::MAX_FORGIVEN).for_each(|clause| clause.typos = 0);
        if let Some(last) = read.wanted.last_mut().filter(|_| is_last_typed) {
            last.is_beginning = true;
        }
        Ok((!read.wanted.is_empty() || !read.excluded.is_empty()).then_some(read))
    }

    /// What must be found.
    pub(crate) fn wanted(&self) -> &[Clause] {
        &self.wanted
    }

    /// What must not be found.
    pub(crate) fn excluded(&self) -> &[Clause] {
        &self.excluded
    }

    /// Returns the text as it was typed, without words that are spelt like those of it.
    #[cfg(any(test, feature = "postgres", feature = "sqlite"))]
    pub(crate) fn exact(&self) -> Self {
        let mut exact = self.clone();
        for clause in &mut exact.wanted {
            clause.close.clear();
        }
        exact
    }

    /// Returns the shelves of words among which there may be such that are spelt like those of the text. There are
    /// none if none of its words can be misspelt.
    #[cfg(any(test, feature = "postgres", feature = "sqlite"))]
    pub(crate) fn shelves(&self) -> Vec<String> {
        let mut shelves: Vec<String> = self.wanted.iter().flat_map(Clause::shelves).collect();
        shelves.sort_unstable();
        shelves.dedup();
        shelves
    }

    /// Returns the words that the text names, with their shelves. Those that are too short or have digits stand on
    /// none.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn on_shelves(&self) -> Vec<(String, String)> {
        let words = self.wanted.iter().chain(&self.excluded).flat_map(|clause| &clause.words);
        words.filter_map(|word| Some((spelling::shelf(word)?, word.clone()))).collect()
    }

    /// Writes the text down, with `?` for every word that is none of these.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn shown(&self, words: &BTreeSet<String>) -> String {
        let wanted = self.wanted.iter().map(|clause| ("", clause));
        let excluded = self.excluded.iter().map(|clause| ("-", clause));
        let shown = wanted.chain(excluded).map(|(sign, clause)| {
            let known = clause.words.iter().map(|word| words.get(word).map_or("?", String::as_str));
            let text = known.collect::<Vec<_>>().join(" ");
            let quote = if clause.words.len() > 1 { "\"" } else { "" };
            let end = if clause.is_beginning { "*" } else { "" };
            format!("{sign}{quote}{text}{end}{quote}")
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    /// Returns how to look up what may match: words of which each match has one. `None` if the text only excludes.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn lookup(&self) -> Option<Lookup> {
        // The longest is the rarest, as far as anybody can tell. No word has a letter below the first one of Unicode that
        // is written.
        let length = |clause: &&Clause| clause.words.first().map_or(0, |word| word.chars().count());
        let clause = self.wanted.iter().max_by_key(length)?;
        let first = clause.words.first()?;
        let is_beginning = clause.is_beginning && clause.words.len() == 1;
        let end =
            if is_beginning { format!("{first}{}", char::MAX) } else { format!("{first}\u{1}") };
        Some(Lookup { from: first.clone(), before: end, words: clause.close.clone() })
    }

    /// Returns the text with which words that are spelt like those of it are found, too, if there are such words
    /// among those that are known.
    pub(crate) fn forgiving<'a>(&self, known: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut forgiving = self.clone();
        for word in known {
            for clause in &mut forgiving.wanted {
                clause.forgive(word);
            }
        }
        for clause in &mut forgiving.wanted {
            clause.close.sort_unstable();
            clause.close.dedup();
        }
        (forgiving != *self).then_some(forgiving)
    }
}

/// Writes what the text asks for: texts that ask for the same read the same, and no others do.
impl fmt::Display for SearchText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (sign, clauses) in [("+", &self.wanted), ("-", &self.excluded)] {
            for clause in clauses {
                let end = if clause.is_beginning { "*" } else { "" };
                let typos = clause.typos;
                write!(f, "{sign}{}{end}~{typos}|", clause.words.join(" "))?;
            }
        }
        Ok(())
    }
}

impl Clause {
    #[cfg(any(test, feature = "postgres", feature = "sqlite"))]
    fn shelves(&self) -> Vec<String> {
        match self.words.as_slice() {
            [word] if self.typos > 0 => spelling::shelves(word, self.typos),
            _ => Vec::new(),
        }
    }

    /// Accepts a word that is spelt like this one, unless it is found anyway.
    fn forgive(&mut self, known: &str) {
        let [word] = self.words.as_slice() else { return };
        let is_found = if self.is_beginning { known.starts_with(word) } else { known == word };
        if self.typos > 0 && !is_found && spelling::is_close(known, word, self.typos) {
            self.close.push(known.to_owned());
        }
    }
}

/// Takes a text apart at spaces and quotes. A quote that nothing closes is a space, and after a hyphen all that follows
/// is excluded: somebody is still typing it.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    const QUOTES: [char; 4] = ['"', '“', '”', '„'];
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            let bare = rest.trim_start_matches('-');
            let is_excluded = bare.len() < rest.len();
            let first = bare.chars().next()?;
            if !QUOTES.contains(&first) {
                let end = bare
                    .find(|c: char| c.is_whitespace() || QUOTES.contains(&c))
                    .unwrap_or(bare.len());
                // Hyphens before a space exclude nothing.
                let (text, after) = bare.split_at(end);
                rest = after;
                if text.is_empty() {
                    continue;
                }
                return Some(Part::Word { text, is_excluded });
            }
            let quoted = &bare[first.len_utf8()..];
            if let Some((text, after)) = quoted.split_once(QUOTES) {
                rest = after;
                return Some(Part::Phrase { text, is_excluded });
            }
            if is_excluded {
                rest = "";
                return Some(Part::Phrase { text: quoted, is_excluded });
            }
            rest = quoted;
        }
    })
}

/// Reads the words of what stands between two spaces: several if a sign or a change of script parts them.
fn words(text: &str) -> Vec<Clause> {
    let folded = fold(text);
    let mut clauses = Vec::new();
    for run in runs(&folded) {
        match run {
            Run::Word(word) => clauses.push(Clause {
                words: vec![word.to_owned()],
                is_beginning: false,
                typos: spelling::forgiven(word),
                close: Vec::new(),
            }),
            Run::Unspaced(run) => clauses.push(unspaced(run)),
        }
    }
    clauses
}

fn unspaced(run: &str) -> Clause {
    let mut words = Vec::new();
    push_pairs(run, false, &mut words);
    // One character alone is where a pair begins.
    let is_beginning = words.is_empty();
    if is_beginning {
        words.push(run.to_owned());
    }
    Clause { words, is_beginning, typos: 0, close: Vec::new() }
}

/// Reads words that must stand side by side.
fn phrase(text: &str) -> Option<Clause> {
    let folded = fold(text);
    let mut words = Vec::new();
    let mut is_beginning = false;
    let mut runs = runs(&folded).peekable();
    while let Some(run) = runs.next() {
        match run {
            Run::Word(word) => words.push(word.to_owned()),
            Run::Unspaced(run) if runs.peek().is_some() => push_pairs(run, true, &mut words),
            Run::Unspaced(run) => {
                let last = unspaced(run);
                words.extend(last.words);
                is_beginning = last.is_beginning;
            }
        }
    }
    (!words.is_empty()).then_some(Clause { words, is_beginning, typos: 0, close: Vec::new() })
}
