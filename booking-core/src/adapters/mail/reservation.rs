//! What mail programs read of a booking: schema.org `EventReservation` as JSON-LD.

use serde_json::{Value, json};

use super::story::Standing;
use super::text::{clip, presentable_name, tidy};
use super::when;
use crate::domain::country::Country;
use crate::domain::money::Money;
use crate::domain::venue::Location;
use crate::ports::notifier::BuyerMessage;

const MAX_TITLE: usize = 300;

/// Writes the data block, safe to stand in a `script` element.
pub(super) fn markup(message: &BuyerMessage, standing: Standing, booking_url: &str) -> String {
    let (booking, details) = (&message.booking, &message.event.details);
    let (starts, ends) = when::for_programs(details);
    let name = presentable_name(booking.customer.name());
    let reservation = json!({
        "@context": "http://schema.org",
        "@type": "EventReservation",
        "reservationNumber": booking.id.to_string(),
        "reservationStatus": match standing {
            Standing::Valid => "http://schema.org/ReservationConfirmed",
            Standing::Withdrawn => "http://schema.org/ReservationCancelled",
        },
        "underName": {
            "@type": "Person",
            "name": name.as_deref().unwrap_or(booking.customer.email()),
        },
        "numSeats": booking.quantity.get(),
        "url": booking_url,
        "totalPrice": amount(booking.total),
        "priceCurrency": booking.total.currency().code(),
        "reservationFor": {
            "@type": "Event",
            "name": clip(&details.title, MAX_TITLE),
            "startDate": starts,
            "endDate": ends,
            "location": location(&details.location, booking_url),
        },
    });
    escape(&reservation.to_string())
}

/// Returns the amount alone, with a point before its decimals.
fn amount(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn location(location: &Location, booking_url: &str) -> Value {
    match location {
        Location::Online { url } => json!({
            "@type": "VirtualLocation",
            "url": url.as_ref().map_or(booking_url, |url| url.as_str()),
        }),
        Location::Venue(venue) => json!({
            "@type": "Place",
            "name": tidy(if venue.name().is_empty() { venue.city() } else { venue.name() }),
            "address": {
                "@type": "PostalAddress",
                "streetAddress": tidy(venue.address()),
                "addressLocality": tidy(venue.city()),
                "addressCountry": venue.country().map_or("", Country::code),
            },
        }),
    }
}

/// Writes what could end the element, or be read as markup, as escapes of JSON strings. In JSON these characters
/// occur within strings only.
fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            other => escaped.push(other),
        }
    }
    escaped
}
