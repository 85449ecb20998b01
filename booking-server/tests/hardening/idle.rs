//! Connections that are held and not used.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::support::{Figures, Launch, Server, allow_open_files, figures, once_back_to, until};
use crate::wire::{Wire, answers, exchange};

const CROWD: usize = 10_000;
const DISPLACED: &str = "http_connections_displaced_total";

/// What somebody does who only holds a connection.
#[derive(Debug, Clone, Copy)]
enum Holding {
    Nothing,
    HalfAHead,
    /// Ends sooner than the others: a body has ten seconds.
    HalfABody,
    /// Served once, and then silent.
    Answered,
}

use Holding::{Answered, HalfABody, HalfAHead, Nothing};

async fn hold(server: &Server, holding: Holding) -> Wire {
    let mut wire = Wire::to(server).await;
    match holding {
        Nothing => {}
        HalfAHead => wire.send("GET / HTTP/1.1\r\nhost: x\r\nx-half: ").await,
        HalfABody => wire.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").await,
        Answered => wire.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await,
    }
    wire
}

async fn crowd(server: &Arc<Server>, size: usize, kinds: &'static [Holding]) -> Vec<Wire> {
    const AT_ONCE: usize = 8;
    let mut opening = JoinSet::new();
    for lane in 0..AT_ONCE {
        let server = Arc::clone(server);
        opening.spawn(async move {
            let mut held = Vec::new();
            for index in (lane..size).step_by(AT_ONCE) {
                held.push(hold(&server, kinds[index / AT_ONCE % kinds.len()]).await);
            }
            held
        });
    }
    opening.join_all().await.into_iter().flatten().collect()
}

/// Somebody who wants a ticket, on connections that are opened now.
async fn buy(server: &Server, event: &str) {
    let shown = exchange(
        server,
        format!("GET /v1/events/{event} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
    )
    .await;
    assert_eq!(shown[0].status, 200, "{shown:?}");
    let body = crate::support::booking(event, 1).to_string();
    let booked = exchange(
        server,
        format!(
            "POST /v1/bookings HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
    .await;
    assert_eq!(booked[0].status, 201, "{booked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_cost_little_and_shut_nobody_out() {
    /// What an idle connection may cost: buffers, timers, the task.
    const MOST_KIB_EACH: u64 = 32;
    allow_open_files(CROWD as u64 + 3_000);
    let room = (CROWD + 100).to_string();
    let server = Launch::new().flag("--max-connections", &room).start().await;
    let event = server.event(100).await;
    buy(&server, &event).await;
    let server = Arc::new(server);
    let before = figures(&server);
    let mut peaks: Vec<Figures> = Vec::new();
    for round in 1..=2 {
        let held = crowd(&server, CROWD, &[Nothing, HalfAHead, Answered]).await;
        let during = until("all connections to be accepted", async || {
            let now = figures(&server);
            // Connections of the test's own client may end meanwhile.
            (now.sockets + 10 >= before.sockets + CROWD).then_some(now)
        })
        .await;
        buy(&server, &event).await;
        drop(held);
        let after = once_back_to(&server, before).await;
        println!(
            "{CROWD} idle connections, round {round}: before {before}; while {during}; after {after}"
        );
        peaks.push(during);
    }
    let each = (peaks[0].rss_kib - before.rss_kib) / CROWD as u64;
    println!("{CROWD} idle connections: {each} KiB each");
    assert!(each <= MOST_KIB_EACH, "an idle connection costs {each} KiB");
    assert!(peaks[1].rss_kib < peaks[0].rss_kib * 11 / 10, "memory is lost: {peaks:?}");
    // The allocator gives memory back once there is work again.
    let half = before.rss_kib.midpoint(peaks[0].rss_kib);
    let after = until("half of the memory to be given back", async || {
        drop(crowd(&server, 64, &[Answered]).await);
        let now = figures(&server);
        (now.rss_kib <= half).then_some(now)
    })
    .await;
    println!("{CROWD} idle connections: after some more requests {after}");
}

/// What happens at the limit: those that keep the server waiting longest make room for whoever comes.
#[tokio::test]
async fn at_the_limit_silent_clients_make_room_for_those_who_ask() {
    const ROOM: usize = 64;
    const SILENT: usize = 10 * ROOM;
    let server = Launch::new().flag("--max-connections", &ROOM.to_string()).start().await;
    let event = server.event(100).await;
    let server = Arc::new(server);
    let before = figures(&server);
    let mut held = Vec::new();
    for round in 0..SILENT / ROOM {
        held.extend(crowd(&server, ROOM, &[Nothing, HalfAHead, HalfABody, Answered]).await);
        buy(&server, &event).await;
        let displaced = server.metric(DISPLACED).await.unwrap_or_default();
        assert!(displaced > 0.0, "it was a limit of time that made room");
        let now = figures(&server);
        // One is in hand beyond those that have a place; those of the test's own client come and go.
        assert!(now.sockets <= before.sockets + ROOM + 8, "round {round}: {now}");
    }
    let displaced = server.metric(DISPLACED).await.unwrap();
    println!("{SILENT} silent connections to a server with room for {ROOM}: {displaced} made room");
    let mut cut_off = 0;
    for wire in &mut held[..SILENT - 2 * ROOM] {
        let said = answers(&wire.rest().await);
        assert!(said.iter().all(|answer| answer.status == 200), "{said:?}");
        cut_off += 1;
    }
    assert!(displaced >= f64::from(cut_off), "{displaced} are counted, {cut_off} were seen");
    drop(held);
    let after = once_back_to(&server, before).await;
    println!("{SILENT} silent connections: before {before}; after {after}");
}
