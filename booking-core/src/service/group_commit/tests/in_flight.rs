//! More than one batch in flight.

use std::collections::BTreeMap;

use super::*;

/// Requests of one lane are equal modulo this.
const LANES: u32 = 10;

/// Writes a batch once the gate of the lane of its first request lets it through.
#[derive(Debug)]
struct Gated {
    may_overlap: bool,
    gates: Arc<BTreeMap<u32, Semaphore>>,
    begun: Arc<Mutex<Vec<Vec<u32>>>>,
}

impl BatchWriter for Gated {
    type Request = u32;
    type Answer = u32;
    type Lane = u32;
    const QUEUE: &'static str = "gated";

    fn lane(&self, request: &u32) -> u32 {
        request % LANES
    }

    fn may_overlap(&self, _: u32) -> bool {
        self.may_overlap
    }

    async fn write(&self, batch: &[u32]) -> Result<Vec<u32>, RepositoryError> {
        self.begun.lock().unwrap().push(batch.to_vec());
        self.gates[&(batch[0] % LANES)].acquire().await.unwrap().forget();
        assert!(!batch.contains(&PANIC), "told to panic");
        Ok(batch.to_vec())
    }
}

struct Yard {
    queue: GroupCommit<Gated>,
    gates: Arc<BTreeMap<u32, Semaphore>>,
    begun: Arc<Mutex<Vec<Vec<u32>>>>,
}

type Answered = tokio::task::JoinHandle<Result<u32, ServiceError>>;

/// Waits for an answer. On the paused clock it either comes or never will.
async fn answer(answered: Answered) -> Result<u32, ServiceError> {
    tokio::time::timeout(Duration::from_mins(1), answered)
        .await
        .expect("nobody is forgotten")
        .unwrap()
}

fn yard(queue_limit: usize) -> Yard {
    yard_where(queue_limit, false)
}

fn yard_where(queue_limit: usize, may_overlap: bool) -> Yard {
    let gates: BTreeMap<_, _> = (0..LANES).map(|lane| (lane, Semaphore::new(0))).collect();
    let (gates, begun) = (Arc::new(gates), Arc::<Mutex<Vec<Vec<u32>>>>::default());
    let writer = Gated { may_overlap, gates: Arc::clone(&gates), begun: Arc::clone(&begun) };
    let settings = QueueSettings {
        queue_limit,
        batch_limit: 100,
        batches_at_once: 2,
        patience: Duration::from_secs(5),
    };
    let (queue, work) = GroupCommit::open(writer, settings, Arc::new(CountingIds::default()));
    tokio::spawn(work);
    Yard { queue, gates, begun }
}

impl Yard {
    async fn hand_in(&self, request: u32) -> Answered {
        let queue = self.queue.clone();
        let task = tokio::spawn(async move { queue.submit(request).await });
        settle().await;
        task
    }

    fn open(&self, lane: u32) {
        self.gates[&lane].add_permits(1);
    }

    fn begun(&self) -> Vec<Vec<u32>> {
        self.begun.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_in_flight_waits_and_others_go_on() {
    let yard = yard(100);
    let first = yard.hand_in(1).await;
    let same_lane = yard.hand_in(11).await;
    let other_lane = yard.hand_in(2).await;
    assert_eq!(yard.begun(), [vec![1], vec![2]], "two are in flight");
    let third_lane = yard.hand_in(3).await;
    assert_eq!(yard.begun().len(), 2, "and no more than two");

    // The second one ends first, and takes nobody of the first one's lane along.
    yard.open(2);
    assert_eq!(answer(other_lane).await.unwrap(), 2);
    settle().await;
    assert_eq!(yard.begun().last().unwrap(), &[3]);
    assert!(!first.is_finished() && !same_lane.is_finished());
    yard.open(1);
    assert_eq!(answer(first).await.unwrap(), 1);
    yard.open(1);
    yard.open(3);
    assert_eq!(answer(same_lane).await.unwrap(), 11);
    assert_eq!(answer(third_lane).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn room_comes_back_with_every_batch_also_with_one_that_panics() {
    let yard = yard(2);
    for _ in 0..5 {
        let doomed = yard.hand_in(PANIC).await;
        let waiting = [yard.hand_in(PANIC + LANES).await, yard.hand_in(PANIC + LANES).await];
        assert!(matches!(yard.queue.submit(1).await, Err(ServiceError::Overloaded)));
        yard.open(PANIC % LANES);
        assert!(matches!(answer(doomed).await, Err(ServiceError::Repository { .. })));
        yard.open(PANIC % LANES);
        for answered in waiting {
            assert_eq!(answer(answered).await.unwrap(), PANIC + LANES);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_with_a_batch_that_is_stuck() {
    let yard = yard(100);
    let mut stuck = vec![yard.hand_in(1).await];
    for request in [11, 21, 31] {
        stuck.push(yard.hand_in(request).await);
    }
    yard.open(1);
    settle().await;
    assert_eq!(yard.begun().last().unwrap(), &[11, 21, 31]);
    let small = yard.hand_in(2).await;
    assert_eq!(yard.begun().len(), 2, "one is better off in a larger batch");
    tokio::time::advance(STUCK.saturating_sub(Duration::from_millis(1))).await;
    settle().await;
    assert_eq!(yard.begun().len(), 2, "which may end at any moment");
    tokio::time::advance(Duration::from_millis(2)).await;
    settle().await;
    assert_eq!(yard.begun().last().unwrap(), &[2], "but not behind one that does not move");
    yard.open(2);
    assert_eq!(answer(small).await.unwrap(), 2, "and nobody else has to come for that");
    assert!(stuck.iter().skip(1).all(|answered| !answered.is_finished()));
}

#[tokio::test(start_paused = true)]
async fn a_crowd_behind_a_stuck_batch_leaves_the_other_place_to_others() {
    let yard = yard_where(1_000, true);
    let stuck = yard.hand_in(1).await;
    tokio::time::advance(STUCK).await;
    for request in 1..=300 {
        yard.hand_in(1 + request * LANES).await;
    }
    assert_eq!(yard.begun(), [vec![1]], "a second batch would be stuck, too");
    let other = yard.hand_in(2).await;
    assert_eq!(yard.begun().last().unwrap(), &[2]);
    yard.open(2);
    assert_eq!(answer(other).await.unwrap(), 2);
    yard.open(1);
    assert_eq!(answer(stuck).await.unwrap(), 1);
    settle().await;
    assert_eq!(yard.begun().len(), 4, "what moves again may overlap again");
}

#[tokio::test(start_paused = true)]
async fn all_that_waits_is_finished_with_two_in_flight_when_the_last_door_closes() {
    let yard = yard(100);
    let requests = [1, 2, 11, 12, 3];
    let mut answered = Vec::new();
    for request in requests {
        answered.push(yard.hand_in(request).await);
    }
    let Yard { queue, gates, .. } = yard;
    drop(queue);
    for gate in gates.values() {
        gate.add_permits(10);
    }
    for (answered, request) in answered.into_iter().zip(requests) {
        assert_eq!(answer(answered).await.unwrap(), request);
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_batches_begin_than_may_be_in_flight_however_many_wait() {
    let yard = yard(1_000);
    let first = [yard.hand_in(1).await, yard.hand_in(2).await];
    assert_eq!(yard.begun(), [vec![1], vec![2]]);
    let mut crowd = Vec::new();
    for request in 0..300 {
        crowd.push(yard.hand_in(LANES * request + 3 + request % 7).await);
    }
    yard.open(2);
    settle().await;
    assert_eq!(yard.begun().len(), 3, "one has ended, so one has begun");
    for gate in yard.gates.values() {
        gate.add_permits(1_000);
    }
    for answered in first.into_iter().chain(crowd) {
        answer(answered).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_being_written_when_the_last_door_closes_is_written_to_its_end() {
    let yard = yard(100);
    let left = yard.hand_in(1).await;
    let Yard { queue, gates, begun } = yard;
    assert_eq!(*begun.lock().unwrap(), [vec![1]]);
    left.abort();
    assert!(left.await.unwrap_err().is_cancelled());
    drop(queue);
    settle().await;
    gates[&1].add_permits(1);
    settle().await;
    assert_eq!(gates[&1].available_permits(), 0, "it passed, although nobody waits for it");
}
