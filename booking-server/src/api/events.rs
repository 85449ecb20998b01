//! Finding events.

use std::sync::Arc;

use booking_core::domain::event::EventStatus;
use booking_core::domain::ids::EventId;
use booking_core::domain::search::Suggestions;
use booking_core::service::Snapshot;
use bytes::Bytes;
use http::Request;

use super::fault::report;
use super::search_params::{self, Search};
use super::{cursor, view};
use crate::app::App;
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{self, Response, Tagged};
use crate::http::router::Params;

/// How long others may keep an answer about events.
///
/// One second takes a million reloads off the server, and is no longer than what the count of
/// tickets may lag behind anyway. The database decides at booking, whatever a page shows.
const CACHE_CONTROL: &str = "public, max-age=1, must-revalidate";

/// `GET /v1/events`
pub(super) async fn search(app: &App, request: &Request<Bytes>) -> Result<Response, Problem> {
    let Search { query, list } = search_params::read_search(request.uri())?;
    let page = app.system().catalogue().search(&query).await.map_err(|error| report(&error))?;
    let answer = view::EventList {
        items: page.items.iter().map(view::Event::from).collect(),
        next_cursor: page.next.map(|next| cursor::seal_search(list, &next)),
    };
    Ok(reply::cached_json(request.headers(), CACHE_CONTROL, &answer))
}

/// `GET /v1/events/facets`
pub(super) async fn count_facets(app: &App, request: &Request<Bytes>) -> Result<Response, Problem> {
    let filter = search_params::read_facets(request.uri())?;
    let facets = app.system().catalogue().count_facets(&filter).await;
    let facets = view::Facets::from(facets.map_err(|error| report(&error))?);
    Ok(reply::cached_json(request.headers(), CACHE_CONTROL, &facets))
}

/// `GET /v1/events/suggest`
pub(super) async fn suggest(app: &App, request: &Request<Bytes>) -> Result<Response, Problem> {
    let suggestions = match search_params::read_typed(request.uri())? {
        Some(text) => app.system().catalogue().suggest(&text).await,
        None => Ok(Suggestions::default()),
    };
    let suggestions = suggestions.map_err(|error| report(&error))?;
    let answer = view::Suggestions::from(&suggestions);
    Ok(reply::cached_json(request.headers(), CACHE_CONTROL, &answer))
}

/// `GET /v1/events/{event_id}`
///
/// The page that everybody reloads: rendered once for everybody who asks at about the same time.
pub(super) async fn show(
    app: &App,
    params: &Params,
    request: &Request<Bytes>,
) -> Result<Response, Problem> {
    let event = find_public(app, params).await?;
    let page = event.rendered(|listing| Tagged::json(&view::Event::from(listing)));
    Ok(page.as_ref().as_ref().map_err(Problem::clone)?.answer(request.headers(), CACHE_CONTROL))
}

/// Reads the event's id from the path.
pub(super) fn event_id(params: &Params) -> Result<EventId, Problem> {
    params.uuid("event_id", ProblemType::EventNotFound).map(EventId::new)
}

/// Finds the event that the path names, unless it is still being prepared.
///
/// # Errors
/// - `event-not-found` if there is none.
pub(crate) async fn find_public(app: &App, params: &Params) -> Result<Arc<Snapshot>, Problem> {
    let found = app.system().catalogue().find_recent(event_id(params)?).await;
    let found = found.map_err(|error| report(&error))?;
    let found = found.filter(|event| event.listing().event.status != EventStatus::Draft);
    found.ok_or_else(|| ProblemType::EventNotFound.into())
}
