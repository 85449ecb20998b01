//! The contract of [`EventRepository`](crate::ports::EventRepository), as tests.
//!
//! Each case names the rule of the contract that it checks.

pub mod change;
pub mod facets;
pub mod guards;
pub mod names;
pub mod paging;
pub mod races;
pub mod random;
pub mod search;
pub mod store;

mod corpus;

/// Checks that a database keeps the contract of [`EventRepository`](crate::ports::EventRepository).
///
/// It takes an expression that makes a [`RepositoryHarness`](crate::testkit::RepositoryHarness), and expands
/// to a module of tests, one for each case.
#[macro_export]
macro_rules! event_repository_contract {
    ($harness:expr) => {
        $crate::event_repository_contract!(@ tests $harness);
    };
    (@ $mode:ident $($harness:expr)?) => {
        $crate::__contract_suite! {
            $mode $($harness)?; event_repository event_repository_contract {
                store {
                    a_new_event_is_stored_with_its_full_stock
                    every_field_of_an_event_is_kept
                    an_unknown_event_is_none
                    an_empty_database_says_so
                    the_same_source_again_updates
                    the_same_source_and_details_change_nothing
                    an_import_publishes_a_draft
                    a_called_off_event_is_left_alone
                    a_batch_may_name_a_source_twice
                    a_batch_with_a_known_id_stores_nothing
                }
                change {
                    details_are_replaced_as_a_whole
                    a_status_goes_forwards
                    capacity_grows_and_shrinks_what_is_free
                    details_capacity_and_status_change_together
                    every_change_raises_the_version_by_one
                }
                guards {
                    an_unknown_event_is_not_found
                    a_capacity_below_what_is_taken_is_refused
                    a_status_does_not_go_back
                    the_wanted_status_is_unchanged
                    a_change_made_from_an_old_version_conflicts
                    a_refused_change_changes_no_part
                }
                search {
                    a_period_ends_before_its_end
                    words_are_found_in_every_text
                    only_the_last_word_matches_as_a_beginning
                    accents_and_case_do_not_matter
                    hostile_texts_find_nothing_and_break_nothing
                    every_filter_admits_what_the_rules_admit
                    every_order_is_that_of_the_rules
                    drafts_and_called_off_events_are_never_found
                    past_events_are_found_only_on_request
                    changes_are_seen_at_once
                    sales_are_seen_at_once
                    phrases_and_excluded_words_are_understood
                    words_with_typos_come_after_exact_ones
                    any_part_of_a_title_without_spaces_is_found
                }
                random {
                    whatever_is_asked_the_answer_is_that_of_the_rules
                }
                paging {
                    pages_of_any_size_return_each_event_once
                    ties_are_broken_by_the_id
                    the_last_full_page_offers_no_next
                    changes_between_pages_do_not_move_the_others
                    what_is_forgiven_on_the_first_page_is_forgiven_on_all
                }
                facets {
                    facets_count_what_a_search_finds
                    an_empty_database_has_no_facets
                    frequent_facets_come_first
                }
                names {
                    names_are_found_by_any_of_their_words
                    the_name_of_the_most_events_comes_first
                    a_name_with_a_typo_is_found_if_nothing_else_is
                    names_go_with_their_events
                    over_months_names_are_forgotten
                }
                races {
                    the_same_source_at_once_is_one_event
                    of_two_changes_from_one_version_one_wins
                    no_ticket_is_admitted_after_a_cancellation
                    a_shrinking_capacity_keeps_every_hold
                    changes_and_sales_number_the_journal_without_a_gap
                    an_import_that_is_dropped_is_whole_or_nothing
                    a_change_that_is_dropped_is_whole_or_nothing
                }
            }
        }
    };
}
