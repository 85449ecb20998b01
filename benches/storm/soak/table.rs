//! A line for each minute.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use booking_benches::load::Failure;
use booking_testbed::SmtpSink;
use http::StatusCode;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at};

use super::MINUTE;
use super::watch::{Shared, Watch};
use crate::buyers::{Buyer, Done, Promise};
use crate::figures::{Figures, Sample};
use crate::say;

const HEAD: &str = "\
| min | requests | booked | paid | 409 | other 4xx | 503 | other 5xx | timed out | lost | p99 | mails | due | RSS, MiB | files | what broke |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- | --- |";

/// Answers by kind.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    requests: u64,
    booked: u64,
    paid: u64,
    conflicts: u64,
    refused: u64,
    shed: u64,
    broken: u64,
    timed_out: u64,
    lost: u64,
}

/// Prints while it goes on.
pub(crate) struct Table {
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

struct Inner {
    watch: Arc<Shared>,
    figures: Arc<Figures>,
    buyer: Buyer,
    sink: Arc<SmtpSink>,
    started: Instant,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    total: Counts,
    promises: Vec<Promise>,
    mails: usize,
    /// What broke in this minute.
    marks: Vec<&'static str>,
}

impl Table {
    pub(crate) fn start(
        watch: &Watch,
        figures: &Arc<Figures>,
        buyer: &Buyer,
        sink: &Arc<SmtpSink>,
    ) -> Self {
        let inner = Arc::new(Inner {
            watch: watch.shared(),
            figures: Arc::clone(figures),
            buyer: buyer.clone(),
            sink: Arc::clone(sink),
            started: Instant::now(),
            kept: Mutex::default(),
        });
        let printing = Arc::clone(&inner);
        let task = tokio::spawn(async move {
            say(HEAD);
            let mut ticks = interval_at(printing.started + MINUTE, MINUTE);
            loop {
                ticks.tick().await;
                printing.print();
            }
        });
        Self { inner, task }
    }

    /// Notes what breaks.
    pub(crate) fn mark(&self, name: &'static str) {
        self.inner.kept().marks.push(name);
    }

    /// Returns what was answered as done, and the sums in words.
    pub(crate) async fn finish(self) -> (Vec<Promise>, String) {
        let took = self.inner.started.elapsed();
        self.task.abort();
        let _ = self.task.await;
        self.inner.print();
        let mut kept = self.inner.kept();
        let promises = std::mem::take(&mut kept.promises);
        (promises, summary(&kept.total, took, self.inner.sink.taken()))
    }
}

impl Inner {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nobody panics")
    }

    fn print(&self) {
        let mut samples = self.figures.take();
        samples.sort_unstable_by_key(|sample| sample.took);
        let p99 = samples.get(samples.len() * 99 / 100).map_or(Duration::ZERO, |it| it.took);
        let promises = self.buyer.promises();
        let counts = count(&samples, &promises);
        let mut kept = self.kept();
        kept.total.add(&counts);
        kept.promises.extend(promises);
        let mails = self.sink.taken() - std::mem::replace(&mut kept.mails, self.sink.taken());
        let Counts { requests, booked, paid, conflicts, refused, .. } = counts;
        let Counts { shed, broken, timed_out, lost, .. } = counts;
        let (mut memory, mut files) = (String::new(), String::new());
        for look in self.watch.last() {
            write!(memory, "{:.1} ", mib(look.memory)).expect("a string takes everything");
            write!(files, "{} ", look.files).expect("a string takes everything");
        }
        let due = self.watch.due().map_or("–".to_owned(), |due| due.to_string());
        say(&format!(
            "| {} | {requests} | {booked} | {paid} | {conflicts} | {refused} | {shed} | {broken} | {timed_out} | {lost} | {} ms | {mails} | {due} | {memory}| {files}| {} |",
            (self.started.elapsed().as_secs() + 30) / 60,
            p99.as_millis(),
            std::mem::take(&mut kept.marks).join(", "),
        ));
    }
}

fn count(samples: &[Sample], promises: &[Promise]) -> Counts {
    let mut counts = Counts::default();
    for sample in samples {
        counts.requests += 1;
        match sample.answered {
            Ok(StatusCode::CONFLICT) => counts.conflicts += 1,
            Ok(StatusCode::SERVICE_UNAVAILABLE) => counts.shed += 1,
            Ok(status) if status.is_client_error() => counts.refused += 1,
            Ok(status) if status.is_server_error() => counts.broken += 1,
            Ok(_) => {}
            Err(Failure::TimedOut) => counts.timed_out += 1,
            Err(Failure::Lost) => counts.lost += 1,
        }
    }
    for promise in promises {
        counts.booked += u64::from(promise.done == Done::Booked);
        counts.paid += u64::from(promise.done == Done::Paid);
    }
    counts
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.booked += other.booked;
        self.paid += other.paid;
        self.conflicts += other.conflicts;
        self.refused += other.refused;
        self.shed += other.shed;
        self.broken += other.broken;
        self.timed_out += other.timed_out;
        self.lost += other.lost;
    }
}

fn summary(total: &Counts, took: Duration, mails: usize) -> String {
    let Counts { requests, booked, paid, conflicts, refused, .. } = total;
    let Counts { shed, broken, timed_out, lost, .. } = total;
    let rate = |count: u64| {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let count = count as f64;
        count / took.as_secs_f64()
    };
    format!(
        "{requests} requests in {} s, {:.0} a second; {booked} bookings, {:.0} a second; {paid} notifications of payments; \
         {mails} mails; 409 {conflicts}, other 4xx {refused}, 503 {shed}, other 5xx {broken}, timed out {timed_out}, lost {lost}",
        took.as_secs(),
        rate(*requests),
        rate(*booked),
    )
}

/// Returns bytes as MiB.
#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
pub(super) fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
