//! Small programs that embed the booking engine, in `examples/`; each runs by itself and checks itself.
//!
//! This library holds the event that they sell.

use booking_core::domain::event::{EventDetails, EventDraft, InvalidEvent, LocationDraft};
use booking_core::domain::time::Timestamp;

/// Makes a concert in Zürich that takes place ten days after `now` and costs 45.00 CHF.
///
/// # Errors
/// - [`InvalidEvent`] if a field is not acceptable; none is.
pub fn concert(now: Timestamp) -> Result<EventDetails, InvalidEvent> {
    const HOUR: std::time::Duration = std::time::Duration::from_hours(1);
    let starts_at = now.saturating_add(HOUR * 240);
    EventDetails::check(EventDraft {
        title: "Night of the Organ".to_owned(),
        description: "Four organists, one instrument, no microphones.".to_owned(),
        category: "concert".to_owned(),
        tags: vec!["organ".to_owned(), "classical".to_owned()],
        location: LocationDraft::Venue {
            name: "Grossmünster".to_owned(),
            address: "Grossmünsterplatz".to_owned(),
            city: "Zürich".to_owned(),
            country: "CH".to_owned(),
            latitude: Some(47.3701),
            longitude: Some(8.5441),
        },
        starts_at,
        ends_at: starts_at.saturating_add(HOUR * 3),
        all_day: false,
        timezone: "Europe/Zurich".to_owned(),
        on_sale_from: None,
        on_sale_until: None,
        price_minor: 4_500,
        currency: "CHF".to_owned(),
        max_per_booking: 8,
        url: None,
        image_url: None,
    })
}
