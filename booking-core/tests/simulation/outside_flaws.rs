//! Ways to break what tells buyers and moves money.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use booking_core::domain::ids::BookingId;
use booking_core::domain::money::Money;
use booking_core::domain::notice::NoticeKind;
use booking_core::domain::payment::{ForeignId, Notification, PaymentLink};
use booking_core::domain::time::Timestamp;
use booking_core::ports::notifier::{BuyerMessage, NotifierError};
use booking_core::ports::payment_gateway::{
    GatewayError, IncomingNotification, NotificationError, PaymentRequest, RefundOutcome,
};
use booking_core::ports::{Notifier, PaymentGateway};
use booking_core::testkit::simulation::Setup;
use booking_core::testkit::witness::Rule;

use crate::worlds::sound;

/// What is broken on the way to the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutsideFlaw {
    /// Some messages are said to be sent, and are not.
    MessagesAreCountedBeforeTheyAreSent,
    /// Buyers are told of something else than happened.
    MessagesAreMixedUp,
    /// Whoever has just booked is reminded at once.
    RemindersComeAtOnce,
    /// Some messages make whoever sends them panic.
    SendingPanics,
    /// A part of the money is given back, as if it were all of it.
    RefundsAreShort,
}

impl OutsideFlaw {
    pub(crate) const ALL: [Self; 5] = [
        Self::MessagesAreCountedBeforeTheyAreSent,
        Self::MessagesAreMixedUp,
        Self::RemindersComeAtOnce,
        Self::SendingPanics,
        Self::RefundsAreShort,
    ];

    /// Returns the rules of which one has to be found broken first.
    pub(crate) const fn breaks(self) -> &'static [Rule] {
        match self {
            Self::MessagesAreCountedBeforeTheyAreSent => &[Rule::EverybodyIsTold],
            Self::MessagesAreMixedUp => &[Rule::AMessageIsTrue],
            Self::RemindersComeAtOnce => &[Rule::NobodyIsRemindedTooEarly],
            Self::SendingPanics => &[Rule::NothingPanics, Rule::EverybodyIsReminded],
            Self::RefundsAreShort => &[Rule::WhatWasNotPaidIsNotGivenBack],
        }
    }

    /// Makes a world in which this is broken.
    pub(crate) fn world(self) -> Setup {
        match self {
            Self::MessagesAreCountedBeforeTheyAreSent => {
                sound().notifier(|inner| Arc::new(Hasty { inner, messages: AtomicU32::new(0) }))
            }
            Self::MessagesAreMixedUp => sound().notifier(|inner| Arc::new(Muddled(inner))),
            Self::RemindersComeAtOnce => sound().notifier(|inner| Arc::new(Eager(inner))),
            Self::SendingPanics => sound().notifier(|inner| Arc::new(Clumsy(inner))),
            Self::RefundsAreShort => sound().gateway(|inner| Arc::new(Stingy(inner))),
        }
    }
}

/// Says of every ticket that it was given up.
#[derive(Debug)]
struct Muddled(Arc<dyn Notifier>);

#[async_trait]
impl Notifier for Muddled {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        let kind = match message.kind {
            NoticeKind::BookingConfirmed => NoticeKind::BookingCancelled,
            kind => kind,
        };
        self.0.send(&BuyerMessage { kind, ..message.clone() }).await
    }
}

/// Reminds together with the confirmation.
#[derive(Debug)]
struct Eager(Arc<dyn Notifier>);

#[async_trait]
impl Notifier for Eager {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        if message.kind == NoticeKind::BookingConfirmed {
            let reminder = BuyerMessage { kind: NoticeKind::EventReminder, ..message.clone() };
            self.0.send(&BuyerMessage { edition: 99, ..reminder }).await?;
        }
        self.0.send(message).await
    }
}

/// Panics at reminders.
#[derive(Debug)]
struct Clumsy(Arc<dyn Notifier>);

#[async_trait]
impl Notifier for Clumsy {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        assert_ne!(message.kind, NoticeKind::EventReminder, "told to panic");
        self.0.send(message).await
    }
}

/// Gives a cent less back than it is asked to.
#[derive(Debug)]
struct Stingy(Arc<dyn PaymentGateway>);

#[async_trait]
impl PaymentGateway for Stingy {
    fn sign_link(&self, request: &PaymentRequest) -> Option<PaymentLink> {
        self.0.sign_link(request)
    }

    async fn create_payment(&self, request: &PaymentRequest) -> Result<PaymentLink, GatewayError> {
        self.0.create_payment(request).await
    }

    fn verify(
        &self,
        message: &IncomingNotification,
        now: Timestamp,
    ) -> Result<Notification, NotificationError> {
        self.0.verify(message, now)
    }

    async fn expire_payment(&self, id: &ForeignId, now: Timestamp) -> Result<(), GatewayError> {
        self.0.expire_payment(id, now).await
    }

    async fn refund(
        &self,
        payment_id: &ForeignId,
        booking_id: BookingId,
        amount: Money,
        now: Timestamp,
    ) -> Result<RefundOutcome, GatewayError> {
        let less = Money::new(amount.amount_minor() - 1, amount.currency()).unwrap();
        self.0.refund(payment_id, booking_id, less, now).await
    }
}

/// Forgets every fifth message.
#[derive(Debug)]
struct Hasty {
    inner: Arc<dyn Notifier>,
    messages: AtomicU32,
}

#[async_trait]
impl Notifier for Hasty {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        match self.messages.fetch_add(1, Ordering::Relaxed) % 5 {
            4 => Ok(()),
            _ => self.inner.send(message).await,
        }
    }
}
