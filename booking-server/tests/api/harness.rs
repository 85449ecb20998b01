//! A whole system in memory, on a clock that the tests move.

#[path = "harness/answer.rs"]
mod answer;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use booking_core::adapters::memory::{
    MemoryCacheSettings, MemoryDatabase, MemoryNotifier, MemoryStockCache,
};
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway, signature};
use booking_core::ports::EventRepository;
use booking_core::ports::IdSource;
use booking_core::ports::PaymentGateway;
use booking_core::service::BookingSystem;
use booking_core::testkit::faulty::{
    FaultScript, FaultyBookingRepository, FaultyEventRepository, FaultyStockCache,
};
use booking_core::testkit::{ManualClock, SeededIds};
use booking_server::HttpService;
use booking_server::app::{AdminHosts, App, DependencyKinds};
use booking_server::http::limits::Limits;
use booking_server::http::reply::Response;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) use answer::Answer;

use answer::check_against_document;

pub(crate) const PUBLIC_URL: &str = "https://tickets.example.org/shop";
pub(crate) const SECRET: &str = "a secret of more than sixteen bytes";
/// An id that nothing has.
pub(crate) const NOBODY: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

static PUBLIC: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(booking_server::api::openapi::public()).unwrap());
static ADMIN: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(booking_server::api::openapi::admin()).unwrap());

/// Which listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listener {
    Public,
    Admin,
}

impl Listener {
    pub(crate) fn document(self) -> &'static Value {
        match self {
            Self::Public => &PUBLIC,
            Self::Admin => &ADMIN,
        }
    }
}

/// The services and what is behind them.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) app: App,
    public: HttpService,
    admin: HttpService,
    pub(crate) clock: ManualClock,
    /// The catalogue itself.
    #[allow(dead_code, reason = "the fuzz targets, which share this file, import into it")]
    pub(crate) events: Arc<dyn EventRepository>,
    /// What the repositories do wrong.
    pub(crate) database: FaultScript,
    /// What the cache does wrong.
    pub(crate) cache: FaultScript,
}

impl Api {
    pub(crate) fn new() -> Self {
        Self::with_gateway(|gateway| gateway)
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self::with(limits, |gateway| gateway)
    }

    pub(crate) fn with_gateway(
        wrap: impl FnOnce(Arc<dyn PaymentGateway>) -> Arc<dyn PaymentGateway>,
    ) -> Self {
        Self::with(Limits::default(), wrap)
    }

    fn with(
        limits: Limits,
        wrap: impl FnOnce(Arc<dyn PaymentGateway>) -> Arc<dyn PaymentGateway>,
    ) -> Self {
        let clock = ManualClock::default();
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(1, Arc::new(clock.clone())));
        let memory = MemoryDatabase::new(Arc::clone(&ids));
        let events: Arc<dyn EventRepository> = memory.events();
        let (database, cache) = (FaultScript::none(), FaultScript::none());
        let secrets = IpnSecrets::parse(SECRET).unwrap();
        let gateway = MockGateway::builder(secrets, Arc::new(clock.clone()), Arc::clone(&ids))
            .public_url(PUBLIC_URL)
            .ipn_url("http://127.0.0.1:1/v1/payments/ipn")
            .build()
            .unwrap();
        let gateway = Arc::new(gateway);
        let stock_cache = Arc::new(MemoryStockCache::new(MemoryCacheSettings::default()));
        let system = BookingSystem::builder()
            .repositories(
                Arc::new(FaultyEventRepository::new(memory.events(), database.clone())),
                Arc::new(FaultyBookingRepository::new(memory.bookings(), database.clone())),
            )
            .cache(Arc::new(FaultyStockCache::new(stock_cache, cache.clone())))
            .gateway(wrap(Arc::clone(&gateway) as Arc<dyn PaymentGateway>))
            .notifier(Arc::new(MemoryNotifier::new(100)))
            .time_and_ids(Arc::new(clock.clone()), ids)
            .build()
            .unwrap();
        let app = App::builder(system)
            .public_url(PUBLIC_URL)
            .limits(limits)
            .mock_gateway(gateway)
            .metrics(Arc::new(|| "up 1\n".to_owned()))
            .build();
        let (public, admin) =
            (booking_server::service(app.clone()), booking_server::admin_service(app.clone()));
        Self { app, public, admin, clock, events, database, cache }
    }

    /// Returns services over the same system with other limits.
    pub(crate) fn limited_to(&self, limits: Limits) -> Self {
        let app = App::builder(self.app.system().clone());
        Self::of(app.public_url(PUBLIC_URL).limits(limits).build(), self)
    }

    /// Returns services over the same system whose admin listener is asked by other names.
    pub(crate) fn administered_at(&self, hosts: AdminHosts) -> Self {
        let app = App::builder(self.app.system().clone());
        let app = app.public_url(PUBLIC_URL).admin_hosts(hosts).build();
        let admin = booking_server::admin_service(app.clone());
        Self { app, admin, ..self.clone() }
    }

    /// Returns services over the same system that were told what it is made of.
    pub(crate) fn of_kinds(&self, kinds: DependencyKinds) -> Self {
        let app = App::builder(self.app.system().clone()).public_url(PUBLIC_URL).kinds(kinds);
        Self::of(app.build(), self)
    }

    fn of(app: App, like: &Self) -> Self {
        let (public, admin) =
            (booking_server::service(app.clone()), booking_server::admin_service(app.clone()));
        Self { app, public, admin, ..like.clone() }
    }

    /// Returns services over another system.
    pub(crate) fn over(system: BookingSystem) -> Self {
        Self::of(App::from(system), &Self::new())
    }

    /// Sends a request, and checks the answer against the document.
    pub(crate) async fn send(
        &self,
        listener: Listener,
        request: Request<impl Into<Bytes>>,
    ) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answer = self.call(listener, request).await;
        check_against_document(listener.document(), &method, &path, &answer);
        answer
    }

    /// Sends a request, also to what no document describes.
    pub(crate) async fn call(
        &self,
        listener: Listener,
        request: Request<impl Into<Bytes>>,
    ) -> Answer {
        let service = match listener {
            Listener::Public => self.public.clone(),
            Listener::Admin => self.admin.clone(),
        };
        let request = request.map(|body| Full::new(body.into()));
        let response: Response = service.oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer { status: head.status, headers: head.headers, body };
        assert!(answer.headers.contains_key("x-request-id"));
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Listener::Public, request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Listener::Public, json_request(Method::POST, path, body)).await
    }

    pub(crate) async fn admin_get(&self, path: &str) -> Answer {
        self.send(Listener::Admin, request(Method::GET, path)).await
    }

    pub(crate) async fn admin_post(&self, path: &str) -> Answer {
        self.send(Listener::Admin, request(Method::POST, path)).await
    }

    pub(crate) async fn create(&self, event: &Value) -> Answer {
        self.send(Listener::Admin, json_request(Method::POST, "/v1/events", event)).await
    }

    pub(crate) async fn patch(&self, id: &str, change: &Value) -> Answer {
        let path = format!("/v1/events/{id}");
        self.send(Listener::Admin, json_request(Method::PATCH, &path, change)).await
    }

    /// Enters and publishes an event; returns its id.
    pub(crate) async fn publish(&self, event: &Value) -> String {
        let created = self.create(event).await.expect(StatusCode::CREATED);
        let id = created["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/events/{id}/publish");
        self.admin_post(&path).await.expect(StatusCode::OK);
        id
    }

    /// Books tickets; returns the booking.
    pub(crate) async fn book(&self, event_id: &str, quantity: u32) -> Value {
        self.post("/v1/bookings", &booking(event_id, quantity)).await.expect(StatusCode::CREATED)
    }

    /// Sends a notification about a booking, properly signed.
    pub(crate) async fn notify(&self, notification: &Value) -> Answer {
        let body = notification.to_string();
        let signature = self.sign(&body);
        self.send_notification(&body, Some(&signature)).await
    }

    pub(crate) async fn send_notification(&self, body: &str, signature: Option<&str>) -> Answer {
        let mut request = json_request(Method::POST, "/v1/payments/ipn", &Value::Null);
        body.clone_into(request.body_mut());
        if let Some(signature) = signature {
            request.headers_mut().insert("payment-signature", signature.parse().unwrap());
        }
        self.send(Listener::Public, request).await
    }

    pub(crate) fn sign(&self, body: &str) -> String {
        let secrets = IpnSecrets::parse(SECRET).unwrap();
        signature::sign(&secrets, body.as_bytes(), self.app.now())
    }

    /// Pays for a booking.
    pub(crate) async fn pay(&self, booking: &Value) {
        let notification = notification(booking, "payment.succeeded", "evt_pay", self);
        self.notify(&notification).await.expect(StatusCode::OK);
    }

    pub(crate) async fn stock(&self, event_id: &str) -> Value {
        self.admin_get(&format!("/v1/events/{event_id}/stock")).await.expect(StatusCode::OK)
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn request(method: Method, path: &str) -> Request<String> {
    Request::builder().method(method).uri(path).body(String::new()).unwrap()
}

pub(crate) fn json_request(method: Method, path: &str, body: &Value) -> Request<String> {
    let request = Request::builder().method(method).uri(path);
    request.header("content-type", "application/json").body(body.to_string()).unwrap()
}

/// An event of 100 tickets at 45.00 EUR in Zürich, a month after the clock's first time.
pub(crate) fn event() -> Value {
    json!({
        "title": "Nachtkonzert",
        "description": "Streichquartette bei Kerzenlicht.",
        "category": "Concert",
        "tags": ["classical", "candles"],
        "venue": {
            "name": "Tonhalle", "address": "Claridenstrasse 7", "city": "Zürich", "country": "CH",
            "latitude": 47.3663, "longitude": 8.5374
        },
        "starts_at": "2027-02-14T19:00:00Z",
        "ends_at": "2027-02-14T22:00:00Z",
        "timezone": "Europe/Zurich",
        "price": {"amount": 4500, "currency": "EUR"},
        "capacity": 100
    })
}

/// The event of [`event`] with other members.
pub(crate) fn event_with(members: &Value) -> Value {
    let mut event = event();
    for (name, value) in members.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

pub(crate) fn booking(event_id: &str, quantity: u32) -> Value {
    let customer = json!({"name": "Zoë Ångström", "email": "zoe@mail.example.org"});
    json!({"event_id": event_id, "quantity": quantity, "customer": customer})
}

/// A notification that matches a booking.
pub(crate) fn notification(booking: &Value, kind: &str, id: &str, api: &Api) -> Value {
    let booking_id = booking["id"].as_str().unwrap();
    let payment = booking_core::adapters::mock_gateway::payment_id_of(booking_id.parse().unwrap());
    json!({
        "id": format!("{id}_{booking_id}"),
        "type": kind,
        "created_at": api.app.now().to_string(),
        "data": {
            "payment_id": payment.as_str(),
            "booking_id": booking_id,
            "amount": booking["total"]["amount"],
            "currency": booking["total"]["currency"]
        }
    })
}
