//! The contract of [`IdSource`], as tests.

use std::sync::Arc;

use super::suite::Harness;
use crate::ports::{Clock, IdSource};

pub mod ids;

/// Makes sources of ids for the suite.
pub trait IdSourceHarness: Harness {
    /// Returns a new source that takes its time from `clock`, as a process that just started would.
    fn fresh(&self, clock: Arc<dyn Clock>) -> Arc<dyn IdSource>;
}

/// Checks that a source of ids keeps the contract of [`IdSource`].
///
/// It takes an expression that makes an [`IdSourceHarness`], and
/// expands to a module of tests, one for each case.
#[macro_export]
macro_rules! id_source_contract {
    ($harness:expr) => {
        $crate::id_source_contract!(@ tests $harness);
    };
    (@ $mode:ident $($harness:expr)?) => {
        $crate::__contract_suite! {
            $mode $($harness)?; id_source id_source_contract {
                ids {
                    ids_are_uuids_of_version_7
                    ids_carry_the_time
                    ids_rise_within_an_instant
                    ids_rise_when_the_clock_goes_backwards
                    ids_are_unique_under_threads
                    sources_do_not_repeat_each_other
                    the_next_id_cannot_be_guessed
                }
            }
        }
    };
}
