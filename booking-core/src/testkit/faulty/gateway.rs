//! A payment gateway that fails on demand.
use std::sync::Arc;

use async_trait::async_trait;

use super::script::FaultScript;
use super::staged;
use crate::domain::ids::BookingId;
use crate::domain::money::Money;
use crate::domain::payment::{ForeignId, Notification, PaymentLink};
use crate::domain::time::Timestamp;
use crate::ports::PaymentGateway;
use crate::ports::payment_gateway::{
    GatewayError, IncomingNotification, NotificationError, PaymentRequest, RefundOutcome,
};

/// Wraps a payment gateway, and fails as its script says.
#[derive(Debug, Clone)]
pub struct FaultyGateway {
    inner: Arc<dyn PaymentGateway>,
    script: FaultScript,
}

impl FaultyGateway {
    /// Wraps a port.
    pub fn new(inner: Arc<dyn PaymentGateway>, script: FaultScript) -> Self {
        Self { inner, script }
    }
}

fn unreachable() -> GatewayError {
    GatewayError::Unreachable { source: staged() }
}

fn answer_lost() -> GatewayError {
    GatewayError::OutcomeUnknown { source: staged() }
}

#[deny(clippy::missing_trait_methods, reason = "a method that is not wrapped would never fail")]
#[async_trait]
impl PaymentGateway for FaultyGateway {
    /// Never fails: nothing is asked of anybody.
    fn sign_link(&self, request: &PaymentRequest) -> Option<PaymentLink> {
        self.inner.sign_link(request)
    }

    /// Never fails: nothing is asked of anybody.
    fn verify(
        &self,
        message: &IncomingNotification,
        now: Timestamp,
    ) -> Result<Notification, NotificationError> {
        self.inner.verify(message, now)
    }

    async fn create_payment(&self, request: &PaymentRequest) -> Result<PaymentLink, GatewayError> {
        let call = self.inner.create_payment(request);
        self.script.play("create_payment", unreachable, answer_lost, call).await
    }

    async fn expire_payment(
        &self,
        payment_id: &ForeignId,
        now: Timestamp,
    ) -> Result<(), GatewayError> {
        let call = self.inner.expire_payment(payment_id, now);
        self.script.play("expire_payment", unreachable, answer_lost, call).await
    }

    async fn refund(
        &self,
        payment_id: &ForeignId,
        booking_id: BookingId,
        amount: Money,
        now: Timestamp,
    ) -> Result<RefundOutcome, GatewayError> {
        let call = self.inner.refund(payment_id, booking_id, amount, now);
        self.script.play("refund", unreachable, answer_lost, call).await
    }
}
