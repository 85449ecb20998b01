//! Who comes: people who search, look, book, and do with their bookings all that can be done.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use booking_benches::load::{Script as _, Searches};
use booking_core::testkit::SplitMix;
use http::Method;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::buyers::{Buyer, Done, Mood, tenths};

/// From one visit to the next.
const PAUSE: Duration = Duration::from_millis(250);

/// So many events that begin soon are on sale at once.
const SOON: usize = 12;

/// What there is to be booked.
pub(crate) struct Programme {
    lasting: Vec<String>,
    soon: Mutex<Soon>,
}

#[derive(Default)]
struct Soon {
    on_sale: VecDeque<String>,
    over: Vec<String>,
}

impl Programme {
    pub(crate) fn new(lasting: Vec<String>) -> Self {
        Self { lasting, soon: Mutex::default() }
    }

    fn soon(&self) -> MutexGuard<'_, Soon> {
        self.soon.lock().expect("nobody panics")
    }

    /// Returns an event that stays.
    pub(crate) fn first(&self) -> &str {
        &self.lasting[0]
    }

    /// Returns one of the events that stay.
    pub(crate) fn lasting(&self, random: &mut SplitMix) -> &str {
        &self.lasting[random.below(self.lasting.len())]
    }

    /// Returns what somebody wants to see: three in ten like what begins soon.
    fn pick(&self, random: &mut SplitMix) -> String {
        if tenths(random) < 3 {
            let soon = self.soon();
            if !soon.on_sale.is_empty() {
                return soon.on_sale[random.below(soon.on_sale.len())].clone();
            }
        }
        self.lasting(random).to_owned()
    }

    /// Offers an event that begins soon, in place of the oldest one.
    pub(crate) fn offer(&self, event: String) {
        let mut soon = self.soon();
        soon.on_sale.push_back(event);
        while soon.on_sale.len() > SOON
            && let Some(oldest) = soon.on_sale.pop_front()
        {
            soon.over.push(oldest);
        }
    }

    /// Returns the event that is on sale in the middle: some have booked it, and it has not begun.
    pub(crate) fn middle(&self) -> Option<String> {
        let soon = self.soon();
        soon.on_sale.get(soon.on_sale.len() / 2).cloned()
    }

    /// Returns all there ever were.
    pub(crate) fn all(&self) -> Vec<String> {
        let soon = self.soon();
        self.lasting.iter().chain(&soon.over).chain(&soon.on_sale).cloned().collect()
    }
}

/// All who come.
pub(crate) struct Guests(JoinSet<()>);

impl Guests {
    pub(crate) fn start(count: u64, buyer: &Buyer, programme: &Arc<Programme>) -> Self {
        let mut guests = JoinSet::new();
        for seed in 0..count {
            let guest = Guest {
                buyer: buyer.clone(),
                programme: Arc::clone(programme),
                searches: Searches::default(),
            };
            guests.spawn(guest.come_and_go(SplitMix::new(seed)));
        }
        Self(guests)
    }

    pub(crate) async fn go_home(mut self) {
        while self.0.join_next().await.is_some() {}
    }
}

struct Guest {
    buyer: Buyer,
    programme: Arc<Programme>,
    searches: Searches,
}

impl Guest {
    async fn come_and_go(self, mut random: SplitMix) {
        for visit in 0.. {
            if self.buyer.client.is_over() {
                return;
            }
            if let Some((_, search)) = self.searches.next(visit) {
                self.look(&search.uri().to_string()).await;
            }
            let event = self.programme.pick(&mut random);
            self.look(&format!("/v1/events/{event}")).await;
            self.look(&format!("/events/{event}")).await;
            if let Some(booking) = self.book(&event, &mut random).await {
                self.look(&path(&booking, "")).await;
                self.end(&booking, &mut random).await;
                self.look(&path(&booking, "")).await;
            }
            sleep(PAUSE).await;
        }
    }

    async fn look(&self, path: &str) {
        self.buyer.client.once(Method::GET, path, &[], "").await;
    }

    async fn book(&self, event: &str, random: &mut SplitMix) -> Option<Value> {
        let quantity = 1 + random.below(3);
        if tenths(random) < 6 {
            self.buyer.book(event, quantity).await
        } else {
            self.buyer.book_once(event, quantity).await
        }
    }

    /// Brings a booking to one of its ends.
    async fn end(&self, booking: &Value, random: &mut SplitMix) {
        // What costs nothing is confirmed at once.
        if booking["payment_url"].is_null() {
            return;
        }
        match tenths(random) {
            0..4 => {
                // The gateway says everything twice.
                self.pay(booking).await;
                self.pay(booking).await;
            }
            4 => {
                if self.pay(booking).await {
                    self.refund(booking).await;
                }
            }
            5 => {
                self.buyer.settle(booking, &Mood::Cancel).await;
                self.pay(booking).await;
            }
            6 => {
                self.buyer.settle(booking, &Mood::Forget).await;
                self.pay(booking).await;
            }
            7 => {
                if self.buyer.client.notify(booking, "failed").await {
                    self.buyer.promise(booking, Done::Declined);
                }
            }
            8 => {
                self.buyer.settle(booking, &Mood::Cancel).await;
            }
            _ => {
                self.buyer.settle(booking, &Mood::Forget).await;
            }
        }
    }

    async fn pay(&self, booking: &Value) -> bool {
        self.buyer.settle(booking, &Mood::Pay).await
    }

    /// The organiser gives the money back.
    async fn refund(&self, booking: &Value) {
        let admins = self.buyer.client.to_admins();
        let answer = admins.until_answered(Method::POST, &path(booking, "/refund"), &[], "").await;
        if answer.is_some_and(|(status, _)| status.is_success()) {
            self.buyer.promise(booking, Done::Refunded);
        }
    }
}

fn path(booking: &Value, action: &str) -> String {
    format!("/v1/bookings/{}{action}", booking["id"].as_str().unwrap_or_default())
}
