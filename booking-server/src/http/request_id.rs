//! The name under which a request is found in the log.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// Where the id comes and goes.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Makes ids for requests that bring none. The caller supplies it, so that a test can predict it.
pub type NewId = Arc<dyn Fn() -> Uuid + Send + Sync>;

/// Identifies one request; handlers find it among the request's extensions.
///
/// It is at most so long that copying it is cheaper than sharing it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId {
    length: u8,
    bytes: [u8; Self::MAX_LENGTH],
}

impl RequestId {
    /// Longer ids are somebody's experiment with our log.
    const MAX_LENGTH: usize = 128;

    /// Takes the client's id if it is sane, else makes one.
    ///
    /// Sane is 1 to 128 of `A–Z a–z 0–9 . _ -`, once: nothing that could forge a line of a log.
    pub fn of(headers: &HeaderMap, new_id: &NewId) -> Self {
        let mut sent = headers.get_all(X_REQUEST_ID).iter();
        match (sent.next(), sent.next()) {
            (Some(id), None) if Self::is_sane(id.as_bytes()) => Self::copy(id.as_bytes()),
            _ => {
                let mut text = Uuid::encode_buffer();
                Self::copy(new_id().as_hyphenated().encode_lower(&mut text).as_bytes())
            }
        }
    }

    fn copy(id: &[u8]) -> Self {
        let mut bytes = [0; Self::MAX_LENGTH];
        bytes[..id.len()].copy_from_slice(id);
        Self { length: u8::try_from(id.len()).unwrap_or(u8::MAX), bytes }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        // It is ASCII.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Returns the id as it stands in `X-Request-Id`.
    #[expect(clippy::missing_panics_doc, reason = "a sane id and a UUID fit a header")]
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::from_bytes(self.as_bytes())
            .expect("letters, digits, dots, dashes fit a header")
    }

    fn is_sane(id: &[u8]) -> bool {
        (1..=Self::MAX_LENGTH).contains(&id.len())
            && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestId").field(&self.as_str()).finish()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(sent: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in sent {
            headers.append(X_REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        }
        let new_id: NewId = Arc::new(Uuid::nil);
        RequestId::of(&headers, &new_id).to_string()
    }

    #[test]
    fn a_sane_id_is_kept() {
        for id in ["a", "Ab-9_.z", &"x".repeat(128)] {
            assert_eq!(id_for(&[id.as_bytes()]), id);
        }
    }

    #[test]
    fn anything_else_is_replaced() {
        let long = "x".repeat(129);
        let bad: [&[u8]; 6] = [b"", b"a b", b"a\xff", b"<a>", long.as_bytes(), b"a/b"];
        for id in bad {
            assert_eq!(id_for(&[id]), Uuid::nil().to_string());
        }
        assert_eq!(id_for(&[]), Uuid::nil().to_string());
        assert_eq!(id_for(&[b"a", b"b"]), Uuid::nil().to_string());
    }
}
