//! SQLite: everything in one file, nothing to install.
//!
//! [`SqliteDatabase`] holds one connection that writes and a few that read. Every write is one transaction
//! that begins with `BEGIN IMMEDIATE`, so writers queue instead of failing, and ends durable
//! (`synchronous = FULL`). A thread hop per statement is what SQLite costs through an asynchronous driver, so
//! a batch of any size is loaded and written by a constant handful of statements that take their rows as JSON.
//!
//! It needs SQLite 3.51 or later: `jsonb_each` hands rows on in binary, which takes half the time that texts do.

mod announcements;
mod audit;
mod bookings;
mod books;
mod changes;
mod database;
mod error;
mod event_rows;
mod events;
mod outbox;
mod rows;
mod search;

pub use bookings::SqliteBookingRepository;
pub use database::SqliteDatabase;
pub use events::SqliteEventRepository;
