//! Bookings: who bought how many tickets of what.

use std::fmt;
use std::sync::Arc;

use super::ids::{BookingId, EventId};
use super::invalid::Invalid;
use super::locale::Locale;
use super::money::Money;
use super::payment::PaymentLink;
use super::quantity::Quantity;
use super::text;
use super::time::Timestamp;

/// Who books. There is no login: name and address come with each booking.
///
/// `Debug` shows neither, so that no log holds them by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Customer {
    name: Arc<str>,
    email: Arc<str>,
}

/// Why somebody cannot be a customer: each field that is not acceptable, `name` or `email`, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidCustomer(Vec<(&'static str, Invalid)>);

impl fmt::Display for InvalidCustomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (field, reason)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{field} {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidCustomer {}

impl IntoIterator for InvalidCustomer {
    type Item = (&'static str, Invalid);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Customer {
    /// Checks both at once, and says which is wrong: `name` is a line of 1 to 200 characters, `email` an
    /// address by RFC 5321 of up to 254 characters, without display name, comment or address literal.
    pub fn new(name: &str, email: &str) -> Result<Self, InvalidCustomer> {
        match (text::line(name, 200), check_email(email)) {
            (Ok(name), Ok(email)) => Ok(Self { name: name.into(), email: email.into() }),
            (name, email) => {
                let name = name.err().map(|reason| ("name", reason));
                let email = email.err().map(|reason| ("email", reason));
                Err(InvalidCustomer(name.into_iter().chain(email).collect()))
            }
        }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the e-mail address.
    pub fn email(&self) -> &str {
        &self.email
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Customer(..)")
    }
}

fn check_email(email: &str) -> Result<String, Invalid> {
    let malformed = || Invalid::new("is not an e-mail address");
    let email = text::line(email, 254)?;
    let options = email_address::Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    email_address::EmailAddress::parse_with_options(&email, options).map_err(|_| malformed())?;
    // Quoted local parts are legal, and are refused all the same: hardly any mailbox has one, and many
    // systems down the line read them wrongly.
    if email.contains(['"', ' ']) {
        return Err(malformed());
    }
    Ok(email)
}

/// Where a booking stands. [`lifecycle`](crate::domain::lifecycle) says how it gets from one to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BookingStatus {
    /// Tickets are held until they are paid for, or the hold expires.
    Pending,
    /// Paid for.
    Confirmed,
    /// The payment failed; the tickets are free again.
    PaymentFailed,
    /// Given up by the customer, or the event was called off before the booking was paid.
    Cancelled,
    /// Not paid for in time; the tickets are free again.
    Expired,
    /// Paid for, but there is no ticket: the money is to be given back.
    RefundDue,
    /// The money was given back.
    Refunded,
}

impl BookingStatus {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Confirmed,
        Self::PaymentFailed,
        Self::Cancelled,
        Self::Expired,
        Self::RefundDue,
        Self::Refunded,
    ];

    /// Returns the name used in the API and in the databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::PaymentFailed => "payment_failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::RefundDue => "refund_due",
            Self::Refunded => "refunded",
        }
    }

    /// Reads the name used in the API and in the databases.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or_else(|| Invalid::new("is not a booking status"))
    }
}

/// A booking as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Its id. Whoever knows it may see the booking, so it is not guessable.
    pub id: BookingId,
    /// The event.
    pub event_id: EventId,
    /// How many tickets.
    pub quantity: Quantity,
    /// Price of one ticket, when it was booked.
    pub unit_price: Money,
    /// Price of all.
    pub total: Money,
    /// Who booked.
    pub customer: Customer,
    /// The language to write to them in.
    pub locale: Locale,
    /// Where it stands.
    pub status: BookingStatus,
    /// Where to pay, once the gateway gave a link. Kept when the booking is no longer pending, because
    /// notifications name the payment.
    pub payment: Option<PaymentLink>,
    /// When the hold ends, if nothing is paid until then.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the payment was accepted.
    pub confirmed_at: Option<Timestamp>,
    /// When the customer gave it up, or the event was called off.
    pub cancelled_at: Option<Timestamp>,
}

impl Booking {
    /// Tells whether the hold of a pending booking has run out.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.status == BookingStatus::Pending && now >= self.expires_at
    }
}

/// The name that a client gave a request, so that repeating it books nothing twice.
///
/// 1 to 255 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Accepts 1 to 255 printable ASCII characters.
    pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        if text.is_empty() || text.len() > 255 || !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err(Invalid::new("must be 1 to 255 printable ASCII characters"));
        }
        Ok(Self(text))
    }

    /// Returns the key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of what a request asks for: tells a repeat from another request under the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Hashes the parts, each with its length, so that no two lists of parts give the same input.
    pub fn of(parts: &[&[u8]]) -> Self {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Restores a fingerprint that was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A key together with what was asked for under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The client's key.
    pub key: IdempotencyKey,
    /// What was asked for.
    pub fingerprint: Fingerprint,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_checked_and_never_printed() {
        let customer = Customer::new(" Zoë Ångström ", "zoe+tickets@mail.example.org").unwrap();
        assert_eq!(customer.name(), "Zoë Ångström");
        assert!(!format!("{customer:?}").contains("zoe"));
        for bad in [
            "",
            "zoe",
            "zoe@",
            "@example.org",
            "zoe@localhost",
            "a b@example.org",
            "zoe@example.org\r\nBcc: x@example.org",
            "Zoe <zoe@example.org>",
            "zoe@[127.0.0.1]",
            "\"a b\"@example.org",
            "zoe@example.org, other@example.org",
        ] {
            assert!(Customer::new("Zoe", bad).is_err(), "{bad:?}");
        }
        let fields: Vec<_> =
            Customer::new("", "x").unwrap_err().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["name", "email"]);
        let told = Customer::new("", "x").unwrap_err().to_string();
        assert_eq!(told, "name must not be empty; email is not an e-mail address");
    }

    #[test]
    fn a_key_is_printable_and_not_longer_than_its_column() {
        for good in ["k".to_owned(), " ~".to_owned(), "k".repeat(255)] {
            assert_eq!(IdempotencyKey::new(good.clone()).unwrap().as_str(), good);
        }
        for bad in [String::new(), "k".repeat(256), "k\n".to_owned(), "k\u{7f}".to_owned()] {
            assert!(IdempotencyKey::new(bad.clone()).is_err(), "{bad:?}");
        }
        assert!(IdempotencyKey::new("é").is_err(), "it would not survive a header");
    }

    #[test]
    fn fingerprints_are_read_back() {
        let fingerprint = Fingerprint::of(&[b"ab"]);
        assert_eq!(Fingerprint::from_bytes(*fingerprint.as_bytes()), fingerprint);
    }

    #[test]
    fn fingerprints_keep_parts_apart() {
        assert_ne!(Fingerprint::of(&[b"ab", b"c"]), Fingerprint::of(&[b"a", b"bc"]));
        assert_eq!(Fingerprint::of(&[b"ab"]), Fingerprint::of(&[b"ab"]));
    }

    #[test]
    fn statuses_are_read_back() {
        for status in BookingStatus::ALL {
            assert_eq!(BookingStatus::parse(status.as_str()), Ok(status));
        }
    }
}
