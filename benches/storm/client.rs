//! Talking to the servers as clients behind a load balancer do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use booking_benches::gateway::{Gateway, SIGNATURE};
use booking_benches::stage::call;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
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
        let (body, signature) = Gateway::new(SECRET).notification(booking, "succeeded");
        let headers = [(SIGNATURE, signature)];
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
    call(admin, method, path, body).await
}

/// Reads from a public listener.
pub(crate) async fn read(public: &str, path: &str) -> anyhow::Result<Value> {
    call(public, Method::GET, path, &Value::Null).await
}
