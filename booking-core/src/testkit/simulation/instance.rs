//! One instance of the engine, with its workers and the work that its clients gave it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Setup;
use super::line::Line;
use super::part::Part;
use super::trouble::MOST_SKEW;
use super::wire::Wire;
use super::world::{TokioClock, World};
use crate::ports::{
    BookingRepository, Clock, EventRepository, IdSource, Notifier, PaymentGateway, StockCache,
};
use crate::service::{BookingSystem, Workers};
use crate::testkit::SeededIds;

/// How long tickets are held: short, so that holds end within a schedule.
pub(super) const HOLD: Duration = Duration::from_secs(8);
/// How long an instance waits for a payment link: less than a hold, so that some get none.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(3);
/// How long a worker has a notice to itself: no longer than it has to be, so that what a killed one held comes back
/// soon. What is left of it after an attempt, half of it, outlasts the longest call to the database.
/// It runs by clocks that differ.
const LEASE: Duration = Duration::from_secs(64);

/// A process that may be killed at any await.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) line: Arc<Line>,
    pub(super) system: BookingSystem,
    /// Requests of clients. They go down with it.
    pub(super) work: JoinSet<()>,
    /// Its background work, likewise.
    _workers: Workers,
}

impl Instance {
    pub(super) fn start(world: &Arc<World>, number: u32, setup: &Setup) -> Self {
        let dice = Part::Instance(number).dice(world.plan.seed);
        let skew_ms = world.kind.skew_ms;
        let least = MOST_SKEW.saturating_sub(world.kind.skew());
        let ahead = least + dice.millis(0, 2 * skew_ms);
        let clock: Arc<dyn Clock> = Arc::new(TokioClock { begin: world.begin, ahead });
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(dice.any(), Arc::clone(&clock)));
        let line = Arc::new(Line::new(number));
        let wire = Arc::new(Wire { world: Arc::clone(world), line: Arc::clone(&line) });
        let sweep_interval = world.kind.sweep_interval();
        let system = BookingSystem::builder()
            .repositories(
                Arc::clone(&wire) as Arc<dyn EventRepository>,
                Arc::clone(&wire) as Arc<dyn BookingRepository>,
            )
            .cache(Arc::clone(&wire) as Arc<dyn StockCache>)
            .gateway(Arc::clone(&wire) as Arc<dyn PaymentGateway>)
            .notifier(wire as Arc<dyn Notifier>)
            .time_and_ids(clock, ids)
            .settings(|settings| {
                settings.hold_ttl = HOLD;
                settings.gateway_timeout = GATEWAY_PATIENCE;
                settings.notice_lease = LEASE;
                settings.sweep_interval = sweep_interval;
                settings.outbox_interval = Duration::from_secs(1);
                (setup.settings)(settings);
            })
            .build()
            .expect("it is complete");
        let workers = system.start_workers();
        Self { line, system, work: JoinSet::new(), _workers: workers }
    }
}
