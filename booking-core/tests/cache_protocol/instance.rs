//! One instance of the engine, with the work that its clients gave it.

use std::sync::Arc;
use std::time::Duration;

use booking_core::adapters::memory::MemoryNotifier;
use booking_core::ports::{BookingRepository, Clock, EventRepository, IdSource, StockCache};
use booking_core::service::BookingSystem;
use booking_core::testkit::SeededIds;
use tokio::task::JoinSet;

use crate::gateway::Gateway;
use crate::trouble::SKEW;
use crate::wires::Wire;
use crate::world::{Line, TokioClock, World};

/// How long tickets are held: short, so that holds end within a schedule.
const HOLD: Duration = Duration::from_secs(8);

/// A process that may be killed at any await.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) line: Arc<Line>,
    pub(crate) system: BookingSystem,
    /// Requests of clients. They go down with it.
    pub(crate) work: JoinSet<()>,
}

impl Instance {
    pub(crate) fn start(world: &Arc<World>, number: u32, refusal_memory: Duration) -> Self {
        let ahead = if world.trouble().is_skewed {
            world.dice.millis(0, 2 * u32::try_from(SKEW.as_millis()).unwrap())
        } else {
            SKEW
        };
        let clock: Arc<dyn Clock> = Arc::new(TokioClock { begin: world.begin, ahead });
        let seed = u64::try_from(world.dice.below(usize::MAX)).unwrap();
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(seed, Arc::clone(&clock)));
        let line = Arc::new(Line::new(number));
        let wire = Arc::new(Wire { world: Arc::clone(world), line: Arc::clone(&line) });
        let system = BookingSystem::builder()
            .repositories(
                Arc::clone(&wire) as Arc<dyn EventRepository>,
                Arc::clone(&wire) as Arc<dyn BookingRepository>,
            )
            .cache(wire as Arc<dyn StockCache>)
            .gateway(Arc::new(Gateway(Arc::clone(world))))
            .notifier(Arc::new(MemoryNotifier::default()))
            .time_and_ids(clock, ids)
            .settings(|settings| {
                settings.hold_ttl = HOLD;
                settings.refusal_memory = refusal_memory;
            })
            .build()
            .unwrap();
        Self { line, system, work: JoinSet::new() }
    }
}
