//! Both listeners' services, asked in process over the memory adapters. Every answer is checked
//! against the OpenAPI document of its listener.

mod bookings;
mod contract;
mod events;
mod harness;
mod operations;
mod organisers;
mod payments;
mod plumbing;
mod schema;
