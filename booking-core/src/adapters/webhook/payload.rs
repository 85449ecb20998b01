//! The JSON that is sent.
//!
//! Its shapes are those of the HTTP API, and types of their own for the same reason: a change of the domain must not
//! change what receivers rely on by accident.

use serde::Serialize;

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::country::Country;
use crate::domain::event::Event;
use crate::domain::ids::{BookingId, EventId};
use crate::domain::money;
use crate::domain::notice::NoticeKind;
use crate::domain::text::WebUrl;
use crate::domain::time::Timestamp;
use crate::domain::venue::{GeoPoint, Location};
use crate::ports::notifier::BuyerMessage;

/// Returns the body of a message, or `None` if it is not for buyers.
pub(super) fn write(message: &BuyerMessage) -> Option<Vec<u8>> {
    let payload = Payload {
        kind: type_of(message.kind)?,
        timestamp: occurred_at(message),
        data: Data::of(&message.booking, &message.event),
    };
    Some(serde_json::to_vec(&payload).expect("plain data can be written as JSON"))
}

const fn type_of(kind: NoticeKind) -> Option<&'static str> {
    Some(match kind {
        NoticeKind::BookingConfirmed => "booking.confirmed",
        NoticeKind::EventReminder => "event.reminder",
        NoticeKind::PaymentFailed => "booking.payment_failed",
        NoticeKind::HoldExpired => "booking.expired",
        NoticeKind::BookingCancelled => "booking.cancelled",
        NoticeKind::EventChanged => "event.changed",
        NoticeKind::EventCancelled => "event.cancelled",
        NoticeKind::RefundDue => "booking.refund_due",
        NoticeKind::Refunded => "booking.refunded",
        NoticeKind::ExpirePayment | NoticeKind::RequestRefund => return None,
    })
}

/// Returns when what is told of came about. It is the same at every attempt.
///
/// A notice is queued in the transaction that gives rise to it, and its id holds the time of that. A reminder is queued
/// long before there is anything to tell of.
fn occurred_at(message: &BuyerMessage) -> Timestamp {
    if message.kind == NoticeKind::EventReminder {
        return message.event.remind_at().unwrap_or(message.event.details.starts_at);
    }
    let id = message.id.as_uuid();
    let made_at = id.get_timestamp().filter(|_| id.get_version_num() == 7).and_then(|made_at| {
        let (seconds, nanos) = made_at.to_unix();
        let micros = i64::try_from(seconds).ok()?.checked_mul(1_000_000)?;
        Timestamp::from_micros(micros.checked_add(i64::from(nanos / 1_000))?).ok()
    });
    made_at.unwrap_or(message.now)
}

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    data: Data<'a>,
}

/// A booking, and what its buyer wants to know of the event.
#[derive(Serialize)]
struct Data<'a> {
    id: BookingId,
    event_id: EventId,
    quantity: u32,
    unit_price: Money,
    total: Money,
    customer: Customer<'a>,
    locale: &'a str,
    status: &'static str,
    /// Unlike in the API it is always there: whoever hears of a hold that ran out wants to know when it did.
    expires_at: Timestamp,
    created_at: Timestamp,
    confirmed_at: Option<Timestamp>,
    cancelled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<Refund>,
    event: EventOfBooking<'a>,
}

#[derive(Serialize)]
struct Money {
    amount: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct Customer<'a> {
    name: &'a str,
    email: &'a str,
}

#[derive(Serialize)]
struct Refund {
    status: &'static str,
    amount: Money,
}

#[derive(Serialize)]
struct EventOfBooking<'a> {
    id: EventId,
    title: &'a str,
    starts_at: Timestamp,
    ends_at: Timestamp,
    all_day: bool,
    timezone: &'a str,
    venue: Venue<'a>,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Venue<'a> {
    Physical {
        name: &'a str,
        address: &'a str,
        city: &'a str,
        country: Option<&'static str>,
        latitude: Option<f64>,
        longitude: Option<f64>,
    },
    Online {
        online: bool,
        url: Option<&'a str>,
    },
}

impl<'a> Data<'a> {
    fn of(booking: &'a Booking, event: &'a Event) -> Self {
        Self {
            id: booking.id,
            event_id: booking.event_id,
            quantity: booking.quantity.get(),
            unit_price: booking.unit_price.into(),
            total: booking.total.into(),
            customer: Customer { name: booking.customer.name(), email: booking.customer.email() },
            locale: booking.locale.as_str(),
            status: booking.status.as_str(),
            expires_at: booking.expires_at,
            created_at: booking.created_at,
            confirmed_at: booking.confirmed_at,
            cancelled_at: booking.cancelled_at,
            refund: Refund::of(booking),
            event: event.into(),
        }
    }
}

impl Refund {
    fn of(booking: &Booking) -> Option<Self> {
        let status = match booking.status {
            BookingStatus::RefundDue => "due",
            BookingStatus::Refunded => "refunded",
            BookingStatus::Pending
            | BookingStatus::Confirmed
            | BookingStatus::PaymentFailed
            | BookingStatus::Cancelled
            | BookingStatus::Expired => return None,
        };
        Some(Self { status, amount: booking.total.into() })
    }
}

impl From<money::Money> for Money {
    fn from(money: money::Money) -> Self {
        Self { amount: money.amount_minor(), currency: money.currency().code() }
    }
}

impl<'a> From<&'a Event> for EventOfBooking<'a> {
    fn from(event: &'a Event) -> Self {
        let details = &event.details;
        Self {
            id: event.id,
            title: &details.title,
            starts_at: details.starts_at,
            ends_at: details.ends_at,
            all_day: details.all_day,
            timezone: details.timezone.as_str(),
            venue: Venue::from(&details.location),
            status: event.status.as_str(),
        }
    }
}

impl<'a> From<&'a Location> for Venue<'a> {
    fn from(location: &'a Location) -> Self {
        match location {
            Location::Venue(venue) => Self::Physical {
                name: venue.name(),
                address: venue.address(),
                city: venue.city(),
                country: venue.country().map(Country::code),
                latitude: venue.position().map(GeoPoint::latitude),
                longitude: venue.position().map(GeoPoint::longitude),
            },
            Location::Online { url } => {
                Self::Online { online: true, url: url.as_ref().map(WebUrl::as_str) }
            }
        }
    }
}
