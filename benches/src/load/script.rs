//! What is asked for.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Full;

use super::connection::Answer;
use super::recorder::Kind;

/// A source of requests.
pub trait Script: Debug + Send + Sync + 'static {
    /// Returns the next request, or `None` if there is nothing left to ask for. `number` goes up.
    fn next(&self, number: u64) -> Option<(Kind, Request<Full<Bytes>>)>;

    /// Hears an answer.
    fn hear(&self, _: Kind, _: &Answer) {}
}

/// Makes a request without a body.
pub fn get(path: &Uri) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    *request.uri_mut() = path.clone();
    request
}

/// Makes a request with a JSON body.
pub fn post(path: Uri, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body.into()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = path;
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request
}

/// Returns the body of a booking by the buyer of that number.
pub fn buyer(event: &str, quantity: u32, number: u64) -> String {
    format!(
        r#"{{"event_id":"{event}","quantity":{quantity},"customer":{{"name":"Buyer {number}","email":"buyer{number}@example.org"}}}}"#
    )
}

/// Books tickets of some events in turn.
#[derive(Debug)]
pub struct Bookings {
    events: Vec<String>,
    quantity: u32,
    /// The answers that somebody wants, up to a number.
    wanted: usize,
    answers: Mutex<Vec<Bytes>>,
}

impl Bookings {
    /// Books `quantity` tickets each time.
    pub fn new(events: Vec<String>, quantity: u32) -> Self {
        Self { events, quantity, wanted: 0, answers: Mutex::default() }
    }

    /// Keeps up to `wanted` answers.
    pub fn keep(mut self, wanted: usize) -> Self {
        self.wanted = wanted;
        self
    }

    /// Returns the answers that were kept.
    pub fn answers(&self) -> Vec<Bytes> {
        std::mem::take(&mut self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Script for Bookings {
    fn next(&self, number: u64) -> Option<(Kind, Request<Full<Bytes>>)> {
        let count = u64::try_from(self.events.len()).ok()?;
        // A step that has no divisor in common with most counts visits all of them.
        let index = usize::try_from(number.wrapping_mul(7) % count).ok()?;
        let body = buyer(&self.events[index], self.quantity, number);
        Some((Kind::Book, post(Uri::from_static("/v1/bookings"), body)))
    }

    fn hear(&self, _: Kind, answer: &Answer) {
        if self.wanted > 0 && answer.status == 201 {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.len() < self.wanted {
                answers.push(answer.body.clone());
            }
        }
    }
}

/// Loads the pages of some events in turn.
#[derive(Debug)]
pub struct Pages(Vec<Uri>);

impl Pages {
    /// Loads the pages of these events.
    ///
    /// # Panics
    /// If an id is not one.
    pub fn new(events: &[String]) -> Self {
        let path =
            |event| format!("/v1/events/{event}").parse().expect("an id is a path's segment");
        Self(events.iter().map(path).collect())
    }
}

impl Script for Pages {
    fn next(&self, number: u64) -> Option<(Kind, Request<Full<Bytes>>)> {
        let index = usize::try_from(number).ok()? % self.0.len();
        Some((Kind::Page, get(&self.0[index])))
    }
}

/// Searches as people do.
#[derive(Debug)]
pub struct Searches(Vec<Uri>);

impl Default for Searches {
    fn default() -> Self {
        let paths = [
            "/v1/events",
            "/v1/events?q=concert",
            "/v1/events?q=jazz&country=FR",
            "/v1/events?category=conference&sort=price",
            "/v1/events?city=Z%C3%BCrich",
            "/v1/events?near=48.85,2.35&radius_km=100&sort=distance",
            "/v1/events?q=rust",
            "/v1/events?available=2&country=DE",
            "/v1/events/facets?category=concert",
        ];
        Self(paths.into_iter().map(Uri::from_static).collect())
    }
}

impl Script for Searches {
    fn next(&self, number: u64) -> Option<(Kind, Request<Full<Bytes>>)> {
        let index = usize::try_from(number).ok()? % self.0.len();
        Some((Kind::Search, get(&self.0[index])))
    }
}

/// Sends notifications that were prepared, each once.
#[derive(Debug)]
pub struct Notifications(Mutex<VecDeque<Request<Full<Bytes>>>>);

impl Notifications {
    /// Sends these.
    pub fn new(requests: impl IntoIterator<Item = Request<Full<Bytes>>>) -> Self {
        Self(Mutex::new(requests.into_iter().collect()))
    }
}

impl Script for Notifications {
    fn next(&self, _: u64) -> Option<(Kind, Request<Full<Bytes>>)> {
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.map(|request| (Kind::Pay, request))
    }
}
