//! A schedule: a small world, and some steps in it that a seed decides on.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking_core::adapters::memory::MemoryDatabase;
use booking_core::domain::event::{EventDetails, EventStatus};
use booking_core::domain::ids::EventId;
use booking_core::domain::payment::NotificationKind;
use booking_core::ports::event_repository::{EventChange, NewEvent};
use booking_core::ports::{Clock, EventRepository, IdSource};
use booking_core::testkit::{SeededIds, seed};
use tokio::time::Instant;

use crate::aftermath;
use crate::clients::{Client, new_capacity, new_status};
use crate::dice::Dice;
use crate::flaws::Flaw;
use crate::gateway::PayDesk;
use crate::history::History;
use crate::instance::Instance;
use crate::journal::{Journal, Tally};
use crate::op::at_once;
use crate::server::CacheServer;
use crate::standing::Standings;
use crate::trouble::{SKEW, Trouble};
use crate::world::{TokioClock, World};

const STEPS: u32 = 36;

/// What came of a schedule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    /// Rules that were broken.
    pub(crate) findings: Vec<String>,
    /// What happened, if it was asked for.
    pub(crate) trace: Vec<String>,
    /// How often what happened.
    pub(crate) tally: Tally,
}

/// Plays the schedule of a seed.
pub(crate) fn play(seed: u64, flaw: Flaw, is_tracing: bool) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let journal = runtime.block_on(async {
        let mut schedule = Schedule::prepare(seed, flaw, is_tracing);
        for _ in 0..STEPS {
            schedule.step().await;
            if !schedule.world.journal.is_clean() {
                break;
            }
        }
        let judged = aftermath::judge(&mut schedule);
        if tokio::time::timeout(Duration::from_hours(1), judged).await.is_err() {
            schedule.world.find("without any fault, a request was never answered");
        }
        Arc::clone(&schedule.world)
    });
    let (findings, trace, tally) = journal.journal.close();
    Report { seed, findings, trace, tally }
}

/// A schedule under way.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) world: Arc<World>,
    pub(crate) instances: Vec<Instance>,
    flaw: Flaw,
    started: u32,
    edits: u32,
}

impl Schedule {
    fn prepare(seed: u64, flaw: Flaw, is_tracing: bool) -> Self {
        let (dice, begin) = (Dice::new(seed), Instant::now());
        let clock: Arc<dyn Clock> = Arc::new(TokioClock { begin, ahead: SKEW });
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(seed, clock));
        let database = MemoryDatabase::new(Arc::clone(&ids));
        let trouble = Trouble::of(&dice);
        let world = Arc::new(World {
            dice,
            begin,
            trouble: Mutex::new(trouble),
            events: database.events(),
            bookings: database.bookings(),
            cache: CacheServer::new(flaw.cache()),
            gateway: PayDesk::default(),
            history: History::default(),
            standings: Standings::default(),
            journal: Journal::new(is_tracing),
            event_ids: Mutex::default(),
            known: Mutex::default(),
        });
        world.say("world", || format!("{trouble:?}"));
        for _ in 0..world.dice.between(1, 2) {
            let event = new_event(&world, EventId::new(ids.next_id()));
            at_once(world.events.store_events(std::slice::from_ref(&event), world.now())).unwrap();
            world.event_ids.lock().unwrap().push(event.id);
        }
        world.note_database();
        let mut schedule = Self { world, instances: Vec::new(), flaw, started: 0, edits: 0 };
        for _ in 0..schedule.world.dice.between(2, 3) {
            let instance = schedule.start_instance();
            schedule.instances.push(instance);
        }
        schedule
    }

    fn start_instance(&mut self) -> Instance {
        self.started += 1;
        Instance::start(&self.world, self.started, self.flaw.refusal_memory())
    }

    /// Starts new instances in the places of those that were killed.
    pub(crate) fn replace_the_dead(&mut self) {
        for index in 0..self.instances.len() {
            if self.instances[index].line.is_dead() {
                self.instances[index] = self.start_instance();
            }
        }
    }

    /// Returns a client of one of the instances.
    pub(crate) fn client(&self, index: usize) -> Client {
        let instance = &self.instances[index];
        Client {
            world: Arc::clone(&self.world),
            line: Arc::clone(&instance.line),
            system: instance.system.clone(),
        }
    }

    async fn step(&mut self) {
        self.replace_the_dead();
        self.make_trouble();
        self.act();
        let dice = &self.world.dice;
        match dice.below(100) {
            // Many things at once.
            0..45 => tokio::task::yield_now().await,
            45..70 => tokio::time::sleep(dice.millis(1, 8)).await,
            70..88 => tokio::time::sleep(dice.millis(20, 400)).await,
            // A refusal is just about to be forgotten.
            88..96 => tokio::time::sleep(dice.millis(600, 1_400)).await,
            // Leases and holds end.
            96..99 => tokio::time::sleep(dice.millis(3_000, 10_000)).await,
            // Entries do.
            _ => tokio::time::sleep(dice.millis(40_000, 75_000)).await,
        }
    }

    fn make_trouble(&mut self) {
        let (world, trouble) = (&self.world, self.world.trouble());
        if world.dice.chance(trouble.crash) {
            let line = &self.instances[world.dice.below(self.instances.len())].line;
            match world.dice.between(0, 8) {
                0 => world.kill(line),
                calls => line.light_fuse(calls),
            }
        }
        if world.dice.chance(trouble.cache_forgets) {
            world.journal.count("cache forgot");
            if world.dice.below(3) == 0 {
                world.say("world", || "the cache restarts empty".to_owned());
                world.cache.restart();
                for event_id in world.event_ids() {
                    world.standings.clear(event_id, world.history.current_version(event_id));
                }
            } else {
                let requests = usize::try_from(world.dice.between(1, 6)).unwrap();
                let forgotten = world.cache.forget(requests);
                world.say("world", || format!("the cache loses its last {forgotten} requests"));
                world.standings.set_back(&world.event_ids());
            }
        }
    }

    /// Lets somebody do something, and does not wait for the end of it.
    fn act(&mut self) {
        let world = Arc::clone(&self.world);
        let dice = &world.dice;
        let index = dice.below(self.instances.len());
        let client = self.client(index);
        let event_id = *dice.pick(&world.event_ids()).unwrap();
        let known = dice.pick(&world.known.lock().unwrap()).cloned();
        let work = &mut self.instances[index].work;
        match (dice.below(100), known) {
            (0..40, _) => {
                let (quantity, key) = (dice.between(1, 3), draw_key(dice));
                work.spawn(async move { client.book(event_id, quantity, key.as_deref()).await });
            }
            (56..66, Some(booking)) => {
                work.spawn(async move { client.cancel(&booking).await });
            }
            (66..78, Some(booking)) => {
                let kind = draw_kind(dice);
                work.spawn(async move { client.notify(&booking, kind).await });
            }
            (78..81, Some(booking)) => {
                work.spawn(async move { client.look_at(&booking).await });
            }
            (81..84, Some(booking)) => {
                work.spawn(async move { client.refund(&booking).await });
            }
            (84..87, _) => {
                work.spawn(async move { client.tidy().await });
            }
            (87.., _) => {
                self.edits += 1;
                let change = draw_change(dice, self.edits);
                work.spawn(async move { client.change(event_id, change).await });
            }
            _ => {
                work.spawn(async move { client.look(event_id).await });
            }
        }
    }
}

fn new_event(world: &World, id: EventId) -> NewEvent {
    let dice = &world.dice;
    let mut event = seed::event("Organ").capacity(dice.between(1, 5));
    event = event.max_per_booking(dice.between(2, 3));
    if dice.below(6) == 0 {
        event = event.free();
    }
    if dice.below(6) == 0 {
        event = event.draft();
    }
    NewEvent { id, ..event.build() }
}

fn draw_key(dice: &Dice) -> Option<String> {
    (dice.below(4) == 0).then(|| format!("key-{}", dice.below(3)))
}

fn draw_kind(dice: &Dice) -> NotificationKind {
    match dice.below(10) {
        0..6 => NotificationKind::Succeeded,
        6..9 => NotificationKind::Failed,
        _ => NotificationKind::Refunded,
    }
}

fn draw_change(dice: &Dice, number: u32) -> EventChange {
    match dice.below(20) {
        0..7 => new_capacity(dice.between(1, 6)),
        7..14 => EventChange { details: Some(edition(dice, number)), ..EventChange::default() },
        14..19 => new_status(EventStatus::Published),
        _ => new_status(EventStatus::Cancelled),
    }
}

/// Returns details that no other change makes.
fn edition(dice: &Dice, number: u32) -> EventDetails {
    let price = i64::from(dice.between(10, 60)) * 100;
    seed::event(&format!("Organ, edition {number}"))
        .price(price, "EUR")
        .max_per_booking(2)
        .details()
}
