//! Counting answers and how long they took.

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
    /// 503: the server sheds load.
    Shed,
    /// Another 4xx.
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
    pub fn of(answered: &Result<Answer, Failure>) -> Self {
        match answered {
            Ok(answer) => match answer.status.as_u16() {
                200..=299 | 304 => Self::Done,
                409 => Self::Conflict,
                503 => Self::Shed,
                400..=499 => Self::Refused,
                _ => Self::Broken,
            },
            Err(Failure::TimedOut) => Self::TimedOut,
            Err(Failure::Lost) => Self::Lost,
        }
    }

    /// Tells whether the requests of this class were served.
    pub const fn is_served(self) -> bool {
        matches!(self, Self::Done | Self::Conflict)
    }
}

/// Latencies in microseconds, up to a minute, to three digits.
pub(super) fn histogram(digits: u8) -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, digits).expect("the bounds are in order")
}

/// What is known of one kind of request.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) classes: [u64; Class::ALL.len()],
    pub(super) in_time: u64,
    pub(super) served: Histogram<u64>,
    pub(super) shed: Histogram<u64>,
}

/// What is known of one second, over all kinds.
#[derive(Debug, Clone)]
pub(super) struct Second {
    pub(super) served: u64,
    pub(super) shed: u64,
    pub(super) failed: u64,
    pub(super) latency: Histogram<u64>,
}

#[derive(Debug)]
struct Counts {
    tallies: Vec<Tally>,
    seconds: Vec<Second>,
}

/// Counts from a moment on; what is answered before it is not counted.
///
/// What was due before the end and is answered later counts in the latencies, and not in the rate.
#[derive(Debug)]
pub struct Recorder {
    from: Instant,
    until: Option<Instant>,
    counts: Mutex<Counts>,
}

impl Recorder {
    /// Begins to count at `from`.
    pub fn new(from: Instant) -> Self {
        let tally = Tally {
            classes: [0; Class::ALL.len()],
            in_time: 0,
            served: histogram(3),
            shed: histogram(3),
        };
        let counts = Counts { tallies: vec![tally; Kind::ALL.len()], seconds: Vec::new() };
        Self { from, until: None, counts: Mutex::new(counts) }
    }

    /// Lets the rate count nothing that is answered later than this.
    pub fn until(mut self, until: Instant) -> Self {
        self.until = Some(until);
        self
    }

    /// Returns when it began.
    pub fn from(&self) -> Instant {
        self.from
    }

    /// Notes a request that was due at `due` and ended now.
    pub fn note(&self, kind: Kind, class: Class, due: Instant) {
        let now = Instant::now();
        if now < self.from {
            return;
        }
        let took = now.saturating_duration_since(due);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).clamp(1, 60_000_000);
        let second = usize::try_from((now - self.from).as_secs()).unwrap_or(usize::MAX);
        let mut counts = self.lock();
        let tally = &mut counts.tallies[kind as usize];
        tally.classes[class as usize] += 1;
        if class.is_served() {
            tally.served.saturating_record(micros);
            tally.in_time += u64::from(self.until.is_none_or(|until| now <= until));
        } else if class == Class::Shed {
            tally.shed.saturating_record(micros);
        }
        while counts.seconds.len() <= second {
            counts.seconds.push(Second { served: 0, shed: 0, failed: 0, latency: histogram(2) });
        }
        let second = &mut counts.seconds[second];
        match class {
            _ if class.is_served() => {
                second.served += 1;
                second.latency.saturating_record(micros);
            }
            Class::Shed => second.shed += 1,
            _ => second.failed += 1,
        }
    }

    pub(super) fn tallies(&self) -> Vec<Tally> {
        self.lock().tallies.clone()
    }

    pub(super) fn seconds(&self) -> Vec<Second> {
        self.lock().seconds.clone()
    }

    /// Returns how long it has counted.
    pub fn elapsed(&self) -> Duration {
        Instant::now().saturating_duration_since(self.from)
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
