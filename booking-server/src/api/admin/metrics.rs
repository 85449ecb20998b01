//! Numbers for Prometheus.

use http::StatusCode;

use crate::app::App;
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{self, Response};

/// `GET /metrics`
pub(super) fn render(app: &App) -> Result<Response, Problem> {
    let text = app.render_metrics().ok_or_else(|| {
        Problem::new(ProblemType::NotFound).detail("this process collects no metrics")
    })?;
    Ok(reply::bytes(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text))
}
