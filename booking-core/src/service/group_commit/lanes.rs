//! Who waits for what, and what goes into the next batch.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// With so many waiting, a batch is worth its own transaction beside those in flight. Fewer are better off in a
/// larger one: what a transaction costs beside its rows is then shared by too few.
const WORTHWHILE: usize = 128;

/// How many batches in flight one lane may be in, if overlapping is allowed on it at all. While one waits for the
/// row's lock or the log, the other is prepared and inserts what needs no lock; a third would only wait.
const OVERLAP: usize = 2;

/// Why a lane is found: one without items leaves when nothing is in flight on it, and then it stands in no queue.
const QUEUED: &str = "a lane that is in a queue is there";

/// Items that wait in lanes.
///
/// A lane is ready while no batch in flight has items of it. Items of one lane leave in order of arrival, and lanes in
/// the order in which they became ready, so that none waits for ever behind a crowded one.
#[derive(Debug)]
pub(super) struct Lanes<L, T> {
    limit: usize,
    by_id: HashMap<L, Lane<T>>,
    /// Lanes with items and nothing in flight.
    ready: VecDeque<L>,
    /// How many items wait in these.
    ready_len: usize,
    /// Lanes in flight with many items.
    crowded: VecDeque<L>,
}

#[derive(Debug)]
struct Lane<T> {
    waiting: VecDeque<T>,
    in_flight: usize,
    is_crowded: bool,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), in_flight: 0, is_crowded: false }
    }
}

impl<T> Lane<T> {
    /// Tells whether so many wait in it that it is to be put among the crowded lanes, where it stands once.
    fn becomes_crowded(&mut self) -> bool {
        let was_crowded = self.is_crowded;
        self.is_crowded |= self.waiting.len() >= WORTHWHILE;
        self.is_crowded && !was_crowded
    }
}

impl<L: Copy + Eq + Hash, T> Lanes<L, T> {
    /// Makes lanes whose batches carry up to `limit` items, one at least.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            by_id: HashMap::new(),
            ready: VecDeque::new(),
            ready_len: 0,
            crowded: VecDeque::new(),
        }
    }

    /// Tells whether items wait whose lanes nothing in flight has.
    pub(super) const fn is_waiting(&self) -> bool {
        self.ready_len > 0
    }

    /// Puts an item at the end of its lane.
    pub(super) fn push(&mut self, id: L, item: T) {
        let lane = self.by_id.entry(id).or_default();
        lane.waiting.push_back(item);
        if lane.in_flight == 0 {
            self.ready_len += 1;
            if lane.waiting.len() == 1 {
                self.ready.push_back(id);
            }
        } else if lane.becomes_crowded() {
            self.crowded.push_back(id);
        }
    }

    /// Takes the next batch and the lanes that it is in, if there is one that is worth it. Beside batches in flight,
    /// the `largest` of which is told, it has to be as large as that one, or large enough.
    pub(super) fn take(
        &mut self,
        largest: Option<usize>,
        may_overlap: impl Fn(L) -> bool,
    ) -> Option<(Vec<L>, Vec<T>)> {
        let wanted = largest.map_or(1, |largest| largest.clamp(1, WORTHWHILE)).min(self.limit);
        let crowded =
            if self.ready_len < self.limit { self.next_crowded(may_overlap) } else { None };
        if self.ready_len < wanted && crowded.is_none() {
            return None;
        }
        let mut batch = Vec::with_capacity(self.ready_len.min(self.limit));
        let mut lanes = Vec::new();
        while batch.len() < self.limit
            && let Some(id) = self.ready.pop_front()
        {
            let before = batch.len();
            self.fill(id, &mut batch);
            let left = self.by_id.get(&id).map_or(0, |lane| lane.waiting.len());
            self.ready_len -= batch.len() - before + left;
            lanes.push(id);
        }
        if let Some(id) = crowded {
            self.fill(id, &mut batch);
            lanes.push(id);
        }
        Some((lanes, batch))
    }

    /// Moves items of a lane into a batch, up to its limit.
    fn fill(&mut self, id: L, batch: &mut Vec<T>) {
        let lane = self.by_id.get_mut(&id).expect(QUEUED);
        let len = lane.waiting.len().min(self.limit - batch.len());
        batch.extend(lane.waiting.drain(..len));
        lane.in_flight += 1;
        if lane.becomes_crowded() {
            self.crowded.push_back(id);
        }
    }

    /// Returns a lane that a second batch may begin on.
    fn next_crowded(&mut self, may_overlap: impl Fn(L) -> bool) -> Option<L> {
        while let Some(id) = self.crowded.pop_front() {
            let lane = self.by_id.get_mut(&id).expect(QUEUED);
            lane.is_crowded = false;
            let is_busy = (1..OVERLAP).contains(&lane.in_flight);
            if is_busy && lane.waiting.len() >= WORTHWHILE && may_overlap(id) {
                return Some(id);
            }
        }
        None
    }

    /// Says that a batch is no longer in flight on a lane.
    pub(super) fn leave(&mut self, id: L) {
        let Some(lane) = self.by_id.get_mut(&id) else { return };
        lane.in_flight -= 1;
        if lane.in_flight > 0 {
            if lane.becomes_crowded() {
                self.crowded.push_back(id);
            }
            return;
        }
        if lane.is_crowded {
            lane.is_crowded = false;
            self.crowded.retain(|crowded| *crowded != id);
        }
        if lane.waiting.is_empty() {
            self.by_id.remove(&id);
        } else {
            self.ready_len += lane.waiting.len();
            self.ready.push_back(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(limit: usize, items: impl IntoIterator<Item = (char, u32)>) -> Lanes<char, u32> {
        let mut lanes = Lanes::new(limit);
        for (lane, item) in items {
            lanes.push(lane, item);
        }
        lanes
    }

    fn many(lane: char) -> impl Iterator<Item = (char, u32)> {
        (0..).take(WORTHWHILE).map(move |item| (lane, item))
    }

    #[test]
    fn batches_in_flight_share_no_lane() {
        let mut lanes = lanes(10, [('a', 1), ('b', 2), ('a', 3)]);
        assert_eq!(lanes.take(None, |_| true), Some((vec!['a', 'b'], vec![1, 3, 2])));
        lanes.push('a', 4);
        assert_eq!(lanes.take(Some(1), |_| true), None, "a is in flight");
        lanes.push('c', 5);
        assert_eq!(lanes.take(Some(1), |_| true), Some((vec!['c'], vec![5])));
        lanes.leave('b');
        lanes.leave('a');
        assert_eq!(lanes.take(None, |_| true), Some((vec!['a'], vec![4])));
        lanes.leave('a');
        lanes.leave('c');
        assert_eq!(lanes.take(None, |_| true), None);
        assert!(lanes.by_id.is_empty(), "nothing is kept of what is over");
    }

    #[test]
    fn a_batch_beside_others_has_to_be_worth_it() {
        let mut lanes = lanes(1_000, [('a', 1), ('b', 2)]);
        assert_eq!(lanes.take(Some(3), |_| true), None, "smaller than what is in flight");
        lanes.push('c', 3);
        assert_eq!(lanes.take(Some(3), |_| true).unwrap().1, [1, 2, 3]);
        for (lane, item) in many('d') {
            lanes.push(lane, item);
        }
        assert_eq!(lanes.take(Some(1_000), |_| true).unwrap().1.len(), WORTHWHILE, "large enough");
    }

    #[test]
    fn what_does_not_fit_waits_for_its_own_lane() {
        let mut lanes = lanes(2, [('a', 1), ('a', 2), ('a', 3), ('b', 4)]);
        assert_eq!(lanes.take(None, |_| true), Some((vec!['a'], vec![1, 2])));
        assert_eq!(lanes.take(Some(1), |_| true), Some((vec!['b'], vec![4])));
        lanes.leave('a');
        assert_eq!(lanes.take(Some(1), |_| true), Some((vec!['a'], vec![3])));
    }

    #[test]
    fn a_crowded_lane_may_be_in_two_batches_if_that_is_allowed() {
        let mut lanes = lanes(1_000, [('a', 0)]);
        lanes.take(None, |_| true).unwrap();
        for (lane, item) in many('a') {
            lanes.push(lane, item);
        }
        assert_eq!(lanes.take(Some(1), |_| false), None, "it is not allowed");
        lanes.push('a', 64);
        lanes.push('b', 65);
        let (taken, batch) = lanes.take(Some(1), |_| true).unwrap();
        assert_eq!(
            (taken, batch.len()),
            (vec!['b', 'a'], WORTHWHILE + 2),
            "and nobody is left out"
        );
        assert_eq!(batch[..3], [65, 0, 1]);
        for (lane, item) in many('a') {
            lanes.push(lane, item);
        }
        assert_eq!(lanes.take(Some(1), |_| true), None, "two are enough");
        lanes.leave('a');
        assert_eq!(lanes.take(Some(1), |_| true).unwrap().0, ['a']);
    }

    #[test]
    fn a_crowded_lane_stands_among_the_crowded_ones_once() {
        let mut lanes = lanes(WORTHWHILE, [('a', 0)]);
        lanes.take(None, |_| true).unwrap();
        for (lane, item) in many('a').chain(many('a')).chain(many('a')) {
            lanes.push(lane, item);
        }
        assert_eq!(lanes.crowded, ['a']);
        // The rest of it is a crowd as well.
        assert_eq!(lanes.take(Some(1), |_| true).unwrap().1.len(), WORTHWHILE);
        assert_eq!(lanes.crowded, ['a']);
        lanes.leave('a');
        assert_eq!(lanes.crowded, ['a'], "one of its two batches has ended");
        assert_eq!(lanes.take(Some(1), |_| false), None);
        assert!(lanes.crowded.is_empty(), "nobody may begin on it");
        lanes.push('a', 7);
        assert_eq!(lanes.crowded, ['a'], "until the next one comes");
    }

    #[test]
    fn a_lane_with_a_few_left_is_not_crowded_when_one_of_its_batches_ends() {
        let mut lanes = lanes(1_000, [('a', 0)]);
        lanes.take(None, |_| true).unwrap();
        for (lane, item) in many('a') {
            lanes.push(lane, item);
        }
        lanes.take(Some(1), |_| true).unwrap();
        lanes.push('a', 1);
        lanes.leave('a');
        assert!(lanes.crowded.is_empty());
        assert_eq!(lanes.take(Some(1), |_| true), None, "it waits for the other batch");
        lanes.leave('a');
        assert_eq!(lanes.take(None, |_| true), Some((vec!['a'], vec![1])));
    }

    #[test]
    fn a_lane_that_nothing_in_flight_has_does_not_count_as_crowded() {
        let mut lanes = lanes(1_000, [('a', 0)]);
        for _ in 0..3 {
            lanes.take(None, |_| false).unwrap();
            for (lane, item) in many('a') {
                lanes.push(lane, item);
            }
            assert_eq!(lanes.crowded.len(), 1);
            lanes.leave('a');
            assert!(lanes.crowded.is_empty());
        }
    }

    #[test]
    fn a_crowd_does_not_keep_others_out() {
        let mut lanes = lanes(3, (0..9).map(|item| ('a', item)));
        lanes.push('b', 9);
        assert_eq!(lanes.take(None, |_| true).unwrap().1, [0, 1, 2]);
        lanes.leave('a');
        assert_eq!(lanes.take(None, |_| true).unwrap(), (vec!['b', 'a'], vec![9, 3, 4]));
    }
}
