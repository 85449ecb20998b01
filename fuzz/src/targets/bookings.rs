//! `POST /v1/bookings`: the body, and the key.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Api, Listener, booking};
use crate::shop;

/// What is booked is what was asked for; what is refused leaves nothing behind.
pub(super) fn body(input: &[u8]) {
    shop::run(async {
        let (api, id) = shop::with_event(&json!({"max_per_booking": 7})).await;
        let request = shop::json(Method::POST, "/v1/bookings", input);
        let answer = shop::ask(&api, Listener::Public, request).await;
        let asked: Value = serde_json::from_slice(input).unwrap_or_default();
        let customer = &asked["customer"];
        shop::assert_silent(
            &answer,
            input,
            &[customer["name"].as_str(), customer["email"].as_str()],
        );
        let stock = api.stock(&id).await;
        if answer.status == StatusCode::CREATED {
            let booked = answer.json();
            // JSON has one kind of number: `2.0` is two.
            assert_eq!(booked["quantity"].as_f64(), asked["quantity"].as_f64());
            assert!((1..=7).contains(&booked["quantity"].as_u64().unwrap()), "{booked}");
            let email = booked["customer"]["email"].as_str().unwrap();
            assert_eq!(email, customer["email"].as_str().unwrap().trim());
            assert!(email.len() <= 254 && email.contains('@') && !email.contains(char::is_control));
            let name = booked["customer"]["name"].as_str().unwrap();
            assert!((1..=200).contains(&name.chars().count()), "{name:?}");
            assert!(!name.contains(char::is_control), "{name:?}");
            assert_eq!(stock["held"], booked["quantity"]);
            let path = format!("/v1/bookings/{}", booked["id"].as_str().unwrap());
            let found = shop::ask(&api, Listener::Public, shop::get(&path)).await;
            assert_eq!(found.expect(StatusCode::OK), booked, "it is kept as it was answered");
            let page = path.replace("/v1", "");
            let page = shop::browse(&api, Listener::Public, shop::get(&page)).await;
            assert_eq!(page.status, StatusCode::OK);
            super::pages::assert_escaped(&page, name);
            assert_door_list(&api, &id, &booked).await;
            super::mails::assert_sound(&api, booked["id"].as_str().unwrap()).await;
        } else {
            assert_eq!(stock["held"], 0, "a refusal holds nothing");
        }
        shop::assert_balanced(&api).await;
    });
}

/// The table has one line for a booking, and no cell that a spreadsheet takes for a formula.
async fn assert_door_list(api: &Api, event: &str, booked: &Value) {
    let path = format!("/v1/events/{event}/bookings");
    shop::ask(api, Listener::Admin, shop::get(&path)).await.expect(StatusCode::OK);
    let table = shop::request(Method::GET, &path, &[("accept", b"text/csv")], &[]).unwrap();
    let table = shop::ask(api, Listener::Admin, table).await;
    let mut reader = csv::Reader::from_reader(&table.body[..]);
    let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let [line] = &lines[..] else { panic!("{lines:?} for {booked}") };
    for cell in line {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?} is a formula");
    }
    let name = booked["customer"]["name"].as_str().unwrap();
    assert!(line.iter().any(|cell| cell.trim_start_matches('\'') == name.trim_start_matches('\'')));
}

/// A key is good for one request, however odd it is.
pub(super) fn key(input: &[u8]) {
    shop::run(async {
        let (api, id) = shop::with_event(&json!({})).await;
        let send = async |quantity| {
            let body = booking(&id, quantity).to_string();
            let headers = [("content-type", &b"application/json"[..]), ("idempotency-key", input)];
            let request = shop::request(Method::POST, "/v1/bookings", &headers, body.as_bytes())?;
            Some(shop::ask(&api, Listener::Public, request).await)
        };
        // HTTP does not bring other values here.
        let Some(first) = send(2).await else { return };
        let is_printable = input.iter().all(|b| (0x20..0x7f).contains(b));
        let is_key = (1..=255).contains(&input.len())
            && is_printable
            // The shop's own form has these.
            && !input.starts_with(b"page-form:");
        if !is_key {
            assert_eq!(first.pointers(), ["/Idempotency-Key"]);
            assert_eq!(api.stock(&id).await["held"], 0);
            return;
        }
        let booked = first.expect(StatusCode::CREATED);
        let again = send(2).await.unwrap();
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.expect(StatusCode::CREATED), booked);
        send(3).await.unwrap().problem("idempotency-key-reused");
        assert_eq!(api.stock(&id).await["held"], 2, "it is booked once");
    });
}
