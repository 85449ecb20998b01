//! How notifications get to the engine: over HTTP, or straight into a closure.

use std::error::Error;
use std::fmt::{self, Debug};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::domain::invalid::Invalid;
use crate::ports::fault::BoxError;
use crate::ports::payment_gateway::IncomingNotification;

/// Carries notifications to the engine.
///
/// # Contract
///
/// 1. `Ok` holds the status of the answer. Only 200 to 299 mean that the notification has arrived.
/// 2. `Err` is whatever kept the answer away; the notification may have arrived all the same.
/// 3. A call takes as long as it takes; the gateway gives up on it after its own time-out by dropping it.
#[async_trait]
pub trait NotificationTransport: Debug + Send + Sync + 'static {
    /// Sends a notification, and returns the status of the answer.
    async fn deliver(&self, notification: IncomingNotification) -> Result<u16, BoxError>;
}
const _: fn(&dyn NotificationTransport) = |_| {}; // Stays object safe.

/// Posts notifications to an address over HTTP/1.1.
pub struct HttpTransport {
    address: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl HttpTransport {
    const MAX_ANSWER_BYTES: usize = 64 * 1_024;
    const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
    // Shorter than servers keep an idle connection, so that it is not closed under a request.
    const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

    /// Makes a transport to an `http` address. There is no TLS: the mock gateway runs beside what it tests.
    pub fn new(address: &str, connect_timeout: Duration) -> Result<Self, Invalid> {
        let malformed = || Invalid::new("is not an absolute http address");
        let address: Uri = address.parse().map_err(|_| malformed())?;
        if address.scheme_str() != Some("http") || address.host().is_none_or(str::is_empty) {
            return Err(malformed());
        }
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(connect_timeout));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Self::IDLE_TIMEOUT)
            .build(connector);
        Ok(Self { address, client })
    }
}

impl Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").finish_non_exhaustive()
    }
}

#[async_trait]
impl NotificationTransport for HttpTransport {
    async fn deliver(&self, notification: IncomingNotification) -> Result<u16, BoxError> {
        let mut request = Request::post(self.address.clone());
        for (name, value) in notification.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(notification.body)))?;
        let answer = self.client.request(request).await?;
        let status = answer.status().as_u16();
        // Only a body that was read to its end lets the connection be used again. Nothing in it matters.
        let body = Limited::new(answer.into_body(), Self::MAX_ANSWER_BYTES).collect();
        if tokio::time::timeout(Self::ANSWER_TIMEOUT, body).await.is_err() {
            tracing::debug!("the answer to a notification has no end");
        }
        Ok(status)
    }
}

/// Hands notifications to a closure that answers with a status: for tests without a network.
pub struct InProcessTransport<F>(F);

impl<F, Answer> InProcessTransport<F>
where
    F: Fn(IncomingNotification) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = u16> + Send,
{
    /// Wraps a closure.
    pub const fn new(receive: F) -> Self {
        Self(receive)
    }
}

impl<F> Debug for InProcessTransport<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcessTransport").finish_non_exhaustive()
    }
}

#[async_trait]
impl<F, Answer> NotificationTransport for InProcessTransport<F>
where
    F: Fn(IncomingNotification) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = u16> + Send,
{
    async fn deliver(&self, notification: IncomingNotification) -> Result<u16, BoxError> {
        Ok((self.0)(notification).await)
    }
}

/// Shows an error with its causes, which is where clients say what happened.
pub(super) struct Causes<'a>(pub(super) &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
