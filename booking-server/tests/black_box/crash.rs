//! Being killed at any moment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use http::Method;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::{Ipn, Launch, Server, audit, booking, until};

/// What the server has promised about a booking, and what it may have done without having said so.
#[derive(Debug, Clone)]
struct Promise {
    booking: Value,
    key: String,
    /// The last status that was answered.
    answered: &'static str,
    /// The status that was asked for, if it was not answered.
    asked: Option<&'static str>,
}

/// Everything that the clients heard.
#[derive(Default)]
struct Heard {
    promises: Mutex<BTreeMap<String, Promise>>,
    answers: AtomicUsize,
    is_over: AtomicBool,
}

impl Heard {
    fn note(&self, promise: &Promise) {
        let id = promise.booking["id"].as_str().unwrap().to_owned();
        self.promises.lock().unwrap().insert(id, promise.clone());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_any_number_of_kills() {
    const KILLS: usize = 10;
    const ANSWERS_BEFORE_A_KILL: usize = 200;
    const CLIENTS: usize = 16;
    let mut launch = Launch::new();
    let mut event = None;
    let heard = Arc::new(Heard::default());
    for round in 0..KILLS {
        let server = Arc::new(launch.start().await);
        let event: Arc<str> = match &event {
            Some(event) => Arc::clone(event),
            None => event.insert(server.event(100_000).await.into()).clone(),
        };
        heard.is_over.store(false, Ordering::SeqCst);
        heard.answers.store(0, Ordering::SeqCst);
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let (server, event) = (Arc::clone(&server), Arc::clone(&event));
            let heard = Arc::clone(&heard);
            clients.spawn(async move { trade(&server, &event, &heard, (round, client)).await });
        }
        // In the middle of the work: the clients go on until nobody answers.
        until("enough answers", async || {
            (heard.answers.load(Ordering::SeqCst) >= ANSWERS_BEFORE_A_KILL).then_some(())
        })
        .await;
        server.signal("KILL").await;
        heard.is_over.store(true, Ordering::SeqCst);
        clients.join_all().await;
        let server = Arc::into_inner(server).expect("the clients have gone");
        launch = server.kill().await;

        let audit = audit(launch.database()).await;
        assert_eq!(audit.status, Some(0), "{round}: {}{}", audit.stdout, audit.stderr);
    }
    let promises = heard.promises.lock().unwrap().clone();
    assert!(promises.len() >= 500, "{} bookings are too few to mean anything", promises.len());
    let server = launch.start().await;
    for promise in promises.values() {
        keep_to(&server, promise).await;
    }
    server.assert_balanced().await;
}

/// Books, pays and cancels until the server is gone.
async fn trade(server: &Server, event: &str, heard: &Heard, (round, client): (usize, usize)) {
    for number in 0.. {
        let key = format!("{round}-{client}-{number}");
        let body = booking(event, 1).to_string();
        let url = server.public("/v1/bookings");
        let headers = [("content-type", "application/json"), ("idempotency-key", &*key)];
        let Ok(answer) = server.client.try_send(Method::POST, &url, &headers, body).await else {
            return;
        };
        let booking = answer.expect(201);
        let mut promise = Promise { booking, key, answered: "pending", asked: None };
        heard.note(&promise);
        heard.answers.fetch_add(1, Ordering::SeqCst);
        let (path, headers, body, wanted) = match number % 3 {
            0 => continue,
            1 => {
                let ipn = Ipn::succeeded(&promise.booking);
                let headers = vec![("payment-signature", ipn.header())];
                ("/v1/payments/ipn".to_owned(), headers, ipn.body.to_string(), "confirmed")
            }
            _ => {
                let id = promise.booking["id"].as_str().unwrap();
                (format!("/v1/bookings/{id}/cancel"), Vec::new(), String::new(), "cancelled")
            }
        };
        promise.asked = Some(wanted);
        heard.note(&promise);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let url = server.public(&path);
        let Ok(answer) = server.client.try_send(Method::POST, &url, &headers, body).await else {
            return;
        };
        assert_eq!(answer.status, 200, "{}", answer.text());
        (promise.answered, promise.asked) = (wanted, None);
        heard.note(&promise);
        heard.answers.fetch_add(1, Ordering::SeqCst);
        if heard.is_over.load(Ordering::SeqCst) {
            return;
        }
    }
}

async fn keep_to(server: &Server, promise: &Promise) {
    let now = server.find(&promise.booking).await;
    let status = now["status"].as_str().unwrap();
    let allowed = [Some(promise.answered), promise.asked];
    assert!(allowed.contains(&Some(status)), "{promise:?} became {status}");
    assert_eq!(now["quantity"], promise.booking["quantity"]);
    assert_eq!(now["total"], promise.booking["total"]);
    let again = booking(now["event_id"].as_str().unwrap(), 1);
    let again = server.post("/v1/bookings", &[("idempotency-key", &promise.key)], &again).await;
    assert_eq!(again.json()["id"], now["id"], "the key leads to the same booking");
}

#[tokio::test]
async fn a_payment_that_was_pressed_before_a_kill_is_notified_after_it() {
    let server = Server::start().await;
    let event = server.event(1).await;
    let booking = server.hold(&event, 1).await;
    // Late enough that the process is gone by then.
    server.press_with_fault(&booking, crate::support::Press::Pay, "late=5s").await;
    let server = server.kill().await.start().await;
    server.wait_for(&booking, "confirmed").await;
    assert_eq!(server.stock(&event).await, [1, 0, 0, 1]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_second_start_finds_everything_again() {
    let server = Server::start().await;
    let event = server.event(3).await;
    let (paid, held) = (server.hold(&event, 1).await, server.hold(&event, 1).await);
    assert_eq!(server.notify(&Ipn::succeeded(&paid)).await.status, 200);
    let before = [server.find(&paid).await, server.find(&held).await];
    let (status, launch) = server.stop().await;
    assert!(status.success());
    let server = launch.start().await;
    assert_eq!([server.find(&paid).await, server.find(&held).await], before);
    assert_eq!(server.stock(&event).await, [3, 2, 1, 1]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn whoever_tampers_with_the_books_is_found_out() {
    let server = Server::start().await;
    let event = server.event(10).await;
    let paid = server.hold(&event, 2).await;
    server.hold(&event, 1).await;
    assert_eq!(server.notify(&Ipn::succeeded(&paid)).await.status, 200);
    server.assert_balanced().await;
    let (_, launch) = server.stop().await;
    let whole = audit(launch.database()).await;
    assert_eq!((whole.status, &*whole.stdout), (Some(0), ""), "{}", whole.stderr);

    for (tampering, finding) in [
        ("UPDATE event_stock SET held = held - 1", "held is 0"),
        ("UPDATE event_stock SET stock = stock + 1", "stock is 9"),
        ("UPDATE event_stock SET capacity = 11", "capacity is 11"),
        ("UPDATE event_stock SET held = 9", "0 <= held <= stock <= capacity does not hold"),
        ("UPDATE bookings SET quantity = 1, total_minor = 4500 WHERE quantity = 2", "confirmed"),
        (
            "UPDATE bookings SET status = 'cancelled' WHERE status = 'pending'",
            "status is cancelled",
        ),
        ("UPDATE bookings SET total_minor = 1 WHERE status = 'pending'", "total is 1"),
        ("DELETE FROM bookings WHERE status = 'confirmed'", "missing bookings"),
        ("DELETE FROM stock_movements WHERE version = 4", "journal"),
        ("DELETE FROM notifications", "no payment is recorded"),
    ] {
        let copy = launch.database().copy().await;
        let mut tamperer = copy.tamper().await;
        assert!(tamperer.execute(tampering).await > 0, "{tampering} changes nothing");
        tamperer.close().await;
        let found = audit(&copy).await;
        assert_eq!(found.status, Some(1), "{tampering}: {}{}", found.stdout, found.stderr);
        assert!(found.stdout.contains(finding), "{tampering}: {}", found.stdout);
        assert!(found.stdout.lines().all(|line| line.starts_with("event ")), "{}", found.stdout);
    }
}
