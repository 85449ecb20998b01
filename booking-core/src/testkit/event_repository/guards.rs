//! Changes that are refused.

use super::change::{capacity, changed, details, status};
use crate::domain::event::{EventStatus, ReminderLead};
use crate::domain::ids::EventId;
use crate::ports::event_repository::{ChangeOutcome, EventChange};
use crate::testkit::seed::{self, SECOND, TICK};
use crate::testkit::{Repositories, RepositoryHarness};

/// Asks for a change, which must change nothing.
async fn refused(db: &Repositories, id: EventId, change: &EventChange) -> ChangeOutcome {
    let before = db.events.find_event(id).await.expect("find_event");
    let now = seed::later(SECOND * 100);
    let outcome = db.events.change_event(id, change, now).await.expect("change_event");
    let after = db.events.find_event(id).await.expect("find_event");
    assert_eq!(after, before, "what is refused changes nothing");
    db.assert_books_balance().await;
    outcome
}

/// An unknown id is an answer, not a fault.
pub async fn an_unknown_event_is_not_found<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    db.store(&seed::event("Known")).await;
    let id = seed::event_id();
    for change in [details("New"), capacity(5), status(EventStatus::Cancelled)] {
        assert_eq!(refused(&db, id, &change).await, ChangeOutcome::NotFound);
    }
}

/// What is sold or held cannot be taken away.
pub async fn a_capacity_below_what_is_taken_is_refused<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Full").capacity(10)).await;
    db.sell(seed::hold(id).quantity(3), seed::now()).await;
    db.hold(seed::hold(id).quantity(4), seed::now()).await;
    let too_low = ChangeOutcome::CapacityTooLow { taken: 7 };
    assert_eq!(refused(&db, id, &capacity(6)).await, too_low);
    assert_eq!(refused(&db, id, &capacity(1)).await, too_low);
    changed(&db, id, &capacity(7), seed::now()).await;
}

/// A published event does not become a draft, and one that was called off stays as it is.
pub async fn a_status_does_not_go_back<H: RepositoryHarness>(harness: &H) {
    use EventStatus::{Cancelled, Draft, Published};

    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Published")).await;
    assert_eq!(refused(&db, id, &status(Draft)).await, ChangeOutcome::WrongStatus(Published));
    db.call_off(id, seed::now()).await;
    for change in [status(Draft), status(Published), details("New"), capacity(500)] {
        assert_eq!(refused(&db, id, &change).await, ChangeOutcome::WrongStatus(Cancelled));
    }
}

/// Asking for the status that an event has is no change, so that it can be repeated.
pub async fn the_wanted_status_is_unchanged<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    for (seed, wanted) in [
        (seed::event("Draft").draft(), EventStatus::Draft),
        (seed::event("Published"), EventStatus::Published),
    ] {
        let id = db.store(&seed).await;
        let listing = db.listing(id).await;
        assert_eq!(refused(&db, id, &status(wanted)).await, ChangeOutcome::Unchanged(listing));
    }
    let id = db.store(&seed::event("Cancelled")).await;
    db.call_off(id, seed::now()).await;
    let listing = db.listing(id).await;
    let again = refused(&db, id, &status(EventStatus::Cancelled)).await;
    assert_eq!(again, ChangeOutcome::Unchanged(listing));
}

/// A change that was made from another version is not made.
pub async fn a_change_made_from_an_old_version_conflicts<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Shared")).await;
    let seen = db.listing(id).await.event.updated_at;
    let mine = EventChange { expected_updated_at: Some(seen), ..details("Mine") };
    let after = changed(&db, id, &mine, seed::later(TICK)).await;
    assert_ne!(after.event.updated_at, seen);
    let theirs = EventChange { expected_updated_at: Some(seen), ..details("Theirs") };
    assert_eq!(refused(&db, id, &theirs).await, ChangeOutcome::Conflict);
    let current = Some(after.event.updated_at);
    let again = EventChange { expected_updated_at: current, ..details("Theirs") };
    assert_eq!(changed(&db, id, &again, seed::later(SECOND)).await.event.details.title, "Theirs");
}

/// Contract 1: a change of which one part is refused makes none of the others.
pub async fn a_refused_change_changes_no_part<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Whole").capacity(10)).await;
    db.hold(seed::hold(id).quantity(5), seed::now()).await;
    let all = EventChange {
        details: details("New").details,
        capacity: capacity(4).capacity,
        status: Some(EventStatus::Cancelled),
        reminder: Some(ReminderLead::NEVER),
        expected_updated_at: None,
    };
    let outcome = refused(&db, id, &all).await;
    assert_eq!(outcome, ChangeOutcome::CapacityTooLow { taken: 5 });
    let back = EventChange { status: Some(EventStatus::Draft), ..details("New") };
    let outcome = refused(&db, id, &back).await;
    assert_eq!(outcome, ChangeOutcome::WrongStatus(EventStatus::Published));
}
