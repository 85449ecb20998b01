//! Requests that are sent before the earlier ones are answered.

use tokio::io::AsyncWriteExt as _;

use crate::support::{Server, figures};
use crate::wire::{Wire, answers, exchange};

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    const REQUESTS: usize = 1_000;
    let server = Server::start().await;
    let paths = ["/healthz", "/v1/events", "/nothing", "/v1/bookings", "/openapi.json"];
    let request = |index: usize| {
        let path = paths[index % paths.len()];
        let last = if index + 1 == REQUESTS { "connection: close\r\n" } else { "" };
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nx-request-id: {index}\r\n{last}\r\n")
    };
    let sent = (0..REQUESTS).map(request).collect::<Vec<_>>().concat();
    // Written and read side by side: the server reads no further while nobody takes its answers.
    let mut wire = Wire::to(&server).await;
    let (mut from, mut to) = wire.0.split();
    let mut said = Vec::new();
    let (written, read) = tokio::join!(
        to.write_all(sent.as_bytes()),
        tokio::io::AsyncReadExt::read_to_end(&mut from, &mut said)
    );
    written.unwrap();
    read.unwrap();
    let answers = answers(&said);
    let order: Vec<_> = answers.iter().filter_map(|answer| answer.header("x-request-id")).collect();
    let expected: Vec<_> = (0..REQUESTS).map(|index| index.to_string()).collect();
    assert_eq!(order, expected);
    let statuses = [200, 200, 404, 405, 200];
    for (index, answer) in answers.iter().enumerate() {
        assert_eq!(answer.status, statuses[index % statuses.len()], "{index}");
    }
    println!("pipelining: {REQUESTS} requests in {} KiB, answered in order", sent.len() / 1024);
}

/// Who asks without end and reads nothing is not read from either, and then cut off.
#[tokio::test]
async fn who_reads_no_answers_cannot_fill_the_server_with_requests() {
    /// What the kernel's buffers of both ends may hold, and the server's own.
    const MOST: usize = 24 << 20;
    let server = Server::start().await;
    exchange(&server, "GET /openapi.json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let before = figures(&server);
    let mut wire = Wire::to(&server).await;
    let requests = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    let sent = wire.pour(&requests, MOST).await;
    let after = figures(&server);
    println!(
        "pipelining without reading: {} KiB were taken; before {before}; after {after}",
        sent / 1024
    );
    assert!(sent <= MOST, "requests are taken without end");
    assert!(after.rss_kib < before.rss_kib + 16 * 1024, "answers pile up");
    server.get("/healthz").await.expect(200);
}

/// What was sent behind the last request that is answered is dropped with the connection, not begun.
#[tokio::test]
async fn nothing_is_begun_behind_a_request_that_ends_the_connection() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let body = crate::support::booking(&event, 1).to_string();
    let book = format!(
        "POST /v1/bookings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    for last in [
        "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "GET /healthz HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\nbroken header\r\n\r\n",
    ] {
        let answers = exchange(&server, format!("{last}{book}")).await;
        assert_eq!(answers.len(), 1, "{answers:?}");
    }
    assert_eq!(server.stock(&event).await, [5, 5, 0, 0], "nothing was booked");
}
