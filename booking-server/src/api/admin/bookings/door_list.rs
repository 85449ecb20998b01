//! The bookings of an event as a table.

use booking_core::domain::booking::Booking;
use booking_core::domain::ids::{BookingId, EventId};

use crate::api::fault::report;
use crate::app::App;
use crate::http::problem::Problem;

/// The media type of the table (RFC 4180 and RFC 7111).
pub(super) const MEDIA_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// The columns. `total` is in minor units, as everywhere.
pub(crate) const COLUMNS: [&str; 10] = [
    "booking_id",
    "status",
    "quantity",
    "name",
    "email",
    "total",
    "currency",
    "created_at",
    "confirmed_at",
    "cancelled_at",
];

/// How many bookings one table holds if nobody says: some 20 MB. `Link` leads to the rest.
const MAX_ROWS: u32 = 100_000;
/// How many are read at a time.
const PAGE: u32 = 1_000;

/// Writes the bookings after `after`, and says where the rest begins.
pub(super) async fn write(
    app: &App,
    event_id: EventId,
    mut after: Option<BookingId>,
    limit: Option<u32>,
) -> Result<(Vec<u8>, Option<BookingId>), Problem> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS).map_err(|error| fault(&error))?;
    let mut rest = limit.unwrap_or(MAX_ROWS);
    loop {
        let page = app.system().bookings().list(event_id, after, rest.min(PAGE)).await;
        let page = page.map_err(|error| report(&error))?;
        for booking in &page.items {
            table.write_record(row(booking)).map_err(|error| fault(&error))?;
        }
        rest = rest.saturating_sub(u32::try_from(page.items.len()).unwrap_or(u32::MAX));
        if page.next.is_none() || rest == 0 {
            let table = table.into_inner().map_err(|error| fault(error.error()))?;
            return Ok((table, page.next));
        }
        after = page.next;
    }
}

fn row(booking: &Booking) -> [String; 10] {
    let instant = |at: Option<booking_core::domain::time::Timestamp>| {
        at.map(|at| at.to_string()).unwrap_or_default()
    };
    [
        booking.id.to_string(),
        booking.status.as_str().to_owned(),
        booking.quantity.to_string(),
        harmless(booking.customer.name()),
        harmless(booking.customer.email()),
        booking.total.amount_minor().to_string(),
        booking.total.currency().to_string(),
        booking.created_at.to_string(),
        instant(booking.confirmed_at),
        instant(booking.cancelled_at),
    ]
}

/// Spreadsheets run what looks like a formula, also when a stranger wrote it into a name. An
/// apostrophe before it makes it a text (OWASP, "CSV Injection").
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn fault(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a door list cannot be written");
    Problem::internal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(harmless("Ann-Marie O'Neil"), "Ann-Marie O'Neil");
    }
}
