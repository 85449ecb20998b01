//! What organisers do and see, and what visitors find.

use std::time::Duration;

use booking_core::domain::event::{EventStatus, ReminderLead, SaleState};
use booking_core::domain::notice::NoticeKind;
use booking_core::domain::search::{SearchFilter, SearchQuery, SearchText, Sort};
use booking_core::service::{BookOutcome, CachedCount};
use booking_core::testkit::seed::{self, DAY};

use crate::bench::Bench;

#[tokio::test]
async fn an_event_is_entered_as_a_draft_and_sold_once_it_is_published() {
    let bench = Bench::new();
    let organiser = bench.system.organiser();
    let details = seed::event("Organ").details();
    let draft = organiser.create(details.clone(), seed::capacity(3)).await.unwrap();
    let id = draft.event.id;
    assert_eq!(draft, bench.listing(id).await, "what is answered is what is stored");
    assert_eq!((draft.event.status, draft.event.details), (EventStatus::Draft, details));
    assert_eq!(draft.event.reminder, ReminderLead::DAY);
    assert_eq!(draft.stock.available(), 3);
    assert_eq!(bench.book(id, 1).await, BookOutcome::NotOnSale(SaleState::Draft));

    organiser.publish(id).await.unwrap();
    assert_eq!(bench.listing(id).await.event.status, EventStatus::Published);
    bench.booked(id, 3).await;
    assert_eq!(bench.counts(id).await, (0, 3, 0));
    bench.assert_balanced().await;
}

#[tokio::test]
async fn buyers_are_reminded_when_the_organiser_wanted_it() {
    let bench = Bench::new();
    let organiser = bench.system.organiser();
    let starts_at = seed::later(DAY * 10);
    let details = seed::event("Organ").starts_at(starts_at).details();
    let hour = ReminderLead::from_minutes(60).unwrap();
    let created = organiser.create_with_reminder(details, seed::capacity(3), hour).await.unwrap();
    assert_eq!(created, bench.listing(created.event.id).await);
    organiser.publish(created.event.id).await.unwrap();
    let booking = bench.booked(created.event.id, 1).await;
    bench.pay(&booking).await;
    let is_reminded = || {
        bench.notifier.messages().iter().any(|message| message.kind == NoticeKind::EventReminder)
    };
    bench.clock.set(starts_at.saturating_sub(Duration::from_mins(61)));
    bench.system.run_due_work().await.unwrap();
    assert!(!is_reminded());
    bench.clock.advance(Duration::from_mins(1));
    bench.system.run_due_work().await.unwrap();
    assert!(is_reminded());
}

#[tokio::test]
async fn an_organiser_sees_by_how_much_the_cached_count_is_wrong() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let report = async || bench.system.organiser().stock(event).await.unwrap().unwrap();
    let first = report().await;
    assert_eq!((first.cached, first.drift()), (CachedCount::NotCached, None));

    bench.system.catalogue().find_event(event).await.unwrap();
    assert_eq!(report().await.drift(), Some(0));
    // Somebody booked three, and died before the cache heard of it.
    let three = seed::hold(event).quantity(3).build();
    bench.bookings.admit(&[three], seed::now()).await.unwrap();
    let wrong = report().await;
    assert_eq!((wrong.cached, wrong.drift()), (CachedCount::Counted(10), Some(3)));
    assert_eq!(wrong.stock, bench.listing(event).await.stock);
    assert_eq!(bench.system.organiser().stock(seed::event_id()).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_published_is_found_counted_and_suggested() {
    let bench = Bench::new();
    let organ = bench.stage(seed::event("Organ at night").category("concert")).await;
    bench.stage(seed::event("Chess by day").category("game")).await;
    bench.stage(seed::event("Organ in secret").category("concert").draft()).await;
    let catalogue = bench.system.catalogue();

    let text = SearchText::new("organ").unwrap().unwrap();
    let filter = SearchFilter { text: Some(text), ..SearchFilter::all() };
    let query = SearchQuery { filter, sort: Sort::Relevance, after: None, limit: 10 };
    let page = catalogue.search(&query).await.unwrap();
    let found: Vec<_> = page.items.iter().map(|listing| listing.event.id).collect();
    assert_eq!(found, [organ]);

    let facets = catalogue.count_facets(&SearchFilter::all()).await.unwrap();
    assert_eq!(facets.total, 2);
    assert_eq!(facets.categories, [("concert".to_owned(), 1), ("game".to_owned(), 1)]);

    let typed = SearchText::new("con").unwrap().unwrap();
    assert_eq!(catalogue.suggest(&typed).await.unwrap().categories, ["concert"]);
    let typed = SearchText::new("orga").unwrap().unwrap();
    let suggested = catalogue.suggest(&typed).await.unwrap().events;
    assert_eq!(suggested.iter().map(|listing| listing.event.id).collect::<Vec<_>>(), [organ]);
}

#[tokio::test]
async fn whoever_must_know_is_told_what_the_database_holds() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let catalogue = bench.system.catalogue();
    catalogue.find_event(event).await.unwrap();
    let three = seed::hold(event).quantity(3).build();
    bench.bookings.admit(&[three], seed::now()).await.unwrap();
    let cached = catalogue.find_event(event).await.unwrap().unwrap();
    let fresh = catalogue.find_event_fresh(event).await.unwrap().unwrap();
    assert_eq!((cached.stock.available(), fresh.stock.available()), (10, 7));
    assert_eq!(catalogue.find_event_fresh(seed::event_id()).await.unwrap(), None);
}

/// More than one batch of anything, so that each kind of work has to be taken up again.
const MANY: u64 = 501;

#[tokio::test]
async fn all_overdue_holds_are_released_however_many_there_are() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(1_000)).await;
    let holds: Vec<_> = (0..MANY).map(|_| seed::hold(event).build()).collect();
    bench.bookings.admit(&holds, seed::now()).await.unwrap();
    bench.clock.set(holds[0].expires_at);
    bench.system.run_due_work().await.unwrap();
    assert_eq!(bench.counts(event).await, (1_000, 0, 0));
    assert_eq!(bench.system.outbox_depth().await.unwrap().due, 0, "and all are told");
    assert_eq!(bench.notifier.messages().len() as u64, MANY);
    bench.assert_balanced().await;
}

#[tokio::test]
async fn all_bookings_of_an_event_that_is_off_are_settled_however_many_there_are() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(1_000)).await;
    let holds: Vec<_> = (0..MANY).map(|_| seed::hold(event).build()).collect();
    bench.bookings.admit(&holds, seed::now()).await.unwrap();
    bench.system.organiser().cancel(event).await.unwrap();
    bench.system.run_due_work().await.unwrap();
    assert_eq!(bench.counts(event).await, (1_000, 0, 0));
    assert_eq!(bench.notifier.messages().len() as u64, MANY);
    bench.assert_balanced().await;
}
