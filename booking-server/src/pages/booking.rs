//! The page of a booking: what the database says of it, and nothing else.

mod words;

use askama::Template;
use booking_core::domain::booking::{Booking, BookingStatus};
use booking_core::domain::event::{EventStatus, Listing};
use booking_core::domain::ids::BookingId;
use booking_core::service::CancelOutcome;
use bytes::Bytes;
use http::header::CONTENT_DISPOSITION;
use http::{HeaderValue, Request, StatusCode};

use self::words::Words;
use super::calendar;
use super::errors;
use super::layout::{self, Site};
use super::show::{self, TimeLeft, When};
use crate::api::{bookings, fault};
use crate::app::App;
use crate::http::origin::{self, HiddenOrigin};
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{self, Response};
use crate::http::router::Params;

#[derive(Template)]
#[template(path = "booking.html")]
struct BookingPage {
    site: Site,
    booking: BookingView,
    error: Option<&'static str>,
}

struct BookingView {
    id: BookingId,
    href: String,
    status: &'static str,
    words: Words,
    time_left: Option<TimeLeft>,
    event_title: String,
    event_href: String,
    when: When,
    place: String,
    quantity: u32,
    total: String,
    name: String,
    email: String,
    payment_url: Option<String>,
    calendar: Option<Calendar>,
    is_pending: bool,
    is_unsettled: bool,
    can_retry: bool,
}

struct Calendar {
    file: String,
    google: String,
}

/// `GET /bookings/{booking_id}`
pub(super) async fn show(app: &App, params: &Params) -> Result<Response, Problem> {
    let (booking, listing) = find(app, params).await?;
    render(app, StatusCode::OK, &booking, &listing, None)
}

/// `POST /bookings/{booking_id}/cancel`
pub(super) async fn cancel(
    app: &App,
    params: &Params,
    request: &Request<Bytes>,
) -> Result<Response, Problem> {
    // The page bids browsers to hide its address, and so some hide its origin.
    if origin::is_foreign(request, app.public_url().as_ref(), HiddenOrigin::Allowed) {
        return Ok(errors::foreign_form(app));
    }
    let id = bookings::booking_id(params)?;
    let outcome = app.system().bookings().cancel(id).await.map_err(|e| fault::report(&e))?;
    match outcome {
        CancelOutcome::Cancelled(_) => {
            let page = format!("{}/bookings/{id}", Site::of(app).base);
            Ok(layout::keep_private(reply::see_other(&page)))
        }
        CancelOutcome::NotCancellable(refused) => {
            let error = match refused.status {
                BookingStatus::RefundDue | BookingStatus::Refunded => {
                    "The money is given back, so there is nothing left to give up."
                }
                _ if refused.total.is_zero() => {
                    "The tickets are yours, so they cannot be given up here."
                }
                _ => "The booking is paid for, so it cannot be given up here.",
            };
            let (booking, listing) = find(app, params).await?;
            render(app, StatusCode::CONFLICT, &booking, &listing, Some(error))
        }
        CancelOutcome::NotFound => Err(ProblemType::BookingNotFound.into()),
    }
}

/// `GET /bookings/{booking_id}/calendar.ics`
pub(super) async fn calendar(app: &App, params: &Params) -> Result<Response, Problem> {
    let (booking, listing) = find(app, params).await?;
    if booking.status != BookingStatus::Confirmed {
        return Err(ProblemType::NotFound.into());
    }
    let file = calendar::file(&booking, &listing, &app.link(&path(booking.id)));
    let mut response = reply::bytes(StatusCode::OK, "text/calendar; charset=utf-8", file);
    let name = HeaderValue::from_static("attachment; filename=\"tickets.ics\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, name);
    Ok(layout::keep_private(response))
}

fn path(id: BookingId) -> String {
    format!("/bookings/{id}")
}

async fn find(app: &App, params: &Params) -> Result<(Booking, Listing), Problem> {
    let booking = bookings::find(app, params).await?;
    let event = bookings::find_event(app, &booking).await?;
    Ok((booking, event.listing().clone()))
}

fn render(
    app: &App,
    status: StatusCode,
    booking: &Booking,
    listing: &Listing,
    error: Option<&'static str>,
) -> Result<Response, Problem> {
    let site = Site::of(app);
    let booking = view(app, &site, booking, listing);
    let response = layout::render(status, &BookingPage { site, booking, error })?;
    Ok(layout::keep_private(response))
}

fn view(app: &App, site: &Site, booking: &Booking, listing: &Listing) -> BookingView {
    let details = &listing.event.details;
    let when = When::of(details);
    let href = format!("{}{}", site.base, path(booking.id));
    let is_called_off = listing.event.status == EventStatus::Cancelled;
    let is_pending = booking.status == BookingStatus::Pending && !is_called_off;
    let is_confirmed = booking.status == BookingStatus::Confirmed;
    let words = words::of(booking, is_called_off);
    let can_retry = matches!(
        booking.status,
        BookingStatus::PaymentFailed | BookingStatus::Cancelled | BookingStatus::Expired
    );
    BookingView {
        id: booking.id,
        status: booking.status.as_str(),
        words,
        time_left: is_pending
            .then(|| TimeLeft::new(booking.expires_at, app.now(), &details.timezone)),
        event_title: details.title.clone(),
        event_href: format!("{}/events/{}", site.base, booking.event_id),
        place: show::place(&details.location),
        quantity: booking.quantity.get(),
        total: show::price(booking.total),
        name: booking.customer.name().to_owned(),
        email: booking.customer.email().to_owned(),
        payment_url: booking.payment.as_ref().map(|payment| payment.url.to_string()),
        calendar: (is_confirmed && !is_called_off).then(|| Calendar {
            file: format!("{href}/calendar.ics"),
            google: calendar::google_link(listing),
        }),
        is_pending,
        is_unsettled: matches!(booking.status, BookingStatus::Pending | BookingStatus::RefundDue),
        can_retry: can_retry && !is_called_off,
        when,
        href,
    }
}
