//! What the gateway says, whenever and however often it says it.

use http::Method;
use serde_json::{Value, json};

use crate::support::{Ipn, Launch, Press, SECRET, Server, signature, unix_now, until};

#[tokio::test]
async fn a_notification_counts_once_however_often_it_comes() {
    let server = Server::start().await;
    let event = server.event(2).await;
    let booking = server.hold(&event, 1).await;
    let ipn = Ipn::succeeded(&booking);
    for _ in 0..3 {
        assert_eq!(server.notify(&ipn).await.status, 200);
        assert_eq!(server.status(&booking).await, "confirmed");
        assert_eq!(server.stock(&event).await, [2, 1, 0, 1]);
    }
    server.assert_balanced().await;
}

#[tokio::test]
async fn the_mock_gateways_own_repeat_counts_once_too() {
    let server = Server::start().await;
    let event = server.event(2).await;
    let booking = server.hold(&event, 1).await;
    server.press_with_fault(&booking, Press::Pay, "twice").await;
    server.wait_for(&booking, "confirmed").await;
    let delivered = "booking_mock_gateway_attempts_total{outcome=\"delivered\"}";
    until("the repeat to be delivered", async || {
        (server.metric(delivered).await? >= 2.0).then_some(())
    })
    .await;
    assert_eq!(server.stock(&event).await, [2, 1, 0, 1]);
    server.assert_balanced().await;
}

/// The notification is often faster than the browser's way back.
#[tokio::test]
async fn a_notification_may_come_before_the_buyer_returns() {
    let server = Server::start().await;
    let event = server.event(1).await;
    let booking = server.hold(&event, 1).await;
    assert_eq!(server.notify(&Ipn::succeeded(&booking)).await.status, 200);
    server.press(&booking, Press::Pay).await;
    assert_eq!(server.status(&booking).await, "confirmed");
    assert_eq!(server.stock(&event).await, [1, 0, 0, 1]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_success_after_a_failure_still_gets_its_tickets() {
    let server = Server::start().await;
    let event = server.event(1).await;
    let booking = server.hold(&event, 1).await;
    assert_eq!(server.notify(&Ipn::failed(&booking)).await.status, 200);
    assert_eq!(server.status(&booking).await, "payment_failed");
    assert_eq!(server.notify(&Ipn::succeeded(&booking)).await.status, 200);
    assert_eq!(server.status(&booking).await, "confirmed");
    // And in the other order, a failure takes nothing away.
    assert_eq!(server.notify(&Ipn::failed(&booking)).await.status, 200);
    assert_eq!(server.status(&booking).await, "confirmed");
    assert_eq!(server.stock(&event).await, [1, 0, 0, 1]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn money_for_a_cancelled_booking_buys_tickets_if_there_are_any() {
    let server = Server::start().await;
    let event = server.event(2).await;
    let booking = server.hold(&event, 2).await;
    server.cancel(&booking).await.expect(200);
    assert_eq!(server.notify(&Ipn::succeeded(&booking)).await.status, 200);
    assert_eq!(server.status(&booking).await, "confirmed");
    assert_eq!(server.stock(&event).await, [2, 0, 0, 2]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn money_for_a_cancelled_booking_goes_back_if_the_tickets_are_gone() {
    let server = Server::start().await;
    let event = server.event(2).await;
    let booking = server.hold(&event, 2).await;
    server.cancel(&booking).await.expect(200);
    let next = server.hold(&event, 1).await;
    assert_eq!(server.notify(&Ipn::succeeded(&booking)).await.status, 200);
    let due = server.find(&booking).await;
    assert!(["refund_due", "refunded"].contains(&due["status"].as_str().unwrap()), "{due}");
    assert_eq!(due["refund"]["amount"], booking["total"]);
    server.wait_for(&booking, "refunded").await;
    assert_eq!(server.status(&next).await, "pending", "nobody else's tickets were taken");
    assert_eq!(server.stock(&event).await, [2, 2, 1, 0]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn money_for_an_expired_booking_buys_tickets_if_there_are_any() {
    let server = Launch::new().flag("--hold-ttl", "1s").start().await;
    let event = server.event(1).await;
    let booking = server.hold(&event, 1).await;
    server.wait_for(&booking, "expired").await;
    let late = Ipn::succeeded(&booking).paid_in(60);
    assert_eq!(server.notify(&late).await.status, 200);
    assert_eq!(server.status(&booking).await, "confirmed");
    assert_eq!(server.stock(&event).await, [1, 0, 0, 1]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn money_for_an_expired_booking_goes_back_if_the_tickets_are_gone() {
    let server = Launch::new().flag("--hold-ttl", "1s").start().await;
    let event = server.event(1).await;
    let booking = server.hold(&event, 1).await;
    server.wait_for(&booking, "expired").await;
    let next = server.hold(&event, 1).await;
    assert_eq!(server.notify(&Ipn::succeeded(&next)).await.status, 200);
    assert_eq!(server.status(&next).await, "confirmed");
    assert_eq!(server.notify(&Ipn::succeeded(&booking)).await.status, 200);
    server.wait_for(&booking, "refunded").await;
    assert_eq!(server.status(&next).await, "confirmed");
    assert_eq!(server.stock(&event).await, [1, 0, 0, 1]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_wrong_amount_or_currency_confirms_nothing_and_is_flagged() {
    let server = Server::start().await;
    let event = server.event(2).await;
    for (field, value) in [("amount", json!(1)), ("currency", json!("EUR"))] {
        let booking = server.hold(&event, 1).await;
        let mut ipn = Ipn::succeeded(&booking);
        ipn.body["data"][field] = value;
        assert_eq!(server.notify(&ipn).await.status, 200);
        assert_eq!(server.status(&booking).await, "pending", "{field}");
    }
    assert_eq!(server.stock(&event).await, [2, 2, 2, 0]);
    assert_eq!(server.metric("booking_notifications_set_aside_total").await, Some(2.0));
    assert!(server.log().contains("review it"));
    server.assert_balanced().await;
}

#[tokio::test]
async fn what_the_gateway_did_not_sign_changes_nothing() {
    let server = Server::start().await;
    let event = server.event(1).await;
    let booking = server.hold(&event, 1).await;
    let good = Ipn::succeeded(&booking);
    let body = good.body.to_string();
    let now = unix_now();

    let forged = Ipn { secret: "the-secret-of-a-thief".to_owned(), ..good.clone() };
    server.notify(&forged).await.expect_problem(401, "bad-signature");
    for signed_at in [now - 302, now + 330] {
        let stale = Ipn { signed_at, ..good.clone() };
        server.notify(&stale).await.expect_problem(401, "bad-signature");
    }
    let other = signature(SECRET, now, b"{}");
    for header in [None, Some(""), Some("t=1"), Some("v1=00"), Some(&*other)] {
        let headers: Vec<_> =
            header.map(|value| ("payment-signature", value)).into_iter().collect();
        let headers = [&headers[..], &[("content-type", "application/json")]].concat();
        let url = server.public("/v1/payments/ipn");
        let answer = server.client.send(Method::POST, &url, &headers, body.clone()).await;
        answer.expect_problem(401, "bad-signature");
    }
    assert_eq!(server.status(&booking).await, "pending");
    assert_eq!(server.stock(&event).await, [1, 1, 1, 0]);

    // The same notification is good once it is signed as it has to be: nothing was recorded of it.
    assert_eq!(server.notify(&good).await.status, 200);
    assert_eq!(server.status(&booking).await, "confirmed");
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_notification_about_an_unknown_booking_is_not_accepted() {
    let server = Server::start().await;
    let event = server.event(1).await;
    let booking = server.hold(&event, 1).await;
    let mut ipn = Ipn::succeeded(&booking);
    ipn.body["data"]["booking_id"] = json!("01890a5d-ac96-774b-bcce-b302099a8057");
    server.notify(&ipn).await.expect_problem(404, "booking-not-found");
    assert_eq!(server.status(&booking).await, "pending");

    // It was not recorded: once the booking is there, the same notification counts.
    assert_eq!(server.notify(&Ipn::succeeded(&booking)).await.status, 200);
    assert_eq!(server.status(&booking).await, "confirmed");
    server.assert_balanced().await;
}

#[tokio::test]
async fn what_is_signed_and_makes_no_sense_is_refused() {
    let server = Server::start().await;
    let event = server.event(1).await;
    let booking = server.hold(&event, 1).await;
    for (pointer, value) in [
        ("/type", json!("payment.maybe")),
        ("/data/amount", json!("4500")),
        ("/data/booking_id", json!("x")),
        ("/created_at", Value::Null),
    ] {
        let mut ipn = Ipn::succeeded(&booking);
        *ipn.body.pointer_mut(pointer).unwrap() = value;
        let answer = server.notify(&ipn).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{pointer}: {}", answer.text());
    }
    assert_eq!(server.status(&booking).await, "pending");
}

#[tokio::test]
async fn while_a_secret_is_rotated_both_are_good() {
    const NEW: &str = "the-new-secret-of-the-tests";
    let both = format!("{NEW},{SECRET}");
    let server = Launch::new().variable("BOOKING_IPN_SECRET", &both).start().await;
    let event = server.event(3).await;
    for secret in [NEW, SECRET] {
        let booking = server.hold(&event, 1).await;
        let ipn = Ipn { secret: secret.to_owned(), ..Ipn::succeeded(&booking) };
        assert_eq!(server.notify(&ipn).await.status, 200);
        assert_eq!(server.status(&booking).await, "confirmed");
    }
    // Links that the old secret signed stay good after the rotation has begun; then it is over.
    let booking = server.hold(&event, 1).await;
    let (_, launch) = server.stop().await;
    let server = launch.variable("BOOKING_IPN_SECRET", NEW).start().await;
    let old = Ipn::succeeded(&booking);
    server.notify(&old).await.expect_problem(401, "bad-signature");
    assert_eq!(server.status(&booking).await, "pending");
    server.press(&booking, Press::Pay).await;
    server.wait_for(&booking, "confirmed").await;
    server.assert_balanced().await;
}
