//! Whether the process lives, and whether it can take bookings.

use booking_core::service::Readiness;
use http::StatusCode;

use super::view::{Dependencies, DependencyState, Health, HealthStatus, ReadinessStatus};
use super::{fault, view};
use crate::app::App;
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{self, Response};

/// `GET /healthz`
pub(super) fn live() -> Response {
    reply::json(StatusCode::OK, &Health { status: HealthStatus::Ok })
}

/// `GET /readyz`
pub(super) async fn ready(app: &App) -> Result<Response, Problem> {
    let Readiness { database, cache } = app.readiness().await;
    let dependencies =
        Dependencies { database: DependencyState::of(database), cache: DependencyState::of(cache) };
    if app.is_draining() {
        return Err(unready(dependencies, "the process is about to stop"));
    }
    if !database {
        return Err(unready(dependencies, "the database does not answer"));
    }
    let answer = view::Readiness { status: ReadinessStatus::Ready, degraded: !cache, dependencies };
    Ok(reply::json(StatusCode::OK, &answer))
}

fn unready(dependencies: Dependencies, detail: &'static str) -> Problem {
    let is_degraded = dependencies.cache == DependencyState::Down;
    Problem::new(ProblemType::Unavailable)
        .retry_after(fault::RETRY_AFTER)
        .detail(detail)
        .member("degraded", is_degraded)
        .member("dependencies", serde_json::to_value(dependencies).unwrap_or_default())
}
