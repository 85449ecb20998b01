//! What every request goes through, whatever it asks for.

use std::convert::Infallible;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request};
use http_body::Body;
use tokio::sync::{Semaphore, SemaphorePermit};
use tower::Service;
use tracing::Instrument as _;

use super::body::{self, BodyBudget, BodyLimits, BoxError};
use super::limits::Limits;
use super::listener::FromSocket;
use super::problem::{Problem, ProblemType};
use super::reply::{self, IntoResponse, Response};
use super::request_id::{NewId, RequestId, X_REQUEST_ID};
use super::router::RouteLabel;

mod catch_panic;
mod framing;
mod observe;

use catch_panic::CatchPanic;
use observe::{InFlight, Meters, Observation};

pub use observe::describe_metrics;

/// How long a client should wait before it repeats a request that ran out of time.
const RETRY_AFTER_TIMEOUT: Duration = Duration::from_secs(2);

/// What a guard needs to know.
#[derive(Clone)]
pub struct GuardConfig {
    /// What the listener is called in the metrics, such as `public`.
    pub listener: &'static str,
    /// Requests running at once.
    pub max_in_flight: usize,
    /// The longest path and query.
    pub max_uri_bytes: usize,
    /// How long a handler may run.
    pub request_timeout: Duration,
    /// What bodies may be.
    pub body: BodyLimits,
    /// Memory for all bodies together.
    pub max_body_memory: usize,
    /// Requests whose bodies may have another length, and which.
    pub max_body_bytes_of: fn(&Parts) -> Option<usize>,
    /// What is kept for paths that a crowd elsewhere must not shut out.
    pub reserve: Reserve,
    /// What may take only some of the places.
    pub costly: Costly,
    /// Paths that are never shed: health checks, which must answer above all under load.
    pub is_exempt: fn(&str) -> bool,
    /// Makes ids for requests that bring none.
    pub new_id: NewId,
}

impl GuardConfig {
    /// Takes what it can from the limits of `listener`. `/healthz` and `/readyz` are exempt.
    pub fn new(listener: &'static str, limits: &Limits, new_id: NewId) -> Self {
        Self {
            listener,
            max_in_flight: limits.max_in_flight,
            max_uri_bytes: limits.max_uri_bytes,
            request_timeout: limits.request_timeout,
            body: limits.body(),
            max_body_memory: limits.max_body_memory,
            max_body_bytes_of: |_| None,
            reserve: Reserve::none(),
            costly: Costly::none(),
            is_exempt: |path| matches!(path, "/healthz" | "/readyz"),
            new_id,
        }
    }
}

impl fmt::Debug for GuardConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardConfig")
            .field("listener", &self.listener)
            .field("max_in_flight", &self.max_in_flight)
            .field("max_uri_bytes", &self.max_uri_bytes)
            .field("request_timeout", &self.request_timeout)
            .field("body", &self.body)
            .field("max_body_memory", &self.max_body_memory)
            .field("reserve", &self.reserve)
            .field("costly", &self.costly)
            .finish_non_exhaustive()
    }
}

/// What only the requests to some paths get. They have the places of all others as well, and these
/// once there are no more; the memory of their bodies is this and no other.
#[derive(Debug, Clone, Copy)]
pub struct Reserve {
    /// Which paths.
    pub is_for: fn(&str) -> bool,
    /// Requests running at once, beyond those of all paths.
    pub max_in_flight: usize,
    /// Memory for their bodies.
    pub max_body_memory: usize,
}

impl Reserve {
    /// Reserves nothing.
    pub fn none() -> Self {
        Self { is_for: |_| false, max_in_flight: 0, max_body_memory: 0 }
    }
}

/// A lower bound for the requests to paths that keep the database busy. They count among the others,
/// too, so that they leave places to those who buy.
#[derive(Debug, Clone, Copy)]
pub struct Costly {
    /// Which paths.
    pub is_for: fn(&str) -> bool,
    /// Requests running at once.
    pub max_in_flight: usize,
}

impl Costly {
    /// Bounds nothing.
    pub fn none() -> Self {
        Self { is_for: |_| false, max_in_flight: 0 }
    }
}

/// A handler within limits: a tower service that always answers.
///
/// Every answer bears `X-Request-Id` and the headers of [`reply::secure`]. A request that is over a
/// limit, runs out of time or makes the handler panic is answered with a problem document.
///
/// The body is read here, before the request counts as running. If handlers read it, clients that
/// send slowly could occupy every place and lock the others out. It also frees handlers from being
/// generic: they get `Request<Bytes>`.
///
/// The handler's future is dropped when the client goes away or time is up. What must not be half
/// done belongs into a task of its own or behind an idempotency key.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// use booking_server::http::guard::{Guard, GuardConfig};
/// use booking_server::http::limits::Limits;
/// use booking_server::http::reply;
/// use bytes::Bytes;
/// use http::{Request, StatusCode};
/// use http_body_util::Empty;
/// use tower::ServiceExt;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let config = GuardConfig::new("public", &Limits::default(), Arc::new(uuid::Uuid::nil));
/// let guard = Guard::new(config, |request: Request<Bytes>| async move {
///     reply::json(StatusCode::OK, request.uri().path())
/// });
/// let answer = guard.oneshot(Request::new(Empty::<Bytes>::new())).await.unwrap();
/// assert_eq!(answer.status(), 200);
/// assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
/// # });
/// ```
pub struct Guard<H> {
    shared: Arc<Shared<H>>,
}

/// A derived `Clone` would ask for a handler that can be cloned, and none has to be.
impl<H> Clone for Guard<H> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

struct Shared<H> {
    config: GuardConfig,
    ordinary: Lane,
    reserved: Lane,
    costly: Semaphore,
    meters: Meters,
    handler: H,
}

/// What the requests of one kind share.
struct Lane {
    in_flight: Semaphore,
    bodies: BodyBudget,
}

impl Lane {
    const fn new(max_in_flight: usize, max_body_memory: usize) -> Self {
        Self {
            in_flight: Semaphore::const_new(max_in_flight),
            bodies: BodyBudget::new(max_body_memory),
        }
    }
}

impl<H> fmt::Debug for Guard<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

impl<H, F> Guard<H>
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future + Send + 'static,
    F::Output: IntoResponse,
{
    /// Wraps `handler`. Clones share the limits.
    pub fn new(config: GuardConfig, handler: H) -> Self {
        let ordinary = Lane::new(config.max_in_flight, config.max_body_memory);
        let reserved = Lane::new(config.reserve.max_in_flight, config.reserve.max_body_memory);
        let costly = Semaphore::new(config.costly.max_in_flight);
        let meters = Meters::new(config.listener);
        Self { shared: Arc::new(Shared { config, ordinary, reserved, costly, meters, handler }) }
    }
}

impl<H, F, B> Service<Request<B>> for Guard<H>
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future + Send + 'static,
    F::Output: IntoResponse,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    /// Always ready: whether there is room is decided once a request's body is there.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { Ok(shared.answer(request).await) })
    }
}

impl<H, F> Shared<H>
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future + Send + 'static,
    F::Output: IntoResponse,
{
    async fn answer<B>(&self, mut request: Request<B>) -> Response
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let id = RequestId::of(request.headers(), &self.config.new_id);
        let route = RouteLabel::default();
        let observation = Observation::new(&self.meters, request.method(), id, &route);
        request.extensions_mut().insert(id);
        request.extensions_mut().insert(route);

        // HEAD is GET whose body stays here (RFC 9110, 9.3.2), so no handler needs to know it.
        let is_head = request.method() == Method::HEAD;
        if is_head {
            *request.method_mut() = Method::GET;
        }
        let span = tracing::info_span!("request", request.id = %id);
        let mut response = self
            .run(request, &observation)
            .instrument(span)
            .await
            .unwrap_or_else(IntoResponse::into_response);
        reply::secure(&mut response);
        if is_head {
            reply::without_body(&mut response);
        }
        response.headers_mut().insert(X_REQUEST_ID, id.header_value());
        observation.finish(&response);
        response
    }

    /// Reads the body, takes a place and runs the handler; the error is what went wrong before.
    async fn run<B>(
        &self,
        request: Request<B>,
        observation: &Observation<'_>,
    ) -> Result<Response, Problem>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        if target > self.config.max_uri_bytes {
            return Err(ProblemType::UriTooLong.into());
        }
        let (head, body) = request.into_parts();
        framing::require_host(&head)?;
        framing::require_plain_chunks(&head)?;
        let path = head.uri.path();
        let is_reserved = (self.config.reserve.is_for)(path);
        let lane = if is_reserved { &self.reserved } else { &self.ordinary };
        let mut limits = self.config.body;
        if let Some(max_bytes) = (self.config.max_body_bytes_of)(&head) {
            limits.max_bytes = max_bytes;
        }
        // Until the body is there, it is the client who keeps the connection waiting, and nothing has begun.
        let is_awaited = !body.is_end_stream();
        let source = head.extensions.get::<FromSocket>().filter(|_| is_awaited);
        if let Some(FromSocket(activity)) = source {
            activity.rest();
        }
        let read = body::read(&head.headers, body, limits, &lane.bodies).await;
        if let Some(FromSocket(activity)) = source {
            activity.work();
        }
        if is_awaited {
            observation.arrived();
        }
        let (body, _claim) = read.inspect_err(|problem| self.count_if_shed(problem))?.into_parts();

        let _share = if (self.config.costly.is_for)(path) {
            Some(self.take_place(&self.costly)?)
        } else {
            None
        };
        let _place = if (self.config.is_exempt)(path) {
            None
        } else {
            // A lane of one's own must not be a narrower one: everybody may have paid at once.
            let place = match self.ordinary.in_flight.try_acquire() {
                Ok(place) => place,
                Err(_) => self.take_place(&lane.in_flight)?,
            };
            Some((place, InFlight::enter(&self.meters)))
        };
        self.handle(Request::from_parts(head, body)).await
    }

    /// Nobody waits for a place: a queue would make all of them wait once it is full.
    fn take_place<'p>(&self, places: &'p Semaphore) -> Result<SemaphorePermit<'p>, Problem> {
        let place = places.try_acquire();
        let place = place.map_err(|_| Problem::new(ProblemType::Overloaded));
        place.inspect_err(|problem| self.count_if_shed(problem))
    }

    fn count_if_shed(&self, problem: &Problem) {
        if problem.kind() == ProblemType::Overloaded {
            self.meters.count_shed();
        }
    }

    async fn handle(&self, request: Request<Bytes>) -> Result<Response, Problem> {
        // Calling the handler is inside too: it may panic before it returns a future.
        let handled = pin!(async {
            let output = (self.handler)(request).await;
            output.into_response()
        });
        let handled = CatchPanic::new(handled);
        match tokio::time::timeout(self.config.request_timeout, handled).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_payload)) => {
                // The panic hook has written the message; it may quote data, so it is not repeated.
                tracing::error!("the handler panicked");
                Err(Problem::internal())
            }
            Err(_) => {
                tracing::warn!("the handler ran out of time");
                Err(Problem::unavailable(RETRY_AFTER_TIMEOUT).detail(
                    "the request took too long and may have taken effect; \
                     repeat it with the same Idempotency-Key",
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests;
