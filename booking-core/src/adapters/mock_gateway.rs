//! A payment gateway for tests and demonstrations that behaves like a real one.
//!
//! Its links are made by signing alone. A hosted page, which the host serves at
//! [`PAGE_PATH`], shows what [`MockGateway::open_payment`] tells and calls [`MockGateway::act`]. What buyers do is
//! kept in a journal before they are told, and is notified over HTTP until the engine accepts it. A
//! [`FaultScript`] lets things go wrong on purpose.
//!
//! # Example
//! ```no_run
//! # async fn example(
//! #     clock: std::sync::Arc<dyn booking_core::ports::Clock>,
//! #     ids: std::sync::Arc<dyn booking_core::ports::IdSource>,
//! #     link: booking_core::domain::payment::PaymentLink,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! use booking_core::adapters::mock_gateway::{Fault, IpnSecrets, MockGateway};
//!
//! let gateway = MockGateway::builder(IpnSecrets::parse("sixteen bytes or more")?, clock, ids)
//!     .default_script(Fault::Twice.into())
//!     .deliver_to(|_notification| async { 200 })
//!     .build()?;
//! gateway.pay_now(&link).await?;
//! assert_eq!(gateway.deliver_due().await, 2);
//! # Ok(())
//! # }
//! ```

mod builder;
mod delivery;
mod fault_script;
mod journal;
mod link;
pub mod notification;
mod payment;
mod plan;
mod queue;
mod register;
mod secrets;
pub mod signature;
mod transport;
mod unrepeated;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, watch};

pub use builder::{BuildError, MockGatewayBuilder};
pub use fault_script::{Fault, FaultScript};
pub use journal::JournalError;
pub use link::{LinkError, PAGE_PATH, VerifiedLink, payment_id_of};
pub use payment::{ActionOutcome, BuyerAction, PaymentPage, PaymentState};
pub use secrets::IpnSecrets;
pub use transport::{HttpTransport, InProcessTransport, NotificationTransport};

use crate::domain::ids::BookingId;
use crate::domain::money::Money;
use crate::domain::payment::{ForeignId, Notification, PaymentLink};
use crate::domain::time::Timestamp;
use crate::ports::clock::{Clock, IdSource};
use crate::ports::payment_gateway::{
    GatewayError, IncomingNotification, NotificationError, PaymentGateway, PaymentRequest,
    RefundOutcome,
};
use journal::Progress;
use link::LinkSigner;
use plan::Subject;
use queue::Backoff;
use register::{Moment, Register};

/// Why nothing came of a buyer's action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActionError {
    /// The link is not the gateway's.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The journal cannot be written any more. Whether this action is in it shows at the next start.
    #[error("the mock gateway's journal cannot be written")]
    JournalFailed,
}

/// Which payments a fault script is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptTarget {
    /// The payment of this id.
    Payment(ForeignId),
    /// The payment of this booking, also if it was not made yet.
    Booking(BookingId),
    /// Every payment that has no script of its own.
    Default,
}

/// The mock payment gateway. Clones are the same gateway.
#[derive(Clone)]
pub struct MockGateway {
    inner: Arc<Inner>,
}

struct Inner {
    secrets: IpnSecrets,
    signer: LinkSigner,
    public_url: String,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    transport: Arc<dyn NotificationTransport>,
    register: Mutex<Register>,
    progress: watch::Receiver<Progress>,
    wake: Notify,
    settled: Notify,
    backoff: Backoff,
    concurrency: usize,
    attempt_timeout: Duration,
}

impl fmt::Debug for MockGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockGateway").finish_non_exhaustive()
    }
}

impl MockGateway {
    /// Begins to set a gateway up.
    pub fn builder(
        secrets: IpnSecrets,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> MockGatewayBuilder {
        MockGatewayBuilder::new(secrets, clock, ids)
    }

    /// Checks a payment link, by the id of its path and the pairs of its query, and tells what its page shows.
    ///
    /// # Errors
    /// - [`LinkError::NotOurs`] if the link was changed, or another gateway made it.
    pub fn open_payment(
        &self,
        payment_id: &str,
        query: &[(String, String)],
        now: Timestamp,
    ) -> Result<PaymentPage, LinkError> {
        let link = self.inner.signer.verify(payment_id, query)?;
        let state = self.inner.register().state_of(&link, now);
        Ok(PaymentPage { state, return_url: self.return_url(link.booking_id), link })
    }

    /// Does what a buyer asks for on the hosted page. Only an open payment changes; asking again for what was
    /// done is accepted again.
    ///
    /// # Errors
    /// - [`ActionError::JournalFailed`] if it cannot be kept.
    pub async fn act(
        &self,
        action: BuyerAction,
        link: &VerifiedLink,
    ) -> Result<ActionOutcome, ActionError> {
        let inner = &self.inner;
        let decision = {
            // The clock is read under the lock: a payment is not made after it was expired.
            let mut register = inner.register_unless_failed()?;
            let moment = Moment::at(inner.clock.now());
            register.act(link, action, moment, || inner.stranger())
        };
        inner.keep(decision.record).await?;
        Ok(ActionOutcome {
            is_accepted: decision.state == action.target(),
            state: decision.state,
            return_url: self.return_url(link.booking_id),
        })
    }

    /// Pays, as a buyer on the hosted page would.
    ///
    /// # Errors
    /// - [`ActionError::Link`] if the link is not this gateway's.
    /// - [`ActionError::JournalFailed`] if the payment cannot be kept.
    pub async fn pay_now(&self, link: &PaymentLink) -> Result<ActionOutcome, ActionError> {
        self.act(BuyerAction::Pay, &self.inner.signer.verify_url(link)?).await
    }

    /// Lets the bank decline, as a buyer on the hosted page would see it.
    ///
    /// # Errors
    /// - [`ActionError::Link`] if the link is not this gateway's.
    /// - [`ActionError::JournalFailed`] if it cannot be kept.
    pub async fn decline_now(&self, link: &PaymentLink) -> Result<ActionOutcome, ActionError> {
        self.act(BuyerAction::Decline, &self.inner.signer.verify_url(link)?).await
    }

    /// Gives a payment up, as a buyer on the hosted page would.
    ///
    /// # Errors
    /// - [`ActionError::Link`] if the link is not this gateway's.
    /// - [`ActionError::JournalFailed`] if it cannot be kept.
    pub async fn give_up_now(&self, link: &PaymentLink) -> Result<ActionOutcome, ActionError> {
        self.act(BuyerAction::GiveUp, &self.inner.signer.verify_url(link)?).await
    }

    /// Sets what goes wrong with notifications that are not made yet. Scripts are in memory only.
    pub fn script(&self, target: ScriptTarget, script: FaultScript) {
        let mut register = self.inner.register();
        match target {
            ScriptTarget::Payment(payment_id) => register.set_script(payment_id, script),
            ScriptTarget::Booking(booking_id) => {
                register.set_script(payment_id_of(booking_id), script);
            }
            ScriptTarget::Default => register.set_default_script(script),
        }
    }

    /// Returns where a payment stands, or `None` if nothing happened to it yet.
    pub fn find_state(&self, payment_id: &ForeignId) -> Option<PaymentState> {
        self.inner.register().find_state(payment_id)
    }

    /// Returns where the browser goes after paying.
    pub fn return_url(&self, booking_id: BookingId) -> String {
        format!("{}/bookings/{booking_id}", self.inner.public_url)
    }
}

impl Inner {
    fn register(&self) -> MutexGuard<'_, Register> {
        // Nothing panics between two changes that belong together.
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register_unless_failed(&self) -> Result<MutexGuard<'_, Register>, ActionError> {
        let register = self.register();
        if self.progress.borrow().has_failed {
            return Err(ActionError::JournalFailed);
        }
        Ok(register)
    }

    /// Returns the number of the last record that will not be lost.
    fn durable(&self) -> u64 {
        self.progress.borrow().durable
    }

    fn stranger(&self) -> BookingId {
        BookingId::new(self.ids.next_id())
    }

    /// Waits until a record is durable. The workers learn of it by themselves, also when nobody waits here.
    async fn keep(&self, record: u64) -> Result<(), ActionError> {
        self.wake.notify_one();
        let mut progress = self.progress.clone();
        let reached = progress
            .wait_for(|progress| progress.durable >= record || progress.has_failed)
            .await
            .map_err(|_| ActionError::JournalFailed)?;
        if reached.durable >= record { Ok(()) } else { Err(ActionError::JournalFailed) }
    }
}

#[async_trait]
impl PaymentGateway for MockGateway {
    fn sign_link(&self, request: &PaymentRequest) -> Option<PaymentLink> {
        Some(self.inner.signer.sign(request))
    }

    async fn create_payment(&self, request: &PaymentRequest) -> Result<PaymentLink, GatewayError> {
        Ok(self.inner.signer.sign(request))
    }

    fn verify(
        &self,
        message: &IncomingNotification,
        now: Timestamp,
    ) -> Result<Notification, NotificationError> {
        let mut headers = message.header(signature::SIGNATURE_HEADER);
        let header = headers.next().ok_or(NotificationError::BadSignature("there is none"))?;
        if headers.next().is_some() {
            return Err(NotificationError::BadSignature("there are several headers of it"));
        }
        signature::check(&self.inner.secrets, header, &message.body, now)?;
        notification::read(&message.body)
    }

    async fn expire_payment(
        &self,
        payment_id: &ForeignId,
        now: Timestamp,
    ) -> Result<(), GatewayError> {
        let decision = {
            let mut register = self.inner.register_unless_failed().map_err(not_applied)?;
            register.expire(payment_id, Moment::at(now))
        };
        self.inner.keep(decision.record).await.map_err(unknown)
    }

    async fn refund(
        &self,
        payment_id: &ForeignId,
        booking_id: BookingId,
        amount: Money,
        now: Timestamp,
    ) -> Result<RefundOutcome, GatewayError> {
        let decision = {
            let mut register = self.inner.register_unless_failed().map_err(not_applied)?;
            let subject = Subject { payment_id, booking_id, amount, now };
            register
                .refund(subject, Moment::at(now), || self.inner.stranger())
                .map_err(|reason| GatewayError::Rejected { reason: reason.to_owned() })?
        };
        self.inner.keep(decision.record).await.map_err(unknown)?;
        Ok(RefundOutcome::Accepted)
    }
}

fn not_applied(error: ActionError) -> GatewayError {
    GatewayError::Unreachable { source: error.into() }
}

fn unknown(error: ActionError) -> GatewayError {
    GatewayError::OutcomeUnknown { source: error.into() }
}
