//! Group commit: requests that arrive while a transaction is under way share the next one.
//!
//! One hot event is one hot row, so a transaction for each booking is limited by that row's lock and the flush
//! of the log. Here whoever arrives while a commit runs waits together with the others, and all go into the
//! next transaction, in order of arrival. There is no timer and no delay: an idle system commits a single
//! request at once, and a busy one finds its batch size by itself (Gawlick and Kinkade, "Varieties of
//! Concurrency Control in IMS/VS Fast Path", 1985, describe the idea for log records).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::failure::ServiceError;
use super::panics::contain;
use super::retry::Attempts;
use crate::ports::fault::RepositoryError;
use crate::ports::{Classify, Effect, IdSource, Retry};

/// Writes batches.
#[async_trait]
pub(super) trait BatchWriter: Send + Sync + 'static {
    /// What is asked for.
    type Request: Send + Sync + 'static;
    /// What is answered.
    type Answer: Send + 'static;
    /// Names the queue in metrics.
    const QUEUE: &'static str;

    /// Writes a batch in one transaction: one answer for each request, in order. Writing the same requests
    /// again after a failure must do no harm, even if the first attempt took effect.
    async fn write(&self, batch: &[Self::Request]) -> Result<Vec<Self::Answer>, RepositoryError>;
}

/// Where the answer to a request goes.
type Answer<W> = oneshot::Sender<Result<<W as BatchWriter>::Answer, ServiceError>>;

struct Waiting<W: BatchWriter> {
    request: W::Request,
    answer: Answer<W>,
}

/// The door to a queue. When the last one is dropped, what waits is finished and the queue ends.
pub(super) struct GroupCommit<W: BatchWriter> {
    queue: mpsc::Sender<Waiting<W>>,
}

impl<W: BatchWriter> Clone for GroupCommit<W> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<W: BatchWriter> std::fmt::Debug for GroupCommit<W> {
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
        let (queue, waiting) = mpsc::channel(settings.queue_limit.max(1));
        (Self { queue }, drive(writer, settings, ids, waiting))
    }

    /// Tells whether a request would be refused now, before anything is made of it: what is too much has to be
    /// refused cheaply. It may be refused all the same when it is handed in.
    pub(super) fn require_room(&self) -> Result<(), ServiceError> {
        if self.queue.capacity() == 0 { Err(overloaded::<W>()) } else { Ok(()) }
    }

    /// Hands a request in and waits for the answer. A caller that stops waiting before its batch is written
    /// withdraws the request; later than that it takes effect all the same.
    pub(super) async fn submit(&self, request: W::Request) -> Result<W::Answer, ServiceError> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Waiting { request, answer }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => overloaded::<W>(),
            mpsc::error::TrySendError::Closed(_) => ServiceError::ShuttingDown,
        })?;
        answered.await.unwrap_or(Err(ServiceError::ShuttingDown))
    }

    /// Hands many requests in and waits for all answers: for background work and for what follows from an earlier
    /// request, which wait for room in the queue instead of being refused. The first error ends it.
    pub(super) async fn submit_all(
        &self,
        requests: Vec<W::Request>,
    ) -> Result<Vec<W::Answer>, ServiceError> {
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            let (answer, answered) = oneshot::channel();
            self.queue
                .send(Waiting { request, answer })
                .await
                .map_err(|_| ServiceError::ShuttingDown)?;
            answers.push(answered);
        }
        let mut results = Vec::with_capacity(answers.len());
        for answered in answers {
            results.push(answered.await.unwrap_or(Err(ServiceError::ShuttingDown))?);
        }
        Ok(results)
    }
}

/// Counts a request that found no room.
fn overloaded<W: BatchWriter>() -> ServiceError {
    metrics::counter!("booking_queue_refused_total", "queue" => W::QUEUE).increment(1);
    ServiceError::Overloaded
}

async fn drive<W: BatchWriter>(
    writer: W,
    settings: QueueSettings,
    ids: Arc<dyn IdSource>,
    mut waiting: mpsc::Receiver<Waiting<W>>,
) {
    let mut arrived = Vec::with_capacity(settings.batch_limit);
    // `recv_many` waits for one request and takes along whatever else is there: the whole of group commit.
    while waiting.recv_many(&mut arrived, settings.batch_limit.max(1)).await > 0 {
        let (mut requests, mut answers): (Vec<_>, Vec<_>) =
            arrived.drain(..).map(|waiting| (waiting.request, waiting.answer)).unzip();
        let started = Instant::now();
        let written = write_patiently(&writer, &mut requests, &mut answers, &settings, &ids).await;
        metrics::histogram!("booking_commit_duration_seconds", "queue" => W::QUEUE)
            .record(started.elapsed().as_secs_f64());
        match written {
            Ok(results) => hand_out::<W>(answers, results.into_iter().map(Ok)),
            // One request may be the reason. Its neighbours shall not fail with it.
            Err(error) if requests.len() > 1 && error.retry() == Retry::Never => {
                write_singly(&writer, requests, answers, &settings, &ids).await;
            }
            // A database that is away is so for each of them, and waiting for it once is enough.
            Err(error) => {
                let error = ServiceError::from(error);
                hand_out::<W>(answers, std::iter::repeat_with(|| Err(error.clone())));
            }
        }
    }
}

/// Writes each request in a transaction of its own. Once the database goes away, the rest fails with it.
async fn write_singly<W: BatchWriter>(
    writer: &W,
    requests: Vec<W::Request>,
    answers: Vec<Answer<W>>,
    settings: &QueueSettings,
    ids: &Arc<dyn IdSource>,
) {
    let mut gone: Option<ServiceError> = None;
    for (request, answer) in requests.into_iter().zip(answers) {
        if let Some(error) = &gone {
            hand_out::<W>(vec![answer], [Err(error.clone())]);
            continue;
        }
        let (mut alone, mut answers) = (vec![request], vec![answer]);
        match write_patiently(writer, &mut alone, &mut answers, settings, ids).await {
            Ok(written) => hand_out::<W>(answers, written.into_iter().map(Ok)),
            Err(error) => {
                let may_pass = error.retry() != Retry::Never;
                let error = ServiceError::from(error);
                gone = may_pass.then(|| error.clone());
                hand_out::<W>(answers, [Err(error)]);
            }
        }
    }
}

fn hand_out<W: BatchWriter>(
    answers: Vec<Answer<W>>,
    results: impl IntoIterator<Item = Result<W::Answer, ServiceError>>,
) {
    for (answer, result) in answers.into_iter().zip(results) {
        // A caller that left in the meantime finds its booking by its idempotency key, or lets it expire.
        let _ = answer.send(result);
    }
}

/// Writes a batch, again if need be. Before each attempt that nothing was written before, it lets go of those
/// whose callers have left: nothing is booked for nobody.
async fn write_patiently<W: BatchWriter>(
    writer: &W,
    requests: &mut Vec<W::Request>,
    answers: &mut Vec<Answer<W>>,
    settings: &QueueSettings,
    ids: &Arc<dyn IdSource>,
) -> Result<Vec<W::Answer>, RepositoryError> {
    let mut attempts = Attempts::new(settings.patience, ids);
    let mut may_have_landed = false;
    loop {
        // What may have been written stays: writing it again is how its outcome becomes known.
        if !may_have_landed {
            let is_waiting: Vec<bool> = answers.iter().map(|answer| !answer.is_closed()).collect();
            keep(requests, &is_waiting);
            keep(answers, &is_waiting);
        }
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        record_size::<W>(requests.len());
        // A panic is a fault of its request: it must not end the queue, and with it all sales.
        let written = contain(W::QUEUE, writer.write(requests)).await.unwrap_or_else(|| {
            Err(RepositoryError::Backend { source: "writing a batch panicked".into() })
        });
        match written {
            Ok(answers) => {
                debug_assert_eq!(answers.len(), requests.len(), "one answer for each request");
                return Ok(answers);
            }
            Err(error) => {
                metrics::counter!("booking_commit_failures_total", "queue" => W::QUEUE)
                    .increment(1);
                may_have_landed |= error.effect() == Effect::Unknown;
                if !attempts.again(&error).await {
                    return Err(error);
                }
            }
        }
    }
}

/// Keeps the items whose flag is set.
fn keep<T>(items: &mut Vec<T>, flags: &[bool]) {
    let mut flags = flags.iter();
    items.retain(|_| flags.next().is_some_and(|flag| *flag));
}

fn record_size<W: BatchWriter>(size: usize) {
    let size = u32::try_from(size).unwrap_or(u32::MAX);
    metrics::histogram!("booking_batch_size", "queue" => W::QUEUE).record(f64::from(size));
}

#[cfg(test)]
mod tests;
