//! Whether everything is as it was answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use booking_benches::stage::{call, stock};
use http::Method;
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::options::{Mix, Options};
use crate::{SETTLES_WITHIN, Target};

/// What a server said that it had done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Done {
    /// The tickets are held.
    Booked,
    /// It was told that the payment failed.
    Declined,
    /// The buyer gave it up.
    Cancelled,
    /// It was told that the booking is paid for.
    Paid,
}

/// A booking and the last thing that was said of it.
#[derive(Debug, Clone)]
pub(crate) struct Promise {
    pub(crate) booking: String,
    pub(crate) done: Done,
}

/// The check.
pub(crate) struct Books;

impl Books {
    /// Returns what is wrong.
    pub(crate) async fn check(
        admin: &str,
        target: &Target,
        promises: &[Promise],
        options: &Options,
    ) -> anyhow::Result<Vec<String>> {
        let mut wrong = Vec::new();
        for event in target.events.iter().take(10) {
            let tickets = stock(admin, event).await?;
            let count = |name: &str| tickets[name].as_i64().unwrap_or(-1);
            let sum = count("available") + count("held") + count("sold");
            if sum != count("capacity") || count("available") < 0 {
                wrong.push(format!("the tickets of {event} do not add up: {tickets}"));
            }
        }
        if options.mix == Mix::OnSale {
            wrong.extend(check_sale(admin, target, promises, options).await?);
        }
        wrong.extend(check_promises(target, promises).await?);
        Ok(wrong)
    }
}

/// After an on-sale everything that was paid is sold, once.
async fn check_sale(
    admin: &str,
    target: &Target,
    promises: &[Promise],
    options: &Options,
) -> anyhow::Result<Option<String>> {
    let until = Instant::now() + SETTLES_WITHIN;
    let paid = promises.iter().filter(|promise| promise.done == Done::Paid).count();
    let paid = i64::try_from(paid)? * i64::from(options.quantity);
    loop {
        let tickets = stock(admin, &target.events[0]).await?;
        let count = |name: &str| tickets[name].as_i64().unwrap_or(-1);
        if count("held") == 0 || Instant::now() > until {
            crate::say(&format!(
                "  tickets {} of {} sold, {} held, {} left",
                count("sold"),
                count("capacity"),
                count("held"),
                count("available")
            ));
            // A hold that has not run out yet is nobody's fault.
            return Ok(
                (count("sold") != paid).then(|| format!("{paid} tickets were paid for: {tickets}"))
            );
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// Looks every booking up that was answered.
async fn check_promises(target: &Target, promises: &[Promise]) -> anyhow::Result<Vec<String>> {
    let mut last = BTreeMap::<&str, Done>::new();
    for promise in promises {
        let done = last.entry(&promise.booking).or_insert(promise.done);
        *done = (*done).max(promise.done);
    }
    let at_once = Arc::new(Semaphore::new(32));
    let mut looks = JoinSet::new();
    for (booking, done) in last {
        let permit = Arc::clone(&at_once).acquire_owned().await?;
        let (address, path) = (target.public[0].clone(), format!("/v1/bookings/{booking}"));
        looks.spawn(async move {
            let found = call(&address, Method::GET, &path, &Value::Null).await.unwrap_or_default();
            drop(permit);
            let status = found["status"].as_str().unwrap_or("missing").to_owned();
            (!is_kept(done, &status))
                .then(|| format!("{path} was answered as {done:?} and is {status}"))
        });
    }
    let mut wrong = Vec::new();
    while let Some(found) = looks.join_next().await {
        wrong.extend(found?);
    }
    Ok(wrong)
}

fn is_kept(done: Done, status: &str) -> bool {
    match done {
        Done::Booked => status != "missing",
        Done::Declined => matches!(status, "payment_failed" | "expired"),
        Done::Cancelled => matches!(status, "cancelled" | "expired"),
        Done::Paid => matches!(status, "confirmed" | "refund_due" | "refunded"),
    }
}

/// Runs a command that audits the books; returns what it says if they do not balance.
pub(crate) async fn audit(command: &str) -> anyhow::Result<Option<String>> {
    let audit = Command::new("sh").args(["-c", command]).output().await?;
    let said = [audit.stdout, audit.stderr].concat();
    Ok((!audit.status.success()).then(|| String::from_utf8_lossy(&said).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_paid_must_not_be_lost() {
        assert!(is_kept(Done::Paid, "confirmed"));
        assert!(!is_kept(Done::Paid, "expired") && !is_kept(Done::Paid, "missing"));
        assert!(is_kept(Done::Booked, "expired") && !is_kept(Done::Booked, "missing"));
        assert!(!is_kept(Done::Cancelled, "confirmed"));
    }
}
