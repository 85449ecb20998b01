//! How texts are brought into the form in which they are compared.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words of French, Italian and Catalan that lose their last letter before a vowel: what follows is a word of its own.
const ELIDED: [&str; 15] =
    ["l", "d", "j", "m", "n", "s", "t", "c", "qu", "all", "dall", "dell", "nell", "sull", "un"];

/// Folds a text for comparison: lower case, without accents, letters that have no plain equivalent spelt out (`ß` →
/// `ss`, `Ł` → `l`), and everything that is neither letter nor digit turned into spaces. Syllables of Hangul stay
/// together, and so do `C++` and `C#`. Marks that make another letter stay: those of the kana (ベッド is no ペット), and
/// vowels and tones of the scripts of India and of South-East Asia.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut is_accented = true;
    let plain = text.nfkd().filter(move |c| {
        if !is_combining_mark(*c) {
            is_accented = has_accents(*c);
        }
        !is_combining_mark(*c) || !is_accented
    });
    let mut characters = plain.nfc().flat_map(char::to_lowercase).peekable();
    while let Some(character) = characters.next() {
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
            'ς' => folded.push('σ'),
            // Persian and Arabic keyboards write the same letters differently.
            'ک' => folded.push('ك'),
            'ی' | 'ى' => folded.push('ي'),
            'ة' => folded.push('ه'),
            // C++ and C# are other things than C.
            '+' if ends_in_word(&folded) && characters.next_if_eq(&'+').is_some() => {
                folded.push_str("plusplus");
            }
            '#' if word(&folded).chars().count() == 1 => folded.push_str("sharp"),
            // Apostrophes join (O'Brien), but for articles and the like (l'été).
            '\'' | '’' | 'ʼ' => {
                if ELIDED.contains(&word(&folded)) {
                    folded.push(' ');
                }
            }
            // Lower-casing İ leaves a combining dot behind. The others join what a word is made of, and show nothing:
            // a soft hyphen, or the line that stretches Arabic words.
            '\u{307}' | '\u{ad}' | '\u{640}' | '\u{200d}' | '\u{2060}' | '\u{feff}' => {}
            c if c.is_alphanumeric() || is_combining_mark(c) => folded.push(c),
            _ => folded.push(' '),
        }
    }
    folded
}

/// Returns the word at the end of a folded text.
fn word(folded: &str) -> &str {
    folded.rsplit(' ').next().unwrap_or_default()
}

fn ends_in_word(folded: &str) -> bool {
    !word(folded).is_empty()
}

/// Tells whether marks on a letter are accents, which people leave out: those on Latin, Greek, Cyrillic, Armenian,
/// Hebrew and Arabic letters, and those on none.
const fn has_accents(c: char) -> bool {
    matches!(c, '\0'..='\u{08FF}' | '\u{1E00}'..='\u{20FF}' | '\u{2C60}'..='\u{2DFF}' | '\u{A640}'..='\u{A7FF}')
}

/// The longest word that is told from others, in characters. Of a longer one, the beginning counts.
pub(super) const MAX_WORD_CHARS: usize = 64;

/// A stretch of a folded text that is searched as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run<'a> {
    /// A word as it stands between spaces.
    Word(&'a str),
    /// Letters of a script that puts no spaces between its words, or, like Korean, joins to them what other
    /// languages write apart. Any part of it can be asked for.
    Unspaced(&'a str),
}

/// Splits a folded text into its runs.
pub(super) fn runs(folded: &str) -> impl Iterator<Item = Run<'_>> {
    folded.split_whitespace().flat_map(|word| {
        let mut rest = word;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let unspaced = is_unspaced(first);
            let end = rest.find(|c| is_unspaced(c) != unspaced).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            rest = after;
            Some(if unspaced { Run::Unspaced(run) } else { Run::Word(beginning(run)) })
        })
    })
}

fn beginning(word: &str) -> &str {
    word.char_indices().nth(MAX_WORD_CHARS).map_or(word, |(end, _)| &word[..end])
}

/// Appends the pairs of neighbours in a run without spaces; then any part of two characters or more is a phrase of
/// pairs. With `to_its_end` the last character follows alone, so that every character begins an entry.
pub(super) fn push_pairs(run: &str, to_its_end: bool, words: &mut Vec<String>) {
    let mut characters = run.char_indices().peekable();
    while let Some((start, _)) = characters.next() {
        let Some((next, second)) = characters.peek() else {
            if to_its_end {
                words.push(run[start..].to_owned());
            }
            return;
        };
        words.push(run[start..*next + second.len_utf8()].to_owned());
    }
}

/// Tells whether a letter belongs to a script in which words are not found between spaces: Thai, Lao, Myanmar,
/// Khmer, the kana, Han and Hangul.
const fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1100}'..='\u{11FF}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{30FF}'
        | '\u{3130}'..='\u{318F}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}
