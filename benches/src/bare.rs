//! The least that a server can do: hyper alone, which reads the same JSON and answers the same.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// What is read of a booking.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// Which event.
    pub event_id: String,
    /// How many tickets.
    pub quantity: u32,
    /// Who.
    pub customer: Person,
}

/// Who books.
#[derive(Debug, Deserialize, Serialize)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// What is answered to a booking beside what was asked.
#[derive(Debug, Serialize)]
struct Answered<'a> {
    quantity: u32,
    customer: Person,
    event_id: String,
    #[serde(flatten)]
    rest: &'a serde_json::Value,
}

/// What is done for a booking before it is answered; tells whether it succeeded.
pub type Work = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// What the server answers with.
struct Answers {
    page: Bytes,
    booking: serde_json::Value,
    work: Option<Work>,
}

/// Begins to serve on a free port, and returns its address. Pages are answered with `page`, bookings with what was asked
/// and the rest of `booking`, which is one that the engine made, after `work`, if there is any.
///
/// # Errors
/// If there is no free port.
pub async fn serve(
    page: Bytes,
    booking: serde_json::Value,
    work: Option<Work>,
) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let answers = Arc::new(Answers { page, booking, work });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // What cannot be set is as it was.
            let _ = stream.set_nodelay(true);
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(request, Arc::clone(&answers)));
                // A client that went away.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(address)
}

async fn answer(
    request: Request<Incoming>,
    answers: Arc<Answers>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let json = HeaderValue::from_static("application/json");
    if request.method() == Method::GET {
        let mut response = Response::new(Full::new(answers.page.clone()));
        response.headers_mut().insert(CONTENT_TYPE, json);
        response.headers_mut().insert(ETAG, HeaderValue::from_static("\"0123456789abcdef\""));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=1"));
        return Ok(response);
    }
    let body = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::new(),
    };
    let Ok(Asked { event_id, quantity, customer }) = serde_json::from_slice(&body) else {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    if let Some(work) = &answers.work
        && !work().await
    {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        return Ok(response);
    }
    let answered = Answered { quantity, customer, event_id, rest: &answers.booking };
    let mut response =
        Response::new(Full::new(serde_json::to_vec(&answered).unwrap_or_default().into()));
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}
