//! What organisers and operators ask for, on a listener of its own.

mod bookings;
pub mod endpoint;
mod event_body;
mod events;
mod metrics;

use bytes::Bytes;
use http::{Method, Request};

use self::endpoint::Endpoint;
use super::docs;
use crate::app::{AdminHosts, App};
use crate::http::origin::{self, HiddenOrigin};
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{IntoResponse, Response};
use crate::http::router::Params;

pub(crate) use event_body::DEFAULT_MAX_PER_BOOKING;

/// Refuses what names a host that this listener is not for.
///
/// # Errors
/// - `foreign-origin` if only loopback addresses may be named, and something else is.
pub(crate) fn require_own_host<B>(app: &App, request: &Request<B>) -> Result<(), Problem> {
    match app.admin_hosts() {
        AdminHosts::Loopback if !origin::is_for_loopback(request) => {
            Err(Problem::new(ProblemType::ForeignOrigin)
                .detail("this listener is asked as localhost or by its address only"))
        }
        AdminHosts::Loopback | AdminHosts::Any => Ok(()),
    }
}

/// Answers a request to the admin listener.
///
/// It asks nobody who they are, so the browser of somebody who can reach it must not be talked into
/// calling an event off by a page elsewhere: ids of events are no secret.
pub(crate) async fn handle(
    app: &App,
    endpoint: Endpoint,
    params: &Params,
    request: Request<Bytes>,
) -> Response {
    let request = &request;
    let is_change = request.method() != Method::GET;
    if is_change && origin::is_foreign(request, None, HiddenOrigin::Refused) {
        return Problem::new(ProblemType::ForeignOrigin).into_response();
    }
    match endpoint {
        Endpoint::CreateEvent => events::create(app, request).await.into_response(),
        Endpoint::ShowEvent => events::show(app, params).await.into_response(),
        Endpoint::EditEvent => events::edit(app, params, request).await.into_response(),
        Endpoint::PublishEvent => events::publish(app, params).await.into_response(),
        Endpoint::CancelEvent => events::cancel(app, params).await.into_response(),
        Endpoint::ListBookings => bookings::list(app, params, request).await.into_response(),
        Endpoint::ShowStock => events::show_stock(app, params).await.into_response(),
        Endpoint::Refund => bookings::refund(app, params).await.into_response(),
        Endpoint::Metrics => metrics::render(app).into_response(),
        Endpoint::OpenApi => docs::document(docs::Audience::Admin, request),
        Endpoint::Docs => docs::page(docs::Audience::Admin, request),
    }
}
