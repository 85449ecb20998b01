//! Events as they are found on the web.

use std::sync::Arc;

use booking_core::ports::Clock;
use booking_server::import::{self, ImportOptions};
use http::StatusCode;

use crate::harness::{Api, Listener};
use crate::shop;

/// Every record is accounted for, importing again enters nothing new, and what was entered can be shown.
pub(super) fn run(input: &[u8]) {
    shop::run(async {
        let api = Api::new();
        let clock: Arc<dyn Clock> = Arc::new(api.clock.clone());
        let ids = Arc::clone(api.app.system().ids());
        let events = Arc::clone(&api.events);
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
        for address in
            ["/v1/events?include_past=true&limit=100", "/v1/events/facets?include_past=true"]
        {
            shop::ask(&api, Listener::Public, shop::get(address)).await.expect(StatusCode::OK);
        }
        let page = shop::browse(&api, Listener::Public, shop::get("/?include_past=true")).await;
        assert_eq!(page.status, StatusCode::OK);
    });
}
