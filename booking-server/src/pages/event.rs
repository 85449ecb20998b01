//! The page of an event, and its booking form.

use std::time::Duration;

use booking_core::domain::booking::{Booking, BookingStatus, Customer, IdempotencyKey};
use booking_core::domain::event::Listing;
use booking_core::domain::ids::EventId;
use booking_core::domain::locale::Locale;
use booking_core::domain::quantity::Quantity;
use booking_core::service::{BookOutcome, BookRequest};
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Request, StatusCode};

use super::errors;
use super::event_view::{self, Notice, Showing, Typed, Wrong};
use super::layout::Site;
use crate::api::bookings::KEYS_OF_FORMS;
use crate::api::{events, fault};
use crate::app::App;
use crate::http::origin::{self, HiddenOrigin};
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{self, Response};
use crate::http::router::Params;
use crate::http::{body, language, value};

/// How often, and how long apart, the answer to the first of two clicks is asked for.
const CLICK_ATTEMPTS: u32 = 40;
const CLICK_PAUSE: Duration = Duration::from_millis(100);

/// `GET /events/{event_id}`
pub(super) async fn show(app: &App, params: &Params) -> Result<Response, Problem> {
    let event = events::find_public(app, params).await?;
    let typed = Typed { token: new_token(app), quantity: "1".to_owned(), ..Typed::default() };
    event_view::render(app, event.listing(), Showing::new(typed))
}

/// `POST /events/{event_id}/book`
pub(super) async fn book(
    app: &App,
    params: &Params,
    request: &Request<Bytes>,
) -> Result<Response, Problem> {
    if origin::is_foreign(request, app.public_url().as_ref(), HiddenOrigin::Refused) {
        return Ok(errors::foreign_form(app));
    }
    let event = events::find_public(app, params).await?;
    let listing = event.listing();
    let form = body::read_form(request.headers(), request.body())?;
    let text = |name| form.first(name).unwrap_or_default().to_owned();
    let typed = Typed {
        token: text("form_token"),
        quantity: text("quantity"),
        name: text("name"),
        email: text("email"),
    };
    let order = match read_order(&typed, listing.event.id, language::preferred(request.headers())) {
        Ok(order) => order,
        Err(wrong) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let notice = Notice::alert("Nothing is booked yet.", "Please look at what is marked.");
            let showing =
                Showing { status, wrong, notice: Some(notice), ..Showing::new(fresh(app, typed)) };
            return event_view::render(app, listing, showing);
        }
    };
    match book_once(app, order).await {
        Ok(outcome) => answer(app, listing, typed, outcome).await,
        Err(error) => {
            let problem = fault::report(&error);
            let notice = Notice::alert(
                "We cannot answer right now.",
                "Press the button again in a few seconds: this form books only once.",
            );
            let status = problem.status();
            let showing = Showing { status, notice: Some(notice), ..Showing::new(typed) };
            let mut response = event_view::render(app, listing, showing)?;
            if status == StatusCode::SERVICE_UNAVAILABLE {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
            }
            Ok(response)
        }
    }
}

fn new_token(app: &App) -> String {
    app.new_id()().to_string()
}

/// Gives a form that was sent without a token one of its own.
fn fresh(app: &App, typed: Typed) -> Typed {
    if typed.token.is_empty() { Typed { token: new_token(app), ..typed } } else { typed }
}

/// Reads the form, and names everything that is wrong with it.
fn read_order(typed: &Typed, event_id: EventId, locale: Locale) -> Result<BookRequest, Wrong> {
    let mut wrong = Wrong::new();
    let quantity = value::number::<u32>(typed.quantity.trim());
    let quantity = quantity
        .ok_or_else(|| "Please enter a whole number.".to_owned())
        .and_then(|number| Quantity::new(number).map_err(|reason| format!("The number {reason}.")))
        .map_err(|text| wrong.push(("quantity", text)))
        .ok();
    let customer = Customer::new(&typed.name, &typed.email)
        .map_err(|invalid| {
            wrong.extend(invalid.into_iter().map(|(field, reason)| match field {
                "name" if typed.name.trim().is_empty() => {
                    ("name", "Please enter your name.".to_owned())
                }
                "name" => ("name", format!("The name {reason}.")),
                _ if typed.email.trim().is_empty() => {
                    ("email", "Please enter your e-mail address.".to_owned())
                }
                _ => ("email", format!("This {reason}.")),
            }));
        })
        .ok();
    // A token that cannot be a key was made by hand.
    let idempotency_key = match &*typed.token {
        "" => None,
        token => IdempotencyKey::new(format!("{KEYS_OF_FORMS}{token}")).ok(),
    };
    match (quantity, customer) {
        (Some(quantity), Some(customer)) => {
            Ok(BookRequest { event_id, quantity, customer, locale, idempotency_key })
        }
        _ => Err(wrong),
    }
}

/// Books, and if the same form is being dealt with already, waits for what comes of that: the
/// browser shows the answer to the last click only.
async fn book_once(
    app: &App,
    order: BookRequest,
) -> Result<BookOutcome, booking_core::service::ServiceError> {
    for _ in 0..CLICK_ATTEMPTS {
        match app.system().bookings().book(order.clone()).await? {
            BookOutcome::InProgress => tokio::time::sleep(CLICK_PAUSE).await,
            outcome => return Ok(outcome),
        }
    }
    Ok(BookOutcome::InProgress)
}

async fn answer(
    app: &App,
    listing: &Listing,
    typed: Typed,
    outcome: BookOutcome,
) -> Result<Response, Problem> {
    let refuse = |status, notice, typed| {
        let showing = Showing { status, notice: Some(notice), ..Showing::new(typed) };
        event_view::render(app, listing, showing)
    };
    let conflict = StatusCode::CONFLICT;
    match outcome {
        BookOutcome::Booked(booking) | BookOutcome::Replayed(booking) => {
            Ok(reply::see_other(&next_step(app, &booking)))
        }
        BookOutcome::InProgress => {
            let text = "Press the button again in a few seconds: this form books only once.";
            refuse(conflict, Notice::alert("Your booking is being made.", text), typed)
        }
        BookOutcome::KeyReused => {
            let typed = Typed { token: new_token(app), ..typed };
            let text = "This form was sent before with other entries. Sending it now makes \
                        another booking.";
            refuse(conflict, Notice::alert("Book again?", text), typed)
        }
        BookOutcome::EventNotFound => Err(ProblemType::EventNotFound.into()),
        BookOutcome::NotOnSale(_) => {
            // The listing may be older than the refusal.
            let id = listing.event.id;
            let newest = app.system().catalogue().find_event_fresh(id).await;
            let newest = newest.map_err(|e| fault::report(&e))?;
            let listing = newest.ok_or_else(|| Problem::new(ProblemType::EventNotFound))?;
            let showing = Showing { status: conflict, ..Showing::new(typed) };
            event_view::render(app, &listing, showing)
        }
        BookOutcome::TooMany { max } => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let wrong = vec![("quantity", format!("One booking may be for at most {max}."))];
            let notice = Notice::alert("Nothing is booked yet.", "Please look at what is marked.");
            let showing = Showing { status, wrong, notice: Some(notice), ..Showing::new(typed) };
            event_view::render(app, listing, showing)
        }
        BookOutcome::SoldOut(sold_out) => {
            let zone = &listing.event.details.timezone;
            let wrong = match sold_out.available {
                0 => vec![("quantity", "None is free right now.".to_owned())],
                left => vec![("quantity", format!("At most {left} can be had right now."))],
            };
            let notice = Some(Notice::sold_out(sold_out, app.now(), zone));
            let sold_out = Some(sold_out);
            let showing =
                Showing { status: conflict, wrong, notice, sold_out, ..Showing::new(typed) };
            event_view::render(app, listing, showing)
        }
        BookOutcome::GatewayFailed => {
            let text = "The payment service does not answer, so nothing is booked. Please try \
                        again in a moment.";
            refuse(StatusCode::BAD_GATEWAY, Notice::alert("Not booked.", text), typed)
        }
    }
}

/// Returns where the buyer goes next: to pay, or to see the booking.
fn next_step(app: &App, booking: &Booking) -> String {
    match &booking.payment {
        Some(payment) if booking.status == BookingStatus::Pending => payment.url.to_string(),
        _ => format!("{}/bookings/{}", Site::of(app).base, booking.id),
    }
}
