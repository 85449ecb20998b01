//! Recomputing the books of a system, which may be running meanwhile.

use crate::domain::audit::Discrepancy;
use crate::ports::BookingRepository;
use crate::ports::fault::RepositoryError;

/// How many records are read at a time.
const PAGE: u32 = 500;

/// What an audit looked at, and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditReport {
    /// How many events were looked at.
    pub events: u64,
    /// How many bookings were looked at.
    pub bookings: u64,
    /// Everything that does not agree.
    pub discrepancies: Vec<Discrepancy>,
}

/// Recomputes every event and booking from the journal.
///
/// # Errors
/// - Any [`RepositoryError`] of a read.
pub async fn audit(bookings: &dyn BookingRepository) -> Result<AuditReport, RepositoryError> {
    let mut report = AuditReport::default();
    let mut after = None;
    loop {
        let page = bookings.audit_events(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.event_id);
        for record in &page {
            report.events += 1;
            report.discrepancies.extend(record.check());
        }
    }
    let mut after = None;
    loop {
        let page = bookings.audit_bookings(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.booking_id);
        for record in &page {
            report.bookings += 1;
            report.discrepancies.extend(record.check());
        }
    }
    Ok(report)
}
