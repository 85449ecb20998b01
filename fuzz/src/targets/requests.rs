//! Whole requests: any method, address, headers and body, to both listeners.

use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::harness::Listener;
use crate::shop;

/// Nothing is found by what is not its id.
pub(super) fn ids(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    shop::run(async {
        let (api, event) = shop::with_event(&json!({})).await;
        let booking = api.book(&event, 1).await["id"].as_str().unwrap().to_owned();
        let names = |known: &str| text.parse().is_ok_and(|id: Uuid| known.parse() == Ok(id));
        let (get, post) = (Method::GET, Method::POST);
        for (listener, method, before, after, known) in [
            (Listener::Public, &get, "/v1/events/", "", &event),
            (Listener::Public, &get, "/events/", "", &event),
            (Listener::Public, &get, "/v1/bookings/", "", &booking),
            (Listener::Public, &get, "/bookings/", "", &booking),
            (Listener::Public, &get, "/bookings/", "/calendar.ics", &booking),
            (Listener::Public, &post, "/bookings/", "/cancel", &booking),
            (Listener::Public, &post, "/v1/bookings/", "/cancel", &booking),
            (Listener::Admin, &get, "/v1/events/", "/stock", &event),
            (Listener::Admin, &get, "/v1/events/", "/bookings", &event),
            (Listener::Admin, &post, "/v1/bookings/", "/refund", &booking),
            (Listener::Admin, &post, "/v1/events/", "/cancel", &event),
        ] {
            let address = format!("{before}{text}{after}");
            let Some(request) = shop::request(method.clone(), &address, &[], &[]) else { return };
            let answer = shop::browse(&api, listener, request).await;
            let is_segment = !text.contains(['/', '%', '?', '#']);
            if is_segment && !names(known) && !["facets", "suggest"].contains(&text) {
                let refusals = [
                    StatusCode::NOT_FOUND,
                    StatusCode::METHOD_NOT_ALLOWED,
                    StatusCode::URI_TOO_LONG,
                ];
                assert!(refusals.contains(&answer.status), "{method} {address}: {answer:?}");
            }
        }
        shop::assert_balanced(&api).await;
    });
}

/// A request as it would be written: `METHOD target`, headers, an empty line, a body.
///
/// Nothing of it may appear among the headers of the answer but a sane id.
pub(super) fn whole(input: &[u8]) {
    let (line, mut rest) = shop::first_line(input);
    let Ok(line) = std::str::from_utf8(line) else { return };
    let Some((method, target)) = line.split_once(' ') else { return };
    let Ok(method) = method.parse::<Method>() else { return };
    let mut headers = Vec::new();
    while !rest.is_empty() {
        let (line, after) = shop::first_line(rest);
        rest = after;
        if line.is_empty() {
            break;
        }
        let Some(at) = line.iter().position(|byte| *byte == b':') else { return };
        let Ok(name) = std::str::from_utf8(&line[..at]) else { return };
        headers.push((name, line[at + 1..].trim_ascii()));
    }
    shop::run(async {
        let (api, event) = shop::with_event(&json!({})).await;
        api.book(&event, 1).await;
        for listener in [Listener::Public, Listener::Admin] {
            let Some(request) = shop::request(method.clone(), target, &headers, rest) else {
                return;
            };
            let has_tags = request.headers().contains_key("if-none-match");
            let given = request.headers().get("x-request-id").cloned();
            let answer = shop::browse(&api, listener, request).await;
            assert!(has_tags || answer.status != StatusCode::NOT_MODIFIED, "{answer:?}");
            let id = answer.header("x-request-id");
            let is_sane = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
            assert!((1..=128).contains(&id.len()) && id.chars().all(is_sane), "{id:?}");
            if answer.header("x-request-id").parse::<Uuid>().is_err() {
                assert_eq!(given.as_ref().and_then(|given| given.to_str().ok()), Some(id));
            }
            assert!(!answer.headers.contains_key("x-injected"), "{answer:?}");
        }
        shop::assert_balanced(&api).await;
    });
}
