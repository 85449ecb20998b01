//! The notifier that posts signed messages.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::Instant;

use super::connect::{Connector, Resolve, SystemResolver};
use super::payload;
use super::schedule;
use super::secrets::WebhookSecrets;
use super::settings::{Target, WebhookSettings};
use crate::domain::invalid::Invalid;
use crate::ports::fault::BoxError;
use crate::ports::notifier::{BuyerMessage, Notifier, NotifierError};

const DISABLED: &str = "booking_webhook_disabled";

/// How long an attempt may take, until the status of the answer is known.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// Shorter than servers keep an idle connection, so that it is not closed under a request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_IDLE_CONNECTIONS: usize = 8;
/// Nothing in an answer's body matters. Only one that was read to its end lets the connection be used again.
const MAX_ANSWER_BYTES: usize = 16 * 1_024;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// Of what went wrong; certificates may list hundreds of names.
const MAX_REASON_CHARS: usize = 300;

/// Posts messages to an application, signed as the [module](super) describes.
///
/// Clones share their connections, and whether the endpoint is gone.
#[derive(Clone)]
pub struct WebhookNotifier {
    target: Target,
    secrets: WebhookSecrets,
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    is_gone: Arc<AtomicBool>,
}

impl WebhookNotifier {
    /// Checks the settings, and names the field that is not acceptable. Nothing is connected yet.
    ///
    /// # Errors
    /// - `url` if [`WebhookSettings::check`] refuses it.
    /// - `certificates` if those that the system trusts cannot be read. Plain `http` needs none.
    pub fn new(settings: &WebhookSettings) -> Result<Self, (&'static str, Invalid)> {
        Self::with_resolver(settings, Arc::new(SystemResolver))
    }

    pub(super) fn with_resolver(
        settings: &WebhookSettings,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, (&'static str, Invalid)> {
        let target = settings.target()?;
        let tls = encryption(&target).map_err(|_| {
            ("certificates", Invalid::new("that the system trusts cannot be read, or are missing"))
        })?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector::new(resolver, target.reach));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .build(connector);
        metrics::gauge!(DISABLED).set(0);
        let is_gone = Arc::new(AtomicBool::new(false));
        Ok(Self { target, secrets: settings.secrets.clone(), client, is_gone })
    }

    /// Makes the request of an attempt: the body that is signed is the body that is sent.
    fn request(&self, message: &BuyerMessage) -> Result<Request<Full<Bytes>>, NotifierError> {
        let body = payload::write(message)
            .ok_or_else(|| permanent("this kind of notice is not for buyers"))?;
        let (id, seconds) = (message.identity(), message.now.as_secs().to_string());
        let signature = self.secrets.sign(&id, &seconds, &body);
        Request::post(self.target.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("booking-core/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature)
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| permanent("the request cannot be put together"))
    }

    async fn post(&self, request: Request<Full<Bytes>>) -> Result<Response<()>, Failure> {
        let deadline = Instant::now() + ATTEMPT_TIMEOUT;
        let answer = tokio::time::timeout_at(deadline, self.client.request(request)).await;
        let answer = answer.map_err(|_| Failure::TimedOut)?;
        let (head, body) = answer.map_err(|error| Failure::unreachable(&error))?.into_parts();
        drain(body, deadline).await;
        Ok(Response::from_parts(head, ()))
    }

    /// Sends nothing more. Said once, however many messages were under way.
    fn disable(&self) {
        if !self.is_gone.swap(true, Ordering::Relaxed) {
            metrics::gauge!(DISABLED).set(1);
            tracing::error!(
                webhook.host = self.target.host,
                "the webhook endpoint answered that it is gone; nothing more is sent to it until a restart"
            );
        }
    }
}

#[async_trait]
impl Notifier for WebhookNotifier {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        if self.is_gone.load(Ordering::Relaxed) {
            return Err(permanent("the webhook endpoint is gone"));
        }
        let failure = match self.post(self.request(message)?).await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) if answer.status() == StatusCode::GONE => {
                self.disable();
                return Err(permanent("the webhook endpoint is gone"));
            }
            Ok(answer) => Failure::of_status(&answer, message),
            Err(failure) => failure,
        };
        Err(failure.into_error(message))
    }
}

impl fmt::Debug for WebhookNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookNotifier")
            .field("target", &self.target)
            .field("is_gone", &self.is_gone)
            .finish_non_exhaustive()
    }
}

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the webhook endpoint answered with status {status}")]
    Status {
        status: u16,
        /// What the endpoint asks to wait for.
        pause: Duration,
    },
    #[error("the webhook endpoint did not answer in time")]
    TimedOut,
    #[error("the webhook endpoint gave no answer: {causes}")]
    Unreachable { causes: String },
}

impl Failure {
    fn of_status(answer: &Response<()>, message: &BuyerMessage) -> Self {
        let asked = match answer.status() {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                answer.headers().get(RETRY_AFTER)
            }
            _ => None,
        };
        let asked =
            asked.and_then(|value| schedule::retry_after(value.to_str().ok()?, message.now));
        Self::Status { status: answer.status().as_u16(), pause: asked.unwrap_or_default() }
    }

    /// What the client says holds neither the path nor the query.
    fn unreachable(error: &(dyn Error + 'static)) -> Self {
        let mut causes = Vec::new();
        let mut cause = Some(error);
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        Self::Unreachable { causes: causes.join(": ").chars().take(MAX_REASON_CHARS).collect() }
    }

    /// Says when to try again: by the schedule, and not before the endpoint wants to be asked.
    fn into_error(self, message: &BuyerMessage) -> NotifierError {
        let asked = match self {
            Self::Status { pause, .. } => pause,
            Self::TimedOut | Self::Unreachable { .. } => Duration::ZERO,
        };
        match schedule::pause_after(message.attempt, message.id) {
            Some(pause) => {
                NotifierError::Postponed { reason: self.to_string(), pause: pause.max(asked) }
            }
            None => permanent(&format!("{self}, at the last of all attempts")),
        }
    }
}

fn permanent(reason: &str) -> NotifierError {
    NotifierError::Permanent { reason: reason.to_owned() }
}

async fn drain(body: Incoming, deadline: Instant) {
    let until = deadline.min(Instant::now() + ANSWER_TIMEOUT);
    let read = tokio::time::timeout_at(until, Limited::new(body, MAX_ANSWER_BYTES).collect()).await;
    if !matches!(read, Ok(Ok(_))) {
        tracing::debug!("the answer to a webhook is too long, or has no end");
    }
}

/// Trusts what the system trusts. Without encryption there is nobody to trust: the address stays what it is.
fn encryption(target: &Target) -> Result<ClientConfig, BoxError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = if target.is_encrypted {
        config.with_native_roots()?
    } else {
        config.with_root_certificates(RootCertStore::empty())
    };
    Ok(config.with_no_client_auth())
}
