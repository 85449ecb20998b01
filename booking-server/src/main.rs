//! The program `booking-server`.
#![allow(dead_code, unused_imports, unreachable_pub, reason = "it is being put together")]

mod cli;
mod config;
mod ipn_secret;
mod signals;

fn main() {}
