//! Everybody at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::{Ipn, Launch, Server};

#[tokio::test(flavor = "multi_thread")]
async fn fifty_tickets_are_held_fifty_times_by_five_hundred_buyers() {
    const TICKETS: u32 = 50;
    const BUYERS: usize = 500;
    let server = Arc::new(Server::start().await);
    let event: Arc<str> = server.event(TICKETS).await.into();
    let start = Arc::new(Barrier::new(BUYERS));
    let mut buyers = JoinSet::new();
    for _ in 0..BUYERS {
        let (server, event, start) = (Arc::clone(&server), Arc::clone(&event), Arc::clone(&start));
        buyers.spawn(async move {
            start.wait().await;
            server.book(&event, 1).await
        });
    }
    let mut held = BTreeMap::new();
    let mut refused = 0;
    for answer in buyers.join_all().await {
        if answer.status == 201 {
            let booking = answer.json();
            held.insert(booking["id"].as_str().unwrap().to_owned(), booking);
        } else {
            let refusal = answer.expect_problem(409, "sold-out");
            assert_eq!(refusal["available"], 0, "{refusal}");
            assert!(refusal["next_release_at"].is_string(), "{refusal}");
            refused += 1;
        }
    }
    assert_eq!(held.len(), 50, "every ticket is held, once");
    assert_eq!(refused, 450, "and everybody else is answered");
    assert_eq!(server.stock(&event).await, [50, 50, 50, 0]);

    let mut payers = JoinSet::new();
    for booking in held.into_values() {
        let server = Arc::clone(&server);
        payers.spawn(async move { server.notify(&Ipn::succeeded(&booking)).await.status });
    }
    assert!(payers.join_all().await.into_iter().all(|status| status == 200));
    assert_eq!(server.stock(&event).await, [50, 0, 0, 50]);
    server.assert_balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_several_gets_all_of_them_or_none() {
    let server = Arc::new(Server::start().await);
    let event: Arc<str> = server.event(50).await.into();
    let mut buyers = JoinSet::new();
    for _ in 0..100 {
        let (server, event) = (Arc::clone(&server), Arc::clone(&event));
        buyers.spawn(async move { server.book(&event, 7).await });
    }
    let mut held = 0;
    for answer in buyers.join_all().await {
        if answer.status == 201 {
            assert_eq!(answer.json()["quantity"], 7);
            held += 1;
        } else {
            assert_eq!(answer.expect_problem(409, "sold-out")["available"], 1);
        }
    }
    assert_eq!(held, 7);
    assert_eq!(server.stock(&event).await, [50, 50, 49, 0]);
    server.hold(&event, 1).await;
    server.assert_balanced().await;
}

/// What one of the racers did to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cancelled {
    First,
    TooLate,
    AfterTheEnd,
}

/// Success, cancellation and expiry of the same booking, a thousand times. Whoever comes first
/// moves it, the others find that out, and in the end every payment is worth its tickets: there are
/// enough.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_success_a_cancellation_and_an_expiry_one_wins() {
    const ROUNDS: u64 = 5;
    const BOOKINGS: u64 = 200;
    let server = Arc::new(Launch::new().flag("--hold-ttl", "1s").start().await);
    let event: Arc<str> = server.event(1_000).await.into();
    let mut seen: BTreeMap<Cancelled, u32> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut races = JoinSet::new();
        for lane in 0..BOOKINGS {
            let (server, event) = (Arc::clone(&server), Arc::clone(&event));
            races.spawn(async move { race(&server, &event, lane).await });
        }
        for outcome in races.join_all().await {
            *seen.entry(outcome).or_default() += 1;
        }
    }
    assert_eq!(seen.values().sum::<u32>(), 1_000);
    // If one always came first there would have been no race. Success and cancellation take turns
    // at being sent first, so this needs no luck with the clock: of a thousand pairs, some of
    // either order arrive as they were sent, on a machine of any speed.
    assert!(seen.len() >= 2, "it was never a race: {seen:?}");
    assert_eq!(server.stock(&event).await, [1_000, 0, 0, 1_000]);
    server.assert_balanced().await;
}

/// Lets a success, a cancellation and an expiry go for one booking at the moment when its hold
/// ends. Which of them is first is chance, and any order is right.
///
/// It sleeps to bring the three close together, which makes the race worth running. Nothing that is
/// asserted depends on it: if all came long before the end of the hold or long after, each answer
/// would have to be the same.
async fn race(server: &Server, event: &str, lane: u64) -> Cancelled {
    let booking = server.hold(event, 1).await;
    let ipn = Ipn::succeeded(&booking);
    let ends_at: jiff::Timestamp = booking["expires_at"].as_str().unwrap().parse().unwrap();
    let made_at: jiff::Timestamp = booking["created_at"].as_str().unwrap().parse().unwrap();
    let life = Duration::try_from(ends_at.duration_since(made_at)).unwrap();
    // Some come a little before the end, some a little after it.
    let offset = Duration::from_millis(lane % 100);
    tokio::time::sleep((life + offset).saturating_sub(Duration::from_millis(50))).await;
    // Whoever looks at an overdue booking lets it expire.
    let (paid, cancelled) = match lane % 3 {
        0 => {
            let pay = server.notify(&ipn);
            let (paid, cancelled, _) =
                tokio::join!(pay, server.cancel(&booking), server.find(&booking));
            (paid, cancelled)
        }
        1 => {
            let (cancelled, _, paid) =
                tokio::join!(server.cancel(&booking), server.find(&booking), server.notify(&ipn));
            (paid, cancelled)
        }
        _ => {
            let (_, paid, cancelled) =
                tokio::join!(server.find(&booking), server.notify(&ipn), server.cancel(&booking));
            (paid, cancelled)
        }
    };
    assert_eq!(paid.status, 200, "{}", paid.text());
    let outcome = if cancelled.status == 200 {
        let state = cancelled.json();
        match state["status"].as_str().unwrap() {
            "cancelled" => Cancelled::First,
            "expired" => Cancelled::AfterTheEnd,
            other => panic!("a cancellation was answered with {other}"),
        }
    } else {
        cancelled.expect_problem(409, "not-cancellable");
        Cancelled::TooLate
    };
    let settled: Value = server.find(&booking).await;
    assert_eq!(settled["status"], "confirmed", "{settled}");
    // A confirmed booking is not there to be cancelled any more.
    server.cancel(&booking).await.expect_problem(409, "not-cancellable");
    outcome
}
