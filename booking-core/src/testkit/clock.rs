//! The contract of [`Clock`], as tests.

use std::sync::Arc;

use super::suite::Harness;
use crate::ports::Clock;

pub mod time;

/// Makes clocks for the suite.
pub trait ClockHarness: Harness {
    /// Returns a clock.
    fn fresh(&self) -> Arc<dyn Clock>;
}

/// Checks that a clock tells the time.
///
/// It takes an expression that makes a [`ClockHarness`], and expands to
/// a module of tests, one for each case.
#[macro_export]
macro_rules! clock_contract {
    ($harness:expr) => {
        $crate::clock_contract!(@ tests $harness);
    };
    (@ $mode:ident $($harness:expr)?) => {
        $crate::__contract_suite! {
            $mode $($harness)?; clock clock_contract {
                time {
                    the_time_is_one_that_can_be_written_down
                    clocks_of_one_kind_tell_one_time
                    threads_may_ask_at_once
                }
            }
        }
    };
}
