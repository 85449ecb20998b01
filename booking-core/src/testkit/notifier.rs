//! The contract of [`Notifier`], as tests.
//!
//! Each case names the rule of the contract that it checks.

use std::sync::Arc;

use super::suite::Harness;
use crate::ports::Notifier;

pub mod messages;

/// A message as it reached the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// What repeats are recognised by: a mail's `Message-ID`, the `webhook-id` of a webhook.
    pub identity: String,
    /// The addresses that it went to, all of them.
    pub recipients: Vec<String>,
    /// Its text in plain letters, subject included.
    pub text: String,
}

/// Makes fresh notifiers for the suite, and reads what they delivered.
pub trait NotifierHarness: Harness {
    /// Whatever has to be kept as long as a notifier is used, such as its folder.
    type Guard: Send + Sync;

    /// Returns a notifier that has delivered nothing yet.
    fn fresh(&self) -> impl Future<Output = (Arc<dyn Notifier>, Self::Guard)> + Send;

    /// Returns everything that was delivered, in any order. A repeat may take the place of the first.
    fn delivered(&self, guard: &Self::Guard) -> impl Future<Output = Vec<Delivered>> + Send;
}

/// Checks that a notifier keeps the contract of [`Notifier`].
///
/// It takes an expression that makes a [`NotifierHarness`], and
/// expands to a module of tests, one for each case.
#[macro_export]
macro_rules! notifier_contract {
    ($harness:expr) => {
        $crate::notifier_contract!(@ tests $harness);
    };
    (@ $mode:ident $($harness:expr)?) => {
        $crate::__contract_suite! {
            $mode $($harness)?; notifier notifier_contract {
                messages {
                    what_was_answered_is_delivered
                    the_same_message_has_the_same_identity
                    other_messages_have_other_identities
                    hostile_names_and_titles_do_no_harm
                    extreme_events_can_be_told_of
                    messages_may_be_sent_at_once
                }
            }
        }
    };
}
