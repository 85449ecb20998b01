//! An on-sale: people come, look, book, and pay or do not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use booking_benches::gateway::Gateway;
use booking_benches::load::{
    Answer, Arrivals, Class, Curve, Kind, Pool, Recorder, Report, StockSample, buyer, get, post,
};
use booking_benches::stage::stock;
use http::Uri;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::books::{Done, Promise};
use crate::mixes::Outcome;
use crate::options::Options;
use crate::{SETTLES_WITHIN, Target};

/// Whoever was told to come back later does so this often, and then goes home.
const RETURNS: u32 = 30;

/// What all buyers share.
#[derive(Debug)]
struct Sale {
    pool: Pool,
    gateway: Gateway,
    event: String,
    page: Uri,
    quantity: u32,
    page_loads: u32,
    think: Duration,
    decline: f64,
    walk_away: f64,
    cancel: f64,
    promises: Mutex<Vec<Promise>>,
}

/// Runs the on-sale of the first event.
pub(crate) async fn run(options: &Options, target: &Target) -> anyhow::Result<Outcome> {
    let gateway = target.gateway.clone().context("BOOKING_IPN_SECRET is not set")?;
    let event = target.events.first().context("there is an event")?.clone();
    let recorder = Arc::new(Recorder::new(Instant::now()));
    let sale = Arc::new(Sale {
        pool: Pool::new(target.public.clone(), options.connections, Arc::clone(&recorder)),
        gateway,
        page: format!("/v1/events/{event}").parse()?,
        event: event.clone(),
        quantity: options.quantity,
        page_loads: options.page_loads,
        think: options.think,
        decline: options.decline,
        walk_away: options.walk_away,
        cancel: options.cancel,
        promises: Mutex::default(),
    });
    let is_over = Arc::new(AtomicBool::new(false));
    let samples = tokio::spawn(sample(target.admin.clone(), event, Arc::clone(&is_over)));
    let mut buyers = JoinSet::new();
    #[expect(clippy::cast_precision_loss, reason = "buyers are far below 2^52")]
    let rate = options.buyers as f64 / options.within.as_secs_f64();
    let arrivals = Arrivals::new(rate, options.seed);
    for (number, after) in (0..options.buyers).zip(arrivals) {
        sleep_until(recorder.from() + after).await;
        let sale = Arc::clone(&sale);
        buyers.spawn(async move { sale.visit(number).await });
        while buyers.try_join_next().is_some() {}
    }
    while buyers.join_next().await.is_some() {}
    let elapsed = recorder.elapsed();
    is_over.store(true, Ordering::Relaxed);
    let samples = samples.await?;
    if let Some(path) = &options.svg {
        let title = format!(
            "{} buyers within {} s for {} tickets",
            options.buyers,
            options.within.as_secs(),
            options.tickets()
        );
        Curve { title: &title, recorder: &recorder, stock: &samples }.draw(path)?;
    }
    let report = Report::new(&recorder, elapsed);
    // Whoever was shed came back.
    let failed = report.count_other_than(&[Class::Done, Class::Conflict, Class::Shed]);
    let wrong = (failed > 0).then(|| format!("{failed} requests were not answered as they should"));
    let promises =
        std::mem::take(&mut *sale.promises.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Outcome { report, promises, wrong: wrong.into_iter().collect() })
}

impl Sale {
    async fn visit(&self, number: u64) {
        let mut random = SmallRng::seed_from_u64(number);
        for _ in 0..self.page_loads {
            self.pool.send(Kind::Page, get(&self.page), Instant::now()).await;
            sleep(self.pause(&mut random)).await;
        }
        let Some(booking) = self.book(number, &mut random).await else { return };
        self.promise(&booking, Done::Booked);
        sleep(self.pause(&mut random)).await;
        let chance: f64 = random.random();
        if chance < self.decline {
            self.notify(&booking, "failed", Done::Declined).await;
        } else if chance < self.decline + self.walk_away {
            // The hold runs out.
        } else if chance < self.decline + self.walk_away + self.cancel {
            let id = booking["id"].as_str().unwrap_or_default();
            let Ok(path) = format!("/v1/bookings/{id}/cancel").parse() else { return };
            let answer = self.pool.send(Kind::Cancel, post(path, ""), Instant::now()).await;
            if answer.is_some_and(|answer| answer.status == 200) {
                self.promise(&booking, Done::Cancelled);
            }
        } else {
            self.notify(&booking, "succeeded", Done::Paid).await;
        }
    }

    /// Books, and comes back when it is told that tickets may be free again later.
    async fn book(&self, number: u64, random: &mut SmallRng) -> Option<Value> {
        for _ in 0..RETURNS {
            let body = buyer(&self.event, self.quantity, number);
            let request = post(Uri::from_static("/v1/bookings"), body);
            let answer = self.pool.send(Kind::Book, request, Instant::now()).await?;
            match answer.status.as_u16() {
                201 => return serde_json::from_slice(&answer.body).ok(),
                409 if may_come_back(&answer) => sleep(self.pause(random) * 5).await,
                503 => sleep(self.pause(random)).await,
                _ => return None,
            }
        }
        None
    }

    /// Sends a notification until it is taken, as gateways do.
    async fn notify(&self, booking: &Value, kind: &str, done: Done) {
        for _ in 0..RETURNS {
            let request = self.gateway.request(booking, kind);
            let answer = self.pool.send(Kind::Pay, request, Instant::now()).await;
            if answer.is_some_and(|answer| answer.status.is_success()) {
                self.promise(booking, done);
                return;
            }
            sleep(self.think).await;
        }
    }

    fn promise(&self, booking: &Value, done: Done) {
        let id = booking["id"].as_str().unwrap_or_default().to_owned();
        let mut promises = self.promises.lock().unwrap_or_else(PoisonError::into_inner);
        promises.push(Promise { booking: id, done });
    }

    /// From nothing to twice the usual pause.
    fn pause(&self, random: &mut SmallRng) -> Duration {
        self.think.mul_f64(random.random::<f64>() * 2.0)
    }
}

/// Some hold ends some time, so that tickets may be had again.
fn may_come_back(answer: &Answer) -> bool {
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    !problem["next_release_at"].is_null()
}

/// Looks at the stock until the sale is over and no ticket is held any more.
async fn sample(
    admin: Option<String>,
    event: String,
    is_over: Arc<AtomicBool>,
) -> Vec<StockSample> {
    let mut samples = Vec::new();
    let Some(admin) = admin else { return samples };
    let started = Instant::now();
    let mut over_since = None;
    loop {
        if let Ok(stock) = stock(&admin, &event).await {
            let count = |name: &str| stock[name].as_f64().unwrap_or_default();
            let at = started.elapsed().as_secs_f64();
            let sample = StockSample {
                at,
                available: count("available"),
                held: count("held"),
                sold: count("sold"),
            };
            samples.push(sample);
            if is_over.load(Ordering::Relaxed) {
                let since = *over_since.get_or_insert_with(Instant::now);
                if sample.held == 0.0 || since.elapsed() > SETTLES_WITHIN {
                    return samples;
                }
            }
        } else if is_over.load(Ordering::Relaxed) {
            return samples;
        }
        sleep(Duration::from_millis(500)).await;
    }
}
