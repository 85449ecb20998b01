//! Where the count in the cache and the stock in the database were seen to differ.

use crate::domain::ledger::HoldOutcome;
use crate::ports::booking_repository::BatchOutcome;
use crate::ports::fault::RepositoryError;
use crate::ports::stock_cache::{Take, TakeOutcome};

const GATE: [&str; 3] = ["taken", "too_few", "miss"];
const DATABASE: [&str; 4] = ["held", "sold_out", "other", "failed"];

/// Records that the cache counted `drift` tickets too many, or too few if negative.
pub(super) fn record(found: &'static str, drift: i64) {
    let was = match drift.signum() {
        1 => "high",
        -1 => "low",
        _ => return,
    };
    let tickets = u32::try_from(drift.unsigned_abs()).unwrap_or(u32::MAX);
    metrics::histogram!("booking_cache_drift_tickets", "found" => found, "was" => was)
        .record(f64::from(tickets));
}

/// Counts what the gate said of each request beside what the database made of it, and records by how much the
/// gate was wrong at least: it says how many tickets it counts only where these are too few.
pub(super) fn count_verdicts(
    takes: &[Take],
    gated: &[TakeOutcome],
    admitted: &Result<BatchOutcome<HoldOutcome>, RepositoryError>,
) {
    let mut counts = [[0_u64; DATABASE.len()]; GATE.len()];
    for (index, (take, gate)) in takes.iter().zip(gated).enumerate() {
        let outcome = admitted.as_ref().ok().and_then(|admitted| admitted.outcomes.get(index));
        let quantity = i64::from(take.quantity);
        match (gate, outcome) {
            (TakeOutcome::TooFew { available }, Some(HoldOutcome::Held(_))) => {
                record("gate", i64::from(*available) - quantity);
            }
            (TakeOutcome::Taken, Some(HoldOutcome::SoldOut(sold_out))) => {
                record("gate", quantity - i64::from(sold_out.available));
            }
            _ => {}
        }
        counts[row(*gate)][column(outcome)] += 1;
    }
    for (gate, counts) in GATE.into_iter().zip(counts) {
        for (database, count) in DATABASE.into_iter().zip(counts) {
            if count > 0 {
                metrics::counter!(
                    "booking_gate_verdicts_total", "gate" => gate, "database" => database
                )
                .increment(count);
            }
        }
    }
}

const fn row(gate: TakeOutcome) -> usize {
    match gate {
        TakeOutcome::Taken => 0,
        TakeOutcome::TooFew { .. } => 1,
        TakeOutcome::Miss => 2,
    }
}

const fn column(outcome: Option<&HoldOutcome>) -> usize {
    match outcome {
        Some(HoldOutcome::Held(_)) => 0,
        Some(HoldOutcome::SoldOut(_)) => 1,
        Some(
            HoldOutcome::Replayed(_)
            | HoldOutcome::KeyReused
            | HoldOutcome::EventNotFound
            | HoldOutcome::NotOnSale(_)
            | HoldOutcome::TooMany { .. }
            | HoldOutcome::PriceChanged,
        ) => 2,
        None => 3,
    }
}

#[cfg(test)]
mod tests;
