//! What organisers send: new events, and changes.

use booking_core::domain::quantity::{Capacity, Quantity};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Api, Listener, booking};
use crate::shop;

/// What an organiser may set, as it stands in an answer.
const SETTABLE: [&str; 17] = [
    "title",
    "description",
    "category",
    "tags",
    "venue",
    "starts_at",
    "ends_at",
    "all_day",
    "timezone",
    "on_sale_from",
    "on_sale_until",
    "price",
    "capacity",
    "max_per_booking",
    "reminder_minutes",
    "url",
    "image_url",
];

/// What is entered obeys the limits, and what is answered can be sent again and changes nothing.
pub(super) fn body(input: &[u8]) {
    shop::run(async {
        let api = Api::new();
        let request = shop::json(Method::POST, "/v1/events", input);
        let answer = shop::ask(&api, Listener::Admin, request).await;
        if answer.status != StatusCode::CREATED {
            return;
        }
        let event = answer.json();
        assert_limits(&event);
        assert_eq!(event["available"], event["capacity"]);
        let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
        let same: Value =
            SETTABLE.iter().map(|name| ((*name).to_owned(), event[*name].clone())).collect();
        let request = shop::json(Method::PATCH, &path, same.to_string().as_bytes());
        let patched = shop::ask(&api, Listener::Admin, request).await.expect(StatusCode::OK);
        assert_eq!(without_times(patched), without_times(event.clone()), "{same}");
        publish_and_show(&api, &path).await;
        let id = event["id"].as_str().unwrap();
        let request =
            shop::json(Method::POST, "/v1/bookings", booking(id, 1).to_string().as_bytes());
        let booked = shop::ask(&api, Listener::Public, request).await;
        if booked.status == StatusCode::CREATED {
            let booked = booked.json();
            assert_calendar(&api, &booked).await;
            super::mails::assert_sound(&api, booked["id"].as_str().unwrap()).await;
        }
        shop::assert_balanced(&api).await;
    });
}

/// The entry for a calendar is one event, whatever its title and place may be.
async fn assert_calendar(api: &Api, booked: &Value) {
    if booked["status"] == "pending" {
        api.pay(booked).await;
    }
    let path = format!("/bookings/{}/calendar.ics", booked["id"].as_str().unwrap());
    let answer = shop::browse(api, Listener::Public, shop::get(&path)).await;
    assert_eq!(answer.status, StatusCode::OK);
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    // Lines are folded at 75 bytes, and a line goes on in the one below if that begins with a space (RFC 5545 §3.1).
    assert!(
        text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])),
        "{text}"
    );
    let unfolded = text.replace("\r\n ", "");
    let count = |name: &str| unfolded.split("\r\n").filter(|line| line.starts_with(name)).count();
    for (name, times) in
        [("BEGIN:VEVENT", 1), ("END:VEVENT", 1), ("SUMMARY", 1), ("UID", 1), ("ATTENDEE", 0)]
    {
        assert_eq!(count(name), times, "{name} in {text}");
    }
}

/// A change obeys the limits, or changes nothing.
pub(super) fn patch(input: &[u8]) {
    shop::run(async {
        let (api, id) = shop::with_event(&json!({})).await;
        api.book(&id, 3).await;
        let path = format!("/v1/events/{id}");
        let before = shop::ask(&api, Listener::Admin, shop::get(&path)).await.json();
        let headers = [("content-type", &b"application/merge-patch+json"[..])];
        let request = shop::request(Method::PATCH, &path, &headers, input).unwrap();
        let answer = shop::ask(&api, Listener::Admin, request).await;
        let after = shop::ask(&api, Listener::Admin, shop::get(&path)).await.json();
        if answer.status == StatusCode::OK {
            assert_eq!(answer.json(), after);
            assert_limits(&after);
        } else {
            assert_eq!(before, after, "a refusal changes nothing");
        }
        let stock = api.stock(&id).await;
        assert_eq!(stock["held"], 3);
        assert_eq!(stock["capacity"], after["capacity"]);
        assert_eq!(stock["stock"], after["capacity"]);
        publish_and_show(&api, &path).await;
        shop::assert_balanced(&api).await;
    });
}

fn without_times(mut event: Value) -> Value {
    event["updated_at"] = Value::Null;
    event
}

fn assert_limits(event: &Value) {
    let length = |name: &str| event[name].as_str().unwrap().chars().count();
    assert!((1..=300).contains(&length("title")), "{event}");
    assert!(length("description") <= 20_000, "{event}");
    assert!(length("category") <= 60, "{event}");
    assert!(event["tags"].as_array().unwrap().len() <= 30, "{event}");
    let number = |name: &str| event[name].as_u64().unwrap();
    assert!((1..=u64::from(Capacity::MAX)).contains(&number("capacity")), "{event}");
    assert!((1..=u64::from(Quantity::MAX)).contains(&number("max_per_booking")), "{event}");
    assert!(event["price"]["amount"].as_i64().unwrap() >= 0, "{event}");
    let instant = |name: &str| {
        let text = event[name].as_str().unwrap();
        text.parse::<booking_core::domain::time::Timestamp>().unwrap()
    };
    assert!(instant("starts_at") <= instant("ends_at"), "{event}");
    for name in ["url", "image_url"] {
        let is_web = |text: &str| text.starts_with("https://") || text.starts_with("http://");
        assert!(event[name].as_str().is_none_or(is_web), "{event}");
    }
}

/// Nobody can enter an event that breaks the lists and pages of everybody else.
async fn publish_and_show(api: &Api, path: &str) {
    let publish = shop::request(Method::POST, &format!("{path}/publish"), &[], &[]).unwrap();
    shop::ask(api, Listener::Admin, publish).await;
    let event = shop::ask(api, Listener::Admin, shop::get(path)).await.json();
    for address in [path, "/v1/events?include_past=true", "/v1/events/facets"] {
        shop::ask(api, Listener::Public, shop::get(address)).await.expect(StatusCode::OK);
    }
    for page in [path.trim_start_matches("/v1"), "/?include_past=true"] {
        let answer = shop::browse(api, Listener::Public, shop::get(page)).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        for name in ["title", "description", "category"] {
            super::pages::assert_escaped(&answer, event[name].as_str().unwrap());
        }
    }
}
