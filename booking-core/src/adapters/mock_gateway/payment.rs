//! What the gateway knows of a payment, and what it tells of it.

use serde::{Deserialize, Serialize};

use crate::domain::ids::BookingId;
use crate::domain::money::Money;
use crate::domain::time::Timestamp;

use super::link::VerifiedLink;

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// It waits for the buyer.
    Open,
    /// The buyer paid.
    Paid,
    /// The bank declined it.
    Declined,
    /// The buyer gave it up.
    GivenUp,
    /// It is too late to pay, or the engine asked to let nobody pay.
    Expired,
    /// The buyer paid and got the money back.
    Refunded,
}

impl PaymentState {
    /// Returns the name of the state, such as `given_up`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Declined => "declined",
            Self::GivenUp => "given_up",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
        }
    }
}

/// What a buyer does on the hosted page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuyerAction {
    /// Pays.
    Pay,
    /// Tries to pay, and the bank declines.
    Decline,
    /// Walks away.
    GiveUp,
}

impl BuyerAction {
    /// Returns the state in which the action leaves an open payment.
    pub(super) const fn target(self) -> PaymentState {
        match self {
            Self::Pay => PaymentState::Paid,
            Self::Decline => PaymentState::Declined,
            Self::GiveUp => PaymentState::GivenUp,
        }
    }
}

/// What the hosted page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentPage {
    /// The payment, to be handed to the buyer's action.
    pub link: VerifiedLink,
    /// Where it stands.
    pub state: PaymentState,
    /// Where the browser goes afterwards.
    pub return_url: String,
}

/// What came of a buyer's action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionOutcome {
    /// Whether the payment is now as the action wanted it, by this action or by an earlier one like it.
    pub is_accepted: bool,
    /// Where the payment stands.
    pub state: PaymentState,
    /// Where the browser goes now.
    pub return_url: String,
}

/// A payment that something happened to. Open ones are not kept: their links say everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payment {
    /// Unknown if the engine expired it before anybody opened its page.
    pub(super) booking_id: Option<BookingId>,
    pub(super) amount: Option<Money>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) state: PaymentState,
    pub(super) changed_at: Timestamp,
}
