//! Talking to the servers as clients behind a load balancer do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use booking_benches::gateway::{Gateway, SIGNATURE};
use booking_benches::load::Failure;
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

/// A server's listeners, and whether the load balancer sends anybody there.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) public: String,
    pub(crate) admin: String,
    pub(crate) is_used: AtomicBool,
    /// Who listens there now: another one after each start.
    pub(crate) process: AtomicU32,
}

/// Which of a server's listeners.
#[derive(Debug, Clone, Copy)]
enum Listener {
    Public,
    Admin,
}

/// Sends requests to the servers in turn, and notes what becomes of each. Clones share everything.
#[derive(Clone)]
pub(crate) struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
    targets: Arc<Vec<Target>>,
    listener: Listener,
    next: Arc<AtomicUsize>,
    figures: Arc<Figures>,
}

impl Client {
    pub(crate) fn new(targets: Arc<Vec<Target>>, figures: Arc<Figures>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(1)));
        let pool = Pool::builder(TokioExecutor::new()).build(connector);
        let listener = Listener::Public;
        Self { pool, targets, listener, next: Arc::default(), figures }
    }

    /// Talks to the admin listeners instead.
    pub(crate) fn to_admins(&self) -> Self {
        Self { listener: Listener::Admin, ..self.clone() }
    }

    fn target(&self) -> &str {
        let count = self.targets.len();
        let next = || &self.targets[self.next.fetch_add(1, Ordering::Relaxed) % count];
        let used = (0..count).map(|_| next()).find(|target| target.is_used.load(Ordering::Relaxed));
        let target = used.unwrap_or(&self.targets[0]);
        match self.listener {
            Listener::Public => &target.public,
            Listener::Admin => &target.admin,
        }
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
            let answer = self.pool.request(request).await.map_err(|_| Failure::Lost)?;
            let status = answer.status();
            let body = answer.into_body().collect().await.map_err(|_| Failure::Lost)?.to_bytes();
            Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
        })
        .await
        .unwrap_or(Err(Failure::TimedOut));
        self.figures.note(started, answered.as_ref().map_err(|failure| *failure).map(|it| it.0));
        answered.ok()
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
        self.notify(booking, "succeeded").await
    }

    /// Tells the servers what became of a payment. True once they have said that they know.
    pub(crate) async fn notify(&self, booking: &Value, kind: &str) -> bool {
        let (body, signature) = Gateway::new(SECRET).notification(booking, kind);
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
