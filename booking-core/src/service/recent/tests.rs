use super::*;
use crate::domain::event::{Event, EventDetails, EventDraft, EventStatus};
use crate::domain::money::{Currency, Money};
use crate::domain::quantity::Capacity;
use crate::domain::stock::Stock;

const LIFE: Duration = Duration::from_millis(250);

fn recent() -> Arc<RecentEvents> {
    Arc::new(RecentEvents::new(LIFE))
}

/// Milliseconds after a time that does not matter.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros((1_800_000_000_000 + millis) * 1_000).unwrap()
}

fn id(number: u128) -> EventId {
    EventId::new(uuid::Uuid::from_u128(number))
}

fn listing(id: EventId, description: &str) -> Listing {
    let price = Money::new(4_500, Currency::new("CHF").unwrap()).unwrap();
    let draft = EventDraft {
        description: description.to_owned(),
        ..EventDraft::new("Organ", at(86_400_000), Duration::from_hours(3), price)
    };
    let details = EventDetails::check(draft).unwrap();
    let (created_at, updated_at) = (at(0), at(0));
    let event =
        Event { updated_at, ..Event::entered(id, details, EventStatus::Published, created_at) };
    Listing { event, stock: Stock::new(Capacity::new(10).unwrap()) }
}

fn look(recent: &Arc<RecentEvents>, id: EventId, need: Need, now: Timestamp) -> Look {
    recent.look(id, need, recent.number(id), now)
}

/// Begins to read, which nobody may be doing.
fn begin(recent: &Arc<RecentEvents>, id: EventId, now: Timestamp) -> Reading {
    match look(recent, id, Need::Everything, now) {
        Look::Read(reading) => reading,
        Look::Kept(_) => panic!("it is kept"),
        Look::Wait(_) | Look::WaitAndLookAgain(_) => panic!("it is being read"),
    }
}

fn fill(recent: &Arc<RecentEvents>, id: EventId, now: Timestamp) {
    begin(recent, id, now).end(Ok(Some(listing(id, ""))));
}

fn is_kept(recent: &Arc<RecentEvents>, id: EventId, need: Need, now: Timestamp) -> bool {
    matches!(look(recent, id, need, now), Look::Kept(_))
}

#[test]
fn what_was_read_is_shown_for_a_moment() {
    let recent = recent();
    fill(&recent, id(1), at(1_000));
    assert!(is_kept(&recent, id(1), Need::Everything, at(1_000)));
    assert!(is_kept(&recent, id(1), Need::Everything, at(1_249)));
    assert!(!is_kept(&recent, id(1), Need::Everything, at(1_250)), "the moment is over");
    assert!(!is_kept(&recent, id(1), Need::Everything, at(999)), "the clock was set back");
    assert!(!is_kept(&recent, id(2), Need::Everything, at(1_000)), "that is another event");
}

#[test]
fn a_sale_is_seen_at_once_by_those_who_look_at_the_count() {
    let recent = recent();
    fill(&recent, id(1), at(0));
    recent.note_changes([id(1)]);
    assert!(is_kept(&recent, id(1), Need::Details, at(1)), "the price is the same");
    assert!(!is_kept(&recent, id(1), Need::Everything, at(1)));
}

#[test]
fn a_change_of_details_is_seen_at_once_by_all() {
    let recent = recent();
    fill(&recent, id(1), at(0));
    recent.forget(id(1));
    assert!(!is_kept(&recent, id(1), Need::Details, at(1)));
    assert_eq!(recent.lock().bytes, 0);
}

#[test]
fn of_several_who_ask_one_reads() {
    let recent = recent();
    let reading = begin(&recent, id(1), at(0));
    for need in [Need::Everything, Need::Details] {
        assert!(matches!(look(&recent, id(1), need, at(1)), Look::Wait(_)));
    }
    recent.note_changes([id(1)]);
    assert!(matches!(look(&recent, id(1), Need::Details, at(1)), Look::Wait(_)));
    let late = look(&recent, id(1), Need::Everything, at(1));
    assert!(matches!(late, Look::WaitAndLookAgain(_)), "it may have read before the change");
    reading.end(Ok(Some(listing(id(1), ""))));
    assert!(matches!(look(&recent, id(1), Need::Everything, at(2)), Look::Read(_)));
}

#[test]
fn those_who_came_between_changes_share_the_next_reading() {
    let recent = recent();
    let first = begin(&recent, id(1), at(1_000));
    let mut numbers = Vec::new();
    for _ in 0..3 {
        recent.note_changes([id(1)]);
        numbers.push(recent.number(id(1)));
    }
    first.end(Ok(Some(listing(id(1), ""))));
    // Whoever came first reads next, and sees what changed until now.
    let Look::Read(second) = recent.look(id(1), Need::Everything, numbers[0], at(1_000)) else {
        panic!("the first reading is too old for him")
    };
    for number in &numbers[1..] {
        let look = recent.look(id(1), Need::Everything, *number, at(1_000));
        assert!(matches!(look, Look::Wait(_)), "one reading is enough for all");
    }
    second.end(Ok(Some(listing(id(1), ""))));
    for number in numbers {
        let look = recent.look(id(1), Need::Everything, number, at(1_001));
        assert!(matches!(look, Look::Kept(_)));
    }
}

#[test]
fn what_was_read_before_a_change_of_details_is_shown_to_nobody_who_asks_later() {
    let recent = recent();
    let reading = begin(&recent, id(1), at(0));
    let outcome = reading.outcome();
    recent.forget(id(1));
    for need in [Need::Everything, Need::Details] {
        assert!(matches!(look(&recent, id(1), need, at(1)), Look::WaitAndLookAgain(_)));
    }
    reading.end(Ok(Some(listing(id(1), ""))));
    let found = outcome.found.get().cloned().flatten().expect("it is over").unwrap();
    assert!(found.is_some(), "whoever asked before has the answer");
    assert!(!is_kept(&recent, id(1), Need::Details, at(1)));
}

#[tokio::test]
async fn a_reading_that_comes_to_nothing_makes_way_for_another() {
    let recent = recent();
    let reading = begin(&recent, id(1), at(0));
    let outcome = reading.outcome();
    let (waited, ()) = tokio::join!(outcome.wait(), async { drop(reading) });
    assert!(waited.is_none(), "those who wait are told");
    assert!(outcome.wait().await.is_none(), "and those who come later, too");
    begin(&recent, id(1), at(0)).end(Err(ServiceError::Overloaded));
    begin(&recent, id(1), at(0)).end(Ok(None));
    assert!(recent.lock().by_event.is_empty(), "guesses leave nothing behind");
}

#[test]
fn events_are_kept_up_to_a_number() {
    let recent = recent();
    for number in 0..MAX_EVENTS {
        fill(&recent, id(number as u128), at(0));
    }
    assert!(is_kept(&recent, id(0), Need::Everything, at(1)));
    fill(&recent, id(1_000_000), at(1));
    assert!(recent.lock().by_event.len() <= MAX_EVENTS);
    assert!(is_kept(&recent, id(1_000_000), Need::Everything, at(1)));
}

#[test]
fn events_are_kept_up_to_a_size_and_old_ones_go_first() {
    let recent = recent();
    let long = "x".repeat(10_000);
    let each = weight(&listing(id(0), &long));
    let fit = MAX_BYTES / each;
    for number in 0..fit {
        let now = at(if number == 0 { 0 } else { 100 });
        let id = id(number as u128);
        begin(&recent, id, now).end(Ok(Some(listing(id, &long))));
    }
    assert_eq!(recent.lock().bytes, fit * each);
    let (last, now) = (id(1_000_000), at(300));
    begin(&recent, last, now).end(Ok(Some(listing(last, &long))));
    assert_eq!(recent.lock().bytes, fit * each, "one has had its moment");
    assert!(is_kept(&recent, id(1), Need::Everything, now));
    let (last, now) = (id(1_000_001), at(301));
    begin(&recent, last, now).end(Ok(Some(listing(last, &long))));
    assert_eq!(recent.lock().bytes, each, "all are fresh, and make room");
}

#[test]
fn what_was_read_before_the_clock_was_set_back_makes_room() {
    let recent = recent();
    let long = "x".repeat(10_000);
    let each = weight(&listing(id(0), &long));
    let fit = MAX_BYTES / each;
    for number in 0..fit {
        let now = at(if number == 0 { 100 } else { 50 });
        let id = id(number as u128);
        begin(&recent, id, now).end(Ok(Some(listing(id, &long))));
    }
    let (last, now) = (id(1_000_000), at(99));
    begin(&recent, last, now).end(Ok(Some(listing(last, &long))));
    assert_eq!(recent.lock().bytes, fit * each, "one was read later than now");
    assert!(is_kept(&recent, id(1), Need::Everything, now));
}

#[test]
fn reading_again_counts_the_memory_once() {
    let recent = recent();
    fill(&recent, id(1), at(0));
    let bytes = recent.lock().bytes;
    fill(&recent, id(1), at(1_000));
    assert_eq!(recent.lock().bytes, bytes);
}

#[test]
fn an_event_is_rendered_once_for_each_kind_that_came_first() {
    let snapshot = Snapshot::shared(listing(id(1), ""));
    let text = snapshot.rendered(|listing| listing.event.details.title.clone());
    let again = snapshot.rendered(|_| -> String { panic!("it is there") });
    assert!(Arc::ptr_eq(&text, &again));
    assert_eq!(*snapshot.rendered(|_| 7_u32), 7, "another kind is made each time");
}
