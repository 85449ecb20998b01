//! Events that show what else can be: sold out, nearly so, not on sale yet, over, called off.

use std::time::Duration;

use booking_core::domain::event::{EventDraft, LocationDraft};
use booking_core::domain::time::Timestamp;

use super::DemoEvent;
use super::schedule::finish;

pub(super) fn events(now: Timestamp) -> Vec<DemoEvent> {
    // A whole hour, so that the times look like times, and the same all day long.
    let midnight = Timestamp::from_secs(now.as_secs().div_euclid(86_400) * 86_400);
    let midnight = midnight.expect("the midnight before now is within the calendar");
    let day = |days: u64| midnight.saturating_add(Duration::from_hours(days * 24 + 18));
    let draft = |title: &str, text: &str, starts_at: Timestamp| EventDraft {
        title: title.to_owned(),
        description: text.to_owned(),
        category: "concert".to_owned(),
        tags: vec!["music".to_owned(), "small group".to_owned()],
        location: LocationDraft::Venue {
            name: "Salon am See".to_owned(),
            address: "Seestrasse 9, 8002".to_owned(),
            city: "Zürich".to_owned(),
            country: "CH".to_owned(),
            latitude: Some(47.3602),
            longitude: Some(8.5353),
        },
        starts_at,
        ends_at: starts_at.saturating_add(Duration::from_hours(2)),
        all_day: false,
        timezone: "Europe/Zurich".to_owned(),
        on_sale_from: None,
        on_sale_until: None,
        price_minor: 2_500,
        currency: "CHF".to_owned(),
        max_per_booking: 6,
        url: None,
        image_url: None,
    };

    let sold_out = draft(
        "Five Chairs and a Piano",
        "A recital for five people. All five have been found.",
        day(20),
    );
    let one_left = draft(
        "Twelve at the Table",
        "Songs over soup, for twelve guests. Eleven of them have their spoons.",
        day(27),
    );
    let mut not_yet = draft(
        "The Reunion Nobody Expected",
        "Forty years after their last concert they play once more. Sales open in two weeks.",
        day(180),
    );
    not_yet.on_sale_from = Some(day(14));
    let over = draft(
        "Last Week's Serenade",
        "It was a lovely evening.",
        midnight.saturating_sub(Duration::from_hours(3 * 24 - 18)),
    );
    let called_off = draft(
        "Open Air on Thin Ice",
        "A concert on the frozen lake. The lake has not frozen.",
        day(40),
    );
    vec![
        DemoEvent { sold: 5, ..finish(sold_out, 5) },
        DemoEvent { sold: 11, ..finish(one_left, 12) },
        finish(not_yet, 8_000),
        finish(over, 60),
        DemoEvent { is_called_off: true, ..finish(called_off, 900) },
    ]
}
