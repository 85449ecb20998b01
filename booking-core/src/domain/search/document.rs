//! The texts of an event, as they are searched.

use std::collections::{BTreeSet, HashMap};

use super::fold::{Run, fold, push_pairs, runs};
use super::spelling;
use super::text::{Clause, SearchText};
use crate::domain::event::EventDetails;
use crate::domain::venue::Location;

/// The words of an event, by how much a match in them counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchDocument {
    title: Words,
    /// Tags, category, venue, city and country.
    labels: Words,
    description: Words,
}

/// Folded words in their order. One that is empty stands between texts that do not touch, or for a word that stood
/// there too often.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Words(Vec<String>);

/// A text of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Title,
    Labels,
    Description,
}

impl Field {
    pub(crate) const ALL: [Self; 3] = [Self::Title, Self::Labels, Self::Description];

    /// How much a match counts.
    const fn weight(self) -> u32 {
        match self {
            Self::Title => 16,
            Self::Labels => 6,
            Self::Description => 1,
        }
    }
}

/// In which way a word is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it was typed.
    Whole,
    /// At the beginning of a longer word.
    Beginning,
    /// Spelt a little differently.
    Close,
}

impl Form {
    /// How many times the weight of its text a match counts.
    const fn factor(self) -> u32 {
        match self {
            Self::Whole => 4,
            Self::Beginning => 2,
            Self::Close => 1,
        }
    }
}

/// One way in which a clause may be found, and what it counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) score: u32,
    pub(crate) field: Field,
    pub(crate) form: Form,
}

impl Way {
    /// Returns every way in which a clause may be found, the one that counts most first.
    pub(crate) fn of(clause: &Clause) -> Vec<Self> {
        let mut forms = vec![Form::Whole];
        forms.extend(clause.is_beginning.then_some(Form::Beginning));
        forms.extend((!clause.close.is_empty()).then_some(Form::Close));
        let mut ways: Vec<Self> = Field::ALL
            .into_iter()
            .flat_map(|field| {
                let way =
                    move |form: Form| Self { score: field.weight() * form.factor(), field, form };
                forms.iter().copied().map(way)
            })
            .collect();
        ways.sort_by_key(|way| std::cmp::Reverse(way.score));
        ways
    }
}

impl SearchDocument {
    /// What is added if nothing had to be forgiven: more than all words together can count.
    pub(crate) const EXACT: u32 = 1 << 16;

    /// Folds the texts of an event.
    pub fn of(details: &EventDetails) -> Self {
        let mut labels = Words::default();
        for tag in &details.tags {
            labels.push(tag);
        }
        labels.push(&details.category);
        if let Location::Venue(venue) = &details.location {
            labels.push(venue.name());
            labels.push(venue.city());
            labels.push(venue.country().map_or("", |country| country.common_name()));
        }
        let mut title = Words::default();
        title.push(&details.title);
        let mut description = Words::default();
        description.push(&details.description);
        Self {
            title: title.limited(),
            labels: labels.limited(),
            description: description.limited(),
        }
    }

    /// Folds a name, and what else it is found by, which counts less.
    pub(super) fn of_name(name: &str, more: &str) -> Self {
        let [mut title, mut description] = [Words::default(), Words::default()];
        title.push(name);
        description.push(more);
        Self { title, labels: Words::default(), description }
    }

    /// Returns how well the texts match, or `None` if something wanted is not found at all or something excluded
    /// is.
    ///
    /// Each word and phrase counts where it counts most: 16 times in the title, 6 times in labels, once in the
    /// description; and four times as a whole word, twice as the beginning of one, once with typos. What matches
    /// without typos comes before all that does not.
    pub fn score(&self, text: &SearchText) -> Option<u32> {
        let is_anywhere = |clause: &Clause| {
            Way::of(clause).into_iter().any(|way| self.words(way.field).find(clause, way.form))
        };
        if text.excluded().iter().any(is_anywhere) {
            return None;
        }
        let (mut exact, mut forgiving) = (Some(Self::EXACT), 0);
        for clause in text.wanted() {
            let mut found = Way::of(clause)
                .into_iter()
                .filter(|way| self.words(way.field).find(clause, way.form));
            let best = found.next()?;
            forgiving += best.score;
            let best_exact = [best].into_iter().chain(found).find(|way| way.form != Form::Close);
            exact = exact.zip(best_exact).map(|(sum, way)| sum + way.score);
        }
        // A text that only excludes tells nothing apart.
        Some(exact.filter(|_| !text.wanted().is_empty()).unwrap_or(forgiving))
    }

    /// Returns the words of a text.
    pub(crate) const fn words(&self, field: Field) -> &Words {
        match field {
            Field::Title => &self.title,
            Field::Labels => &self.labels,
            Field::Description => &self.description,
        }
    }

    /// Returns the words of which somebody may type one with typos, with their shelves.
    pub(crate) fn vocabulary(&self) -> BTreeSet<(String, &str)> {
        Field::ALL
            .into_iter()
            .flat_map(|field| self.words(field).iter())
            .filter_map(|(_, word)| Some((spelling::shelf(word)?, word)))
            .collect()
    }
}

impl Words {
    /// How many words of a text are searched: more than there are in a description without scripts that are split into
    /// pairs. A position in a `tsvector` is below 16,384.
    const MAX: usize = 16_000;
    /// How often a word counts in a text: as often as a `tsvector` remembers where it stood.
    const MAX_REPEATS: usize = 255;

    fn push(&mut self, text: &str) {
        let folded = fold(text);
        let before = self.0.len();
        for run in runs(&folded) {
            match run {
                Run::Word(word) => self.0.push(word.to_owned()),
                Run::Unspaced(run) => push_pairs(run, true, &mut self.0),
            }
        }
        if before > 0 && self.0.len() > before {
            self.0.insert(before, String::new());
        }
    }

    fn limited(mut self) -> Self {
        self.0.truncate(Self::MAX);
        let mut seen = HashMap::<String, usize>::new();
        for word in &mut self.0 {
            let times = seen.entry(word.clone()).or_insert(0);
            *times += 1;
            if *times > Self::MAX_REPEATS {
                word.clear();
            }
        }
        self
    }

    /// Returns the words with their places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        let words = self.0.iter().map(String::as_str).enumerate();
        words.filter(|(_, word)| !word.is_empty())
    }

    /// Returns the text that has the same words in the same places, with a word that nobody can type for every empty
    /// one.
    #[cfg(feature = "sqlite")]
    pub(crate) fn spaced(&self, nothing: &str) -> String {
        let words: Vec<&str> =
            self.0.iter().map(|word| if word.is_empty() { nothing } else { word }).collect();
        words.join(" ")
    }

    fn find(&self, clause: &Clause, form: Form) -> bool {
        if form == Form::Close {
            return self.0.iter().any(|word| clause.close.binary_search(word).is_ok());
        }
        let Some((last, before)) = clause.words.split_last() else { return false };
        self.0.windows(clause.words.len()).any(|words| {
            words.split_last().is_some_and(|(word, words)| {
                let ends = if form == Form::Whole { word == last } else { word.starts_with(last) };
                ends && words == before
            })
        })
    }
}
