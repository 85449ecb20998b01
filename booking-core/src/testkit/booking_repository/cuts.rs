//! Futures that are dropped before they end, as happens when a caller goes away.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::domain::booking::BookingStatus;
use crate::domain::ledger::{HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use crate::domain::notice::Recipient;
use crate::testkit::manual::SplitMix;
use crate::testkit::seed::{self, HOLD};
use crate::testkit::{Cut, RepositoryHarness, cut_after, until_answered};

/// A future that is polled more often than this is not cut any later.
const MOST_POLLS: usize = 200;

/// After so many claims a transaction that was dropped has ended, or never will.
const MOST_CLAIMS: usize = 10_000;

/// Contract 1, 4: wherever an admission is dropped, it took effect completely or not at all, and sending the
/// batch again completes it.
pub async fn an_admission_that_is_dropped_is_whole_or_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let events = [
        db.store(&seed::event("Cut A").capacity(1_000)).await,
        db.store(&seed::event("Cut B").capacity(1_000)).await,
    ];
    let mut rounds = 0;
    for polls in 1..=MOST_POLLS {
        let batch = [
            seed::hold(events[0]).quantity(2).key(&format!("key {polls}"), "two").build(),
            seed::hold(events[1]).quantity(1).build(),
        ];
        let cut = cut_after(polls, db.bookings.admit(&batch, seed::now())).await;
        rounds += 1;
        db.assert_books_balance().await;
        let done = until_answered(|| db.bookings.admit(&batch, seed::now())).await;
        for (outcome, request) in done.outcomes.iter().zip(&batch) {
            let HoldOutcome::Held(booking) = outcome else { panic!("after {polls}: {outcome:?}") };
            assert_eq!((booking.id, booking.quantity), (request.booking_id, request.quantity));
        }
        if let Cut::Ended(first) = cut {
            assert_eq!(first.expect("admit").outcomes, done.outcomes);
            break;
        }
    }
    assert_eq!(db.counts(events[0]).await, (1_000, 2 * rounds));
    assert_eq!(db.counts(events[1]).await, (1_000, rounds));
    db.assert_books_balance().await;
}

/// Contract 1, 7: likewise a settlement; the notification is recorded with its effect or not at all.
pub async fn a_settlement_that_is_dropped_is_whole_or_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Cut").capacity(1_000)).await;
    let mut sold = 0;
    for polls in 1..=MOST_POLLS {
        let booking = db.hold(seed::hold(event).quantity(2), seed::now()).await;
        let batch = [Settlement::notified(seed::succeeded(&booking, seed::now()))];
        let cut = cut_after(polls, db.bookings.settle(&batch, seed::now())).await;
        sold += 2;
        db.assert_books_balance().await;
        let again = until_answered(|| db.bookings.settle(&batch, seed::now())).await;
        match &again.outcomes[..] {
            [SettleOutcome::Moved { .. }] if cut.is_dropped() => {}
            [SettleOutcome::Duplicate] => {}
            other => panic!("after {polls} polls: {other:?}"),
        }
        assert_eq!(db.booking(booking.id).await.status, BookingStatus::Confirmed);
        assert_eq!(db.counts(event).await, (1_000 - sold, 0));
        if !cut.is_dropped() {
            break;
        }
    }
    let told = db.bookings.outbox_depth(seed::now()).await.expect("outbox_depth");
    assert_eq!(told.due, u64::from(sold / 2), "each buyer is told once");
    db.assert_books_balance().await;
}

/// Contract 1, 9: what a dropped claim leased comes back when the lease runs out.
pub async fn a_claim_that_is_dropped_loses_no_notice<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Cut").starts_at(seed::later(HOLD))).await;
    for _ in 0..3 {
        db.sell(seed::hold(event), seed::now()).await;
    }
    let mut now = seed::now();
    for polls in 1..=MOST_POLLS {
        let claim = db.bookings.claim_notices(Recipient::Buyer, now, HOLD, 10);
        let cut = cut_after(polls, claim).await;
        now = now.saturating_add(HOLD);
        // The transaction that was dropped may take a moment to end, and until then keeps its rows from others.
        let mut claimed = Vec::new();
        for _ in 0..MOST_CLAIMS {
            let claim = || db.bookings.claim_notices(Recipient::Buyer, now, HOLD, 10);
            claimed.extend(until_answered(claim).await);
            if claimed.len() >= 3 {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(claimed.len(), 3, "after {polls} polls");
        now = now.saturating_add(HOLD);
        if matches!(cut, Cut::Ended(_)) {
            break;
        }
    }
}

/// Contract 1, 2: callers that are aborted at any moment, many at once, leave nothing half done and block
/// nobody.
pub async fn aborted_tasks_leave_the_books_balanced<H: RepositoryHarness>(harness: &H) {
    const TASKS: usize = 60;
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Aborted").capacity(50)).await;
    let batches: Vec<[HoldRequest; 1]> = (0..TASKS).map(|_| [seed::hold(event).build()]).collect();

    let mut random = SplitMix::new(11);
    let mut tasks = JoinSet::new();
    let mut handles = Vec::new();
    for batch in batches.clone() {
        let db = db.clone();
        handles.push(tasks.spawn(async move {
            let done = until_answered(|| db.bookings.admit(&batch, seed::now())).await;
            if let HoldOutcome::Held(booking) = &done.outcomes[0] {
                let paid = [Settlement::notified(seed::succeeded(booking, seed::now()))];
                until_answered(|| db.bookings.settle(&paid, seed::now())).await;
            }
        }));
    }
    for handle in handles {
        // The pause only spreads the moments; any moment has to be right.
        tokio::time::sleep(Duration::from_micros(random.next_u64() % 500)).await;
        if random.below(3) > 0 {
            handle.abort();
        }
    }
    while let Some(ended) = tasks.join_next().await {
        assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()), "none panics");
    }
    db.assert_books_balance().await;

    let mut held = 0;
    for batch in &batches {
        let done = until_answered(|| db.bookings.admit(batch, seed::now())).await;
        held += usize::from(matches!(done.outcomes[0], HoldOutcome::Held(_)));
    }
    assert_eq!(held, 50, "the repository still works, and sells every ticket once");
    let stock = db.stock(event).await;
    assert_eq!(stock.available(), 0);
    assert_eq!(db.list(event).await.len(), 50);
    db.assert_books_balance().await;
}
