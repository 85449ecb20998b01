//! Calendar entries in all the world's zones, and across the changes of clocks.

use booking_core::domain::event::{EventDraft, LocationDraft};
use booking_core::domain::notice::NoticeKind;
use booking_core::ports::notifier::BuyerMessage;
use serde_json::{Value, json};

use crate::reading::{assert_sound, read};
use crate::world::{SHOP, at, customer, draft, message};

/// Zone, beginning and end as the clocks there show them, with what they are ahead of UTC.
const TIMED: [[&str; 3]; 17] = [
    ["Europe/Zurich", "2027-05-08T20:00:00+02:00", "2027-05-08T23:00:00+02:00"],
    ["Europe/Zurich", "2027-12-31T22:00:00+01:00", "2028-01-01T03:00:00+01:00"],
    // The clocks go forward, and back, with a night that has an hour twice.
    ["Europe/Zurich", "2027-03-28T01:00:00+01:00", "2027-03-28T05:00:00+02:00"],
    ["Europe/Zurich", "2027-10-31T01:30:00+02:00", "2027-10-31T03:30:00+01:00"],
    ["Europe/Zurich", "2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00"],
    ["Europe/Zurich", "2027-10-31T02:15:00+01:00", "2027-10-31T02:45:00+01:00"],
    ["Australia/Sydney", "2027-01-20T19:30:00+11:00", "2027-01-20T22:00:00+11:00"],
    ["Australia/Sydney", "2027-04-03T22:00:00+11:00", "2027-04-04T04:00:00+10:00"],
    ["Australia/Sydney", "2027-10-02T22:00:00+10:00", "2027-10-03T04:00:00+11:00"],
    // Half an hour.
    ["Australia/Lord_Howe", "2027-04-03T22:00:00+11:00", "2027-04-04T04:00:00+10:30"],
    ["America/Sao_Paulo", "2027-02-06T21:00:00-03:00", "2027-02-07T05:00:00-03:00"],
    ["Asia/Kolkata", "2027-08-15T18:30:00+05:30", "2027-08-15T21:00:00+05:30"],
    ["Pacific/Apia", "2027-06-01T00:30:00+13:00", "2027-06-01T02:00:00+13:00"],
    ["America/New_York", "2027-11-06T23:00:00-04:00", "2027-11-07T04:00:00-05:00"],
    ["America/New_York", "2027-03-13T23:00:00-05:00", "2027-03-14T04:00:00-04:00"],
    ["UTC", "2027-06-01T12:00:00+00:00", "2027-06-01T13:00:00+00:00"],
    // No end is known.
    ["Asia/Kolkata", "2027-08-15T18:30:00+05:30", "2027-08-15T18:30:00+05:30"],
];

/// Zone, beginning and end, and the first day and the one after the last.
const ALL_DAY: [[&str; 5]; 7] = [
    [
        "Europe/Zurich",
        "2027-03-28T00:00:00+01:00",
        "2027-03-29T00:00:00+02:00",
        "2027-03-28",
        "2027-03-29",
    ],
    [
        "Europe/Zurich",
        "2027-10-29T00:00:00+02:00",
        "2027-11-01T00:00:00+01:00",
        "2027-10-29",
        "2027-11-01",
    ],
    [
        "Pacific/Apia",
        "2027-06-01T00:00:00+13:00",
        "2027-06-01T23:59:59+13:00",
        "2027-06-01",
        "2027-06-02",
    ],
    [
        "America/New_York",
        "2027-02-28T00:00:00-05:00",
        "2027-03-02T00:00:00-05:00",
        "2027-02-28",
        "2027-03-02",
    ],
    [
        "Australia/Sydney",
        "2027-12-31T00:00:00+11:00",
        "2027-12-31T00:00:00+11:00",
        "2027-12-31",
        "2028-01-01",
    ],
    [
        "America/Sao_Paulo",
        "2028-02-29T00:00:00-03:00",
        "2028-03-01T00:00:00-03:00",
        "2028-02-29",
        "2028-03-01",
    ],
    [
        "Asia/Kolkata",
        "2027-08-15T09:00:00+05:30",
        "2027-08-16T18:00:00+05:30",
        "2027-08-15",
        "2027-08-17",
    ],
];

fn event(zone: &str, starts_at: &str, ends_at: &str, all_day: bool) -> BuyerMessage {
    let draft = EventDraft {
        timezone: zone.to_owned(),
        starts_at: at(starts_at),
        ends_at: at(ends_at),
        all_day,
        ..draft()
    };
    message(NoticeKind::BookingConfirmed, draft, customer())
}

/// Compares with the event what does not depend on its time.
fn assert_entry(calendar: &Value, message: &BuyerMessage) {
    let booking = message.booking.id;
    let url = format!("{SHOP}/bookings/{booking}");
    for (field, expected) in [
        ("version", json!("2.0")),
        ("inner", json!(["VEVENT"])),
        ("errors", json!([])),
        ("uid", json!(format!("booking-{booking}@shop.example.org"))),
        ("stamp", json!("2027-02-01T08:30:15Z")),
        ("summary", json!(message.event.details.title)),
        ("summary_there", json!(message.event.details.title)),
        ("location", json!("Grossmünster, Grossmünsterplatz; left, then right, Zürich, CH")),
        ("description", json!(format!("Tickets: 2\nBooking number: {booking}\n{url}"))),
        ("url", json!(url)),
        ("organizer", json!("mailto:tickets@shop.example.org")),
        ("attendees", json!(0)),
    ] {
        assert_eq!(calendar[field], expected, "{field}");
    }
}

#[tokio::test]
async fn every_calendar_and_every_mail_shows_the_instants_of_the_event() {
    let messages = TIMED.map(|[zone, starts, ends]| event(zone, starts, ends, false));
    let mails = read(&messages).await;
    for ((message, mail), [zone, starts, ends]) in messages.iter().zip(&mails).zip(TIMED) {
        assert_sound(mail, message);
        let (calendar, details) = (&mail["calendar"], &message.event.details);
        assert_entry(calendar, message);
        let (start, end) = (details.starts_at.to_string(), details.ends_at.to_string());
        assert_eq!(calendar["start"], json!(start), "{zone}");
        let expected_end = if starts == ends { Value::Null } else { json!(end) };
        assert_eq!(calendar["end"], expected_end, "{zone}");
        assert_eq!(mail["google"]["ctz"], zone);
        let compact = |text: &str| text.replace(['-', ':'], "");
        assert_eq!(mail["google"]["dates"], format!("{}/{}", compact(&start), compact(&end)));
        // What Python's own rules of the zone say is what stands there.
        let times = &mail["times"];
        assert_eq!((&times["start"], &times["end"]), (&json!(start), &json!(end)));
        assert_eq!((&times["start_here"], &times["end_here"]), (&json!(starts), &json!(ends)));
        let reservation = &mail["page"]["data"][0]["reservationFor"];
        assert_eq!(
            (&reservation["startDate"], &reservation["endDate"]),
            (&json!(starts), &json!(ends))
        );
        let text = mail["text"].as_str().unwrap();
        let when = text.lines().find_map(|line| line.strip_prefix("When: ")).unwrap();
        assert!(when.starts_with(times["start_words"].as_str().unwrap()), "{when}");
        assert!(when.contains(times["end_words"].as_str().unwrap()), "{when}");
        assert!(when.contains(zone), "{when}");
        assert_eq!(when.contains("The clocks go"), starts[19..] != ends[19..], "{when}");
        if zone != "UTC" {
            assert!(when.contains(&format!("UTC{}", &starts[19..])), "{when}");
            assert!(when.contains(&format!("UTC{}", &ends[19..])), "{when}");
        }
    }
}

#[tokio::test]
async fn whole_days_are_dates_where_the_event_is() {
    let messages = ALL_DAY.map(|[zone, starts, ends, ..]| event(zone, starts, ends, true));
    let mails = read(&messages).await;
    for ((message, mail), [zone, .., first, after]) in messages.iter().zip(&mails).zip(ALL_DAY) {
        assert_sound(mail, message);
        let calendar = &mail["calendar"];
        assert_entry(calendar, message);
        assert_eq!(
            (&calendar["start"], &calendar["end"]),
            (&json!(first), &json!(after)),
            "{zone}"
        );
        let dates = format!("{}/{}", first.replace('-', ""), after.replace('-', ""));
        assert_eq!(mail["google"]["dates"], dates);
        assert_eq!(mail["page"]["data"][0]["reservationFor"]["startDate"], first);
        let text = mail["text"].as_str().unwrap();
        let when = text.lines().find(|line| line.starts_with("When: ")).unwrap();
        assert!(!when.contains("00:00"), "{when}");
    }
}

#[tokio::test]
async fn titles_and_places_reach_the_calendar_letter_by_letter() {
    let long = "Ä, b; c\\ d: 李 \u{1F3B5} ".repeat(15);
    for title in ["a;b,c\\d\"e:f", "\\n \\, \\;", "BEGIN:VALARM", long.trim()] {
        let draft = EventDraft {
            title: title.to_owned(),
            location: LocationDraft::Online {
                url: Some("https://example.org/join?a=1,2;3".to_owned()),
            },
            ..draft()
        };
        let message = message(NoticeKind::BookingConfirmed, draft, customer());
        let mails = read(&[message]).await;
        assert_eq!(mails[0]["calendar"]["summary"], title);
        assert_eq!(mails[0]["calendar"]["location"], "https://example.org/join?a=1,2;3");
        assert_eq!(mails[0]["calendar"]["inner"], json!(["VEVENT"]));
    }
}

/// One entry, taken through a change and a cancellation.
#[tokio::test]
async fn an_entry_keeps_its_name_and_counts_its_changes() {
    let confirmed = event("Europe/Zurich", TIMED[0][1], TIMED[0][2], false);
    let again = |kind, revision| {
        let mut message = BuyerMessage { kind, ..confirmed.clone() };
        message.event.revision = revision;
        message
    };
    let mut seen = Vec::new();
    for message in [
        confirmed.clone(),
        again(NoticeKind::EventChanged, 1),
        again(NoticeKind::EventChanged, 2),
        again(NoticeKind::EventCancelled, 2),
    ] {
        let mails = read(&[message]).await;
        let calendar = &mails[0]["calendar"];
        assert_entry(calendar, &confirmed);
        seen.push((calendar["status"].clone(), calendar["sequence"].clone()));
    }
    let expected = [("CONFIRMED", 0), ("CONFIRMED", 1), ("CONFIRMED", 2), ("CANCELLED", 3)];
    assert_eq!(seen, expected.map(|(status, sequence)| (json!(status), json!(sequence))));
}
