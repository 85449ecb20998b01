//! The contract of [`StockCache`], as tests.
//!
//! Each case names the rule of the contract that it checks.

use std::sync::Arc;
use std::time::Duration;

use super::suite::Harness;
use crate::ports::StockCache;

pub mod corrections;
pub mod counts;
pub mod fills;
pub mod life;

mod subject;

/// Makes fresh caches for the suite.
pub trait StockCacheHarness: Harness {
    /// Whatever has to be kept as long as a cache is used, such as its server or its prefix of keys.
    type Guard: Send + Sync;

    /// Returns a fresh and empty cache.
    fn fresh(&self) -> impl Future<Output = (Arc<dyn StockCache>, Self::Guard)> + Send;

    /// Returns the longest time that an entry may live, jitter included.
    fn longest_life(&self) -> Duration;

    /// Returns the longest time that a lease may be good.
    fn longest_lease(&self) -> Duration;

    /// Makes time pass for the cache, before the suite calls it with a `now` that is `by` later.
    ///
    /// A cache that goes by the argument alone needs nothing. One whose server keeps time by itself shortens
    /// what is left of the life of its keys here.
    fn advance(&self, guard: &Self::Guard, by: Duration) -> impl Future<Output = ()> + Send {
        let _ = (guard, by);
        async {}
    }
}

/// Checks that a cache keeps the contract of [`StockCache`].
///
/// It takes an expression that makes a [`StockCacheHarness`],
/// and expands to a module of tests, one for each case.
#[macro_export]
macro_rules! stock_cache_contract {
    ($harness:expr) => {
        $crate::stock_cache_contract!(@ tests $harness);
    };
    (@ $mode:ident $($harness:expr)?) => {
        $crate::__contract_suite! {
            $mode $($harness)?; stock_cache stock_cache_contract {
                counts {
                    a_take_lowers_the_count_by_all_or_nothing
                    takes_of_a_batch_are_answered_in_order
                    what_is_given_back_can_be_taken_again
                    no_more_is_given_back_than_is_missing
                    no_call_creates_an_entry
                    racing_takes_share_out_the_count_once
                    racing_takes_and_returns_lose_nothing
                    empty_batches_do_nothing
                    the_cache_answers
                }
                fills {
                    a_fill_under_a_lease_is_found_as_it_was
                    a_lease_is_good_for_one_fill
                    one_lease_is_good_at_a_time
                    racing_finds_get_one_lease
                    a_lease_runs_out
                    a_lease_of_another_event_fills_nothing
                    a_made_up_lease_fills_nothing
                    a_fill_from_before_a_clear_never_lands
                    a_clear_removes_what_it_names_only
                    a_hit_offers_no_lease
                }
                corrections {
                    a_newer_correction_sets_the_count
                    old_and_repeated_corrections_do_nothing
                    corrections_in_any_order_end_the_same
                    a_correction_may_lower_and_raise_what_takes_left
                    a_correction_of_what_is_not_cached_takes_the_lease_away
                    racing_corrections_end_with_the_newest
                    corrections_of_one_event_leave_the_others
                }
                life {
                    an_entry_ends_with_its_life
                    nothing_prolongs_a_life
                    a_new_life_begins_with_a_new_fill
                }
            }
        }
    };
}
