//! Bookings as they are shown.

use std::fmt;

use booking_core::domain::booking;
use booking_core::domain::event::Listing;
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::locale::Locale;
use booking_core::domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Money, Venue};

/// A booking. Whoever knows its id may see it.
#[derive(Clone, Serialize, ToSchema)]
pub struct Booking<'a> {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub id: BookingId,
    /// The event.
    #[schema(value_type = String, format = "uuid")]
    pub event_id: EventId,
    /// How many tickets.
    #[schema(minimum = 1)]
    pub quantity: u32,
    /// The price of one ticket when it was booked.
    pub unit_price: Money,
    /// The price of all.
    pub total: Money,
    /// Who booked.
    pub customer: Customer<'a>,
    /// The language to write to them in, as a language tag (RFC 5646).
    #[schema(value_type = String, examples("en"))]
    pub locale: Locale,
    /// Where it stands.
    pub status: BookingStatus,
    /// Where to pay. Only while the booking is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    pub payment_url: Option<&'a str>,
    /// When the tickets are released if nothing is paid until then. Only while it is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = false)]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When the payment was accepted; `null` if it was not.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub confirmed_at: Option<Timestamp>,
    /// When the customer gave it up or the event was called off; `null` if neither happened.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub cancelled_at: Option<Timestamp>,
    /// The money that is or was given back. Only where there is any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Refund, required = false)]
    pub refund: Option<Refund>,
    /// What the event is.
    pub event: BookingEvent<'a>,
}

/// Who books.
#[derive(Clone, Serialize, ToSchema)]
pub struct Customer<'a> {
    /// Name.
    pub name: &'a str,
    /// E-mail address.
    #[schema(format = Email)]
    pub email: &'a str,
}

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    /// Tickets are held until they are paid for.
    Pending,
    /// Paid for.
    Confirmed,
    /// The payment failed; the tickets are free again.
    PaymentFailed,
    /// Given up, or the event was called off before it was paid.
    Cancelled,
    /// Not paid for in time; the tickets are free again.
    Expired,
    /// Paid for, but there is no ticket: the money is being given back.
    RefundDue,
    /// The money was given back.
    Refunded,
}

/// Money that is or was given back.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Refund {
    /// Whether that has happened.
    pub status: RefundStatus,
    /// How much.
    pub amount: Money,
}

/// Whether money was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// The gateway was or will be asked to.
    Due,
    /// It was.
    Refunded,
}

/// What somebody who booked wants to know of the event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BookingEvent<'a> {
    /// Its title.
    pub title: &'a str,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// The IANA time zone that people at the event live by.
    #[schema(examples("Europe/Zurich"))]
    pub timezone: &'a str,
    /// Where it takes place.
    pub venue: Venue<'a>,
}

/// A page of bookings.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BookingList<'a> {
    /// The bookings, in order of arrival.
    pub items: Vec<Booking<'a>>,
    /// Where the next page begins; `null` if this is the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<'a> Booking<'a> {
    /// Shows a booking of `event`.
    pub fn new(booking: &'a booking::Booking, event: BookingEvent<'a>) -> Self {
        let is_pending = booking.status == booking::BookingStatus::Pending;
        let payment_url = booking.payment.as_ref().map(|payment| &*payment.url);
        Self {
            id: booking.id,
            event_id: booking.event_id,
            quantity: booking.quantity.get(),
            unit_price: booking.unit_price.into(),
            total: booking.total.into(),
            customer: Customer { name: booking.customer.name(), email: booking.customer.email() },
            locale: booking.locale,
            status: booking.status.into(),
            payment_url: payment_url.filter(|_| is_pending),
            expires_at: is_pending.then_some(booking.expires_at),
            created_at: booking.created_at,
            confirmed_at: booking.confirmed_at,
            cancelled_at: booking.cancelled_at,
            refund: Refund::of(booking),
            event,
        }
    }
}

impl fmt::Debug for Booking<'_> {
    /// Shows neither who booked nor where to pay, so that no log holds it by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Booking")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Customer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Customer(..)")
    }
}

impl Refund {
    fn of(booking: &booking::Booking) -> Option<Self> {
        let status = match booking.status {
            booking::BookingStatus::RefundDue => RefundStatus::Due,
            booking::BookingStatus::Refunded => RefundStatus::Refunded,
            booking::BookingStatus::Pending
            | booking::BookingStatus::Confirmed
            | booking::BookingStatus::PaymentFailed
            | booking::BookingStatus::Cancelled
            | booking::BookingStatus::Expired => return None,
        };
        Some(Self { status, amount: booking.total.into() })
    }
}

impl From<booking::BookingStatus> for BookingStatus {
    fn from(status: booking::BookingStatus) -> Self {
        match status {
            booking::BookingStatus::Pending => Self::Pending,
            booking::BookingStatus::Confirmed => Self::Confirmed,
            booking::BookingStatus::PaymentFailed => Self::PaymentFailed,
            booking::BookingStatus::Cancelled => Self::Cancelled,
            booking::BookingStatus::Expired => Self::Expired,
            booking::BookingStatus::RefundDue => Self::RefundDue,
            booking::BookingStatus::Refunded => Self::Refunded,
        }
    }
}

impl<'a> From<&'a Listing> for BookingEvent<'a> {
    fn from(listing: &'a Listing) -> Self {
        let details = &listing.event.details;
        Self {
            title: &details.title,
            starts_at: details.starts_at,
            timezone: details.timezone.as_str(),
            venue: Venue::from(&details.location),
        }
    }
}
