//! The booking engine behind a documented HTTP API.

pub mod api;
pub mod app;
pub mod demo;
pub mod http;
pub mod import;
