//! A system to try things on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use booking_core::adapters::memory::{MemoryDatabase, MemoryNotifier, MemoryStockCache};
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::assembly;
use booking_core::domain::booking::{Booking, BookingStatus, IdempotencyKey};
use booking_core::domain::event::Listing;
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::locale::Locale;
use booking_core::domain::money::Money;
use booking_core::domain::payment::{ForeignId, Notification, PaymentLink};
use booking_core::domain::time::Timestamp;
use booking_core::ports::payment_gateway::{
    GatewayError, IncomingNotification, NotificationError, PaymentRequest, RefundOutcome,
};
use booking_core::ports::{
    BookingRepository, EventRepository, IdSource, Notifier, PaymentGateway, StockCache,
};
use booking_core::service::{
    BookOutcome, BookRequest, BookingSystem, BookingSystemBuilder, ServiceError,
};
use booking_core::testkit::seed::EventSeed;
use booking_core::testkit::{ManualClock, SeededIds, assert_books_balance, seed};

/// A system in memory with everything that a test wants to look at.
pub(crate) struct Bench {
    pub(crate) system: BookingSystem,
    pub(crate) gateway: MockGateway,
    pub(crate) clock: ManualClock,
    pub(crate) notifier: MemoryNotifier,
    pub(crate) cache: Arc<MemoryStockCache>,
    pub(crate) events: Arc<dyn EventRepository>,
    pub(crate) bookings: Arc<dyn BookingRepository>,
}

/// The parts before they are put together, for tests that replace some.
pub(crate) struct Parts {
    pub(crate) clock: ManualClock,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) database: MemoryDatabase,
    pub(crate) cache: Arc<MemoryStockCache>,
    pub(crate) notifier: MemoryNotifier,
}

impl Parts {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::default();
        let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(7, Arc::new(clock.clone())));
        Self {
            database: MemoryDatabase::new(Arc::clone(&ids)),
            cache: Arc::new(MemoryStockCache::default()),
            notifier: MemoryNotifier::default(),
            clock,
            ids,
        }
    }

    pub(crate) fn builder(&self, gateway: Arc<dyn PaymentGateway>) -> BookingSystemBuilder {
        BookingSystem::builder()
            .repositories(self.database.events(), self.database.bookings())
            .cache(Arc::clone(&self.cache) as Arc<dyn StockCache>)
            .gateway(gateway)
            .notifier(Arc::new(self.notifier.clone()) as Arc<dyn Notifier>)
            .time_and_ids(Arc::new(self.clock.clone()), Arc::clone(&self.ids))
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(change: impl FnOnce(BookingSystemBuilder) -> BookingSystemBuilder) -> Self {
        let parts = Parts::new();
        let secrets = IpnSecrets::parse("a secret of sixteen bytes or more").unwrap();
        let clock = Arc::new(parts.clock.clone());
        let builder = MockGateway::builder(secrets, clock, Arc::clone(&parts.ids));
        let (gateway, connect) = assembly::mock_gateway_in_process(builder).unwrap();
        let system = change(parts.builder(Arc::new(gateway.clone()))).build().unwrap();
        connect(&system);
        let (events, bookings) = (parts.database.events(), parts.database.bookings());
        let Parts { clock, cache, notifier, .. } = parts;
        Self { system, gateway, clock, notifier, cache, events, bookings }
    }

    /// Stores an event.
    pub(crate) async fn stage(&self, event: EventSeed) -> EventId {
        let event = event.build();
        let stored = self.events.store_events(std::slice::from_ref(&event), seed::now()).await;
        stored.unwrap();
        event.id
    }

    pub(crate) async fn book(&self, event_id: EventId, quantity: u32) -> BookOutcome {
        self.try_book(event_id, quantity).await.unwrap()
    }

    pub(crate) async fn try_book(
        &self,
        event_id: EventId,
        quantity: u32,
    ) -> Result<BookOutcome, ServiceError> {
        self.system.bookings().book(request(event_id, quantity)).await
    }

    pub(crate) async fn booked(&self, event_id: EventId, quantity: u32) -> Booking {
        booked(self.book(event_id, quantity).await)
    }

    pub(crate) async fn find(&self, id: BookingId) -> Booking {
        self.system.bookings().find(id).await.unwrap().unwrap()
    }

    pub(crate) async fn status(&self, id: BookingId) -> BookingStatus {
        self.find(id).await.status
    }

    /// What the database says of an event.
    pub(crate) async fn listing(&self, event_id: EventId) -> Listing {
        self.events.find_event(event_id).await.unwrap().unwrap()
    }

    /// (available, held, sold) by the database.
    pub(crate) async fn counts(&self, event_id: EventId) -> (u32, u32, u32) {
        let stock = self.listing(event_id).await.stock;
        (stock.available(), stock.held(), stock.sold())
    }

    /// Lets the buyer pay, and the notification arrive.
    pub(crate) async fn pay(&self, booking: &Booking) {
        self.gateway.pay_now(booking.payment.as_ref().unwrap()).await.unwrap();
        self.gateway.deliver_due().await;
    }

    pub(crate) async fn assert_balanced(&self) {
        assert_books_balance(&*self.bookings).await;
    }
}

pub(crate) fn request(event_id: EventId, quantity: u32) -> BookRequest {
    BookRequest {
        event_id,
        quantity: seed::quantity(quantity),
        customer: seed::customer(),
        locale: Locale::ENGLISH,
        idempotency_key: None,
    }
}

pub(crate) fn request_with_key(event_id: EventId, quantity: u32, key: &str) -> BookRequest {
    let idempotency_key = Some(IdempotencyKey::new(key).unwrap());
    BookRequest { idempotency_key, ..request(event_id, quantity) }
}

pub(crate) fn booked(outcome: BookOutcome) -> Booking {
    match outcome {
        BookOutcome::Booked(booking) => booking,
        other => panic!("expected a booking, not {other:?}"),
    }
}

/// A gateway that has to be asked for each link, and answers as a test tells it to.
#[derive(Debug, Default)]
pub(crate) struct RemoteGateway {
    failures: Mutex<Vec<GatewayError>>,
    pub(crate) created: AtomicUsize,
    pub(crate) expired: Mutex<Vec<ForeignId>>,
    pub(crate) refunded: Mutex<Vec<(BookingId, Money)>>,
}

impl RemoteGateway {
    /// Lets the next calls that make or give back a payment fail, the last one first.
    pub(crate) fn fail(&self, failures: Vec<GatewayError>) {
        *self.failures.lock().unwrap() = failures;
    }

    fn next_failure(&self) -> Result<(), GatewayError> {
        self.failures.lock().unwrap().pop().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl PaymentGateway for RemoteGateway {
    async fn create_payment(&self, request: &PaymentRequest) -> Result<PaymentLink, GatewayError> {
        self.created.fetch_add(1, Ordering::Relaxed);
        self.next_failure()?;
        let payment_id = ForeignId::new(format!("remote-{}", request.booking_id)).unwrap();
        Ok(PaymentLink { url: format!("https://pay.example.org/{payment_id}").into(), payment_id })
    }

    fn verify(
        &self,
        _: &IncomingNotification,
        _: Timestamp,
    ) -> Result<Notification, NotificationError> {
        Err(NotificationError::BadSignature("this gateway sends none"))
    }

    async fn expire_payment(&self, id: &ForeignId, _: Timestamp) -> Result<(), GatewayError> {
        self.expired.lock().unwrap().push(id.clone());
        Ok(())
    }

    async fn refund(
        &self,
        _: &ForeignId,
        booking_id: BookingId,
        amount: Money,
        _: Timestamp,
    ) -> Result<RefundOutcome, GatewayError> {
        self.next_failure()?;
        self.refunded.lock().unwrap().push((booking_id, amount));
        Ok(RefundOutcome::Completed)
    }
}
