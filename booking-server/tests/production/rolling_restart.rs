//! Servers that are replaced one after the other while buyers go on.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::{Client, Database, Folder, Launch, booking, until};

/// Sends requests where `/readyz` says yes, as a load balancer does.
#[derive(Default)]
struct Balancer {
    targets: Mutex<Vec<Target>>,
    turn: AtomicUsize,
    is_over: AtomicBool,
}

#[derive(Clone)]
struct Target {
    url: String,
    is_ready: bool,
}

impl Balancer {
    fn targets(&self) -> Vec<Target> {
        self.targets.lock().unwrap().clone()
    }

    fn replace(&self, index: usize, url: String) {
        self.targets.lock().unwrap()[index] = Target { url, is_ready: false };
    }

    /// Asks every server whether it is ready, over and over.
    async fn watch(&self, client: &Client) {
        while !self.is_over.load(Ordering::SeqCst) {
            for (index, target) in self.targets().into_iter().enumerate() {
                let url = format!("{}/readyz", target.url);
                let answer = client.try_send(Method::GET, &url, &[], "").await;
                let is_ready = answer.is_ok_and(|answer| answer.status == 200);
                let mut targets = self.targets.lock().unwrap();
                // It may have been replaced while it was asked.
                if targets[index].url == target.url {
                    targets[index].is_ready = is_ready;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn pick(&self) -> String {
        let ready: Vec<_> = self.targets().into_iter().filter(|target| target.is_ready).collect();
        assert!(!ready.is_empty(), "one of the servers is always ready");
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        ready[turn % ready.len()].url.clone()
    }

    async fn wait_until_all_are_ready(&self) {
        until("all servers to be ready", async || {
            self.targets().iter().all(|target| target.is_ready).then_some(())
        })
        .await;
    }
}

async fn keep_booking(balancer: &Balancer, client: &Client, event: &str) -> Vec<Value> {
    let mut bookings = Vec::new();
    while !balancer.is_over.load(Ordering::SeqCst) {
        let url = format!("{}/v1/bookings", balancer.pick());
        let headers = [("content-type", "application/json")];
        let body = booking(event, 1).to_string();
        bookings.push(client.send(Method::POST, &url, &headers, body).await.expect(201));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bookings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_fails_no_booking() {
    const SERVERS: usize = 2;
    let database = Database::new(&Folder::new()).await;
    // Long enough for the balancer to see that a server will go.
    let launch = || Launch::new().on(&database).flag("--shutdown-delay", "3s");
    let mut servers = Vec::new();
    for _ in 0..SERVERS {
        servers.push(launch().start().await);
    }
    let event: Arc<str> = servers[0].event(100_000).await.into();
    let balancer = Arc::new(Balancer::default());
    *balancer.targets.lock().unwrap() =
        servers.iter().map(|server| Target { url: server.public(""), is_ready: false }).collect();
    let client = Client::new();
    let watcher = tokio::spawn({
        let (balancer, client) = (Arc::clone(&balancer), client.clone());
        async move { balancer.watch(&client).await }
    });
    balancer.wait_until_all_are_ready().await;
    let mut buyers = JoinSet::new();
    for _ in 0..8 {
        let (balancer, client, event) = (Arc::clone(&balancer), client.clone(), Arc::clone(&event));
        buyers.spawn(async move { keep_booking(&balancer, &client, &event).await });
    }

    for index in 0..SERVERS {
        let server = servers.remove(0);
        let (status, launch) = server.stop().await;
        assert!(status.success(), "{status}: {}", launch.log());
        let server = launch.start().await;
        balancer.replace(index, server.public(""));
        servers.push(server);
        balancer.wait_until_all_are_ready().await;
    }

    balancer.is_over.store(true, Ordering::SeqCst);
    watcher.await.unwrap();
    let bookings = buyers.join_all().await.concat();
    assert!(bookings.len() > 100, "{} bookings are too few to mean anything", bookings.len());
    for booking in &bookings {
        assert_eq!(servers[0].status(booking).await, "pending");
    }
    let count = i64::try_from(bookings.len()).unwrap();
    assert_eq!(servers[1].stock(&event).await, [100_000, 100_000, count, 0]);
    servers[1].assert_balanced().await;
}
