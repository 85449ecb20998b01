//! An on-sale: people come, look, book, and pay or do not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use booking_benches::gateway::Gateway;
use booking_benches::load::{
    Answer, Arrivals, Curve, Kind, Pool, Recorder, Report, StockSample, booking_id, buyer, get,
    post, with_key,
};
use http::Uri;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::Target;
use crate::books::{Done, Promise, Tickets, Told};
use crate::mixes::{Outcome, faults};
use crate::options::Options;

/// Whoever gets no answer, or is told that there is too much to do, tries so often. So does the gateway.
const TRIES: u32 = 30;

/// What all buyers share.
#[derive(Debug)]
struct Sale {
    pool: Pool,
    gateway: Gateway,
    event: String,
    page: Uri,
    /// What keys begin with, if bookings bear any.
    run: Option<String>,
    /// Nobody comes again after this.
    closes: Instant,
    options: Behaviour,
    promises: Mutex<Vec<Promise>>,
    empty_handed: AtomicU64,
    not_served: AtomicU64,
}

/// What buyers do.
#[derive(Debug)]
struct Behaviour {
    quantity: u32,
    page_loads: u32,
    think: Duration,
    decline: f64,
    walk_away: f64,
    cancel: f64,
    come_back: f64,
    seed: u64,
}

/// Runs the on-sale of the first event.
pub(crate) async fn run(options: &Options, target: &Target) -> anyhow::Result<Outcome> {
    let event = target.events.first().context("there is an event")?.clone();
    let recorder = Arc::new(Recorder::new(Instant::now()));
    let sale = Arc::new(open_doors(options, target, &event, &recorder)?);
    let is_over = Arc::new(AtomicBool::new(false));
    let samples =
        tokio::spawn(sample(target.admin.clone(), event, Arc::clone(&is_over), sale.closes));
    let mut buyers = JoinSet::new();
    #[expect(clippy::cast_precision_loss, reason = "buyers are far below 2^52")]
    let rate = options.buyers as f64 / options.within.as_secs_f64();
    let arrivals = Arrivals::new(options.arrivals, rate, options.seed);
    for (number, after) in (0..options.buyers).zip(arrivals) {
        let due = recorder.from() + after;
        // The timer goes by milliseconds, so that those who come within one leave together.
        if due > Instant::now() {
            sleep_until(due).await;
        }
        let sale = Arc::clone(&sale);
        buyers.spawn(async move { sale.visit(number, due).await });
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
    let not_served = sale.not_served.load(Ordering::Relaxed);
    let mut wrong = faults(options.mix, &recorder);
    if not_served > 0 {
        wrong.push(format!("{not_served} buyers were not served"));
    }
    let promises =
        std::mem::take(&mut *sale.promises.lock().unwrap_or_else(PoisonError::into_inner));
    let told = Told {
        promises,
        payments: 0,
        unknown: recorder.unknown(Kind::Book),
        empty_handed: sale.empty_handed.load(Ordering::Relaxed),
    };
    let notes = samples.last().map(|last| {
        format!("tickets: {} sold, {} held, {} left", last.sold, last.held, last.available)
    });
    Ok(Outcome {
        report: Report::new(&recorder, elapsed),
        notes: notes.into_iter().collect(),
        told,
        wrong,
    })
}

fn open_doors(
    options: &Options,
    target: &Target,
    event: &str,
    recorder: &Arc<Recorder>,
) -> anyhow::Result<Sale> {
    let pool = Pool::new(target.public.clone(), options.connections, Arc::clone(recorder));
    Ok(Sale {
        pool: pool.give_up(options.give_up),
        gateway: target.gateway()?.clone(),
        page: format!("/v1/events/{event}").parse()?,
        event: event.to_owned(),
        run: options.keys.then(|| target.run.clone()),
        closes: recorder.from() + options.within + options.settle,
        options: Behaviour {
            quantity: options.quantity,
            page_loads: options.page_loads,
            think: options.think,
            decline: options.decline,
            walk_away: options.walk_away,
            cancel: options.cancel,
            come_back: options.come_back,
            seed: options.seed,
        },
        promises: Mutex::default(),
        empty_handed: AtomicU64::new(0),
        not_served: AtomicU64::new(0),
    })
}

impl Sale {
    /// Each step counts from the moment at which the buyer meant to do it.
    async fn visit(&self, number: u64, mut due: Instant) {
        let seed = self.options.seed.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut random = SmallRng::seed_from_u64(seed);
        for _ in 0..self.options.page_loads {
            self.pool.send(Kind::Page, get(&self.page), due).await;
            due = self.think(&mut random, 1).await;
        }
        let Some(booking) = self.book(number, due, &mut random).await else { return };
        self.promise(&booking, Done::Booked);
        let due = self.think(&mut random, 1).await;
        let Behaviour { decline, walk_away, cancel, .. } = self.options;
        let chance: f64 = random.random();
        if chance < decline {
            self.notify(&booking, "failed", Done::Declined, due).await;
        } else if chance < decline + walk_away {
            // The hold runs out.
        } else if chance < decline + walk_away + cancel {
            self.cancel(&booking, due).await;
        } else {
            self.notify(&booking, "succeeded", Done::Paid, due).await;
        }
    }

    /// Books. Some who find it sold out come again while tickets may come back.
    async fn book(&self, number: u64, mut due: Instant, random: &mut SmallRng) -> Option<Answer> {
        let comes_back = random.random::<f64>() < self.options.come_back;
        let mut has_waited = false;
        let mut tries = 0;
        loop {
            let body = buyer(&self.event, self.options.quantity, number);
            let mut request = post(Uri::from_static("/v1/bookings"), body);
            if let Some(run) = &self.run {
                request = with_key(request, run, number);
            }
            let answer = self.pool.send(Kind::Book, request, due).await;
            match answer.as_ref().map(|answer| answer.status.as_u16()) {
                Some(200 | 201) => return answer,
                Some(409) if answer.as_ref().is_some_and(is_under_way) && tries < TRIES => {
                    tries += 1;
                }
                Some(409) => {
                    let may_come_back = comes_back && answer.as_ref().is_some_and(may_be_free);
                    if !may_come_back || Instant::now() > self.closes {
                        self.empty_handed.fetch_add(u64::from(has_waited), Ordering::Relaxed);
                        return None;
                    }
                    has_waited = true;
                    due = self.think(random, 5).await;
                    continue;
                }
                Some(503) | None if tries < TRIES => tries += 1,
                _ => {
                    self.not_served.fetch_add(1, Ordering::Relaxed);
                    return None;
                }
            }
            due = self.think(random, 1).await;
        }
    }

    async fn cancel(&self, booking: &Answer, due: Instant) {
        let Some(id) = booking_id(&booking.body) else { return };
        let Ok(path) = format!("/v1/bookings/{id}/cancel").parse() else { return };
        let answer = self.pool.send(Kind::Cancel, post(path, ""), due).await;
        if answer.is_some_and(|answer| answer.status == 200) {
            self.promise(booking, Done::Cancelled);
        }
    }

    /// Sends a notification until it is taken, as gateways do.
    async fn notify(&self, booking: &Answer, kind: &str, done: Done, mut due: Instant) {
        let Ok(shown) = serde_json::from_slice::<Value>(&booking.body) else { return };
        for _ in 0..TRIES {
            let answer = self.pool.send(Kind::Pay, self.gateway.request(&shown, kind), due).await;
            if answer.is_some_and(|answer| answer.status.is_success()) {
                self.promise(booking, done);
                return;
            }
            sleep(self.options.think.max(Duration::from_millis(100))).await;
            due = Instant::now();
        }
        self.not_served.fetch_add(1, Ordering::Relaxed);
    }

    fn promise(&self, booking: &Answer, done: Done) {
        let Some(booking) = booking_id(&booking.body) else { return };
        let mut promises = self.promises.lock().unwrap_or_else(PoisonError::into_inner);
        promises.push(Promise { booking, done });
    }

    /// Pauses from nothing to twice the usual time, and returns when the pause was to end.
    async fn think(&self, random: &mut SmallRng, times: u32) -> Instant {
        let pause = self.options.think.mul_f64(random.random::<f64>() * 2.0) * times;
        let due = Instant::now() + pause;
        sleep_until(due).await;
        due
    }
}

/// Some hold ends some time, so that tickets may be had again.
fn may_be_free(answer: &Answer) -> bool {
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    !problem["next_release_at"].is_null()
}

/// The same request is being carried out: its answer was lost, not its effect.
fn is_under_way(answer: &Answer) -> bool {
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    problem["type"] == "/problems/idempotency-in-progress"
}

/// Looks at the stock until the sale is over and no ticket is held any more.
async fn sample(
    admin: Option<String>,
    event: String,
    is_over: Arc<AtomicBool>,
    closes: Instant,
) -> Vec<StockSample> {
    let mut samples = Vec::new();
    let Some(admin) = admin else { return samples };
    let started = Instant::now();
    loop {
        let is_late = is_over.load(Ordering::Relaxed);
        let tickets = Tickets::read(&admin, &event).await;
        if let Ok(Tickets { available, held, sold, .. }) = tickets {
            let at = started.elapsed().as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "tickets are far below 2^52")]
            let [available, held, sold] = [available as f64, held as f64, sold as f64];
            samples.push(StockSample { at, available, held, sold });
        }
        let is_settled = tickets.is_ok_and(|tickets| tickets.held == 0);
        if is_late && (is_settled || Instant::now() > closes) {
            return samples;
        }
        sleep(Duration::from_millis(500)).await;
    }
}
