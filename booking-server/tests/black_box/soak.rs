//! The same work round after round: whoever sells for months must not use more of the machine each day.
//!
//! `benches/storm` does the like for half an hour, in the release build, while parts break.

use std::sync::Arc;

use booking_testbed::{SmtpSink, SmtpSinkOptions};
use http::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::{
    Answer, Client, Figures, Ipn, Launch, OF_THE_DATABASE, Server, booking, figures, until,
};

const LANES: usize = 8;
/// Each of them books, and asks for nine things around it.
const VISITS_OF_A_LANE: usize = 15;

/// Caches, pools and the allocator grow into the work.
const WARM_UP: usize = 4;
/// The least memory of the first rounds is compared with that of as many last ones. The least, since a round may end
/// in the middle of something.
const COMPARED: usize = 4;
const BETWEEN: usize = 4;

/// What may be more in the end. Between the two lie 960 bookings and ten thousand requests, so a server that keeps a
/// kilobyte of each request keeps more than this. SQLite fills its page cache meanwhile, with some three of the eight; on
/// PostgreSQL it is less than one.
const MOST_KIB: u64 = 8 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_work_takes_no_more_memory_and_files_each_time() {
    let sink = SmtpSink::start(SmtpSinkOptions::default().forgetful()).await;
    // Holds run out during the next rounds.
    let launch = Launch::new().variable("BOOKING_SMTP_URL", &sink.url()).flag("--hold-ttl", "2s");
    let launch = launch.flag("--mail-from", "tickets@shop.example.org");
    let mut server = Arc::new(launch.start().await);
    let event: Arc<str> = server.event(1_000_000).await.into();
    let before = figures(&server);
    let mut after_rounds = Vec::new();
    println!("before: {before}");
    for number in 0..WARM_UP + COMPARED + BETWEEN + COMPARED {
        let after = round(&mut server, &event, number, before).await;
        println!("after round {number}: {after}");
        after_rounds.push(after.rss_kib);
    }
    let lowest = |part: &[u64]| part.iter().min().copied().unwrap();
    let (first, last) = (
        lowest(&after_rounds[WARM_UP..][..COMPARED]),
        lowest(&after_rounds[after_rounds.len() - COMPARED..]),
    );
    assert!(last < first + MOST_KIB, "memory is lost: {first} KiB, then {last} KiB");
    until("everybody to be told", async || {
        let due = server.metric("booking_outbox_due").await;
        (due == Some(0.0) && server.stock(&event).await[2] == 0).then_some(())
    })
    .await;
    assert_eq!(server.metric("booking_outbox_dead").await, Some(0.0));
    assert!(sink.taken() > 0);
    server.assert_balanced().await;
}

/// Does everything that can be asked for, and waits until the connections are closed that it needed.
async fn round(
    server: &mut Arc<Server>,
    event: &Arc<str>,
    number: usize,
    before: Figures,
) -> Figures {
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let (server, event) = (Arc::clone(server), Arc::clone(event));
        lanes.spawn(async move {
            for visit in 0..VISITS_OF_A_LANE {
                let number = (number * LANES + lane) * VISITS_OF_A_LANE + visit;
                come_and_go(&server, &event, number).await;
            }
        });
    }
    lanes.join_all().await;
    organise(server, event, number).await;
    Arc::get_mut(server).expect("the lanes have ended").client = Client::new();
    until("the server to close what it opened", async || {
        let now = figures(server);
        (now.files <= before.files + OF_THE_DATABASE).then_some(now)
    })
    .await
}

async fn come_and_go(server: &Server, event: &str, number: usize) {
    for path in [
        "/v1/events?q=organ".to_owned(),
        "/v1/events/facets?country=CH".to_owned(),
        format!("/v1/events/{event}"),
        format!("/events/{event}"),
    ] {
        let answer = server.get(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    walk_away(server).await;
    let booking = book(server, event, number).await;
    server.find(&booking).await;
    let ok = |answer: Answer| assert_eq!(answer.status, 200, "{}", answer.text());
    let paid = Ipn::succeeded(&booking);
    match number % 6 {
        0 => {
            ok(server.notify(&paid).await);
            ok(server.notify(&paid).await);
        }
        1 => {
            ok(server.notify(&paid).await);
            let path = format!("/v1/bookings/{}/refund", booking["id"].as_str().unwrap());
            ok(server.manage(Method::POST, &path, &Value::Null).await);
        }
        2 => {
            ok(server.cancel(&booking).await);
            ok(server.notify(&paid).await);
        }
        3 => ok(server.notify(&Ipn::failed(&booking)).await),
        4 => ok(server.cancel(&booking).await),
        // The hold runs out.
        _ => {}
    }
    server.find(&booking).await;
}

/// Begins a request and hangs up.
async fn walk_away(server: &Server) {
    let address = server.public("");
    let mut wire = TcpStream::connect(address.trim_start_matches("http://")).await.unwrap();
    let half = b"POST /v1/bookings HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{";
    wire.write_all(half).await.unwrap();
}

/// Books with a key, twice, or without one.
async fn book(server: &Server, event: &str, number: usize) -> Value {
    if number.is_multiple_of(2) {
        return server.hold(event, 1).await;
    }
    let key = format!("soak-{number}");
    let headers = [("idempotency-key", &*key)];
    let body = booking(event, 1);
    let booked = server.post("/v1/bookings", &headers, &body).await.expect(201);
    let again = server.post("/v1/bookings", &headers, &body).await;
    assert!(again.status.is_success(), "{}", again.text());
    assert_eq!(again.json()["id"], booked["id"]);
    booked
}

/// Edits an event, and calls another one off that was booked and paid.
async fn organise(server: &Server, event: &str, number: usize) {
    let change = json!({ "description": format!("Round {number}.") });
    server.manage(Method::PATCH, &format!("/v1/events/{event}"), &change).await.expect(200);
    let other = server.event(10).await;
    let paid = server.hold(&other, 2).await;
    assert_eq!(server.notify(&Ipn::succeeded(&paid)).await.status, 200);
    server.hold(&other, 1).await;
    let path = format!("/v1/events/{other}/cancel");
    server.manage(Method::POST, &path, &Value::Null).await.expect(200);
    server.wait_for(&paid, "refunded").await;
    server.manage(Method::GET, &format!("/v1/events/{event}/bookings"), &Value::Null).await;
}
