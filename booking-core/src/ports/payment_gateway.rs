//! The port of the payment gateway.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::fault::{BoxError, Classify, Effect, Retry};
use crate::domain::ids::BookingId;
use crate::domain::money::Money;
use crate::domain::payment::{ForeignId, Notification, PaymentLink};
use crate::domain::time::Timestamp;

/// A payment to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRequest {
    /// The booking. It is also the key under which the gateway must not make two payments.
    pub booking_id: BookingId,
    /// How much. Never zero.
    pub amount: Money,
    /// What the buyer reads on the gateway's page. No personal data.
    pub description: String,
    /// Nobody may pay later than this.
    pub expires_at: Timestamp,
}

/// Why a gateway did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The request was not sent, or certainly not accepted. Safe to repeat.
    #[error("the payment gateway is unreachable")]
    Unreachable {
        /// The client's error.
        source: BoxError,
    },
    /// The gateway asks for fewer requests.
    #[error("the payment gateway asks to wait")]
    RateLimited {
        /// For how long.
        after: Duration,
    },
    /// The answer was lost. Every request carries a key of its own, so it may be repeated.
    #[error("the payment gateway's answer was lost")]
    OutcomeUnknown {
        /// The client's error.
        source: BoxError,
    },
    /// The gateway will never accept it.
    #[error("the payment gateway refuses the request: {reason}")]
    Rejected {
        /// Its reason, without personal data.
        reason: String,
    },
}

impl Classify for GatewayError {
    fn effect(&self) -> Effect {
        match self {
            Self::Unreachable { .. } | Self::RateLimited { .. } | Self::Rejected { .. } => {
                Effect::NotApplied
            }
            Self::OutcomeUnknown { .. } => Effect::Unknown,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Unreachable { .. } | Self::OutcomeUnknown { .. } => {
                Retry::After(Duration::from_millis(200))
            }
            Self::RateLimited { after } => Retry::After(*after),
            Self::Rejected { .. } => Retry::Never,
        }
    }
}

/// Why a message is not taken for the gateway's, or not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// The signature is missing, malformed, stale or not the gateway's.
    #[error("the signature does not verify: {0}")]
    BadSignature(&'static str),
    /// It is signed, but is not a notification.
    #[error("the notification is malformed: {0}")]
    Malformed(String),
}

/// A message that somebody sent to the notification address. It may be anybody's until it is verified.
#[derive(Debug, Clone, Default)]
pub struct IncomingNotification {
    /// Header names in lower case, and their values. Headers that are not text are left out.
    pub headers: Vec<(String, String)>,
    /// The body as it came: signatures are over these bytes.
    pub body: Vec<u8>,
}

impl IncomingNotification {
    /// Returns the values of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What came of asking for a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The gateway will do it and send a notification.
    Accepted,
    /// The money is back.
    Completed,
}

/// Takes the buyers' money.
///
/// # Contract
///
/// 1. Asking again for the payment of the same booking MUST lead to the same payment.
/// 2. Nobody can pay after `expires_at`, nor after `expire_payment` was answered.
/// 3. `verify` accepts only what the gateway signed, within the time it allows, compares in constant time, and
///    looks at the raw bytes before it parses them. It changes nothing.
/// 4. A repeat of a notification bears the same id.
/// 5. Asking again for the refund of the same payment MUST NOT give the money back twice.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PaymentGateway: Debug + Send + Sync + 'static {
    /// Returns the payment link without asking the gateway, if its links can be made by signing alone. Such a
    /// link is written together with the booking.
    fn sign_link(&self, request: &PaymentRequest) -> Option<PaymentLink> {
        let _ = request;
        None
    }

    /// Makes a payment, and returns where to pay it.
    async fn create_payment(&self, request: &PaymentRequest) -> Result<PaymentLink, GatewayError>;

    /// Checks that a message is the gateway's, and reads it.
    fn verify(
        &self,
        message: &IncomingNotification,
        now: Timestamp,
    ) -> Result<Notification, NotificationError>;

    /// Ends a payment that nobody made yet. One that was made is left alone: its notification comes.
    async fn expire_payment(
        &self,
        payment_id: &ForeignId,
        now: Timestamp,
    ) -> Result<(), GatewayError>;

    /// Gives the money of a payment back.
    async fn refund(
        &self,
        payment_id: &ForeignId,
        booking_id: BookingId,
        amount: Money,
        now: Timestamp,
    ) -> Result<RefundOutcome, GatewayError>;
}
const _: fn(&dyn PaymentGateway) = |_| {}; // Stays object safe.
