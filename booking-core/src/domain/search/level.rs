//! Everything that a text may score.

use super::document::{SearchDocument, Way};
use super::text::SearchText;

/// A score, and all that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) score: u32,
    /// Whether nothing has to be forgiven. If something has, what matches exactly is none of it.
    pub(crate) is_exact: bool,
    /// For each clause one way: in this it is found, and in none that counts more. Any of the combinations will do.
    pub(crate) combinations: Vec<Vec<Way>>,
}

impl Level {
    /// Returns every score that a text may have, the highest first, or `None` if there are more than so many
    /// combinations.
    pub(crate) fn of(text: &SearchText, max: usize) -> Option<Vec<Self>> {
        let exact = text.exact();
        let mut levels = Self::of_ways(&exact, true, max)?;
        if *text != exact {
            let used: usize = levels.iter().map(|level| level.combinations.len()).sum();
            levels.extend(Self::of_ways(text, false, max - used)?);
        }
        Some(levels)
    }

    fn of_ways(text: &SearchText, is_exact: bool, max: usize) -> Option<Vec<Self>> {
        let base = if is_exact { SearchDocument::EXACT } else { 0 };
        let mut combinations = vec![(base, Vec::new())];
        for clause in text.wanted() {
            let ways = Way::of(clause);
            if combinations.len() * ways.len() > max {
                return None;
            }
            combinations = combinations
                .iter()
                .flat_map(|(sum, chosen): &(u32, Vec<Way>)| {
                    ways.iter().map(move |way| {
                        let mut chosen = chosen.clone();
                        chosen.push(*way);
                        (sum + way.score, chosen)
                    })
                })
                .collect();
        }
        combinations.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let mut levels: Vec<Self> = Vec::new();
        for (score, chosen) in combinations {
            match levels.last_mut().filter(|level| level.score == score) {
                Some(level) => level.combinations.push(chosen),
                None => levels.push(Self { score, is_exact, combinations: vec![chosen] }),
            }
        }
        Some(levels)
    }
}
