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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Longer ids are somebody's experiment with our log.
    const MAX_LENGTH: usize = 128;

    /// Takes the client's id if it is sane, else makes one.
    ///
    /// Sane is 1 to 128 of `A–Z a–z 0–9 . _ -`, once: nothing that could forge a line of a log.
    pub fn of(headers: &HeaderMap, new_id: &NewId) -> Self {
        let mut sent = headers.get_all(X_REQUEST_ID).iter();
        match (sent.next().and_then(|id| id.to_str().ok()), sent.next()) {
            (Some(id), None) if Self::is_sane(id) => Self(id.into()),
            _ => Self(new_id().to_string().into()),
        }
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the id as it stands in `X-Request-Id`.
    #[expect(clippy::missing_panics_doc, reason = "a sane id and a UUID fit a header")]
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("letters, digits, dots, dashes fit a header")
    }

    fn is_sane(id: &str) -> bool {
        (1..=Self::MAX_LENGTH).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
