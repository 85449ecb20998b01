//! Notifications that somebody saw and sends again, changes, or makes up.

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

use crate::support::{Answer, Client, Ipn, SECRET, Server, signature, unix_now};

async fn send(server: &Server, header: &str, body: &str) -> Answer {
    post(&server.client, &server.public("/v1/payments/ipn"), header, body).await
}

async fn post(client: &Client, url: &str, header: &str, body: &str) -> Answer {
    let headers = [("payment-signature", header), ("content-type", "application/json")];
    client.send(Method::POST, url, &headers, body.to_owned()).await
}

/// The hexadecimal digits of a signature.
fn digits(header: &str) -> &str {
    header.split_once("v1=").unwrap().1
}

#[tokio::test]
async fn a_notification_that_is_sent_again_and_again_counts_once() {
    const TIMES: usize = 200;
    let server = Server::start().await;
    let event = server.event(3).await;
    let paid = server.hold(&event, 1).await;
    let refunded = server.hold(&event, 1).await;
    let ipn = Ipn::succeeded(&paid);
    let (header, body) = (ipn.header(), ipn.body.to_string());
    let mut replays = JoinSet::new();
    for _ in 0..TIMES {
        let (client, url) = (server.client.clone(), server.public("/v1/payments/ipn"));
        let (header, body) = (header.clone(), body.clone());
        replays.spawn(async move { post(&client, &url, &header, &body).await });
    }
    let mut applied = 0;
    for answer in replays.join_all().await {
        match answer.expect(200)["outcome"].as_str() {
            Some("applied") => applied += 1,
            other => assert_eq!(other, Some("duplicate")),
        }
    }
    println!("replays: one notification {TIMES} times at once, applied {applied} times");
    assert_eq!(applied, 1);
    assert_eq!(server.stock(&event).await, [3, 2, 1, 1]);

    // Nor does an old success undo what came after it.
    server.notify(&Ipn::succeeded(&refunded)).await.expect(200);
    let refund = format!("/v1/bookings/{}/refund", refunded["id"].as_str().unwrap());
    server.manage(Method::POST, &refund, &Value::Null).await.expect(200);
    server.wait_for(&refunded, "refunded").await;
    server.notify(&Ipn::succeeded(&refunded)).await.expect(200);
    assert_eq!(server.status(&refunded).await, "refunded");
    assert_eq!(server.stock(&event).await, [3, 2, 0, 1]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn what_was_signed_for_one_booking_is_good_for_no_other() {
    let server = Server::start().await;
    let event = server.event(3).await;
    let (mine, yours) = (server.hold(&event, 1).await, server.hold(&event, 1).await);
    let (paid, other) = (Ipn::succeeded(&mine), Ipn::succeeded(&yours));

    // The signature of one over the body of another, whole or with only the booking or payment exchanged.
    let mut bodies = vec![other.body.clone()];
    for field in ["booking_id", "payment_id", "amount", "currency"] {
        let mut body = paid.body.clone();
        body["data"][field] = match field {
            "amount" => json!(1),
            "currency" => json!("EUR"),
            field => other.body["data"][field].clone(),
        };
        bodies.push(body);
    }
    for body in &bodies {
        send(&server, &paid.header(), &body.to_string()).await.expect_problem(401, "bad-signature");
    }
    // One byte more is another body, even if it means the same.
    for body in [format!("{} ", paid.body), paid.body.to_string().replace(':', ": ")] {
        send(&server, &paid.header(), &body).await.expect_problem(401, "bad-signature");
    }

    // Even well signed, a payment is of one booking: the other is not confirmed by it.
    let mut crossed = Ipn::succeeded(&yours);
    crossed.body["data"]["payment_id"] = paid.body["data"]["payment_id"].clone();
    crossed.body["id"] = json!("ipn_crossed");
    assert_eq!(server.notify(&crossed).await.expect(200)["outcome"], "set_aside");
    for booking in [&mine, &yours] {
        assert_eq!(server.status(booking).await, "pending");
    }
    assert_eq!(server.stock(&event).await, [3, 3, 2, 0]);
    assert_eq!(server.metric("booking_notifications_set_aside_total").await, Some(1.0));
    server.assert_balanced().await;
}

#[tokio::test]
async fn signatures_are_whole_few_and_of_this_moment() {
    let server = Server::start().await;
    let event = server.event(3).await;
    let booking = server.hold(&event, 1).await;
    let ipn = Ipn::succeeded(&booking);
    let (good, body, now) = (ipn.header(), ipn.body.to_string(), ipn.signed_at);
    let mac = digits(&good);
    let wrong = "0".repeat(64);
    let many = |count: usize, last: &str| {
        let wrong = vec![format!("v1={wrong}"); count - 1].join(",");
        format!("t={now},{wrong},v1={last}")
    };
    let old = signature(SECRET, now - 3_600, body.as_bytes());
    let bad = [
        ("truncated", format!("t={now},v1={}", &mac[..62])),
        ("truncated to nothing", format!("t={now},v1=")),
        ("prolonged", format!("t={now},v1={mac}00")),
        ("of another hour", old.clone()),
        ("of another hour, at the present time", format!("t={now},v1={}", digits(&old))),
        ("with two times", format!("t={},t={now},v1={mac}", now - 3_600)),
        ("with the time in other digits", format!("t=0{now},v1={mac}")),
        ("without a time", format!("v1={mac}")),
        ("of another scheme", format!("t={now},v0={mac}")),
        ("one of nine", many(9, mac)),
        ("eight wrong ones", many(8, &wrong)),
        ("in a long header", format!("{good},x={}", "y".repeat(2_048))),
        ("with an empty secret", signature("", now, body.as_bytes())),
        ("not hexadecimal", format!("t={now},v1={}", "g".repeat(64))),
    ];
    for (name, header) in &bad {
        let problem = send(&server, header, &body).await.expect_problem(401, "bad-signature");
        // What would have been right is nobody's business.
        assert!(!problem.to_string().contains(mac), "{name}: {problem}");
    }
    println!("signatures: {} kinds of bad ones refused", bad.len());
    // Two headers might be read by two readers, each another one.
    let url = server.public("/v1/payments/ipn");
    let twice = [("payment-signature", &*good), ("payment-signature", &*good)];
    let answer = server.client.send(Method::POST, &url, &twice, body.clone()).await;
    answer.expect_problem(401, "bad-signature");
    assert_eq!(server.status(&booking).await, "pending");
    assert_eq!(server.stock(&event).await, [3, 3, 1, 0]);

    // One of eight is right, as while a secret is being replaced.
    send(&server, &many(8, mac), &body).await.expect(200);
    assert_eq!(server.status(&booking).await, "confirmed");
}

/// The mock gateway's links are signed with a key that is derived, so one signature never stands for the other.
#[tokio::test]
async fn the_signature_of_a_payment_link_signs_no_notification() {
    let server = Server::start().await;
    let event = server.event(3).await;
    let booking = server.hold(&event, 1).await;
    let link = Url::parse(booking["payment_url"].as_str().unwrap()).unwrap();
    let (_, signed) = link.query_pairs().find(|(name, _)| name == "signature").unwrap();
    let ipn = Ipn::succeeded(&booking);
    let header = format!("t={},v1={signed}", unix_now());
    for body in [ipn.body.to_string(), link.query().unwrap().to_owned(), String::new()] {
        send(&server, &header, &body).await.expect_problem(401, "bad-signature");
    }
    // And the other way round.
    let forged = link.as_str().replace(&*signed, digits(&ipn.header()));
    let path = forged.split_once("/mock-gateway").unwrap().1;
    let answer = server.get(&format!("/mock-gateway{path}")).await;
    assert_eq!(answer.status, 403);
    assert_eq!(server.status(&booking).await, "pending");
}
