//! Disks are filled by logs, too.

use std::time::Instant;

use http::Method;
use tokio::task::JoinSet;

use crate::support::{Answer, Server};
use crate::wire::{Wire, answers};

/// Bad requests of every kind, of which none is our fault.
async fn misbehave(server: &Server, index: usize) -> Answer {
    let requests = [
        (Method::POST, "/v1/payments/ipn", "{}"),
        (Method::POST, "/v1/payments/ipn", "not even JSON"),
        (Method::POST, "/v1/bookings", "{"),
        (Method::GET, "/v1/bookings/1", ""),
        (Method::GET, "/nothing", ""),
        (Method::DELETE, "/v1/events", ""),
        (Method::GET, "/v1/events?limit=0", ""),
        (Method::POST, "/mock-gateway/pay/x", "action=pay"),
    ];
    let (method, path, body) = &requests[index % requests.len()];
    let headers = [("content-type", "application/json"), ("payment-signature", "t=1,v1=00")];
    server.client.send(method.clone(), &server.public(path), &headers, *body).await
}

/// Whoever sends nonsense, or sends slowly, writes no line of the log for each request: at most one a second.
#[tokio::test]
async fn strangers_cannot_fill_the_log() {
    const NONSENSE: usize = 4_000;
    const SLOW: usize = 100;
    let server = Server::start().await;
    let before = server.log().lines().count();
    let started = Instant::now();
    let mut slow = JoinSet::new();
    for _ in 0..SLOW {
        let mut wire = Wire::to(&server).await;
        slow.spawn(async move {
            wire.send("POST /v1/bookings HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").await;
            answers(&wire.rest().await)
        });
    }
    for index in 0..NONSENSE {
        let status = misbehave(&server, index).await.status;
        assert!(status.is_client_error(), "{status}");
    }
    for answers in slow.join_all().await {
        assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [408]);
    }
    let seconds = usize::try_from(started.elapsed().as_secs()).unwrap();
    let log = server.log();
    let (mut refused, mut slowness, mut others) = (0, 0, 0);
    for line in log.lines().skip(before) {
        if line.contains("a notification was refused") {
            refused += 1;
        } else if line.contains("http.status=408") {
            slowness += 1;
        } else {
            others += 1;
        }
    }
    println!(
        "logs: {refused} lines for {NONSENSE} bad requests in {seconds} s, {slowness} for {SLOW} slow ones, {others} others"
    );
    // The time that was measured may touch two seconds of the clock more than it has whole ones.
    assert!(refused <= seconds + 2, "{refused} lines in {seconds} s");
    assert!(refused > 0, "but it is told that notifications are refused");
    // A busy server tells of those that took itself a second: of the nonsense, which comes one after the other, one a
    // second; and never of most of those that only came slowly.
    assert!(others <= seconds + 2, "{others} lines in {seconds} s: {log}");
    assert!(slowness < SLOW / 2, "{slowness} lines for {SLOW} slow requests");
}
