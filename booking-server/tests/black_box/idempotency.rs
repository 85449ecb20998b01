//! Asking again, with the same key.

use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::{Answer, Press, Server, booking, until};

async fn book(server: &Server, key: &str, body: &Value) -> Answer {
    server.post("/v1/bookings", &[("idempotency-key", key)], body).await
}

#[tokio::test]
async fn the_same_request_is_the_same_booking() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let body = booking(&event, 2);
    let first = book(&server, "key-1", &body).await.expect(201);
    for _ in 0..3 {
        let again = book(&server, "key-1", &body).await;
        assert!(again.status.is_success(), "{}", again.text());
        assert_eq!(again.json(), first);
    }
    assert_eq!(server.stock(&event).await, [5, 5, 2, 0]);
    let other = book(&server, "key-2", &body).await.expect(201);
    assert_ne!(other["id"], first["id"], "another key is another booking");
    assert_eq!(server.stock(&event).await, [5, 5, 4, 0]);
}

#[tokio::test]
async fn a_repeat_shows_the_booking_as_it_stands_now() {
    let server = Server::start().await;
    let event = server.event(2).await;
    let body = booking(&event, 2);
    let first = book(&server, "key", &body).await.expect(201);
    server.press(&first, Press::Pay).await;
    server.wait_for(&first, "confirmed").await;
    let again = book(&server, "key", &body).await;
    assert!(again.status.is_success(), "{}", again.text());
    assert_eq!(again.json()["id"], first["id"]);
    assert_eq!(again.json()["status"], "confirmed");
    assert_eq!(server.stock(&event).await, [2, 0, 0, 2]);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let first = book(&server, "key", &booking(&event, 2)).await.expect(201);
    let mut other_buyer = booking(&event, 2);
    other_buyer["customer"]["email"] = "grace@example.org".into();
    let other_event = server.event(5).await;
    for body in [booking(&event, 3), other_buyer, booking(&other_event, 2)] {
        let answer = book(&server, "key", &body).await;
        let problem = answer.expect_problem(422, "idempotency-key-reused");
        assert!(!problem.to_string().contains(first["id"].as_str().unwrap()));
    }
    assert_eq!(server.stock(&event).await, [5, 5, 2, 0]);
    assert_eq!(server.stock(&other_event).await, [5, 5, 0, 0]);
}

#[tokio::test]
async fn a_key_outlives_a_crash() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let body = booking(&event, 2);
    let first = book(&server, "key", &body).await.expect(201);
    let server = server.kill().await.start().await;
    assert_eq!(book(&server, "key", &body).await.json()["id"], first["id"]);
    book(&server, "key", &booking(&event, 1)).await.expect_problem(422, "idempotency-key-reused");
    assert_eq!(server.stock(&event).await, [5, 5, 2, 0]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn the_same_key_at_the_same_time_makes_one_booking() {
    const CLIENTS: usize = 50;
    let server = std::sync::Arc::new(Server::start().await);
    let event = server.event(100).await;
    let body = booking(&event, 1);
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (server, body) = (std::sync::Arc::clone(&server), body.clone());
        clients.spawn(async move { book(&server, "one-key", &body).await });
    }
    let mut ids = Vec::new();
    for answer in clients.join_all().await {
        if answer.status.is_success() {
            ids.push(answer.json()["id"].clone());
        } else {
            answer.expect_problem(409, "idempotency-in-progress");
        }
    }
    assert!(!ids.is_empty(), "at least one is carried out");
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(server.stock(&event).await, [100, 100, 1, 0]);
    // Whoever was told to wait gets the booking too.
    let settled = until("the key to be free", async || {
        let answer = book(&server, "one-key", &body).await;
        answer.status.is_success().then(|| answer.json())
    })
    .await;
    assert_eq!(settled["id"], ids[0]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_key_that_cannot_be_one_is_refused() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let long = "x".repeat(256);
    for key in ["", &*long, "sch\u{f6}n"] {
        let answer = book(&server, key, &booking(&event, 1)).await;
        answer.expect_problem(422, "invalid-request");
    }
    assert!(book(&server, &"x".repeat(255), &booking(&event, 1)).await.status.is_success());
    assert_eq!(server.stock(&event).await, [5, 5, 1, 0]);
}
