//! A schedule: a small world, and some steps in it that a seed decides on.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::aftermath;
use super::cache_server::CacheServer;
use super::caller::Caller;
use super::instance::Instance;
use super::op::at_once;
use super::panics;
use super::part::Part;
use super::plan::Plan;
use super::standing::Standings;
use super::steps::{act, new_event};
use super::trace::Trace;
use super::trouble::{MOST_SKEW, Trouble};
use super::versions::Versions;
use super::world::{TokioClock, World};
use super::{Report, Setup};
use crate::domain::ids::EventId;
use crate::ports::{Clock, IdSource};
use crate::testkit::SeededIds;
use crate::testkit::lock::lock;
use crate::testkit::witness::{
    self, Bank, BankManners, Courier, Desk, Finding, Postbox, Rule, Witness,
};

/// How many steps a schedule has.
pub(super) const STEPS: u32 = 36;

/// The longest that the end of a schedule may take, in virtual time.
const LONGEST_END: Duration = Duration::from_hours(1);

/// Plays a schedule, on a runtime of its own whose clock is paused.
pub(super) fn play(setup: &Setup, plan: &Plan, is_traced: bool) -> Report {
    panics::watch();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without input and output can be made");
    let world = runtime.block_on(async {
        let mut schedule = Schedule::prepare(setup, plan, is_traced);
        for number in 0..STEPS {
            if plan.takes(number) {
                schedule.step(number).await;
            }
            if !schedule.world.trace.is_clean() {
                return Arc::clone(&schedule.world);
            }
        }
        let judged = aftermath::judge(&mut schedule);
        if tokio::time::timeout(LONGEST_END, judged).await.is_err() {
            schedule.world.find(Rule::EverybodyIsAnswered, "somebody is not, without any fault");
        }
        Arc::clone(&schedule.world)
    });
    // The world knows its instances, and they know the world: neither would ever be dropped.
    drop(runtime);
    world.courier.set_desks(Vec::new());
    if let Some(said) = panics::last() {
        // Whatever else was found may come of it.
        world.trace.find_first(Finding::new(Rule::NothingPanics, said));
    }
    let story = world.trace.close();
    Report {
        plan: plan.clone(),
        findings: story.findings,
        trace: story.lines,
        tally: story.tally,
        faults: story.faults,
    }
}

/// A schedule under way.
#[derive(Debug)]
pub(super) struct Schedule<'a> {
    pub(super) world: Arc<World>,
    pub(super) instances: Vec<Instance>,
    setup: &'a Setup,
    started: u32,
}

impl<'a> Schedule<'a> {
    fn prepare(setup: &'a Setup, plan: &Plan, is_traced: bool) -> Self {
        let (dice, begin) = (Part::World.dice(plan.seed), Instant::now());
        let clock: Arc<dyn Clock> = Arc::new(TokioClock { begin, ahead: MOST_SKEW });
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(plan.seed, clock));
        let trouble = Trouble::of(&dice);
        let bank = Bank::new(BankManners {
            signs_links: dice.chance(600),
            refunds_at_once: dice.chance(500),
            takes_late_payments: dice.chance(400),
        });
        let (postbox, witness) = (Postbox::default(), Arc::new(Witness::default()));
        let world = Arc::new(World {
            plan: plan.clone(),
            begin,
            trouble: Mutex::new(trouble),
            stores: (setup.stores)(Arc::clone(&ids)),
            cache: CacheServer::new(Arc::clone(&setup.cache)),
            gateway: (setup.gateway)(Arc::new(bank.clone())),
            notifier: (setup.notifier)(Arc::new(postbox.clone())),
            bank,
            postbox,
            courier: Courier::new(Arc::clone(&witness)),
            witness,
            versions: Versions::default(),
            standings: Standings::default(),
            trace: Trace::new(is_traced),
            event_ids: Mutex::default(),
            known: Mutex::default(),
            models: Mutex::new(BTreeMap::new()),
            excused_repeats: Mutex::default(),
            database_away_until: Mutex::default(),
            others_away_until: Mutex::default(),
            kind: trouble,
            keys: Mutex::default(),
            undeliverable: Mutex::default(),
            to_close: Mutex::default(),
            slips: AtomicU64::new(0),
            slips_under_way: AtomicU64::new(0),
        });
        world.say("world", || format!("{trouble:?}"));
        for _ in 0..dice.between(1, 2) {
            let event = new_event(&dice, EventId::new(ids.next_id()));
            world.say("world", || format!("{} tickets, {:?}", event.capacity.get(), event.status));
            let batch = std::slice::from_ref(&event);
            at_once(world.stores.events.store_events(batch, world.now())).expect("it is stored");
            lock(&world.event_ids).push(event.id);
        }
        world.note_database();
        let mut schedule = Self { world, instances: Vec::new(), setup, started: 0 };
        for _ in 0..dice.between(2, 5) {
            let instance = schedule.start_instance();
            schedule.instances.push(instance);
        }
        schedule.open_desks();
        schedule
    }

    fn start_instance(&mut self) -> Instance {
        self.started += 1;
        Instance::start(&self.world, self.started, self.setup)
    }

    fn open_desks(&self) {
        let desk = |instance: &Instance| Desk { system: instance.system.clone() };
        self.world.courier.set_desks(self.instances.iter().map(desk).collect());
    }

    /// Starts new instances in the places of those that were killed.
    pub(super) fn replace_the_dead(&mut self) {
        for index in 0..self.instances.len() {
            if self.instances[index].line.is_dead() {
                self.instances[index] = self.start_instance();
            }
        }
        self.open_desks();
    }

    /// Returns somebody who talks to one of the instances.
    pub(super) fn caller(&self, index: usize) -> Caller {
        let instance = &self.instances[index];
        let (system, witness) = (instance.system.clone(), Arc::clone(&self.world.witness));
        Caller {
            world: Arc::clone(&self.world),
            line: Arc::clone(&instance.line),
            inner: witness::Client { system, witness },
        }
    }

    async fn step(&mut self, number: u32) {
        let dice = Part::Step(number).dice(self.world.plan.seed);
        self.replace_the_dead();
        if !self.world.plan.is_calm(number) {
            self.make_trouble(number);
        }
        let index = dice.below(self.instances.len());
        act(self.caller(index), &mut self.instances[index], &dice, number);
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

    fn make_trouble(&mut self, step: u32) {
        let (world, trouble) = (&self.world, self.world.trouble());
        let dice = Part::Trouble(step).dice(world.plan.seed);
        if dice.chance(trouble.crash) {
            world.trace.note_trouble(step);
            let line = &self.instances[dice.below(self.instances.len())].line;
            match dice.between(0, 8) {
                0 => world.kill(line),
                calls => line.light_fuse(calls),
            }
        }
        if dice.chance(trouble.outages) {
            world.trace.note_trouble(step);
            world.take_database_away(dice.millis(500, 9_000));
        }
        if dice.chance(trouble.others_away) {
            world.trace.note_trouble(step);
            world.take_others_away(dice.millis(3_000, 20_000));
        }
        if dice.chance(trouble.cache_forgets) {
            world.trace.note_trouble(step);
            world.trace.count("cache forgot");
            if dice.below(3) == 0 {
                world.say("world", || "the cache restarts empty".to_owned());
                world.cache.restart();
                for event_id in world.event_ids() {
                    world.standings.clear(event_id, world.versions.current(event_id));
                }
            } else {
                let requests = 1 + dice.below(6);
                let forgotten = world.cache.forget(requests);
                world.say("world", || format!("the cache loses its last {forgotten} requests"));
                world.standings.set_back(&world.event_ids());
            }
        }
    }
}
