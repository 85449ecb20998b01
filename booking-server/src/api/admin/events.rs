//! Entering events, changing them, calling them off, looking at their stock.

use std::time::Duration;

use booking_core::domain::event::{EventStatus, Listing};
use booking_core::domain::ids::EventId;
use booking_core::ports::event_repository::{ChangeOutcome, EventChange};
use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::Value;

use super::event_body::{self, EventBody};
use crate::api::events::event_id;
use crate::api::fault::report;
use crate::api::view;
use crate::app::App;
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{self, Response};
use crate::http::router::Params;
use crate::http::{body, fields};

/// How often a change is made again because somebody else changed the event in between.
const ATTEMPTS: usize = 5;

/// `POST /v1/events`
pub(super) async fn create(app: &App, request: &Request<Bytes>) -> Result<Response, Problem> {
    let (details, capacity, reminder) =
        body::read_object(request.headers(), request.body(), event_body::read_new)?;
    let organiser = app.system().organiser();
    let created = organiser.create_with_reminder(details, capacity, reminder).await;
    let listing = created.map_err(|error| report(&error))?;
    // A path, not a link: a draft is not to be seen on the public listener.
    let location = format!("/v1/events/{}", listing.event.id);
    Ok(reply::created(&location, &view::Event::from(&listing)))
}

/// `GET /v1/events/{event_id}`
pub(super) async fn show(app: &App, params: &Params) -> Result<Response, Problem> {
    let listing = find_fresh(app, event_id(params)?).await?;
    Ok(shown(&listing))
}

/// `PATCH /v1/events/{event_id}`
pub(super) async fn edit(
    app: &App,
    params: &Params,
    request: &Request<Bytes>,
) -> Result<Response, Problem> {
    let id = event_id(params)?;
    let patch = body::read_json(request.headers(), request.body())?;
    for _ in 0..ATTEMPTS {
        let before = find_fresh(app, id).await?;
        let Some(change) = read_change(&before, patch.clone())? else {
            return Ok(shown(&before));
        };
        let changed = app.system().organiser().change(id, &change).await;
        match changed.map_err(|error| report(&error))? {
            // The patch says what to change, so it holds for the new details as well.
            ChangeOutcome::Conflict => {}
            outcome => return changed_event(outcome),
        }
    }
    Err(Problem::unavailable(Duration::from_secs(1))
        .detail("the event is being changed by others; nothing was changed"))
}

/// Returns what the patch changes, `None` if that is nothing.
fn read_change(before: &Listing, patch: Value) -> Result<Option<EventChange>, Problem> {
    let base = before.event.details.to_draft();
    let EventBody { details, capacity, reminder } =
        fields::read_value(patch, |body| event_body::read_change(&base, body))?;
    let is_new = details != before.event.details;
    let change = EventChange {
        details: is_new.then_some(details),
        capacity: capacity.filter(|capacity| capacity.get() != before.stock.capacity()),
        status: None,
        reminder: reminder.filter(|reminder| *reminder != before.event.reminder),
        // All details are written, so nobody else's may have come in between.
        expected_updated_at: is_new.then_some(before.event.updated_at),
    };
    let changes_nothing =
        change.details.is_none() && change.capacity.is_none() && change.reminder.is_none();
    if changes_nothing && before.event.status == EventStatus::Cancelled {
        return Err(wrong_status(EventStatus::Cancelled));
    }
    Ok((!changes_nothing).then_some(change))
}

/// `POST /v1/events/{event_id}/publish`
pub(super) async fn publish(app: &App, params: &Params) -> Result<Response, Problem> {
    let outcome = app.system().organiser().publish(event_id(params)?).await;
    changed_event(outcome.map_err(|error| report(&error))?)
}

/// `POST /v1/events/{event_id}/cancel`
pub(super) async fn cancel(app: &App, params: &Params) -> Result<Response, Problem> {
    let outcome = app.system().organiser().cancel(event_id(params)?).await;
    changed_event(outcome.map_err(|error| report(&error))?)
}

/// `GET /v1/events/{event_id}/stock`
pub(super) async fn show_stock(app: &App, params: &Params) -> Result<Response, Problem> {
    let report_found = app.system().organiser().stock(event_id(params)?).await;
    let stock = report_found.map_err(|error| report(&error))?.ok_or(ProblemType::EventNotFound)?;
    Ok(reply::json(StatusCode::OK, &view::Stock::from(stock)))
}

fn changed_event(outcome: ChangeOutcome) -> Result<Response, Problem> {
    match outcome {
        ChangeOutcome::Changed(listing) | ChangeOutcome::Unchanged(listing) => Ok(shown(&listing)),
        ChangeOutcome::NotFound => Err(ProblemType::EventNotFound.into()),
        ChangeOutcome::WrongStatus(status) => Err(wrong_status(status)),
        ChangeOutcome::CapacityTooLow { taken } => Err(Problem::new(ProblemType::CapacityTooLow)
            .detail(format!("{taken} tickets are sold or held"))
            .member("taken", taken)),
        // Nothing is expected where this could come from.
        ChangeOutcome::Conflict => Err(Problem::unavailable(Duration::from_secs(1))),
    }
}

fn wrong_status(status: EventStatus) -> Problem {
    let detail = match status {
        EventStatus::Cancelled => "the event was called off",
        EventStatus::Published => "the event is published",
        EventStatus::Draft => "the event is a draft",
    };
    Problem::new(ProblemType::EventNotEditable).detail(detail)
}

/// Organisers see what is in the database, not what is cached of it.
pub(super) async fn find_fresh(app: &App, id: EventId) -> Result<Listing, Problem> {
    let found = app.system().catalogue().find_event_fresh(id).await;
    found.map_err(|error| report(&error))?.ok_or_else(|| ProblemType::EventNotFound.into())
}

fn shown(listing: &Listing) -> Response {
    reply::json(StatusCode::OK, &view::Event::from(listing))
}
