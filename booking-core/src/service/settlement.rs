//! Writes batches of settlements: database, cache.

use std::sync::Arc;

use super::adapters::Adapters;
use super::cache_failures::note_cache_failure;
use super::group_commit::BatchWriter;
use super::recent::RecentEvents;
use super::refusals::Refusals;
use crate::domain::booking::BookingStatus;
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::{SettleOutcome, Settlement};
use crate::ports::fault::RepositoryError;

/// Settles batches.
#[derive(Debug)]
pub(super) struct SettlementWriter {
    pub(super) adapters: Adapters,
    pub(super) refusals: Arc<Refusals>,
    pub(super) recent: Arc<RecentEvents>,
}

impl BatchWriter for SettlementWriter {
    type Request = Settlement;
    type Answer = SettleOutcome;
    /// A notification does not name its event, only its booking. What is said of one booking is heard in order.
    type Lane = BookingId;
    const QUEUE: &'static str = "settlement";

    fn lane(&self, settlement: &Settlement) -> BookingId {
        settlement.booking_id
    }

    fn may_overlap(&self, _: BookingId) -> bool {
        false
    }

    async fn write(&self, batch: &[Settlement]) -> Result<Vec<SettleOutcome>, RepositoryError> {
        let now = self.adapters.clock.now();
        let settled = self.adapters.bookings.settle(batch, now).await?;
        // What was released is given back by correcting the count to what the database holds now, which is
        // right whatever was lost, repeated or reordered before. Then what was paid clears the event.
        if !settled.stocks.is_empty()
            && let Err(error) = self.adapters.cache.correct(&settled.stocks, now).await
        {
            note_cache_failure("correct", &error);
        }
        let mut cleared: Vec<EventId> = settled
            .outcomes
            .iter()
            .filter_map(|outcome| match outcome {
                SettleOutcome::Moved { booking, from } if changes_stock(*from, booking.status) => {
                    Some(booking.event_id)
                }
                _ => None,
            })
            .collect();
        cleared.sort_unstable();
        cleared.dedup();
        if !cleared.is_empty()
            && let Err(error) = self.adapters.cache.clear(&cleared).await
        {
            note_cache_failure("clear", &error);
        }
        for (event_id, stock) in &settled.stocks {
            self.refusals.note(*event_id, stock.available());
        }
        self.recent.note_changes(settled.stocks.iter().map(|(event_id, _)| *event_id));
        for outcome in &settled.outcomes {
            count(outcome);
        }
        Ok(settled.outcomes)
    }
}

fn changes_stock(from: BookingStatus, to: BookingStatus) -> bool {
    (from == BookingStatus::Confirmed) != (to == BookingStatus::Confirmed)
}

fn count(outcome: &SettleOutcome) {
    let outcome = match outcome {
        SettleOutcome::Moved { booking, .. } => booking.status.as_str(),
        SettleOutcome::Unchanged(_) => "unchanged",
        SettleOutcome::Refused(_) => "refused",
        SettleOutcome::Duplicate => "duplicate",
        SettleOutcome::SetAside(_) => "set_aside",
        SettleOutcome::NotFound => "not_found",
    };
    metrics::counter!("booking_settlements_total", "outcome" => outcome).increment(1);
}
