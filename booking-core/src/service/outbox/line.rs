//! The line that notices pass through in a process that is running.
//!
//! So many are under way at a time; each leaves the line when what became of it is written down, whatever the others
//! are doing. So whoever never answers holds one place up, not the line, and a process that is killed leaves no more
//! behind than were under way: these come again when their leases have run out.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Delivery, Outbox};
use crate::domain::notice::Recipient;
use crate::service::background::{FAILURE_PAUSE, note_failure};
use crate::service::failure::ServiceError;
use crate::service::panics::contain;

/// The name of this work in metrics and logs.
const WORKER: &str = "outbox";

/// After so many failures in a row, a line that is to stop leaves its results to the leases.
const LAST_TRIES: u32 = 3;

/// Delivers the notices to a recipient until it is told to stop, and finishes what is under way then.
pub(in crate::service) async fn run(
    outbox: Outbox,
    recipient: Recipient,
    stopped: watch::Receiver<bool>,
) {
    // It comes back: without it nobody would be told, and no money given back, until the next start.
    while contain(WORKER, deliver(outbox.clone(), recipient, stopped.clone())).await.is_none() {
        sleep(FAILURE_PAUSE).await;
    }
}

async fn deliver(outbox: Outbox, recipient: Recipient, mut stopped: watch::Receiver<bool>) {
    let mut line = Line {
        outbox,
        recipient,
        under_way: JoinSet::new(),
        results: Vec::new(),
        failed_writes: 0,
        claim_at: Instant::now(),
        claimed_at: Instant::now(),
    };
    loop {
        line.collect();
        let is_written = line.write_results().await;
        let is_stopped = *stopped.borrow();
        let is_left_alone = is_written || line.failed_writes >= LAST_TRIES;
        if is_stopped && line.under_way.is_empty() && is_left_alone {
            return;
        }
        if !is_written {
            continue;
        }
        let next_claim = line.next_claim().filter(|_| !is_stopped);
        tokio::select! {
            biased;
            Some(done) = line.under_way.join_next() => line.results.extend(done.ok()),
            _ = stopped.changed(), if !is_stopped => {}
            () = sleep_until(next_claim.unwrap_or_else(Instant::now)), if next_claim.is_some() => {
                line.claim().await;
            }
        }
    }
}

struct Line {
    outbox: Outbox,
    recipient: Recipient,
    under_way: JoinSet<Delivery>,
    /// What became of those that are done and not written down.
    results: Vec<Delivery>,
    /// How often in a row they could not be written.
    failed_writes: u32,
    /// Not to claim more before.
    claim_at: Instant,
    /// When it last claimed.
    claimed_at: Instant,
}

impl Line {
    fn places(&self) -> usize {
        self.outbox.settings.notice_concurrency.max(1)
    }

    fn free(&self) -> usize {
        self.places().saturating_sub(self.under_way.len() + self.results.len())
    }

    /// Returns when to claim more, if there is room. Claiming one at a time would be a transaction for each, so a line
    /// that is not half empty waits a while for more places.
    fn next_claim(&self) -> Option<Instant> {
        match self.free() {
            0 => None,
            free if free >= self.places().div_ceil(2) => Some(self.claim_at),
            _ => Some(self.claim_at.max(self.claimed_at + self.outbox.settings.outbox_interval)),
        }
    }

    async fn claim(&mut self) {
        let claimed = self.outbox.begin(self.recipient, self.free(), &mut self.under_way).await;
        let pause = match claimed {
            Ok(0) => self.outbox.settings.outbox_interval,
            Ok(claimed) => {
                self.time_for_one().saturating_mul(u32::try_from(claimed).unwrap_or(u32::MAX))
            }
            Err(error) => self.pause_after(&error),
        };
        self.claimed_at = Instant::now();
        self.claim_at = self.claimed_at + pause;
    }

    /// Returns how long each takes at the least, so that the line keeps to its rate.
    fn time_for_one(&self) -> Duration {
        match self.recipient {
            Recipient::Buyer => {
                Duration::from_secs(1) / self.outbox.settings.notices_per_second.max(1)
            }
            // Money that is to be given back waits for nothing.
            Recipient::Gateway => Duration::ZERO,
        }
    }

    /// Takes in what has ended: those that ended together are written together.
    fn collect(&mut self) {
        while let Some(done) = self.under_way.try_join_next() {
            self.results.extend(done.ok());
        }
    }

    /// Writes down what became of those that are done. What cannot be written stays in the line, and is written later:
    /// without it, they would be sent again.
    async fn write_results(&mut self) -> bool {
        if self.results.is_empty() {
            return true;
        }
        match self.outbox.finish(&self.results).await {
            Ok(()) => {
                self.results.clear();
                self.failed_writes = 0;
                true
            }
            Err(error) => {
                self.failed_writes = self.failed_writes.saturating_add(1);
                sleep(self.pause_after(&error)).await;
                false
            }
        }
    }

    fn pause_after(&self, error: &ServiceError) -> Duration {
        note_failure(WORKER, error);
        self.outbox.settings.outbox_interval.max(FAILURE_PAUSE)
    }
}
