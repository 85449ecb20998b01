//! Whether a ticket may be sold, and for how much.

use super::{EventStatus, ReminderLead};
use crate::domain::money::Money;
use crate::domain::quantity::Quantity;
use crate::domain::time::Timestamp;

/// Whether tickets can be bought at an instant, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaleState {
    /// Tickets can be bought, as far as there are any.
    OnSale,
    /// The event is not published.
    Draft,
    /// The event was called off.
    Cancelled,
    /// The event is over.
    Ended,
    /// Sales open later.
    NotYet {
        /// When they open.
        on_sale_from: Timestamp,
    },
    /// Sales have closed.
    Closed,
}

/// What decisions on bookings go by: whether a ticket may be sold, for how much, and when its buyer is reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaleTerms {
    /// Whether the event is published.
    pub status: EventStatus,
    /// When the event begins.
    pub starts_at: Timestamp,
    /// When the event ends.
    pub ends_at: Timestamp,
    /// When sales open; at once if `None`.
    pub on_sale_from: Option<Timestamp>,
    /// When sales close; at the end of the event if `None`.
    pub on_sale_until: Option<Timestamp>,
    /// Price of a ticket.
    pub unit_price: Money,
    /// The most tickets that one booking may be for.
    pub max_per_booking: Quantity,
    /// How long before the event its buyers are reminded.
    pub reminder: ReminderLead,
}

impl SaleTerms {
    /// Returns when buyers are to be reminded, if at all.
    pub fn remind_at(&self) -> Option<Timestamp> {
        self.reminder.before(self.starts_at)
    }

    /// Tells whether tickets can be bought at `now`. Windows include their beginning, not their end.
    pub fn sale_state(&self, now: Timestamp) -> SaleState {
        match self.status {
            EventStatus::Draft => SaleState::Draft,
            EventStatus::Cancelled => SaleState::Cancelled,
            EventStatus::Published => {
                if now >= self.ends_at {
                    return SaleState::Ended;
                }
                if let Some(on_sale_from) = self.on_sale_from.filter(|from| now < *from) {
                    return SaleState::NotYet { on_sale_from };
                }
                if self.on_sale_until.is_some_and(|until| now >= until) {
                    return SaleState::Closed;
                }
                SaleState::OnSale
            }
        }
    }
}
