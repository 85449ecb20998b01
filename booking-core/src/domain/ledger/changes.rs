//! What is to be written when the books are closed.

use std::collections::BTreeMap;

use super::{Movement, Verdict};
use crate::domain::booking::{Booking, BookingStatus, Idempotency};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::notice::NewNotice;
use crate::domain::payment::Notification;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;

/// A booking that moved, and the status that it must still have in the database to be written.
#[derive(Debug, Clone)]
pub struct MovedBooking {
    /// The booking as it is to be.
    pub booking: Booking,
    /// The status it was loaded with.
    pub from: BookingStatus,
}

/// What is to be written, all of it in one transaction.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The stocks that changed, by event.
    pub stocks: BTreeMap<EventId, Stock>,
    /// Bookings to insert, in order of admission.
    pub new_bookings: Vec<Booking>,
    /// Bookings to update.
    pub moved_bookings: BTreeMap<BookingId, MovedBooking>,
    /// Lines to append to the journal.
    pub movements: Vec<Movement>,
    /// Notices to queue.
    pub notices: Vec<NewNotice>,
    /// Idempotency keys to keep.
    pub new_keys: Vec<NewKey>,
    /// Bookings whose idempotency keys are to be forgotten, so that a repeat tries again.
    pub forgotten_keys: Vec<BookingId>,
    /// Notifications to record.
    pub notifications: Vec<(Notification, Verdict)>,
}

/// An idempotency key to be kept.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Key and fingerprint.
    pub idempotency: Idempotency,
    /// The event of the booking.
    pub event_id: EventId,
    /// The booking that was made.
    pub booking_id: BookingId,
    /// When.
    pub at: Timestamp,
}

impl Changes {
    /// Tells whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.movements.is_empty()
            && self.new_bookings.is_empty()
            && self.notifications.is_empty()
            && self.forgotten_keys.is_empty()
    }
}

/// Pairs stocks with the versions that they had before `movements`, each of which raised one by one. A stock is
/// written only over that version: it tells whether the row still is what the books were opened with.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn with_versions_before<'a>(
    stocks: &'a BTreeMap<EventId, Stock>,
    movements: &[Movement],
) -> impl Iterator<Item = (EventId, u64, &'a Stock)> {
    let mut steps = BTreeMap::<EventId, u64>::new();
    for movement in movements {
        *steps.entry(movement.event_id).or_default() += 1;
    }
    stocks.iter().map(move |(id, stock)| {
        let before = stock.version() - steps.get(id).copied().unwrap_or(0);
        (*id, before, stock)
    })
}
