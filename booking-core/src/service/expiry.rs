//! Releasing the tickets of holds that ran out.

use super::adapters::Adapters;
use super::failure::ServiceError;
use super::group_commit::GroupCommit;
use super::settlement::SettlementWriter;
use crate::domain::ledger::{Cause, SettleOutcome, Settlement};

/// How many holds are released at a time.
const SWEEP_BATCH: u32 = 500;

/// Releases overdue holds. Safe to run in every process at once: each hold is released once.
#[derive(Debug, Clone)]
pub(super) struct Expiry {
    pub(super) adapters: Adapters,
    pub(super) settlement: GroupCommit<SettlementWriter>,
}

impl Expiry {
    /// Releases some overdue holds; returns how many. Zero means that none is left.
    pub(super) async fn sweep(&self) -> Result<usize, ServiceError> {
        let overdue =
            self.adapters.bookings.list_overdue(self.adapters.clock.now(), SWEEP_BATCH).await?;
        let settlements: Vec<Settlement> = overdue
            .into_iter()
            .map(|booking_id| Settlement { booking_id, cause: Cause::HoldExpired })
            .collect();
        let outcomes = self.settlement.submit_all(settlements).await?;
        Ok(outcomes.iter().filter(|o| matches!(o, SettleOutcome::Moved { .. })).count())
    }
}
