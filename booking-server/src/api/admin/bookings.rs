//! The door list, and giving money back.

mod door_list;

use booking_core::domain::event::Listing;
use booking_core::ports::booking_repository::BookingPage;
use booking_core::service::RefundOutcome;
use bytes::Bytes;
use http::header::{ACCEPT, LINK, VARY};
use http::{HeaderMap, HeaderValue, Request, StatusCode};

use super::events::find_fresh;
use crate::api::bookings::{booking_id, present};
use crate::api::cursor::{self, ListKey};
use crate::api::events::event_id;
use crate::api::fault::report;
use crate::api::{search_params, view};
use crate::app::App;
use crate::http::problem::{Problem, ProblemType};
use crate::http::query;
use crate::http::reply::{self, Response};
use crate::http::router::Params;

/// `GET /v1/events/{event_id}/bookings`
pub(super) async fn list(
    app: &App,
    params: &Params,
    request: &Request<Bytes>,
) -> Result<Response, Problem> {
    let id = event_id(params)?;
    let key = ListKey::of_bookings(id);
    let (limit, cursor) = query::read(request.uri(), |query| {
        let has_limit = query.is_given("limit");
        let limit = search_params::read_limit(query);
        Some((has_limit.then_some(limit), query.text("cursor")))
    })?;
    let after = cursor.map(|cursor| cursor::open_booking(key, &cursor)).transpose()?;
    let listing = find_fresh(app, id).await?;
    let mut response = if wants_csv(request.headers()) {
        let (table, next) = door_list::write(app, id, after, limit).await?;
        let mut response = reply::bytes(StatusCode::OK, door_list::MEDIA_TYPE, table);
        if let Some(next) = next {
            let next = cursor::seal_booking(key, next);
            let link = format!("</v1/events/{id}/bookings?cursor={next}>; rel=\"next\"");
            let link = HeaderValue::from_str(&link).map_err(|_| Problem::internal())?;
            response.headers_mut().insert(LINK, link);
        }
        response
    } else {
        let limit = limit.unwrap_or(search_params::DEFAULT_LIMIT);
        let page = app.system().bookings().list(id, after, limit).await;
        let page = page.map_err(|error| report(&error))?;
        reply::json(StatusCode::OK, &booking_list(&listing, &page, key))
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

fn booking_list<'a>(
    listing: &'a Listing,
    page: &'a BookingPage,
    key: ListKey,
) -> view::BookingList<'a> {
    let event = view::BookingEvent::from(listing);
    let items = page.items.iter().map(|booking| {
        // Paying is the buyer's business; the link is as good as the right to do so.
        view::Booking { payment_url: None, ..view::Booking::new(booking, event.clone()) }
    });
    view::BookingList {
        items: items.collect(),
        next_cursor: page.next.map(|next| cursor::seal_booking(key, next)),
    }
}

/// Tells whether the client asks for a table before it asks for JSON.
fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|list| list.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .find_map(|range| match range.as_str() {
            "text/csv" | "text/*" => Some(true),
            "application/json" | "application/*" | "*/*" => Some(false),
            _ => None,
        })
        .unwrap_or(false)
}

/// `POST /v1/bookings/{booking_id}/refund`
pub(super) async fn refund(app: &App, params: &Params) -> Result<Response, Problem> {
    let id = booking_id(params)?;
    match app.system().organiser().refund(id).await.map_err(|error| report(&error))? {
        RefundOutcome::Due(booking) => present(app, &booking).await,
        RefundOutcome::NotRefundable(_) => {
            Err(Problem::new(ProblemType::NotRefundable).detail("the booking was never paid for"))
        }
        RefundOutcome::NotFound => Err(ProblemType::BookingNotFound.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_sent_to_who_asks_for_one_first() {
        let wants = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
            wants_csv(&headers)
        };
        assert!(wants("text/csv"));
        assert!(wants("Text/CSV;charset=utf-8, */*;q=0.1"));
        assert!(!wants("application/json, text/csv;q=0.5"));
        assert!(!wants("*/*"));
        assert!(!wants("text/html"));
        assert!(!wants_csv(&HeaderMap::new()));
    }
}
