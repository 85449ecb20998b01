//! The gateway's notifications.

use booking_core::testkit::faulty::Fault;
use booking_server::http::limits::Limits;
use http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Api, NOBODY, event, notification};

/// A booking that waits for its payment.
async fn pending() -> (Api, Value) {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let booking = api.book(&event_id, 2).await;
    (api, booking)
}

async fn status(api: &Api, booking: &Value) -> Value {
    let path = format!("/v1/bookings/{}", booking["id"].as_str().unwrap());
    api.get(&path).await.expect(StatusCode::OK)["status"].clone()
}

#[tokio::test]
async fn a_payment_confirms_its_booking_once() {
    let (api, booking) = pending().await;
    let paid = notification(&booking, "payment.succeeded", "evt", &api);
    let receipt = api.notify(&paid).await;
    assert_eq!(receipt.expect(StatusCode::OK), json!({"outcome": "applied"}));
    assert_eq!(status(&api, &booking).await, "confirmed");
    let receipt = api.notify(&paid).await.expect(StatusCode::OK);
    assert_eq!(receipt, json!({"outcome": "duplicate"}));
    let failed = notification(&booking, "payment.failed", "other", &api);
    let receipt = api.notify(&failed).await.expect(StatusCode::OK);
    assert_eq!(receipt, json!({"outcome": "unchanged"}));
    assert_eq!(status(&api, &booking).await, "confirmed");
}

#[tokio::test]
async fn a_failed_payment_releases_the_tickets() {
    let (api, booking) = pending().await;
    let failed = notification(&booking, "payment.failed", "evt", &api);
    api.notify(&failed).await.expect(StatusCode::OK);
    assert_eq!(status(&api, &booking).await, "payment_failed");
    assert_eq!(api.stock(booking["event_id"].as_str().unwrap()).await["held"], 0);
}

#[tokio::test]
async fn a_refund_shows_what_was_given_back() {
    let (api, booking) = pending().await;
    api.pay(&booking).await;
    let refunded = notification(&booking, "payment.refunded", "back", &api);
    api.notify(&refunded).await.expect(StatusCode::OK);
    let path = format!("/v1/bookings/{}", booking["id"].as_str().unwrap());
    let shown = api.get(&path).await.expect(StatusCode::OK);
    assert_eq!(shown["status"], "refunded");
    let amount = json!({"amount": 9000, "currency": "EUR"});
    assert_eq!(shown["refund"], json!({"status": "refunded", "amount": amount}));
}

#[tokio::test]
async fn another_amount_is_set_aside_and_confirms_nothing() {
    let (api, booking) = pending().await;
    for (member, value) in [("amount", json!(1)), ("currency", json!("USD"))] {
        let mut odd = notification(&booking, "payment.succeeded", member, &api);
        odd["data"][member] = value;
        let receipt = api.notify(&odd).await.expect(StatusCode::OK);
        assert_eq!(receipt, json!({"outcome": "set_aside"}));
    }
    assert_eq!(status(&api, &booking).await, "pending");
}

#[tokio::test]
async fn only_a_good_signature_is_listened_to() {
    let (api, booking) = pending().await;
    let body = notification(&booking, "payment.succeeded", "evt", &api).to_string();
    let good = api.sign(&body);
    let of_other_body = api.sign("{}");
    let bad = [None, Some(""), Some("t=1"), Some("v1=00"), Some(&*of_other_body)];
    for signature in bad {
        let answer = api.send_notification(&body, signature).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{signature:?}");
        answer.problem("bad-signature");
        assert_eq!(answer.header("www-authenticate"), "Payment-Signature");
    }
    api.advance(301);
    let stale = api.send_notification(&body, Some(&good)).await;
    assert_eq!(stale.status, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&api, &booking).await, "pending");
}

#[tokio::test]
async fn what_is_signed_and_makes_no_sense_is_refused() {
    let (api, booking) = pending().await;
    let send = async |body: &str| {
        let signature = api.sign(body);
        api.send_notification(body, Some(&signature)).await
    };
    let answer = send("{\"id\": ").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    answer.problem("malformed-json");
    let mut odd = notification(&booking, "payment.exploded", "evt", &api);
    let answer = send(&odd.to_string()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.problem("invalid-request");
    odd = notification(&booking, "payment.succeeded", "evt", &api);
    odd["data"]["booking_id"] = json!(NOBODY);
    let answer = send(&odd.to_string()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    answer.problem("booking-not-found");
}

#[tokio::test]
async fn it_may_have_members_that_nobody_knows_and_be_large() {
    let (api, booking) = pending().await;
    let mut large = notification(&booking, "payment.succeeded", "evt", &api);
    large["livemode"] = json!("x".repeat(256 * 1024));
    let answer = api.notify(&large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.problem("payload-too-large");
    large["livemode"] = json!("x".repeat(255 * 1024));
    assert_eq!(api.notify(&large).await.expect(StatusCode::OK)["outcome"], "applied");
}

#[tokio::test]
async fn what_is_not_even_signed_gets_no_more_room_than_any_other_body() {
    let api = Api::new();
    let answer = api.send_notification(&" ".repeat(64 * 1024 + 1), None).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.problem("payload-too-large");
    let answer = api.send_notification(&" ".repeat(64 * 1024), None).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

/// Somebody has paid, however many others look at the shop.
#[tokio::test]
async fn it_is_taken_while_everything_else_is_shed() {
    let (api, booking) = pending().await;
    let paid = notification(&booking, "payment.succeeded", "evt", &api);
    let none = Limits { max_in_flight: 0, max_body_memory: 0, ..Limits::default() };
    let crowded = api.limited_to(none);
    crowded.get("/v1/events").await.problem("overloaded");
    crowded.post("/v1/bookings", &json!({})).await.problem("overloaded");
    assert_eq!(crowded.notify(&paid).await.expect(StatusCode::OK)["outcome"], "applied");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_is_asked_for_again() {
    let (api, booking) = pending().await;
    let paid = notification(&booking, "payment.succeeded", "evt", &api);
    // As long as the service tries, it fails.
    for _ in 0..1_000 {
        api.database.push_for("settle", Fault::Before);
    }
    let answer = api.notify(&paid).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    answer.problem("unavailable");
    assert!(!answer.header("retry-after").is_empty());
    api.database.heal();
    assert_eq!(api.notify(&paid).await.expect(StatusCode::OK)["outcome"], "applied");
}
