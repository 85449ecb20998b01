//! The contract of [`BookingRepository`](crate::ports::BookingRepository), as tests.
//!
//! Each case names the rule of the contract that it checks.

pub mod admission;
pub mod announcements;
pub mod books;
pub mod cuts;
pub mod keys;
pub mod late;
pub mod lists;
pub mod notices;
pub mod outbox;
pub mod overdue;
pub mod races;
pub mod settlement;
pub mod table;

/// Checks that a database keeps the contract of [`BookingRepository`](crate::ports::BookingRepository).
///
/// It takes an expression that makes a [`RepositoryHarness`](crate::testkit::RepositoryHarness), and expands
/// to a module of tests, one for each case.
#[macro_export]
macro_rules! booking_repository_contract {
    ($harness:expr) => {
        $crate::booking_repository_contract!(@ tests $harness);
    };
    (@ $mode:ident $($harness:expr)?) => {
        $crate::__contract_suite! {
            $mode $($harness)?; booking_repository booking_repository_contract {
                admission {
                    a_hold_takes_tickets_and_makes_a_pending_booking
                    requests_of_a_batch_are_decided_in_order
                    every_refusal_is_told_apart_and_changes_nothing
                    admitting_a_batch_again_changes_nothing
                    a_booking_id_twice_in_a_batch_is_one_booking
                    a_batch_may_touch_many_events
                    an_empty_batch_does_nothing
                    every_field_of_a_booking_is_kept
                    large_quantities_and_prices_are_kept
                }
                overdue {
                    sold_out_is_told_honestly
                    sold_out_to_the_last_ticket_has_no_next_release
                    overdue_holds_are_released_before_anybody_is_refused
                    no_more_overdue_holds_are_released_than_are_needed
                    overdue_holds_are_left_alone_while_there_are_tickets
                    next_release_is_that_of_a_hold_that_is_left
                    a_batch_sees_the_holds_that_it_made_itself
                }
                keys {
                    the_same_key_and_request_is_the_same_booking
                    the_same_key_with_another_request_is_refused
                    keys_count_within_a_batch_too
                    keys_differ_by_every_character
                    a_refused_request_keeps_no_key
                    a_booking_without_a_link_frees_its_key
                    old_keys_are_forgotten_a_batch_at_a_time
                    an_expired_booking_is_replayed_as_it_stands
                }
                settlement {
                    a_success_confirms_and_sells
                    a_notification_tells_an_unknown_payment
                    settlements_of_a_batch_are_decided_in_order
                    a_batch_may_settle_many_events
                    a_repeated_notification_is_a_duplicate
                    what_does_not_match_is_set_aside_and_recorded
                    an_unknown_booking_records_nothing
                    an_unknown_payment_id_is_taken_from_a_booking_without_link
                    nothing_to_pay_confirms_only_what_is_free
                    nothing_to_pay_brings_nothing_back
                    a_hold_that_has_not_ended_does_not_expire
                    an_event_that_goes_on_cancels_no_booking
                    refunds_put_tickets_back_on_sale
                    an_empty_settlement_does_nothing
                }
                late {
                    a_success_paid_in_time_counts_however_late_it_comes
                    a_success_paid_late_finds_its_own_tickets_again
                    a_late_success_gets_free_tickets
                    a_late_success_without_tickets_is_refunded
                    a_late_success_releases_overdue_holds
                    a_success_after_the_end_is_refunded
                    a_success_on_a_called_off_event_is_refunded
                }
                table {
                    every_cell_of_the_lifecycle_is_obeyed
                    a_late_success_obeys_both_branches_of_its_cell
                    nothing_to_pay_and_refund_answers_obey_the_table
                    a_called_off_event_obeys_the_table
                }
                lists {
                    an_unknown_booking_is_none
                    bookings_of_an_event_come_page_by_page_in_order
                    overdue_holds_come_the_longest_first
                    bookings_of_called_off_events_are_listed_until_they_are_settled
                    a_link_is_recorded_once
                    a_link_that_came_with_the_request_stays
                    the_database_answers
                }
                notices {
                    every_move_queues_its_notices
                    notices_wait_for_their_time
                    each_recipient_gets_its_own
                    a_lease_keeps_others_away_until_it_ends
                    a_retry_comes_back_at_its_time
                    what_was_given_up_stays_visible
                    what_is_done_stays_done
                    a_lease_that_ran_out_ends_no_other
                    what_was_delivered_is_done_although_another_gave_it_up
                    an_attempt_that_does_not_count_is_given_back
                    the_number_of_an_attempt_gives_nobody_a_lease
                    claims_keep_to_their_limit
                    results_of_unknown_notices_are_ignored
                }
                outbox {
                    what_was_given_up_is_listed_page_by_page
                    what_is_due_is_listed_without_what_has_time
                    what_is_due_is_listed_for_both_recipients
                    what_was_given_up_is_delivered_after_all
                }
                announcements {
                    those_who_have_booked_are_told_of_a_move
                    whoever_books_after_a_change_is_not_told
                    what_concerns_nobody_is_not_announced
                    an_announcement_is_spread_page_by_page
                    a_second_change_plans_what_waits_anew
                    a_move_towards_now_drops_the_reminder
                    another_lead_moves_reminders_and_tells_nobody
                    an_event_put_off_is_reminded_of_again
                    a_called_off_event_is_announced_no_more
                    a_notice_that_was_planned_anew_is_not_revived
                    of_several_that_were_given_up_the_newest_is_revived
                    changes_in_a_row_are_told_once
                    an_announcement_that_is_dropped_loses_nobody
                    spreaders_tell_everybody_once
                }
                races {
                    last_tickets_are_sold_once
                    batches_in_any_order_of_events_do_not_block_each_other
                    of_success_cancel_and_expiry_one_wins
                    the_same_booking_id_at_once_is_one_booking
                    the_same_key_at_once_is_one_booking
                    the_same_notification_at_once_has_one_effect
                    claimers_share_out_the_notices
                    sellers_and_sweepers_keep_the_books
                }
                cuts {
                    an_admission_that_is_dropped_is_whole_or_nothing
                    a_settlement_that_is_dropped_is_whole_or_nothing
                    a_claim_that_is_dropped_loses_no_notice
                    aborted_tasks_leave_the_books_balanced
                }
                books {
                    a_long_mixed_history_balances
                    records_of_events_show_the_figures
                    records_of_bookings_show_the_history
                    audits_come_page_by_page_in_order
                    sales_under_way_are_no_differences
                }
            }
        }
    };
}
