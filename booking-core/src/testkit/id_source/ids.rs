//! Making ids.
#![expect(clippy::unused_async, reason = "the cases of all suites are run alike")]

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::{Uuid, Variant};

use super::IdSourceHarness;
use crate::testkit::ManualClock;
use crate::testkit::seed::{self, DAY, SECOND};

const MANY: usize = 20_000;

/// Contract 2: version and variant are those of RFC 9562.
pub async fn ids_are_uuids_of_version_7<H: IdSourceHarness>(harness: &H) {
    let ids = harness.fresh(Arc::new(ManualClock::default()));
    for _ in 0..MANY {
        let id = ids.next_id();
        assert_eq!((id.get_version_num(), id.get_variant()), (7, Variant::RFC4122), "{id}");
    }
}

/// Contract 2: an id begins with the clock's time in milliseconds.
pub async fn ids_carry_the_time<H: IdSourceHarness>(harness: &H) {
    let clock = ManualClock::default();
    let ids = harness.fresh(Arc::new(clock.clone()));
    for step in 0..100 {
        let now = seed::later(SECOND * step);
        clock.set(now);
        let carried = ids.next_id().as_u128() >> 80;
        assert_eq!(carried, u128::from(now.as_unix_millis()));
    }
}

/// Contract 2: each id is greater than the one before it while the clock stands still.
pub async fn ids_rise_within_an_instant<H: IdSourceHarness>(harness: &H) {
    let ids = harness.fresh(Arc::new(ManualClock::default()));
    let made: Vec<Uuid> = (0..MANY).map(|_| ids.next_id()).collect();
    assert!(made.is_sorted_by(|a, b| a < b));
}

/// Contract 2: and also while it goes backwards, by a little or by a day.
pub async fn ids_rise_when_the_clock_goes_backwards<H: IdSourceHarness>(harness: &H) {
    let clock = ManualClock::default();
    let ids = harness.fresh(Arc::new(clock.clone()));
    let mut last = ids.next_id();
    for back in [SECOND, DAY, SECOND * 2, DAY * 400] {
        clock.set(seed::now().saturating_sub(back));
        for _ in 0..1_000 {
            let next = ids.next_id();
            assert!(last < next, "{last} is not below {next}");
            last = next;
        }
    }
    clock.set(seed::later(DAY));
    assert!(last < ids.next_id());
}

/// Contract 1, 2: threads that share a source get ids that differ, and each sees its own rise.
pub async fn ids_are_unique_under_threads<H: IdSourceHarness>(harness: &H) {
    let ids = harness.fresh(Arc::new(ManualClock::default()));
    let made: Vec<Vec<Uuid>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..MANY / 8).map(|_| ids.next_id()).collect()))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    assert!(made.iter().all(|ids| ids.is_sorted_by(|a, b| a < b)));
    let distinct: BTreeSet<&Uuid> = made.iter().flatten().collect();
    assert_eq!(distinct.len(), MANY);
}

/// Contract 1: processes that start at the same instant make different ids.
pub async fn sources_do_not_repeat_each_other<H: IdSourceHarness>(harness: &H) {
    let clock = ManualClock::default();
    let mut distinct = BTreeSet::new();
    for _ in 0..50 {
        let ids = harness.fresh(Arc::new(clock.clone()));
        distinct.extend((0..100).map(|_| ids.next_id()));
    }
    assert_eq!(distinct.len(), 5_000);
}

/// Contract 3: within an instant, the step from one id to the next is not always the same small number.
pub async fn the_next_id_cannot_be_guessed<H: IdSourceHarness>(harness: &H) {
    const TAIL: u128 = (1 << 62) - 1;
    let ids = harness.fresh(Arc::new(ManualClock::default()));
    let made: Vec<u128> = (0..1_000).map(|_| ids.next_id().as_u128() & TAIL).collect();
    let steps: BTreeSet<u128> =
        made.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]) & TAIL).collect();
    assert!(steps.len() > 990, "only {} different steps", steps.len());
    let small = steps.iter().filter(|step| **step < 1 << 24).count();
    assert!(small < 10, "{small} of the steps can be tried out");
}
