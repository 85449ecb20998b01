//! What can be seen of a system from outside, and a model that judges it.
//!
//! Everything that clients asked and were told, what happened to their money, and which messages reached them is kept
//! by a [`Witness`] and a [`Bank`]. [`model::judge`] compares that with what the database holds in the end: its
//! journal, its bookings and its stocks. The model is made of its own few rules and knows nothing of the engine's: a
//! ticket is held, sold or free, money buys a ticket or comes back, and what was promised stays so.
//!
//! The same judge sits over the [`simulation`](super::simulation) and over runs against real servers: whoever has
//! another database lets [`Client`]s work on it, makes trouble, and has the books judged.

mod bank;
mod client;
mod courier;
pub mod model;
mod postbox;
mod rule;

pub use bank::{Account, Bank, BankManners, Slip};
pub use client::Client;
pub use courier::{Courier, Desk};
pub use postbox::{Postbox, Sent};
pub use rule::Rule;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use super::lock::lock;
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::money::Money;
use crate::domain::payment::{ForeignId, NotificationKind};

/// Somebody wants tickets. Requests are told apart by the customers that they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The customer's address: of its own for each request, and for each key and content.
    pub customer: String,
    /// The event.
    pub event_id: EventId,
    /// How many tickets.
    pub quantity: u32,
    /// The idempotency key.
    pub key: Option<String>,
}

/// Somebody was told that tickets are theirs to pay for, or are theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// What was asked for.
    pub wish: Wish,
    /// What was answered.
    pub booking: Booking,
}

/// Everything that was seen.
#[derive(Debug, Default)]
pub struct Facts {
    /// What was asked for, by customer.
    pub wishes: BTreeMap<String, Wish>,
    /// What was answered to that.
    pub promises: Vec<Promise>,
    /// Keys that were refused because they had been used for something else.
    pub reused_keys: Vec<Wish>,
    /// Bookings that somebody asked to give up.
    pub cancels_asked: BTreeSet<BookingId>,
    /// How bookings stood according to what clients were told.
    pub statuses_told: Vec<(BookingId, BookingStatus)>,
    /// Bookings for which an instance, by its number, last asked the bank for a link and got none. Another may have got one.
    pub links_failed: BTreeSet<(BookingId, u32)>,
    /// Bookings of which the organiser asked to give the money back.
    pub refunds_asked: BTreeSet<BookingId>,
    /// Those of them of which it was said that this is being done.
    pub refunds_promised: BTreeSet<BookingId>,
    /// Changes of events that an organiser asked for, by what kind of line they leave in the journal.
    pub changes_asked: BTreeSet<(EventId, &'static str)>,
    /// Prices that an event was entered with or was to get, for events of which all are known.
    pub prices: BTreeMap<EventId, Vec<Money>>,
    /// Events that the organiser was told are called off.
    pub called_off: BTreeSet<EventId>,
    /// What sound notifications said that were handed to an instance, whether or not it answered.
    pub handed_over: BTreeSet<(BookingId, NotificationKind)>,
    /// Notifications that an instance has answered for, and the bookings that they name.
    pub taken: BTreeMap<ForeignId, BookingId>,
    /// What cannot be, noticed when it was answered.
    pub contradictions: Vec<Finding>,
}

/// Keeps what was asked and answered.
#[derive(Debug, Default)]
pub struct Witness(Mutex<Facts>);

impl Witness {
    /// Returns the facts. Nobody can add to them while they are looked at.
    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        lock(&self.0)
    }
}

/// Something that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: Rule,
    /// What was seen.
    pub seen: String,
}

impl Finding {
    /// Makes a finding.
    pub fn new(rule: Rule, seen: impl Into<String>) -> Self {
        Self { rule, seen: seen.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.rule, self.seen)
    }
}

/// Returns the end of an id, which tells it from the others of a run.
pub fn short(id: BookingId) -> String {
    let id = id.to_string();
    id.get(id.len() - 4..).unwrap_or_default().to_owned()
}
