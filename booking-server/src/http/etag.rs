//! Entity tags and `If-None-Match` (RFC 9110, 8.8.3 and 13.1.2).

use bytes::Bytes;
use http::header::IF_NONE_MATCH;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

/// A strong entity tag: equal tags mean equal bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag {
    /// With the quotes; between them hexadecimal, so nothing in it needs escaping.
    quoted: HeaderValue,
}

impl EntityTag {
    /// Makes the tag of `content`. 128 bits of a hash are enough not to meet by chance.
    #[expect(clippy::missing_panics_doc, reason = "a quoted hexadecimal number fits a header")]
    pub fn of(content: &[u8]) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut quoted = Vec::with_capacity(34);
        quoted.push(b'"');
        for byte in &Sha256::digest(content)[..16] {
            quoted.push(HEX[usize::from(byte >> 4)]);
            quoted.push(HEX[usize::from(byte & 15)]);
        }
        quoted.push(b'"');
        let quoted = HeaderValue::from_maybe_shared(Bytes::from(quoted));
        Self { quoted: quoted.expect("a quoted hexadecimal number fits a header") }
    }

    /// Returns the tag as it stands in `ETag`.
    pub fn header_value(&self) -> HeaderValue {
        self.quoted.clone()
    }

    /// Returns what stands between the quotes.
    fn opaque(&self) -> &[u8] {
        let quoted = self.quoted.as_bytes();
        &quoted[1..quoted.len() - 1]
    }
}

/// Tells whether `If-None-Match` names `tag`, so that the client's copy is current.
///
/// The comparison is weak, as RFC 9110 demands for `If-None-Match`. What follows the first
/// malformed tag is not read: an answer sent once too often does no harm.
pub fn is_current(request_headers: &HeaderMap, tag: &EntityTag) -> bool {
    request_headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(
        |list| {
            list.trim() == "*" || opaque_tags(list).any(|opaque| opaque.as_bytes() == tag.opaque())
        },
    )
}

/// Yields what stands between the quotes. A tag may contain commas, so splitting does not do.
fn opaque_tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let tag = rest.trim_start_matches([' ', '\t', ',']);
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        let (opaque, after) = tag.strip_prefix('"')?.split_once('"')?;
        rest = after;
        Some(opaque)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(lists: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(IF_NONE_MATCH, HeaderValue::from_str(list).unwrap());
        }
        is_current(&headers, &EntityTag { quoted: HeaderValue::from_static("\"abc\"") })
    }

    #[test]
    fn every_form_of_the_list_is_understood() {
        assert!(matches(&["*"]));
        assert!(matches(&[r#""abc""#]));
        assert!(matches(&[r#"W/"abc""#]));
        assert!(matches(&[r#""x", "abc""#]));
        assert!(matches(&[r#""x,y" , W/"abc""#]));
        assert!(matches(&[r#""x""#, r#""abc""#]));
    }

    #[test]
    fn what_is_not_the_tag_does_not_match() {
        assert!(!matches(&[]));
        assert!(!matches(&[""]));
        assert!(!matches(&["abc"]));
        assert!(!matches(&[r#""abcd""#]));
        assert!(!matches(&[r#""x "abc"#]));
        assert!(!matches(&[r#""*""#]));
    }

    #[test]
    fn the_tag_depends_on_every_byte() {
        assert_eq!(EntityTag::of(b"a"), EntityTag::of(b"a"));
        assert_ne!(EntityTag::of(b"a"), EntityTag::of(b"b"));
        assert_eq!(EntityTag::of(b"").header_value().len(), 34);
    }
}
