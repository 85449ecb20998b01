//! Notifications that were not delivered yet, in the order in which they are due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::booking::Fingerprint;
use crate::domain::payment::ForeignId;
use crate::domain::time::Timestamp;

/// How long to wait between attempts, and how long in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Backoff {
    pub(super) first: Duration,
    pub(super) ceiling: Duration,
    pub(super) patience: Duration,
}

impl Backoff {
    /// Returns the wait after the attempt numbered `attempt`, counted from 1: it doubles up to the ceiling, and
    /// is shortened by up to a half, so that messages that failed together do not come back together.
    fn wait(&self, delivery: &Delivery, attempt: u32) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        let full = doubled.min(self.ceiling);
        // A hash in place of chance: a simulation that is replayed waits as long as before.
        let hash = Fingerprint::of(&[
            delivery.notification_id.as_str().as_bytes(),
            &attempt.to_be_bytes(),
        ]);
        full.saturating_sub(full / 510 * u32::from(hash.as_bytes()[0]))
    }
}

/// A notification on its way.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) payment_id: ForeignId,
    pub(super) notification_id: ForeignId,
    pub(super) body: String,
    pub(super) bad_signatures: u32,
    pub(super) after: Option<u64>,
    pub(super) is_held_back: bool,
    pub(super) created_at: Timestamp,
    /// For the journal; `due` is what counts while the process lives.
    pub(super) due_at: Timestamp,
    pub(super) due: Instant,
    pub(super) attempts: u32,
    pub(super) waited: Duration,
    /// Not to be sent before the journal holds the record of this number.
    pub(super) record: u64,
}

/// What becomes of a notification after an attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterFailure {
    /// It will be tried again.
    Again,
    /// It was tried for long enough.
    GivenUp,
}

/// The notifications that were not delivered yet.
#[derive(Debug, Default)]
pub(super) struct Queue {
    deliveries: BTreeMap<u64, Delivery>,
    /// Those that wait for nothing but their time, and are not being sent.
    ready: BTreeSet<(Instant, u64)>,
    /// Those that wait for another one to be done with.
    waiting: BTreeMap<u64, Vec<u64>>,
    held_back: BTreeSet<u64>,
    per_payment: BTreeMap<ForeignId, u32>,
    next_key: u64,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.deliveries.len()
    }

    pub(super) fn next_key(&self) -> u64 {
        self.next_key
    }

    pub(super) fn has_any_of(&self, payment_id: &ForeignId) -> bool {
        self.per_payment.contains_key(payment_id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Delivery)> {
        self.deliveries.iter().map(|(key, delivery)| (*key, delivery))
    }

    pub(super) fn insert(&mut self, key: u64, delivery: Delivery) {
        self.next_key = self.next_key.max(key + 1);
        *self.per_payment.entry(delivery.payment_id.clone()).or_default() += 1;
        match delivery.after.filter(|before| self.deliveries.contains_key(before)) {
            Some(before) => self.waiting.entry(before).or_default().push(key),
            None => {
                self.ready.insert((delivery.due, key));
            }
        }
        if delivery.is_held_back {
            self.held_back.insert(key);
        }
        self.deliveries.insert(key, delivery);
    }

    /// Takes the first notification that is due; it comes back by `settle` or `fail`.
    pub(super) fn claim(&mut self, now: Instant, durable: u64) -> Option<(u64, Delivery)> {
        let (due, key) = self.find_first_durable(durable).filter(|(due, _)| *due <= now)?;
        self.ready.remove(&(due, key));
        self.deliveries.get(&key).map(|delivery| (key, delivery.clone()))
    }

    /// Returns when the next notification is due.
    pub(super) fn next_due(&self, durable: u64) -> Option<Instant> {
        self.find_first_durable(durable).map(|(due, _)| due)
    }

    fn find_first_durable(&self, durable: u64) -> Option<(Instant, u64)> {
        let is_durable =
            |key: &u64| self.deliveries.get(key).is_some_and(|delivery| delivery.record <= durable);
        self.ready.iter().find(|(_, key)| is_durable(key)).copied()
    }

    /// Forgets a notification that needs no further attempt, and lets go what waited for it.
    pub(super) fn settle(&mut self, key: u64, now: Instant) {
        let Some(settled) = self.deliveries.remove(&key) else { return };
        self.ready.remove(&(settled.due, key));
        self.held_back.remove(&key);
        if let Some(count) = self.per_payment.get_mut(&settled.payment_id) {
            *count -= 1;
            if *count == 0 {
                self.per_payment.remove(&settled.payment_id);
            }
        }
        for follower in self.waiting.remove(&key).unwrap_or_default() {
            if let Some(delivery) = self.deliveries.get(&follower) {
                self.ready.insert((delivery.due, follower));
            }
        }
        let overtaken: Vec<u64> = self.held_back.range(..key).copied().collect();
        for earlier in overtaken {
            self.held_back.remove(&earlier);
            if let Some(delivery) = self.deliveries.get_mut(&earlier)
                && self.ready.remove(&(delivery.due, earlier))
            {
                delivery.due = now;
                self.ready.insert((now, earlier));
            }
        }
    }

    /// Puts a notification back after an attempt that failed, unless it was tried for long enough.
    pub(super) fn fail(&mut self, key: u64, now: Instant, backoff: &Backoff) -> AfterFailure {
        let Some(delivery) = self.deliveries.get_mut(&key) else { return AfterFailure::GivenUp };
        if delivery.waited >= backoff.patience {
            self.settle(key, now);
            return AfterFailure::GivenUp;
        }
        delivery.attempts = delivery.attempts.saturating_add(1);
        let wait = backoff.wait(delivery, delivery.attempts);
        delivery.waited = delivery.waited.saturating_add(wait);
        delivery.due = now + wait;
        self.ready.insert((delivery.due, key));
        AfterFailure::Again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(1),
        ceiling: Duration::from_mins(1),
        patience: Duration::from_mins(10),
    };

    fn delivery(due: Instant) -> Delivery {
        Delivery {
            payment_id: ForeignId::new("pay_1").unwrap(),
            notification_id: ForeignId::new("ipn_1").unwrap(),
            body: String::new(),
            bad_signatures: 0,
            after: None,
            is_held_back: false,
            created_at: Timestamp::MIN,
            due_at: Timestamp::MIN,
            due,
            attempts: 0,
            waited: Duration::ZERO,
            record: 0,
        }
    }

    fn claimed(queue: &mut Queue, now: Instant) -> Option<u64> {
        queue.claim(now, 0).map(|(key, _)| key)
    }

    #[test]
    fn waits_double_up_to_the_ceiling_and_end_after_the_patience() {
        let mut now = Instant::now();
        let mut queue = Queue::default();
        queue.insert(0, delivery(now));
        let mut waits = Vec::new();
        loop {
            assert_eq!(claimed(&mut queue, now), Some(0));
            assert_eq!(claimed(&mut queue, now), None, "it is being sent");
            match queue.fail(0, now, &BACKOFF) {
                AfterFailure::GivenUp => break,
                AfterFailure::Again => {}
            }
            let due = queue.next_due(0).unwrap();
            waits.push(due - now);
            now = due;
        }
        for (index, wait) in waits.iter().enumerate() {
            let full = Duration::from_secs(1 << index.min(6)).min(BACKOFF.ceiling);
            assert!((full / 2..=full).contains(wait), "{index}: {wait:?}");
        }
        let total: Duration = waits.iter().sum();
        assert!(total >= BACKOFF.patience && total < BACKOFF.patience + BACKOFF.ceiling);
        assert_eq!(queue.len(), 0);
        assert!(!queue.has_any_of(&ForeignId::new("pay_1").unwrap()));
    }

    #[test]
    fn what_the_journal_does_not_hold_yet_is_not_sent() {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.insert(0, Delivery { record: 2, ..delivery(now) });
        queue.insert(1, Delivery { record: 1, ..delivery(now) });
        assert_eq!(queue.next_due(0), None);
        assert_eq!(queue.claim(now, 1).map(|(key, _)| key), Some(1));
        assert_eq!(queue.claim(now, 1).map(|(key, _)| key), None);
        assert_eq!(queue.claim(now, 2).map(|(key, _)| key), Some(0));
    }

    #[test]
    fn a_follower_waits_until_the_one_before_is_done_with() {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.insert(0, delivery(now));
        queue.insert(1, Delivery { after: Some(0), ..delivery(now) });
        assert_eq!(claimed(&mut queue, now), Some(0));
        queue.fail(0, now, &BACKOFF);
        assert_eq!(claimed(&mut queue, now), None);
        let later = now + BACKOFF.first;
        assert_eq!(claimed(&mut queue, later), Some(0));
        queue.settle(0, later);
        assert_eq!(claimed(&mut queue, later), Some(1));
    }

    #[test]
    fn one_that_is_held_back_goes_when_a_later_one_got_through() {
        let now = Instant::now();
        let held = Delivery { is_held_back: true, ..delivery(now + Duration::from_secs(30)) };
        let mut queue = Queue::default();
        queue.insert(0, held);
        queue.insert(1, delivery(now));
        assert_eq!(claimed(&mut queue, now), Some(1));
        assert_eq!(claimed(&mut queue, now), None);
        queue.settle(1, now);
        assert_eq!(claimed(&mut queue, now), Some(0));
    }
}
