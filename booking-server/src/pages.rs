//! The pages: finding events, booking, paying at the mock gateway.
//!
//! Everything works with plain links and forms; the one script only adds to it. No page loads
//! anything from another host, save the picture that an event's organiser chose, on that event's
//! own page. Texts of others reach a page through the templates' escaping, and in no other way.

mod assets;
mod booking;
mod calendar;
mod errors;
mod event;
mod event_view;
mod layout;
mod payment;
mod search;
mod show;
mod structured_data;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::{Method, Request};

use crate::app::App;
use crate::http::reply::Response;
use crate::http::router::Params;

pub use errors::present;

/// What the pages' routes lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Searches events.
    Search,
    /// Shows an event with its booking form.
    ShowEvent,
    /// Takes the booking form.
    Book,
    /// Shows how a booking stands.
    ShowBooking,
    /// Gives an unpaid booking up.
    CancelBooking,
    /// Sends a confirmed booking's event for a calendar.
    Calendar,
    /// Shows the mock gateway's page.
    ShowPayment,
    /// Does what a buyer chose on the mock gateway's page.
    Pay,
    /// Sends a style sheet, script or picture.
    Asset,
}

/// Every route of the pages.
pub const ROUTES: &[(Method, &str, Endpoint)] = &[
    (Method::GET, "/", Endpoint::Search),
    (Method::GET, "/events/{event_id}", Endpoint::ShowEvent),
    (Method::POST, "/events/{event_id}/book", Endpoint::Book),
    (Method::GET, "/bookings/{booking_id}", Endpoint::ShowBooking),
    (Method::POST, "/bookings/{booking_id}/cancel", Endpoint::CancelBooking),
    (Method::GET, "/bookings/{booking_id}/calendar.ics", Endpoint::Calendar),
    (Method::GET, "/mock-gateway/pay/{payment_id}", Endpoint::ShowPayment),
    (Method::POST, "/mock-gateway/pay/{payment_id}", Endpoint::Pay),
    (Method::GET, "/assets/{version}/{file}", Endpoint::Asset),
];

/// Lists the routes, to be put into a router's table.
pub fn routes() -> impl Iterator<Item = (Method, &'static str, Endpoint)> {
    ROUTES.iter().cloned()
}

/// Answers a request for a page.
///
/// Problems become a page for whoever prefers HTML, and a problem document for everybody else.
pub async fn handle(
    app: &App,
    endpoint: Endpoint,
    params: &Params,
    request: Request<Bytes>,
) -> Response {
    let answer = match endpoint {
        Endpoint::Search => search::show(app, &request).await,
        Endpoint::ShowEvent => event::show(app, params).await,
        Endpoint::Book => event::book(app, params, &request).await,
        Endpoint::ShowBooking => booking::show(app, params).await,
        Endpoint::CancelBooking => booking::cancel(app, params, &request).await,
        Endpoint::Calendar => booking::calendar(app, params).await,
        Endpoint::ShowPayment => payment::show(app, params, &request),
        Endpoint::Pay => payment::act(app, params, &request).await,
        Endpoint::Asset => assets::send(params, request.headers()),
    };
    answer.unwrap_or_else(|problem| errors::answer(app, request.headers(), problem))
}
