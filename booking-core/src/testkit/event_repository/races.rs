//! Organisers, importers and buyers at once, and futures that are dropped.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::change::{capacity, details, status};
use crate::domain::event::EventStatus;
use crate::domain::ledger::{HoldOutcome, HoldRequest};
use crate::ports::event_repository::{ChangeOutcome, EventChange, StoreOutcome};
use crate::testkit::seed::{self, SECOND, TICK};
use crate::testkit::{Cut, Repositories, RepositoryHarness, cut_after, until_answered};

const MOST_POLLS: usize = 200;

async fn admit(db: &Repositories, request: &HoldRequest) -> HoldOutcome {
    let batch = std::slice::from_ref(request);
    until_answered(|| db.bookings.admit(batch, seed::now())).await.outcomes.remove(0)
}

/// An import that two instances run at once makes each event once.
pub async fn the_same_source_at_once_is_one_event<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let start = Arc::new(Barrier::new(8));
    let mut importers = JoinSet::new();
    for _ in 0..8 {
        let (db, start) = (db.clone(), Arc::clone(&start));
        importers.spawn(async move {
            let batch: Vec<_> = (0..5)
                .map(|index| seed::event("Imported").source(&format!("feed/{index}")).build())
                .collect();
            start.wait().await;
            until_answered(|| db.events.store_events(&batch, seed::now())).await
        });
    }
    let outcomes = importers.join_all().await;
    for index in 0..5 {
        let mut ids = Vec::new();
        let mut created = 0;
        for outcome in &outcomes {
            ids.push(match outcome[index] {
                StoreOutcome::Created(id) => {
                    created += 1;
                    id
                }
                StoreOutcome::Unchanged(id) => id,
                other => panic!("{other:?}"),
            });
        }
        ids.dedup();
        assert_eq!((created, ids.len()), (1, 1));
    }
    let records = db.bookings.audit_events(None, 100).await.expect("audit_events");
    assert_eq!(records.len(), 5);
    db.assert_books_balance().await;
}

/// Contract 1: of changes that were made from the same version one is made, and the others hear of it.
pub async fn of_two_changes_from_one_version_one_wins<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Shared")).await;
    let seen = db.listing(id).await.event.updated_at;
    let mut editors = JoinSet::new();
    for editor in 0..8_u32 {
        let db = db.clone();
        editors.spawn(async move {
            let title = format!("By {editor}");
            let change = EventChange { expected_updated_at: Some(seen), ..details(&title) };
            let now = seed::later(TICK * (editor + 1));
            (title, until_answered(|| db.events.change_event(id, &change, now)).await)
        });
    }
    let (won, lost): (Vec<_>, Vec<_>) = editors
        .join_all()
        .await
        .into_iter()
        .partition(|(_, outcome)| matches!(outcome, ChangeOutcome::Changed(_)));
    assert_eq!((won.len(), lost.len()), (1, 7));
    assert!(lost.iter().all(|(_, outcome)| *outcome == ChangeOutcome::Conflict));
    let listing = db.listing(id).await;
    assert_eq!(
        (listing.event.details.title.clone(), listing.stock.version()),
        (won[0].0.clone(), 2)
    );
    db.assert_books_balance().await;
}

/// Contract 3: a cancellation excludes admissions: what is admitted after it is refused, and every booking
/// that was admitted before it is listed as work.
pub async fn no_ticket_is_admitted_after_a_cancellation<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Called off").capacity(1_000)).await;
    let mut buyers = JoinSet::new();
    for _ in 0..8 {
        let db = db.clone();
        buyers.spawn(async move {
            let mut held = Vec::new();
            loop {
                match admit(&db, &seed::hold(id).build()).await {
                    HoldOutcome::Held(booking) => held.push(booking.id),
                    HoldOutcome::NotOnSale(_) | HoldOutcome::SoldOut(_) => break held,
                    other => panic!("{other:?}"),
                }
            }
        });
    }
    while db.stock(id).await.held() < 20 {
        tokio::task::yield_now().await;
    }
    let off = status(EventStatus::Cancelled);
    let outcome = until_answered(|| db.events.change_event(id, &off, seed::now())).await;
    assert!(matches!(outcome, ChangeOutcome::Changed(_)));
    let mut listed = db.bookings.list_called_off(10_000).await.expect("list_called_off");
    let after = admit(&db, &seed::hold(id).build()).await;
    assert!(matches!(after, HoldOutcome::NotOnSale(_)));
    let mut held: Vec<_> = buyers.join_all().await.into_iter().flatten().collect();
    held.sort_unstable();
    listed.sort_unstable();
    assert_eq!(held, listed);
    db.assert_books_balance().await;
}

/// Contract 1, 3: however sales and a smaller capacity meet, no hold loses its ticket.
pub async fn a_shrinking_capacity_keeps_every_hold<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    for _ in 0..5 {
        let id = db.store(&seed::event("Shrinking").capacity(12)).await;
        let mut buyers = JoinSet::new();
        for _ in 0..12 {
            let db = db.clone();
            buyers.spawn(async move { admit(&db, &seed::hold(id).build()).await });
        }
        let smaller = capacity(6);
        let outcome = until_answered(|| db.events.change_event(id, &smaller, seed::now())).await;
        let outcomes = buyers.join_all().await;
        let held = outcomes.iter().filter(|o| matches!(o, HoldOutcome::Held(_))).count();
        let stock = db.stock(id).await;
        assert_eq!(stock.held() as usize, held);
        match outcome {
            ChangeOutcome::Changed(_) => assert_eq!((stock.capacity(), held), (6, 6)),
            ChangeOutcome::CapacityTooLow { taken } => {
                assert!(taken > 6);
                assert_eq!((stock.capacity(), held), (12, 12));
            }
            other => panic!("{other:?}"),
        }
    }
    db.assert_books_balance().await;
}

/// Contract 2: sales and edits of one event share one sequence of versions, and none is lost.
pub async fn changes_and_sales_number_the_journal_without_a_gap<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Busy").capacity(500)).await;
    let mut writers = JoinSet::new();
    for writer in 0..8_u32 {
        let db = db.clone();
        writers.spawn(async move {
            for round in 0..5 {
                if writer % 2 == 0 {
                    admit(&db, &seed::hold(id).build()).await;
                } else {
                    let change = details(&format!("By {writer} in {round}"));
                    let now = seed::later(SECOND);
                    until_answered(|| db.events.change_event(id, &change, now)).await;
                }
            }
        });
    }
    writers.join_all().await;
    let stock = db.stock(id).await;
    assert_eq!((stock.version(), stock.held()), (41, 20));
    db.assert_books_balance().await;
}

/// Contract 1: an import that is dropped stored all of its batch or none, and can be run again.
pub async fn an_import_that_is_dropped_is_whole_or_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    for polls in 1..=MOST_POLLS {
        let batch = |title: &str| -> Vec<_> {
            (0..3)
                .map(|n| seed::event(title).source(&format!("feed/{polls}/{n}")).build())
                .collect()
        };
        let first = batch("Cut");
        let cut = cut_after(polls, db.events.store_events(&first, seed::now())).await;
        db.assert_books_balance().await;
        let second = batch("Cut");
        let again = until_answered(|| db.events.store_events(&second, seed::now())).await;
        let created = again.iter().filter(|o| matches!(o, StoreOutcome::Created(_))).count();
        match cut {
            Cut::Dropped => assert!(created == 0 || created == 3, "{again:?}"),
            Cut::Ended(_) => assert_eq!(created, 0),
        }
        let records = db.bookings.audit_events(None, 1_000).await.expect("audit_events");
        assert_eq!(records.len(), polls * 3);
        if !cut.is_dropped() {
            break;
        }
    }
    db.assert_books_balance().await;
}

/// Contract 1, 2: a change that is dropped was made with its line in the journal, or not at all.
pub async fn a_change_that_is_dropped_is_whole_or_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    for polls in 1..=MOST_POLLS {
        let id = db.store(&seed::event("Before").capacity(10)).await;
        let change = EventChange { capacity: capacity(20).capacity, ..details("After") };
        let cut = cut_after(polls, db.events.change_event(id, &change, seed::now())).await;
        let seen = db.listing(id).await;
        let whole =
            (seen.event.details.title.as_str(), seen.stock.capacity(), seen.stock.version());
        assert!(matches!(whole, ("Before", 10, 1) | ("After", 20, 2)), "{whole:?}");
        db.assert_books_balance().await;
        let last = EventChange { capacity: capacity(30).capacity, ..details("Last") };
        let outcome = until_answered(|| db.events.change_event(id, &last, seed::now())).await;
        assert!(matches!(outcome, ChangeOutcome::Changed(_)));
        if matches!(cut, Cut::Ended(_)) {
            assert_eq!(seen.event.details.title, "After");
            break;
        }
    }
    db.assert_books_balance().await;
}
