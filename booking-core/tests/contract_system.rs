//! The system's clock and ids keep their contracts, and so do those of the testkit.

use std::sync::Arc;

use booking_core::adapters::system::{SystemClock, SystemIds};
use booking_core::ports::{Clock, IdSource};
use booking_core::testkit::clock::ClockHarness;
use booking_core::testkit::id_source::IdSourceHarness;
use booking_core::testkit::{Harness, ManualClock, SeededIds};

struct System;

impl Harness for System {}

impl ClockHarness for System {
    fn fresh(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }
}

impl IdSourceHarness for System {
    fn fresh(&self, clock: Arc<dyn Clock>) -> Arc<dyn IdSource> {
        Arc::new(SystemIds::new(clock))
    }
}

booking_core::clock_contract!(System);
booking_core::id_source_contract!(System);

/// What a test decides on is to behave like what it stands for.
mod staged {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[derive(Default)]
    struct Staged;

    impl Harness for Staged {}

    impl ClockHarness for Staged {
        fn fresh(&self) -> Arc<dyn Clock> {
            Arc::new(ManualClock::default())
        }
    }

    impl IdSourceHarness for Staged {
        /// Processes that run at once have seeds of their own.
        fn fresh(&self, clock: Arc<dyn Clock>) -> Arc<dyn IdSource> {
            static SEED: AtomicU64 = AtomicU64::new(1);
            Arc::new(SeededIds::new(SEED.fetch_add(1, Ordering::Relaxed), clock))
        }
    }

    booking_core::clock_contract!(Staged);
    booking_core::id_source_contract!(Staged);
}
