//! Errors as RFC 9457 problem documents.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::Full;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::reply::{self, IntoResponse, Response};

/// Declares the enum and its table at once, so that no list of types can fall behind.
macro_rules! problem_types {
    ($($(#[$doc:meta])+ $variant:ident: $status:ident, $slug:literal, $title:literal,
        $detail:literal;)+) => {
        /// Every kind of problem the server answers with. Slug and status are part of the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemType {
            $($(#[$doc])+ $variant,)+
        }

        impl ProblemType {
            /// All types, in the order of their status.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            const fn row(self) -> (StatusCode, &'static str, &'static str, &'static str) {
                match self {
                    $(Self::$variant => (StatusCode::$status, $slug, $title, $detail),)+
                }
            }

            /// Returns the `type` reference.
            pub const fn uri(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("/problems/", $slug),)+
                }
            }
        }
    };
}

problem_types! {
    /// The body is not JSON, or not UTF-8.
    MalformedJson: BAD_REQUEST, "malformed-json", "The body is not valid JSON",
        "The body must be one JSON value in UTF-8.";
    /// Something else about the request cannot be read, such as a broken percent escape.
    MalformedRequest: BAD_REQUEST, "malformed-request", "The request cannot be read",
        "The address, a header or the body cannot be decoded.";
    /// A notification whose signature is missing, wrong or too old.
    BadSignature: UNAUTHORIZED, "bad-signature", "The signature is not valid",
        "The Payment-Signature must be made over this body with the shared secret, moments ago.";
    /// The page of another site made a browser send it, or may have.
    ForeignOrigin: FORBIDDEN, "foreign-origin", "The request came from another site",
        "Send it from a page of this server, or with a client that is not a browser.";
    /// No route, or no resource of a kind that has no type of its own.
    NotFound: NOT_FOUND, "not-found", "There is nothing here",
        "No resource has this address; check the path against /openapi.json.";
    /// No such event.
    EventNotFound: NOT_FOUND, "event-not-found", "There is no such event",
        "No published event has this id; it may never have existed, or not be public.";
    /// No such booking.
    BookingNotFound: NOT_FOUND, "booking-not-found", "There is no such booking",
        "No booking has this id; check it against the answer that made the booking.";
    /// The route exists, for other methods; `Allow` names them.
    MethodNotAllowed: METHOD_NOT_ALLOWED, "method-not-allowed", "The method is not allowed here",
        "Use one of the methods that the Allow header names.";
    /// The body did not arrive in time.
    RequestTimeout: REQUEST_TIMEOUT, "request-timeout", "The request took too long to arrive",
        "Send the request again, over a faster connection.";
    /// Not enough tickets; `available` says how many are left.
    SoldOut: CONFLICT, "sold-out", "Not enough tickets are left",
        "Ask for fewer tickets, or again when holds that are not paid for are released.";
    /// The event is a draft, cancelled, over, or outside its sales window.
    NotOnSale: CONFLICT, "not-on-sale", "The event is not on sale",
        "Tickets are sold while the event is published, within its sales window, and not over.";
    /// The booking is confirmed, so that giving it up is a refund.
    NotCancellable: CONFLICT, "not-cancellable", "The booking cannot be cancelled",
        "A booking that is confirmed, or whose money is or was given back, cannot be cancelled.";
    /// The booking is in a state that has nothing to refund.
    NotRefundable: CONFLICT, "not-refundable", "The booking cannot be refunded",
        "Only a booking that was paid for and not refunded yet can be refunded.";
    /// The new capacity is below what is sold and held.
    CapacityTooLow: CONFLICT, "capacity-too-low", "The capacity is below what is sold and held",
        "The capacity must be at least the number of tickets that are sold or held.";
    /// The event's state does not permit the change.
    EventNotEditable: CONFLICT, "event-not-editable", "The event cannot be changed this way",
        "The state of the event does not permit this change.";
    /// The first request with this idempotency key is still running.
    IdempotencyInProgress: CONFLICT, "idempotency-in-progress",
        "A request with this idempotency key is still running",
        "Wait for the first request to end, then repeat this one with the same key.";
    /// The body is over the limit.
    PayloadTooLarge: PAYLOAD_TOO_LARGE, "payload-too-large", "The body is too large",
        "Send a smaller body.";
    /// The request target is over the limit.
    UriTooLong: URI_TOO_LONG, "uri-too-long", "The address is too long",
        "Shorten the path and the query.";
    /// The body has another media type or encoding than the route reads.
    UnsupportedMediaType: UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type",
        "The media type of the body is not supported",
        "Send the body uncompressed, with the Content-Type that the route reads.";
    /// Well-formed, but invalid; `errors` names every offending field.
    InvalidRequest: UNPROCESSABLE_ENTITY, "invalid-request", "The request is not valid",
        "Correct what `errors` names, and send the request again.";
    /// The cursor was not issued here, or for other filters.
    InvalidCursor: UNPROCESSABLE_ENTITY, "invalid-cursor", "The cursor is not valid here",
        "Begin again without a cursor, and keep the filters while turning pages.";
    /// The idempotency key was used before, with another request.
    IdempotencyKeyReused: UNPROCESSABLE_ENTITY, "idempotency-key-reused",
        "The idempotency key was used for another request",
        "Use a new key for a new request, or repeat the first request unchanged.";
    /// A fault in the server. The log knows more, under the request id.
    Internal: INTERNAL_SERVER_ERROR, "internal", "Something went wrong here",
        "The fault is logged under the X-Request-Id of this answer.";
    /// The payment gateway did not give a payment link; the tickets are released again.
    PaymentGateway: BAD_GATEWAY, "payment-gateway", "The payment gateway did not answer",
        "The tickets are released again; book once more in a moment.";
    /// Too many requests at once; this one was not started.
    Overloaded: SERVICE_UNAVAILABLE, "overloaded", "Too many requests at once",
        "The request was not begun; repeat it after the time in Retry-After.";
    /// Something the request needs is away, or took too long. It may have taken effect.
    Unavailable: SERVICE_UNAVAILABLE, "unavailable", "The service is not available",
        "Repeat the request after the time in Retry-After; a booking with the same Idempotency-Key.";
}

impl ProblemType {
    /// Returns the last part of the `type` reference.
    pub const fn slug(self) -> &'static str {
        self.row().1
    }

    /// Returns the short text that is the same for every problem of this type.
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    /// Returns what to do about it, for problems that know nothing better to say.
    pub const fn default_detail(self) -> &'static str {
        self.row().3
    }

    /// Returns the status code.
    pub const fn status(self) -> StatusCode {
        self.row().0
    }
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where the field is: a JSON pointer (RFC 6901), or `/name` for a query parameter.
    pub pointer: String,
    /// What is wrong, as the end of a sentence that begins with the field's name.
    pub detail: String,
}

/// An error to answer with.
///
/// It holds nothing that must not be shown: causes go to the log, not in here.
///
/// # Example
///
/// ```
/// use booking_server::http::problem::{Problem, ProblemType};
///
/// let problem = Problem::new(ProblemType::SoldOut)
///     .detail("3 tickets were asked for, 2 are left")
///     .member("available", 2);
/// assert_eq!(problem.status(), 409);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    kind: ProblemType,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    members: Vec<(&'static str, Value)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The document as it is sent.
struct Document<'a>(&'a Problem);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(problem) = self;
        let kind = problem.kind;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", kind.uri())?;
        map.serialize_entry("title", kind.title())?;
        map.serialize_entry("status", &problem.status().as_u16())?;
        map.serialize_entry("detail", problem.detail_text().unwrap_or(kind.default_detail()))?;
        if !problem.errors.is_empty() {
            map.serialize_entry("errors", &problem.errors)?;
        }
        for (name, value) in &problem.members {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The documents of problems that say no more than their type, such as that of every request that is shed.
static BARE_DOCUMENTS: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let problems = ProblemType::ALL.iter().map(|kind| Problem::new(*kind));
    problems.map(|problem| problem.write()).collect()
});

/// Members that an extension may not shadow.
const RESERVED: [&str; 6] = ["type", "title", "status", "detail", "instance", "errors"];

impl Problem {
    /// Makes a problem that says no more than its type.
    pub fn new(kind: ProblemType) -> Self {
        Self { kind, detail: None, errors: vec![], members: vec![], headers: vec![] }
    }

    /// Makes the 422 that names every offending field.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.len() {
            1 => Cow::Borrowed("one field is not valid"),
            count => Cow::Owned(format!("{count} fields are not valid")),
        };
        Self { errors, ..Self::new(ProblemType::InvalidRequest).detail(detail) }
    }

    /// Makes the 500. Log the cause where you call this; the caller learns nothing about it.
    pub fn internal() -> Self {
        Self::new(ProblemType::Internal)
    }

    /// Makes the 503 for something that is away for about `wait`.
    pub fn unavailable(wait: Duration) -> Self {
        Self::new(ProblemType::Unavailable).retry_after(wait)
    }

    /// Says what happened this time. It must not quote the request's body.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds an offending field.
    pub fn error(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        self
    }

    /// Adds an extension member, such as `available`.
    pub fn member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        debug_assert!(!RESERVED.contains(&name), "{name} is a member of every problem");
        self.members.retain(|(earlier, _)| *earlier != name);
        self.members.push((name, value.into()));
        self
    }

    /// Says when to try again. Part of a second counts as a whole one, and none as one.
    pub fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.header(RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// Says which methods the route knows.
    pub fn allow(self, methods: HeaderValue) -> Self {
        self.header(ALLOW, methods)
    }

    /// Sets a header of the answer.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.retain(|(earlier, _)| *earlier != name);
        self.headers.push((name, value));
        self
    }

    /// Returns the type.
    pub const fn kind(&self) -> ProblemType {
        self.kind
    }

    /// Returns the status code.
    pub const fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// Returns what happened this time, if that is known to be more than the type.
    pub fn detail_text(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Returns the offending fields, for a page that shows its form again.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Returns an extension member.
    pub fn member_value(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn document(&self) -> Bytes {
        let is_bare = self.detail.is_none() && self.errors.is_empty() && self.members.is_empty();
        // The list of all types is in the order of their declaration.
        match BARE_DOCUMENTS.get(self.kind as usize) {
            Some(document) if is_bare => document.clone(),
            _ => self.write(),
        }
    }

    fn write(&self) -> Bytes {
        const USUAL_BYTES: usize = 512;
        let mut text = Vec::with_capacity(USUAL_BYTES);
        // Strings, numbers and maps with string keys cannot fail to serialise; an empty document
        // with the right status is still an honest answer if they did.
        match serde_json::to_writer(&mut text, &Document(self)) {
            Ok(()) => text.into(),
            Err(_) => Bytes::from_static(b"{}"),
        }
    }

    /// Some statuses are incomplete without a header; these are what they get by default.
    fn default_header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self.status() {
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, HeaderValue::from_static("1"))),
            // RFC 9110, 15.5.2: a 401 MUST bear a challenge.
            StatusCode::UNAUTHORIZED => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Payment-Signature")))
            }
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = reply::with_room(Full::new(self.document()), self.status());
        response.extensions_mut().insert(self.kind);
        let default_header = self.default_header();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(default_header);
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}

impl From<ProblemType> for Problem {
    fn from(kind: ProblemType) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.slug())?;
        self.detail.as_deref().map_or(Ok(()), |detail| write!(f, ": {detail}"))
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests;
