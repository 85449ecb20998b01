//! Tickets that are sold while others search.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use booking_core::assembly;
use booking_core::domain::booking::Customer;
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::ledger::{HoldOutcome, HoldRequest};
use booking_core::domain::locale::Locale;
use booking_core::domain::money::Money;
use booking_core::domain::quantity::Quantity;
use booking_core::ports::BookingRepository;

/// Bookings of one transaction.
const BATCH: usize = 100;

/// Books a ticket of each event in turn, spread over the time.
pub(crate) async fn sell(
    bookings: Arc<dyn BookingRepository>,
    events: Vec<(EventId, Money)>,
    span: Duration,
    sold: Arc<AtomicU64>,
) -> anyhow::Result<()> {
    let (clock, ids) = assembly::clock_and_ids();
    let customer = Customer::new("Ada Muster", "ada@example.org")?;
    let batches = events.len().div_ceil(BATCH).max(1);
    let mut pace = tokio::time::interval(span / u32::try_from(batches)?);
    for some in events.chunks(BATCH) {
        pace.tick().await;
        let now = clock.now();
        let holds: Vec<HoldRequest> = some
            .iter()
            .map(|(event_id, price)| {
                Ok(HoldRequest {
                    booking_id: BookingId::new(ids.next_id()),
                    event_id: *event_id,
                    quantity: Quantity::new(1)?,
                    customer: customer.clone(),
                    locale: Locale::ENGLISH,
                    unit_price: *price,
                    idempotency: None,
                    payment: None,
                    expires_at: now.saturating_add(Duration::from_mins(15)),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        let done = bookings.admit(&holds, now).await?;
        let held = done.outcomes.iter().filter(|done| matches!(done, HoldOutcome::Held(_))).count();
        sold.fetch_add(held as u64, Ordering::Relaxed);
    }
    Ok(())
}
