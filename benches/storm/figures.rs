//! What is measured.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use booking_benches::load::Failure;
use http::StatusCode;
use tokio::time::Instant;

/// One request: when it was sent, how long it took, and what was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    sent_at: Instant,
    pub(crate) took: Duration,
    pub(crate) answered: Result<StatusCode, Failure>,
}

impl Sample {
    /// "Sold out" and "cannot be cancelled" are answers, too.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered.is_ok_and(|status| !status.is_server_error())
    }
}

/// All requests of a storm, and when the fault began and ended.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    samples: Mutex<Vec<Sample>>,
    fault: Mutex<(Option<Instant>, Option<Instant>)>,
    is_over: AtomicBool,
}

/// The share of requests that were answered in a span, and how slow they were.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Share {
    pub(crate) requests: usize,
    pub(crate) answered: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl Figures {
    pub(crate) fn note(&self, sent_at: Instant, answered: Result<StatusCode, Failure>) {
        let sample = Sample { sent_at, took: sent_at.elapsed(), answered };
        self.samples.lock().expect("nobody panics").push(sample);
    }

    /// Takes what was noted since this was last asked, for runs that are too long to keep all of it.
    pub(crate) fn take(&self) -> Vec<Sample> {
        std::mem::take(&mut *self.samples.lock().expect("nobody panics"))
    }

    pub(crate) fn begin_fault(&self) {
        self.fault.lock().expect("nobody panics").0 = Some(Instant::now());
    }

    pub(crate) fn end_fault(&self) {
        self.fault.lock().expect("nobody panics").1 = Some(Instant::now());
    }

    /// Tells everybody to go home.
    pub(crate) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Returns the shares before, during and after the fault, and how long after its end it took until of all
    /// requests sent within a second 99 % were answered.
    pub(crate) fn summary(&self) -> ([Share; 3], Option<Duration>) {
        let (began, ended) = *self.fault.lock().expect("nobody panics");
        let now = Instant::now();
        let (began, ended) = (began.unwrap_or(now), ended.unwrap_or(now));
        let samples = self.samples.lock().expect("nobody panics");
        let of = |keep: &dyn Fn(Instant) -> bool| {
            share(samples.iter().filter(|sample| keep(sample.sent_at)))
        };
        let shares =
            [of(&|at| at < began), of(&|at| at >= began && at < ended), of(&|at| at >= ended)];
        let second = Duration::from_secs(1);
        let back = (0..60_u32).map(|tenths| second / 10 * tenths * 5).find(|after| {
            let from = ended + *after;
            let within = of(&|at| at >= from && at < from + second);
            within.requests > 0 && within.answered >= 0.99
        });
        (shares, back)
    }
}

fn share<'a>(samples: impl Iterator<Item = &'a Sample>) -> Share {
    let samples: Vec<&Sample> = samples.collect();
    if samples.is_empty() {
        return Share::default();
    }
    let answered = samples.iter().filter(|sample| sample.is_answered()).count();
    let mut took: Vec<Duration> = samples.iter().map(|sample| sample.took).collect();
    took.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a share is shown with two digits")]
    let answered = answered as f64 / samples.len() as f64;
    let rank = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
    Share { requests: samples.len(), answered, p50: rank(50), p99: rank(99) }
}

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) fault: &'static str,
    pub(crate) shares: [Share; 3],
    pub(crate) back: Option<Duration>,
    /// What was answered as done and is not so.
    pub(crate) lost: usize,
    /// Tickets of the hot event that were sold, of 500.
    pub(crate) sold: i64,
    /// Tickets that were held a minute after the last hold had ended.
    pub(crate) leaked: i64,
    /// Events whose cached count is not what can be booked.
    pub(crate) drifted: usize,
    /// Whether the books balance.
    pub(crate) is_balanced: bool,
}

/// The longest that the service may take to be back.
const BACK_WITHIN: Duration = Duration::from_secs(10);

impl Line {
    pub(crate) const HEAD: &'static str = "\
| fault | requests | answered before | during | after | p50 / p99 before | during | back after | lost | sold of 500 | leaked | drifted | audit |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

    /// Tells whether every promise was kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.lost == 0
            && self.sold == 500
            && self.leaked == 0
            && self.drifted == 0
            && self.is_balanced
            && self.back.is_some_and(|back| back <= BACK_WITHIN)
    }

    pub(crate) fn to_markdown(&self) -> String {
        let [before, during, after] = self.shares;
        let percent = |share: Share| match share.requests {
            0 => "–".to_owned(),
            _ => format!("{:.2} %", share.answered * 100.0),
        };
        let speed = |share: Share| match share.requests {
            0 => "–".to_owned(),
            _ => format!("{} / {} ms", share.p50.as_millis(), share.p99.as_millis()),
        };
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.fault,
            before.requests + during.requests + after.requests,
            percent(before),
            percent(during),
            percent(after),
            speed(before),
            speed(during),
            self.back.map_or("never".to_owned(), |back| format!("{:.1} s", back.as_secs_f64())),
            self.lost,
            self.sold,
            self.leaked,
            self.drifted,
            if self.is_balanced { "0" } else { "differs" },
        )
    }
}
