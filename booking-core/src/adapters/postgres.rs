//! PostgreSQL 14 or newer, directly or through pgbouncer in transaction mode.
//!
//! A batch is one transaction. It locks the stock of its events, in the order of their ids; reads what the rules
//! need, after the lock and so with everything that others committed before; lets
//! [`Books`](crate::domain::ledger::Books) decide; and writes all of it with one statement. Locking comes first
//! and apart, because a row that was waited for is read anew, but what the same statement reads beside it is not.
//!
//! While an event has plenty of tickets, its admissions need not wait for that lock: they are decided on what an
//! earlier batch left in memory, the bookings are inserted, and only then one statement locks, checks and counts. Where
//! the check fails, nothing stays written, and the batch goes the other way.
//!
//! # Behind pgbouncer
//!
//! In transaction mode two statements of one client may meet two servers. [`PgOptions::pgbouncer`] makes
//! everything safe there, down to version 1.18: every statement runs in a transaction, none is named, each
//! transaction begins by forgetting whatever names others left behind, and nothing depends on a session. Without
//! the switch, statements are prepared once for each connection, which saves a round trip.
//!
//! # Limits of time
//!
//! A statement ends after ten seconds, a wait for a lock after three, and a transaction whose client falls silent
//! after three: a process that is stopped in the middle of a transaction must not keep an event from the others.

mod announcements;
mod audit;
mod bookings;
mod books;
mod changes;
mod connection;
mod database;
mod error;
mod event_rows;
mod events;
mod instant;
mod migrations;
mod optimistic;
mod options;
mod outbox;
mod rows;
mod search;

pub use bookings::PgBookingRepository;
pub use database::{PgDatabase, PoolState};
pub use events::PgEventRepository;
pub use options::PgOptions;
