//! Bodies in which an object has the same name twice: what they say depends on who reads them.

use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Listener, booking, event, notification};

/// Writes `body` once for each member of the object at `pointer`, which stands there twice.
fn with_repeats(body: &Value, pointer: &str) -> Vec<(String, String)> {
    let object = body.pointer(pointer).unwrap();
    let plain = object.to_string();
    let names = object.as_object().unwrap().keys();
    names
        .map(|name| {
            let again = format!("{{{}:{},{}", json!(name), object[name], &plain[1..]);
            let text = body.to_string().replacen(&plain, &again, 1);
            assert_eq!(
                &serde_json::from_str::<Value>(&text).unwrap(),
                body,
                "it is read all the same"
            );
            (format!("{pointer}/{name}"), text)
        })
        .collect()
}

async fn send(
    api: &Api,
    (listener, method, path): (Listener, Method, &str),
    headers: &[(&str, &str)],
    body: String,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    api.send(listener, request.body(body).unwrap()).await
}

#[tokio::test]
async fn no_body_says_anything_twice() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let mut order = booking(&event_id, 1);
    order["locale"] = json!("de");
    let change = json!({"price": {"amount": 1, "currency": "EUR"}, "title": "x", "capacity": 7});
    let edit = format!("/v1/events/{event_id}");
    let json = [("content-type", "application/json")];
    let merge = [("content-type", "application/merge-patch+json")];
    let mut asked = 0;
    for (call, headers, body, pointers) in [
        ((Listener::Public, Method::POST, "/v1/bookings"), json, order, &["", "/customer"][..]),
        ((Listener::Admin, Method::POST, "/v1/events"), json, event(), &["", "/venue", "/price"]),
        ((Listener::Admin, Method::PATCH, &*edit), merge, change, &["", "/price"]),
    ] {
        for (pointer, text) in pointers.iter().flat_map(|pointer| with_repeats(&body, pointer)) {
            let answer = send(&api, call.clone(), &headers, text).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{pointer}: {answer:?}");
            assert_eq!(answer.pointers(), [pointer], "{answer:?}");
            let told = &answer.json()["errors"][0]["detail"];
            assert_eq!(told, "is given more than once");
            asked += 1;
        }
    }
    assert_eq!(asked, 4 + 2 + 10 + 6 + 2 + 3 + 2);
    assert_eq!(api.stock(&event_id).await["held"], 0);
    let list = api.get("/v1/events").await.expect(StatusCode::OK);
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "none was entered");
    assert_eq!(list["items"][0]["title"], event()["title"], "and none changed");
}

#[tokio::test]
async fn a_notification_that_says_something_twice_has_no_effect() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let booking = api.book(&event_id, 1).await;
    let mut paid = notification(&booking, "payment.succeeded", "evt", &api);
    // What is not known to the engine is read by somebody else, perhaps.
    paid["livemode"] = json!({"is": true});
    for pointer in ["", "/data", "/livemode"] {
        for (pointer, text) in with_repeats(&paid, pointer) {
            let signature = api.sign(&text);
            let call = (Listener::Public, Method::POST, "/v1/payments/ipn");
            let answer = send(&api, call, &[("payment-signature", &signature)], text).await;
            assert_eq!(answer.pointers(), [pointer], "{answer:?}");
        }
    }
    let path = format!("/v1/bookings/{}", booking["id"].as_str().unwrap());
    assert_eq!(api.get(&path).await.expect(StatusCode::OK)["status"], "pending");
    api.notify(&paid).await.expect(StatusCode::OK);
    assert_eq!(api.get(&path).await.expect(StatusCode::OK)["status"], "confirmed");
}
