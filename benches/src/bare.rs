//! The least that a server can do: hyper alone, which reads the same JSON and answers the same.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Collected, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// What is done for a booking before it is answered; tells whether it succeeded.
pub type Work = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// The server. Bookings are answered with what was asked and what the engine adds to it, pages with bytes that are there.
pub struct Bare {
    /// An event, as the engine shows it.
    pub page: Bytes,
    /// The link of every booking.
    pub payment_url: String,
    /// What each booking waits for.
    pub work: Option<Work>,
}

impl Default for Bare {
    fn default() -> Self {
        let page = serde_json::to_vec(&PAGE).expect("texts and numbers are JSON").into();
        let payment_url = format!("http://127.0.0.1:8080/mock-gateway/pay/{ID}");
        Self { page, payment_url, work: None }
    }
}

impl fmt::Debug for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bare").finish_non_exhaustive()
    }
}

impl Bare {
    /// Serves for ever.
    ///
    /// # Errors
    /// If no more connections can be accepted.
    pub async fn serve(self, listener: TcpListener) -> anyhow::Result<()> {
        let bare = Arc::new(self);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let bare = Arc::clone(&bare);
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(request, Arc::clone(&bare)));
                // A client that goes away ends its connection, and nothing else.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    bare: Arc<Bare>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if *request.method() == Method::GET {
        let mut response = json_response(StatusCode::OK, bare.page.clone());
        response.headers_mut().insert(ETAG, HeaderValue::from_static("\"0123456789abcdef\""));
        return Ok(response);
    }
    let body = request.into_body().collect().await;
    let body = body.map(Collected::to_bytes).unwrap_or_default();
    let Ok(asked) = serde_json::from_slice::<Asked>(&body) else {
        return Ok(json_response(StatusCode::UNPROCESSABLE_ENTITY, Bytes::new()));
    };
    if let Some(work) = &bare.work
        && !work().await
    {
        return Ok(json_response(StatusCode::SERVICE_UNAVAILABLE, Bytes::new()));
    }
    let booking = serde_json::to_vec(&booking(asked, &bare.payment_url)).unwrap_or_default();
    Ok(json_response(StatusCode::CREATED, booking.into()))
}

fn json_response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

const ID: &str = "0190163d-8694-739b-aea5-966c26f8ad91";
const NOW: &str = "2026-06-01T21:00:00.123456Z";
const TITLE: &str = "Night of the Organ";
const STARTS_AT: &str = "2099-06-01T18:00:00Z";
const TIMEZONE: &str = "Europe/Zurich";
const PRICE: Money = Money { amount: 4_500, currency: "CHF" };
const VENUE: Venue = Venue {
    name: "Minster",
    address: "Square 1",
    city: "Basel",
    country: "CH",
    latitude: None,
    longitude: None,
};

#[derive(Clone, Copy, Serialize)]
struct Money {
    amount: u32,
    currency: &'static str,
}

#[derive(Serialize)]
struct Venue {
    name: &'static str,
    address: &'static str,
    city: &'static str,
    country: &'static str,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

/// The members of an event, as the server shows it.
#[derive(Serialize)]
struct Page {
    id: &'static str,
    title: &'static str,
    description: &'static str,
    category: &'static str,
    tags: [&'static str; 0],
    online: bool,
    venue: Venue,
    starts_at: &'static str,
    ends_at: &'static str,
    all_day: bool,
    timezone: &'static str,
    on_sale_from: Option<&'static str>,
    on_sale_until: Option<&'static str>,
    price: Money,
    capacity: u32,
    available: u32,
    max_per_booking: u32,
    reminder_minutes: u32,
    status: &'static str,
    url: Option<&'static str>,
    image_url: Option<&'static str>,
    created_at: &'static str,
    updated_at: &'static str,
}

const PAGE: Page = Page {
    id: ID,
    title: TITLE,
    description: "Bach until the candles are down.",
    category: "concert",
    tags: [],
    online: false,
    venue: VENUE,
    starts_at: STARTS_AT,
    ends_at: "2099-06-01T21:00:00Z",
    all_day: false,
    timezone: TIMEZONE,
    on_sale_from: None,
    on_sale_until: None,
    price: PRICE,
    capacity: 1_000_000,
    available: 999_000,
    max_per_booking: 10,
    reminder_minutes: 1_440,
    status: "published",
    url: None,
    image_url: None,
    created_at: NOW,
    updated_at: NOW,
};

#[derive(Deserialize)]
struct Asked {
    event_id: String,
    quantity: u32,
    customer: Customer,
}

#[derive(Serialize, Deserialize)]
struct Customer {
    name: String,
    email: String,
}

#[derive(Serialize)]
struct Booking<'a> {
    id: &'static str,
    event_id: String,
    quantity: u32,
    unit_price: Money,
    total: Money,
    customer: Customer,
    locale: &'static str,
    status: &'static str,
    payment_url: &'a str,
    expires_at: &'static str,
    created_at: &'static str,
    confirmed_at: Option<&'static str>,
    cancelled_at: Option<&'static str>,
    event: Event,
}

#[derive(Serialize)]
struct Event {
    title: &'static str,
    starts_at: &'static str,
    timezone: &'static str,
    venue: Venue,
}

fn booking(asked: Asked, payment_url: &str) -> Booking<'_> {
    Booking {
        id: ID,
        event_id: asked.event_id,
        quantity: asked.quantity,
        unit_price: PRICE,
        total: Money { amount: PRICE.amount * asked.quantity, ..PRICE },
        customer: asked.customer,
        locale: "en",
        status: "pending",
        payment_url,
        expires_at: NOW,
        created_at: NOW,
        confirmed_at: None,
        cancelled_at: None,
        event: Event { title: TITLE, starts_at: STARTS_AT, timezone: TIMEZONE, venue: VENUE },
    }
}
