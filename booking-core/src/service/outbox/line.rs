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
use crate::domain::notice::{Notice, Recipient};
use crate::ports::booking_repository::NoticeResult;
use crate::service::failure::ServiceError;
use crate::service::workers::{FAILURE_PAUSE, note_failure};

/// The name of this work in metrics and logs.
const WORKER: &str = "outbox";

/// Delivers the notices to a recipient until it is told to stop, and finishes what is under way then.
pub(in crate::service) async fn run(
    outbox: Outbox,
    recipient: Recipient,
    mut stopped: watch::Receiver<bool>,
) {
    let mut line = Line {
        outbox,
        recipient,
        under_way: JoinSet::new(),
        results: Vec::new(),
        claim_at: Instant::now(),
    };
    loop {
        let is_written = line.write_results().await;
        let is_stopped = *stopped.borrow();
        if is_stopped && (line.under_way.is_empty() || !is_written) {
            return;
        }
        let may_claim = !is_stopped && line.has_room();
        tokio::select! {
            biased;
            Some(done) = line.under_way.join_next() => line.note(done.ok().flatten()),
            _ = stopped.changed(), if !is_stopped => {}
            () = sleep_until(line.claim_at), if may_claim => line.claim().await,
        }
    }
}

struct Line {
    outbox: Outbox,
    recipient: Recipient,
    under_way: JoinSet<Delivery>,
    /// What became of those that are done and not written down.
    results: Vec<(Notice, NoticeResult)>,
    /// Not to claim more before.
    claim_at: Instant,
}

impl Line {
    /// Tells whether it is worth while to claim more. Claiming one at a time would be a transaction for each.
    fn has_room(&self) -> bool {
        self.taken() <= self.places() / 2
    }

    fn places(&self) -> usize {
        self.outbox.settings.notice_concurrency.max(1)
    }

    fn taken(&self) -> usize {
        self.under_way.len() + self.results.len()
    }

    async fn claim(&mut self) {
        let free = self.places().saturating_sub(self.taken());
        let claimed = self.outbox.begin(self.recipient, free, &mut self.under_way).await;
        let pause = match claimed {
            Ok(0) => self.outbox.settings.outbox_interval,
            Ok(claimed) => {
                self.time_for_one().saturating_mul(u32::try_from(claimed).unwrap_or(u32::MAX))
            }
            Err(error) => self.pause_after(&error),
        };
        self.claim_at = Instant::now() + pause;
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

    fn note(&mut self, done: Delivery) {
        self.results.extend(done);
        // Those that ended together are written together.
        while let Some(done) = self.under_way.try_join_next() {
            self.results.extend(done.ok().flatten());
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
                true
            }
            Err(error) => {
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
