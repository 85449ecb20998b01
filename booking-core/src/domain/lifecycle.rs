//! The booking state machine, as one table: (status × trigger) → what becomes of the booking and the stock.
//!
//! Everything that moves tickets goes through [`step`]. The table is total: a trigger that comes twice, late
//! or out of order has its row, and any order of the same payment messages leads to the same end.
//!
//! | from \ on | succeeded | failed | cancel | expiry | no link | event off | refund asked | refunded |
//! | --- | --- | --- | --- | --- | --- | --- | --- | --- |
//! | pending | confirmed | failed | cancelled | expired | failed | cancelled | *refused* | refunded |
//! | confirmed | – | – | *refused* | – | – | refund due | refund due | refunded |
//! | failed, cancelled, expired | confirmed if there are tickets, else refund due | – | – | – | – | – | *refused* | refunded |
//! | refund due | – | – | *refused* | – | – | – | – | refunded |
//! | refunded | – | – | *refused* | – | – | – | – | – |

use std::time::Duration;

use super::booking::BookingStatus;
use super::stock::StockDelta;

/// How long after the end of a hold money may have been paid and still count as paid in time.
///
/// The gateway's clock and ours differ by a little, and the page that the buyer sees counts down to the
/// same instant.
pub const PAYMENT_GRACE: Duration = Duration::from_secs(30);

/// What happens to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// The money was paid.
    PaymentSucceeded,
    /// The payment was declined or given up.
    PaymentFailed,
    /// The customer gave the booking up.
    CustomerCancelled,
    /// The hold ran out.
    HoldExpired,
    /// The gateway gave no payment link, so nobody can pay.
    LinkFailed,
    /// The organiser called the event off.
    EventCancelled,
    /// The organiser gives the money back.
    RefundRequested,
    /// The gateway gave the money back.
    Refunded,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 8] = [
        Self::PaymentSucceeded,
        Self::PaymentFailed,
        Self::CustomerCancelled,
        Self::HoldExpired,
        Self::LinkFailed,
        Self::EventCancelled,
        Self::RefundRequested,
        Self::Refunded,
    ];

    /// Returns the name kept with a stock movement.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentSucceeded => "payment_succeeded",
            Self::PaymentFailed => "payment_failed",
            Self::CustomerCancelled => "customer_cancelled",
            Self::HoldExpired => "hold_expired",
            Self::LinkFailed => "link_failed",
            Self::EventCancelled => "event_cancelled",
            Self::RefundRequested => "refund_requested",
            Self::Refunded => "refunded",
        }
    }
}

/// Where a booking goes, and what that does to the stock for each of its tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The new status.
    pub to: BookingStatus,
    /// Change of `stock` for each ticket: -1, 0 or 1.
    pub stock: i8,
    /// Change of `held` for each ticket: -1, 0 or 1.
    pub held: i8,
}

impl Move {
    const fn new(to: BookingStatus, stock: i8, held: i8) -> Self {
        Self { to, stock, held }
    }

    /// Returns the change of the stock for a booking of `quantity` tickets.
    pub fn delta(self, quantity: u32) -> StockDelta {
        let quantity = i64::from(quantity);
        StockDelta {
            capacity: 0,
            stock: i64::from(self.stock) * quantity,
            held: i64::from(self.held) * quantity,
        }
    }
}

/// One cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The booking moves.
    Go(Move),
    /// The booking moves the first way if as many tickets are available, else the second.
    IfAvailable(Move, Move),
    /// Nothing happens: it happened before, or something else came first.
    Stay,
    /// Nothing happens, and whoever asked must hear that it cannot be done.
    Refuse,
}

/// Reads the table. See the [module](self) for all of it.
#[expect(clippy::match_same_arms, reason = "the arms stand in the order of the table")]
pub const fn step(status: BookingStatus, trigger: Trigger) -> Step {
    use BookingStatus as S;
    use Trigger as T;

    match (status, trigger) {
        (S::Pending, T::PaymentSucceeded) => Step::Go(Move::new(S::Confirmed, -1, -1)),
        (S::Pending, T::PaymentFailed | T::LinkFailed) => {
            Step::Go(Move::new(S::PaymentFailed, 0, -1))
        }
        (S::Pending, T::CustomerCancelled | T::EventCancelled) => {
            Step::Go(Move::new(S::Cancelled, 0, -1))
        }
        (S::Pending, T::HoldExpired) => Step::Go(Move::new(S::Expired, 0, -1)),
        (S::Pending, T::RefundRequested) => Step::Refuse,
        // The message of the payment itself is still under way, or lost; the money is back already.
        (S::Pending, T::Refunded) => Step::Go(Move::new(S::Refunded, 0, -1)),

        (S::Confirmed, T::EventCancelled | T::RefundRequested) => {
            Step::Go(Move::new(S::RefundDue, 1, 0))
        }
        // Given back at the gateway without our asking: nobody may enter on money that is gone.
        (S::Confirmed, T::Refunded) => Step::Go(Move::new(S::Refunded, 1, 0)),
        (S::Confirmed, T::CustomerCancelled) => Step::Refuse,
        (S::Confirmed, T::PaymentSucceeded | T::PaymentFailed | T::HoldExpired | T::LinkFailed) => {
            Step::Stay
        }

        (S::PaymentFailed | S::Cancelled | S::Expired, T::PaymentSucceeded) => {
            Step::IfAvailable(Move::new(S::Confirmed, -1, 0), Move::new(S::RefundDue, 0, 0))
        }
        (S::PaymentFailed | S::Cancelled | S::Expired, T::RefundRequested) => Step::Refuse,
        (S::PaymentFailed | S::Cancelled | S::Expired | S::RefundDue, T::Refunded) => {
            Step::Go(Move::new(S::Refunded, 0, 0))
        }
        (
            S::PaymentFailed | S::Cancelled | S::Expired,
            T::PaymentFailed
            | T::CustomerCancelled
            | T::HoldExpired
            | T::LinkFailed
            | T::EventCancelled,
        ) => Step::Stay,

        (S::RefundDue | S::Refunded, T::CustomerCancelled) => Step::Refuse,
        (
            S::RefundDue | S::Refunded,
            T::PaymentSucceeded
            | T::PaymentFailed
            | T::HoldExpired
            | T::LinkFailed
            | T::EventCancelled
            | T::RefundRequested,
        )
        | (S::Refunded, T::Refunded) => Step::Stay,
    }
}

#[cfg(test)]
mod tests;
