//! Writes batches of admissions: gate, database, cache.

use std::collections::HashSet;
use std::sync::Arc;

use super::adapters::Adapters;
use super::cache_failures::note_cache_failure;
use super::drift;
use super::group_commit::BatchWriter;
use super::plenty::Plenty;
use super::recent::RecentEvents;
use super::refusals::Refusals;
use crate::domain::ids::EventId;
use crate::domain::ledger::{HoldOutcome, HoldRequest};
use crate::ports::fault::RepositoryError;
use crate::ports::stock_cache::{Take, TakeOutcome};
use crate::ports::{Classify, Effect};

/// Admits batches.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) adapters: Adapters,
    pub(super) refusals: Arc<Refusals>,
    pub(super) plenty: Plenty,
    pub(super) recent: Arc<RecentEvents>,
}

impl BatchWriter for Admission {
    type Request = HoldRequest;
    type Answer = HoldOutcome;
    type Lane = EventId;
    const QUEUE: &'static str = "admission";

    fn lane(&self, request: &HoldRequest) -> EventId {
        request.event_id
    }

    /// Near the end of the stock those who came first are served first, so there batches come one after the other.
    fn may_overlap(&self, event_id: EventId) -> bool {
        self.plenty.is_left(event_id)
    }

    async fn write(&self, batch: &[HoldRequest]) -> Result<Vec<HoldOutcome>, RepositoryError> {
        let now = self.adapters.clock.now();
        let takes: Vec<Take> = batch
            .iter()
            .map(|request| Take { event_id: request.event_id, quantity: request.quantity.get() })
            .collect();
        // The count in the cache is lowered first, so that other processes see it; whatever it answers, the
        // database decides. A cache that does not answer is as good as an empty one.
        let gated = self.adapters.cache.take(&takes, now).await.unwrap_or_else(|error| {
            note_cache_failure("take", &error);
            vec![TakeOutcome::Miss; takes.len()]
        });
        let admitted = self.adapters.bookings.admit(batch, now).await;
        drift::count_verdicts(&takes, &gated, &admitted);

        let stocks = admitted.iter().flat_map(|admitted| &admitted.stocks);
        let changed: HashSet<EventId> = stocks.map(|(event_id, _)| *event_id).collect();
        let is_kept = |index: usize| match &admitted {
            // A booking that an earlier attempt made changes nothing, and so holds no more than that one took.
            Ok(admitted) => {
                matches!(admitted.outcomes.get(index), Some(HoldOutcome::Held(_)))
                    && takes.get(index).is_some_and(|take| changed.contains(&take.event_id))
            }
            // Giving back what was sold would only be corrected later; keeping it, too. Keep it: a count
            // that is too low sends the next asker to the database, and that puts it right.
            Err(error) => error.effect() == Effect::Unknown,
        };
        let back: Vec<Take> = takes
            .iter()
            .zip(&gated)
            .enumerate()
            .filter(|(index, (_, gate))| **gate == TakeOutcome::Taken && !is_kept(*index))
            .map(|(_, (take, _))| *take)
            .collect();
        if !back.is_empty()
            && let Err(error) = self.adapters.cache.give_back(&back, now).await
        {
            note_cache_failure("give_back", &error);
        }
        let admitted = admitted.inspect_err(|_| {
            // It may have taken effect all the same.
            self.recent.note_changes(takes.iter().map(|take| take.event_id));
        })?;
        self.plenty.note(&admitted.stocks);
        if !admitted.stocks.is_empty()
            && let Err(error) = self.adapters.cache.correct(&admitted.stocks, now).await
        {
            note_cache_failure("correct", &error);
        }
        for (request, outcome) in batch.iter().zip(&admitted.outcomes) {
            if let HoldOutcome::SoldOut(sold_out) = outcome {
                self.refusals.remember(request.event_id, *sold_out, now);
            }
        }
        self.recent.note_changes(admitted.stocks.iter().map(|(event_id, _)| *event_id));
        Ok(admitted.outcomes)
    }
}
