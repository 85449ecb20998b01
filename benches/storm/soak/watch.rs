//! What the servers use meanwhile, and what waits in them.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use booking_benches::load::{memory, open_files};
use booking_benches::stage::metrics;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::client::Target;

/// From one look to the next.
pub(crate) const EVERY: Duration = Duration::from_secs(5);

/// Who does not show its metrics for so long is away.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asked for its metrics all the time. The others are not until the end, so that what grows because nobody reads it does.
const ASKED: usize = 1;

/// What a process used at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// The time since the first look at any.
    pub(crate) at: Duration,
    /// Bytes that are resident.
    pub(crate) memory: u64,
    /// Connections among them.
    pub(crate) files: usize,
}

/// The looks at one process. A server that is started again is another one.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) server: usize,
    process: u32,
    pub(crate) looks: Vec<Look>,
}

#[cfg(test)]
impl Series {
    pub(crate) fn new(server: usize, looks: Vec<Look>) -> Self {
        Self { server, process: 0, looks }
    }
}

/// What was seen.
pub(crate) struct Seen {
    pub(crate) series: Vec<Series>,
    /// When the load ended. What was seen later was seen in quiet.
    pub(crate) load_ended: Duration,
}

/// Looks at the servers until it is dropped.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// What is known by now.
pub(crate) struct Shared {
    targets: Arc<Vec<Target>>,
    started: Instant,
    load_ended: OnceLock<Duration>,
    series: Mutex<Vec<Series>>,
    /// Notices that were due at the last look.
    due: Mutex<Option<f64>>,
}

impl Watch {
    pub(crate) fn start(targets: Arc<Vec<Target>>) -> Self {
        let shared = Arc::new(Shared {
            targets,
            started: Instant::now(),
            load_ended: OnceLock::new(),
            series: Mutex::default(),
            due: Mutex::default(),
        });
        let task = tokio::spawn(Arc::clone(&shared).look_again_and_again());
        Self { shared, task }
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Notes that nobody asks for anything from now on.
    pub(crate) fn end_load(&self) {
        let _ = self.shared.load_ended.set(self.shared.started.elapsed());
    }

    /// Names what waits in a server, and what must never have happened.
    pub(crate) async fn queued(&self) -> anyhow::Result<Vec<String>> {
        /// More than so many of these are too many: to be asked is a request, too.
        const MOST: [(&str, f64); 6] = [
            ("booking_outbox_due", 0.0),
            ("booking_outbox_dead", 0.0),
            ("booking_mock_gateway_undelivered", 0.0),
            ("booking_database_connections{state=\"busy\"}", 0.0),
            ("http_requests_in_flight", 1.0),
            ("booking_panics_total", 0.0),
        ];
        let mut queued = Vec::new();
        for (server, target) in self.shared.targets.iter().enumerate() {
            let text = metrics(&target.admin).await?;
            for (name, most) in MOST {
                let count = sum(&text, name).unwrap_or_default();
                if count > most {
                    queued.push(format!("server {server}: {name} {count}"));
                }
            }
        }
        Ok(queued)
    }

    pub(crate) fn finish(&self) -> Seen {
        let load_ended = self.shared.load_ended.get().copied();
        let load_ended = load_ended.unwrap_or_else(|| self.shared.started.elapsed());
        Seen { series: self.shared.series().clone(), load_ended }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn series(&self) -> MutexGuard<'_, Vec<Series>> {
        self.series.lock().expect("nobody panics")
    }

    /// Returns the last look at each server.
    pub(crate) fn last(&self) -> Vec<Look> {
        let series = self.series();
        let last = |server| series.iter().rfind(|series| series.server == server)?.looks.last();
        (0..self.targets.len()).filter_map(last).copied().collect()
    }

    /// Returns how many notices were due, if a server said so.
    pub(crate) fn due(&self) -> Option<f64> {
        *self.due.lock().expect("nobody panics")
    }

    async fn look_again_and_again(self: Arc<Self>) {
        use std::sync::atomic::Ordering::Relaxed;
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for (server, target) in self.targets.iter().enumerate() {
                self.look_at(server, target.process.load(Relaxed));
            }
            let text = timeout(PATIENCE, metrics(&self.targets[ASKED].admin)).await;
            let due = text.ok().and_then(Result::ok).and_then(|it| sum(&it, "booking_outbox_due"));
            *self.due.lock().expect("nobody panics") = due;
        }
    }

    fn look_at(&self, server: usize, process: u32) {
        let look = Look {
            at: self.started.elapsed(),
            memory: memory(process),
            files: open_files(process),
        };
        // It was killed, and is not started again yet.
        if look.memory == 0 {
            return;
        }
        let mut all = self.series();
        match all.iter_mut().find(|series| series.process == process) {
            Some(series) => series.looks.push(look),
            None => all.push(Series { server, process, looks: vec![look] }),
        }
    }
}

/// Adds up a metric over its labels, or the one sample that is named with them.
fn sum(text: &str, name: &str) -> Option<f64> {
    let samples: Vec<f64> = text
        .lines()
        .filter_map(|line| line.strip_prefix(name))
        .filter(|rest| rest.starts_with([' ', '{']))
        .filter_map(|rest| rest.rsplit(' ').next()?.parse().ok())
        .collect();
    (!samples.is_empty()).then(|| samples.iter().sum())
}
