//! Breaking the books on purpose, to see that the audit finds it.

use super::MemoryDatabase;
use crate::domain::booking::BookingStatus;
use crate::domain::ids::{BookingId, EventId};
use crate::domain::payment::ForeignId;
use crate::domain::stock::Stock;

/// A change behind the back of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tampering {
    /// Replaces an event's stock without a line in the journal.
    Stock(EventId, Stock),
    /// Replaces a booking's status, but neither the stock nor the journal.
    Status(BookingId, BookingStatus),
    /// Removes a line from the journal of an event.
    MovementLost(EventId, u64),
    /// Removes a booking.
    BookingLost(BookingId),
    /// Removes a recorded notification.
    NotificationLost(ForeignId),
}

impl MemoryDatabase {
    /// Changes a row as no method of the ports would; one that is not there is left alone.
    ///
    /// # Panics
    /// If a write panicked before.
    pub fn tamper(&self, tampering: Tampering) {
        let mut tables = self.tables.lock().expect("no write has panicked");
        match tampering {
            Tampering::Stock(event_id, stock) => {
                if let Some(row) = tables.events.get_mut(&event_id) {
                    row.listing.stock = stock;
                }
            }
            Tampering::Status(booking_id, status) => {
                if let Some(mut booking) = tables.booking(booking_id).cloned() {
                    booking.status = status;
                    tables.update_booking(booking);
                }
            }
            Tampering::MovementLost(event_id, version) => {
                if let Some(row) = tables.events.get_mut(&event_id) {
                    row.journal.retain(|line| line.version != version);
                }
            }
            Tampering::BookingLost(booking_id) => {
                // The indexes keep its id, as a database without foreign keys would; readers skip it.
                tables.bookings.remove(&booking_id);
            }
            Tampering::NotificationLost(id) => {
                tables.notifications.remove(&id);
            }
        }
    }
}
