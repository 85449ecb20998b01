//! Redis gives the answers that the cache in memory gives.

use std::time::{Duration, Instant};

use booking_core::adapters::memory::{MemoryCacheSettings, MemoryStockCache};
use booking_core::adapters::redis::RedisCacheSettings;
use booking_core::domain::event::Listing;
use booking_core::domain::ids::EventId;
use booking_core::domain::stock::Stock;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheLookup, Lease, Take};
use booking_core::testkit::SplitMix;
use booking_core::testkit::seed;

use crate::servers::{Servers, patient};
use crate::support::{connect, listing};

const SEQUENCES: u64 = 150;
const STEPS: usize = 60;
const EVENTS: u64 = 4;

/// Two caches that are asked the same.
struct Pair<'a> {
    ours: &'a dyn StockCache,
    model: MemoryStockCache,
    events: Vec<Listing>,
    /// Leases of both that were given for the same call, the newest last.
    leases: Vec<(Lease, Lease)>,
    random: SplitMix,
}

fn stock(random: &mut SplitMix) -> Stock {
    let available = u32::try_from(random.next_u64() % 12).unwrap();
    // On both sides of 2^53, and with a different number of digits.
    let base = [0, 0, 95, 1 << 53, u64::MAX - 12][usize::try_from(random.next_u64() % 5).unwrap()];
    Stock::restore(100, available + 3, 3, base + random.next_u64() % 12).unwrap()
}

impl Pair<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.random.next_u64() % bound
    }

    fn event(&mut self) -> usize {
        usize::try_from(self.below(EVENTS)).unwrap()
    }

    fn id(&mut self) -> EventId {
        let event = self.event();
        self.events[event].event.id
    }

    fn takes(&mut self) -> Vec<Take> {
        (0..self.below(6))
            .map(|_| {
                let huge = self.below(20) == 0;
                let quantity = if huge { u32::MAX } else { u32::try_from(self.below(5)).unwrap() };
                Take { event_id: self.id(), quantity }
            })
            .collect()
    }

    async fn find(&mut self, id: EventId) -> String {
        let ours = self.ours.find(id, seed::now()).await.unwrap();
        let model = self.model.find(id, seed::now()).await.unwrap();
        match (ours, model) {
            (CacheLookup::Miss { lease: Some(ours) }, CacheLookup::Miss { lease: Some(model) }) => {
                self.leases.push((ours, model));
                "lease".to_owned()
            }
            (ours, model) => {
                assert_eq!(ours, model);
                format!("{:?}", matches!(ours, CacheLookup::Hit { .. }))
            }
        }
    }

    async fn fill(&mut self) -> bool {
        if self.leases.is_empty() {
            return false;
        }
        // Mostly the newest, sometimes one from long ago, sometimes for another event.
        let back = if self.below(3) == 0 { self.below(4) } else { 0 };
        let at = self.leases.len().saturating_sub(1 + usize::try_from(back).unwrap());
        let (mut ours, mut model) = self.leases[at];
        if self.below(10) == 0 {
            let id = self.id();
            (ours.event_id, model.event_id) = (id, id);
        }
        let mut event =
            self.events.iter().find(|event| event.event.id == ours.event_id).unwrap().clone();
        event.stock = stock(&mut self.random);
        let accepted = self.ours.fill(ours, &event, seed::now()).await.unwrap();
        assert_eq!(accepted, self.model.fill(model, &event, seed::now()).await.unwrap());
        accepted
    }

    async fn step(&mut self) -> String {
        let (now, roll) = (seed::now(), self.below(20));
        match roll {
            0..=3 => {
                let id = self.id();
                format!("find {id}: {}", self.find(id).await)
            }
            4..=6 => format!("fill: {}", self.fill().await),
            7..=11 => {
                let takes = self.takes();
                let ours = self.ours.take(&takes, now).await.unwrap();
                assert_eq!(ours, self.model.take(&takes, now).await.unwrap(), "{takes:?}");
                format!("take {takes:?}: {ours:?}")
            }
            12..=14 => {
                let takes = self.takes();
                self.ours.give_back(&takes, now).await.unwrap();
                self.model.give_back(&takes, now).await.unwrap();
                format!("give back {takes:?}")
            }
            15..=17 => {
                let batch: Vec<(EventId, Stock)> =
                    (0..self.below(4)).map(|_| (self.id(), stock(&mut self.random))).collect();
                self.ours.correct(&batch, now).await.unwrap();
                self.model.correct(&batch, now).await.unwrap();
                format!("correct {batch:?}")
            }
            _ => {
                let ids: Vec<EventId> = (0..self.below(3)).map(|_| self.id()).collect();
                self.ours.clear(&ids).await.unwrap();
                self.model.clear(&ids).await.unwrap();
                format!("clear {ids:?}")
            }
        }
    }

    async fn assert_same(&self, done: &[String]) {
        for event in &self.events {
            let id = event.event.id;
            let ours = self.ours.peek(id, seed::now()).await.unwrap();
            let model = self.model.peek(id, seed::now()).await.unwrap();
            assert_eq!(ours, model, "{id} after {done:#?}");
        }
    }
}

async fn answers_are_the_same(servers: Servers) {
    // No time passes for the model, so none must for Redis.
    let hour = Duration::from_hours(1);
    let settings = RedisCacheSettings { life: hour, lease_life: hour, ..patient() };
    let cache = connect(&servers.urls(), settings);
    let begun = Instant::now();
    for seed in 0..SEQUENCES {
        println!("seed {seed}");
        let events = (0..EVENTS).map(|_| listing(&seed::event("Same"), 5, 1)).collect();
        let mut pair = Pair {
            ours: &cache,
            model: MemoryStockCache::new(MemoryCacheSettings::default()),
            events,
            leases: Vec::new(),
            random: SplitMix::new(seed),
        };
        let mut done = Vec::new();
        for _ in 0..STEPS {
            done.push(pair.step().await);
            pair.assert_same(&done).await;
        }
    }
    println!("{} steps in {:?}", SEQUENCES * STEPS as u64, begun.elapsed());
}

#[tokio::test]
async fn one_server_answers_as_memory_does() {
    answers_are_the_same(Servers::single()).await;
}

#[tokio::test]
async fn a_cluster_answers_as_memory_does() {
    answers_are_the_same(Servers::cluster()).await;
}
