use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;
use uuid::Uuid;

use super::*;
use crate::ports::{Classify as _, Effect};

#[derive(Debug, Default)]
struct CountingIds(AtomicU64);

impl IdSource for CountingIds {
    fn next_id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Answers each request with its double, once a test lets the batch through, and fails as told.
#[derive(Debug)]
struct Doubling {
    may_write: Arc<Semaphore>,
    batches: Arc<Mutex<Vec<Vec<u32>>>>,
    failures: Arc<Mutex<Vec<RepositoryError>>>,
}

const POISON: u32 = 666;
/// A request that makes its writer panic.
const PANIC: u32 = 999;
/// A request that its writer answers with nothing.
const UNANSWERED: u32 = 404;

impl BatchWriter for Doubling {
    type Request = u32;
    type Answer = u32;
    type Lane = ();
    const QUEUE: &'static str = "test";

    fn lane(&self, _: &u32) {}

    fn may_overlap(&self, (): ()) -> bool {
        false
    }

    async fn write(&self, batch: &[u32]) -> Result<Vec<u32>, RepositoryError> {
        self.may_write.acquire().await.unwrap().forget();
        self.batches.lock().unwrap().push(batch.to_vec());
        if let Some(failure) = self.failures.lock().unwrap().pop() {
            return Err(failure);
        }
        assert!(!batch.contains(&PANIC), "told to panic");
        if batch.contains(&POISON) {
            return Err(RepositoryError::Corrupt { table: "test", finding: "poison".to_owned() });
        }
        let answered = batch.iter().filter(|request| **request != UNANSWERED);
        Ok(answered.map(|request| request * 2).collect())
    }
}

struct Bench {
    queue: GroupCommit<Doubling>,
    may_write: Arc<Semaphore>,
    batches: Arc<Mutex<Vec<Vec<u32>>>>,
    failures: Arc<Mutex<Vec<RepositoryError>>>,
}

fn bench(queue_limit: usize, batch_limit: usize) -> Bench {
    let (may_write, batches, failures) =
        (Arc::new(Semaphore::new(0)), Arc::default(), Arc::default());
    let writer = Doubling {
        may_write: Arc::clone(&may_write),
        batches: Arc::clone(&batches),
        failures: Arc::clone(&failures),
    };
    let settings = QueueSettings {
        queue_limit,
        batch_limit,
        batches_at_once: 1,
        patience: Duration::from_secs(5),
    };
    let (queue, work) = GroupCommit::open(writer, settings, Arc::new(CountingIds::default()));
    tokio::spawn(work);
    Bench { queue, may_write, batches, failures }
}

impl Bench {
    /// Hands a request in from a task of its own, and returns when it stands in the queue.
    async fn hand_in(&self, request: u32) -> tokio::task::JoinHandle<Result<u32, ServiceError>> {
        let queue = self.queue.clone();
        let task = tokio::spawn(async move { queue.submit(request).await });
        settle().await;
        task
    }
}

/// Lets every other task of the single-threaded runtime run until it waits.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_arrive_during_a_commit_share_the_next_one_in_order() {
    let bench = bench(100, 100);
    let mut tasks = Vec::new();
    for request in 1..=5 {
        tasks.push(bench.hand_in(request).await);
    }
    bench.may_write.add_permits(2);
    for (task, expected) in tasks.into_iter().zip([2, 4, 6, 8, 10]) {
        assert_eq!(task.await.unwrap().unwrap(), expected);
    }
    assert_eq!(*bench.batches.lock().unwrap(), [vec![1], vec![2, 3, 4, 5]]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_no_larger_than_its_limit() {
    let bench = bench(100, 2);
    let mut tasks = Vec::new();
    for request in 1..=4 {
        tasks.push(bench.hand_in(request).await);
    }
    bench.may_write.add_permits(3);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(*bench.batches.lock().unwrap(), [vec![1], vec![2, 3], vec![4]]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_left_is_not_served() {
    let bench = bench(100, 100);
    let first = bench.hand_in(1).await;
    let left = bench.hand_in(2).await;
    let stayed = bench.hand_in(3).await;
    left.abort();
    assert!(left.await.unwrap_err().is_cancelled());
    bench.may_write.add_permits(2);
    first.await.unwrap().unwrap();
    stayed.await.unwrap().unwrap();
    assert_eq!(*bench.batches.lock().unwrap(), [vec![1], vec![3]]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_left_is_let_go_between_attempts_unless_it_may_have_been_served() {
    for (fault, second) in [
        (RepositoryError::Contention { source: "deadlock".into() }, vec![3]),
        (RepositoryError::OutcomeUnknown { source: "the answer was lost".into() }, vec![2, 3]),
    ] {
        let bench = bench(100, 100);
        let first = bench.hand_in(1).await;
        let (left, stayed) = (bench.hand_in(2).await, bench.hand_in(3).await);
        bench.may_write.add_permits(1);
        first.await.unwrap().unwrap();
        settle().await; // The batch of the two is being written.
        bench.failures.lock().unwrap().push(fault);
        left.abort();
        assert!(left.await.unwrap_err().is_cancelled());
        bench.may_write.add_permits(100);
        assert_eq!(stayed.await.unwrap().unwrap(), 6);
        assert_eq!(*bench.batches.lock().unwrap(), [vec![1], vec![2, 3], second]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_request_does_not_fail_its_neighbours() {
    let bench = bench(100, 100);
    bench.may_write.add_permits(100);
    let (before, bad, after) =
        tokio::join!(bench.queue.submit(1), bench.queue.submit(POISON), bench.queue.submit(3));
    assert_eq!(before.unwrap(), 2);
    assert!(matches!(bad, Err(ServiceError::Repository { .. })));
    assert_eq!(after.unwrap(), 6);
    let expected = [vec![1, POISON, 3], vec![1], vec![POISON], vec![3]];
    assert_eq!(*bench.batches.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_left_during_its_batch_is_not_served_alone() {
    let bench = bench(100, 100);
    let first = bench.hand_in(1).await;
    let bad = bench.hand_in(POISON).await;
    let left = bench.hand_in(2).await;
    let stayed = bench.hand_in(3).await;
    bench.may_write.add_permits(1);
    first.await.unwrap().unwrap();
    settle().await; // The batch of the three is being written.
    left.abort();
    assert!(left.await.unwrap_err().is_cancelled());
    bench.may_write.add_permits(100);
    assert!(bad.await.unwrap().is_err());
    assert_eq!(stayed.await.unwrap().unwrap(), 6);
    let expected = [vec![1], vec![POISON, 2, 3], vec![POISON], vec![3]];
    assert_eq!(*bench.batches.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_panic_fails_its_request_and_nothing_else() {
    let bench = bench(100, 100);
    bench.may_write.add_permits(100);
    let (before, bad, after) =
        tokio::join!(bench.queue.submit(1), bench.queue.submit(PANIC), bench.queue.submit(3));
    assert_eq!((before.unwrap(), after.unwrap()), (2, 6));
    assert!(matches!(bad, Err(ServiceError::Repository { .. })));
    assert_eq!(bench.queue.submit(4).await.unwrap(), 8, "the queue goes on");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_into_the_queue_is_refused_at_once() {
    let bench = bench(2, 1);
    let written = bench.hand_in(1).await;
    assert!(bench.queue.require_room().is_ok());
    let (second, third) = (bench.hand_in(2).await, bench.hand_in(3).await);
    assert!(matches!(bench.queue.require_room(), Err(ServiceError::Overloaded)));
    assert!(matches!(bench.queue.submit(4).await, Err(ServiceError::Overloaded)));
    bench.may_write.add_permits(3);
    for task in [written, second, third] {
        task.await.unwrap().unwrap();
    }
    assert_eq!(*bench.batches.lock().unwrap(), [vec![1], vec![2], vec![3]]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_written_again_after_a_fault_that_may_pass() {
    let bench = bench(100, 100);
    *bench.failures.lock().unwrap() = vec![
        RepositoryError::OutcomeUnknown { source: "the answer was lost".into() },
        RepositoryError::Contention { source: "deadlock".into() },
    ];
    bench.may_write.add_permits(100);
    assert_eq!(bench.queue.submit(7).await.unwrap(), 14);
    assert_eq!(*bench.batches.lock().unwrap(), [vec![7], vec![7], vec![7]]);
}

fn hand_in_many(
    queue: &GroupCommit<Doubling>,
    requests: u32,
) -> tokio::task::JoinSet<Result<u32, ServiceError>> {
    let mut tasks = tokio::task::JoinSet::new();
    for request in 0..requests {
        let queue = queue.clone();
        tasks.spawn(async move { queue.submit(request).await });
    }
    tasks
}

#[tokio::test(start_paused = true)]
async fn a_database_that_stays_away_is_reported_within_the_patience() {
    let bench = bench(100, 100);
    *bench.failures.lock().unwrap() = (0..1_000)
        .map(|_| RepositoryError::Unavailable { source: "connection refused".into() })
        .collect();
    bench.may_write.add_permits(1_000);
    let started = Instant::now();
    // All of a batch together, not one after the other.
    for failed in hand_in_many(&bench.queue, 50).join_all().await {
        assert!(matches!(failed.unwrap_err(), ServiceError::Repository { .. }));
    }
    assert!(started.elapsed() <= Duration::from_secs(10), "{:?}", started.elapsed());
    assert!(bench.batches.lock().unwrap().len() > 2, "it was tried more than twice");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_landed_stays_unknown_when_the_database_goes_away() {
    let bench = bench(100, 100);
    let away = || RepositoryError::Unavailable { source: "connection refused".into() };
    let mut failures: Vec<_> = (0..1_000).map(|_| away()).collect();
    // The last one comes first.
    failures.push(RepositoryError::OutcomeUnknown { source: "the answer was lost".into() });
    *bench.failures.lock().unwrap() = failures;
    bench.may_write.add_permits(1_000);
    let failed = bench.queue.submit(7).await.unwrap_err();
    assert_eq!(failed.effect(), Effect::Unknown, "{failed:?}");
    let failed = bench.queue.submit(8).await.unwrap_err();
    assert_eq!(failed.effect(), Effect::NotApplied, "nothing was ever sent of the next one");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_landed_stays_unknown_for_each_that_is_written_alone() {
    let bench = bench(100, 100);
    *bench.failures.lock().unwrap() =
        vec![RepositoryError::OutcomeUnknown { source: "the answer was lost".into() }];
    bench.may_write.add_permits(1_000);
    let (good, bad) = tokio::join!(bench.queue.submit(1), bench.queue.submit(POISON));
    assert_eq!(good.unwrap(), 2);
    assert_eq!(bad.unwrap_err().effect(), Effect::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_ends_in_the_middle_of_a_batch_does_not_know_what_became_of_it() {
    let writer = Doubling {
        may_write: Arc::new(Semaphore::new(0)),
        batches: Arc::default(),
        failures: Arc::default(),
    };
    let settings = QueueSettings {
        queue_limit: 10,
        batch_limit: 10,
        batches_at_once: 1,
        patience: Duration::from_secs(5),
    };
    let (queue, work) = GroupCommit::open(writer, settings, Arc::new(CountingIds::default()));
    let work = tokio::spawn(work);
    let (one, all) = (queue.clone(), queue.clone());
    let one = tokio::spawn(async move { one.submit(1).await });
    let all = tokio::spawn(async move { all.submit_all(vec![2, 3]).await });
    settle().await;
    work.abort();
    assert_eq!(one.await.unwrap().unwrap_err().effect(), Effect::Unknown);
    assert_eq!(all.await.unwrap().unwrap_err().effect(), Effect::Unknown);
    assert!(matches!(queue.submit(4).await, Err(ServiceError::ShuttingDown)));
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_for_all_is_not_tried_for_each() {
    let bench = bench(100, 100);
    *bench.failures.lock().unwrap() = (0..100)
        .map(|_| RepositoryError::Misconfigured { source: "there is no such table".into() })
        .collect();
    bench.may_write.add_permits(1_000);
    for failed in hand_in_many(&bench.queue, 50).join_all().await {
        assert_eq!(failed.unwrap_err().effect(), Effect::NotApplied);
    }
    let batches = bench.batches.lock().unwrap();
    assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), 50, "{batches:?}");
}

#[tokio::test(start_paused = true)]
async fn once_the_database_is_gone_it_is_not_asked_for_each_that_is_left() {
    let bench = bench(100, 100);
    // The last one comes first: the batch may fail because of one request, and then the database is not set up.
    *bench.failures.lock().unwrap() = vec![
        RepositoryError::Misconfigured { source: "there is no such table".into() },
        RepositoryError::Corrupt { table: "test", finding: "somewhere".to_owned() },
    ];
    bench.may_write.add_permits(100);
    let answers = tokio::join!(bench.queue.submit(1), bench.queue.submit(2), bench.queue.submit(3));
    for answer in [answers.0, answers.1, answers.2] {
        assert_eq!(answer.unwrap_err().effect(), Effect::NotApplied);
    }
    assert_eq!(*bench.batches.lock().unwrap(), [vec![1, 2, 3], vec![1]]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_request_that_was_alone_is_not_written_alone_again() {
    let bench = bench(100, 100);
    bench.may_write.add_permits(100);
    assert!(bench.queue.submit(POISON).await.is_err());
    assert_eq!(*bench.batches.lock().unwrap(), [vec![POISON]]);
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_answers_too_few_is_at_fault_itself() {
    let bench = bench(100, 100);
    bench.may_write.add_permits(100);
    let (answered, unanswered) =
        tokio::join!(bench.queue.submit(1), bench.queue.submit(UNANSWERED));
    assert_eq!(answered.unwrap(), 2, "its answer is not that of another");
    let Err(ServiceError::Repository { source }) = unanswered else { panic!("{unanswered:?}") };
    assert!(matches!(*source, RepositoryError::Backend { .. }), "{source:?}");
    assert_eq!(bench.queue.submit(4).await.unwrap(), 8, "the queue goes on");
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_finished_when_the_last_door_closes() {
    let Bench { queue, may_write, batches, .. } = bench(100, 100);
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { queue.submit_all(vec![1, 2, 3]).await }
    });
    settle().await;
    drop(queue);
    may_write.add_permits(100);
    assert_eq!(waiting.await.unwrap().unwrap(), [2, 4, 6]);
    assert!(!batches.lock().unwrap().is_empty());
}

mod in_flight;
