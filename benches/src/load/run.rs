//! Driving load.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::arrivals::{Arrivals, Rhythm};
use super::connection::Connection;
use super::pool::Pool;
use super::recorder::{Class, Recorder};
use super::script::Script;

/// Arrivals are handed out so often. A timer for each would cost more than the requests.
const TICK: Duration = Duration::from_millis(1);

/// How long load is driven.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Before anything is counted.
    pub warm_up: Duration,
    /// While it is.
    pub counted: Duration,
}

impl Span {
    fn end(self, recorder: &Recorder) -> Instant {
        recorder.from() + self.counted
    }
}

/// Drives closed loops over `connections`, spread over some servers, until the end of the span or of the script.
pub async fn closed(
    addresses: &[String],
    connections: usize,
    span: Span,
    script: &Arc<dyn Script>,
    recorder: &Arc<Recorder>,
) {
    let number = Arc::new(AtomicU64::new(0));
    let mut loops = JoinSet::new();
    for index in 0..connections {
        let mut connection = Connection::new(&addresses[index % addresses.len()]);
        let (script, recorder) = (Arc::clone(script), Arc::clone(recorder));
        let number = Arc::clone(&number);
        loops.spawn(async move {
            let end = span.end(&recorder);
            while Instant::now() < end && !recorder.is_over() {
                let next = script.next(number.fetch_add(1, Ordering::Relaxed));
                let Some((kind, request)) = next else {
                    // What others drive beside it would be undisturbed from now on.
                    recorder.stop();
                    break;
                };
                let due = Instant::now();
                let answered = connection.send(request).await;
                recorder.note(kind, Class::of(kind, &answered), due);
                match &answered {
                    Ok(answer) => script.hear(kind, answer),
                    // A server that is away shall not be hammered.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        });
    }
    while loops.join_next().await.is_some() {}
}

/// An open loop.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    /// In which manner they come.
    pub rhythm: Rhythm,
    /// Arrivals a second.
    pub rate: f64,
    /// Decides when they come.
    pub seed: u64,
    /// How long they come.
    pub span: Span,
}

/// Lets requests arrive, whatever becomes of those before, and waits for the last answer.
pub async fn open(
    load: Open,
    pool: &Arc<Pool>,
    script: &Arc<dyn Script>,
    recorder: &Arc<Recorder>,
) {
    let started = recorder.from() - load.span.warm_up;
    let end = load.span.end(recorder);
    let mut arrivals =
        Arrivals::new(load.rhythm, load.rate, load.seed).map(|after| started + after).peekable();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut requests = JoinSet::new();
    let mut number = 0;
    loop {
        ticks.tick().await;
        let now = Instant::now();
        while let Some(due) = arrivals.next_if(|due| *due <= now && *due < end) {
            let Some((kind, request)) = script.next(number) else {
                recorder.stop();
                break;
            };
            number += 1;
            let (pool, script) = (Arc::clone(pool), Arc::clone(script));
            requests.spawn(async move {
                if let Some(answer) = pool.send(kind, request, due).await {
                    script.hear(kind, &answer);
                }
            });
        }
        while requests.try_join_next().is_some() {}
        if now >= end || recorder.is_over() {
            break;
        }
    }
    while requests.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests;
