//! The contract of [`PaymentGateway`], as tests.
//!
//! Each case names the rule of the contract that it checks.

use std::sync::Arc;
use std::time::Duration;

use super::suite::Harness;
use crate::domain::payment::{ForeignId, Notification, PaymentLink};
use crate::domain::time::Timestamp;
use crate::ports::PaymentGateway;
use crate::ports::payment_gateway::IncomingNotification;

pub mod payments;
pub mod signatures;

/// Makes fresh gateways for the suite, and plays the other side: the buyer, and whoever forges messages.
pub trait GatewayHarness: Harness {
    /// Whatever has to be kept as long as a gateway is used, such as its clock or its sandbox.
    type Guard: Send + Sync;

    /// Returns a gateway that knows of no payment.
    fn fresh(&self) -> impl Future<Output = (Arc<dyn PaymentGateway>, Self::Guard)> + Send;

    /// Returns the message that the gateway would send at `sent_at` to say this.
    fn sign(
        &self,
        guard: &Self::Guard,
        says: &Notification,
        sent_at: Timestamp,
    ) -> IncomingNotification;

    /// Signs any body as the gateway would.
    fn sign_body(
        &self,
        guard: &Self::Guard,
        body: &[u8],
        sent_at: Timestamp,
    ) -> IncomingNotification;

    /// Signs a body likewise, but with a secret that is not the gateway's.
    fn forge(&self, guard: &Self::Guard, body: &[u8], sent_at: Timestamp) -> IncomingNotification;

    /// Returns for how long, both ways, a message is accepted after it was signed.
    fn tolerance(&self) -> Duration;

    /// Has the buyer pay at `at`; tells whether the gateway took the money.
    fn pay(
        &self,
        guard: &Self::Guard,
        link: &PaymentLink,
        at: Timestamp,
    ) -> impl Future<Output = bool> + Send;

    /// Returns everything that the gateway has sent so far, repeats included. It should be set up to send
    /// each notification twice.
    fn sent(&self, guard: &Self::Guard) -> impl Future<Output = Vec<IncomingNotification>> + Send;

    /// Returns how much of a payment's money was given back, in minor units.
    fn given_back(
        &self,
        guard: &Self::Guard,
        payment_id: &ForeignId,
    ) -> impl Future<Output = i64> + Send;
}

/// Checks that a gateway keeps the contract of [`PaymentGateway`].
///
/// It takes an expression that makes a [`GatewayHarness`],
/// and expands to a module of tests, one for each case.
#[macro_export]
macro_rules! payment_gateway_contract {
    ($harness:expr) => {
        $crate::payment_gateway_contract!(@ tests $harness);
    };
    (@ $mode:ident $($harness:expr)?) => {
        $crate::__contract_suite! {
            $mode $($harness)?; payment_gateway payment_gateway_contract {
                payments {
                    the_same_booking_is_the_same_payment
                    other_bookings_are_other_payments
                    a_signed_link_is_the_payment_that_is_made
                    a_payment_is_notified_and_its_repeats_bear_the_same_id
                    money_is_taken_once
                    nobody_pays_after_the_end
                    nobody_pays_what_was_expired
                    a_payment_that_was_made_is_not_expired
                    money_is_given_back_once
                }
                signatures {
                    its_own_messages_are_understood
                    changed_bodies_are_refused
                    signatures_by_another_secret_are_refused
                    missing_and_broken_signatures_are_refused
                    a_signature_is_for_one_body
                    stale_and_future_signatures_are_refused
                    signed_nonsense_is_malformed
                }
            }
        }
    };
}
