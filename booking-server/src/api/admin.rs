//! What organisers and operators ask for, on a listener of its own.

pub mod endpoint;
