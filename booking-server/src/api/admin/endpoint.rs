//! The routes of the admin listener.

use http::Method;

/// What the admin listener can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Enters an event.
    CreateEvent,
    /// Shows an event of any status.
    ShowEvent,
    /// Changes an event.
    EditEvent,
    /// Publishes a draft.
    PublishEvent,
    /// Calls an event off.
    CancelEvent,
    /// Lists the bookings of an event: the door list.
    ListBookings,
    /// Shows the stock of an event.
    ShowStock,
    /// Gives the money of a booking back.
    Refund,
    /// Sends the metrics.
    Metrics,
    /// Sends the OpenAPI document.
    OpenApi,
    /// Shows the OpenAPI document as a page.
    Docs,
}

/// Every route. The OpenAPI document is made from this table, too.
pub const ROUTES: &[(Method, &str, Endpoint)] = &[
    (Method::POST, "/v1/events", Endpoint::CreateEvent),
    (Method::GET, "/v1/events/{event_id}", Endpoint::ShowEvent),
    (Method::PATCH, "/v1/events/{event_id}", Endpoint::EditEvent),
    (Method::POST, "/v1/events/{event_id}/publish", Endpoint::PublishEvent),
    (Method::POST, "/v1/events/{event_id}/cancel", Endpoint::CancelEvent),
    (Method::GET, "/v1/events/{event_id}/bookings", Endpoint::ListBookings),
    (Method::GET, "/v1/events/{event_id}/stock", Endpoint::ShowStock),
    (Method::POST, "/v1/bookings/{booking_id}/refund", Endpoint::Refund),
    (Method::GET, "/metrics", Endpoint::Metrics),
    (Method::GET, "/openapi.json", Endpoint::OpenApi),
    (Method::GET, "/docs", Endpoint::Docs),
];
