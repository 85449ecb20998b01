//! The referee.

use crate::domain::audit::Discrepancy;
use crate::ports::BookingRepository;

const PAGE: u32 = 500;

/// Recomputes the books of a whole database from its journal, and returns everything that does not agree.
///
/// It may be called while the system runs: each record is read at one moment.
pub async fn audit(bookings: &dyn BookingRepository) -> Vec<Discrepancy> {
    let mut findings = Vec::new();
    let mut after = None;
    loop {
        let page = bookings.audit_events(after, PAGE).await.expect("the events can be audited");
        findings.extend(page.iter().flat_map(crate::domain::audit::EventRecord::check));
        let Some(last) = page.last() else { break };
        assert!(after < Some(last.event_id), "the audit of events does not get on");
        after = Some(last.event_id);
    }
    let mut after = None;
    loop {
        let page = bookings.audit_bookings(after, PAGE).await.expect("the bookings can be audited");
        findings.extend(page.iter().flat_map(crate::domain::audit::BookingRecord::check));
        let Some(last) = page.last() else { break };
        assert!(after < Some(last.booking_id), "the audit of bookings does not get on");
        after = Some(last.booking_id);
    }
    findings
}

/// Fails with every discrepancy if [`audit`] finds any.
#[track_caller]
pub fn assert_books_balance(
    bookings: &dyn BookingRepository,
) -> impl Future<Output = ()> + Send + '_ {
    let caller = std::panic::Location::caller();
    async move {
        let findings: Vec<String> = audit(bookings).await.iter().map(ToString::to_string).collect();
        assert!(
            findings.is_empty(),
            "at {caller}, the books do not balance:\n{}",
            findings.join("\n")
        );
    }
}
