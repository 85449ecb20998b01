//! The ports of the gateway and of the notifier, on the wire of an instance.

use std::sync::Arc;

use async_trait::async_trait;

use super::trouble::Loss;
use super::wire::Wire;
use super::world::World;
use crate::domain::ids::BookingId;
use crate::domain::money::Money;
use crate::domain::notice::NoticeKind;
use crate::domain::payment::{ForeignId, Notification, PaymentLink};
use crate::domain::time::Timestamp;
use crate::ports::notifier::{BuyerMessage, NotifierError};
use crate::ports::payment_gateway::{
    GatewayError, IncomingNotification, NotificationError, PaymentRequest, RefundOutcome,
};
use crate::ports::{Notifier, PaymentGateway};
use crate::testkit::lock::lock;

/// Addresses that begin so do not exist: whatever is sent there is refused for good.
pub(super) const NOBODY: &str = "nobody-";

fn gateway_failed(loss: Loss) -> GatewayError {
    match loss {
        Loss::Answer | Loss::RequestUnknown => {
            GatewayError::OutcomeUnknown { source: "the connection broke".into() }
        }
        Loss::Request | Loss::Nothing | Loss::Contention | Loss::Odd => {
            GatewayError::Unreachable { source: "the connection was refused".into() }
        }
    }
}

/// A booking for which an instance asks for a link. Unless it comes, it is known that there was none.
struct Unlinked<'a> {
    world: &'a World,
    asked: Option<(BookingId, u32)>,
}

impl Drop for Unlinked<'_> {
    fn drop(&mut self) {
        if let Some(asked) = self.asked {
            self.world.witness.facts().links_failed.insert(asked);
        }
    }
}

#[async_trait]
impl PaymentGateway for Wire {
    fn sign_link(&self, request: &PaymentRequest) -> Option<PaymentLink> {
        self.world.gateway.sign_link(request)
    }

    async fn create_payment(&self, request: &PaymentRequest) -> Result<PaymentLink, GatewayError> {
        let asked = (request.booking_id, self.line.number);
        let mut unlinked = Unlinked { world: &self.world, asked: Some(asked) };
        let (gateway, request) = (Arc::clone(&self.world.gateway), request.clone());
        let call = async move { gateway.create_payment(&request).await };
        let created = self.ask("create payment", call, |_| {}).await;
        let created = created.unwrap_or_else(|loss| Err(gateway_failed(loss)));
        if created.is_ok() {
            unlinked.asked = None;
            self.world.witness.facts().links_failed.remove(&asked);
        }
        created
    }

    fn verify(
        &self,
        message: &IncomingNotification,
        now: Timestamp,
    ) -> Result<Notification, NotificationError> {
        self.world.gateway.verify(message, now)
    }

    async fn expire_payment(
        &self,
        payment_id: &ForeignId,
        now: Timestamp,
    ) -> Result<(), GatewayError> {
        let (gateway, payment_id) = (Arc::clone(&self.world.gateway), payment_id.clone());
        let call = async move { gateway.expire_payment(&payment_id, now).await };
        self.ask("expire payment", call, |_| {})
            .await
            .unwrap_or_else(|loss| Err(gateway_failed(loss)))
    }

    async fn refund(
        &self,
        payment_id: &ForeignId,
        booking_id: BookingId,
        amount: Money,
        now: Timestamp,
    ) -> Result<RefundOutcome, GatewayError> {
        let (gateway, payment_id) = (Arc::clone(&self.world.gateway), payment_id.clone());
        let world = Arc::clone(&self.world);
        let call = async move {
            let answer = gateway.refund(&payment_id, booking_id, amount, now).await;
            world.carry_slips();
            answer
        };
        self.ask("refund", call, |_| {}).await.unwrap_or_else(|loss| Err(gateway_failed(loss)))
    }
}

#[async_trait]
impl Notifier for Wire {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        if message.booking.customer.email().starts_with(NOBODY) {
            self.line.alive().await;
            lock(&self.world.undeliverable).insert((message.booking.id, message.kind));
            return Err(NotifierError::Permanent { reason: "nobody has this address".to_owned() });
        }
        let (notifier, message) = (Arc::clone(&self.world.notifier), message.clone());
        let (world, line) = (Arc::clone(&self.world), Arc::clone(&self.line));
        let identity = message.identity();
        let (sent, unheard) = (identity.clone(), identity);
        let call = async move {
            let answer = notifier.send(&message).await;
            let is_reminder = message.kind == NoticeKind::EventReminder;
            world.trace.count(if is_reminder { "reminders" } else { "messages" });
            world.say(&format!("i{}", line.number), || format!("sends {:?}", message.kind));
            line.note_sent(sent);
            answer
        };
        match self.ask("send", call, move |world| world.excuse(unheard)).await {
            Ok(sent) => sent,
            Err(Loss::Answer | Loss::RequestUnknown) => {
                Err(NotifierError::Temporary { source: "the connection broke".into() })
            }
            Err(Loss::Request | Loss::Nothing | Loss::Contention | Loss::Odd) => {
                Err(NotifierError::Unreachable { source: "the connection was refused".into() })
            }
        }
    }
}
