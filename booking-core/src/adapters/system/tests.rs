use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use super::*;

/// A clock that a test sets.
#[derive(Debug)]
struct SetClock(Mutex<Timestamp>);

impl SetClock {
    fn at(millis: i64) -> Arc<Self> {
        let clock = Arc::new(Self(Mutex::new(Timestamp::MIN)));
        clock.set(millis);
        clock
    }

    fn set(&self, millis: i64) {
        *self.0.lock().unwrap() = Timestamp::from_micros(millis * 1_000).unwrap();
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

const NOW: i64 = 1_800_000_000_123;

fn millis(id: Uuid) -> u64 {
    id.as_u64_pair().0 >> 16
}

#[test]
fn the_system_clock_is_within_this_century() {
    let now = SystemClock.now();
    assert!(now > "2024-01-01T00:00:00Z".parse().unwrap());
    assert!(now < "2100-01-01T00:00:00Z".parse().unwrap());
}

#[test]
fn ids_bear_the_time_the_version_and_the_variant() {
    let ids = SystemIds::new(SetClock::at(NOW));
    for _ in 0..1_000 {
        let id = ids.next_id();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(millis(id), u64::try_from(NOW).unwrap());
    }
}

#[test]
fn ids_rise_within_a_millisecond_and_past_a_full_counter() {
    let ids = SystemIds::new(SetClock::at(NOW));
    let made: Vec<Uuid> = (0..20_000).map(|_| ids.next_id()).collect();
    assert!(made.is_sorted_by(|a, b| a < b));
    // At least half of the counter's range is used before a millisecond is borrowed.
    let now = u64::try_from(NOW).unwrap();
    assert!(made[..2_048].iter().all(|id| millis(*id) == now));
    assert!(millis(made[19_999]) <= now + 20_000 / 2_048);
}

#[test]
fn ids_rise_when_the_clock_steps_back() {
    let clock = SetClock::at(NOW);
    let ids = SystemIds::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let mut last = ids.next_id();
    for step in [-1, -3_600_000, 0, 1, -5, 2, i64::MIN / 2_000_000] {
        clock.set((NOW + step).max(Timestamp::MIN.as_micros() / 1_000));
        for _ in 0..100 {
            let id = ids.next_id();
            assert!(id > last, "after a step of {step} ms");
            last = id;
        }
    }
    clock.set(NOW + 1_000);
    assert_eq!(millis(ids.next_id()), u64::try_from(NOW + 1_000).unwrap());
}

#[test]
fn the_last_instant_still_fits_into_an_id() {
    let ids = SystemIds::new(SetClock::at(Timestamp::MAX.as_micros() / 1_000));
    let id = ids.next_id();
    assert_eq!((id.get_version_num(), millis(id)), (7, Timestamp::MAX.as_unix_millis()));
}

#[test]
fn threads_never_get_the_same_place_in_the_order() {
    const THREADS: usize = 8;
    const EACH: usize = 5_000;
    let ids = Arc::new(SystemIds::new(SetClock::at(NOW)));
    let workers: Vec<_> = (0..THREADS)
        .map(|_| {
            let ids = Arc::clone(&ids);
            thread::spawn(move || (0..EACH).map(|_| ids.next_id()).collect::<Vec<_>>())
        })
        .collect();
    let mut places = BTreeSet::new();
    for worker in workers {
        let made = worker.join().unwrap();
        assert!(made.is_sorted_by(|a, b| a < b), "each thread sees its own ids rise");
        places.extend(made.into_iter().map(|id| id.as_u64_pair().0));
    }
    assert_eq!(places.len(), THREADS * EACH, "time and counter alone tell all ids apart");
}

#[test]
fn the_random_part_is_new_for_every_id_and_every_source() {
    let clock = SetClock::at(NOW);
    let tails: BTreeSet<u64> = (0..64)
        .flat_map(|_| {
            let ids = SystemIds::new(Arc::clone(&clock) as Arc<dyn Clock>);
            [ids.next_id(), ids.next_id()].map(|id| id.as_u64_pair().1)
        })
        .collect();
    assert_eq!(tails.len(), 128);
    let (ones, zeros) = tails.iter().fold((0, u64::MAX), |(ones, zeros), t| (ones | t, zeros & t));
    assert_eq!((ones, zeros), (!(1 << 62), 1 << 63));
}
