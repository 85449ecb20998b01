//! Writing one batch, and answering those who are in it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Answer, BatchWriter};
use crate::ports::fault::RepositoryError;
use crate::ports::{Classify, Effect, IdSource};
use crate::service::failure::ServiceError;
use crate::service::panics::contain;
use crate::service::retry::Attempts;

/// Longer than that no database needs for a batch, as slow as it may be: it has its own limits. One that vanished
/// without a word must not keep the queue for ever.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// Requests, and where the answer to each goes.
pub(super) struct Batch<W: BatchWriter> {
    pub(super) requests: Vec<W::Request>,
    pub(super) answers: Vec<Answer<W>>,
    /// An attempt to write it may have taken effect, whatever became of later ones.
    pub(super) may_have_landed: bool,
}

/// Writes a batch and answers everybody in it.
pub(super) async fn write_batch<W: BatchWriter>(
    writer: Arc<W>,
    mut batch: Batch<W>,
    patience: Duration,
    ids: Arc<dyn IdSource>,
) {
    let started = Instant::now();
    let written = write_patiently(&*writer, &mut batch, patience, &ids).await;
    metrics::histogram!("booking_commit_duration_seconds", "queue" => W::QUEUE)
        .record(started.elapsed().as_secs_f64());
    match written {
        Ok(results) => hand_out::<W>(batch.answers, results.into_iter().map(Ok)),
        // Its neighbours shall not fail with it.
        Err(error) if batch.requests.len() > 1 && may_be_of_one_request(&error) => {
            write_singly(&*writer, batch, patience, &ids).await;
        }
        // A database that is away or not set up is so for each of them, and finding that out once is enough.
        Err(error) => {
            let error = batch.failure(error);
            hand_out::<W>(batch.answers, std::iter::repeat_with(|| Err(error.clone())));
        }
    }
}

/// Tells whether one request of a batch may be the reason of a fault, and not the database.
const fn may_be_of_one_request(error: &RepositoryError) -> bool {
    match error {
        RepositoryError::Corrupt { .. } | RepositoryError::Backend { .. } => true,
        RepositoryError::Contention { .. }
        | RepositoryError::Unavailable { .. }
        | RepositoryError::Crowded
        | RepositoryError::OutcomeUnknown { .. }
        | RepositoryError::Misconfigured { .. } => false,
    }
}

/// Writes each request in a transaction of its own. Once the database goes away, the rest fails with it.
async fn write_singly<W: BatchWriter>(
    writer: &W,
    batch: Batch<W>,
    patience: Duration,
    ids: &Arc<dyn IdSource>,
) {
    let mut gone: Option<ServiceError> = None;
    let may_have_landed = batch.may_have_landed;
    for (request, answer) in batch.requests.into_iter().zip(batch.answers) {
        if let Some(error) = &gone {
            hand_out::<W>(vec![answer], [Err(error.clone())]);
            continue;
        }
        let mut alone = Batch { requests: vec![request], answers: vec![answer], may_have_landed };
        match write_patiently(writer, &mut alone, patience, ids).await {
            Ok(written) => hand_out::<W>(alone.answers, written.into_iter().map(Ok)),
            Err(error) => {
                let is_its_own = may_be_of_one_request(&error);
                let error = alone.failure(error);
                gone = (!is_its_own).then(|| error.clone());
                hand_out::<W>(alone.answers, [Err(error)]);
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
    batch: &mut Batch<W>,
    patience: Duration,
    ids: &Arc<dyn IdSource>,
) -> Result<Vec<W::Answer>, RepositoryError> {
    let mut attempts = Attempts::new(patience, ids);
    loop {
        // What may have been written stays: writing it again is how its outcome becomes known.
        if !batch.may_have_landed {
            batch.let_go();
        }
        if batch.requests.is_empty() {
            return Ok(Vec::new());
        }
        record_size::<W>(batch.requests.len());
        // A panic is a fault of its request: it must not end the queue, and with it all sales.
        let written = timeout(ANSWERS_WITHIN, contain(W::QUEUE, writer.write(&batch.requests)));
        let written = match written.await {
            Ok(Some(written)) => {
                written.and_then(|answers| one_each(answers, batch.requests.len()))
            }
            Ok(None) => Err(RepositoryError::Backend { source: "writing a batch panicked".into() }),
            Err(elapsed) => Err(RepositoryError::OutcomeUnknown { source: elapsed.into() }),
        };
        match written {
            Ok(answers) => return Ok(answers),
            Err(error) => {
                metrics::counter!("booking_commit_failures_total", "queue" => W::QUEUE)
                    .increment(1);
                batch.may_have_landed |= error.effect() == Effect::Unknown;
                if !attempts.again(&error).await {
                    return Err(error);
                }
            }
        }
    }
}

/// Refuses answers of which it is not known whose they are.
fn one_each<T>(answers: Vec<T>, requests: usize) -> Result<Vec<T>, RepositoryError> {
    if answers.len() == requests {
        return Ok(answers);
    }
    let fault = format!("{requests} requests got {} answers", answers.len());
    Err(RepositoryError::Backend { source: fault.into() })
}

impl<W: BatchWriter> Batch<W> {
    /// Returns what the last attempt's error is for those who are in it.
    fn failure(&self, error: RepositoryError) -> ServiceError {
        let error = ServiceError::from(error);
        if self.may_have_landed { error.after_effect() } else { error }
    }

    /// Lets go of those whose callers have left. Mostly there are none.
    fn let_go(&mut self) {
        if !self.answers.iter().any(Answer::<W>::is_closed) {
            return;
        }
        let is_waiting: Vec<bool> = self.answers.iter().map(|answer| !answer.is_closed()).collect();
        keep(&mut self.requests, &is_waiting);
        keep(&mut self.answers, &is_waiting);
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
