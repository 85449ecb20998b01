//! The forms in which values are written in paths, queries and bodies alike.

use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

/// Reads a UUID in its hyphenated form, and in no other.
///
/// `Uuid::from_str` also takes braces, URNs and no hyphens. One id with several spellings would
/// have several addresses.
pub fn uuid(text: &str) -> Option<Uuid> {
    const HYPHENATED: usize = 36;
    (text.len() == HYPHENATED).then(|| Uuid::try_parse(text).ok()).flatten()
}

/// Reads an RFC 3339 instant: date, `T`, time with seconds, and `Z` or an offset.
///
/// Jiff reads more than that (a space for the `T`, no seconds, a zone in brackets), which other
/// implementations of the contract would refuse.
pub fn instant(text: &str) -> Option<Timestamp> {
    let (date_time, zone) = text.split_at_checked("2026-01-31T20:00:00".len())?;
    let zone = zone
        .strip_prefix('.')
        .map_or(zone, |fraction| fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    let is_offset =
        zone.eq_ignore_ascii_case("z") || has_shape(zone, "+00:00") || has_shape(zone, "-00:00");
    let is_instant = has_shape(&date_time.to_ascii_uppercase(), "0000-00-00T00:00:00") && is_offset;
    is_instant.then(|| text.parse().ok()).flatten()
}

/// Reads a number without a plus, which Rust would take: `+5` in an address is ` 5` to whoever decodes it as a form, and
/// JSON knows no such number either.
pub fn number<T: FromStr>(text: &str) -> Option<T> {
    (!text.starts_with('+')).then(|| text.parse().ok()).flatten()
}

/// Tells whether `text` is `shape`, in which `0` stands for any digit.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(byte, wanted)| byte == wanted || (wanted == b'0' && byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_one_form() {
        let id = "0190163d-8694-739b-aea5-966c26f8ad91";
        assert_eq!(uuid(id).unwrap().to_string(), id);
        assert!(uuid(&id.to_uppercase()).is_some());
        for other in [
            "0190163d8694739baea5966c26f8ad91",
            "{0190163d-8694-739b-aea5-966c26f8ad91}",
            "urn:uuid:0190163d-8694-739b-aea5-966c26f8ad91",
            "0190163d-8694-739b-aea5-966c26f8ad9g",
            "0190163d-8694-739b-aea5-966c26f8adé",
            "",
        ] {
            assert_eq!(uuid(other), None, "{other}");
        }
    }

    #[test]
    fn a_number_has_no_plus() {
        assert_eq!(number("5"), Some(5_u32));
        assert_eq!(number("-5"), Some(-5_i64));
        assert_eq!(number("-0.5e1"), Some(-5.0_f64));
        for other in ["+5", "+0", "++5", " 5", "5 ", "five", ""] {
            assert_eq!(number::<i64>(other), None, "{other}");
            assert_eq!(number::<f64>(other), None, "{other}");
        }
    }

    #[test]
    fn an_instant_is_rfc_3339() {
        let expected: Timestamp = "2026-01-31T20:00:00Z".parse().unwrap();
        for text in [
            "2026-01-31T20:00:00Z",
            "2026-01-31t20:00:00z",
            "2026-01-31T21:00:00+01:00",
            "2026-01-31T15:30:00.000-04:30",
        ] {
            assert_eq!(instant(text), Some(expected), "{text}");
        }
        for text in [
            "2026-01-31",
            "2026-01-31T20:00Z",
            "2026-01-31 20:00:00Z",
            "2026-01-31T20:00:00",
            "2026-01-31T20:00:00.Z",
            "2026-01-31T20:00:00+0100",
            "2026-01-31T20:00:00+01:00[Europe/Zurich]",
            "2026-02-30T20:00:00Z",
            "2026-01-31T25:00:00Z",
            "99999-01-31T20:00:00Z",
            "2026-01-31T20:00:0é",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
