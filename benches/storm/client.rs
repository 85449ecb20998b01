//! Talking to the servers as clients behind a load balancer do.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::time::Instant;

use crate::figures::Figures;

/// What the servers and this gateway sign with.
pub(crate) const SECRET: &str = "the-secret-that-the-storm-signs-with";

/// A buyer looks at the clock after so long and tries again.
const PATIENCE: Duration = Duration::from_secs(5);

/// A public listener, and whether the load balancer sends anybody there.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) address: String,
    pub(crate) is_used: AtomicBool,
}

/// Sends requests to the servers in turn, and notes what becomes of each. Clones share everything.
#[derive(Clone)]
pub(crate) struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
    targets: Arc<Vec<Target>>,
    next: Arc<AtomicUsize>,
    figures: Arc<Figures>,
}

impl Client {
    pub(crate) fn new(targets: Arc<Vec<Target>>, figures: Arc<Figures>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(1)));
        let pool = Pool::builder(TokioExecutor::new()).build(connector);
        Self { pool, targets, next: Arc::default(), figures }
    }

    fn target(&self) -> &str {
        let count = self.targets.len();
        for _ in 0..count {
            let target = &self.targets[self.next.fetch_add(1, Ordering::Relaxed) % count];
            if target.is_used.load(Ordering::Relaxed) {
                return &target.address;
            }
        }
        &self.targets[0].address
    }

    /// Sends one request to the next server. `None` if no whole answer came in time.
    pub(crate) async fn once(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> Option<(StatusCode, Value)> {
        let url = format!("http://{}{path}", self.target());
        let mut request = Request::builder().method(method).uri(url);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).ok()?;
        let started = Instant::now();
        let answered = tokio::time::timeout(PATIENCE, async {
            let answer = self.pool.request(request).await.ok()?;
            let status = answer.status();
            let body = answer.into_body().collect().await.ok()?.to_bytes();
            Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
        })
        .await
        .unwrap_or(None);
        // "Sold out" and "cannot be cancelled" are answers, too.
        let is_answered = answered.as_ref().is_some_and(|(status, _)| !status.is_server_error());
        self.figures.note(started, is_answered);
        answered
    }

    /// Tells whether everybody is to go home.
    pub(crate) fn is_over(&self) -> bool {
        self.figures.is_over()
    }

    /// Sends a request until it is answered, as buyers and gateways do.
    pub(crate) async fn until_answered(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> Option<(StatusCode, Value)> {
        let mut pause = Duration::from_millis(50);
        while !self.figures.is_over() {
            if let Some((status, value)) = self.once(method.clone(), path, headers, body).await
                && !status.is_server_error()
            {
                return Some((status, value));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
        None
    }

    /// Tells the servers that a booking was paid, as the gateway does. True once they have said that they know.
    pub(crate) async fn pay(&self, booking: &Value) -> bool {
        let at = unix_now();
        let url = booking["payment_url"].as_str().unwrap_or_default();
        let payment_id =
            url.split('?').next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        let created_at = jiff::Timestamp::from_second(at).unwrap_or_default().to_string();
        let body = json!({
            "id": format!("ipn_{}", booking["id"].as_str().unwrap_or_default()),
            "type": "payment.succeeded",
            "created_at": created_at,
            "data": {
                "payment_id": payment_id,
                "booking_id": booking["id"],
                "amount": booking["total"]["amount"],
                "currency": booking["total"]["currency"],
            },
        })
        .to_string();
        let signature = signature(at, body.as_bytes());
        let headers = [("payment-signature", signature)];
        let answer = self.until_answered(Method::POST, "/v1/payments/ipn", &headers, &body).await;
        answer.is_some_and(|(status, _)| status.is_success())
    }
}

/// Calls an admin listener; `Null` sends no body. For what the storm itself has to know, so nothing is counted.
pub(crate) async fn manage(
    admin: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> anyhow::Result<Value> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    call(admin, method, path, body).await
}

/// Reads from a public listener.
pub(crate) async fn read(public: &str, path: &str) -> anyhow::Result<Value> {
    call(public, Method::GET, path, String::new()).await
}

async fn call(address: &str, method: Method, path: &str, body: String) -> anyhow::Result<Value> {
    static POOL: OnceLock<Pool<HttpConnector, Full<Bytes>>> = OnceLock::new();
    let pool = POOL.get_or_init(|| Pool::builder(TokioExecutor::new()).build(HttpConnector::new()));
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"))
        .header("content-type", "application/json")
        .body(Full::new(body.into()))?;
    let answer = pool.request(request).await?;
    let body = answer.into_body().collect().await?.to_bytes();
    Ok(serde_json::from_slice(&body)?)
}

#[expect(clippy::disallowed_methods, reason = "the servers go by the machine's clock")]
fn unix_now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or_default()
}

fn signature(at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length is a key");
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    let mut header = format!("t={at},v1=");
    for byte in mac.finalize().into_bytes() {
        let _ = write!(header, "{byte:02x}");
    }
    header
}
