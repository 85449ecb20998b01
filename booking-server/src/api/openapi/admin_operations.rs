//! What the admin listener's routes do.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, ResponseBuilder};

use super::operation::{Operation, body, json, with_header, with_links};
use super::{parameters, public_operations, requests};
use crate::api::admin::endpoint::Endpoint;
use crate::api::view;
use crate::http::problem::ProblemType as P;

pub(super) fn describe(endpoint: Endpoint) -> Operation {
    match endpoint {
        Endpoint::CreateEvent => create_event(),
        Endpoint::ShowEvent => Operation::new("showEvent", "Events", "Show an event")
            .description("Shows an event of any status, as the database has it.")
            .json::<view::Event>(200, "The event.")
            .problems(&[P::EventNotFound]),
        Endpoint::EditEvent => Operation::new("editEvent", "Events", "Change an event")
            .description(
                "A change of `capacity` moves the stock by as much, and is refused below what is \
                 sold and held. A cancelled event cannot be changed. Changes by several people at \
                 once are all kept.",
            )
            .json_body(body(
                requests::EVENT_CHANGE,
                &["application/merge-patch+json", "application/json"],
                "What to change.",
            ))
            .json::<view::Event>(200, "The event as it stands now.")
            .problems(&[P::EventNotFound, P::CapacityTooLow, P::EventNotEditable]),
        Endpoint::PublishEvent => Operation::new("publishEvent", "Events", "Publish a draft")
            .description("From then on it is found, and sold within its sales window.")
            .json::<view::Event>(200, "The event is published, since now or since before.")
            .problems(&[P::EventNotFound, P::EventNotEditable]),
        Endpoint::CancelEvent => Operation::new("cancelEvent", "Events", "Call an event off")
            .description(
                "For good. In the background its pending bookings are cancelled and its confirmed \
                 ones refunded, also after a restart.",
            )
            .json::<view::Event>(200, "The event is cancelled, since now or since before.")
            .problems(&[P::EventNotFound, P::EventNotEditable]),
        Endpoint::ListBookings => list_bookings(),
        Endpoint::ShowStock => Operation::new("showStock", "Events", "Show the stock of an event")
            .description(
                "Shows the database and the cache side by side. A cache that does not answer is no \
                 error: `cache` says so, and `instock` is `null`.",
            )
            .json::<view::Stock>(200, "The stock in the database, and its count in the cache.")
            .problems(&[P::EventNotFound]),
        Endpoint::Refund => Operation::new("refund", "Bookings", "Give money back")
            .description(
                "Takes a confirmed booking back: its tickets are free at once, and the gateway is \
                 asked to return the money. Repeating it changes nothing.",
            )
            .json::<view::Booking>(200, "The money is being given back, or was.")
            .problems(&[P::BookingNotFound, P::NotRefundable]),
        Endpoint::Metrics => {
            let text = ObjectBuilder::new().schema_type(Type::String);
            let content = ContentBuilder::new().schema(Some(text)).build();
            let response = ResponseBuilder::new()
                .description("Prometheus' text format.")
                .content("text/plain", content);
            Operation::new("showMetrics", "Operation", "Send the metrics")
                .response(200, response)
                .problems(&[P::NotFound])
        }
        Endpoint::OpenApi => public_operations::document(),
        Endpoint::Docs => public_operations::page(),
    }
}

fn create_event() -> Operation {
    let created = json::<view::Event>("The event, as a draft.");
    let next =
        ["showEvent", "editEvent", "publishEvent", "cancelEvent", "listBookings", "showStock"];
    let created = with_links(created, "event_id", "/id", &next);
    Operation::new("createEvent", "Events", "Enter an event")
        .json_body(body(requests::NEW_EVENT, &["application/json"], "The event."))
        .response(201, with_header(created, "Location", "The path of the event, here."))
}

fn list_bookings() -> Operation {
    let table = ObjectBuilder::new().schema_type(Type::String);
    let response = json::<view::BookingList>("The bookings.")
        .content("text/csv", ContentBuilder::new().schema(Some(table)).build());
    let response = with_header(
        response,
        "Link",
        "Only with `text/csv`: where the rest of the table is, if it was cut off.",
    );
    Operation::new("listBookings", "Bookings", "List the bookings of an event")
        .description(
            "The door list, in order of arrival. With `Accept: text/csv` it is a table with a \
             header line, and whole unless `limit` is given or it has over 100,000 lines. Texts \
             that a spreadsheet would take for a formula have an apostrophe before them.",
        )
        .parameters(parameters::paging())
        .response(200, response)
        .problems(&[P::EventNotFound, P::InvalidRequest, P::InvalidCursor])
}
