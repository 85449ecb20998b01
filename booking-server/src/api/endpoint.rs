//! The routes of the public listener's API.

use http::Method;

/// What the public listener's API can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Searches events.
    SearchEvents,
    /// Counts events by category, country and month.
    CountFacets,
    /// Says what may be meant by what was typed so far.
    SuggestEvents,
    /// Shows one event.
    ShowEvent,
    /// Holds tickets.
    Book,
    /// Shows a booking.
    ShowBooking,
    /// Gives an unpaid booking up.
    CancelBooking,
    /// Takes the payment gateway's notification.
    TakeNotification,
    /// Tells that the process lives.
    Live,
    /// Tells whether bookings can be taken.
    Ready,
    /// Sends the OpenAPI document.
    OpenApi,
    /// Shows the OpenAPI document as a page.
    Docs,
}

/// The address of the payment gateway's notifications.
pub const IPN_PATH: &str = "/v1/payments/ipn";

/// Every route. The OpenAPI document is made from this table, too.
pub const ROUTES: &[(Method, &str, Endpoint)] = &[
    (Method::GET, "/v1/events", Endpoint::SearchEvents),
    (Method::GET, "/v1/events/facets", Endpoint::CountFacets),
    (Method::GET, "/v1/events/suggest", Endpoint::SuggestEvents),
    (Method::GET, "/v1/events/{event_id}", Endpoint::ShowEvent),
    (Method::POST, "/v1/bookings", Endpoint::Book),
    (Method::GET, "/v1/bookings/{booking_id}", Endpoint::ShowBooking),
    (Method::POST, "/v1/bookings/{booking_id}/cancel", Endpoint::CancelBooking),
    (Method::POST, IPN_PATH, Endpoint::TakeNotification),
    (Method::GET, "/healthz", Endpoint::Live),
    (Method::GET, "/readyz", Endpoint::Ready),
    (Method::GET, "/openapi.json", Endpoint::OpenApi),
    (Method::GET, "/docs", Endpoint::Docs),
];
