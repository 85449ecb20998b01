//! Every way in which the engine is broken on purpose: the simulation has to find each of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use booking_core::adapters::memory::{MemoryDatabase, MemoryStockCache};
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
use booking_core::testkit::simulation::{Setup, Stores};

use crate::cache_flaws::CacheFlaw;
use crate::database_flaws::DatabaseFlaw;
use crate::flawed_bookings::FlawedBookings;
use crate::flawed_events::FlawedEvents;
use crate::worlds::{sound, stores};

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Something in the cache.
    Cache(CacheFlaw),
    /// Something in the database, or in what the engine decides there.
    Database(DatabaseFlaw),
    /// A refusal is repeated for five seconds, not for one.
    RefusalsAreRememberedTooLong,
    /// Some messages are said to be sent, and are not.
    MessagesAreCountedBeforeTheyAreSent,
    /// Some messages make whoever sends them panic.
    SendingPanics,
    /// A part of the money is given back, as if it were all of it.
    RefundsAreShort,
}

impl Flaw {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let cache = CacheFlaw::ALL.into_iter().map(Self::Cache);
        let database = DatabaseFlaw::ALL.into_iter().map(Self::Database);
        cache
            .chain(database)
            .chain([Self::RefusalsAreRememberedTooLong, Self::MessagesAreCountedBeforeTheyAreSent])
            .chain([Self::SendingPanics, Self::RefundsAreShort])
    }

    /// Makes a world in which this is broken.
    pub(crate) fn world(self) -> Setup {
        match self {
            Self::Cache(flaw) => {
                Setup::new(|ids| stores(MemoryDatabase::new(ids)), move || flaw.cache())
            }
            Self::Database(flaw) => Setup::new(
                move |ids| {
                    let database = MemoryDatabase::new(ids);
                    Stores {
                        events: Arc::new(FlawedEvents::new(&database, flaw)),
                        bookings: Arc::new(FlawedBookings::new(&database, flaw)),
                        ..stores(database)
                    }
                },
                || Arc::new(MemoryStockCache::default()),
            ),
            Self::RefusalsAreRememberedTooLong => {
                sound().settings(|settings| settings.refusal_memory = Duration::from_secs(5))
            }
            Self::MessagesAreCountedBeforeTheyAreSent => {
                sound().notifier(|inner| Arc::new(Hasty { inner, messages: AtomicU32::new(0) }))
            }
            Self::SendingPanics => sound().notifier(|inner| Arc::new(Clumsy(inner))),
            Self::RefundsAreShort => sound().gateway(|inner| Arc::new(Stingy(inner))),
        }
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
