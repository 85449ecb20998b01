//! The JSON API of both listeners.
//!
//! A handler parses, calls a use case and translates what comes of it. Which route leads where
//! stands in a table ([`endpoint`], [`admin::endpoint`]), from which the OpenAPI documents are made
//! as well ([`openapi`]).

pub mod admin;
pub(crate) mod bookings;
pub(crate) mod cursor;
mod docs;
pub mod endpoint;
pub(crate) mod events;
pub(crate) mod fault;
mod health;
pub mod openapi;
mod payments;
pub(crate) mod search_params;
pub mod view;

use bytes::Bytes;
use http::Request;

use self::endpoint::Endpoint;
use crate::app::App;
use crate::http::reply::{IntoResponse, Response};
use crate::http::router::Params;

pub(crate) use payments::{MAX_NOTIFICATION_BYTES, max_body_bytes_of};

/// Answers a request to the API of the public listener.
pub(crate) async fn handle(
    app: &App,
    endpoint: Endpoint,
    params: &Params,
    request: Request<Bytes>,
) -> Response {
    let request = &request;
    match endpoint {
        Endpoint::SearchEvents => events::search(app, request).await.into_response(),
        Endpoint::CountFacets => events::count_facets(app, request).await.into_response(),
        Endpoint::SuggestEvents => events::suggest(app, request).await.into_response(),
        Endpoint::ShowEvent => events::show(app, params, request).await.into_response(),
        Endpoint::Book => bookings::book(app, request).await.into_response(),
        Endpoint::ShowBooking => bookings::show(app, params).await.into_response(),
        Endpoint::CancelBooking => bookings::cancel(app, params, request).await.into_response(),
        Endpoint::TakeNotification => {
            payments::take_notification(app, request).await.into_response()
        }
        Endpoint::Live => health::live(),
        Endpoint::Ready => health::ready(app).await.into_response(),
        Endpoint::OpenApi => docs::document(docs::Audience::Public, request),
        Endpoint::Docs => docs::page(docs::Audience::Public, request),
    }
}
