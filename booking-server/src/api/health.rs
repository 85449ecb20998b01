//! Whether the process lives, and whether it can take bookings.

use booking_core::service::Readiness;
use http::StatusCode;

use super::view::{Dependencies, DependencyState, Health, HealthStatus, Kinds, ReadinessStatus};
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
    let answer = view::Readiness {
        status: ReadinessStatus::Ready,
        degraded: !cache,
        dependencies: Dependencies {
            database: DependencyState::of(database),
            cache: DependencyState::of(cache),
        },
        kinds: app.kinds().map(Kinds::from),
    };
    if app.is_draining() {
        return Err(unready(&answer, "the process is about to stop"));
    }
    if !database {
        return Err(unready(&answer, "the database does not answer"));
    }
    Ok(reply::json(StatusCode::OK, &answer))
}

fn unready(answer: &view::Readiness, detail: &'static str) -> Problem {
    let problem = Problem::new(ProblemType::Unavailable)
        .retry_after(fault::RETRY_AFTER)
        .detail(detail)
        .member("degraded", answer.degraded)
        .member("dependencies", serde_json::to_value(answer.dependencies).unwrap_or_default());
    match answer.kinds {
        Some(kinds) => problem.member("kinds", serde_json::to_value(kinds).unwrap_or_default()),
        None => problem,
    }
}
