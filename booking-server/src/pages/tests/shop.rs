//! A whole shop in memory, and what a browser does with its pages.

use std::sync::Arc;
use std::time::Duration;

use booking_core::adapters::memory::{MemoryDatabase, MemoryNotifier, MemoryStockCache};
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::assembly::mock_gateway_in_process;
use booking_core::domain::event::Listing;
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::ports::{Clock, EventRepository, IdSource};
use booking_core::service::BookingSystem;
use booking_core::testkit::faulty::{FaultScript, FaultyBookingRepository};
use booking_core::testkit::seed::{self, EventSeed};
use booking_core::testkit::{ManualClock, SeededIds};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use tower::ServiceExt;
use url::form_urlencoded;

use crate::app::App;
use crate::service::HttpService;

pub(super) const PUBLIC_URL: &str = "http://tickets.test";

pub(super) struct Shop {
    pub(super) clock: ManualClock,
    pub(super) system: BookingSystem,
    pub(super) gateway: MockGateway,
    /// What goes wrong with the repository of bookings. Nothing is repeated.
    pub(super) faults: FaultScript,
    events: Arc<dyn EventRepository>,
    service: HttpService,
}

impl Shop {
    pub(super) fn open() -> Self {
        Self::open_at(PUBLIC_URL)
    }

    pub(super) fn open_at(public_url: &str) -> Self {
        let clock = ManualClock::default();
        let time: Arc<dyn Clock> = Arc::new(clock.clone());
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(1, Arc::clone(&time)));
        let secrets = IpnSecrets::parse("a secret for tests only").unwrap();
        let gateway = MockGateway::builder(secrets, Arc::clone(&time), Arc::clone(&ids))
            .public_url(public_url);
        let (gateway, connect) = mock_gateway_in_process(gateway).unwrap();
        let database = MemoryDatabase::new(Arc::clone(&ids));
        let events = database.events();
        let faults = FaultScript::none();
        let bookings = FaultyBookingRepository::new(database.bookings(), faults.clone());
        let system = BookingSystem::builder()
            .repositories(Arc::clone(&events) as Arc<dyn EventRepository>, Arc::new(bookings))
            .cache(Arc::new(MemoryStockCache::default()))
            .gateway(Arc::new(gateway.clone()))
            .notifier(Arc::new(MemoryNotifier::default()))
            .time_and_ids(time, ids)
            .settings(|settings| settings.commit_patience = Duration::ZERO)
            .build()
            .unwrap();
        connect(&system);
        let app = App::builder(system.clone())
            .public_url(public_url)
            .mock_gateway(Arc::new(gateway.clone()))
            .build();
        Self { clock, system, gateway, faults, events, service: crate::service(app) }
    }

    pub(super) async fn add(&self, event: &EventSeed) -> EventId {
        let event = event.build();
        self.events.store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();
        event.id
    }

    pub(super) async fn listing(&self, id: EventId) -> Listing {
        self.events.find_event(id).await.unwrap().unwrap()
    }

    pub(super) async fn bookings(&self, id: EventId) -> usize {
        self.system.bookings().list(id, None, 100).await.unwrap().items.len()
    }

    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Page {
        let response = self.service.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Page { status: head.status, headers: head.headers, body: body_text(&body) }
    }

    /// Opens an address as a browser does.
    pub(super) async fn get(&self, address: &str) -> Page {
        let path = address.strip_prefix(PUBLIC_URL).unwrap_or(address);
        let request = Request::get(path).header(header::ACCEPT, "text/html,*/*;q=0.8");
        self.send(request.body(Full::default()).unwrap()).await
    }

    /// Sends a form as a browser does, from a page of the shop.
    pub(super) async fn submit(&self, form: &Form) -> Page {
        self.submit_with(form, &[("sec-fetch-site", "same-origin")]).await
    }

    pub(super) async fn submit_with(&self, form: &Form, headers: &[(&str, &str)]) -> Page {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&form.fields);
        let mut request = Request::post(&form.action)
            .header(header::HOST, "tickets.test")
            .header(header::ACCEPT, "text/html,*/*;q=0.8")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Full::from(body.finish())).unwrap()).await
    }

    /// Opens an event's page and fills in its booking form.
    pub(super) async fn filled_form(&self, id: EventId, quantity: &str) -> Form {
        let page = self.get(&format!("/events/{id}")).await;
        page.form("/book")
            .fill("quantity", quantity)
            .fill("name", "Zoë Ångström")
            .fill("email", "zoe@example.org")
    }

    /// Books, and returns where the browser is sent.
    pub(super) async fn book(&self, id: EventId, quantity: &str) -> String {
        self.submit(&self.filled_form(id, quantity).await).await.location()
    }

    /// Returns the newest booking of an event.
    pub(super) async fn newest_booking(&self, id: EventId) -> BookingId {
        self.system.bookings().list(id, None, 100).await.unwrap().items.last().unwrap().id
    }
}

fn body_text(body: &[u8]) -> String {
    String::from_utf8(body.to_vec()).unwrap()
}

/// What the server answered.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Page {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn location(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.header("location").to_owned()
    }

    pub(super) fn ok(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    #[track_caller]
    pub(super) fn assert_has(&self, text: &str) {
        assert!(self.has(text), "{text:?} is not in\n{}", self.body);
    }

    #[track_caller]
    pub(super) fn assert_lacks(&self, text: &str) {
        assert!(!self.has(text), "{text:?} is in\n{}", self.body);
    }

    /// Lists the tags of a name, as they are written.
    pub(super) fn tags(&self, name: &str) -> Vec<&str> {
        tags(&self.body, name)
    }

    /// Returns the form whose action ends in `action`, with the fields that a browser would send.
    #[track_caller]
    pub(super) fn form(&self, action: &str) -> Form {
        let found = self.body.match_indices("<form").find_map(|(start, _)| {
            let text = &self.body[start..];
            let text = &text[..text.find("</form>").unwrap()];
            let tag = &text[..text.find('>').unwrap()];
            let address = attribute(tag, "action").unwrap();
            address.ends_with(action).then_some((address, text))
        });
        let (action, text) =
            found.unwrap_or_else(|| panic!("no form leads to {action}:\n{}", self.body));
        let fields = tags(text, "input").into_iter().map(|tag| {
            (attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap_or_default())
        });
        Form { action, fields: fields.collect() }
    }

    /// Returns where the link with exactly this text leads.
    #[track_caller]
    pub(super) fn link(&self, text: &str) -> String {
        let end = self.body.find(&format!(">{text}</a>"));
        let end = end.unwrap_or_else(|| panic!("no link says {text:?}:\n{}", self.body));
        let start = self.body[..end].rfind("<a ").unwrap();
        attribute(&self.body[start..end], "href").unwrap()
    }
}

/// A form as it would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) action: String,
    pub(super) fields: Vec<(String, String)>,
}

impl Form {
    /// Types into a field, or presses a button.
    pub(super) fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

pub(super) fn tags<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let opening = format!("<{name}");
    let is_end = |c: char| c.is_whitespace() || c == '>';
    text.match_indices(&opening)
        .map(|(start, _)| &text[start..])
        .filter(|rest| rest[opening.len()..].starts_with(is_end))
        .map(|rest| &rest[..=rest.find('>').unwrap()])
        .collect()
}

/// Returns an attribute of a tag, as a browser reads it.
pub(super) fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..];
    Some(unescape(&value[..value.find('"').unwrap()]))
}

fn unescape(text: &str) -> String {
    let entities =
        [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}
