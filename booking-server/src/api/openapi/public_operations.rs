//! What the public listener's routes do.

use utoipa::openapi::{ContentBuilder, ResponseBuilder};

use super::operation::{Operation, body, cached, json, not_modified, with_header, with_links};
use super::{SIGNATURE, parameters, requests};
use crate::api::bookings::IDEMPOTENCY_REPLAYED;
use crate::api::endpoint::Endpoint;
use crate::api::view;
use crate::http::problem::ProblemType as P;

pub(super) fn describe(endpoint: Endpoint) -> Operation {
    match endpoint {
        Endpoint::SearchEvents => search(),
        Endpoint::CountFacets => Operation::new("countFacets", "Events", "Count events")
            .description(
                "Counts the events that a search with the same filters would find, by category, \
                 country and month.",
            )
            .parameters(parameters::filters())
            .parameters([parameters::if_none_match()])
            .response(200, cached(json::<view::Facets>("The counts.")))
            .response(304, cached(not_modified()))
            .problems(&[P::InvalidRequest]),
        Endpoint::SuggestEvents => Operation::new("suggestEvents", "Events", "Suggest what is meant")
            .description(
                "Returns categories, cities and events that may be meant by what somebody has typed \
                 so far. Categories and cities are those of events that end in the present month or \
                 later. If none of them is \
                 called like that, typos are forgiven; of events, as in a search.",
            )
            .parameters([parameters::typed(), parameters::if_none_match()])
            .response(200, cached(json::<view::Suggestions<'_>>("The suggestions.")))
            .response(304, cached(not_modified()))
            .problems(&[P::InvalidRequest]),
        Endpoint::ShowEvent => Operation::new("showEvent", "Events", "Show an event")
            .description(
                "Shows a published or cancelled event. Drafts are not found here. What was sold \
                 through this server shows at once, what others sold within a quarter of a second.",
            )
            .parameters([parameters::if_none_match()])
            .response(200, cached(json::<view::Event>("The event.")))
            .response(304, cached(not_modified()))
            .problems(&[P::EventNotFound]),
        Endpoint::Book => book(),
        Endpoint::ShowBooking => Operation::new("showBooking", "Bookings", "Show a booking")
            .json::<view::Booking>(200, "The booking as it stands now.")
            .problems(&[P::BookingNotFound]),
        Endpoint::CancelBooking => {
            Operation::new("cancelBooking", "Bookings", "Give up an unpaid booking")
                .description(
                    "Releases the tickets. Repeating it changes nothing. No body is read. What the page of \
                     another site can make a browser send without asking for leave is refused: such a page \
                     has to send `Content-Type: application/json`, and needs a proxy that gives it leave.",
                )
                .json::<view::Booking>(200, "The booking holds no tickets any more.")
                .problems(&[P::BookingNotFound, P::NotCancellable, P::ForeignOrigin])
        }
        Endpoint::TakeNotification => take_notification(),
        Endpoint::Live => Operation::new("isLive", "Operation", "Tell that the process lives")
            .json::<view::Health>(200, "It lives."),
        Endpoint::Ready => {
            Operation::new("isReady", "Operation", "Tell whether bookings can be taken")
                .description(
                    "Without the database, and while the process is about to stop, this is `503`. \
                 Without the cache alone everything works, which is `degraded`. Both are asked side by \
                 side and have a second to answer.",
                )
                .json::<view::Readiness>(200, "Bookings can be taken.")
        }
        Endpoint::OpenApi => document(),
        Endpoint::Docs => page(),
    }
}

fn search() -> Operation {
    Operation::new("searchEvents", "Events", "Search events")
        .description("Finds published events. All filters must hold.")
        .parameters(parameters::filters())
        .parameters([parameters::sort()])
        .parameters(parameters::paging())
        .parameters([parameters::if_none_match()])
        .response(200, cached(json::<view::EventList>("A page of events.")))
        .response(304, cached(not_modified()))
        .problems(&[P::InvalidRequest, P::InvalidCursor])
}

fn book() -> Operation {
    let booked = json::<view::Booking>(
        "The tickets are held until `expires_at`, to be paid for at `payment_url`. Tickets that \
         cost nothing are confirmed at once.",
    );
    let booked = with_header(booked, "Location", "The address of the booking.");
    let booked = with_header(
        booked,
        IDEMPOTENCY_REPLAYED,
        "`true` if this is the answer to an earlier request with the same key.",
    );
    let booked = with_links(booked, "booking_id", "/id", &["showBooking", "cancelBooking"]);
    Operation::new("book", "Bookings", "Hold tickets and get the payment link")
        .parameters([parameters::idempotency_key()])
        .json_body(body(requests::NEW_BOOKING, &["application/json"], "Who wants what."))
        .response(201, booked)
        .problems(&[
            P::EventNotFound,
            P::SoldOut,
            P::NotOnSale,
            P::IdempotencyInProgress,
            P::IdempotencyKeyReused,
            P::PaymentGateway,
        ])
}

fn take_notification() -> Operation {
    Operation::new("takeNotification", "Payments", "Take the gateway's notification")
        .description(
            "The answer is `200` once the effect is durable, whatever it is; anything else asks \
             for the notification again. It may come twice, late and out of order. Up to 256 KiB \
             are read, and up to 64 KiB of one that bears no signature. Places are kept for \
             notifications, so that a crowd elsewhere does not shut them out.",
        )
        .security(SIGNATURE)
        .raw_body(body(requests::NOTIFICATION, &["application/json"], "What happened."))
        .json::<view::NotificationReceipt>(200, "It is recorded for ever.")
        .problems(&[P::BadSignature, P::BookingNotFound, P::MalformedJson, P::InvalidRequest])
}

/// Describes the route of a document such as this one.
pub(super) fn document() -> Operation {
    let content = ContentBuilder::new().schema(Some(utoipa::openapi::schema::empty())).build();
    let response = ResponseBuilder::new()
        .description("An OpenAPI 3.1 document.")
        .content("application/json", content);
    Operation::new("showContract", "Operation", "Send this document")
        .parameters([parameters::if_none_match()])
        .response(200, cached(response))
        .response(304, cached(not_modified()))
}

/// Describes the route of the page made from such a document.
pub(super) fn page() -> Operation {
    let response = ResponseBuilder::new()
        .description("A page that loads nothing from anywhere.")
        .content("text/html", ContentBuilder::new().build());
    Operation::new("readContract", "Operation", "Show this document as a page")
        .parameters([parameters::if_none_match()])
        .response(200, cached(response))
        .response(304, cached(not_modified()))
}
