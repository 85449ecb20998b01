//! Counting answers and how long they took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::Instant;

use super::connection::{Answer, Failure};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `GET /v1/events/{id}`
    Page,
    /// `POST /v1/bookings`
    Book,
    /// `POST /v1/payments/ipn`
    Pay,
    /// `POST /v1/bookings/{id}/cancel`
    Cancel,
    /// `GET /v1/events`
    Search,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Page, Self::Book, Self::Pay, Self::Cancel, Self::Search];

    /// Returns its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Book => "book",
            Self::Pay => "pay",
            Self::Cancel => "cancel",
            Self::Search => "search",
        }
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 2xx or 304.
    Done,
    /// 409: sold out, or too late to cancel. An answer, too.
    Conflict,
    /// 503: the server sheds load. Or the same request is still being carried out: come again in both cases.
    Shed,
    /// Another 4xx, or a 409 that a request of its kind should not get.
    Refused,
    /// Another 5xx.
    Broken,
    /// No answer in time.
    TimedOut,
    /// No connection, or one that ended.
    Lost,
    /// No connection was free for it in time.
    NotSent,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Conflict,
        Self::Shed,
        Self::Refused,
        Self::Broken,
        Self::TimedOut,
        Self::Lost,
        Self::NotSent,
    ];

    /// Returns its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Conflict => "409",
            Self::Shed => "503",
            Self::Refused => "other 4xx",
            Self::Broken => "other 5xx",
            Self::TimedOut => "timed out",
            Self::Lost => "lost",
            Self::NotSent => "not sent",
        }
    }

    /// Tells what became of a request.
    pub fn of(kind: Kind, answered: &Result<Answer, Failure>) -> Self {
        match answered {
            Ok(answer) => match answer.status.as_u16() {
                200..=299 | 304 => Self::Done,
                409 => Self::of_conflict(kind, &answer.body),
                503 => Self::Shed,
                400..=499 => Self::Refused,
                _ => Self::Broken,
            },
            Err(Failure::TimedOut) => Self::TimedOut,
            Err(Failure::Lost) => Self::Lost,
        }
    }

    /// An event that is not on sale, say, is refused as fast as one that is sold out, and nobody is served by that.
    fn of_conflict(kind: Kind, problem: &[u8]) -> Self {
        let is = |name: &str| problem.windows(name.len()).any(|part| part == name.as_bytes());
        match kind {
            Kind::Book if is("\"/problems/sold-out\"") => Self::Conflict,
            Kind::Cancel if is("\"/problems/not-cancellable\"") => Self::Conflict,
            Kind::Book if is("\"/problems/idempotency-in-progress\"") => Self::Shed,
            _ => Self::Refused,
        }
    }

    /// Tells whether the requests of this class were served.
    pub const fn is_served(self) -> bool {
        matches!(self, Self::Done | Self::Conflict)
    }
}

/// A minute, in microseconds. Nothing takes longer, since everybody gives up before.
const LONGEST: u64 = 60_000_000;

/// Latencies in microseconds, to so many digits.
fn histogram(digits: u8) -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, digits).expect("the bounds are in order")
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// What is known of one kind of request.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) classes: [u64; Class::ALL.len()],
    /// The same with what was answered before anything counts.
    ever: [u64; Class::ALL.len()],
    pub(super) in_time: u64,
    pub(super) done: Histogram<u64>,
    pub(super) conflict: Histogram<u64>,
    pub(super) shed: Histogram<u64>,
}

/// What is known of one slot of time, over all kinds.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) served: u64,
    pub(super) shed: u64,
    pub(super) failed: u64,
    pub(super) latency: Histogram<u64>,
}

#[derive(Debug)]
struct Counts {
    tallies: Vec<Tally>,
    slots: Vec<Slot>,
}

/// Counts from a moment on; what is answered before it is not counted.
///
/// What was due before the end and is answered later counts in the latencies, and not in the rate.
#[derive(Debug)]
pub struct Recorder {
    from: Instant,
    /// The end, in microseconds after the beginning.
    end: AtomicU64,
    slot: Duration,
    counts: Mutex<Counts>,
}

impl Recorder {
    /// Begins to count at `from`.
    pub fn new(from: Instant) -> Self {
        let tally = Tally {
            classes: [0; Class::ALL.len()],
            ever: [0; Class::ALL.len()],
            in_time: 0,
            done: histogram(3),
            conflict: histogram(3),
            shed: histogram(3),
        };
        let counts = Counts { tallies: vec![tally; Kind::ALL.len()], slots: Vec::new() };
        let (end, slot) = (AtomicU64::new(u64::MAX), Duration::from_secs(1));
        Self { from, end, slot, counts: Mutex::new(counts) }
    }

    /// Lets the rate count nothing that is answered later than this.
    pub fn until(self, until: Instant) -> Self {
        self.end.store(micros(until.saturating_duration_since(self.from)), Ordering::Relaxed);
        self
    }

    /// Sums up over time by slots of this length, and not by seconds.
    pub fn by(mut self, slot: Duration) -> Self {
        self.slot = slot;
        self
    }

    /// Ends now, for whoever drives load into this recorder.
    pub fn stop(&self) {
        self.end.fetch_min(micros(self.since()), Ordering::Relaxed);
    }

    /// Tells whether it has ended.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.from && micros(self.since()) >= self.end.load(Ordering::Relaxed)
    }

    /// Returns when it began.
    pub fn from(&self) -> Instant {
        self.from
    }

    /// Notes a request that was due at `due` and ended now.
    pub fn note(&self, kind: Kind, class: Class, due: Instant) {
        let now = Instant::now();
        let mut counts = self.lock();
        let tally = &mut counts.tallies[kind as usize];
        tally.ever[class as usize] += 1;
        if now < self.from {
            return;
        }
        let since = now - self.from;
        let took = micros(now.saturating_duration_since(due)).clamp(1, LONGEST);
        tally.classes[class as usize] += 1;
        match class {
            Class::Done => tally.done.saturating_record(took),
            Class::Conflict => tally.conflict.saturating_record(took),
            Class::Shed => tally.shed.saturating_record(took),
            _ => {}
        }
        let is_in_time = micros(since) <= self.end.load(Ordering::Relaxed);
        tally.in_time += u64::from(class.is_served() && is_in_time);
        let slot = usize::try_from(since.as_nanos() / self.slot.as_nanos()).unwrap_or(usize::MAX);
        while counts.slots.len() <= slot {
            counts.slots.push(Slot { served: 0, shed: 0, failed: 0, latency: histogram(2) });
        }
        let slot = &mut counts.slots[slot];
        match class {
            _ if class.is_served() => {
                slot.served += 1;
                slot.latency.saturating_record(took);
            }
            Class::Shed => slot.shed += 1,
            _ => slot.failed += 1,
        }
    }

    pub(super) fn tallies(&self) -> Vec<Tally> {
        self.lock().tallies.clone()
    }

    pub(super) fn slots(&self) -> Vec<Slot> {
        self.lock().slots.clone()
    }

    /// Returns how many requests of a kind ended in this way, also before anything counted.
    pub fn ever(&self, kind: Kind, class: Class) -> u64 {
        self.lock().tallies[kind as usize].ever[class as usize]
    }

    /// Returns how many requests of a kind may have taken effect without an answer that says so.
    pub fn unknown(&self, kind: Kind) -> u64 {
        let classes = [Class::Shed, Class::Broken, Class::TimedOut, Class::Lost];
        classes.into_iter().map(|class| self.ever(kind, class)).sum()
    }

    /// Returns after how long it was calm: from then on nothing was shed or failed, and of each slot 99 % were served
    /// within `fast`. `None` if it never was.
    pub fn calm_after(&self, fast: Duration) -> Option<Duration> {
        let slots = self.slots();
        let is_calm = |slot: &Slot| {
            slot.shed + slot.failed == 0 && slot.latency.value_at_quantile(0.99) <= micros(fast)
        };
        let restless = slots.iter().rposition(|slot| !is_calm(slot)).map_or(0, |last| last + 1);
        (restless < slots.len()).then(|| self.slot * u32::try_from(restless).unwrap_or(u32::MAX))
    }

    /// Returns how long it has counted.
    pub fn elapsed(&self) -> Duration {
        self.since().min(Duration::from_micros(self.end.load(Ordering::Relaxed)))
    }

    fn since(&self) -> Duration {
        Instant::now().saturating_duration_since(self.from)
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_all_conflicts_only_those_that_are_expected_are_served() {
        let class = |kind, problem: &str| {
            let body = format!(r#"{{"type":"/problems/{problem}","status":409}}"#).into();
            Class::of(kind, &Ok(Answer { status: http::StatusCode::CONFLICT, body }))
        };
        assert_eq!(class(Kind::Book, "sold-out"), Class::Conflict);
        assert_eq!(class(Kind::Cancel, "not-cancellable"), Class::Conflict);
        assert_eq!(class(Kind::Book, "idempotency-in-progress"), Class::Shed);
        for (kind, problem) in [
            (Kind::Book, "not-on-sale"),
            (Kind::Book, "sold-out-of-order"),
            (Kind::Cancel, "sold-out"),
            (Kind::Pay, "sold-out"),
        ] {
            assert_eq!(class(kind, problem), Class::Refused, "{kind:?} {problem}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_ends_with_the_window_and_the_latencies_do_not() {
        let from = Instant::now() + Duration::from_secs(1);
        let recorder = Recorder::new(from).until(from + Duration::from_secs(2));
        recorder.note(Kind::Book, Class::Done, Instant::now());
        tokio::time::advance(Duration::from_secs(2)).await;
        recorder.note(Kind::Book, Class::Done, from);
        recorder.note(Kind::Book, Class::Shed, from);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(recorder.is_over());
        recorder.note(Kind::Book, Class::Done, from);

        let tally = &recorder.tallies()[Kind::Book as usize];
        assert_eq!((tally.in_time, tally.done.len(), tally.shed.len()), (1, 2, 1));
        assert!(tally.done.max() >= 4_000_000);
        assert_eq!(recorder.ever(Kind::Book, Class::Done), 3, "the warm-up, too");
        assert_eq!(recorder.unknown(Kind::Book), 1);
        assert_eq!(recorder.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stops_it_shortens_the_window() {
        let recorder = Recorder::new(Instant::now());
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(!recorder.is_over());
        recorder.stop();
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(recorder.is_over());
        assert_eq!(recorder.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_calm_once_nobody_is_refused_or_slow_any_more() {
        let slot = Duration::from_millis(100);
        let fast = Duration::from_millis(50);
        let recorder = Recorder::new(Instant::now()).by(slot);
        assert_eq!(recorder.calm_after(fast), None, "nothing is known");
        recorder.note(Kind::Book, Class::Done, Instant::now());
        recorder.note(Kind::Book, Class::Shed, Instant::now());
        tokio::time::advance(slot * 2).await;
        recorder.note(Kind::Book, Class::Done, Instant::now() - slot);
        assert_eq!(recorder.calm_after(fast), None, "the last one was slow");
        tokio::time::advance(slot).await;
        recorder.note(Kind::Book, Class::Done, Instant::now());
        assert_eq!(recorder.calm_after(fast), Some(slot * 3));
    }
}
