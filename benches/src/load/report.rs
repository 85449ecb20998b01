//! What came of it, in words and figures.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::recorder::{Class, Kind, Recorder, Tally};

/// What became of the requests of one kind.
#[derive(Debug, Clone)]
pub struct KindReport {
    /// Which kind.
    pub kind: Kind,
    /// How many ended in which way.
    pub classes: Vec<(Class, u64)>,
    /// How many were served each second.
    pub rate: f64,
    done: Histogram<u64>,
    conflict: Histogram<u64>,
    shed: Histogram<u64>,
}

/// What became of all requests.
#[derive(Debug, Clone)]
pub struct Report {
    /// By kind; those that nobody asked for are left out.
    pub kinds: Vec<KindReport>,
    /// Over how long.
    pub elapsed: Duration,
}

impl Report {
    /// Sums up what was counted over `elapsed`.
    pub fn new(recorder: &Recorder, elapsed: Duration) -> Self {
        let kinds = Kind::ALL
            .into_iter()
            .zip(recorder.tallies())
            .map(|(kind, tally)| {
                let classes = Class::ALL
                    .into_iter()
                    .zip(tally.classes)
                    .filter(|(_, count)| *count > 0)
                    .collect();
                #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
                let rate = tally.in_time as f64 / elapsed.as_secs_f64();
                let Tally { done, conflict, shed, .. } = tally;
                KindReport { kind, classes, rate, done, conflict, shed }
            })
            .filter(|report| !report.classes.is_empty())
            .collect();
        Self { kinds, elapsed }
    }

    /// Returns how many requests of a kind were served each second.
    pub fn rate(&self, kind: Kind) -> f64 {
        self.kinds.iter().find(|report| report.kind == kind).map_or(0.0, |report| report.rate)
    }

    /// Returns how many requests ended in a way that is not one of these.
    pub fn count_other_than(&self, fine: &[Class]) -> u64 {
        let classes = self.kinds.iter().flat_map(|kind| &kind.classes);
        classes.filter(|(class, _)| !fine.contains(class)).map(|(_, count)| count).sum()
    }
}

impl KindReport {
    /// Returns how many ended in this way.
    pub fn count(&self, class: Class) -> u64 {
        self.classes.iter().find(|(known, _)| *known == class).map_or(0, |(_, count)| *count)
    }

    /// Returns the time within which a share of the requests that ended in this way was answered. Nothing is known of
    /// those that were not.
    pub fn latency(&self, class: Class, share: f64) -> Option<Duration> {
        let latency = match class {
            Class::Done => &self.done,
            Class::Conflict => &self.conflict,
            Class::Shed => &self.shed,
            _ => return None,
        };
        (!latency.is_empty()).then(|| Duration::from_micros(latency.value_at_quantile(share)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "over {:.1} s:", self.elapsed.as_secs_f64())?;
        for report in &self.kinds {
            let classes: Vec<String> = report
                .classes
                .iter()
                .map(|(class, count)| format!("{} {count}", class.name()))
                .collect();
            writeln!(
                f,
                "  {:<7} {:>9.0} /s   {}",
                report.kind.name(),
                report.rate,
                classes.join(", ")
            )?;
            line(f, Class::Done, &report.done)?;
            line(f, Class::Conflict, &report.conflict)?;
            line(f, Class::Shed, &report.shed)?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, class: Class, latency: &Histogram<u64>) -> fmt::Result {
    if latency.is_empty() {
        return Ok(());
    }
    write!(f, "          {:<7}", class.name())?;
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
        write!(f, " {name} {}", millis(latency.value_at_quantile(share)))?;
    }
    writeln!(f, " max {}", millis(latency.max()))
}

fn millis(micros: u64) -> String {
    format!("{}.{:02} ms", micros / 1_000, micros % 1_000 / 10)
}
