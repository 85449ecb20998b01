//! How text is compared.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::event::EventDetails;
use crate::domain::invalid::Invalid;
use crate::domain::venue::Location;

/// What somebody looks for in the texts of events: up to 16 folded words, of which all must be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    words: Vec<String>,
}

impl SearchText {
    /// The longest text that is accepted, in characters.
    pub const MAX_CHARS: usize = 200;
    const MAX_WORDS: usize = 16;

    /// Splits a text into folded words. A text without any word is `None`: it asks for nothing.
    pub fn new(text: &str) -> Result<Option<Self>, Invalid> {
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            let max = Self::MAX_CHARS;
            return Err(Invalid::new(format!("must not be longer than {max} characters")));
        }
        let mut words: Vec<String> = Vec::new();
        for word in fold(text).split_whitespace() {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        words.truncate(Self::MAX_WORDS);
        Ok((!words.is_empty()).then_some(Self { words }))
    }

    /// Returns the words. The last one may still be being typed, so it also matches as a beginning.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

/// Folds a text for comparison: lower case, without accents, letters of no plain equivalent spelt out
/// (`ß` → `ss`, `Ł` → `l`), and everything that is neither letter nor digit turned into spaces.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match character {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            // Lower-casing İ leaves a combining dot behind; apostrophes join (O'Brien, l'été).
            '\'' | '’' | 'ʼ' => {}
            c if is_combining_mark(c) => {}
            c if c.is_alphanumeric() => folded.push(c),
            _ => folded.push(' '),
        }
    }
    folded
}

/// The folded texts of an event, by how much a match in them counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchDocument {
    /// The title.
    pub title: String,
    /// Tags, category, venue and city.
    pub labels: String,
    /// The description.
    pub description: String,
}

impl SearchDocument {
    pub(crate) const TITLE: u32 = 16;
    pub(crate) const LABELS: u32 = 6;
    pub(crate) const DESCRIPTION: u32 = 1;
    /// How many times as much a whole word counts as the beginning of one.
    pub(crate) const WHOLE: u32 = 2;

    /// Folds the texts of an event.
    pub fn of(details: &EventDetails) -> Self {
        let mut labels = details.tags.join(" ");
        labels.push(' ');
        labels.push_str(&details.category);
        if let Location::Venue(venue) = &details.location {
            for part in [venue.name(), venue.city()] {
                labels.push(' ');
                labels.push_str(part);
            }
        }
        Self {
            title: fold(&details.title),
            labels: fold(&labels),
            description: fold(&details.description),
        }
    }

    /// Returns how well the texts match, or `None` if a word is not found at all.
    ///
    /// Each word counts where it counts most, and twice as much as a whole word as it does as the beginning
    /// of one.
    pub fn score(&self, text: &SearchText) -> Option<u32> {
        let last = text.words.len().checked_sub(1)?;
        text.words.iter().enumerate().try_fold(0, |sum, (index, word)| {
            let best = [
                (&self.title, Self::TITLE),
                (&self.labels, Self::LABELS),
                (&self.description, Self::DESCRIPTION),
            ]
            .into_iter()
            .filter_map(|(field, weight)| match find(field, word) {
                Some(Found::Whole) => Some(weight * Self::WHOLE),
                Some(Found::Beginning) if index == last => Some(weight),
                Some(Found::Beginning) | None => None,
            })
            .max()?;
            Some(sum + best)
        })
    }
}

enum Found {
    Whole,
    Beginning,
}

fn find(field: &str, word: &str) -> Option<Found> {
    let mut found = None;
    for candidate in field.split_whitespace() {
        if candidate == word {
            return Some(Found::Whole);
        }
        if candidate.starts_with(word) {
            found = Some(Found::Beginning);
        }
    }
    found
}
