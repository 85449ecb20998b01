//! One instance of the engine, with its workers and the work that its clients gave it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Setup;
use super::line::Line;
use super::trouble::{SKEW, SKEW_MS};
use super::wire::Wire;
use super::world::{TokioClock, World};
use crate::ports::{
    BookingRepository, Clock, EventRepository, IdSource, Notifier, PaymentGateway, StockCache,
};
use crate::service::{BookingSystem, Workers};
use crate::testkit::SeededIds;
use crate::testkit::dice::Dice;

/// How long tickets are held: short, so that holds end within a schedule.
pub(super) const HOLD: Duration = Duration::from_secs(8);
/// How long a worker has a notice to itself: no longer than it has to be, so that what a killed one held comes back
/// soon. What is left of it after an attempt, half of it, outlasts the longest call to the database.
const LEASE: Duration = Duration::from_secs(50);

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
        let dice = Dice::of_part(world.plan.seed, &[3, u64::from(number)]);
        let ahead = dice.millis(0, 2 * SKEW_MS);
        let ahead = if world.trouble().is_skewed { ahead } else { SKEW };
        let clock: Arc<dyn Clock> = Arc::new(TokioClock { begin: world.begin, ahead });
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(dice.any(), Arc::clone(&clock)));
        let line = Arc::new(Line::new(number));
        let wire = Arc::new(Wire { world: Arc::clone(world), line: Arc::clone(&line) });
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
                settings.notice_lease = LEASE;
                settings.sweep_interval = Duration::from_secs(2);
                settings.outbox_interval = Duration::from_secs(1);
                (setup.settings)(settings);
            })
            .build()
            .expect("it is complete");
        let workers = system.start_workers();
        Self { line, system, work: JoinSet::new(), _workers: workers }
    }
}
