//! What search engines read of an event: schema.org JSON-LD.

use booking_core::domain::country::Country;
use booking_core::domain::event::{EventStatus, Listing, SaleState};
use booking_core::domain::text::WebUrl;
use booking_core::domain::time::Timestamp;
use booking_core::domain::venue::{GeoPoint, Location};
use serde_json::{Value, json};

use super::show::When;

/// Writes the data block of an event's page, safe to stand in a `script` element.
///
/// A data block is not a script: nothing executes it, so the content security policy lets it be.
pub(super) fn of(listing: &Listing, when: &When, page: &str, now: Timestamp) -> String {
    let details = &listing.event.details;
    let is_online = matches!(details.location, Location::Online { .. });
    let mut event = json!({
        "@context": "https://schema.org",
        "@type": "Event",
        "name": details.title,
        "startDate": when.machine,
        "endDate": if details.all_day { Value::Null } else { json!(details.ends_at.to_string()) },
        "eventStatus": match listing.event.status {
            EventStatus::Cancelled => "https://schema.org/EventCancelled",
            EventStatus::Draft | EventStatus::Published => "https://schema.org/EventScheduled",
        },
        "eventAttendanceMode": if is_online {
            "https://schema.org/OnlineEventAttendanceMode"
        } else {
            "https://schema.org/OfflineEventAttendanceMode"
        },
        "location": location(&details.location, page),
        "description": details.description,
        "image": details.image_url.as_ref().map(WebUrl::as_str),
        "url": page,
        "offers": offer(listing, page, now),
    });
    if let Some(event) = event.as_object_mut() {
        event.retain(|_, value| !value.is_null() && value != "");
    }
    escape(&event.to_string())
}

fn location(location: &Location, page: &str) -> Value {
    match location {
        Location::Online { url } => json!({
            "@type": "VirtualLocation",
            "url": url.as_ref().map_or(page, |url| url.as_str()),
        }),
        Location::Venue(venue) => json!({
            "@type": "Place",
            "name": if venue.name().is_empty() { venue.city() } else { venue.name() },
            "address": {
                "@type": "PostalAddress",
                "streetAddress": venue.address(),
                "addressLocality": venue.city(),
                "addressCountry": venue.country().map(Country::code),
            },
            "geo": venue.position().map(|position: GeoPoint| json!({
                "@type": "GeoCoordinates",
                "latitude": position.latitude(),
                "longitude": position.longitude(),
            })),
        }),
    }
}

fn offer(listing: &Listing, page: &str, now: Timestamp) -> Value {
    let details = &listing.event.details;
    let price = details.price.to_string();
    let amount = price.split_once(' ').map_or(&*price, |(amount, _)| amount);
    let availability = match listing.event.terms().sale_state(now) {
        SaleState::OnSale if listing.stock.available() > 0 => "https://schema.org/InStock",
        SaleState::NotYet { .. } => "https://schema.org/PreSale",
        _ => "https://schema.org/SoldOut",
    };
    json!({
        "@type": "Offer",
        "price": amount,
        "priceCurrency": details.price.currency().code(),
        "availability": availability,
        "validFrom": details.on_sale_from.map(|from| from.to_string()),
        "url": page,
    })
}

/// Writes what could end the element, or be read as markup, as escapes of JSON strings. In JSON
/// these characters occur within strings only.
fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_end_the_element() {
        let hostile = json!({"name": "</script><!-- & <script>\u{2028}"}).to_string();
        let escaped = escape(&hostile);
        assert!(!escaped.contains(['<', '>', '&', '\u{2028}']));
        let read: Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read["name"], "</script><!-- & <script>\u{2028}");
    }
}
