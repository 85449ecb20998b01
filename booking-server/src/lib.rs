//! The booking engine behind a documented HTTP API.
//!
//! [`service()`] is the public listener and [`admin_service`] the private one: tower services over
//! a [`BookingSystem`](booking_core::service::BookingSystem), to be run by [`http::listener`] or
//! mounted in another server. The binary of this crate is one such host.

pub mod api;
pub mod app;
pub mod demo;
pub mod http;
pub mod import;
pub mod pages;
mod seldom;
mod service;

pub use service::{ADMIN, Handler, HttpService, PUBLIC, admin_service, service};

/// Returns the OpenAPI document of the public listener.
pub fn openapi() -> String {
    api::openapi::text(&api::openapi::public())
}
