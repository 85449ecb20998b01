//! The JSON API of both listeners.

pub mod admin;
pub mod endpoint;
pub(crate) mod fault;
