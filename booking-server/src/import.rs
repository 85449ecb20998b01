//! Imports events from schema.org `Event` JSON-LD, as it is found on the web.
//!
//! A file may hold one object, an array, an `@graph`, or one object a line; only one record at a
//! time is in memory. A record that cannot be used is reported with its line and does not stop the
//! others; a fault of the database does. An event is stored under a name made of what identifies
//! it, so that importing a file again updates the events and doubles none:
//!
//! 1. `@id`, if there is one;
//! 2. else `identifier`, together with the site if it is not unique by itself;
//! 3. else page, title, start and place together: a conference has the same page every year, and a
//!    tour the same title in every city.

mod identity;
mod json;
mod kind;
mod link;
mod offers;
mod place;
mod reader;
mod record;
mod report;
mod text;
mod when;

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use booking_core::domain::event::{EventStatus, ReminderLead};
use booking_core::domain::ids::EventId;
use booking_core::domain::money::{Currency, Money};
use booking_core::domain::quantity::{Capacity, Quantity};
use booking_core::domain::time::ZoneName;
use booking_core::ports::event_repository::{NewEvent, StoreOutcome};
use booking_core::ports::fault::RepositoryError;
use booking_core::ports::{Classify as _, Clock, EventRepository, IdSource, Retry};

use self::identity::Identity;
use self::reader::{Item, RecordReader};
use self::record::{Mapped, Verdict};

pub use self::reader::Limits;
pub use self::report::{DefaultsUsed, ImportReport, MAX_LISTED, Problem, ProblemKind};

/// Events that are stored in one transaction.
const BATCH: usize = 250;

/// Names of events that are remembered, to find repeats. It takes some 70 bytes for each; in a
/// longer file a repeat updates the event that came before it.
const MAX_REMEMBERED: usize = 1_000_000;

/// How often others may be in the way of a batch.
const STORE_ATTEMPTS: u32 = 10;

/// What fills the gaps of the data, and what is to become of the events.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportOptions {
    /// Tickets of an event that does not say how many it has.
    pub capacity: Capacity,
    /// Price of an event that has none. Its currency is taken for prices without one.
    pub price: Money,
    /// Zone of dates and times that do not say theirs.
    pub timezone: ZoneName,
    /// Whether the events go on sale; else they are drafts.
    pub publish: bool,
    /// The most tickets of one booking, where the data does not say.
    pub max_per_booking: Quantity,
    /// What a record may measure.
    pub limits: Limits,
}

impl Default for ImportOptions {
    /// 100 tickets, free, in EUR, in UTC, drafts, 10 tickets a booking.
    fn default() -> Self {
        let euro = Currency::new("EUR").expect("EUR is a currency");
        Self {
            capacity: Capacity::new(100).expect("100 is a capacity"),
            price: Money::new(0, euro).expect("nothing is an amount"),
            timezone: ZoneName::utc(),
            publish: false,
            max_per_booking: Quantity::new(10).expect("10 is a quantity"),
            limits: Limits::default(),
        }
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    /// Records that were read.
    pub records: u64,
    /// Events that were stored.
    pub stored: u64,
    /// Bytes that were read.
    pub bytes: u64,
}

/// Why an import stopped before the end. What it had stored stays; importing again goes over it and
/// on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The input could not be read.
    #[error("the input could not be read after {} records", report.records)]
    Read {
        /// What came of the records before.
        report: Box<ImportReport>,
        /// Why.
        source: std::io::Error,
    },
    /// The database failed.
    #[error(
        "the database failed after {} events; the events from line {line} on were not stored",
        report.stored()
    )]
    Repository {
        /// The line of the first event that was not stored.
        line: u64,
        /// What came of the records before.
        report: Box<ImportReport>,
        /// Why.
        source: RepositoryError,
    },
}

impl ImportError {
    /// Returns what came of the records before.
    pub const fn report(&self) -> &ImportReport {
        match self {
            Self::Read { report, .. } | Self::Repository { report, .. } => report,
        }
    }
}

/// Imports all records of `input`. `on_progress` is called after each batch.
///
/// It reads in blocking calls between the batches, so it is for a process that does nothing else.
///
/// # Errors
/// - [`ImportError::Read`] if the input fails.
/// - [`ImportError::Repository`] if the database does.
pub async fn run<R: BufRead>(
    input: R,
    options: &ImportOptions,
    repository: &Arc<dyn EventRepository>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
    mut on_progress: impl FnMut(ImportProgress),
) -> Result<ImportReport, ImportError> {
    let mut reader = RecordReader::new(input, options.limits);
    let mut import = Import {
        options,
        report: ImportReport::default(),
        seen: HashMap::new(),
        batch: Vec::new(),
    };
    loop {
        let item = match reader.next_item() {
            Ok(item) => item,
            Err(source) => {
                import.store(&**repository, &**clock).await?;
                return Err(ImportError::Read { report: Box::new(import.report), source });
            }
        };
        let is_end = item.is_none();
        if let Some(item) = item {
            import.take(item, &**ids);
        }
        if is_end || import.batch.len() >= BATCH {
            import.store(&**repository, &**clock).await?;
            on_progress(ImportProgress {
                records: import.report.records,
                stored: import.report.stored(),
                bytes: reader.bytes_read(),
            });
        }
        if is_end {
            import.report.problems.sort_by_key(|problem| problem.line);
            return Ok(import.report);
        }
    }
}

/// An import under way.
struct Import<'a> {
    options: &'a ImportOptions,
    report: ImportReport,
    /// The start of each event by its source.
    seen: HashMap<u128, u64>,
    batch: Vec<(u64, NewEvent)>,
}

impl Import<'_> {
    fn take(&mut self, item: Item, ids: &dyn IdSource) {
        self.report.records += 1;
        let (line, verdict) = match item {
            Item::Broken { line, reason } => (line, Verdict::Rejected(vec![reason])),
            Item::Record { line, json } => (line, record::read(&json, line, self.options)),
        };
        match verdict {
            Verdict::Rejected(reasons) => {
                self.report.add_problem(line, ProblemKind::Rejected, reasons);
            }
            Verdict::Skipped(reason) => {
                self.report.add_problem(line, ProblemKind::Skipped, vec![reason]);
            }
            Verdict::Event(mapped) => self.take_event(line, *mapped, ids),
        }
    }

    fn take_event(&mut self, line: u64, mapped: Mapped, ids: &dyn IdSource) {
        match self.remember(&mapped.identity) {
            Known::New => {}
            Known::Same => {
                let reason = "repeats an earlier record".to_owned();
                self.report.add_problem(line, ProblemKind::Skipped, vec![reason]);
                return;
            }
            // Taking it for the same event would move that one to and fro with every import.
            Known::OtherStart => {
                let reason =
                    "has the @id or identifier of an earlier record, and another startDate";
                self.report.add_problem(line, ProblemKind::Rejected, vec![reason.to_owned()]);
                return;
            }
        }
        let used = &mut self.report.defaults;
        used.capacity += u64::from(mapped.guessed.capacity);
        used.price += u64::from(mapped.guessed.price);
        used.currency += u64::from(mapped.guessed.currency);
        used.timezone += u64::from(mapped.guessed.timezone);
        used.end += u64::from(mapped.guessed.end);
        used.max_per_booking += u64::from(mapped.guessed.max_per_booking);
        if !mapped.warnings.is_empty() {
            self.report.add_problem(line, ProblemKind::Warning, mapped.warnings);
        }
        let status = if self.options.publish { EventStatus::Published } else { EventStatus::Draft };
        let event = NewEvent {
            id: EventId::new(ids.next_id()),
            details: mapped.details,
            capacity: mapped.capacity,
            status,
            reminder: ReminderLead::default(),
            source: Some(mapped.identity.source),
        };
        self.batch.push((line, event));
    }

    fn remember(&mut self, identity: &Identity) -> Known {
        match self.seen.get(&identity.source_hash) {
            Some(start) if *start == identity.start_hash => Known::Same,
            Some(_) => Known::OtherStart,
            None => {
                if self.seen.len() < MAX_REMEMBERED {
                    self.seen.insert(identity.source_hash, identity.start_hash);
                }
                Known::New
            }
        }
    }

    async fn store(
        &mut self,
        repository: &dyn EventRepository,
        clock: &dyn Clock,
    ) -> Result<(), ImportError> {
        let batch = std::mem::take(&mut self.batch);
        let Some(first_line) = batch.first().map(|(line, _)| *line) else { return Ok(()) };
        let (lines, events): (Vec<u64>, Vec<NewEvent>) = batch.into_iter().unzip();
        let mut attempts = STORE_ATTEMPTS;
        let outcomes = loop {
            match repository.store_events(&events, clock.now()).await {
                Ok(outcomes) => break outcomes,
                // Somebody else imports the same: what they stored is found, the next time.
                Err(error) if error.retry() == Retry::Now && attempts > 1 => attempts -= 1,
                Err(source) => {
                    let report = Box::new(std::mem::take(&mut self.report));
                    return Err(ImportError::Repository { line: first_line, report, source });
                }
            }
        };
        for (line, outcome) in lines.into_iter().zip(outcomes) {
            match outcome {
                StoreOutcome::Created(_) => self.report.created += 1,
                StoreOutcome::Updated(_) => self.report.updated += 1,
                StoreOutcome::Unchanged(_) => self.report.unchanged += 1,
                StoreOutcome::CalledOff(_) => {
                    let reason = "was called off in this catalogue".to_owned();
                    self.report.add_problem(line, ProblemKind::Skipped, vec![reason]);
                }
            }
        }
        Ok(())
    }
}

/// Whether an event was in the file before.
enum Known {
    New,
    Same,
    OtherStart,
}

#[cfg(test)]
mod tests;
