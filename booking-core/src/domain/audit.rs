//! Recomputing the books: the referee of every fault.
//!
//! Repositories deliver raw rows, which may be wrong in any way; the rules stand here once for all of them.

use std::fmt;

use super::booking::BookingStatus;
use super::ids::{BookingId, EventId};
use super::lifecycle::{Move, Step, Trigger, step};

/// An event's row, and the sums of its journal and its bookings, read at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRecord {
    /// The event.
    pub event_id: EventId,
    /// The stock row's capacity.
    pub capacity: i64,
    /// The stock row's stock.
    pub stock: i64,
    /// The stock row's held tickets.
    pub held: i64,
    /// The stock row's version.
    pub version: i64,
    /// Number of lines in the journal.
    pub movements: i64,
    /// Highest version in the journal.
    pub last_version: i64,
    /// Sum of the changes of the capacity.
    pub moved_capacity: i64,
    /// Sum of the changes of the stock.
    pub moved_stock: i64,
    /// Sum of the changes of the held tickets.
    pub moved_held: i64,
    /// Tickets of its pending bookings.
    pub pending_tickets: i64,
    /// Tickets of its confirmed bookings.
    pub confirmed_tickets: i64,
    /// Lines of the journal that name a booking which is not there.
    pub orphans: i64,
    /// Whether the event itself is there, and not only its stock.
    pub has_details: bool,
}

/// A booking's row, and everything recorded of it, read at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingRecord {
    /// The booking.
    pub booking_id: BookingId,
    /// Its event.
    pub event_id: EventId,
    /// Number of tickets.
    pub quantity: i64,
    /// Price of a ticket in minor units.
    pub unit_price: i64,
    /// Price of all in minor units.
    pub total: i64,
    /// Name of its status.
    pub status: String,
    /// Its lines in the journal, in order of their versions.
    pub history: Vec<HistoryRecord>,
    /// Whether its event is there.
    pub has_event: bool,
    /// Whether a notification of success that matches it was recorded.
    pub is_paid: bool,
    /// Whether a notification of refund that matches it was recorded.
    pub is_paid_back: bool,
}

/// One line of the journal that names a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRecord {
    /// Name of the cause.
    pub cause: String,
    /// Name of the status that the booking got.
    pub status: String,
    /// Change of the stock.
    pub stock: i64,
    /// Change of the held tickets.
    pub held: i64,
}

/// Something in the books that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discrepancy {
    /// The event.
    pub event_id: EventId,
    /// The booking, if it is about one.
    pub booking_id: Option<BookingId>,
    /// What does not agree, with both figures.
    pub finding: String,
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}", self.event_id)?;
        if let Some(booking_id) = self.booking_id {
            write!(f, ", booking {booking_id}")?;
        }
        write!(f, ": {}", self.finding)
    }
}

impl EventRecord {
    /// Returns everything that does not agree.
    pub fn check(&self) -> Vec<Discrepancy> {
        let pairs = [
            ("capacity", self.capacity, "the journal's", self.moved_capacity),
            ("stock", self.stock, "the journal's", self.moved_stock),
            ("held", self.held, "the journal's", self.moved_held),
            ("version", self.version, "the journal's last", self.last_version),
            ("version", self.version, "the number of lines in the journal,", self.movements),
            ("held", self.held, "the tickets of pending bookings,", self.pending_tickets),
            (
                "capacity less stock",
                self.capacity.saturating_sub(self.stock),
                "the tickets of confirmed bookings,",
                self.confirmed_tickets,
            ),
            ("lines about missing bookings", self.orphans, "the number allowed,", 0),
        ];
        let mut findings: Vec<String> = pairs
            .into_iter()
            .filter(|(_, actual, _, expected)| actual != expected)
            .map(|(what, actual, whose, expected)| {
                format!("{what} is {actual}, {whose} {expected}")
            })
            .collect();
        if !self.has_details {
            findings.push("the event itself is missing".to_owned());
        }
        if !(0 <= self.held && self.held <= self.stock && self.stock <= self.capacity) {
            findings.push(format!(
                "0 <= held <= stock <= capacity does not hold for {}, {}, {}",
                self.held, self.stock, self.capacity
            ));
        }
        findings
            .into_iter()
            .map(|finding| Discrepancy { event_id: self.event_id, booking_id: None, finding })
            .collect()
    }
}

impl BookingRecord {
    /// Returns everything that does not agree.
    pub fn check(&self) -> Vec<Discrepancy> {
        let mut findings = Vec::new();
        if self.unit_price.checked_mul(self.quantity) != Some(self.total) {
            findings.push(format!(
                "total is {}, not {} times {}",
                self.total, self.quantity, self.unit_price
            ));
        }
        if !self.has_event {
            findings.push("its event is missing".to_owned());
        }
        match BookingStatus::parse(&self.status) {
            Err(_) => findings.push("status is none that exists".to_owned()),
            Ok(status) => {
                self.check_history(&mut findings);
                self.check_money(status, &mut findings);
            }
        }
        findings
            .into_iter()
            .map(|finding| Discrepancy {
                event_id: self.event_id,
                booking_id: Some(self.booking_id),
                finding,
            })
            .collect()
    }

    /// Replays the journal through the state machine.
    fn check_history(&self, findings: &mut Vec<String>) {
        let Some((first, rest)) = self.history.split_first() else {
            findings.push("the journal knows nothing of it".to_owned());
            return;
        };
        if (first.status.as_str(), first.stock, first.held) != ("pending", 0, self.quantity) {
            findings.push("the journal does not begin with its hold".to_owned());
        }
        let mut last = first;
        for line in rest {
            if !self.is_legal(last, line) {
                findings.push(format!(
                    "the journal moves it from {} to {} by {}, which the rules do not allow",
                    last.status, line.status, line.cause
                ));
            }
            last = line;
        }
        if last.status != self.status {
            findings.push(format!("status is {}, the journal's {}", self.status, last.status));
        }
    }

    fn is_legal(&self, from: &HistoryRecord, line: &HistoryRecord) -> bool {
        let Ok(status) = BookingStatus::parse(&from.status) else { return false };
        let Some(trigger) = Trigger::ALL.into_iter().find(|t| t.as_str() == line.cause) else {
            return false;
        };
        let is_it = |there: Move| {
            there.to.as_str() == line.status
                && i64::from(there.stock) * self.quantity == line.stock
                && i64::from(there.held) * self.quantity == line.held
        };
        match step(status, trigger) {
            Step::Go(there) => is_it(there),
            Step::IfAvailable(yes, no) => is_it(yes) || is_it(no),
            Step::Stay | Step::Refuse => false,
        }
    }

    /// Nothing is given away, and no money is kept without a ticket.
    fn check_money(&self, status: BookingStatus, findings: &mut Vec<String>) {
        use BookingStatus::{
            Cancelled, Confirmed, Expired, PaymentFailed, Pending, RefundDue, Refunded,
        };
        match status {
            Confirmed | RefundDue if !self.is_paid && self.total > 0 => {
                findings.push(format!("is {}, but no payment is recorded", self.status));
            }
            Pending | PaymentFailed | Cancelled | Expired if self.is_paid => {
                findings.push(format!("is {}, but a payment is recorded", self.status));
            }
            Confirmed | RefundDue if self.is_paid_back => {
                findings.push(format!("is {}, but a refund is recorded", self.status));
            }
            Pending | Confirmed | PaymentFailed | Cancelled | Expired | RefundDue | Refunded => {}
        }
    }
}

#[cfg(test)]
mod tests;
