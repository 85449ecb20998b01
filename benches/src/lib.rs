//! What the benches and the programs beside them share.

pub mod bare;
pub mod callers;
pub mod gateway;
pub mod load;
pub mod shop;
pub mod stage;
