//! Taking bookings, showing them, giving them up.

mod quick;

use std::sync::Arc;
use std::time::Duration;

use booking_core::domain::booking::{Booking, BookingStatus, Customer, IdempotencyKey};
use booking_core::domain::event::SaleState;
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::invalid::Invalid;
use booking_core::domain::ledger::SoldOut;
use booking_core::domain::locale::Locale;
use booking_core::domain::quantity::Quantity;
use booking_core::service::{BookOutcome, BookRequest, CancelOutcome, Snapshot};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};

use super::fault::report;
use super::view;
use crate::app::App;
use crate::http::body;
use crate::http::fields::ObjectReader;
use crate::http::language;
use crate::http::origin::{self, HiddenOrigin};
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{self, Response};
use crate::http::router::Params;

/// The client's name for a request.
pub(super) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// Says that an answer is that to an earlier request.
pub(super) const IDEMPOTENCY_REPLAYED: &str = "Idempotency-Replayed";

/// What the keys of the shop's own form begin with. No client's key may, so that the two never meet.
pub(crate) const KEYS_OF_FORMS: &str = "page-form:";

/// The same, as headers are looked for.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// `POST /v1/bookings`
pub(super) async fn book(app: &App, request: &Request<Bytes>) -> Result<Response, Problem> {
    let headers = request.headers();
    let command = match quick::read(headers, request.body()) {
        Some(command) => command,
        None => body::read_object(headers, request.body(), |body| read(headers, body))?,
    };
    let quantity = command.quantity.get();
    let outcome = app.system().bookings().book(command).await.map_err(|error| report(&error))?;
    match outcome {
        BookOutcome::Booked(booking) => created(app, &booking).await,
        BookOutcome::Replayed(booking) => {
            let mut response = created(app, &booking).await?;
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(response)
        }
        BookOutcome::InProgress => {
            Err(Problem::new(ProblemType::IdempotencyInProgress)
                .retry_after(Duration::from_secs(1)))
        }
        BookOutcome::KeyReused => Err(ProblemType::IdempotencyKeyReused.into()),
        BookOutcome::EventNotFound => Err(ProblemType::EventNotFound.into()),
        BookOutcome::NotOnSale(state) => Err(not_on_sale(state)),
        BookOutcome::TooMany { max } => Err(Problem::new(ProblemType::InvalidRequest)
            .detail("one field is not valid")
            .error("/quantity", format!("must not be more than {max} for this event"))),
        BookOutcome::SoldOut(sold_out) => Err(sold_out_problem(quantity, sold_out)),
        BookOutcome::GatewayFailed => Err(Problem::new(ProblemType::PaymentGateway)
            .detail("no payment link could be had; the tickets are released again")),
    }
}

/// Reads header and body together, so that everything that is wrong is named at once.
fn read(headers: &HeaderMap, body: &mut ObjectReader<'_>) -> Option<BookRequest> {
    let event_id = body.required_uuid("event_id").map(EventId::new);
    let quantity = body.required_integer("quantity");
    let quantity = body.convert("quantity", quantity, |quantity| {
        // What does not fit is as wrong as zero, and is told the same.
        Quantity::new(u32::try_from(quantity).unwrap_or(0))
    });
    let customer = body.required_object("customer", read_customer);
    let locale = body.optional_string("locale");
    let locale = match locale {
        None => Some(language::preferred(headers)),
        Some(tag) => body.convert("locale", Some(tag), |tag| Locale::new(&tag)),
    };
    let key = read_key(headers, body);
    Some(BookRequest {
        event_id: event_id?,
        quantity: quantity?,
        customer: customer?,
        locale: locale?,
        idempotency_key: key,
    })
}

fn read_customer(customer: &mut ObjectReader<'_>) -> Option<Customer> {
    let name = customer.required_string("name");
    let email = customer.required_string("email");
    // Stand-ins for what is missing let the rest be checked all the same.
    let checked = Customer::new(
        name.as_deref().unwrap_or("name"),
        email.as_deref().unwrap_or("name@example.org"),
    );
    match checked {
        Ok(checked) => (name.is_some() && email.is_some()).then_some(checked),
        Err(wrong) => {
            for (field, reason) in wrong {
                customer.error(field, reason.to_string());
            }
            None
        }
    }
}

fn read_key(headers: &HeaderMap, body: &mut ObjectReader<'_>) -> Option<IdempotencyKey> {
    let mut values = headers.get_all(KEY).iter();
    let value = values.next()?;
    if values.next().is_some() {
        body.error(IDEMPOTENCY_KEY, "must be sent once");
        return None;
    }
    // Bytes that are not ASCII make an empty text, which is refused as they are.
    let key = value.to_str().unwrap_or_default();
    body.convert(IDEMPOTENCY_KEY, Some(key), client_key)
}

/// Checks a key that a client made.
fn client_key(text: &str) -> Result<IdempotencyKey, Invalid> {
    if text.starts_with(KEYS_OF_FORMS) {
        return Err(Invalid::new(
            "must not begin with page-form:, as the keys of the shop's form do",
        ));
    }
    IdempotencyKey::new(text)
}

fn not_on_sale(state: SaleState) -> Problem {
    let problem = Problem::new(ProblemType::NotOnSale);
    match state {
        // Never the reason of a refusal; it says as much as there is to say.
        SaleState::OnSale => problem,
        SaleState::Draft => problem.detail("the event is not published"),
        SaleState::Cancelled => problem.detail("the event was called off"),
        SaleState::Ended => problem.detail("the event is over"),
        SaleState::Closed => problem.detail("sales have closed"),
        SaleState::NotYet { on_sale_from } => problem
            .detail("sales have not opened yet")
            .member("on_sale_from", on_sale_from.to_string()),
    }
}

fn sold_out_problem(quantity: u32, sold_out: SoldOut) -> Problem {
    let SoldOut { available, held, next_release_at } = sold_out;
    Problem::new(ProblemType::SoldOut)
        .detail(format!("{quantity} were asked for, {available} are left now"))
        .member("available", available)
        .member("held", held)
        .member("next_release_at", next_release_at.map(|at| at.to_string()))
}

async fn created(app: &App, booking: &Booking) -> Result<Response, Problem> {
    let event = find_event(app, booking).await?;
    let location = app.link(&format!("/v1/bookings/{}", booking.id));
    Ok(reply::created(&location, &shown(booking, &event)))
}

/// `GET /v1/bookings/{booking_id}`
pub(super) async fn show(app: &App, params: &Params) -> Result<Response, Problem> {
    let booking = find(app, params).await?;
    present(app, &booking).await
}

/// `POST /v1/bookings/{booking_id}/cancel`
///
/// It needs no body, so a page of another site could make a browser send it without asking first. What such a page has
/// to ask for is not refused: whoever has front ends elsewhere lets a proxy give them leave, as for booking.
///
/// # Errors
/// - `foreign-origin` if the page of another site may have sent it without having to ask.
pub(super) async fn cancel(
    app: &App,
    params: &Params,
    request: &Request<Bytes>,
) -> Result<Response, Problem> {
    let is_unasked = !body::is_json(request.headers());
    if is_unasked && origin::is_foreign(request, app.public_url().as_ref(), HiddenOrigin::Refused) {
        return Err(ProblemType::ForeignOrigin.into());
    }
    let id = booking_id(params)?;
    match app.system().bookings().cancel(id).await.map_err(|error| report(&error))? {
        CancelOutcome::Cancelled(booking) => present(app, &booking).await,
        CancelOutcome::NotCancellable(booking) => Err(not_cancellable(booking.status)),
        CancelOutcome::NotFound => Err(ProblemType::BookingNotFound.into()),
    }
}

fn not_cancellable(status: BookingStatus) -> Problem {
    let problem = Problem::new(ProblemType::NotCancellable);
    if status == BookingStatus::Confirmed {
        problem.detail("the booking is confirmed; ask the organiser to take it back")
    } else {
        problem.detail("the money of the booking is or was given back")
    }
}

/// Reads the booking's id from the path.
pub(crate) fn booking_id(params: &Params) -> Result<BookingId, Problem> {
    params.uuid("booking_id", ProblemType::BookingNotFound).map(BookingId::new)
}

/// Shows a booking with its event.
pub(super) async fn present(app: &App, booking: &Booking) -> Result<Response, Problem> {
    let event = find_event(app, booking).await?;
    Ok(reply::json(StatusCode::OK, &shown(booking, &event)))
}

fn shown<'a>(booking: &'a Booking, event: &'a Snapshot) -> view::Booking<'a> {
    view::Booking::new(booking, view::BookingEvent::from(event.listing()))
}

/// Finds the booking that the path names, as it stands now.
///
/// # Errors
/// - `booking-not-found` if there is none.
pub(crate) async fn find(app: &App, params: &Params) -> Result<Booking, Problem> {
    let id = booking_id(params)?;
    let booking = app.system().bookings().find(id).await.map_err(|error| report(&error))?;
    booking.ok_or_else(|| ProblemType::BookingNotFound.into())
}

/// Finds the event of a booking, which there must be. Whoever booked a moment ago is shown what the booking was
/// made of, without a second look at the cache.
pub(crate) async fn find_event(app: &App, booking: &Booking) -> Result<Arc<Snapshot>, Problem> {
    let found = app.system().catalogue().find_details(booking.event_id).await;
    found.map_err(|error| report(&error))?.ok_or_else(|| {
        tracing::error!(booking.id = %booking.id, "the event of a booking is missing");
        Problem::internal()
    })
}
