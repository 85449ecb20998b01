//! What is asked for.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use uuid::Uuid;

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

/// Lets a client repeat a request, of which it does not know what came, without asking for more.
pub fn with_key(mut request: Request<Full<Bytes>>, run: &str, number: u64) -> Request<Full<Bytes>> {
    // A key that cannot stand in a header is not sent.
    if let Ok(key) = HeaderValue::from_str(&format!("{run}-{number}")) {
        request.headers_mut().insert(HeaderName::from_static("idempotency-key"), key);
    }
    request
}

/// Returns the id of the booking that an answer shows, without reading all of it.
pub fn booking_id(answer: &[u8]) -> Option<Uuid> {
    const BEFORE: &[u8] = br#""id":""#;
    let at = answer.windows(BEFORE.len()).position(|window| window == BEFORE)? + BEFORE.len();
    Uuid::try_parse_ascii(answer.get(at..at + 36)?).ok()
}

/// Books tickets of some events in turn.
#[derive(Debug)]
pub struct Bookings {
    events: Vec<String>,
    quantity: u32,
    /// What the keys of the requests begin with, if they bear any.
    run: Option<String>,
    sent: AtomicU64,
    is_remembering: bool,
    /// The answers that somebody wants, up to a number.
    wanted: usize,
    heard: Mutex<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    ids: Vec<Uuid>,
    answers: Vec<Bytes>,
}

impl Bookings {
    /// Books `quantity` tickets each time.
    pub fn new(events: Vec<String>, quantity: u32) -> Self {
        Self {
            events,
            quantity,
            run: None,
            sent: AtomicU64::new(0),
            is_remembering: false,
            wanted: 0,
            heard: Mutex::default(),
        }
    }

    /// Gives each request a key of its own that begins with `run`.
    pub fn keys(mut self, run: String) -> Self {
        self.run = Some(run);
        self
    }

    /// Remembers what was booked.
    pub fn remember(mut self) -> Self {
        self.is_remembering = true;
        self
    }

    /// Keeps up to `wanted` answers.
    pub fn keep(mut self, wanted: usize) -> Self {
        self.wanted = wanted;
        self
    }

    /// Returns the bookings that were remembered since this was last asked.
    pub fn ids(&self) -> Vec<Uuid> {
        std::mem::take(&mut self.lock().ids)
    }

    /// Returns the answers that were kept since this was last asked.
    pub fn answers(&self) -> Vec<Bytes> {
        std::mem::take(&mut self.lock().answers)
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Script for Bookings {
    fn next(&self, number: u64) -> Option<(Kind, Request<Full<Bytes>>)> {
        let count = u64::try_from(self.events.len()).ok()?;
        // A step that has no divisor in common with most counts visits all of them.
        let index = usize::try_from(number.wrapping_mul(7) % count).ok()?;
        let body = buyer(&self.events[index], self.quantity, number);
        let mut request = post(Uri::from_static("/v1/bookings"), body);
        if let Some(run) = &self.run {
            // The numbers begin anew with each loop that this is used for.
            request = with_key(request, run, self.sent.fetch_add(1, Ordering::Relaxed));
        }
        Some((Kind::Book, request))
    }

    fn hear(&self, _: Kind, answer: &Answer) {
        if answer.status != 201 || (!self.is_remembering && self.wanted == 0) {
            return;
        }
        let id = if self.is_remembering { booking_id(&answer.body) } else { None };
        let mut heard = self.lock();
        heard.ids.extend(id);
        if heard.answers.len() < self.wanted {
            heard.answers.push(answer.body.clone());
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
            "/v1/events?q=berln",
            "/v1/events?q=%22open%20air%22%20-opera",
            "/v1/events?starts_from=2027-01-01&starts_to=2027-12-31&price_max=5000&currency=EUR",
            "/v1/events/facets",
            "/v1/events/suggest?q=mu",
            "/v1/events/suggest?q=zur",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_booking_of_an_answer_is_found() {
        let id = "0190163d-8694-739b-aea5-966c26f8ad91";
        let answer =
            format!(r#"{{"id":"{id}","event_id":"0190163d-8694-739b-aea5-000000000000"}}"#);
        assert_eq!(booking_id(answer.as_bytes()).unwrap().to_string(), id);
        assert_eq!(booking_id(br#"{"type":"/problems/sold-out"}"#), None);
        assert_eq!(booking_id(br#"{"id":"0190"#), None);
    }

    #[test]
    fn every_event_gets_its_turn_and_every_request_its_key() {
        let events: Vec<String> = (0..10).map(|number| format!("event-{number}")).collect();
        let bookings = Bookings::new(events, 1).keys("run".to_owned());
        let keys: std::collections::BTreeSet<_> = (0..10)
            .map(|number| bookings.next(number).unwrap().1.headers()["idempotency-key"].clone())
            .collect();
        assert_eq!(keys.len(), 10);
        let visited: std::collections::BTreeSet<u64> =
            (0..10).map(|number| number * 7 % 10).collect();
        assert_eq!(visited.len(), 10);
    }
}
