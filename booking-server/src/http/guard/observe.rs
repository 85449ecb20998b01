//! A few numbers for every request, and a line of log where one is due.
//!
//! Neither holds query strings, bodies or addresses: those are personal data, or secrets.

use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use tokio::time::Instant;

use super::super::LISTENER;
use super::super::listener;
use super::super::problem::ProblemType;
use super::super::reply::Response;
use super::super::request_id::RequestId;
use super::super::router::RouteLabel;

/// A target of its own, so that `RUST_LOG` can turn the access log on and off alone.
const ACCESS_LOG: &str = "booking_server::access";

/// Requests that take longer are logged by themselves: somebody will ask why.
const SLOW: Duration = Duration::from_secs(1);

const REQUESTS: &str = "http_requests_total";
const DURATION: &str = "http_request_duration_seconds";
const IN_FLIGHT: &str = "http_requests_in_flight";
const SHED: &str = "http_requests_shed_total";
const ABANDONED: &str = "http_requests_abandoned_total";

/// Tells the metrics recorder what the numbers mean. Call it once, after installing one, and before the first
/// request: a guard asks for its counters only once.
pub fn describe_metrics() {
    describe_counter!(
        REQUESTS,
        "Requests answered, by listener, route template, method and status."
    );
    describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "Time from the head of a request to its answer, by listener, route template and method."
    );
    describe_gauge!(IN_FLIGHT, "Requests whose handler is running, by listener.");
    describe_counter!(
        SHED,
        "Requests answered 503 because too many were running or arriving, by listener."
    );
    describe_counter!(
        ABANDONED,
        "Requests whose client left before the answer, by listener and route template."
    );
    listener::describe_metrics();
}

/// The counters of a guard. The recorder finds one by its name and labels, which are made and hashed each time; so
/// each is looked for once and kept.
pub(super) struct Meters {
    listener: &'static str,
    in_flight: OnceLock<Gauge>,
    shed: OnceLock<Counter>,
    /// As many as there are routes, methods and statuses that occur. The busy ones occur early, so they are found
    /// sooner in a list than in a map.
    answers: RwLock<Vec<AnswerMeter>>,
}

/// Counts the answers of one route, method and status.
struct AnswerMeter {
    route: &'static str,
    method: &'static str,
    status: StatusCode,
    requests: Counter,
    duration: Histogram,
}

impl AnswerMeter {
    fn new(
        listener: &'static str,
        route: &'static str,
        method: &'static str,
        status: StatusCode,
    ) -> Self {
        let labels = [
            (LISTENER, listener.to_owned()),
            ("route", route.to_owned()),
            ("method", method.to_owned()),
            ("status", status.as_str().to_owned()),
        ];
        Self {
            route,
            method,
            status,
            requests: counter!(REQUESTS, &labels),
            duration: histogram!(DURATION, LISTENER => listener, "route" => route, "method" => method),
        }
    }

    /// The texts are static, and two of the same content that lie apart only make two meters of the same counter.
    fn is_of(&self, route: &'static str, method: &'static str, status: StatusCode) -> bool {
        std::ptr::eq(self.route, route)
            && std::ptr::eq(self.method, method)
            && self.status == status
    }

    fn count(&self, elapsed: Duration) {
        self.requests.increment(1);
        self.duration.record(elapsed);
    }
}

impl Meters {
    /// Makes the counters of the guard of a listener.
    pub(super) fn new(listener: &'static str) -> Self {
        Self {
            listener,
            in_flight: OnceLock::new(),
            shed: OnceLock::new(),
            answers: RwLock::default(),
        }
    }

    /// Counts a request that found no place.
    pub(super) fn count_shed(&self) {
        self.shed.get_or_init(|| counter!(SHED, LISTENER => self.listener)).increment(1);
    }

    fn count_answer(
        &self,
        route: &'static str,
        method: &'static str,
        status: StatusCode,
        elapsed: Duration,
    ) {
        let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(meter) = answers.iter().find(|meter| meter.is_of(route, method, status)) {
            meter.count(elapsed);
            return;
        }
        drop(answers);
        let meter = AnswerMeter::new(self.listener, route, method, status);
        meter.count(elapsed);
        self.answers.write().unwrap_or_else(PoisonError::into_inner).push(meter);
    }
}

/// Counts a running request for as long as it lives.
pub(super) struct InFlight<'a>(&'a Gauge);

impl<'a> InFlight<'a> {
    pub(super) fn enter(meters: &'a Meters) -> Self {
        let gauge = meters.in_flight.get_or_init(|| gauge!(IN_FLIGHT, LISTENER => meters.listener));
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// Watches one request, from its head to its answer or to the client's leaving.
pub(super) struct Observation<'a> {
    meters: &'a Meters,
    method: &'static str,
    id: RequestId,
    route: RouteLabel,
    started: Instant,
    /// When the body was there, or was given up, if it was waited for.
    arrived: OnceLock<Instant>,
    is_finished: bool,
}

impl<'a> Observation<'a> {
    pub(super) fn new(
        meters: &'a Meters,
        method: &Method,
        id: RequestId,
        route: &RouteLabel,
    ) -> Self {
        Self {
            meters,
            method: method_label(method),
            id,
            route: route.clone(),
            started: Instant::now(),
            arrived: OnceLock::new(),
            is_finished: false,
        }
    }

    /// Notes that nothing more is expected of the client.
    pub(super) fn arrived(&self) {
        // There is one body.
        let _ = self.arrived.set(Instant::now());
    }

    /// Records the answer.
    ///
    /// A line for every request would cost more than most requests do, and tell an operator nothing that the
    /// numbers do not; so only what failed here and what was slow here is logged without being asked for: a client
    /// that sends slowly must not fill the log. What was shed is counted: a line for each would only add to the load.
    pub(super) fn finish(mut self, response: &Response) {
        self.is_finished = true;
        let elapsed = self.started.elapsed();
        let status = response.status();
        self.meters.count_answer(self.route.get(), self.method, status, elapsed);
        let problem = response.extensions().get::<ProblemType>().copied();
        // The level of an event is a constant, so there are two of them.
        macro_rules! log {
            ($level:ident) => {
                tracing::$level!(
                    target: ACCESS_LOG,
                    {
                        request.id = %self.id,
                        http.method = self.method,
                        http.route = self.route.get(),
                        http.status = status.as_u16(),
                        http.problem = problem.map(ProblemType::slug),
                        duration_ms = millis(elapsed),
                    },
                    "answered"
                )
            };
        }
        let has_failed = status.is_server_error() && problem != Some(ProblemType::Overloaded);
        let worked = self.arrived.get().map_or(elapsed, Instant::elapsed);
        if has_failed || worked >= SLOW {
            log!(info);
        } else {
            log!(debug);
        }
    }
}

impl Drop for Observation<'_> {
    fn drop(&mut self) {
        if !self.is_finished {
            let labels = [(LISTENER, self.meters.listener), ("route", self.route.get())];
            counter!(ABANDONED, &labels).increment(1);
            tracing::debug!(
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

/// Returns milliseconds with at most three decimals. Whole microseconds divided by a thousand print as short as
/// they are; seconds times a thousand do not.
fn millis(elapsed: Duration) -> f64 {
    let micros = u32::try_from(elapsed.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1e3
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short_to_read() {
        for (nanos, text) in
            [(50_405, "0.05"), (1_234_567, "1.234"), (0, "0"), (2_000_000_000, "2000")]
        {
            assert_eq!(millis(Duration::from_nanos(nanos)).to_string(), text);
        }
    }
}
