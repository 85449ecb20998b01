use std::time::Duration;

use super::*;
use crate::testkit::seed;

fn known(seed: &seed::EventSeed) -> (NewEvent, Listing) {
    let new = seed.build();
    let mut intake = Intake::open(seed::now());
    intake.store(&new).unwrap();
    let listing = intake.close().created.remove(0).0;
    (new, listing)
}

#[test]
fn every_change_of_status_goes_forwards_or_is_refused() {
    use EventStatus::{Cancelled, Draft, Published};

    for (from, to, expected) in [
        (Draft, Draft, "unchanged"),
        (Draft, Published, "changed"),
        (Draft, Cancelled, "changed"),
        (Published, Draft, "refused"),
        (Published, Published, "unchanged"),
        (Published, Cancelled, "changed"),
        (Cancelled, Draft, "refused"),
        (Cancelled, Published, "refused"),
        (Cancelled, Cancelled, "unchanged"),
    ] {
        let (_, mut listing) = known(&seed::event("Organ"));
        listing.event.status = from;
        let wanted = EventChange { status: Some(to), ..EventChange::default() };
        let (outcome, movement) = change(&listing, &wanted, seed::now()).unwrap();
        let found = match outcome {
            ChangeOutcome::Changed(after) => {
                assert_eq!((after.event.status, after.stock.version()), (to, 2));
                "changed"
            }
            ChangeOutcome::Unchanged(_) => "unchanged",
            ChangeOutcome::WrongStatus(status) if status == from => "refused",
            other => panic!("{other:?}"),
        };
        assert_eq!(found, expected, "{from:?} to {to:?}");
        assert_eq!(movement.is_some(), found == "changed");
    }
}

#[test]
fn two_changes_never_bear_the_same_time() {
    let (_, listing) = known(&seed::event("Organ"));
    let wanted = EventChange { capacity: Some(seed::capacity(7)), ..EventChange::default() };
    // Also when the clock stands still, or was set back.
    for now in [seed::now(), seed::now().saturating_sub(Duration::from_hours(1))] {
        let (outcome, _) = change(&listing, &wanted, now).unwrap();
        let ChangeOutcome::Changed(after) = outcome else { panic!("{outcome:?}") };
        assert_eq!(after.event.updated_at, listing.event.updated_at.next());
    }
}

#[test]
fn a_change_made_from_an_older_event_is_a_conflict() {
    let (_, listing) = known(&seed::event("Organ"));
    let expected_updated_at = Some(seed::now().saturating_sub(Duration::from_secs(1)));
    let wanted = EventChange {
        capacity: Some(seed::capacity(7)),
        expected_updated_at,
        ..EventChange::default()
    };
    let (outcome, movement) = change(&listing, &wanted, seed::now()).unwrap();
    assert_eq!((outcome, movement), (ChangeOutcome::Conflict, None));
}

#[test]
fn a_batch_updates_what_it_knows_by_its_source() {
    let seed = seed::event("Organ").source("feed-1").draft();
    let (new, listing) = known(&seed);
    let mut intake = Intake::open(seed::later(Duration::from_secs(1)));
    intake.add_known(new.source.clone(), listing);

    assert_eq!(intake.store(&seed.build()), Ok(StoreOutcome::Unchanged(new.id)));
    let renamed = NewEvent {
        status: EventStatus::Published,
        ..seed.clone().with(|draft| "Choir".clone_into(&mut draft.title)).build()
    };
    assert_eq!(intake.store(&renamed), Ok(StoreOutcome::Updated(new.id)));
    assert_eq!(intake.store(&renamed), Ok(StoreOutcome::Unchanged(new.id)), "it sees the first");

    let changes = intake.close();
    assert!(changes.created.is_empty());
    assert_eq!((changes.updated.len(), changes.movements.len()), (1, 1));
    let updated = &changes.updated[0];
    assert_eq!(updated.event.details.title, "Choir");
    assert_eq!((updated.event.status, updated.stock.version()), (EventStatus::Published, 2));
}

#[test]
fn what_was_called_off_is_left_alone_and_an_id_is_used_once() {
    let seed = seed::event("Organ").source("feed-1");
    let (new, mut listing) = known(&seed);
    listing.event.status = EventStatus::Cancelled;
    let mut intake = Intake::open(seed::now());
    intake.add_known(new.source.clone(), listing);
    assert_eq!(intake.store(&seed.build()), Ok(StoreOutcome::CalledOff(new.id)));
    let same_id = NewEvent { id: new.id, ..seed::event("Choir").build() };
    assert_eq!(intake.store(&same_id), Err(IntakeError::IdNotNew(new.id)));
    assert!(intake.close().movements.is_empty());
}

#[test]
fn the_journal_says_what_a_change_was() {
    use EventStatus::{Cancelled, Draft, Published};

    let capacity = Some(seed::capacity(7));
    for (from, status, capacity, cause) in [
        (Draft, None, capacity, MovementCause::Edited),
        (Draft, Some(Published), None, MovementCause::Published),
        (Draft, Some(Cancelled), None, MovementCause::Cancelled),
        (Published, None, capacity, MovementCause::Edited),
        (Published, Some(Published), capacity, MovementCause::Edited),
        (Published, Some(Cancelled), None, MovementCause::Cancelled),
    ] {
        let (_, mut listing) = known(&seed::event("Organ"));
        listing.event.status = from;
        let wanted = EventChange { capacity, status, ..EventChange::default() };
        let (_, effect) = change(&listing, &wanted, seed::now()).unwrap();
        assert_eq!(effect.unwrap().movement.cause, cause, "{from:?} to {status:?}");
    }
}

#[test]
fn a_batch_tells_those_who_have_booked_once_of_all_that_it_changed() {
    let seed = seed::event("Organ").source("feed-1");
    let (new, mut listing) = known(&seed);
    let capacity = listing.stock.capacity();
    listing.stock = Stock::restore(capacity, capacity - 1, 0, 1).unwrap();
    let is_told = |stores: &[NewEvent]| {
        let mut intake = Intake::open(seed::later(Duration::from_secs(1)));
        intake.add_known(new.source.clone(), listing.clone());
        for new in stores {
            intake.store(new).unwrap();
        }
        let told = intake.close().announcements;
        told.iter().map(|told| (told.event_id, told.version, told.is_move)).collect::<Vec<_>>()
    };
    let later = |hours| seed.clone().starts_at(seed::later(Duration::from_hours(hours))).build();
    let renamed = {
        let moved = seed.clone().starts_at(seed::later(Duration::from_hours(900)));
        moved.with(|draft| "Choir".clone_into(&mut draft.title)).build()
    };
    assert_eq!(is_told(&[seed.build()]), []);
    assert_eq!(is_told(&[later(900)]), [(new.id, 2, true)]);
    assert_eq!(is_told(&[later(800), later(900), renamed]), [(new.id, 3, true)]);
}

#[test]
fn what_is_entered_counts_among_what_is_published() {
    let new = seed::event("Organ").category("concert").reminder_minutes(60).build();
    let mut intake = Intake::open(seed::now());
    intake.store(&new).unwrap();
    let changes = intake.close();
    assert_eq!(changes.created[0].0.event.reminder, new.reminder);
    assert!(changes.tally.groups().count() > 0 && changes.tally.names().count() > 0);
    assert!(changes.tally.groups().all(|(_, by)| by == 1));
}
