//! Taking bookings, showing them, giving them up.

use std::sync::Arc;

use booking_core::domain::booking::Booking;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::gateway::SlowGateway;
use crate::harness::{
    Answer, Api, Listener, NOBODY, PUBLIC_URL, booking, event, event_with, json_request,
};

async fn book_with_key(api: &Api, body: &Value, key: &str) -> Answer {
    let mut request = json_request(Method::POST, "/v1/bookings", body);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    api.send(Listener::Public, request).await
}

#[tokio::test]
async fn tickets_are_held_and_can_be_paid_for() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let answer = api.post("/v1/bookings", &booking(&event_id, 2)).await;
    let made = answer.expect(StatusCode::CREATED);
    let id = made["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("{PUBLIC_URL}/v1/bookings/{id}"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.header("idempotency-replayed").is_empty());
    let payment_url = made["payment_url"].as_str().unwrap();
    assert!(payment_url.starts_with(PUBLIC_URL), "{payment_url}");
    assert_eq!(
        made,
        json!({
            "id": id,
            "event_id": event_id,
            "quantity": 2,
            "unit_price": {"amount": 4500, "currency": "EUR"},
            "total": {"amount": 9000, "currency": "EUR"},
            "customer": {"name": "Zoë Ångström", "email": "zoe@mail.example.org"},
            "locale": "en",
            "status": "pending",
            "payment_url": payment_url,
            "expires_at": "2027-01-15T12:15:00.123456Z",
            "created_at": "2027-01-15T12:00:00.123456Z",
            "confirmed_at": null,
            "cancelled_at": null,
            "event": {
                "title": "Nachtkonzert",
                "starts_at": "2027-02-14T19:00:00Z",
                "timezone": "Europe/Zurich",
                "venue": {
                    "name": "Tonhalle", "address": "Claridenstrasse 7", "city": "Zürich",
                    "country": "CH", "latitude": 47.3663, "longitude": 8.5374
                }
            }
        })
    );
    let shown = api.get(&format!("/v1/bookings/{id}")).await;
    assert_eq!(shown.header("cache-control"), "no-store");
    assert_eq!(shown.expect(StatusCode::OK), made);
}

#[tokio::test]
async fn the_language_of_a_buyer_is_taken_from_body_or_header() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let ask = async |locale: Value, header: Option<&str>| {
        let mut body = booking(&event_id, 1);
        body["locale"] = locale;
        let mut request = json_request(Method::POST, "/v1/bookings", &body);
        if let Some(value) = header {
            request.headers_mut().insert("accept-language", value.parse().unwrap());
        }
        api.send(Listener::Public, request).await
    };
    for (locale, header, expected) in [
        (json!("de-ch"), Some("fr"), "de-CH"),
        (json!("PT_br"), None, "pt-BR"),
        (Value::Null, Some("fr-CA, it;q=0.9"), "fr-CA"),
        (Value::Null, Some("fr-CA, de-AT;q=0.9"), "de-AT"),
        (Value::Null, Some("*"), "en"),
        (Value::Null, None, "en"),
    ] {
        let made = ask(locale, header).await.expect(StatusCode::CREATED);
        assert_eq!(made["locale"], expected, "{header:?}");
        let id = made["id"].as_str().unwrap();
        assert_eq!(api.get(&format!("/v1/bookings/{id}")).await.expect(StatusCode::OK), made);
    }
    for header in ["und", "mul, und;q=0.5, zxx-Latn;q=0.4", "*, mis"] {
        let made = ask(Value::Null, Some(header)).await.expect(StatusCode::CREATED);
        assert_eq!(made["locale"], "en", "{header:?} names no language");
    }
    let wrong = ["english", "", "en\r\nBcc: x", "und", "und-CH", "MUL", "mis", "zxx"];
    for wrong in wrong.map(Value::from).into_iter().chain([json!(7)]) {
        assert_eq!(ask(wrong.clone(), None).await.pointers(), ["/locale"], "{wrong}");
    }
}

/// Whoever knows the token of somebody's form is neither shown what was booked with it nor takes it first.
#[tokio::test]
async fn the_keys_of_the_shops_form_are_no_clients_keys() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let (form_key, body) = ("page-form:42", booking(&event_id, 1));
    let order =
        "form_token=42&quantity=1&name=Zo%C3%AB+%C3%85ngstr%C3%B6m&email=zoe%40mail.example.org";
    for _ in 0..2 {
        assert_eq!(book_with_key(&api, &body, form_key).await.pointers(), ["/Idempotency-Key"]);
        let form = Request::post(format!("/events/{event_id}/book"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(order.to_owned());
        let answer = api.call(Listener::Public, form.unwrap()).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        assert_eq!(api.stock(&event_id).await["held"], 1, "a form books once");
    }
    for key in ["page-form", "Page-Form:42", "42", "x page-form:42"] {
        book_with_key(&api, &body, key).await.expect(StatusCode::CREATED);
    }
    assert_eq!(api.stock(&event_id).await["held"], 5);
}

/// Somebody who asks again, from another device perhaps, is not told that the key is taken.
#[tokio::test]
async fn a_repeat_in_another_language_is_a_repeat() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let mut body = booking(&event_id, 1);
    body["locale"] = json!("de");
    let first = book_with_key(&api, &body, "key").await.expect(StatusCode::CREATED);
    body["locale"] = json!("fr");
    let again = book_with_key(&api, &body, "key").await.expect(StatusCode::CREATED);
    assert_eq!(again, first, "the booking as it was made");
}

#[tokio::test]
async fn free_tickets_are_confirmed_at_once() {
    let api = Api::new();
    let free = event_with(&json!({"price": {"amount": 0, "currency": "EUR"}}));
    let event_id = api.publish(&free).await;
    let made = api.book(&event_id, 1).await;
    assert_eq!(made["status"], "confirmed");
    assert!(made.get("payment_url").is_none() && made.get("expires_at").is_none());
    assert!(made["confirmed_at"].is_string());
}

#[tokio::test]
async fn everything_wrong_with_a_booking_is_said_at_once() {
    let api = Api::new();
    let nothing = api.post("/v1/bookings", &json!({})).await;
    assert_eq!(nothing.pointers(), ["/event_id", "/quantity", "/customer"]);
    let body = json!({
        "event_id": "42", "quantity": 0, "customer": {"name": " ", "email": "zoe", "phone": "1"},
        "seat": "A1"
    });
    let mut request = json_request(Method::POST, "/v1/bookings", &body);
    request.headers_mut().insert("idempotency-key", "".parse().unwrap());
    let answer = api.send(Listener::Public, request).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        answer.pointers(),
        [
            "/event_id",
            "/quantity",
            "/customer/name",
            "/customer/email",
            "/customer/phone",
            "/Idempotency-Key",
            "/seat"
        ]
    );
    for (customer, pointers) in [
        (json!({"email": "zoe"}), vec!["/customer/name", "/customer/email"]),
        (json!({"name": "\u{7}"}), vec!["/customer/email", "/customer/name"]),
        (json!("Zoë"), vec!["/customer"]),
    ] {
        let mut body = booking(NOBODY, 1);
        body["customer"] = customer;
        assert_eq!(api.post("/v1/bookings", &body).await.pointers(), pointers);
    }
    for quantity in [json!(-1), json!(1001), json!(1.5), json!("2"), json!(null), json!(1e30)] {
        let mut body = booking(NOBODY, 1);
        body["quantity"] = quantity;
        assert_eq!(api.post("/v1/bookings", &body).await.pointers(), ["/quantity"]);
    }
}

#[tokio::test]
async fn keys_are_printable_and_sent_once() {
    let api = Api::new();
    let long = "k".repeat(256);
    for key in [&b"\xc3\xa4"[..], b"a\tb", long.as_bytes()] {
        let mut request = json_request(Method::POST, "/v1/bookings", &booking(NOBODY, 1));
        let key = http::HeaderValue::from_bytes(key).unwrap();
        request.headers_mut().insert("idempotency-key", key);
        assert_eq!(api.send(Listener::Public, request).await.pointers(), ["/Idempotency-Key"]);
    }
    let mut request = json_request(Method::POST, "/v1/bookings", &booking(NOBODY, 1));
    request.headers_mut().append("idempotency-key", "a".parse().unwrap());
    request.headers_mut().append("idempotency-key", "b".parse().unwrap());
    assert_eq!(api.send(Listener::Public, request).await.pointers(), ["/Idempotency-Key"]);
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let api = Api::new();
    let send = |content_type: &'static str, body: &'static str| {
        let request = Request::post("/v1/bookings").header("content-type", content_type);
        api.send(Listener::Public, request.body(body.to_owned()).unwrap())
    };
    let answer = send("application/json", "{\"event_id\": ").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    answer.problem("malformed-json");
    let answer = send("text/plain", "{}").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    answer.problem("unsupported-media-type");
    assert_eq!(send("application/json", "[]").await.pointers(), [""]);
}

#[tokio::test]
async fn a_request_is_repeated_by_its_key() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let body = booking(&event_id, 2);
    let first = book_with_key(&api, &body, "order 1").await;
    let made = first.expect(StatusCode::CREATED);
    let again = book_with_key(&api, &body, "order 1").await;
    assert_eq!(again.expect(StatusCode::CREATED), made);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(api.stock(&event_id).await["held"], 2, "once");

    let other = book_with_key(&api, &booking(&event_id, 3), "order 1").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    other.problem("idempotency-key-reused");
}

#[tokio::test]
async fn sold_out_says_what_is_left_and_when_there_may_be_more() {
    let api = Api::new();
    let event_id = api.publish(&event_with(&json!({"capacity": 5}))).await;
    api.book(&event_id, 3).await;
    let answer = api.post("/v1/bookings", &booking(&event_id, 3)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let problem = answer.problem("sold-out");
    assert_eq!(problem["available"], 2);
    assert_eq!(problem["held"], 3);
    assert_eq!(problem["next_release_at"], "2027-01-15T12:15:00.123456Z");

    let rest = api.book(&event_id, 2).await;
    api.pay(&rest).await;
    api.advance(15 * 60);
    let again = api.book(&event_id, 3).await;
    api.pay(&again).await;
    let problem = api.post("/v1/bookings", &booking(&event_id, 1)).await.problem("sold-out");
    assert_eq!(problem["next_release_at"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_bought_is_refused_with_the_reason() {
    let api = Api::new();
    let answer = api.post("/v1/bookings", &booking(NOBODY, 1)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    answer.problem("event-not-found");

    let draft = api.create(&event()).await.expect(StatusCode::CREATED);
    let later = event_with(&json!({"on_sale_from": "2027-02-01T00:00:00Z"}));
    let later = api.publish(&later).await;
    let closed = event_with(&json!({"on_sale_until": "2027-01-01T00:00:00Z"}));
    let closed = api.publish(&closed).await;
    let over = event_with(&json!({
        "starts_at": "2027-01-01T00:00:00Z", "ends_at": "2027-01-01T02:00:00Z"
    }));
    let over = api.publish(&over).await;
    let cancelled = api.publish(&event()).await;
    api.admin_post(&format!("/v1/events/{cancelled}/cancel")).await.expect(StatusCode::OK);

    for id in [draft["id"].as_str().unwrap(), &closed, &over, &cancelled] {
        let answer = api.post("/v1/bookings", &booking(id, 1)).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        let problem = answer.problem("not-on-sale");
        assert!(problem.get("on_sale_from").is_none());
    }
    let problem = api.post("/v1/bookings", &booking(&later, 1)).await.problem("not-on-sale");
    assert_eq!(problem["on_sale_from"], "2027-02-01T00:00:00Z");
}

#[tokio::test]
async fn more_than_one_booking_may_have_is_an_invalid_quantity() {
    let api = Api::new();
    let event_id = api.publish(&event_with(&json!({"max_per_booking": 4}))).await;
    let answer = api.post("/v1/bookings", &booking(&event_id, 5)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.pointers(), ["/quantity"]);
    assert!(answer.json()["errors"][0]["detail"].as_str().unwrap().contains('4'));
}

#[tokio::test]
async fn an_unpaid_booking_can_be_given_up_again_and_again() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let made = api.book(&event_id, 2).await;
    let path = format!("/v1/bookings/{}/cancel", made["id"].as_str().unwrap());
    for _ in 0..2 {
        let answer = api.post(&path, &Value::Null).await;
        let cancelled = answer.expect(StatusCode::OK);
        assert_eq!(cancelled["status"], "cancelled");
        assert!(cancelled["cancelled_at"].is_string());
        assert!(cancelled.get("payment_url").is_none());
    }
    assert_eq!(api.stock(&event_id).await["held"], 0);
}

#[tokio::test]
async fn a_paid_booking_cannot_be_given_up() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let made = api.book(&event_id, 2).await;
    api.pay(&made).await;
    let id = made["id"].as_str().unwrap();
    let answer = api.post(&format!("/v1/bookings/{id}/cancel"), &Value::Null).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.problem("not-cancellable");
    let shown = api.get(&format!("/v1/bookings/{id}")).await.expect(StatusCode::OK);
    assert_eq!(shown["status"], "confirmed");
    assert!(shown["confirmed_at"].is_string() && shown.get("expires_at").is_none());
}

#[tokio::test]
async fn a_booking_that_nobody_knows_is_not_found() {
    let api = Api::new();
    for id in [NOBODY, "42", "0190163D8694739BAEA5966C26F8AD91"] {
        api.get(&format!("/v1/bookings/{id}")).await.problem("booking-not-found");
        let cancelled = api.post(&format!("/v1/bookings/{id}/cancel"), &Value::Null).await;
        assert_eq!(cancelled.status, StatusCode::NOT_FOUND);
        cancelled.problem("booking-not-found");
    }
}

#[tokio::test]
async fn a_hold_that_ran_out_is_shown_as_expired() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let made = api.book(&event_id, 1).await;
    api.advance(15 * 60);
    let path = format!("/v1/bookings/{}", made["id"].as_str().unwrap());
    let shown = api.get(&path).await.expect(StatusCode::OK);
    assert_eq!(shown["status"], "expired");
    assert!(shown.get("payment_url").is_none());
}

#[tokio::test]
async fn without_a_payment_link_the_tickets_are_released() {
    let api = Api::with_gateway(|inner| {
        let (asked, may_answer) = (Arc::default(), Arc::default());
        Arc::new(SlowGateway { inner, asked, may_answer, refuses: true })
    });
    let event_id = api.publish(&event()).await;
    let answer = book_with_key(&api, &booking(&event_id, 1), "k").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    answer.problem("payment-gateway");
    assert_eq!(api.stock(&event_id).await["held"], 0);
}

#[tokio::test]
async fn a_key_in_use_asks_to_wait() {
    let (asked, may_answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let api = Api::with_gateway(|inner| {
        let (asked, may_answer) = (Arc::clone(&asked), Arc::clone(&may_answer));
        Arc::new(SlowGateway { inner, asked, may_answer, refuses: false })
    });
    let event_id = api.publish(&event()).await;
    let body = booking(&event_id, 1);
    let meanwhile = async {
        asked.notified().await;
        let answer = book_with_key(&api, &body, "k").await;
        may_answer.notify_one();
        answer
    };
    let (first, answer) = tokio::join!(book_with_key(&api, &body, "k"), meanwhile);
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.problem("idempotency-in-progress");
    assert_eq!(answer.header("retry-after"), "1");
    let made = first.expect(StatusCode::CREATED);
    assert!(made["payment_url"].is_string());
}

#[test]
fn a_booking_in_a_log_tells_nothing_of_its_buyer() {
    use booking_core::testkit::seed;
    use booking_server::api::view;
    let request = seed::hold(seed::event_id()).payment(seed::payment()).build();
    let booking = Booking {
        id: request.booking_id,
        event_id: request.event_id,
        quantity: request.quantity,
        unit_price: request.unit_price,
        total: request.unit_price,
        customer: request.customer,
        locale: request.locale,
        status: booking_core::domain::booking::BookingStatus::Pending,
        payment: request.payment,
        expires_at: request.expires_at,
        created_at: seed::now(),
        confirmed_at: None,
        cancelled_at: None,
    };
    let event = view::BookingEvent {
        title: "T",
        starts_at: seed::now(),
        timezone: "UTC",
        venue: view::Venue::Online(view::OnlineVenue { online: true, url: None }),
    };
    let text = format!("{:?}", view::Booking::new(&booking, event));
    assert!(!text.contains("Zoë") && !text.contains("pay.example.org"), "{text}");
}
