use std::collections::BTreeSet;

use super::*;
use crate::domain::event::SaleState;
use crate::domain::ledger::SoldOut;

#[test]
fn every_outcome_of_a_request_is_counted_under_a_name_of_its_own() {
    let sold_out = SoldOut { available: 0, held: 0, next_release_at: None };
    let outcomes = [
        BookOutcome::InProgress,
        BookOutcome::KeyReused,
        BookOutcome::EventNotFound,
        BookOutcome::NotOnSale(SaleState::Draft),
        BookOutcome::TooMany { max: 1 },
        BookOutcome::SoldOut(sold_out),
        BookOutcome::GatewayFailed,
    ];
    let labels: BTreeSet<&str> = outcomes.iter().map(BookOutcome::label).collect();
    assert_eq!(labels.len(), outcomes.len(), "{labels:?}");
    let is_plain = |label: &&str| label.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    assert!(labels.iter().all(is_plain), "{labels:?}");
}
