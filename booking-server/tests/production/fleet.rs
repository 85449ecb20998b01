//! Several servers that share a database and a cache.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::{Database, Ipn, Launch, Server, until};

/// Starts three servers at the same moment.
async fn start_together(launch: impl Fn() -> Launch) -> [Arc<Server>; 3] {
    let started = tokio::join!(launch().start(), launch().start(), launch().start());
    <[Server; 3]>::from(started).map(Arc::new)
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_together_on_an_empty_database_all_serve() {
    let database = Database::without_schema().await;
    let servers =
        start_together(|| Launch::new().on(&database).variable("BOOKING_DEMO", "true")).await;
    let mut totals = BTreeSet::new();
    for server in &servers {
        let facets = server.get("/v1/events/facets?include_past=true").await.expect(200);
        totals.insert(facets["total"].as_u64().unwrap());
        let event = server.event(1).await;
        for other in &servers {
            other.get(&format!("/v1/events/{event}")).await.expect(200);
        }
        server.hold(&event, 1).await;
    }
    let first = *totals.first().unwrap();
    assert!(first >= 200, "{totals:?}");
    assert!(totals.iter().all(|total| *total < 2 * first), "the demo is there once: {totals:?}");
    servers[0].assert_balanced().await;
}

/// A crowd for one event and a few buyers for each of others, spread over all servers; every step of a
/// booking goes to another one. Some pay, some cancel, some let their hold run out, until all is sold.
#[tokio::test(flavor = "multi_thread")]
async fn three_servers_sell_every_ticket_once() {
    const HOT: u32 = 60;
    const BUYERS: usize = 240;
    const OTHERS: usize = 20;
    let database = Database::new(&crate::support::Folder::new()).await;
    let launch = || Launch::new().on(&database).flag("--hold-ttl", "2s");
    let servers: Arc<[_]> = start_together(launch).await.into();
    let mut events = vec![(Arc::<str>::from(servers[0].event(HOT).await), HOT, BUYERS)];
    for _ in 0..OTHERS {
        events.push((servers[1].event(3).await.into(), 3, 6));
    }
    let sold = Arc::new(AtomicUsize::new(0));
    let mut buyers = JoinSet::new();
    for (event, _, count) in &events {
        for lane in 0..*count {
            let (servers, event, sold) =
                (Arc::clone(&servers), Arc::clone(event), Arc::clone(&sold));
            buyers.spawn(async move {
                if buy(&servers, &event, lane).await {
                    sold.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    }
    buyers.join_all().await;
    let tickets: u32 = events.iter().map(|(_, capacity, _)| capacity).sum();
    assert_eq!(sold.load(Ordering::Relaxed), tickets as usize);
    for (event, capacity, _) in &events {
        for server in &*servers {
            let all = i64::from(*capacity);
            assert_eq!(server.stock(event).await, [all, 0, 0, all]);
            agrees_with_the_cache(server, event).await;
        }
    }
    servers[2].assert_balanced().await;
}

/// Tries to get a ticket until it is paid, or none can come free any more.
async fn buy(servers: &[Arc<Server>], event: &str, lane: usize) -> bool {
    for attempt in 0.. {
        let server = |step: usize| &servers[(lane + attempt + step) % servers.len()];
        let answer = server(0).book(event, 1).await;
        if answer.status != 201 {
            let refusal = answer.expect_problem(409, "sold-out");
            if refusal.get("next_release_at").is_none_or(Value::is_null) {
                return false;
            }
            // As a person would, who was told when to come again.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        }
        let booking = answer.json();
        match (lane + attempt) % 4 {
            0 => {
                let cancelled = server(1).cancel(&booking).await;
                assert!([200, 409].contains(&cancelled.status.as_u16()), "{}", cancelled.text());
            }
            1 => {
                while server(1).status(&booking).await == "pending" {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            _ => {
                let ipn = Ipn::succeeded(&booking);
                // The gateway says everything twice.
                for step in 1..3 {
                    assert_eq!(server(step).notify(&ipn).await.status, 200);
                }
                // A hold that ran out before the payment came may have gone to somebody else.
                match &*server(3).status(&booking).await {
                    "confirmed" => return true,
                    "refund_due" | "refunded" => {}
                    other => panic!("a paid booking is {other}"),
                }
            }
        }
    }
    unreachable!("attempts do not end")
}

/// Asks until the cached count is the database's, or there is none.
async fn agrees_with_the_cache(server: &Server, event: &str) {
    until("the cache to agree", async || {
        let path = format!("/v1/events/{event}/stock");
        let stock = server.manage(Method::GET, &path, &Value::Null).await.expect(200);
        (stock["instock"].is_null() || stock["instock"] == stock["available"]).then_some(())
    })
    .await;
}
