//! The server that everything is compared with: hyper, and the same JSON.

use std::convert::Infallible;

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
use tokio::signal::unix::{SignalKind, signal};

/// Serves until it is told to stop.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let mut stop = signal(SignalKind::terminate())?;
    println!("Open http://{address}/ (listening on {address}, for admins on {address})");
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            _ = stop.recv() => return Ok(()),
        };
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            // A client that goes away ends its connection, and nothing else.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if *request.method() == Method::GET {
        let mut response = json_response(StatusCode::OK, &PAGE);
        response.headers_mut().insert(ETAG, HeaderValue::from_static("\"0123456789abcdef\""));
        return Ok(response);
    }
    let body = request.into_body().collect().await;
    let body = body.map(Collected::to_bytes).unwrap_or_default();
    Ok(match serde_json::from_slice::<Asked>(&body) {
        Ok(asked) => json_response(StatusCode::CREATED, &booking(asked)),
        Err(_) => json_response(StatusCode::UNPROCESSABLE_ENTITY, "not a booking"),
    })
}

fn json_response<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(Full::from(body));
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
struct Booking {
    id: &'static str,
    event_id: String,
    quantity: u32,
    unit_price: Money,
    total: Money,
    customer: Customer,
    status: &'static str,
    payment_url: String,
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

fn booking(asked: Asked) -> Booking {
    Booking {
        id: ID,
        event_id: asked.event_id,
        quantity: asked.quantity,
        unit_price: PRICE,
        total: Money { amount: PRICE.amount * asked.quantity, ..PRICE },
        customer: asked.customer,
        status: "pending",
        payment_url: format!("http://127.0.0.1:8080/mock-gateway/pay/{ID}"),
        expires_at: NOW,
        created_at: NOW,
        confirmed_at: None,
        cancelled_at: None,
        event: Event { title: TITLE, starts_at: STARTS_AT, timezone: TIMEZONE, venue: VENUE },
    }
}
