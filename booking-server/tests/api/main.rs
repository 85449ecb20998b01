//! Both listeners' services, asked in process over the memory adapters. Every answer is checked
//! against the OpenAPI document of its listener.
#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

mod bookings;
mod contract;
mod crowds;
mod events;
mod gateway;
mod harness;
mod measures;
mod operations;
mod organisers;
mod payments;
mod plumbing;
mod repeats;
mod schema;
mod socket;
