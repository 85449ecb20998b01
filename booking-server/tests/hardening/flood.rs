//! Connections that come and go by the tens of thousands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::task::JoinSet;

use crate::support::{Server, figures, once_back_to};
use crate::wire::{Wire, exchange};

const SEARCH: &str = "GET /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// Opens one connection, and leaves it in one of several bad ways.
async fn come_and_go(server: &Server, index: usize) {
    let mut wire = Wire::to(server).await;
    match index % 8 {
        // Resets leave no port behind that waits for stragglers; most are resets, so that ports do not run out.
        0 => return,
        1 => {}
        2 => wire.send("GET /").await,
        3 => {
            wire.send("POST /v1/bookings HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{").await;
        }
        4 => wire.send("GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n").await,
        5 => wire.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await,
        6 => {
            wire.send("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nff\r\n")
                .await;
        }
        _ => wire.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await,
    }
    wire.0.set_zero_linger().unwrap();
}

async fn flood(server: &Arc<Server>, connections: usize) {
    const AT_ONCE: usize = 64;
    let mut lanes = JoinSet::new();
    for lane in 0..AT_ONCE {
        let server = Arc::clone(server);
        lanes.spawn(async move {
            for index in (lane..connections).step_by(AT_ONCE) {
                come_and_go(&server, index / AT_ONCE).await;
            }
        });
    }
    lanes.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_connections_leaves_nothing_behind() {
    const FIRST: usize = 5_000;
    const FLOOD: usize = 20_000;
    let server = Arc::new(Server::start().await);
    let before = figures(&server);
    flood(&server, FIRST).await;
    let warm = once_back_to(&server, before).await;

    let is_over = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let honest = tokio::spawn({
        let (server, is_over, answered) =
            (Arc::clone(&server), Arc::clone(&is_over), Arc::clone(&answered));
        async move {
            while !is_over.load(Ordering::Relaxed) {
                let answers = exchange(&server, SEARCH).await;
                // Searches have only so many places, and who finds none is told so.
                let is_answered =
                    matches!(answers.first(), Some(answer) if [200, 503].contains(&answer.status));
                assert!(is_answered, "{answers:?}");
                answered.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    flood(&server, FLOOD).await;
    is_over.store(true, Ordering::Relaxed);
    let during = figures(&server);
    honest.await.unwrap();
    let after = once_back_to(&server, before).await;
    let answered = answered.load(Ordering::Relaxed);
    println!("flood of {FIRST} connections: before {before}; after {warm}");
    println!(
        "flood of {FLOOD} connections: {answered} honest requests answered meanwhile; at its end {during}; after {after}"
    );
    assert!(answered > 0, "somebody else was answered meanwhile");
    assert!(after.rss_kib < warm.rss_kib + 16 * 1024, "memory is lost: {warm}, then {after}");
    server.get("/readyz").await.expect(200);
}
