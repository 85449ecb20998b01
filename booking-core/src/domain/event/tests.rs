use std::time::Duration;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn draft() -> EventDraft {
    EventDraft {
        title: " Night of the Organ ".to_owned(),
        description: "Bach,\nReger".to_owned(),
        category: "Concert".to_owned(),
        tags: vec!["Organ".to_owned(), "organ".to_owned(), "bach".to_owned()],
        location: LocationDraft::Venue {
            name: "Grossmünster".to_owned(),
            address: String::new(),
            city: "Zürich".to_owned(),
            country: "CH".to_owned(),
            latitude: Some(47.37),
            longitude: Some(8.54),
        },
        starts_at: at("2027-05-01T18:00:00Z"),
        ends_at: at("2027-05-01T20:00:00Z"),
        all_day: false,
        timezone: "Europe/Zurich".to_owned(),
        on_sale_from: Some(at("2027-01-01T00:00:00Z")),
        on_sale_until: Some(at("2027-05-01T17:00:00Z")),
        price_minor: 4500,
        currency: "CHF".to_owned(),
        max_per_booking: 8,
        url: Some("https://example.org/organ".to_owned()),
        image_url: None,
    }
}

#[test]
fn a_good_draft_is_kept_and_given_back() {
    let details = EventDetails::check(draft()).unwrap();
    assert_eq!(details.title, "Night of the Organ");
    assert_eq!(details.category, "concert");
    assert_eq!(details.tags, ["organ", "bach"]);
    assert_eq!(EventDetails::check(details.to_draft()), Ok(details));
}

#[test]
fn what_is_accepted_is_accepted_again_when_it_is_read() {
    // The first letter becomes two in lower case, and a letter beyond ASCII six bytes in an address.
    let label = |length| "İ".repeat(length);
    let url = |length| Some(format!("https://example.org/{}", "é".repeat(length)));
    let (longest_label, longest_url) = (30, 330);
    let accepted = EventDraft {
        category: label(longest_label),
        tags: vec![label(longest_label)],
        url: url(longest_url),
        ..draft()
    };
    let details = EventDetails::check(accepted).unwrap();
    assert_eq!(EventDetails::check(details.to_draft()), Ok(details));
    for (pointer, refused) in [
        ("/category", EventDraft { category: label(longest_label + 1), ..draft() }),
        ("/tags/0", EventDraft { tags: vec![label(longest_label + 1)], ..draft() }),
        ("/url", EventDraft { url: url(longest_url + 1), ..draft() }),
    ] {
        let wrong = EventDetails::check(refused).unwrap_err();
        let pointers: Vec<String> = wrong.into_iter().map(|wrong| wrong.pointer).collect();
        assert_eq!(pointers, [pointer]);
    }
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let wrong = EventDraft {
        title: String::new(),
        tags: vec!["ok".to_owned(), "\n\u{7}".to_owned()],
        location: LocationDraft::Venue {
            name: String::new(),
            address: String::new(),
            city: String::new(),
            country: "Switzerland".to_owned(),
            latitude: Some(91.0),
            longitude: Some(0.0),
        },
        ends_at: at("2027-04-01T20:00:00Z"),
        timezone: "Zurich".to_owned(),
        on_sale_until: Some(at("2026-05-01T17:00:00Z")),
        price_minor: -1,
        max_per_booking: 0,
        url: Some("javascript:alert(1)".to_owned()),
        ..draft()
    };
    let pointers: Vec<String> =
        EventDetails::check(wrong).unwrap_err().into_iter().map(|wrong| wrong.pointer).collect();
    assert_eq!(
        pointers,
        [
            "/title",
            "/tags/1",
            "/venue/country",
            "/venue/latitude",
            "/venue/city",
            "/timezone",
            "/price/amount",
            "/max_per_booking",
            "/url",
            "/ends_at",
            "/on_sale_until"
        ]
    );
}

#[test]
fn a_price_whose_largest_booking_cannot_be_written_down_is_refused() {
    let dear = EventDraft { price_minor: Money::MAX_MINOR, max_per_booking: 2, ..draft() };
    assert!(EventDetails::check(dear).is_err());
}

#[test]
fn sales_open_and_close_on_the_dot() {
    let details = EventDetails::check(draft()).unwrap();
    let published = details.terms(EventStatus::Published, ReminderLead::DAY);
    let (from, until) = (draft().on_sale_from.unwrap(), draft().on_sale_until.unwrap());
    let tick = Duration::from_micros(1);
    assert_eq!(
        published.sale_state(from.saturating_sub(tick)),
        SaleState::NotYet { on_sale_from: from }
    );
    assert_eq!(published.sale_state(from), SaleState::OnSale);
    assert_eq!(published.sale_state(until.saturating_sub(tick)), SaleState::OnSale);
    assert_eq!(published.sale_state(until), SaleState::Closed);
    assert_eq!(published.sale_state(draft().ends_at), SaleState::Ended);
    assert_eq!(
        details.terms(EventStatus::Draft, ReminderLead::DAY).sale_state(from),
        SaleState::Draft
    );
    assert_eq!(
        details.terms(EventStatus::Cancelled, ReminderLead::DAY).sale_state(from),
        SaleState::Cancelled
    );
}

#[test]
fn a_wrong_currency_hides_no_wrong_amount() {
    let wrong = EventDraft { price_minor: -1, currency: "ZZZ".to_owned(), ..draft() };
    let pointers: Vec<String> =
        EventDetails::check(wrong).unwrap_err().into_iter().map(|wrong| wrong.pointer).collect();
    assert_eq!(pointers, ["/price/currency", "/price/amount"]);
}

#[test]
fn everything_wrong_is_said_in_one_line() {
    let wrong = EventDraft { title: String::new(), currency: "coins".to_owned(), ..draft() };
    let invalid = EventDetails::check(wrong).unwrap_err();
    let text = invalid.to_string();
    let (first, second) = text.split_once("; ").unwrap();
    assert!(first.starts_with("/title ") && second.starts_with('/'), "{text}");
    let pointers: Vec<_> = invalid.iter().map(|violation| violation.pointer.clone()).collect();
    let taken: Vec<_> = invalid.into_iter().map(|violation| violation.pointer).collect();
    assert_eq!(taken, pointers);
}

#[test]
fn an_event_has_thirty_tags_at_most() {
    let tagged = |number: u32| EventDraft {
        tags: (0..number).map(|number| format!("tag {number}")).collect(),
        ..draft()
    };
    assert_eq!(EventDetails::check(tagged(30)).unwrap().tags.len(), 30);
    let invalid = EventDetails::check(tagged(31)).unwrap_err();
    assert_eq!(invalid.iter().map(|v| &*v.pointer).collect::<Vec<_>>(), ["/tags"]);
}

#[test]
fn half_a_place_on_the_map_is_none() {
    for (latitude, longitude) in [(Some(47.37), None), (None, Some(8.54))] {
        let mut half = draft();
        let LocationDraft::Venue { latitude: lat, longitude: lon, .. } = &mut half.location else {
            panic!("it has a venue")
        };
        (*lat, *lon) = (latitude, longitude);
        let invalid = EventDetails::check(half).unwrap_err();
        assert_eq!(invalid.iter().map(|v| &*v.pointer).collect::<Vec<_>>(), ["/venue/longitude"]);
    }
}

#[test]
fn nobody_is_reminded_more_than_a_month_before() {
    let longest = ReminderLead::from_minutes(ReminderLead::MAX_MINUTES).unwrap();
    assert_eq!(longest.minutes(), 30 * 24 * 60);
    assert!(ReminderLead::from_minutes(ReminderLead::MAX_MINUTES + 1).is_err());
    let begin = at("2027-05-01T18:00:00Z");
    assert_eq!(longest.before(begin), Some(at("2027-04-01T18:00:00Z")));
    assert_eq!(ReminderLead::DAY.before(begin), Some(at("2027-04-30T18:00:00Z")));
    assert_eq!(ReminderLead::NEVER.before(begin), None);
    assert_eq!(ReminderLead::default(), ReminderLead::DAY);
}
