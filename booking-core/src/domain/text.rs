//! Bounded text and links that are safe to print in a mail header, a page or a log of names.

use super::invalid::Invalid;

/// Checks a line of text: trimmed, 1 to `max` characters of which one can be seen, no control characters.
pub(crate) fn line(text: &str, max: usize) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Invalid::new("must not be empty"));
    }
    let line = optional_line(text, max)?;
    if !line.chars().any(is_visible) {
        return Err(Invalid::new("must not be empty to the eye"));
    }
    Ok(line)
}

/// Checks a line of text that may be empty.
pub(crate) fn optional_line(text: &str, max: usize) -> Result<String, Invalid> {
    let text = text.trim();
    bounded(text, max)?;
    // Line breaks would end a mail header or a log record; the rest has no business in a name.
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(Invalid::new("must not contain control characters"));
    }
    Ok(text.to_owned())
}

/// Checks a line of text that is kept in lower case, which may be longer than it was.
pub(crate) fn label(text: &str, max: usize) -> Result<String, Invalid> {
    let label = optional_line(text, max)?.to_lowercase();
    bounded(&label, max)?;
    Ok(label)
}

/// Tells whether a character leaves ink, alone. Those that do not are needed within words of some scripts.
fn is_visible(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Checks text of several lines: at most `max` characters, no control characters but tab and line break.
pub(crate) fn block(text: &str, max: usize) -> Result<String, Invalid> {
    let text = text.trim();
    bounded(text, max)?;
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Invalid::new("must not contain control characters"));
    }
    Ok(text.to_owned())
}

fn bounded(text: &str, max: usize) -> Result<(), Invalid> {
    // No text has more characters than bytes, and most are so short that nothing has to be counted.
    if text.len() > max && text.chars().nth(max).is_some() {
        return Err(Invalid::new(format!("must not be longer than {max} characters")));
    }
    Ok(())
}

/// An absolute `http` or `https` address of at most 2,000 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebUrl(String);

impl WebUrl {
    const MAX_BYTES: usize = 2_000;

    /// Accepts an absolute `http` or `https` address with a host and without a password.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.len() > Self::MAX_BYTES {
            return Err(Invalid::new("must not be longer than 2000 characters"));
        }
        let url = url::Url::parse(text)
            .map_err(|_| Invalid::new("is not an absolute http or https address"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(Invalid::new("is not an absolute http or https address"));
        }
        // What is beyond ASCII takes three times the bytes, or more.
        if url.as_str().len() > Self::MAX_BYTES {
            return Err(Invalid::new("must not be longer than 2000 characters when it is encoded"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Invalid::new("must not contain a user name or password"));
        }
        Ok(Self(url.into()))
    }

    /// Returns the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_trimmed_and_bounded_and_hold_no_control_characters() {
        assert_eq!(line("  Ada \t", 5).unwrap(), "Ada");
        assert_eq!(line("ééééé", 5).unwrap(), "ééééé");
        for bad in ["", "   ", "éééééé", "a\r\nBcc: x", "a\u{0}b", "a\u{2028}b"] {
            assert!(line(bad, 5).is_err(), "{bad:?}");
        }
        assert_eq!(block("a\nb\n", 5).unwrap(), "a\nb");
        assert!(block("a\u{1b}b", 5).is_err());
    }

    #[test]
    fn a_line_can_be_seen() {
        for invisible in ["\u{feff}", "\u{200b}\u{200d}", "\u{202e}", "\u{3164} \u{2800}", "\u{ad}"]
        {
            assert!(line(invisible, 5).is_err(), "{invisible:?}");
        }
        // Persian and Sinhala need joiners, Hebrew may need a mark, emoji are joined.
        for good in ["می\u{200c}خواهم", "ශ්\u{200d}රී", "\u{200f}שלום", "👩\u{200d}🎤"]
        {
            assert_eq!(line(good, 20).unwrap(), good);
        }
        assert_eq!(optional_line("", 5).unwrap(), "");
    }

    #[test]
    fn links_are_absolute_web_addresses() {
        assert_eq!(
            WebUrl::new("HTTPS://Example.org/a b").unwrap().as_str(),
            "https://example.org/a%20b"
        );
        for bad in
            ["", "example.org", "javascript:alert(1)", "ftp://a/b", "https://u:p@a/", "http://"]
        {
            assert!(WebUrl::new(bad).is_err(), "{bad:?}");
        }
    }
}
