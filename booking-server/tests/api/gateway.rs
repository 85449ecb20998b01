//! A payment gateway that refuses, or does not answer.

use std::sync::Arc;

use async_trait::async_trait;
use booking_core::domain::ids::BookingId;
use booking_core::domain::money::Money;
use booking_core::domain::payment::{ForeignId, Notification, PaymentLink};
use booking_core::domain::time::Timestamp;
use booking_core::ports::PaymentGateway;
use booking_core::ports::payment_gateway::{
    GatewayError, IncomingNotification, NotificationError, PaymentRequest, RefundOutcome,
};
use tokio::sync::Notify;

/// A gateway that has to be asked for its links, and refuses or waits to be let go on.
#[derive(Debug)]
pub(crate) struct SlowGateway {
    pub(crate) inner: Arc<dyn PaymentGateway>,
    pub(crate) asked: Arc<Notify>,
    pub(crate) may_answer: Arc<Notify>,
    pub(crate) refuses: bool,
}

#[async_trait]
impl PaymentGateway for SlowGateway {
    async fn create_payment(&self, request: &PaymentRequest) -> Result<PaymentLink, GatewayError> {
        if self.refuses {
            return Err(GatewayError::Rejected { reason: "the test says so".to_owned() });
        }
        self.asked.notify_one();
        self.may_answer.notified().await;
        self.inner.create_payment(request).await
    }

    fn verify(
        &self,
        message: &IncomingNotification,
        now: Timestamp,
    ) -> Result<Notification, NotificationError> {
        self.inner.verify(message, now)
    }

    async fn expire_payment(&self, id: &ForeignId, now: Timestamp) -> Result<(), GatewayError> {
        self.inner.expire_payment(id, now).await
    }

    async fn refund(
        &self,
        payment_id: &ForeignId,
        booking_id: BookingId,
        amount: Money,
        now: Timestamp,
    ) -> Result<RefundOutcome, GatewayError> {
        self.inner.refund(payment_id, booking_id, amount, now).await
    }
}
