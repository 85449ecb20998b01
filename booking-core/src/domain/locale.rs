//! The language that somebody wants to be written to in.

use std::fmt;
use std::str::FromStr;

use super::invalid::Invalid;

/// The longest tag that is kept: three letters, a script and a region of three digits, `yue-Hant-419`.
const MAX_LEN: usize = 12;

/// What ISO 639-2 has codes for and nobody can be written to in: uncoded languages, several, undetermined ones, and none.
const NO_LANGUAGES: [&str; 4] = ["mis", "mul", "und", "zxx"];

/// A language tag: a language with, if it is said, the script and the region (RFC 5646), such as `en`, `pt-BR` or
/// `zh-Hant-TW`. Whatever else a tag says is dropped, so that the rest can be matched by lookup (RFC 4647 §3.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locale {
    bytes: [u8; MAX_LEN],
    len: u8,
}

impl Locale {
    /// English: for whoever says nothing.
    pub const ENGLISH: Self = Self { bytes: *b"en\0\0\0\0\0\0\0\0\0\0", len: 2 };

    /// Reads a tag of up to 35 characters, which is as long as RFC 5646 §4.4.1 makes programs prepare for. Case does not
    /// matter, and underscores pass for hyphens. The codes that stand for no certain language, such as `und`, are refused.
    pub fn new(tag: &str) -> Result<Self, Invalid> {
        let malformed = || Invalid::new("is not a language tag such as en or pt-BR");
        if tag.len() > 35 {
            return Err(malformed());
        }
        let mut parts = tag.split(['-', '_']).peekable();
        let is_subtag = |part: &&str| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if !parts.clone().all(|part| is_subtag(&part)) {
            return Err(malformed());
        }
        let is_alphabetic = |part: &&str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_language = |part: &&str| matches!(part.len(), 2 | 3) && is_alphabetic(part);
        let language = parts.next().filter(is_language).ok_or_else(malformed)?;
        if NO_LANGUAGES.iter().any(|code| language.eq_ignore_ascii_case(code)) {
            return Err(Invalid::new("must name a language"));
        }
        // Up to three languages may be extended by another, as in `zh-yue`.
        while parts.next_if(|part| part.len() == 3 && is_alphabetic(part)).is_some() {}
        let script = parts.next_if(|part| part.len() == 4 && is_alphabetic(part));
        let region = parts.next_if(|part| {
            (part.len() == 2 && is_alphabetic(part))
                || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
        });
        let mut locale = Self { bytes: [0; MAX_LEN], len: 0 };
        locale.push(language, u8::to_ascii_lowercase);
        if let Some(script) = script {
            locale.push("-", |byte| *byte);
            let (first, rest) = script.split_at(1);
            locale.push(first, u8::to_ascii_uppercase);
            locale.push(rest, u8::to_ascii_lowercase);
        }
        if let Some(region) = region {
            locale.push("-", |byte| *byte);
            locale.push(region, u8::to_ascii_uppercase);
        }
        Ok(locale)
    }

    /// Returns the tag in its usual case.
    ///
    /// # Panics
    /// Never: what is kept is ASCII.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).expect("subtags are ASCII")
    }

    /// Returns the language alone, in lower case.
    pub fn language(&self) -> &str {
        self.as_str().split('-').next().unwrap_or("en")
    }

    fn push(&mut self, text: &str, cased: fn(&u8) -> u8) {
        for byte in text.bytes() {
            self.bytes[usize::from(self.len)] = cased(&byte);
            self.len += 1;
        }
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self::ENGLISH
    }
}

impl FromStr for Locale {
    type Err = Invalid;

    fn from_str(tag: &str) -> Result<Self, Invalid> {
        Self::new(tag)
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Locale({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_brought_into_their_usual_form() {
        for (tag, expected, language) in [
            ("en", "en", "en"),
            ("EN-us", "en-US", "en"),
            ("pt_br", "pt-BR", "pt"),
            ("zh-hant-tw", "zh-Hant-TW", "zh"),
            ("ZH-YUE-HK", "zh-HK", "zh"),
            ("es-419", "es-419", "es"),
            ("gsw", "gsw", "gsw"),
            ("sl-rozaj-biske-1994", "sl", "sl"),
            ("de-CH-1901-u-co-phonebk", "de-CH", "de"),
            ("yue-Hant-HK", "yue-Hant-HK", "yue"),
            ("YUE-hant-419", "yue-Hant-419", "yue"),
        ] {
            let locale = Locale::new(tag).unwrap();
            assert_eq!((locale.as_str(), locale.language()), (expected, language), "{tag}");
            assert_eq!(Locale::new(expected), Ok(locale), "its own form is read back");
        }
        assert_eq!(Locale::default().as_str(), "en");
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_read_is_read_back(
            tag in "[a-zA-Z]{1,4}([-_][a-zA-Z0-9]{1,9}){0,5}|\\PC{0,40}",
        ) {
            if let Ok(locale) = Locale::new(&tag) {
                proptest::prop_assert_eq!(Locale::new(locale.as_str()), Ok(locale));
            }
        }
    }

    #[test]
    fn codes_that_stand_for_no_language_are_refused() {
        for tag in ["und", "UND", "und-Latn", "mul", "mul_CH", "mis", "zxx-x-none"] {
            let told = Locale::new(tag).unwrap_err().to_string();
            assert!(told.contains("must name a language"), "{tag}: {told}");
        }
        assert!(Locale::new("un").is_ok() && Locale::new("de-mul").is_ok());
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for tag in [
            "", "e", "english", "en-", "-en", "en--US", "en US", "12", "en\r\n", "é", "*", "en;q=1",
        ] {
            assert!(Locale::new(tag).is_err(), "{tag:?}");
        }
        assert!(Locale::new(&format!("en{}", "-abcdefgh".repeat(4))).is_err());
    }
}
