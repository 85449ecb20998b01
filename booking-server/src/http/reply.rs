//! Answers, and the headers every answer bears.

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body::Body as _;
use http_body_util::Full;
use serde::Serialize;

use super::etag::{self, EntityTag};
use super::problem::Problem;

/// The body of every answer: whole, so that its length is always known.
pub type Body = Full<Bytes>;

/// Every answer.
pub type Response = http::Response<Body>;

/// What a handler may end with.
pub trait IntoResponse {
    /// Turns the value into the answer to send.
    fn into_response(self) -> Response;
}

impl IntoResponse for Response {
    fn into_response(self) -> Response {
        self
    }
}

impl<T: IntoResponse, E: IntoResponse> IntoResponse for Result<T, E> {
    fn into_response(self) -> Response {
        match self {
            Ok(value) => value.into_response(),
            Err(error) => error.into_response(),
        }
    }
}

/// The media type of JSON answers.
pub const JSON: &str = "application/json";
/// The media type of pages.
pub const HTML: &str = "text/html; charset=utf-8";

/// Says what a page may load, and where its forms may lead: here, to any site by HTTPS, and to
/// `forms_to`, which is an origin or empty.
///
/// Pictures of events may be anywhere. `form-action` also governs the redirect that follows a
/// form, and booking leads to the payment gateway, so `'self'` alone would break paying.
pub fn page_policy(forms_to: &str) -> String {
    let space = if forms_to.is_empty() { "" } else { " " };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; \
         connect-src 'self'; form-action 'self' https:{space}{forms_to}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

static PAGE_POLICY: LazyLock<HeaderValue> =
    LazyLock::new(|| HeaderValue::try_from(page_policy("")).expect("it is made of ASCII"));

/// What everything else may do if a browser opens it: nothing.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Answers with `bytes` of the given media type.
pub fn bytes(
    status: StatusCode,
    content_type: &'static str,
    content: impl Into<Bytes>,
) -> Response {
    let mut response = with_room(Full::new(content.into()), status);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Answers with JSON. A value that cannot be serialised is a fault here, hence a 500.
pub fn json<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Response {
    to_json(value).map_or_else(IntoResponse::into_response, |text| bytes(status, JSON, text))
}

/// Answers 201 with JSON and the address of what was made.
pub fn created<T: Serialize + ?Sized>(location: &str, value: &T) -> Response {
    with_location(json(StatusCode::CREATED, value), location)
}

/// Answers with a page.
pub fn html(status: StatusCode, page: String) -> Response {
    bytes(status, HTML, page)
}

/// Answers 204.
pub fn no_content() -> Response {
    empty(StatusCode::NO_CONTENT)
}

/// Answers 303: the browser goes on to `location` with GET.
pub fn see_other(location: &str) -> Response {
    with_location(empty(StatusCode::SEE_OTHER), location)
}

/// Answers 304 for a client whose copy is `tag`.
pub fn not_modified(tag: &EntityTag) -> Response {
    let mut response = empty(StatusCode::NOT_MODIFIED);
    response.headers_mut().insert(ETAG, tag.header_value());
    response
}

/// Content with its tag: made once, and sent to everybody who asks.
#[derive(Debug, Clone)]
pub struct Tagged {
    content_type: &'static str,
    content: Bytes,
    tag: EntityTag,
}

impl Tagged {
    /// Makes the tag of `content`.
    pub fn new(content_type: &'static str, content: impl Into<Bytes>) -> Self {
        let content = content.into();
        Self { content_type, tag: EntityTag::of(&content), content }
    }

    /// Renders a value as JSON.
    ///
    /// # Errors
    /// - `internal` if the value cannot be serialised.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, Problem> {
        to_json(value).map(|text| Self::new(JSON, text))
    }

    /// Answers 200, or 304 if the client's copy is the same.
    pub fn answer(&self, request_headers: &HeaderMap, cache_control: &'static str) -> Response {
        let mut response = if etag::is_current(request_headers, &self.tag) {
            not_modified(&self.tag)
        } else {
            let mut response = bytes(StatusCode::OK, self.content_type, self.content.clone());
            response.headers_mut().insert(ETAG, self.tag.header_value());
            response
        };
        // RFC 9110, 15.4.5: a 304 repeats the Cache-Control of the 200.
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
        response
    }
}

/// Answers 200 with a tag made from the content, or 304 if the client's copy is the same.
pub fn cached(
    request_headers: &HeaderMap,
    cache_control: &'static str,
    content_type: &'static str,
    content: impl Into<Bytes>,
) -> Response {
    Tagged::new(content_type, content).answer(request_headers, cache_control)
}

/// Answers as [`cached`] does, with JSON.
pub fn cached_json<T: Serialize + ?Sized>(
    request_headers: &HeaderMap,
    cache_control: &'static str,
    value: &T,
) -> Response {
    Tagged::json(value).map(|page| page.answer(request_headers, cache_control)).into_response()
}

/// Adds the headers every answer bears, where the handler has not chosen its own.
pub fn secure(response: &mut Response) {
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|content_type| content_type.as_bytes().starts_with(b"text/html"));
    let policy = if is_page { PAGE_POLICY.clone() } else { HeaderValue::from_static(DATA_POLICY) };
    let defaults = [
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        // Addresses of bookings are as good as tickets; other sites must not learn them.
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    for (name, value) in defaults {
        response.headers_mut().entry(name).or_insert(value);
    }
}

/// Takes the body away and leaves its length: the answer to HEAD.
pub fn without_body(response: &mut Response) {
    let length = std::mem::take(response.body_mut()).size_hint().exact();
    // RFC 9110, 8.6: a 204 must not have a length, and that of a 304 would be the length of the
    // 200.
    let has_length =
        !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if let Some(length) = length.filter(|_| has_length) {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
}

fn empty(status: StatusCode) -> Response {
    with_room(Body::default(), status)
}

/// Begins an answer, with room for as many headers as answers usually bear: a map that grows is written twice.
pub(super) fn with_room(body: Body, status: StatusCode) -> Response {
    const USUAL_HEADERS: usize = 12;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().reserve(USUAL_HEADERS);
    response
}

fn with_location(mut response: Response, location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(value) => {
            response.headers_mut().insert(LOCATION, value);
            response
        }
        Err(error) => {
            tracing::error!(%error, "a location does not fit a header");
            Problem::internal().into_response()
        }
    }
}

fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Problem> {
    const USUAL_BYTES: usize = 1024;
    let mut text = Vec::with_capacity(USUAL_BYTES);
    match serde_json::to_writer(&mut text, value) {
        Ok(()) => Ok(text),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be serialised");
            Err(Problem::internal())
        }
    }
}

#[cfg(test)]
mod tests;
