//! What a batch of requests does to the books, decided on values alone.
//!
//! A repository locks the events of a batch, loads what [`Books`] asks for, lets [`Books::admit`] or
//! [`Books::settle`] decide, and writes the resulting [`Changes`] in the same transaction; or it decides on what it knows
//! already, and checks under the locks that this still holds. All adapters share these decisions, so they differ only in
//! how they load and write.

mod admission;
mod changes;
mod settlement;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::booking::{Booking, BookingStatus, Fingerprint, Idempotency, IdempotencyKey};
use super::event::{EventStatus, SaleState, SaleTerms};
use super::ids::{BookingId, EventId};
use super::lifecycle::{Move, Trigger};
use super::money::Money;
use super::notice::{NewNotice, notices_for};
use super::payment::{ForeignId, Notification, PaymentLink};
use super::quantity::Quantity;
use super::stock::{Stock, StockDelta};
use super::time::Timestamp;

pub use admission::{HoldOutcome, HoldRequest, SoldOut};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) use changes::with_versions_before;
pub use changes::{Changes, MovedBooking, NewKey};
pub use settlement::{Cause, Mismatch, SettleOutcome, Settlement, Verdict};

/// Why something in the books cannot be right. It means that a row was tampered with or a bug wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stock of event {event_id} does not admit a change that the booking states demand")]
pub struct BooksDoNotBalance {
    /// The event.
    pub event_id: EventId,
}

/// Why a stock changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementCause {
    /// The event was entered with its capacity.
    Created,
    /// Details were changed, and perhaps the capacity.
    Edited,
    /// The event was published.
    Published,
    /// The event was called off.
    Cancelled,
    /// A booking was admitted.
    Held,
    /// A booking moved.
    Moved(Trigger),
}

impl MovementCause {
    /// Returns the name used in the databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "event_created",
            Self::Edited => "event_edited",
            Self::Published => "event_published",
            Self::Cancelled => "event_called_off",
            Self::Held => "held",
            Self::Moved(trigger) => trigger.as_str(),
        }
    }
}

/// One line of the append-only journal of an event. Event and version are its key: the versions of an event
/// are 1, 2, 3, … without a gap, so that a missing line is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// The event.
    pub event_id: EventId,
    /// The stock's version after it.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: MovementCause,
    /// The booking that caused it, with its new status.
    pub booking: Option<(BookingId, BookingStatus)>,
    /// What changed.
    pub delta: StockDelta,
}

/// An event's row in the books: terms of sale and stock, both of one moment. Read under the lock of the stock's row, what
/// is decided on them is final; remembered from before, it is checked under the lock.
#[derive(Debug, Clone, Copy)]
pub struct EventLedger {
    /// The event.
    pub event_id: EventId,
    /// The terms of sale.
    pub terms: SaleTerms,
    /// The stock.
    pub stock: Stock,
}

/// An event that may run short of tickets in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// The event.
    pub event_id: EventId,
    /// How many of its overdue holds are enough, however many there are: each is of one ticket at least.
    pub holds: u32,
}

/// What is known of an idempotency key.
#[derive(Debug, Clone)]
pub struct KnownKey {
    /// What was asked for under the key.
    pub fingerprint: Fingerprint,
    /// The booking that was made.
    pub booking_id: BookingId,
}

/// The part of the books that a batch works on.
#[derive(Debug, Clone)]
pub struct Books {
    now: Timestamp,
    ledgers: BTreeMap<EventId, EventLedger>,
    bookings: BTreeMap<BookingId, Booking>,
    /// Where new bookings stand among the changes.
    admitted: HashMap<BookingId, usize>,
    overdue: BTreeMap<EventId, VecDeque<BookingId>>,
    keys: BTreeMap<IdempotencyKey, KnownKey>,
    notifications: BTreeSet<ForeignId>,
    depends_on_stock: bool,
    changes: Changes,
}

impl Books {
    /// Opens the books at `now` with the events of a batch.
    pub fn open(now: Timestamp, ledgers: impl IntoIterator<Item = EventLedger>) -> Self {
        Self {
            now,
            ledgers: ledgers.into_iter().map(|ledger| (ledger.event_id, ledger)).collect(),
            bookings: BTreeMap::new(),
            admitted: HashMap::new(),
            overdue: BTreeMap::new(),
            keys: BTreeMap::new(),
            notifications: BTreeSet::new(),
            depends_on_stock: false,
            changes: Changes::default(),
        }
    }

    /// Adds bookings that were loaded: those a batch names, and those its keys lead to.
    pub fn add_bookings(&mut self, bookings: impl IntoIterator<Item = Booking>) {
        self.bookings.extend(bookings.into_iter().map(|booking| (booking.id, booking)));
    }

    /// Adds pending bookings whose hold has run out, the longest overdue first. As many as are needed are released when
    /// tickets are short, before anybody is refused.
    pub fn add_overdue(&mut self, bookings: impl IntoIterator<Item = Booking>) {
        for booking in bookings {
            self.overdue.entry(booking.event_id).or_default().push_back(booking.id);
            self.bookings.entry(booking.id).or_insert(booking);
        }
    }

    /// Adds an idempotency key that is already known.
    pub fn add_key(&mut self, key: IdempotencyKey, known: KnownKey) {
        self.keys.insert(key, known);
    }

    /// Adds the ids of notifications that were recorded before.
    pub fn add_notifications(&mut self, ids: impl IntoIterator<Item = ForeignId>) {
        self.notifications.extend(ids);
    }

    /// Returns a ledger as it stands now.
    pub fn ledger(&self, event_id: EventId) -> Option<&EventLedger> {
        self.ledgers.get(&event_id)
    }

    /// Tells whether it made a difference to a settlement how many tickets there were. If not, it would be the same with
    /// any other stock.
    pub const fn depends_on_stock(&self) -> bool {
        self.depends_on_stock
    }

    /// Closes the books and returns what is to be written.
    pub fn close(self) -> Changes {
        self.changes
    }

    /// Moves a booking, its stock and the journal.
    fn move_booking(
        &mut self,
        id: BookingId,
        trigger: Trigger,
        there: Move,
    ) -> Result<(), BooksDoNotBalance> {
        let Some(booking) = self.bookings.get_mut(&id) else { return Ok(()) };
        let event_id = booking.event_id;
        let from = booking.status;
        booking.status = there.to;
        if there.to == BookingStatus::Confirmed {
            booking.confirmed_at = Some(self.now);
        }
        if there.to == BookingStatus::Cancelled || trigger == Trigger::EventCancelled {
            booking.cancelled_at = Some(self.now);
        }
        let booking = booking.clone();

        let delta = there.delta(booking.quantity.get());
        self.record(event_id, MovementCause::Moved(trigger), Some((id, there.to)), delta)?;
        if let Some(ledger) = self.ledgers.get(&event_id) {
            let remind_at = ledger.terms.remind_at();
            let has_payment = booking.payment.is_some();
            let notices = notices_for(trigger, there.to, has_payment, remind_at, self.now);
            self.changes.notices.extend(notices.into_iter().map(|(kind, run_at)| NewNotice {
                event_id,
                booking_id: id,
                kind,
                run_at,
            }));
        }
        if trigger == Trigger::LinkFailed {
            self.changes.forgotten_keys.push(id);
        }
        self.changes
            .moved_bookings
            .entry(id)
            .and_modify(|moved| moved.booking = booking.clone())
            .or_insert(MovedBooking { booking, from });
        Ok(())
    }

    /// Changes a stock and appends the line that says so.
    fn record(
        &mut self,
        event_id: EventId,
        cause: MovementCause,
        booking: Option<(BookingId, BookingStatus)>,
        delta: StockDelta,
    ) -> Result<(), BooksDoNotBalance> {
        let broken = BooksDoNotBalance { event_id };
        let ledger = self.ledgers.get_mut(&event_id).ok_or(broken)?;
        ledger.stock = ledger.stock.checked_apply(delta).ok_or(broken)?;
        let version = ledger.stock.version();
        self.changes.stocks.insert(event_id, ledger.stock);
        self.changes.movements.push(Movement {
            event_id,
            version,
            at: self.now,
            cause,
            booking,
            delta,
        });
        Ok(())
    }

    /// Makes tickets available by releasing overdue holds until there are enough; tells whether there are now.
    fn make_available(
        &mut self,
        event_id: EventId,
        wanted: u32,
    ) -> Result<bool, BooksDoNotBalance> {
        while self.available(event_id) < wanted
            && let Some(id) = self.overdue.get_mut(&event_id).and_then(VecDeque::pop_front)
        {
            let is_overdue = self.bookings.get(&id).is_some_and(|b| b.is_overdue(self.now));
            if is_overdue {
                let there = Move { to: BookingStatus::Expired, stock: 0, held: -1 };
                self.move_booking(id, Trigger::HoldExpired, there)?;
            }
        }
        Ok(self.available(event_id) >= wanted)
    }

    /// Returns the events that have fewer tickets available than are wanted.
    fn short_of(
        &self,
        wanted: BTreeMap<EventId, u64>,
        mut spare: impl FnMut(EventId) -> u64,
    ) -> Vec<Shortage> {
        let shortage = |(event_id, wanted): (EventId, u64)| {
            let available = self.ledger(event_id)?.stock.available();
            let missing =
                wanted.checked_sub(u64::from(available)).filter(|missing| *missing > 0)?;
            let holds = u32::try_from(missing + spare(event_id)).unwrap_or(u32::MAX);
            Some(Shortage { event_id, holds })
        };
        wanted.into_iter().filter_map(shortage).collect()
    }

    fn available(&self, event_id: EventId) -> u32 {
        self.ledgers.get(&event_id).map_or(0, |ledger| ledger.stock.available())
    }
}

/// What came of a change that an organiser asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The stock after it, and the line for the journal.
    Done(Stock, Movement),
    /// Sold and held tickets do not fit into the new capacity.
    CapacityTooLow {
        /// Tickets that are sold or held.
        taken: u32,
    },
}

impl EventLedger {
    /// Gives the event `capacity` tickets, or keeps them if `None`, for a reason that the journal shall bear.
    pub fn edit(
        &self,
        capacity: Option<u32>,
        cause: MovementCause,
        at: Timestamp,
    ) -> Result<Edit, BooksDoNotBalance> {
        let by = capacity.map_or(0, |to| i64::from(to) - i64::from(self.stock.capacity()));
        let taken = self.stock.sold() + self.stock.held();
        if capacity.is_some_and(|capacity| capacity < taken) {
            return Ok(Edit::CapacityTooLow { taken });
        }
        let delta = StockDelta { capacity: by, stock: by, held: 0 };
        let stock =
            self.stock.checked_apply(delta).ok_or(BooksDoNotBalance { event_id: self.event_id })?;
        let version = stock.version();
        let event_id = self.event_id;
        Ok(Edit::Done(stock, Movement { event_id, version, at, cause, booking: None, delta }))
    }
}

/// Returns the first line of an event's journal.
pub fn opening_movement(event_id: EventId, stock: Stock, at: Timestamp) -> Movement {
    let capacity = i64::from(stock.capacity());
    Movement {
        event_id,
        version: stock.version(),
        at,
        cause: MovementCause::Created,
        booking: None,
        delta: StockDelta { capacity, stock: capacity, held: 0 },
    }
}

#[cfg(test)]
mod tests;
