//! The journal of an event, line by line.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{EventBooks, Outside};
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::event::{EventStatus, Listing};
use crate::domain::ids::BookingId;
use crate::domain::ledger::{Movement, MovementCause};
use crate::domain::lifecycle::Trigger;
use crate::domain::payment::NotificationKind;
use crate::domain::stock::StockDelta;
use crate::domain::time::Timestamp;
use crate::testkit::witness::{Account, Finding, Rule, short};

/// For how long after the end of a hold a payment is in time: what the requirements promise to whoever paid in the last
/// second.
const PAYMENT_GRACE: Duration = Duration::from_secs(30);

/// Where the tickets of a booking are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Held,
    Sold,
    Free,
}

const fn place(status: BookingStatus) -> Place {
    match status {
        BookingStatus::Pending => Place::Held,
        BookingStatus::Confirmed => Place::Sold,
        BookingStatus::PaymentFailed
        | BookingStatus::Cancelled
        | BookingStatus::Expired
        | BookingStatus::RefundDue
        | BookingStatus::Refunded => Place::Free,
    }
}

/// One stop on the way of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop {
    /// Why it got there.
    pub cause: MovementCause,
    /// Where it stands.
    pub status: BookingStatus,
    /// When.
    pub at: Timestamp,
}

/// The ways of bookings, by their ids.
pub(super) type Histories = BTreeMap<BookingId, Vec<Stop>>;

/// An event as its journal tells it.
#[derive(Debug, Clone, Default)]
pub struct EventModel {
    version: u64,
    capacity: i64,
    stock: i64,
    held: i64,
    is_called_off: bool,
    ways: Histories,
    /// Tickets and ends of the holds that are on.
    holds: BTreeMap<BookingId, (i64, Timestamp)>,
}

impl EventModel {
    /// Begins with an event that is not there yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the version of the last line.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Returns how a booking stands after the last line, if it was there.
    pub(in crate::testkit) fn status(&self, id: BookingId) -> Option<BookingStatus> {
        self.ways.get(&id)?.last().map(|stop| stop.status)
    }

    /// Returns how many tickets could be booked after the last line, and how many were held.
    pub(in crate::testkit) const fn counts(&self) -> (i64, i64) {
        (self.stock - self.held, self.held)
    }

    /// Follows one line. `row` is its booking as the database holds it: what never changes of it is asked. `before` is
    /// the event as it was just before, if that is known.
    pub fn follow(
        &mut self,
        line: &Movement,
        row: Option<&Booking>,
        before: Option<&Listing>,
        outside: Outside<'_>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        if line.version != self.version + 1 {
            let seen = format!("line {} follows line {}", line.version, self.version);
            findings.push(Finding::new(Rule::TheJournalHasNoGap, seen));
        }
        self.version = line.version;
        match (line.booking, row) {
            (None, _) => findings.extend(self.follow_event(line, outside)),
            (Some((id, _)), None) => {
                let seen = format!("line {} names {}", line.version, short(id));
                findings.push(Finding::new(Rule::TheJournalNamesBookingsThatAreThere, seen));
            }
            (Some((_, status)), Some(row)) => {
                findings.extend(self.follow_booking(line, status, row, outside));
                if status == BookingStatus::Pending {
                    findings.extend(judge_terms(line, row, before, outside));
                }
            }
        }
        self.capacity += line.delta.capacity;
        self.stock += line.delta.stock;
        self.held += line.delta.held;
        if !(0 <= self.held && self.held <= self.stock && self.stock <= self.capacity) {
            let (held, stock, capacity) = (self.held, self.stock, self.capacity);
            let seen = format!(
                "after line {}: {held} held, {stock} in stock, {capacity} in all",
                line.version
            );
            findings.push(Finding::new(Rule::NothingIsOversold, seen));
        }
        findings
    }

    fn follow_event(&mut self, line: &Movement, outside: Outside<'_>) -> Vec<Finding> {
        self.is_called_off |= line.cause == MovementCause::Cancelled;
        let mut findings = Vec::new();
        let StockDelta { capacity, stock, held } = line.delta;
        if capacity != stock || held != 0 {
            let seen = format!("{:?} changed the stock by {:?}", line.cause, line.delta);
            findings.push(Finding::new(Rule::OrganisersChangeTheCapacityOnly, seen));
        }
        let is_first = line.cause == MovementCause::Created;
        let asked = (line.event_id, line.cause.as_str());
        if !is_first && !outside.facts.changes_asked.contains(&asked) {
            let seen = format!("line {}: {:?}", line.version, line.cause);
            findings.push(Finding::new(Rule::NothingHappensWithoutAReason, seen));
        }
        findings
    }

    fn follow_booking(
        &mut self,
        line: &Movement,
        to: BookingStatus,
        row: &Booking,
        outside: Outside<'_>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let before = self.ways.get(&row.id).and_then(|way| way.last()).map(|stop| stop.status);
        let quantity = i64::from(row.quantity.get());
        let expected = difference(before.map_or(Place::Free, place), place(to), quantity);
        if line.delta != expected {
            let seen = format!("{} {before:?} → {to:?} by {:?}", short(row.id), line.delta);
            findings.push(Finding::new(Rule::TicketsMoveWithTheirBooking, seen));
        }
        if !is_way(before, to) {
            let seen = format!("{} went from {before:?} to {to:?}", short(row.id));
            findings.push(Finding::new(Rule::ABookingOnlyGoesForwards, seen));
        }
        let account = outside.accounts.get(&row.id).cloned().unwrap_or_default();
        if let Err(missing) = self.reason(line, (before, to), row, &account, outside) {
            let seen = format!(
                "{} went from {before:?} to {to:?} by {:?}: {missing}",
                short(row.id),
                line.cause
            );
            findings.push(Finding::new(Rule::NothingHappensWithoutAReason, seen));
        }
        if to == BookingStatus::Pending {
            self.holds.insert(row.id, (quantity, row.expires_at));
        } else {
            self.holds.remove(&row.id);
        }
        let stop = Stop { cause: line.cause, status: to, at: line.at };
        self.ways.entry(row.id).or_default().push(stop);
        findings
    }

    /// Looks for the reason outside of the books; says what is missing.
    fn reason(
        &self,
        line: &Movement,
        (before, to): (Option<BookingStatus>, BookingStatus),
        row: &Booking,
        account: &Account,
        outside: Outside<'_>,
    ) -> Result<(), &'static str> {
        let facts = outside.facts;
        let is_free = row.total.is_zero();
        let is_told = |kind| facts.handed_over.contains(&(row.id, kind));
        let is_paid = account.received == row.total.amount_minor()
            && account.paid_at.is_some()
            && is_told(NotificationKind::Succeeded);
        let demand = |is_so: bool, missing| if is_so { Ok(()) } else { Err(missing) };
        match to {
            BookingStatus::Pending => {
                demand(!self.is_called_off, "the event is off")?;
                let wish = facts.wishes.get(row.customer.email());
                let is_wished = wish.is_some_and(|wish| {
                    wish.event_id == row.event_id && wish.quantity == row.quantity.get()
                });
                demand(is_wished, "nobody asked for that")
            }
            BookingStatus::Confirmed => {
                demand(!self.is_called_off, "the event is off")?;
                // A free ticket that was given up is not forced upon anybody.
                let is_given = is_free && before == Some(BookingStatus::Pending);
                demand(is_given || (is_paid && !is_free), "nobody paid the price")?;
                // Whoever pays too late gets what is left, and not what others were kept from.
                let last = row.expires_at.saturating_add(PAYMENT_GRACE + outside.skew);
                let is_late = account.paid_at.is_some_and(|at| at > last);
                demand(
                    before != Some(BookingStatus::Pending) || !is_late,
                    "it was paid too late for its hold",
                )
            }
            BookingStatus::PaymentFailed => match line.cause {
                MovementCause::Moved(Trigger::LinkFailed) => {
                    let has_failed = facts.links_failed.iter().any(|(id, _)| *id == row.id);
                    demand(has_failed, "the bank gave a link")
                }
                _ => demand(is_told(NotificationKind::Failed), "no payment was declined"),
            },
            BookingStatus::Cancelled => {
                let is_asked = facts.cancels_asked.contains(&row.id);
                demand(self.is_called_off || is_asked, "nobody gave it up, and the event is on")
            }
            BookingStatus::Expired => {
                let is_over = line.at >= row.expires_at.saturating_sub(outside.skew);
                demand(is_over, "the hold was not over")
            }
            BookingStatus::RefundDue if before == Some(BookingStatus::Confirmed) => {
                let is_asked = facts.refunds_asked.contains(&row.id);
                demand(self.is_called_off || is_asked, "nobody asked for the money")
            }
            BookingStatus::RefundDue => {
                demand(is_paid, "nobody paid the price")?;
                let could_be_sold = !self.is_called_off
                    && self.obtainable(line, outside) >= row.quantity.get().into();
                demand(!could_be_sold, "there were tickets for it")
            }
            BookingStatus::Refunded => {
                let is_answered = !account.asked_back.is_empty();
                let is_known = is_answered || is_told(NotificationKind::Refunded);
                let is_void = is_free && before == Some(BookingStatus::RefundDue);
                demand(is_void || (account.refunds > 0 && is_known), "no money was given back")
            }
        }
    }

    /// Returns how many tickets could be sold just before a line: those available, and those of holds that are over
    /// by any clock.
    fn obtainable(&self, line: &Movement, outside: Outside<'_>) -> i64 {
        let is_over = |end: &Timestamp| end.saturating_add(outside.skew) <= line.at;
        let overdue =
            self.holds.values().filter(|(_, end)| is_over(end)).map(|(tickets, _)| tickets);
        self.stock - self.held + overdue.sum::<i64>()
    }

    /// Compares the journal with the rows.
    pub(super) fn compare(&self, books: &EventBooks) -> Vec<Finding> {
        let mut findings = Vec::new();
        let stock = books.listing.stock;
        let row = (
            stock.version(),
            i64::from(stock.capacity()),
            i64::from(stock.stock()),
            i64::from(stock.held()),
        );
        if row != (self.version, self.capacity, self.stock, self.held) {
            let seen = format!("the stock is {stock:?}, the journal's {self:?}");
            findings.push(Finding::new(Rule::StockAndJournalAgree, seen));
        }
        for booking in &books.bookings {
            let told =
                self.ways.get(&booking.id).and_then(|way| way.last()).map(|stop| stop.status);
            if told != Some(booking.status) {
                let seen = format!(
                    "{} is {:?}, the journal's {told:?}",
                    short(booking.id),
                    booking.status
                );
                findings.push(Finding::new(Rule::BookingsAndJournalAgree, seen));
            }
        }
        findings
    }

    pub(super) fn into_histories(self) -> Histories {
        self.ways
    }
}

/// A hold is for what the event was sold for at that moment, and for no longer than holds last.
fn judge_terms(
    line: &Movement,
    row: &Booking,
    before: Option<&Listing>,
    outside: Outside<'_>,
) -> Option<Finding> {
    let longest = line.at.saturating_add(outside.hold);
    let quantity = i64::from(row.quantity.get());
    let total = row.unit_price.amount_minor().saturating_mul(quantity);
    let is_sound = row.expires_at <= longest && row.total.amount_minor() == total;
    let is_as_sold = if let Some(listing) = before {
        let details = &listing.event.details;
        listing.event.status == EventStatus::Published
            && row.unit_price == details.price
            && row.quantity <= details.max_per_booking
    } else {
        // Where nobody saw the event as it was, it was sold for one of the prices that it ever had.
        let prices = outside.facts.prices.get(&row.event_id);
        prices.is_none_or(|prices| prices.contains(&row.unit_price))
    };
    (!is_sound || !is_as_sold).then(|| {
        let seen = format!(
            "{}: {quantity} at {:?} until {}",
            short(row.id),
            row.unit_price,
            row.expires_at
        );
        Finding::new(Rule::TicketsAreSoldAsTheyAreOffered, seen)
    })
}

const fn difference(from: Place, to: Place, quantity: i64) -> StockDelta {
    let (stock, held) = match (from, to) {
        (Place::Free, Place::Held) => (0, quantity),
        (Place::Held, Place::Free) => (0, -quantity),
        (Place::Held, Place::Sold) => (-quantity, -quantity),
        (Place::Free, Place::Sold) => (-quantity, 0),
        (Place::Sold, Place::Free) => (quantity, 0),
        (Place::Sold, Place::Held) => (quantity, quantity),
        (Place::Held, Place::Held) | (Place::Sold, Place::Sold) | (Place::Free, Place::Free) => {
            (0, 0)
        }
    };
    StockDelta { capacity: 0, stock, held }
}

/// Tells whether a booking may go this way at all.
const fn is_way(from: Option<BookingStatus>, to: BookingStatus) -> bool {
    use BookingStatus as S;
    match (from, to) {
        (None, S::Pending) => true,
        (Some(S::Pending), to) => !matches!(to, S::Pending | S::RefundDue),
        (Some(S::Confirmed), to) => matches!(to, S::RefundDue | S::Refunded),
        (Some(S::PaymentFailed | S::Cancelled | S::Expired), to) => {
            matches!(to, S::Confirmed | S::RefundDue | S::Refunded)
        }
        (Some(S::RefundDue), to) => matches!(to, S::Refunded),
        (None | Some(S::Refunded), _) => false,
    }
}
