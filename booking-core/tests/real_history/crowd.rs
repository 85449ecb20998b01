//! Those who book, pay, cancel and change events.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking_core::adapters::system::SystemClock;
use booking_core::domain::booking::Booking;
use booking_core::domain::event::EventStatus;
use booking_core::domain::ids::EventId;
use booking_core::ports::Clock;
use booking_core::ports::event_repository::EventChange;
use booking_core::service::BookOutcome;
use booking_core::testkit::witness::{Client, Wish};
use booking_core::testkit::{Dice, seed};
use tokio::task::JoinSet;

use crate::stage::Stage;

/// Capacities of the events. There is too little for everybody.
const CAPACITIES: [u32; 4] = [3, 8, 40, 150];

/// Those who want something.
pub(crate) struct Crowd {
    dice: Dice,
    events: Vec<EventId>,
    known: Arc<Mutex<Vec<Booking>>>,
    requests: u32,
    work: JoinSet<()>,
}

impl Crowd {
    pub(crate) async fn new(dice: Dice, stage: &Stage) -> Self {
        let mut events = Vec::new();
        for capacity in CAPACITIES {
            let now = SystemClock.now();
            let month = Duration::from_hours(24 * 30);
            let event =
                seed::event("Organ").capacity(capacity).starts_at(now.saturating_add(month));
            let event = event.build();
            events.push(event.id);
            stage.events.store_events(&[event], now).await.unwrap();
        }
        let known = Arc::default();
        Self { dice, events, known, requests: 0, work: JoinSet::new() }
    }

    pub(crate) fn events(&self) -> &[EventId] {
        &self.events
    }

    /// Returns how many wait for an answer.
    pub(crate) fn waiting(&self) -> usize {
        self.work.len()
    }

    /// Has so many requests made, without waiting for their answers.
    pub(crate) async fn rush(&mut self, stage: &Stage, requests: u32) {
        for _ in 0..requests {
            self.requests += 1;
            self.act(stage);
            self.carry_slips(stage);
            if self.dice.chance(300) {
                tokio::time::sleep(self.dice.millis(1, 12)).await;
            }
        }
    }

    fn act(&mut self, stage: &Stage) {
        let client = stage.client(self.dice.below(3));
        let event_id = *self.dice.pick(&self.events).unwrap();
        let known = self.dice.pick(&self.known.lock().unwrap()).cloned();
        let now = SystemClock.now();
        match (self.dice.below(100), known) {
            (0..50, _) | (_, None) => {
                let wish = self.wish(event_id);
                let known = Arc::clone(&self.known);
                self.work.spawn(async move { book(&client, &wish, &known).await });
            }
            (50..80, Some(booking)) => {
                stage.bank.pay(&booking, booking.total.amount_minor(), now);
            }
            (80..84, Some(booking)) => stage.bank.decline(&booking, now),
            (84..86, Some(booking)) => stage.bank.charge_back(&booking, now),
            (86..94, Some(booking)) => {
                self.work.spawn(async move { drop(client.cancel(&booking).await) });
            }
            (94..96, Some(booking)) => {
                self.work.spawn(async move { drop(client.refund(&booking).await) });
            }
            _ => {
                let change = self.change();
                self.work.spawn(async move { drop(client.change(event_id, &change).await) });
            }
        }
    }

    fn wish(&self, event_id: EventId) -> Wish {
        let quantity = self.dice.between(1, 3);
        let key = self.dice.chance(300).then(|| format!("key-{}", self.dice.below(40)));
        let customer = match &key {
            Some(key) => format!("{key}-{}-{quantity}@example.org", event_id.as_uuid().simple()),
            None => format!("buyer-{}@example.org", self.requests),
        };
        Wish { customer, event_id, quantity, key }
    }

    fn change(&self) -> EventChange {
        match self.dice.below(12) {
            0 if self.requests > 500 => {
                EventChange { status: Some(EventStatus::Cancelled), ..EventChange::default() }
            }
            _ => {
                let capacity = Some(seed::capacity(self.dice.between(2, 90)));
                EventChange { capacity, ..EventChange::default() }
            }
        }
    }

    /// Has the messages of the bank carried, some of them twice.
    fn carry_slips(&mut self, stage: &Stage) {
        for slip in stage.bank.take_outgoing() {
            let (courier, dice) = (stage.courier.clone(), Dice::new(self.dice.any()));
            self.work.spawn(async move {
                tokio::time::sleep(dice.millis(0, 200)).await;
                courier.carry(&slip, &dice).await;
                if dice.chance(300) {
                    courier.carry(&slip, &dice).await;
                }
            });
        }
    }

    /// Waits until most requests are answered.
    pub(crate) async fn wait_for_some(&mut self) {
        while self.work.len() > 20 {
            self.work.join_next().await.unwrap().unwrap();
        }
    }

    /// Waits until all are.
    pub(crate) async fn wait_for_all(&mut self) {
        while let Some(done) = self.work.join_next().await {
            done.unwrap();
        }
    }
}

async fn book(client: &Client, wish: &Wish, known: &Mutex<Vec<Booking>>) {
    if let Ok(BookOutcome::Booked(booking) | BookOutcome::Replayed(booking)) =
        client.book(wish).await
    {
        known.lock().unwrap().push(booking);
    }
}
