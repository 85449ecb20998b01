//! One line of log and a few numbers for every request.
//!
//! Neither holds query strings, bodies or addresses: those are personal data, or secrets.

use http::Method;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use tokio::time::Instant;

use super::super::problem::ProblemType;
use super::super::reply::Response;
use super::super::request_id::RequestId;
use super::super::router::RouteLabel;

/// A target of its own, so that `RUST_LOG` can turn the access log off alone.
const ACCESS_LOG: &str = "booking_server::access";

const REQUESTS: &str = "http_requests_total";
const DURATION: &str = "http_request_duration_seconds";
const IN_FLIGHT: &str = "http_requests_in_flight";
const SHED: &str = "http_requests_shed_total";
const ABANDONED: &str = "http_requests_abandoned_total";

/// Tells the metrics recorder what the numbers mean. Call it once, after installing one.
pub fn describe_metrics() {
    describe_counter!(REQUESTS, "Requests answered, by route template, method and status.");
    describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "Time from the head of a request to its answer, by route template and method."
    );
    describe_gauge!(IN_FLIGHT, "Requests whose handler is running.");
    describe_counter!(SHED, "Requests answered 503 because too many were running or arriving.");
    describe_counter!(ABANDONED, "Requests whose client left before the answer.");
}

/// Counts a request that found no place.
pub(super) fn count_shed() {
    counter!(SHED).increment(1);
}

/// Counts a running request for as long as it lives.
pub(super) struct InFlight;

impl InFlight {
    pub(super) fn enter() -> Self {
        gauge!(IN_FLIGHT).increment(1);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT).decrement(1);
    }
}

/// Watches one request, from its head to its answer or to the client's leaving.
pub(super) struct Observation {
    method: &'static str,
    id: RequestId,
    route: RouteLabel,
    started: Instant,
    is_finished: bool,
}

impl Observation {
    pub(super) fn new(method: &Method, id: &RequestId, route: &RouteLabel) -> Self {
        Self {
            method: method_label(method),
            id: id.clone(),
            route: route.clone(),
            started: Instant::now(),
            is_finished: false,
        }
    }

    /// Records the answer.
    pub(super) fn finish(mut self, response: &Response) {
        self.is_finished = true;
        let elapsed = self.started.elapsed();
        let (method, route) = (self.method, self.route.get());
        let status = response.status();
        let labels = [
            ("route", route.to_owned()),
            ("method", method.to_owned()),
            ("status", status.as_str().to_owned()),
        ];
        counter!(REQUESTS, &labels).increment(1);
        histogram!(DURATION, "route" => route, "method" => method).record(elapsed);
        tracing::info!(
            target: ACCESS_LOG,
            {
                request.id = %self.id,
                http.method = method,
                http.route = route,
                http.status = status.as_u16(),
                http.problem = response.extensions().get().map(|kind: &ProblemType| kind.slug()),
                duration_ms = elapsed.as_secs_f64() * 1e3,
            },
            "answered"
        );
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        if !self.is_finished {
            counter!(ABANDONED, "route" => self.route.get()).increment(1);
            tracing::info!(
                target: ACCESS_LOG,
                {
                    request.id = %self.id,
                    http.method = self.method,
                    http.route = self.route.get(),
                },
                "the client left before the answer"
            );
        }
    }
}

/// Methods are the client's words: an endless supply of labels if taken as they come.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
