//! Searches, and the cursors of their pages.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::harness::{Api, Listener, event_with};
use crate::shop;

async fn catalogue() -> Api {
    let api = Api::new();
    for event in [
        json!({}),
        json!({"title": "İstanbul'da caz", "venue": {"city": "İstanbul", "country": "TR"}, "tags": ["jazz"]}),
        json!({"title": "東京の夏祭り", "price": {"amount": 0, "currency": "JPY"}, "max_per_booking": 1}),
        json!({"title": "Talk", "venue": {"online": true, "url": "https://talk.example/"}}),
    ] {
        api.publish(&event_with(&event)).await;
    }
    api
}

/// Any query is answered or refused, pages follow each other, and no page of the shop runs what was typed.
pub(super) fn query(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    shop::run(async {
        let api = catalogue().await;
        for path in ["/v1/events", "/v1/events/facets", "/v1/events/suggest"] {
            let request = shop::request(http::Method::GET, &format!("{path}?{text}"), &[], &[]);
            let Some(request) = request else { return };
            let is_list = path == "/v1/events";
            let answer = shop::ask(&api, Listener::Public, request).await;
            if answer.status == StatusCode::OK && is_list && !text.contains("cursor") {
                follow(&api, text, answer.json()).await;
            }
        }
        let page = shop::get(&format!("/?{text}"));
        let answer = shop::browse(&api, Listener::Public, page).await;
        super::pages::assert_tame(&answer, input);
    });
}

/// Pages do not overlap, and end.
async fn follow(api: &Api, query: &str, mut page: Value) {
    let mut seen = BTreeSet::new();
    // A fragment is not sent.
    let query = query.split('#').next().unwrap();
    for _ in 0..=4 {
        for item in page["items"].as_array().unwrap() {
            assert!(seen.insert(item["id"].as_str().unwrap().to_owned()), "{item} comes twice");
        }
        let Some(cursor) = page["next_cursor"].as_str() else { return };
        let next = shop::get(&format!("/v1/events?{query}&cursor={cursor}"));
        page = shop::ask(api, Listener::Public, next).await.expect(StatusCode::OK);
    }
    panic!("four events have more than five pages");
}

/// A cursor is taken only if it was given out.
pub(super) fn cursor(input: &[u8]) {
    const LONGEST: usize = 16 * 1024;
    if input.len() > LONGEST {
        // Escaped, it is no address any more.
        return;
    }
    shop::run(async {
        let api = catalogue().await;
        let mut given = BTreeSet::new();
        let first = "/v1/events?limit=1".to_owned();
        let mut next = Some(first.clone());
        while let Some(address) = next {
            let page = shop::ask(&api, Listener::Public, shop::get(&address)).await.json();
            next = page["next_cursor"].as_str().map(|cursor| {
                given.insert(cursor.to_owned());
                format!("{first}&cursor={cursor}")
            });
        }
        assert_eq!(given.len(), 3);
        let escaped: String = byte_serialize(input).collect();
        let list = shop::get(&format!("{first}&cursor={escaped}"));
        let answer = shop::ask(&api, Listener::Public, list).await;
        // An empty one is none.
        let is_given =
            std::str::from_utf8(input).is_ok_and(|input| given.contains(input) || input.is_empty());
        assert_eq!(answer.status.is_success(), is_given, "{answer:?}");
        let other = shop::get(&format!("{first}&sort=price&cursor={escaped}"));
        let answer = shop::ask(&api, Listener::Public, other).await;
        let is_refused = answer.status.is_client_error();
        assert!(is_refused || input.is_empty(), "it is for another order: {answer:?}");
    });
}
