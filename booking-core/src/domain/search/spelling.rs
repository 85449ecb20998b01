//! Words that are spelt a little differently.

use super::fold::MAX_WORD_CHARS;

/// Words in which typos are looked for are sorted into shelves, by first letter and length: what is spelt like a word
/// stands on at most five of them.
pub(crate) fn shelf(word: &str) -> Option<String> {
    let first = word.chars().next().filter(|_| is_spelt(word))?;
    Some(format!("{first}{}", word.chars().count()))
}

/// Returns the shelves on which a word may stand that is spelt like this one but for so many typos.
#[cfg(any(test, feature = "postgres", feature = "sqlite"))]
pub(crate) fn shelves(word: &str, typos: usize) -> Vec<String> {
    let length = word.chars().count();
    let Some(first) = word.chars().next() else { return Vec::new() };
    (length.saturating_sub(typos).max(SHORTEST)..=length + typos)
        .map(|length| format!("{first}{length}"))
        .collect()
}

/// A word of four letters may be one of three with a letter too many.
const SHORTEST: usize = 3;

/// Tells whether a word is one whose spelling can be wrong: of letters, at least three of them.
fn is_spelt(word: &str) -> bool {
    word.chars().nth(SHORTEST - 1).is_some() && !word.chars().any(char::is_numeric)
}

/// Returns how many typos are forgiven in a word: none below four letters and in numbers, one below eight, two in
/// longer ones.
pub(super) fn forgiven(word: &str) -> usize {
    match word.chars().count() {
        _ if !is_spelt(word) => 0,
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

/// Tells whether two words differ by at most so many typos, and begin with the same letter. A typo is a letter too
/// many, one too few, a wrong one, or two neighbours that changed places: the optimal string alignment distance
/// (F. Damerau, "A technique for computer detection and correction of spelling errors", CACM 7(3), 1964).
pub(super) fn is_close(word: &str, typed: &str, typos: usize) -> bool {
    if word.chars().next() != typed.chars().next() || !is_spelt(word) {
        return false;
    }
    let (word, typed) = (Letters::of(word), Letters::of(typed));
    let (word, typed) = (word.as_slice(), typed.as_slice());
    if word.len().abs_diff(typed.len()) > typos {
        return false;
    }
    // Three rows of the table of distances between beginnings: two are enough but for changed places. No word has more
    // letters than a row.
    let mut rows = [[0_usize; MAX_WORD_CHARS + 1]; 3];
    let [before, last, row] = &mut rows;
    for (column, distance) in last.iter_mut().enumerate() {
        *distance = column;
    }
    let (mut before, mut last, mut row) = (before, last, row);
    for (i, letter) in word.iter().enumerate() {
        row[0] = i + 1;
        let mut nearest = row[0];
        for (j, other) in typed.iter().enumerate() {
            let replaced = last[j] + usize::from(letter != other);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == typed[j - 1] && word[i - 1] == *other {
                best = best.min(before[j - 1] + 1);
            }
            row[j + 1] = best;
            nearest = nearest.min(best);
        }
        if nearest > typos {
            return false;
        }
        (before, last, row) = (last, row, before);
    }
    last[typed.len()] <= typos
}

/// The letters of a word: thousands of words are compared for one that is typed, so nothing is allocated for them.
struct Letters {
    letters: [char; MAX_WORD_CHARS],
    len: usize,
}

impl Letters {
    fn of(word: &str) -> Self {
        let mut letters = Self { letters: ['\0'; MAX_WORD_CHARS], len: 0 };
        for (place, letter) in letters.letters.iter_mut().zip(word.chars()) {
            *place = letter;
            letters.len += 1;
        }
        letters
    }

    fn as_slice(&self) -> &[char] {
        self.letters.get(..self.len).unwrap_or(&self.letters)
    }
}
