//! Clients that take their time, and requests that do not end.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{PATIENCE, Server, figures};
use crate::wire::{Wire, answers, exchange};

/// More bytes than trickle through within the longest of the server's own limits, on any machine.
const MORE_THAN_TIME_ALLOWS: usize = 12_000;

/// A byte now and then does not make the time for a head or a body begin anew.
#[tokio::test]
async fn who_trickles_is_cut_off_however_steadily() {
    let server = Server::start().await;
    let head = async {
        let mut wire = Wire::to(&server).await;
        wire.send("GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
        wire.trickle(MORE_THAN_TIME_ALLOWS).await
    };
    let body = async {
        let mut wire = Wire::to(&server).await;
        wire.send("POST /v1/bookings HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n").await;
        wire.trickle(MORE_THAN_TIME_ALLOWS).await
    };
    let silence = async { Wire::to(&server).await.rest().await };
    let ((head, said_to_head), (body, said_to_body), said_to_silence) =
        tokio::join!(head, body, silence);
    println!("slow: cut off after {head} bytes of a head, and after {body} of a body");
    assert!(head < MORE_THAN_TIME_ALLOWS, "the head was let go on");
    assert!(body < MORE_THAN_TIME_ALLOWS, "the body was let go on");
    assert!(said_to_head.is_empty() && said_to_silence.is_empty(), "nobody was served");
    let said = answers(&said_to_body);
    assert!(said.iter().all(|answer| answer.status == 408), "{said:?}");
    server.get("/healthz").await.expect(200);
}

/// What it is told does not matter: it goes on sending.
#[tokio::test]
async fn bodies_without_end_are_cut_off() {
    /// The limit, what is thrown away so that a client sees its 413, and what the kernel keeps in its buffers.
    const MOST: usize = (64 << 10) + (1 << 20) + (16 << 20);
    let server = Server::start().await;
    let before = figures(&server);
    let chunk = format!("4000\r\n{}\r\n", "a".repeat(0x4000));
    for (framing, part) in [
        ("transfer-encoding: chunked", &*chunk),
        ("content-length: 9223372036854775807", &*chunk),
        // Every byte in a frame of its own, so that keeping frames would cost a hundred times as much.
        ("transfer-encoding: chunked", &"1\r\na\r\n".repeat(4_000)),
    ] {
        let mut wire = Wire::to(&server).await;
        wire.send(format!("POST /v1/bookings HTTP/1.1\r\nhost: x\r\n{framing}\r\n\r\n")).await;
        let sent = wire.pour(part, MOST).await;
        println!("endless body ({framing}): cut off after {} KiB", sent / 1024);
        assert!(sent <= MOST, "{framing}: it may go on for ever");
    }
    let after = figures(&server);
    println!("endless bodies: before {before}; after {after}");
    assert!(after.rss_kib < before.rss_kib + 16 * 1024, "bodies are not kept");
    server.get("/healthz").await.expect(200);
}

#[tokio::test]
async fn heads_without_end_are_refused() {
    const MOST: usize = 16 << 20;
    let server = Server::start().await;
    let before = figures(&server);
    for (name, start, part) in [
        ("fields", "GET / HTTP/1.1\r\nhost: x\r\n", "x-a: b\r\n"),
        ("one field", "GET / HTTP/1.1\r\nhost: x\r\nx-a: ", "bbbbbbbbbbbbbbbb"),
        ("an address", "GET /", "aaaaaaaaaaaaaaaa"),
        ("a method", "A", "AAAAAAAAAAAAAAAA"),
        ("empty lines", "", "\r\n\r\n\r\n\r\n"),
    ] {
        let mut wire = Wire::to(&server).await;
        wire.send(start).await;
        let sent = wire.pour(&part.repeat(512), MOST).await;
        println!("endless head ({name}): cut off after {} KiB", sent / 1024);
        assert!(sent <= MOST, "{name}: it may go on for ever");
    }
    let after = figures(&server);
    println!("endless heads: before {before}; after {after}");
    assert!(after.rss_kib < before.rss_kib + 16 * 1024, "heads are not kept");
    server.get("/healthz").await.expect(200);
}

#[tokio::test]
async fn what_is_too_long_is_refused_with_the_status_that_says_so() {
    let server = Server::start().await;
    let get = |path: &str, fields: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n{fields}\r\n");
    let long_address = format!("/{}", "a".repeat(8 * 1024));
    for (request, status) in [
        (get(&long_address, "connection: close\r\n"), 414),
        (get(&format!("/{}", "a".repeat(20_000)), ""), 431),
        (get("/", &format!("x-a: {}\r\n", "b".repeat(20_000))), 431),
        (get("/", &"x-a: b\r\n".repeat(101)), 431),
        (get(&format!("/{}", "a".repeat(70_000)), ""), 431),
    ] {
        let answers = exchange(&server, &request).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [status], "{request:.60}…");
    }
    let just_fits = get(&format!("/{}", "a".repeat(8 * 1024 - 1)), "connection: close\r\n");
    assert_eq!(exchange(&server, just_fits).await[0].status, 404);
}

/// Half of a request, and then the client stops listening, or speaking, or both.
#[tokio::test]
async fn whoever_hangs_up_in_the_middle_is_forgotten() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let body = crate::support::booking(&event, 1).to_string();
    let head = format!(
        "POST /v1/bookings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    for half in [&head[..20], &head, &format!("{head}{}", &body[..body.len() - 1])] {
        let mut wire = Wire::to(&server).await;
        wire.send(half).await;
        wire.0.shutdown().await.unwrap();
        let mut said = Vec::new();
        let read = tokio::time::timeout(PATIENCE, wire.0.read_to_end(&mut said));
        let _ = read.await.expect("the server closes, too");
        assert!(answers(&said).iter().all(|answer| answer.status == 400), "{said:?}");
    }
    assert_eq!(server.stock(&event).await, [5, 5, 0, 0], "half a request books nothing");
}
