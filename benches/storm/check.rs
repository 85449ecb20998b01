//! What is left when it is quiet, compared with what was answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::buyers::{Done, Promise};
use crate::client::{manage, read};
use crate::faults::Fault;
use crate::figures::{Figures, Line};
use crate::world::{HOLD, World};

/// No ticket may be held longer than this after the last hold has ended.
const RELEASED_WITHIN: Duration = Duration::from_mins(1);

/// Bookings are looked at by so many at once.
const READERS: usize = 8;

pub(crate) async fn check(
    fault: Fault,
    world: &World,
    figures: &Figures,
    (hot_event, mut events, promises): (String, Vec<String>, Vec<Promise>),
) -> anyhow::Result<Line> {
    let (shares, back) = figures.summary();
    tokio::time::sleep(HOLD).await;
    events.push(hot_event.clone());
    let leaked = wait_until_released(world, &events).await?;
    let lost = count_lost(world, promises).await?;
    let off = counts_that_are_off(world, &events).await?;
    for count in &off {
        crate::say(&format!("  {count}"));
    }
    let drifted = off.len();
    let sold = stock(world, 2, &hot_event).await?["sold"].as_i64().unwrap_or_default();
    let is_balanced = world.audit().await?;
    let fault = fault.name();
    Ok(Line { fault, shares, back, lost, sold, leaked, drifted, is_balanced })
}

/// Names the events whose cached count is not what can be booked.
pub(crate) async fn counts_that_are_off(
    world: &World,
    events: &[String],
) -> anyhow::Result<Vec<String>> {
    let mut off = Vec::new();
    for event in events {
        let stock = stock(world, 1, event).await?;
        if !stock["instock"].is_null() && stock["instock"] != stock["available"] {
            off.push(format!("the count of {event} is off: {stock}"));
        }
    }
    Ok(off)
}

async fn stock(world: &World, server: usize, event: &str) -> anyhow::Result<Value> {
    let path = format!("/v1/events/{event}/stock");
    manage(&world.servers[server].admin, Method::GET, &path, &Value::Null).await
}

/// Returns how many tickets are held when none may be any more.
pub(crate) async fn wait_until_released(world: &World, events: &[String]) -> anyhow::Result<i64> {
    let until = Instant::now() + RELEASED_WITHIN;
    loop {
        let mut held = 0;
        for event in events {
            held += stock(world, 0, event).await?["held"].as_i64().unwrap_or_default();
        }
        if held == 0 || Instant::now() > until {
            return Ok(held);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Counts bookings that are not what was answered about them.
pub(crate) async fn count_lost(world: &World, promises: Vec<Promise>) -> anyhow::Result<usize> {
    let mut heard = BTreeMap::new();
    for Promise { booking, done } in promises {
        let known = heard.entry(booking).or_insert_with(|| done.clone());
        if done != Done::Booked {
            *known = done;
        }
    }
    let heard = Arc::new(Mutex::new(heard.into_iter()));
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let (heard, public) = (Arc::clone(&heard), world.servers[1].public.clone());
        readers.spawn(async move {
            let next = || heard.lock().expect("nobody panics").next();
            let mut lost = 0;
            while let Some((booking, done)) = next() {
                lost += usize::from(!is_kept(&public, &booking, &done).await?);
            }
            anyhow::Ok(lost)
        });
    }
    let mut lost = 0;
    while let Some(read) = readers.join_next().await {
        lost += read??;
    }
    Ok(lost)
}

/// Tells whether a booking is what was answered about it.
async fn is_kept(public: &str, booking: &str, done: &Done) -> anyhow::Result<bool> {
    let found = read(public, &format!("/v1/bookings/{booking}")).await?;
    let status = found["status"].as_str().unwrap_or("missing");
    let is_kept = match done {
        Done::Booked => status != "missing",
        Done::Paid => matches!(status, "confirmed" | "refund_due" | "refunded"),
        Done::Cancelled => matches!(status, "cancelled" | "expired"),
        Done::Declined => matches!(status, "payment_failed" | "cancelled" | "expired"),
        Done::Refunded => matches!(status, "refund_due" | "refunded"),
    };
    if !is_kept {
        crate::say(&format!("  {booking} was answered as {done:?} and is {status}"));
    }
    Ok(is_kept)
}
