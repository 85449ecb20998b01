//! Group commit: requests that arrive while a transaction is under way share the next one.
//!
//! One hot event is one hot row, so a transaction for each booking is limited by that row's lock and the flush
//! of the log. Here whoever arrives while a commit runs waits together with the others, and all go into the
//! next transaction, in order of arrival. There is no delay: an idle system commits a single
//! request at once, and a busy one finds its batch size by itself (Gawlick and Kinkade, "Varieties of
//! Concurrency Control in IMS/VS Fast Path", 1985, describe the idea for log records).
//!
//! Requests stand in lanes, one for each event or booking, and batches in flight share none, so that they do not wait
//! for the lock of one row, but for a crowded lane on which that does no harm. See [`lanes`] for what goes into a
//! batch, and when one begins beside others.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, TryAcquireError, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::lanes::Lanes;
use self::writing::{Batch, write_batch};
use super::failure::ServiceError;
use crate::ports::IdSource;
use crate::ports::fault::RepositoryError;

mod lanes;
mod writing;

/// A batch that takes longer waits for something: a lock, or a database that is away. Others shall not wait with it.
const STUCK: Duration = Duration::from_millis(50);

/// Writes batches.
pub(super) trait BatchWriter: Send + Sync + 'static {
    /// What is asked for.
    type Request: Send + Sync + 'static;
    /// What is answered.
    type Answer: Send + 'static;
    /// What batches that are written at the same time should not share.
    type Lane: Copy + Debug + Eq + Hash + Send + 'static;
    /// Names the queue in metrics.
    const QUEUE: &'static str;

    /// Returns the lane of a request.
    fn lane(&self, request: &Self::Request) -> Self::Lane;

    /// Tells whether a second batch may begin on a lane that is crowded, at the risk that it overtakes the first.
    fn may_overlap(&self, lane: Self::Lane) -> bool;

    /// Writes a batch in one transaction: one answer for each request, in order. Writing the same requests
    /// again after a failure must do no harm, even if the first attempt took effect.
    fn write(
        &self,
        batch: &[Self::Request],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, RepositoryError>> + Send;
}

/// Where the answer to a request goes.
type Answer<W> = oneshot::Sender<Result<<W as BatchWriter>::Answer, ServiceError>>;

struct Waiting<W: BatchWriter> {
    request: W::Request,
    answer: Answer<W>,
}

/// The door to a queue. When the last one is dropped, what waits is finished and the queue ends.
pub(super) struct GroupCommit<W: BatchWriter> {
    queue: mpsc::UnboundedSender<Waiting<W>>,
    /// One permit for each request that may wait. Whoever comes in takes one, and its batch gives it back.
    room: Arc<Semaphore>,
}

impl<W: BatchWriter> Clone for GroupCommit<W> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), room: Arc::clone(&self.room) }
    }
}

impl<W: BatchWriter> Debug for GroupCommit<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GroupCommit").field("queue", &W::QUEUE).finish_non_exhaustive()
    }
}

/// How a queue is to be run.
#[derive(Debug, Clone)]
pub(super) struct QueueSettings {
    /// How many requests may wait.
    pub(super) queue_limit: usize,
    /// How many one batch may carry.
    pub(super) batch_limit: usize,
    /// How many batches may be in flight.
    pub(super) batches_at_once: usize,
    /// How long one batch may be tried again for.
    pub(super) patience: Duration,
}

impl<W: BatchWriter> GroupCommit<W> {
    /// Opens a queue. The second value does the work and must be run until it ends.
    pub(super) fn open(
        writer: W,
        settings: QueueSettings,
        ids: Arc<dyn IdSource>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, arrivals) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(settings.queue_limit.max(1)));
        let dispatcher = Dispatcher {
            writer: Arc::new(writer),
            lanes: Lanes::new(settings.batch_limit.max(1)),
            settings,
            ids,
            room: Arc::clone(&room),
            in_flight: Vec::new(),
            writing: JoinSet::new(),
        };
        (Self { queue, room }, dispatcher.run(arrivals))
    }

    /// Tells whether a request would be refused now, before anything is made of it: what is too much has to be
    /// refused cheaply. It may be refused all the same when it is handed in.
    pub(super) fn require_room(&self) -> Result<(), ServiceError> {
        if self.room.available_permits() == 0 { Err(overloaded::<W>()) } else { Ok(()) }
    }

    /// Hands a request in and waits for the answer. A caller that stops waiting before its batch is written
    /// withdraws the request; later than that it takes effect all the same.
    pub(super) async fn submit(&self, request: W::Request) -> Result<W::Answer, ServiceError> {
        match self.room.try_acquire() {
            Ok(permit) => permit.forget(),
            Err(TryAcquireError::Closed) => return Err(ServiceError::ShuttingDown),
            Err(TryAcquireError::NoPermits) => return Err(overloaded::<W>()),
        }
        self.hand_in(request)?.await.unwrap_or_else(|_| Err(ServiceError::unanswered()))
    }

    /// Hands many requests in and waits for all answers: for background work and for what follows from an earlier
    /// request, which wait for room in the queue instead of being refused. The first error ends it.
    pub(super) async fn submit_all(
        &self,
        requests: Vec<W::Request>,
    ) -> Result<Vec<W::Answer>, ServiceError> {
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            self.room.acquire().await.map_err(|_| ServiceError::ShuttingDown)?.forget();
            answers.push(self.hand_in(request)?);
        }
        let mut results = Vec::with_capacity(answers.len());
        for answered in answers {
            results.push(answered.await.unwrap_or_else(|_| Err(ServiceError::unanswered()))?);
        }
        Ok(results)
    }

    fn hand_in(
        &self,
        request: W::Request,
    ) -> Result<oneshot::Receiver<Result<W::Answer, ServiceError>>, ServiceError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Waiting { request, answer }).map_err(|_| ServiceError::ShuttingDown)?;
        Ok(answered)
    }
}

/// Counts a request that found no room.
fn overloaded<W: BatchWriter>() -> ServiceError {
    metrics::counter!("booking_queue_refused_total", "queue" => W::QUEUE).increment(1);
    ServiceError::Overloaded
}

/// Forms batches, and has each written by a task of its own.
struct Dispatcher<W: BatchWriter> {
    writer: Arc<W>,
    settings: QueueSettings,
    ids: Arc<dyn IdSource>,
    room: Arc<Semaphore>,
    lanes: Lanes<W::Lane, Waiting<W>>,
    in_flight: Vec<InFlight<W::Lane>>,
    writing: JoinSet<()>,
}

/// What is being written.
struct InFlight<L> {
    task: tokio::task::Id,
    lanes: Vec<L>,
    len: usize,
    since: Instant,
}

impl<L> InFlight<L> {
    fn is_stuck(&self) -> bool {
        self.since.elapsed() >= STUCK
    }
}

impl<W: BatchWriter> Dispatcher<W> {
    async fn run(mut self, mut arrivals: mpsc::UnboundedReceiver<Waiting<W>>) {
        let mut arrived = Vec::with_capacity(self.settings.batch_limit);
        let mut is_open = true;
        while is_open || !self.in_flight.is_empty() {
            let stuck_at = self.next_stuck();
            tokio::select! {
                biased;
                Some(written) = self.writing.join_next_with_id() => {
                    let task = written.map_or_else(|error| error.id(), |(task, ())| task);
                    self.note_end(task);
                    // Who was just answered may have the next request ready: it shall not miss the next batch.
                    tokio::task::yield_now().await;
                    while let Ok(waiting) = arrivals.try_recv() {
                        self.lanes.push(self.writer.lane(&waiting.request), waiting);
                    }
                }
                // While no batch can begin, nobody has to be counted.
                count = arrivals.recv_many(&mut arrived, self.settings.batch_limit.max(1)),
                    if is_open && self.in_flight.len() < self.settings.batches_at_once.max(1) =>
                {
                    is_open = count > 0;
                    for waiting in arrived.drain(..) {
                        self.lanes.push(self.writer.lane(&waiting.request), waiting);
                    }
                }
                // Whoever waits beside it waits for it no longer.
                () = tokio::time::sleep_until(stuck_at.unwrap_or_else(Instant::now)), if stuck_at.is_some() => {}
            }
            self.begin_batches();
        }
    }

    /// Returns when the next batch in flight counts as stuck, if somebody could begin beside it then.
    fn next_stuck(&self) -> Option<Instant> {
        let may_begin = self.in_flight.len() < self.settings.batches_at_once.max(1);
        let working = self.in_flight.iter().filter(|batch| !batch.is_stuck());
        working
            .map(|batch| batch.since + STUCK)
            .min()
            .filter(|_| may_begin && self.lanes.is_waiting())
    }

    fn note_end(&mut self, task: tokio::task::Id) {
        let ended = self.in_flight.extract_if(.., |batch| batch.task == task);
        for lane in ended.flat_map(|batch| batch.lanes) {
            self.lanes.leave(lane);
        }
    }

    fn begin_batches(&mut self) {
        while self.in_flight.len() < self.settings.batches_at_once.max(1) {
            let (writer, in_flight) = (&self.writer, &self.in_flight);
            let working = in_flight.iter().filter(|batch| !batch.is_stuck());
            let largest = working.map(|batch| batch.len).max();
            // A second batch would wait for the same as the first, and nobody else could begin beside both.
            let is_stuck = |lane| in_flight.iter().any(|b| b.is_stuck() && b.lanes.contains(&lane));
            let may_overlap = |lane| !is_stuck(lane) && writer.may_overlap(lane);
            let Some((lanes, batch)) = self.lanes.take(largest, may_overlap) else { return };
            self.room.add_permits(batch.len());
            let len = batch.len();
            let (requests, answers) =
                batch.into_iter().map(|waiting| (waiting.request, waiting.answer)).unzip();
            let writing = write_batch(
                Arc::clone(&self.writer),
                Batch { requests, answers, may_have_landed: false },
                self.settings.patience,
                Arc::clone(&self.ids),
            );
            let task = self.writing.spawn(writing).id();
            self.in_flight.push(InFlight { task, lanes, len, since: Instant::now() });
        }
    }
}

#[cfg(test)]
mod tests;
