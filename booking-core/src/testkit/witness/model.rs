//! What has to be true, by rules that are not the engine's.
//!
//! [`EventModel`] follows the journal of an event line by line, and [`judge`] compares everything when all is over.
//! Nothing here asks the engine's own tables: a ticket of a booking is held, sold or free, each line moves it from one
//! place to the next and needs a reason that was seen outside.

mod lines;
mod messages;
mod money;
mod promises;

pub use lines::EventModel;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Account, Facts, Finding, Sent};
use crate::domain::booking::Booking;
use crate::domain::event::Listing;
use crate::domain::ids::BookingId;
use crate::domain::ledger::Movement;
use crate::domain::notice::NoticeKind;
use crate::domain::time::Timestamp;

/// The books of one event, as a database holds them.
#[derive(Debug, Clone)]
pub struct EventBooks {
    /// The event with its stock.
    pub listing: Listing,
    /// Its journal, in order of the versions.
    pub lines: Vec<Movement>,
    /// Its bookings, in any order.
    pub bookings: Vec<Booking>,
    /// The event as it was with earlier versions, in order, if that is known: prices and terms are judged by it.
    pub earlier: Vec<Listing>,
}

impl EventBooks {
    /// Returns the event as it was just before a version, if that is known.
    fn before(&self, version: u64) -> Option<&Listing> {
        self.earlier.iter().rev().find(|listing| listing.stock.version() < version)
    }

    /// Returns when the event last got another time, if that is known.
    fn moved_at(&self) -> Option<Timestamp> {
        let is_now = |listing: &&Listing| {
            listing.event.details.starts_at == self.listing.event.details.starts_at
        };
        let before = self.earlier.iter().rev().find(|listing| !is_now(listing))?;
        let line = self.lines.iter().find(|line| line.version > before.stock.version())?;
        Some(line.at)
    }
}

/// What was seen outside.
#[derive(Debug, Clone, Copy)]
pub struct Outside<'a> {
    /// What was asked and answered.
    pub facts: &'a Facts,
    /// What happened to the money.
    pub accounts: &'a BTreeMap<BookingId, Account>,
    /// Which messages reached the buyers.
    pub sent: &'a [Sent],
    /// For how long tickets are held.
    pub hold: Duration,
    /// By how much the clocks of two instances may differ, and a clock of ours from the bank's.
    pub skew: Duration,
}

/// How a run ended.
#[derive(Debug, Clone, Default)]
pub struct Ending {
    /// When, once everything that was begun has been brought to an end: nothing may be left to do then. `None` if it
    /// ended in the middle.
    pub quiet_at: Option<Timestamp>,
    /// How often a message may have come again, by its identity: once for each time that somebody could not know whether
    /// it had been sent.
    pub excused_repeats: BTreeMap<String, u64>,
    /// Whether a reminder may have come too late to be worth sending, because whoever was to send it was kept from it.
    pub may_lack_reminders: bool,
    /// Messages that could not be delivered for good.
    pub undeliverable: BTreeSet<(BookingId, NoticeKind)>,
}

/// Judges the end of a run.
pub fn judge(outside: Outside<'_>, books: &[EventBooks], ending: &Ending) -> Vec<Finding> {
    let mut findings = outside.facts.contradictions.clone();
    let mut histories = BTreeMap::new();
    for event in books {
        let mut model = EventModel::new();
        for line in &event.lines {
            let row = line.booking.and_then(|(id, _)| event.bookings.iter().find(|b| b.id == id));
            findings.extend(model.follow(line, row, event.before(line.version), outside));
        }
        findings.extend(model.compare(event));
        findings.extend(promises::judge_call_off(outside.facts, event));
        histories.extend(model.into_histories());
    }
    let bookings: BTreeMap<BookingId, &Booking> = books
        .iter()
        .flat_map(|event| &event.bookings)
        .map(|booking| (booking.id, booking))
        .collect();
    findings.extend(promises::judge(outside.facts, &bookings, &histories));
    findings.extend(money::judge(outside, &bookings));
    findings.extend(messages::judge(outside, books, &histories, ending));
    if let Some(now) = ending.quiet_at {
        findings.extend(money::judge_quiet(outside, &bookings, now));
        findings.extend(books.iter().flat_map(promises::judge_settled_call_off));
    }
    findings
}
