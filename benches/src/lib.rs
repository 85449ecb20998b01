//! What the benches and the programs beside them share.

pub mod closed;
pub mod shop;
