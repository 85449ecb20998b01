//! Percent-decoding that refuses what it cannot decode.
//!
//! `form_urlencoded` replaces bad UTF-8 and keeps broken escapes. That would store and search for
//! text the client never wrote, so it is decoded here.

use super::problem::{Problem, ProblemType};

/// Why a text cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undecodable {
    /// A `%` without two hexadecimal digits.
    Escape,
    /// The bytes are not UTF-8.
    Utf8,
}

impl Undecodable {
    /// Makes the 400 for `part` of the request.
    pub(crate) fn problem(self, part: &str) -> Problem {
        let reason = match self {
            Self::Escape => "a percent sign that two hexadecimal digits do not follow",
            Self::Utf8 => "text that is not UTF-8",
        };
        Problem::new(ProblemType::MalformedRequest).detail(format!("{part} has {reason}"))
    }
}

/// Decodes a path segment.
pub(crate) fn decode_segment(text: &str) -> Result<String, Undecodable> {
    decode(text, false)
}

/// Decodes a name or value of a query string or form, where `+` is a space.
pub(crate) fn decode_form(text: &str) -> Result<String, Undecodable> {
    decode(text, true)
}

fn decode(text: &str, plus_is_space: bool) -> Result<String, Undecodable> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let high = bytes.next().and_then(hex).ok_or(Undecodable::Escape)?;
                let low = bytes.next().and_then(hex).ok_or(Undecodable::Escape)?;
                high << 4 | low
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(decoded).map_err(|_| Undecodable::Utf8)
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once() {
        assert_eq!(decode_form("Z%C3%BCrich+%2B+%2520").unwrap(), "Zürich + %20");
        assert_eq!(decode_segment("a+b%2fc").unwrap(), "a+b/c");
        assert_eq!(decode_form("Zürich").unwrap(), "Zürich");
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        for broken in ["%", "%4", "%zz", "100%", "%+1"] {
            assert_eq!(decode_form(broken), Err(Undecodable::Escape), "{broken}");
        }
        for broken in ["%ff", "%C3", "%ed%a0%80", "%c0%80"] {
            assert_eq!(decode_form(broken), Err(Undecodable::Utf8), "{broken}");
        }
    }
}
