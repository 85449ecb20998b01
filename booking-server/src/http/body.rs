//! Request bodies: bounded in size and time, then read strictly.

use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use http::{HeaderMap, HeaderValue};
use http_body::Body;
use http_body_util::BodyExt;
use serde_json::Value;

use super::fields::{self, ObjectReader};
use super::problem::{Problem, ProblemType};
use super::query::Parameters;
use super::repeats;

mod budget;

pub use budget::{BodyBudget, BodyClaim, ReadBody};

/// Any error, as bodies have it.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// How much a body may hold, and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// The largest body that is read.
    pub max_bytes: usize,
    /// From the head to the last byte.
    pub timeout: Duration,
}

/// How much of a body that is too large is read and thrown away before it is refused.
///
/// A socket closed with unread bytes resets the connection, and the client may never see the 413.
/// A body that exceeds even this is cut off.
const DISCARDED_BYTES: usize = 1024 * 1024;

/// Reads a whole body within `limits`, into memory that `budget` has.
///
/// # Errors
/// - `payload-too-large` if it is longer, by its `Content-Length` or in fact.
/// - `request-timeout` if it does not end in time.
/// - `malformed-request` if it ends early or its framing is broken.
/// - `overloaded` if other bodies take the memory.
pub async fn read<'b, B>(
    headers: &HeaderMap,
    body: B,
    limits: BodyLimits,
    budget: &'b BodyBudget,
) -> Result<ReadBody<'b>, Problem>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let max = u64::try_from(limits.max_bytes).unwrap_or(u64::MAX);
    if body.size_hint().lower() > max {
        // Answered at once. Who waits for leave to send (Expect) sends nothing that is to be discarded.
        if !headers.contains_key(EXPECT) {
            tokio::spawn(tokio::time::timeout(limits.timeout, discard(Box::pin(body))));
        }
        return Err(too_large(limits));
    }
    let mut body = std::pin::pin!(body);
    let whole = async {
        let read = collect(body.as_mut(), limits, budget).await;
        let is_left = |problem: &Problem| problem.kind() != ProblemType::MalformedRequest;
        if read.as_ref().is_err_and(is_left) {
            discard(body).await;
        }
        read
    };
    tokio::time::timeout(limits.timeout, whole).await.unwrap_or_else(|_| {
        Err(Problem::new(ProblemType::RequestTimeout)
            .detail(format!("the body did not arrive within {:?}", limits.timeout)))
    })
}

/// Copies the body together. Keeping the frames would keep a hundred bytes for each, and a client
/// may send every byte of a chunked body in a frame of its own.
async fn collect<'b, B>(
    mut body: Pin<&mut B>,
    limits: BodyLimits,
    budget: &'b BodyBudget,
) -> Result<ReadBody<'b>, Problem>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let mut read = budget.begin(limits.max_bytes);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            let error: BoxError = error.into();
            tracing::debug!(%error, "a request body broke off");
            Problem::new(ProblemType::MalformedRequest).detail("the body breaks off")
        })?;
        let Some(part) = frame.data_ref() else { continue };
        if part.len() > limits.max_bytes - read.len() {
            return Err(too_large(limits));
        }
        read.push(part)?;
    }
    Ok(read)
}

async fn discard<B: Body<Data = Bytes> + Unpin>(mut body: B) {
    let mut left = DISCARDED_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = left.checked_sub(length) else { return };
        left = rest;
    }
}

fn too_large(limits: BodyLimits) -> Problem {
    Problem::new(ProblemType::PayloadTooLarge)
        .detail(format!("the body may have {} bytes", limits.max_bytes))
}

/// Reads a JSON object with `read`. [`ObjectReader`] shows how.
///
/// # Errors
/// - `unsupported-media-type`, `malformed-json` as [`read_json`].
/// - `invalid-request` with every field that is wrong, missing or unknown.
pub fn read_object<T>(
    headers: &HeaderMap,
    body: &[u8],
    read: impl FnOnce(&mut ObjectReader<'_>) -> Option<T>,
) -> Result<T, Problem> {
    fields::read_value(read_json(headers, body)?, read)
}

/// Tells whether a body says that it is JSON in just these words, as nearly all do; those that say it in others
/// have to be asked with [`read_json`].
pub(crate) fn is_plainly_json(headers: &HeaderMap) -> bool {
    let is_json = headers.get(CONTENT_TYPE).is_some_and(|value| value == "application/json");
    is_json && !headers.contains_key(CONTENT_ENCODING)
}

/// Parses JSON of any shape.
///
/// # Errors
/// - `unsupported-media-type` unless the type is `application/json` or ends in `+json`, in UTF-8.
/// - `malformed-json` with the place, but never the content: it may be personal data.
/// - `invalid-request` with every name that an object has more than once.
pub fn read_json(headers: &HeaderMap, body: &[u8]) -> Result<Value, Problem> {
    require_media_type(headers, "application/json", is_json_type)?;
    parse_json(body)
}

/// Parses JSON whose media type was checked, or does not matter.
///
/// # Errors
/// - `malformed-json` with the place, but never the content.
/// - `invalid-request` with every name that an object has more than once.
pub fn parse_json(body: &[u8]) -> Result<Value, Problem> {
    let malformed = |detail: String| Problem::new(ProblemType::MalformedJson).detail(detail);
    let text = std::str::from_utf8(body).map_err(|error| {
        malformed(format!("the body is not UTF-8 at byte {}", error.valid_up_to()))
    })?;
    let value = serde_json::from_str(text).map_err(|error| {
        // Depth has no category of its own. Without this, a valid text would be called invalid.
        let reason = if error.to_string().starts_with("recursion limit exceeded") {
            "the body is nested too deeply"
        } else if error.is_eof() {
            "the JSON breaks off"
        } else {
            "the body is not JSON"
        };
        malformed(format!("{reason} at line {}, column {}", error.line(), error.column()))
    })?;
    // Nothing else is looked at: what the body says is not certain.
    let repeated = repeats::find(text);
    if repeated.is_empty() { Ok(value) } else { repeated.conclude(None) }
}

/// Decodes `application/x-www-form-urlencoded`. Read it with [`Parameters::read`].
///
/// # Errors
/// - `unsupported-media-type` for another type.
/// - `malformed-request` for broken percent escapes or text that is not UTF-8.
/// - `invalid-request` with every field that is given more than once.
pub fn read_form(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, Problem> {
    const FORM: &str = "application/x-www-form-urlencoded";
    require_media_type(headers, FORM, |essence| essence == FORM)?;
    std::str::from_utf8(body)
        .map_err(|_| super::percent::Undecodable::Utf8)
        .and_then(Parameters::decode)
        .map_err(|reason| reason.problem("the form"))?
        .each_once()
}

/// Refuses what a parser would only misread: another type, a compressed body, another charset.
fn require_media_type(
    headers: &HeaderMap,
    expected: &str,
    accepts: impl FnOnce(&str) -> bool,
) -> Result<(), Problem> {
    let refuse =
        |detail: String| Err(Problem::new(ProblemType::UnsupportedMediaType).detail(detail));
    let is_encoded =
        |encoding: &HeaderValue| !encoding.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get(CONTENT_ENCODING).is_some_and(is_encoded) {
        return refuse("the body must not be compressed".to_owned());
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type == Some(expected) {
        return Ok(());
    }
    let Some((essence, charset)) = content_type.map(media_type) else {
        return refuse(format!("the Content-Type must be {expected}"));
    };
    if !accepts(&essence) {
        return refuse(format!("the Content-Type must be {expected}"));
    }
    if charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return refuse("the charset must be UTF-8".to_owned());
    }
    Ok(())
}

/// Tells whether a body says that it is `application/json`. A page of another site has to ask before it may have that sent:
/// it is none of the media types that the Fetch standard lets pass (those of forms and plain text), and none that browsers
/// send by themselves (reports).
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| media_type(value).0 == "application/json")
}

fn is_json_type(essence: &str) -> bool {
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Splits a media type into its lower-case essence and its charset; other parameters do not matter.
fn media_type(content_type: &str) -> (String, Option<&str>) {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .map(|(_, value)| value.trim_matches('"'));
    (essence, charset)
}

#[cfg(test)]
mod tests;
