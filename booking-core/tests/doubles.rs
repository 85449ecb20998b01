//! The `mockall` doubles of the ports, as an embedder's tests use them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use std::sync::Arc;

use booking_core::adapters::memory::{MemoryDatabase, MemoryStockCache};
use booking_core::domain::locale::Locale;
use booking_core::domain::payment::{ForeignId, PaymentLink};
use booking_core::ports::EventRepository;
use booking_core::ports::clock::{MockClock, MockIdSource};
use booking_core::ports::notifier::MockNotifier;
use booking_core::ports::payment_gateway::{GatewayError, MockPaymentGateway};
use booking_core::service::{BookOutcome, BookRequest, BookingSystem};
use booking_core::testkit::{SeededIds, seed};

/// A clock and ids that say what they are told, over the doubles of their ports.
fn clock() -> MockClock {
    let mut clock = MockClock::new();
    clock.expect_now().returning(seed::now);
    clock
}

fn ids() -> MockIdSource {
    use booking_core::ports::IdSource;
    let seeded = SeededIds::new(1, Arc::new(clock()));
    let mut ids = MockIdSource::new();
    ids.expect_next_id().returning(move || seeded.next_id());
    ids
}

async fn book_with(gateway: MockPaymentGateway) -> BookOutcome {
    let database = MemoryDatabase::new(Arc::new(ids()));
    let event = seed::event("Organ").build();
    let events = database.events();
    events.store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();
    let mut notifier = MockNotifier::new();
    notifier.expect_send().never();
    let system = BookingSystem::builder()
        .repositories(events, database.bookings())
        .cache(Arc::new(MemoryStockCache::default()))
        .gateway(Arc::new(gateway))
        .notifier(Arc::new(notifier))
        .time_and_ids(Arc::new(clock()), Arc::new(ids()))
        .build()
        .unwrap();
    let request = BookRequest {
        event_id: event.id,
        quantity: seed::quantity(2),
        customer: seed::customer(),
        locale: Locale::ENGLISH,
        idempotency_key: None,
    };
    system.bookings().book(request).await.unwrap()
}

#[tokio::test]
async fn a_link_that_can_be_signed_is_not_asked_for() {
    let mut gateway = MockPaymentGateway::new();
    gateway.expect_create_payment().never();
    gateway.expect_sign_link().once().returning(|request| {
        assert_eq!(request.amount, seed::money(9_000, "EUR"));
        let payment_id = ForeignId::new("signed").unwrap();
        Some(PaymentLink { payment_id, url: "https://pay.example.org/signed".into() })
    });
    let BookOutcome::Booked(booking) = book_with(gateway).await else { panic!("it is booked") };
    assert_eq!(booking.payment.unwrap().payment_id.as_str(), "signed");
}

#[tokio::test]
async fn a_gateway_that_rejects_is_asked_once() {
    let mut gateway = MockPaymentGateway::new();
    gateway.expect_sign_link().returning(|_| None);
    gateway
        .expect_create_payment()
        .once()
        .returning(|_| Err(GatewayError::Rejected { reason: "closed".to_owned() }));
    assert_eq!(book_with(gateway).await, BookOutcome::GatewayFailed);
}
