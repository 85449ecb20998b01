//! The pages, as a browser without scripts uses them.

mod booking;
mod event;
mod every_page;
mod payment;
mod search;
mod shop;
