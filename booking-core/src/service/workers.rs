//! What has to be done without being asked.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::background::{FAILURE_PAUSE, note_failure};
use super::failure::ServiceError;
use super::outbox;
use super::panics::contain;
use super::system::BookingSystem;
use crate::domain::notice::Recipient;

/// How often old idempotency keys are looked for.
const PURGE_INTERVAL: Duration = Duration::from_mins(10);
const PURGE_BATCH: u32 = 10_000;
/// How often the bookings of cancelled and changed events are looked for, should nobody have said that there are some.
const CALL_OFF_INTERVAL: Duration = Duration::from_secs(5);

/// The background work of one process: releasing overdue holds, settling called-off events, announcing changed ones,
/// delivering the outbox, forgetting old keys. Any number of processes may run it side by side.
///
/// Dropping it ends the work at once, also in the middle; [`Workers::stop`] lets what is under way end.
#[must_use = "the work ends when this is dropped"]
#[derive(Debug)]
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Workers {
    /// Starts the work on the current runtime.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub(super) fn start(system: &BookingSystem) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let settings = system.settings().clone();

        let expiry = system.expiry();
        tasks.spawn(repeat("expiry", settings.sweep_interval, stopped.clone(), move || {
            let expiry = expiry.clone();
            async move { expiry.sweep().await }
        }));
        for recipient in [Recipient::Gateway, Recipient::Buyer] {
            tasks.spawn(outbox::run(system.outbox(), recipient, stopped.clone()));
        }
        let organiser = system.organiser().clone();
        // Whoever calls an event off wakes this one; the interval is for those who were called off elsewhere.
        let woken = Arc::clone(&organiser.called_off);
        tasks.spawn(repeat_or_wake(
            "call_off",
            CALL_OFF_INTERVAL,
            stopped.clone(),
            woken,
            move || {
                let organiser = organiser.clone();
                async move { organiser.settle_called_off().await }
            },
        ));
        let organiser = system.organiser().clone();
        let woken = Arc::clone(&organiser.announced);
        tasks.spawn(repeat_or_wake(
            "announcements",
            CALL_OFF_INTERVAL,
            stopped.clone(),
            woken,
            move || {
                let organiser = organiser.clone();
                async move { organiser.spread_announcement().await.map(usize::from) }
            },
        ));
        let system = system.clone();
        tasks.spawn(repeat("purge_keys", PURGE_INTERVAL, stopped, move || {
            let system = system.clone();
            async move { system.purge_keys(PURGE_BATCH).await }
        }));
        Self { stop, tasks }
    }

    /// Stops the work: what is under way is finished, nothing new is begun.
    pub async fn stop(mut self) {
        // Without a receiver every task has ended already.
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Does `work` again at once while there is some, and else after `interval`, until told to stop.
async fn repeat<F, W>(
    name: &'static str,
    interval: Duration,
    stopped: watch::Receiver<bool>,
    work: F,
) where
    F: Fn() -> W + Send,
    W: Future<Output = Result<usize, ServiceError>> + Send,
{
    repeat_or_wake(name, interval, stopped, Arc::new(Notify::new()), work).await;
}

/// Does what [`repeat`] does, and also when it is woken.
async fn repeat_or_wake<F, W>(
    name: &'static str,
    interval: Duration,
    mut stopped: watch::Receiver<bool>,
    woken: Arc<Notify>,
    work: F,
) where
    F: Fn() -> W + Send,
    W: Future<Output = Result<usize, ServiceError>> + Send,
{
    while !*stopped.borrow() {
        let pause = match contain(name, work()).await {
            Some(Ok(0)) => interval,
            Some(Ok(_)) => continue,
            // It comes back: without it nobody would be told, and no money given back, until the next start.
            None => interval.max(FAILURE_PAUSE),
            Some(Err(error)) => {
                note_failure(name, &error);
                interval.max(FAILURE_PAUSE)
            }
        };
        tokio::select! {
            biased;
            _ = stopped.changed() => {}
            () = woken.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_that_panicked_or_failed_is_taken_up_again() {
        let runs = Arc::new(AtomicU32::new(0));
        let (stop, stopped) = watch::channel(false);
        let counted = Arc::clone(&runs);
        let work = tokio::spawn(repeat("test", Duration::from_millis(1), stopped, move || {
            let run = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                assert_ne!(run, 0, "told to panic");
                if run == 1 { Err(ServiceError::Overloaded) } else { Ok(0) }
            }
        }));
        while runs.load(Ordering::Relaxed) < 4 {
            tokio::time::sleep(FAILURE_PAUSE).await;
        }
        stop.send(true).unwrap();
        work.await.unwrap();
    }
}
