//! Connections that are held, and not used or hardly.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;

use crate::support::{
    Figures, Launch, PATIENCE, Server, allow_open_files, figures, once_back_to, until,
};
use crate::wire::{Wire, answers, exchange};

const CROWD: usize = 10_000;
const DISPLACED: &str = "http_connections_displaced_total{listener=\"public\"}";

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

/// Holds as many connections until it is dropped: whatever the server closes, as it does after half a minute, is opened
/// again, so that all are open at some moment, however long it takes to open them.
fn keep(server: &Arc<Server>, size: usize, kinds: &'static [Holding]) -> JoinSet<Infallible> {
    const AT_ONCE: usize = 8;
    /// How often each lane looks for what was closed.
    const PAUSE: Duration = Duration::from_millis(100);
    let mut keeping = JoinSet::new();
    for lane in 0..AT_ONCE {
        let server = Arc::clone(server);
        keeping.spawn(async move {
            let mut held = Vec::new();
            for index in (lane..size).step_by(AT_ONCE) {
                let kind = kinds[index / AT_ONCE % kinds.len()];
                held.push((kind, hold(&server, kind).await));
            }
            loop {
                for (kind, wire) in &mut held {
                    if wire.is_closed() {
                        *wire = hold(&server, *kind).await;
                    }
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
    }
    keeping
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
        let held = keep(&server, CROWD, &[Nothing, HalfAHead, Answered]);
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
    for wire in &mut held[..SILENT - 2 * ROOM] {
        let said = answers(&wire.rest().await);
        // On a busy machine, the time for a body may be over before its place is needed.
        assert!(said.iter().all(|answer| [200, 408].contains(&answer.status)), "{said:?}");
    }
    drop(held);
    let after = once_back_to(&server, before).await;
    println!("{SILENT} silent connections: before {before}; after {after}");
}

/// Somebody who asks for much more than the kernel's buffers hold, and takes a little of it again and again, so that the
/// server never waits in vain for long.
async fn read_slowly(server: &Server, requests: &str) -> Wire {
    let mut wire = Wire::to(server).await;
    wire.send(requests).await;
    let mut first = [0];
    let begun = tokio::time::timeout(PATIENCE, wire.0.read_exact(&mut first)).await;
    begun.expect("there is room, and the answer begins").unwrap();
    wire
}

async fn go_on_slowly(mut wire: Wire) {
    const A_LITTLE: usize = 256 << 10;
    /// Not a wait for anything: it only makes the client slow.
    const PAUSE: Duration = Duration::from_millis(500);
    let mut taken = vec![0; A_LITTLE];
    while matches!(wire.0.read(&mut taken).await, Ok(1..)) {
        tokio::time::sleep(PAUSE).await;
    }
}

/// No limit of time ends them: they take something of their answers before it strikes.
#[tokio::test]
async fn at_the_limit_slow_readers_make_room_for_those_who_ask() {
    const ROOM: usize = 64;
    const ROUNDS: usize = 3;
    /// For each: minutes of reading.
    const TO_READ: usize = 128 << 20;
    const LONG: &str = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n";
    let server = Launch::new().flag("--max-connections", &ROOM.to_string()).start().await;
    let event = server.event(100).await;
    let once = exchange(&server, format!("{LONG}connection: close\r\n\r\n")).await;
    let count = TO_READ.div_ceil(once[0].body.len());
    let requests = format!("{LONG}\r\n").repeat(count);
    let mut readers = JoinSet::new();
    for _ in 0..ROUNDS {
        for _ in 0..ROOM {
            readers.spawn(go_on_slowly(read_slowly(&server, &requests).await));
        }
        buy(&server, &event).await;
    }
    let displaced = server.metric(DISPLACED).await.unwrap_or_default();
    println!(
        "{} slow readers, each with {count} answers to read, to a server with room for {ROOM}: {displaced} made room",
        ROUNDS * ROOM
    );
    assert!(displaced > 0.0, "it was a limit of time that made room");
}
