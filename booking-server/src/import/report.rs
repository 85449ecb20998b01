//! What came of an import.

use std::fmt;

/// The most problems of one kind that a report lists; all of them are counted.
pub const MAX_LISTED: usize = 100;

/// What became of a record that was not simply imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// It is bad, and was left out.
    Rejected,
    /// It is not to be imported, and was left out.
    Skipped,
    /// It was imported without a part of it.
    Warning,
}

/// A record that was not simply imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the record's first byte, counted from 1.
    pub line: u64,
    /// What became of it.
    pub kind: ProblemKind,
    /// Why: never empty.
    pub reasons: Vec<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ProblemKind::Rejected => "rejected",
            ProblemKind::Skipped => "skipped",
            ProblemKind::Warning => "warning",
        };
        write!(f, "line {}: {kind}: {}", self.line, self.reasons.join("; "))
    }
}

/// How many events of an import lacked what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DefaultsUsed {
    /// The number of tickets.
    pub capacity: u64,
    /// The price.
    pub price: u64,
    /// The currency.
    pub currency: u64,
    /// The time zone.
    pub timezone: u64,
    /// The end, taken to be three hours after the beginning.
    pub end: u64,
    /// The most tickets of one booking.
    pub max_per_booking: u64,
}

/// What came of an import, or of the part of it that was stored before a fault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Records that were read.
    pub records: u64,
    /// Events that were entered.
    pub created: u64,
    /// Events that were there, and were changed.
    pub updated: u64,
    /// Events that were there, just as they are.
    pub unchanged: u64,
    /// Records that are bad.
    pub rejected: u64,
    /// Records that are not to be imported: other things than events, events that are called off or
    /// sold out, repeats.
    pub skipped: u64,
    /// Events that lost a part.
    pub warnings: u64,
    /// What was filled in.
    pub defaults: DefaultsUsed,
    /// The problems, in order of their lines, the first [`MAX_LISTED`] of each kind.
    pub problems: Vec<Problem>,
}

impl ImportReport {
    /// Returns how many events are in the catalogue because of this import.
    pub const fn stored(&self) -> u64 {
        self.created + self.updated + self.unchanged
    }

    /// Returns how many problems are counted and not listed.
    pub fn unlisted(&self) -> u64 {
        let all = self.rejected + self.skipped + self.warnings;
        all - u64::try_from(self.problems.len()).unwrap_or(all)
    }

    pub(super) fn add_problem(&mut self, line: u64, kind: ProblemKind, reasons: Vec<String>) {
        let count = match kind {
            ProblemKind::Rejected => &mut self.rejected,
            ProblemKind::Skipped => &mut self.skipped,
            ProblemKind::Warning => &mut self.warnings,
        };
        *count += 1;
        if usize::try_from(*count).is_ok_and(|count| count <= MAX_LISTED) {
            self.problems.push(Problem { line, kind, reasons });
        }
    }
}

/// Prints the problems and a summary, for a terminal.
impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        match self.unlisted() {
            0 => {}
            more => writeln!(f, "… and {more} more problems")?,
        }
        writeln!(
            f,
            "{} records: {} created, {} updated, {} unchanged, {} skipped, {} rejected",
            self.records, self.created, self.updated, self.unchanged, self.skipped, self.rejected
        )?;
        let DefaultsUsed { capacity, price, currency, timezone, end, max_per_booking } =
            self.defaults;
        write!(
            f,
            "filled in: capacity {capacity}, price {price}, currency {currency}, time zone \
             {timezone}, end {end}, tickets per booking {max_per_booking}"
        )
    }
}
