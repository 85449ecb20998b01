//! A gateway that signs its links, and whose notifications the schedule hands over itself.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use booking_core::domain::booking::Booking;
use booking_core::domain::ids::BookingId;
use booking_core::domain::money::Money;
use booking_core::domain::payment::{ForeignId, Notification, NotificationKind, PaymentLink};
use booking_core::domain::time::Timestamp;
use booking_core::ports::PaymentGateway;
use booking_core::ports::payment_gateway::{
    GatewayError, IncomingNotification, NotificationError, PaymentRequest, RefundOutcome,
};
use booking_core::testkit::seed;

/// What the gateway has sent so far.
#[derive(Debug, Default)]
pub(crate) struct PayDesk(Mutex<BTreeMap<String, Notification>>);

impl PayDesk {
    /// Makes a message, always the same one for the same booking and kind: its repeat.
    pub(crate) fn message(
        &self,
        booking: &Booking,
        kind: NotificationKind,
        at: Timestamp,
    ) -> IncomingNotification {
        let id = format!("{kind:?}-{}", booking.id);
        let mut sent = self.0.lock().unwrap();
        sent.entry(id.clone()).or_insert_with(|| Notification {
            id: ForeignId::new(&*id).unwrap(),
            ..seed::notification(booking, kind, at)
        });
        IncomingNotification { headers: Vec::new(), body: id.into_bytes() }
    }

    fn read(&self, message: &IncomingNotification) -> Option<Notification> {
        let id = std::str::from_utf8(&message.body).ok()?;
        self.0.lock().unwrap().get(id).cloned()
    }
}

/// The gateway of one instance.
#[derive(Debug)]
pub(crate) struct Gateway(pub(crate) std::sync::Arc<crate::world::World>);

#[async_trait]
impl PaymentGateway for Gateway {
    fn sign_link(&self, request: &PaymentRequest) -> Option<PaymentLink> {
        let payment_id = ForeignId::new(format!("pay-{}", request.booking_id)).unwrap();
        Some(PaymentLink {
            url: format!("https://pay.example.org/{payment_id}").into(),
            payment_id,
        })
    }

    async fn create_payment(&self, request: &PaymentRequest) -> Result<PaymentLink, GatewayError> {
        Ok(self.sign_link(request).unwrap())
    }

    fn verify(
        &self,
        message: &IncomingNotification,
        _: Timestamp,
    ) -> Result<Notification, NotificationError> {
        self.0.gateway.read(message).ok_or(NotificationError::BadSignature("nobody sent it"))
    }

    async fn expire_payment(&self, _: &ForeignId, _: Timestamp) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn refund(
        &self,
        _: &ForeignId,
        _: BookingId,
        _: Money,
        _: Timestamp,
    ) -> Result<RefundOutcome, GatewayError> {
        Ok(RefundOutcome::Completed)
    }
}
