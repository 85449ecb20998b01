//! The forms of the pages.

use http::{Method, StatusCode};
use serde_json::json;
use url::form_urlencoded;

use crate::harness::{Answer, Listener, PUBLIC_URL};
use crate::shop;

const FORM: (&str, &[u8]) = ("content-type", b"application/x-www-form-urlencoded");

/// Fails if a page holds markup that was typed.
pub(super) fn assert_tame(answer: &Answer, input: &[u8]) {
    if !answer.header("content-type").starts_with("text/html") {
        return;
    }
    for (name, value) in form_urlencoded::parse(input) {
        assert_escaped(answer, &name);
        assert_escaped(answer, &value);
    }
}

/// Fails if a page holds the markup of a text.
pub(super) fn assert_escaped(page: &Answer, text: &str) {
    // What is shorter may be the page's own.
    const SHORTEST: usize = 14;
    let tag = text.find('<').map(|at| &text[at..]);
    let is_tag = |tag: &&str| tag[1..].starts_with(|c: char| c == '/' || c.is_ascii_alphabetic());
    if let Some(tag) = tag.filter(is_tag).filter(|tag| tag.len() >= SHORTEST) {
        assert!(!String::from_utf8_lossy(&page.body).contains(tag), "{tag:?} is part of the page");
    }
}

/// The form of an event's page books what it says, or says what is wrong with it.
pub(super) fn booking(input: &[u8]) {
    shop::run(async {
        let (api, id) = shop::with_event(&json!({})).await;
        let headers = [FORM, ("accept", b"text/html"), ("sec-fetch-site", b"same-origin")];
        let path = format!("/events/{id}/book");
        let request = shop::request(Method::POST, &path, &headers, input).unwrap();
        let answer = shop::browse(&api, Listener::Public, request).await;
        assert_tame(&answer, input);
        let held = api.stock(&id).await["held"].as_u64().unwrap();
        if answer.status == StatusCode::SEE_OTHER {
            assert!((1..=10).contains(&held), "{held} are held");
            let next = answer.header("location");
            assert!(next.starts_with(PUBLIC_URL), "the browser stays here: {next}");
        } else {
            assert_eq!(held, 0, "what is not booked is not held");
            assert!(answer.status.is_client_error(), "{answer:?}");
        }
        shop::assert_balanced(&api).await;
    });
}

/// The gateway's page does nothing for links that it did not sign, and never decides about a booking.
///
/// The first line is a query, the rest a form. Both are sent as they are, and beside what a good link holds.
pub(super) fn payment(input: &[u8]) {
    let (query, form) = shop::first_line(input);
    let Ok(query) = std::str::from_utf8(query) else { return };
    shop::run(async {
        let (api, event) = shop::with_event(&json!({})).await;
        let booking = api.book(&event, 2).await;
        let link = booking["payment_url"].as_str().unwrap();
        let (page, good) = link.strip_prefix(PUBLIC_URL).unwrap().split_once('?').unwrap();
        let headers = [FORM, ("accept", b"text/html")];
        let bad = format!("{page}?{query}");
        for (method, body) in [(Method::GET, &[][..]), (Method::POST, form)] {
            let Some(request) = shop::request(method, &bad, &headers, body) else { return };
            let answer = shop::browse(&api, Listener::Public, request).await;
            assert!(answer.status.is_client_error(), "it is not signed: {answer:?}");
            assert_tame(&answer, input);
        }
        let beside = format!("{page}?{good}&{query}");
        let form = [good.as_bytes(), b"&", form].concat();
        for (method, body) in [(Method::GET, &[][..]), (Method::POST, &form)] {
            let Some(request) = shop::request(method, &beside, &headers, body) else { return };
            let answer = shop::browse(&api, Listener::Public, request).await;
            assert_tame(&answer, query.as_bytes());
            assert_tame(&answer, &form);
            if answer.status == StatusCode::SEE_OTHER {
                assert!(answer.header("location").starts_with(PUBLIC_URL), "{answer:?}");
            }
        }
        let path = format!("/v1/bookings/{}", booking["id"].as_str().unwrap());
        let after = shop::ask(&api, Listener::Public, shop::get(&path)).await;
        assert_eq!(after.json(), booking, "only the notification decides");
    });
}
