//! The language that a client would like to be answered in.

use booking_core::adapters::mail::is_spoken;
use booking_core::domain::locale::Locale;
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

/// Languages that are looked at; whoever lists more has said what matters by then.
const MOST: usize = 20;

/// Returns the language of `Accept-Language` (RFC 9110 §12.5.4) that is liked best of those that mails are written in, or
/// else of all; English if none is asked for. What cannot be read is passed over, as the standard wants it of a header that only says what is liked.
pub(crate) fn preferred(headers: &HeaderMap) -> Locale {
    let mut best: Option<((bool, u16), Locale)> = None;
    let values = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    for range in values.flat_map(|value| value.split(',')).take(MOST) {
        let mut parts = range.split(';').map(str::trim);
        let locale = parts.next().and_then(|tag| Locale::new(tag).ok());
        let weight = parts.next().map_or(Some(1_000), weight);
        let (Some(locale), Some(weight)) = (locale, weight) else { continue };
        let rank = (is_spoken(locale), weight);
        // Of those that are liked alike, the first counts.
        if weight > 0 && best.is_none_or(|(most, _)| rank > most) {
            best = Some((rank, locale));
        }
    }
    best.map_or(Locale::ENGLISH, |(_, locale)| locale)
}

/// Reads `q=0.8` as thousandths.
fn weight(parameter: &str) -> Option<u16> {
    let value = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match (whole, thousandths) {
        ("0", _) => Some(thousandths),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn preferred_of(value: &str) -> String {
        let value = HeaderValue::from_str(value).unwrap();
        preferred(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, value)])).to_string()
    }

    #[test]
    fn the_language_that_is_liked_best_wins() {
        assert_eq!(preferred(&HeaderMap::new()), Locale::ENGLISH);
        for (value, expected) in [
            ("de-CH", "de-CH"),
            ("fr;q=0.5, de-CH, de;q=0.9", "de-CH"),
            ("fr;q=0.5,de;q=0.51", "de"),
            ("*;q=0.9, it;q=0.1", "it"),
            ("fr;q=0, es;q=0.001", "es"),
            ("da, en-gb;q=0.8, en;q=0.7", "en-GB"),
            ("fr-CH, de-CH;q=0.5, it;q=0.9", "de-CH"),
            ("fr-CH, it;q=0.9", "fr-CH"),
            ("zh-Hant-TW ; q=1.000", "zh-Hant-TW"),
        ] {
            assert_eq!(preferred_of(value), expected, "{value}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        for value in
            ["", "*", "english", "de;q=2", "de;q=0.1234", "de;q=-1", "de;level=1", ";;;,,,"]
        {
            assert_eq!(preferred_of(value), "en", "{value}");
        }
        assert_eq!(preferred_of("de;q=x, pt"), "pt");
        assert_eq!(preferred_of("und, mul;q=0.9, zxx;q=0.8, fr;q=0.1"), "fr");
        assert_eq!(preferred_of("und"), "en");
        let many = format!("{}de", "xx-invalid-subtagthatistoolong,".repeat(1_000));
        assert_eq!(preferred_of(&many), "en");
    }
}
