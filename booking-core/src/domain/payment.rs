//! Payments and the gateway's notifications of them.

use std::fmt;
use std::sync::Arc;

use super::ids::BookingId;
use super::invalid::Invalid;
use super::money::Money;
use super::time::Timestamp;

/// A name that somebody else gave: a payment's or a notification's. 1 to 255 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForeignId(Arc<str>);

impl ForeignId {
    /// Accepts 1 to 255 printable ASCII characters.
    pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        if text.is_empty() || text.len() > 255 || !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err(Invalid::new("must be 1 to 255 printable ASCII characters"));
        }
        Ok(Self(text.into()))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ForeignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A payment that waits at the gateway for the buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentLink {
    /// The gateway's name for the payment.
    pub payment_id: ForeignId,
    /// Where the buyer pays; empty if only the payment's name is known. It may carry a signature, so it is not
    /// to be logged.
    pub url: Arc<str>,
}

/// What a notification says of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotificationKind {
    /// The money was paid.
    Succeeded,
    /// The money was not and will not be paid.
    Failed,
    /// The money was given back.
    Refunded,
}

impl NotificationKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Succeeded, Self::Failed, Self::Refunded];

    /// Returns the name used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "payment.succeeded",
            Self::Failed => "payment.failed",
            Self::Refunded => "payment.refunded",
        }
    }

    /// Reads the name used on the wire.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| Invalid::new("is not a known type of notification"))
    }
}

/// The gateway's message about a payment (IPN), already verified to be the gateway's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The gateway's name for this message: a repeat bears the same.
    pub id: ForeignId,
    /// What happened.
    pub kind: NotificationKind,
    /// When it happened, by the gateway's clock: when the money was paid, for a success.
    pub occurred_at: Timestamp,
    /// The payment it is about.
    pub payment_id: ForeignId,
    /// The booking it is about.
    pub booking_id: BookingId,
    /// How much, in minor units. It may be anything: what does not match the booking is set aside.
    pub amount_minor: i64,
    /// Currency code, as sent.
    pub currency: String,
}

impl Notification {
    /// Tells whether amount and currency are exactly `expected`.
    pub fn is_for(&self, expected: Money) -> bool {
        self.amount_minor == expected.amount_minor() && self.currency == expected.currency().code()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_ids_are_short_and_printable() {
        assert!(ForeignId::new("pay_1").is_ok());
        assert!(ForeignId::new("a".repeat(255)).is_ok());
        for bad in [String::new(), "a".repeat(256), "a\nb".to_owned(), "é".to_owned()] {
            assert!(ForeignId::new(bad).is_err());
        }
    }

    #[test]
    fn kinds_are_read_back() {
        for kind in NotificationKind::ALL {
            assert_eq!(NotificationKind::parse(kind.as_str()), Ok(kind));
        }
        assert!(NotificationKind::parse("payment.exploded").is_err());
    }
}
