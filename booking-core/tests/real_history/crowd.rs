//! Those who book, pay, cancel and change events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking_core::adapters::system::SystemClock;
use booking_core::domain::booking::Booking;
use booking_core::domain::event::EventStatus;
use booking_core::domain::ids::EventId;
use booking_core::domain::time::Timestamp;
use booking_core::ports::Clock;
use booking_core::ports::event_repository::EventChange;
use booking_core::service::BookOutcome;
use booking_core::testkit::Dice;
use booking_core::testkit::seed::{self, EventSeed};
use booking_core::testkit::witness::{Client, Wish};
use tokio::task::JoinSet;

use crate::stage::Stage;

/// Capacities of the events. There is too little for everybody.
const CAPACITIES: [u32; 6] = [3, 8, 40, 150, 30, 25];
/// The event with the most tickets.
const LARGEST: usize = 3;
/// The event that costs nothing.
const FREE: usize = 4;
/// The event that is so near that its reminders are sent meanwhile.
const NEAR: usize = 5;
/// How long after the beginning they are due: time enough to sell tickets before.
const REMINDED_IN: Duration = Duration::from_secs(20);

/// Makes the event up that stands at `index`.
fn staged(index: usize, title: &str, begin: Timestamp) -> EventSeed {
    let month = Duration::from_hours(24 * 30);
    let starts_in = if index == NEAR { REMINDED_IN + Duration::from_mins(1) } else { month };
    let event = seed::event(title).starts_at(begin.saturating_add(starts_in)).reminder_minutes(1);
    if index == FREE { event.free() } else { event }
}

/// Those who want something.
pub(crate) struct Crowd {
    dice: Dice,
    begin: Timestamp,
    events: Vec<EventId>,
    known: Arc<Mutex<Vec<Booking>>>,
    tally: Mutex<BTreeMap<&'static str, u32>>,
    requests: u32,
    work: JoinSet<()>,
}

impl Crowd {
    pub(crate) async fn new(dice: Dice, stage: &Stage) -> Self {
        let mut events = Vec::new();
        let begin = SystemClock.now();
        for (index, capacity) in CAPACITIES.into_iter().enumerate() {
            let event = staged(index, "Organ", begin).capacity(capacity).build();
            events.push(event.id);
            stage.events.store_events(&[event], begin).await.unwrap();
        }
        for (event_id, index) in events.iter().zip(0..) {
            let price = staged(index, "Organ", begin).details().price;
            stage.witness.facts().prices.insert(*event_id, vec![price]);
        }
        let (known, tally) = (Arc::default(), Mutex::default());
        let mut crowd =
            Self { dice, begin, events, known, tally, requests: 0, work: JoinSet::new() };
        crowd.begin_with_each_once(stage).await;
        crowd
    }

    /// Sells a ticket for the event that is near, in time for its reminder, and to somebody who keeps it; and has everything
    /// happen to money once that may.
    async fn begin_with_each_once(&mut self, stage: &Stage) {
        let now = SystemClock.now();
        let early = self.booked(stage, NEAR, "early").await;
        let mut others = Vec::new();
        for name in ["declined", "charged-back", "paid-wrongly"] {
            others.push(self.booked(stage, LARGEST, name).await);
        }
        let price = |booking: &Booking| booking.total.amount_minor();
        let bank = &stage.bank;
        for (what, is_done) in [
            ("paid", bank.pay(&early, price(&early), now)),
            ("declined", bank.decline(&others[0], now)),
            ("paid", bank.pay(&others[1], price(&others[1]), now)),
            ("charged back", bank.charge_back(&others[1], now)),
            ("paid wrongly", bank.pay(&others[2], price(&others[2]) - 1, now)),
            ("mixed up with another", bank.mix_up(&early, &others[2], now)),
        ] {
            assert!(is_done, "{what}");
            self.count(what);
        }
        self.carry_slips(stage);
        self.wait_for_all().await;
    }

    /// Holds a ticket for somebody who is left alone.
    async fn booked(&self, stage: &Stage, index: usize, name: &str) -> Booking {
        let customer = format!("{name}@example.org");
        let wish = Wish { customer, event_id: self.events[index], quantity: 1, key: None };
        let booked = Mutex::default();
        book(&stage.client(0), &wish, &booked).await;
        booked.into_inner().unwrap().remove(0)
    }

    fn count(&self, what: &'static str) {
        *self.tally.lock().unwrap().entry(what).or_default() += 1;
    }

    /// Returns how often what happened to money.
    pub(crate) fn tally(&self) -> BTreeMap<&'static str, u32> {
        self.tally.lock().unwrap().clone()
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
        let index = self.dice.below(self.events.len());
        let event_id = self.events[index];
        let known = self.dice.pick(&self.known.lock().unwrap()).cloned();
        let now = SystemClock.now();
        match (self.dice.below(100), known) {
            (0..50, _) | (_, None) => {
                let wish = self.wish(event_id);
                let known = Arc::clone(&self.known);
                self.work.spawn(async move { book(&client, &wish, &known).await });
            }
            (50..86, Some(booking)) => self.visit_the_bank(stage, &booking, now),
            (86..94, Some(booking)) => {
                self.work.spawn(async move { drop(client.cancel(&booking).await) });
            }
            (94..96, Some(booking)) => {
                self.work.spawn(async move { drop(client.refund(&booking).await) });
            }
            _ => {
                let change = self.change(index);
                self.work.spawn(async move { drop(client.change(event_id, &change).await) });
            }
        }
    }

    /// A buyer, or the buyer's bank, does something about the payment of a booking.
    fn visit_the_bank(&self, stage: &Stage, booking: &Booking, now: Timestamp) {
        let (bank, total) = (&stage.bank, booking.total.amount_minor());
        if total == 0 {
            return;
        }
        let (what, is_done) = match self.dice.below(20) {
            0..14 => ("paid", bank.pay(booking, total, now)),
            14..16 => ("declined", bank.decline(booking, now)),
            16 => ("charged back", bank.charge_back(booking, now)),
            17 => ("paid wrongly", bank.pay(booking, total - 1, now)),
            18 => ("paid the rest", bank.settle_difference(booking, now)),
            _ => {
                let other = self.dice.pick(&self.known.lock().unwrap()).cloned();
                let is_done = other.is_some_and(|other| bank.mix_up(booking, &other, now));
                ("mixed up with another", is_done)
            }
        };
        if is_done {
            self.count(what);
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

    /// Makes a change up for the event that stands at `index`.
    fn change(&self, index: usize) -> EventChange {
        let none = EventChange::default();
        match self.dice.below(12) {
            0 if self.requests > 500 && index != NEAR => {
                EventChange { status: Some(EventStatus::Cancelled), ..none }
            }
            1..5 => {
                let title = format!("Organ, edition {}", self.requests);
                let edition = staged(index, &title, self.begin);
                let price = i64::from(self.dice.between(10, 60)) * 100;
                let is_free = index == FREE;
                let edition = if is_free { edition } else { edition.price(price, "EUR") };
                EventChange { details: Some(edition.details()), ..none }
            }
            _ => EventChange { capacity: Some(seed::capacity(self.dice.between(2, 90))), ..none },
        }
    }

    /// Has the organiser call an event off.
    pub(crate) fn call_one_off(&mut self, stage: &Stage) {
        let (client, event_id) = (stage.client(0), self.events[1]);
        let change = EventChange { status: Some(EventStatus::Cancelled), ..EventChange::default() };
        self.work.spawn(async move { drop(client.change(event_id, &change).await) });
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

    /// Waits until reminders are due, by any clock.
    pub(crate) async fn wait_for_reminders(&self, skew: Duration) {
        let due_at = self.begin.saturating_add(REMINDED_IN + skew);
        tokio::time::sleep(due_at.since(SystemClock.now())).await;
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
