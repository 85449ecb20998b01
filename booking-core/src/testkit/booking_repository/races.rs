//! Many callers at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::domain::booking::BookingStatus;
use crate::domain::ids::EventId;
use crate::domain::ledger::{Cause, HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use crate::domain::notice::Recipient;
use crate::domain::time::Timestamp;
use crate::testkit::manual::SplitMix;
use crate::testkit::seed::{self, HOLD};
use crate::testkit::{Repositories, RepositoryHarness, until_answered};

async fn admit_all(db: &Repositories, batch: &[HoldRequest], now: Timestamp) -> Vec<HoldOutcome> {
    until_answered(|| db.bookings.admit(batch, now)).await.outcomes
}

async fn settle_one(db: &Repositories, settlement: &Settlement, now: Timestamp) -> SettleOutcome {
    let batch = std::slice::from_ref(settlement);
    until_answered(|| db.bookings.settle(batch, now)).await.outcomes.remove(0)
}

/// Runs one task for each input, all of which begin together.
async fn race<I, T, F>(inputs: impl IntoIterator<Item = I>, run: impl Fn(I) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let runs: Vec<F> = inputs.into_iter().map(run).collect();
    let start = Arc::new(Barrier::new(runs.len()));
    let mut racers = JoinSet::new();
    for run in runs {
        let start = Arc::clone(&start);
        racers.spawn(async move {
            start.wait().await;
            run.await
        });
    }
    racers.join_all().await
}

/// Contract 2, 3: many callers race for fewer tickets than there are callers.
pub async fn last_tickets_are_sold_once<H: RepositoryHarness>(harness: &H) {
    const CAPACITY: u32 = 7;
    const CALLERS: u32 = 64;
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Rush").capacity(CAPACITY)).await;

    let outcomes = race(0..CALLERS, |_| {
        let (db, batch) = (db.clone(), [seed::hold(event).build()]);
        async move { admit_all(&db, &batch, seed::now()).await.remove(0) }
    })
    .await;

    let count = |wanted: fn(&HoldOutcome) -> bool| outcomes.iter().filter(|o| wanted(o)).count();
    let held = count(|outcome| matches!(outcome, HoldOutcome::Held(_)));
    let sold_out = count(|outcome| matches!(outcome, HoldOutcome::SoldOut(_)));
    assert_eq!(held, 7, "every ticket is sold");
    assert_eq!(sold_out, 57, "and everyone else is told the truth");
    assert_eq!(db.counts(event).await, (CAPACITY, CAPACITY));
    assert_eq!(db.list(event).await.len(), held);
    db.assert_books_balance().await;
}

/// Contract 3: batches that touch the same events exclude each other, in whatever order they name them.
pub async fn batches_in_any_order_of_events_do_not_block_each_other<H: RepositoryHarness>(
    harness: &H,
) {
    const WRITERS: u64 = 16;
    const ROUNDS: u32 = 5;
    let (db, _guard) = harness.fresh().await;
    let mut events = Vec::new();
    for index in 0..4 {
        events.push(db.store(&seed::event(&format!("Event {index}")).capacity(1_000)).await);
    }
    let held: u32 = race(0..WRITERS, |writer| {
        let (db, events) = (db.clone(), events.clone());
        async move {
            let mut random = SplitMix::new(writer);
            let mut held = 0;
            for _ in 0..ROUNDS {
                let batch = shuffled(&mut random, &events);
                let bookings = admit_all(&db, &batch, seed::now()).await;
                held += u32::try_from(bookings.len()).expect("it is small");
                settle_backwards(&db, &bookings).await;
            }
            held
        }
    })
    .await
    .into_iter()
    .sum();
    assert_eq!(held, 16 * ROUNDS * 4);
    for event in events {
        assert_eq!(db.counts(event).await, (1_000 - 16 * ROUNDS, 0));
    }
    db.assert_books_balance().await;
}

fn shuffled(random: &mut SplitMix, events: &[EventId]) -> Vec<HoldRequest> {
    let mut batch: Vec<HoldRequest> =
        events.iter().map(|event| seed::hold(*event).build()).collect();
    for index in (1..batch.len()).rev() {
        batch.swap(index, random.below(index + 1));
    }
    batch
}

async fn settle_backwards(db: &Repositories, outcomes: &[HoldOutcome]) {
    let batch: Vec<Settlement> = outcomes
        .iter()
        .rev()
        .map(|outcome| match outcome {
            HoldOutcome::Held(b) => Settlement::notified(seed::succeeded(b, seed::now())),
            other => panic!("there are tickets for all: {other:?}"),
        })
        .collect();
    let done = until_answered(|| db.bookings.settle(&batch, seed::now())).await;
    assert!(done.outcomes.iter().all(|outcome| matches!(outcome, SettleOutcome::Moved { .. })));
}

/// Contract 3, 6: of a success, a cancel and an expiry exactly one takes the booking from pending, and the
/// books balance whichever it is.
pub async fn of_success_cancel_and_expiry_one_wins<H: RepositoryHarness>(harness: &H) {
    const ROUNDS: usize = 12;
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Duel").capacity(100)).await;
    for round in 0..ROUNDS {
        let booking = db.hold(seed::hold(event), seed::now()).await;
        let mut causes = vec![
            Cause::Notified(seed::succeeded(&booking, seed::now())),
            Cause::CustomerCancelled,
            Cause::HoldExpired,
            Cause::Notified(seed::failed(&booking, seed::now())),
        ];
        causes.rotate_left(round % 4);
        let outcomes = race(causes, |cause| {
            let (db, booking_id) = (db.clone(), booking.id);
            async move {
                let settlement = Settlement { booking_id, cause };
                settle_one(&db, &settlement, seed::later(HOLD)).await
            }
        })
        .await;
        let winners: Vec<BookingStatus> = outcomes
            .iter()
            .filter_map(|outcome| match outcome {
                SettleOutcome::Moved { booking, from: BookingStatus::Pending } => {
                    Some(booking.status)
                }
                _ => None,
            })
            .collect();
        assert_eq!(winners.len(), 1, "one takes it from pending: {outcomes:?}");
        // The success moves it from wherever the winner left it: money always gets its ticket here.
        assert_eq!(db.booking(booking.id).await.status, BookingStatus::Confirmed);
        let sold = u32::try_from(round + 1).expect("it is small");
        assert_eq!(db.counts(event).await, (100 - sold, 0));
    }
    db.assert_books_balance().await;
}

/// Contract 4: a batch that is sent again while the first is under way makes no second booking.
pub async fn the_same_booking_id_at_once_is_one_booking<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Same id").capacity(20)).await;
    let batch = [seed::hold(event).quantity(2).build(), seed::hold(event).quantity(3).build()];
    let outcomes = race(0..8, |_| {
        let (db, batch) = (db.clone(), batch.clone());
        async move { admit_all(&db, &batch, seed::now()).await }
    })
    .await;
    for outcome in &outcomes {
        assert_eq!(*outcome, outcomes[0], "everybody hears of the same bookings");
    }
    assert_eq!(db.counts(event).await, (20, 5));
    assert_eq!(db.list(event).await.len(), 2);
    db.assert_books_balance().await;
}

/// Contract 5: of callers with the same key one makes the booking, and the others are told of it.
pub async fn the_same_key_at_once_is_one_booking<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    // Different events: the key must exclude where the locks of the stock do not.
    let events = [
        db.store(&seed::event("Key A").capacity(20)).await,
        db.store(&seed::event("Key B").capacity(20)).await,
    ];
    for round in 0..6 {
        let key = format!("key {round}");
        let outcomes = race(0..8, |caller: usize| {
            let event = events[if round % 2 == 0 { 0 } else { caller % 2 }];
            let asked = format!("one of {event}");
            let (db, batch) = (db.clone(), [seed::hold(event).key(&key, &asked).build()]);
            async move { admit_all(&db, &batch, seed::now()).await.remove(0) }
        })
        .await;
        let mut answers = BTreeMap::<&str, usize>::new();
        let mut ids = Vec::new();
        for outcome in &outcomes {
            let answer = match outcome {
                HoldOutcome::Held(booking) => {
                    ids.push(booking.id);
                    "held"
                }
                HoldOutcome::Replayed(booking) => {
                    ids.push(booking.id);
                    "replayed"
                }
                HoldOutcome::KeyReused => "reused",
                other => panic!("{other:?}"),
            };
            *answers.entry(answer).or_default() += 1;
        }
        ids.dedup();
        assert_eq!((answers["held"], ids.len()), (1, 1), "{answers:?}");
        let reused = if round % 2 == 0 { 0 } else { 4 };
        assert_eq!(answers.get("reused").copied().unwrap_or(0), reused, "{answers:?}");
    }
    let booked = db.list(events[0]).await.len() + db.list(events[1]).await.len();
    assert_eq!(booked, 6);
    db.assert_books_balance().await;
}

/// Contract 7: a notification that comes many times at once has one effect.
pub async fn the_same_notification_at_once_has_one_effect<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Repeats").capacity(5)).await;
    let booking = db.hold(seed::hold(event).quantity(2), seed::now()).await;
    let paid = Settlement::notified(seed::succeeded(&booking, seed::now()));
    let outcomes = race(0..8, |_| {
        let (db, paid) = (db.clone(), paid.clone());
        async move { settle_one(&db, &paid, seed::now()).await }
    })
    .await;
    let moved = outcomes.iter().filter(|o| matches!(o, SettleOutcome::Moved { .. })).count();
    let duplicates = outcomes.iter().filter(|o| **o == SettleOutcome::Duplicate).count();
    assert_eq!((moved, duplicates), (1, 7), "{outcomes:?}");
    assert_eq!(db.counts(event).await, (3, 0));
    let queued = db.bookings.outbox_depth(seed::now()).await.expect("outbox_depth");
    assert_eq!(queued.due, 1, "and the buyer is told once");
    db.assert_books_balance().await;
}

/// Contract 9: workers share out the notices; none is claimed twice, none is left.
pub async fn claimers_share_out_the_notices<H: RepositoryHarness>(harness: &H) {
    const NOTICES: usize = 40;
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Notices").starts_at(seed::later(HOLD))).await;
    for _ in 0..NOTICES {
        db.sell(seed::hold(event), seed::now()).await;
    }
    let mut ids: Vec<_> = race(0..6, |_| {
        let db = db.clone();
        async move {
            let mut mine = Vec::new();
            loop {
                let claimed = until_answered(|| {
                    db.bookings.claim_notices(Recipient::Buyer, seed::now(), HOLD, 3)
                })
                .await;
                // Where claimers skip what others have locked, nothing may be left for a moment.
                let depth = until_answered(|| db.bookings.outbox_depth(seed::now())).await;
                if claimed.is_empty() || depth.due == 0 {
                    mine.extend(claimed);
                    break mine;
                }
                assert!(claimed.iter().all(|notice| notice.attempt == 1));
                mine.extend(claimed);
            }
        }
    })
    .await
    .into_iter()
    .flatten()
    .map(|notice| notice.id)
    .collect();
    let rest = db.bookings.claim_notices(Recipient::Buyer, seed::now(), HOLD, 1_000).await;
    ids.extend(rest.expect("claim_notices").into_iter().map(|notice| notice.id));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), NOTICES, "each notice has one claimer");
}

/// Contract 1 to 8: buyers, payers, sweepers and an organiser work on two small events at once.
pub async fn sellers_and_sweepers_keep_the_books<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let events = [
        db.store(&seed::event("Busy A").capacity(6)).await,
        db.store(&seed::event("Busy B").capacity(3)).await,
    ];
    race(0..12_u64, |worker| {
        let db = db.clone();
        async move {
            let mut random = SplitMix::new(worker);
            for round in 0..12_u32 {
                let now = seed::later(HOLD * round / 4);
                work(&db, &mut random, events, now).await;
            }
        }
    })
    .await;
    for event in events {
        let stock = db.stock(event).await;
        assert!(stock.held() <= stock.stock() && stock.stock() <= stock.capacity());
    }
    db.assert_books_balance().await;
}

async fn work(db: &Repositories, random: &mut SplitMix, events: [EventId; 2], now: Timestamp) {
    if random.below(3) == 0 {
        let overdue = until_answered(|| db.bookings.list_overdue(now, 5)).await;
        for booking_id in overdue {
            settle_one(db, &Settlement { booking_id, cause: Cause::HoldExpired }, now).await;
        }
        return;
    }
    let quantity = u32::try_from(1 + random.below(2)).expect("it is small");
    let expires_at = now.saturating_add(HOLD / 2);
    let request =
        seed::hold(events[random.below(2)]).quantity(quantity).expires_at(expires_at).build();
    let HoldOutcome::Held(booking) = admit_all(db, &[request], now).await.remove(0) else { return };
    let cause = match random.below(5) {
        0 => Cause::Notified(seed::succeeded(&booking, now)),
        1 => Cause::Notified(seed::failed(&booking, now)),
        2 => Cause::CustomerCancelled,
        3 => Cause::LinkFailed,
        _ => return,
    };
    settle_one(db, &Settlement { booking_id: booking.id, cause }, now).await;
    if random.below(2) == 0 {
        let paid = Settlement::notified(seed::succeeded(&booking, now));
        settle_one(db, &paid, now).await;
    }
}
