//! Events as they are found on the web.

use std::sync::Arc;

use booking_core::adapters::memory::MemoryDatabase;
use booking_core::ports::{Clock, EventRepository, IdSource};
use booking_core::testkit::{ManualClock, SeededIds};
use booking_server::import::{self, ImportOptions};

use crate::shop;

/// Every record is accounted for, and importing again enters nothing new.
pub(super) fn run(input: &[u8]) {
    shop::run(async {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(1, Arc::clone(&clock)));
        let memory = MemoryDatabase::new(Arc::clone(&ids));
        let events: Arc<dyn EventRepository> = memory.events();
        let options = ImportOptions { publish: true, ..ImportOptions::default() };
        let first = import::run(input, &options, &events, &clock, &ids, |_| {}).await.unwrap();
        let again = import::run(input, &options, &events, &clock, &ids, |_| {}).await.unwrap();
        for report in [&first, &again] {
            let counted = report.stored() + report.skipped + report.rejected;
            assert_eq!(counted, report.records, "{report}");
            for problem in &report.problems {
                assert!(problem.line >= 1, "{report}");
                assert!(!problem.reasons.is_empty(), "{report}");
                for reason in &problem.reasons {
                    assert!(reason.len() < 2_000, "{} bytes of a reason", reason.len());
                    assert!(!reason.contains(['\n', '\u{1b}']), "{reason:?} plays on the terminal");
                }
            }
        }
        assert_eq!(again.created, 0, "{first}\n{again}");
        assert_eq!(again.stored(), first.stored());
        assert_eq!(again.rejected, first.rejected);
    });
}
