//! Who comes: two thousand for the hot event, and a steady stream for the others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking_benches::stage::create_event;
use booking_core::testkit::SplitMix;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::figures::Figures;
use crate::world::{HOLD, World};

const HOT_BUYERS: u64 = 2_000;
pub(crate) const HOT_TICKETS: u32 = 500;
const OTHER_EVENTS: usize = 200;
/// Each of them books, pays, gives up or forgets, and comes again after a pause.
const OTHER_BUYERS: u64 = 100;
const PAUSE: Duration = Duration::from_millis(250);

/// What was answered as done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was booked; nobody was told more.
    Booked,
    /// The gateway's notification was accepted.
    Paid,
    /// It was given up.
    Cancelled,
    /// The gateway's notification that it was not paid was accepted.
    Declined,
    /// The organiser gave the money back.
    Refunded,
}

/// A booking, and the last thing that was answered about it.
#[derive(Debug, Clone)]
pub(crate) struct Promise {
    pub(crate) booking: String,
    pub(crate) done: Done,
}

/// Everybody who wants tickets.
pub(crate) struct Load {
    hot_event: String,
    events: Vec<String>,
    tasks: JoinSet<()>,
    buyer: Buyer,
}

/// What a buyer does with a booking.
pub(crate) enum Mood {
    Pay,
    Cancel,
    Forget,
}

/// Somebody who books. Clones remember together what they were answered.
#[derive(Clone)]
pub(crate) struct Buyer {
    pub(crate) client: Client,
    promises: Arc<Mutex<Vec<Promise>>>,
    keys: Arc<AtomicU64>,
}

impl Load {
    pub(crate) async fn start(world: &World, figures: &Arc<Figures>) -> anyhow::Result<Self> {
        let admin = &world.servers[0].admin;
        let hot_event = create_event(admin, HOT_TICKETS).await?;
        let mut events = Vec::new();
        for _ in 0..OTHER_EVENTS {
            events.push(create_event(admin, 20_000).await?);
        }
        let buyer = Buyer::new(Client::new(Arc::clone(&world.targets), Arc::clone(figures)));
        let mut tasks = JoinSet::new();
        for seed in 0..HOT_BUYERS {
            tasks.spawn(buyer.clone().want_one(hot_event.clone(), SplitMix::new(seed)));
        }
        for seed in 0..OTHER_BUYERS {
            let random = SplitMix::new(HOT_BUYERS + seed);
            tasks.spawn(buyer.clone().go_out(events.clone(), random));
        }
        Ok(Self { hot_event, events, tasks, buyer })
    }

    pub(crate) fn hot_event(&self) -> &str {
        &self.hot_event
    }

    /// Waits until everybody has gone home.
    pub(crate) async fn stop(mut self) -> (String, Vec<String>, Vec<Promise>) {
        while self.tasks.join_next().await.is_some() {}
        (self.hot_event, self.events, self.buyer.promises())
    }
}

impl Buyer {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, promises: Arc::default(), keys: Arc::default() }
    }

    /// Returns what was answered as done since this was last asked.
    pub(crate) fn promises(&self) -> Vec<Promise> {
        std::mem::take(&mut *self.promises.lock().expect("nobody panics"))
    }

    /// Tries to get one ticket of the hot event until it is paid, or everybody goes home.
    async fn want_one(self, event: String, mut random: SplitMix) {
        while !self.client_is_done() {
            let Some(booking) = self.book(&event, 1).await else {
                let more = Duration::from_secs(1).mul_f64(f64::from(tenths(&mut random)) / 10.0);
                tokio::time::sleep(Duration::from_secs(1) + more).await;
                continue;
            };
            let mood = match tenths(&mut random) {
                0..6 => Mood::Pay,
                6..8 => Mood::Cancel,
                _ => Mood::Forget,
            };
            if self.settle(&booking, &mood).await {
                return;
            }
        }
    }

    /// Books for one event after the other.
    async fn go_out(self, events: Vec<String>, mut random: SplitMix) {
        while !self.client_is_done() {
            let event = &events[random.below(events.len())];
            let path = format!("/v1/events/{event}");
            self.client.once(Method::GET, &path, &[], "").await;
            let quantity = 1 + random.below(3);
            if let Some(booking) = self.book(event, quantity).await {
                let mood = match tenths(&mut random) {
                    0..7 => Mood::Pay,
                    7..9 => Mood::Cancel,
                    _ => Mood::Forget,
                };
                self.settle(&booking, &mood).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn client_is_done(&self) -> bool {
        self.client.is_over()
    }

    /// Books, and repeats the request under its key until it is answered. `None` if there is no ticket.
    pub(crate) async fn book(&self, event: &str, quantity: usize) -> Option<Value> {
        let key = format!("storm-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        let body = wish(event, quantity);
        let headers = [("idempotency-key", key)];
        loop {
            let answer = self.client.until_answered(Method::POST, "/v1/bookings", &headers, &body);
            let (status, booking) = answer.await?;
            if status == StatusCode::CREATED || status == StatusCode::OK {
                self.promise(&booking, Done::Booked);
                return Some(booking);
            }
            // The first try is still being carried out: its answer was lost, not its effect.
            if booking["type"] != "/problems/idempotency-in-progress" {
                return None;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Books without a key, so that nothing can be repeated: a booking whose answer is lost runs out unpaid.
    pub(crate) async fn book_once(&self, event: &str, quantity: usize) -> Option<Value> {
        let body = wish(event, quantity);
        let (status, booking) = self.client.once(Method::POST, "/v1/bookings", &[], &body).await?;
        if status != StatusCode::CREATED {
            return None;
        }
        self.promise(&booking, Done::Booked);
        Some(booking)
    }

    /// Pays, gives up or forgets. True if it was paid.
    pub(crate) async fn settle(&self, booking: &Value, mood: &Mood) -> bool {
        match mood {
            Mood::Pay => {
                let is_paid = self.client.pay(booking).await;
                if is_paid {
                    self.promise(booking, Done::Paid);
                }
                is_paid
            }
            Mood::Cancel => {
                let id = booking["id"].as_str().unwrap_or_default();
                let path = format!("/v1/bookings/{id}/cancel");
                let answer = self.client.until_answered(Method::POST, &path, &[], "").await;
                if answer.is_some_and(|(status, _)| status.is_success()) {
                    self.promise(booking, Done::Cancelled);
                }
                false
            }
            Mood::Forget => {
                tokio::time::sleep(HOLD).await;
                false
            }
        }
    }

    pub(crate) fn promise(&self, booking: &Value, done: Done) {
        let booking = booking["id"].as_str().unwrap_or_default().to_owned();
        self.promises.lock().expect("nobody panics").push(Promise { booking, done });
    }
}

/// Returns the body of a booking.
fn wish(event: &str, quantity: usize) -> String {
    json!({
        "event_id": event,
        "quantity": quantity,
        "customer": { "name": "Ada Lovelace", "email": "ada@example.org" },
    })
    .to_string()
}

/// Returns 0 to 9.
pub(crate) fn tenths(random: &mut SplitMix) -> u8 {
    u8::try_from(random.below(10)).unwrap_or(0)
}
