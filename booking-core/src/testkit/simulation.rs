//! The whole system in a world that one number decides on.
//!
//! Two to five instances of the engine with their workers run on one thread, on a clock that is paused and jumps from
//! one event to the next. They share a database and a cache, a bank and a postbox. Clients book, pay, cancel and look,
//! organisers change events and call them off, and everything happens at once to events of a few tickets. Meanwhile
//! calls are slow, are lost before or after they took effect, or land when nobody waits for them any more; instances
//! are killed at any await; the cache forgets its last writes or everything; messages of the bank come late, twice, in
//! another order, with a wrong amount, or never; clocks differ.
//!
//! After every write the books are followed by a [model](super::witness::model) that knows nothing of the engine, and
//! every answer is judged. Then the faults stop, and within bounded time everything has to come to an end: no hold is
//! overdue, no notice waits, each payment has bought a ticket or come back, the cache agrees or is empty.
//!
//! What happens is decided by a [`Plan`]: a seed, and what is left out of it. The same plan plays the same schedule to
//! the last detail, so [`Simulation::shrink`] can look for the shortest one that still fails, and prints a trace of it.
//!
//! FoundationDB made this way of testing known (<https://apple.github.io/foundationdb/testing.html>); the end without
//! faults is that of TigerBeetle's simulator.
//!
//! # Example
//!
//! Whoever has written an adapter that never waits for anything outside of the process plays it like this:
//!
//! ```
//! use std::sync::Arc;
//! use booking_core::adapters::memory::{MemoryDatabase, MemoryStockCache};
//! use booking_core::testkit::simulation::{Setup, Simulation, Stores};
//!
//! let setup = Setup::new(
//!     |ids| {
//!         let database = MemoryDatabase::new(ids);
//!         Stores {
//!             events: database.events(),
//!             bookings: database.bookings(),
//!             journal: Arc::new(move |event_id, after| database.journal(event_id, after)),
//!         }
//!     },
//!     || Arc::new(MemoryStockCache::default()),
//! );
//! Simulation::new(setup).play_all(0..20).expect("no rule is broken");
//! ```

mod aftermath;
mod cache_eyes;
mod cache_server;
mod cache_wire;
mod caller;
mod database_wire;
mod instance;
mod line;
mod op;
mod outside_wires;
mod panics;
mod part;
mod plan;
mod schedule;
mod shrink;
mod slips;
mod standing;
mod steps;
mod trace;
mod trouble;
mod versions;
mod wire;
mod world;

pub use plan::Plan;
pub use trace::{Faults, Tally};

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::ids::EventId;
use crate::domain::ledger::Movement;
use crate::ports::{
    BookingRepository, EventRepository, IdSource, Notifier, PaymentGateway, StockCache,
};
use crate::service::Settings;
use crate::testkit::witness::Finding;

/// Reads the journal of an event after a version, in order.
pub type ReadJournal = dyn Fn(EventId, u64) -> Vec<Movement> + Send + Sync;

/// A database for one schedule. None of its calls may wait for anything.
#[derive(Clone)]
pub struct Stores {
    /// Its events.
    pub events: Arc<dyn EventRepository>,
    /// Its bookings.
    pub bookings: Arc<dyn BookingRepository>,
    /// Its journal.
    pub journal: Arc<ReadJournal>,
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}

type MakeStores = dyn Fn(Arc<dyn IdSource>) -> Stores + Send + Sync;
type Wrap<T> = dyn Fn(Arc<T>) -> Arc<T> + Send + Sync;

/// What is put into the simulated world.
#[derive(Clone)]
pub struct Setup {
    stores: Arc<MakeStores>,
    cache: cache_server::MakeCache,
    gateway: Arc<Wrap<dyn PaymentGateway>>,
    notifier: Arc<Wrap<dyn Notifier>>,
    settings: Arc<dyn Fn(&mut Settings) + Send + Sync>,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").finish_non_exhaustive()
    }
}

impl Setup {
    /// Makes a world of a database that takes the ids of its notices from the given source, and of a cache. Both are
    /// made anew, and empty, for each schedule; the cache also each time that it restarts.
    pub fn new(
        stores: impl Fn(Arc<dyn IdSource>) -> Stores + Send + Sync + 'static,
        cache: impl Fn() -> Arc<dyn StockCache> + Send + Sync + 'static,
    ) -> Self {
        Self {
            stores: Arc::new(stores),
            cache: Arc::new(cache),
            gateway: Arc::new(|gateway| gateway),
            notifier: Arc::new(|notifier| notifier),
            settings: Arc::new(|_| {}),
        }
    }

    /// Wraps what instances reach the bank through.
    pub fn gateway(
        mut self,
        wrap: impl Fn(Arc<dyn PaymentGateway>) -> Arc<dyn PaymentGateway> + Send + Sync + 'static,
    ) -> Self {
        self.gateway = Arc::new(wrap);
        self
    }

    /// Wraps what instances reach the postbox through.
    pub fn notifier(
        mut self,
        wrap: impl Fn(Arc<dyn Notifier>) -> Arc<dyn Notifier> + Send + Sync + 'static,
    ) -> Self {
        self.notifier = Arc::new(wrap);
        self
    }

    /// Changes the settings of every instance.
    pub fn settings(mut self, change: impl Fn(&mut Settings) + Send + Sync + 'static) -> Self {
        self.settings = Arc::new(change);
        self
    }
}

/// What came of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was played.
    pub plan: Plan,
    /// Rules that were broken.
    pub findings: Vec<Finding>,
    /// What happened, if it was asked for.
    pub trace: Vec<String>,
    /// How often what happened.
    pub tally: Tally,
    /// What went wrong in it.
    pub faults: Faults,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plan {}", self.plan)?;
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        Ok(())
    }
}

/// Plays schedules.
#[derive(Debug, Clone)]
pub struct Simulation {
    setup: Setup,
}

impl Simulation {
    /// Makes a simulation of a world.
    pub fn new(setup: Setup) -> Self {
        Self { setup }
    }

    /// Plays one schedule, and keeps a trace of it if that is wanted.
    pub fn play(&self, plan: &Plan, is_traced: bool) -> Report {
        schedule::play(&self.setup, plan, is_traced)
    }

    /// Plays the schedules of all seeds, on all processors, and returns how often what happened.
    ///
    /// # Errors
    /// The shortest schedule that was found to break the same rule as the first one that failed, with its trace.
    pub fn play_all(&self, seeds: Range<u64>) -> Result<Tally, Box<Report>> {
        let (failed, tally) = self.play_until_failure(seeds);
        match failed {
            None => Ok(tally),
            Some(report) => Err(Box::new(self.shrink(&report))),
        }
    }

    /// Plays the schedules of seeds until one fails, on all processors, and returns the report of the lowest seed that
    /// did, and how often what happened in the others.
    pub fn play_until_failure(&self, seeds: Range<u64>) -> (Option<Report>, Tally) {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let stride = u64::try_from(threads).unwrap_or(1);
        let end = AtomicU64::new(seeds.end);
        let run = |offset: u64| {
            let mut tally = Tally::new();
            let mut seed = seeds.start + offset;
            while seed < end.load(Ordering::Relaxed) {
                let report = self.play(&Plan::of(seed), false);
                if !report.findings.is_empty() {
                    // Only a lower one matters now.
                    end.fetch_min(seed, Ordering::Relaxed);
                    return (Some(report), tally);
                }
                for (what, times) in report.tally {
                    *tally.entry(what).or_default() += times;
                }
                seed += stride;
            }
            (None, tally)
        };
        std::thread::scope(|scope| {
            let run = &run;
            let workers: Vec<_> =
                (0..stride).map(|offset| scope.spawn(move || run(offset))).collect();
            let (mut first, mut sum) = (None::<Report>, Tally::new());
            for worker in workers {
                let (failed, tally) = worker.join().expect("a schedule does not panic");
                let both = [first, failed].into_iter().flatten();
                first = both.min_by_key(|report| report.plan.seed);
                for (what, times) in tally {
                    *sum.entry(what).or_default() += times;
                }
            }
            (first, sum)
        })
    }

    /// Looks for the shortest schedule that breaks the same rule, by leaving out steps and faults of a failing one, and
    /// returns its report with a trace.
    pub fn shrink(&self, failed: &Report) -> Report {
        shrink::shrink(self, failed)
    }
}
