//! The booking engine behind a documented HTTP API.

pub mod http;
