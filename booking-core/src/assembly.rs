//! Ready-made beginnings: systems put together from the adapters of this crate.
//!
//! Nothing here is more than a few lines that a host can write itself, and will once it has parts of its own.

use std::sync::Arc;

use crate::adapters::memory::{MemoryDatabase, MemoryNotifier, MemoryStockCache};
use crate::adapters::system::{SystemClock, SystemIds};
use crate::ports::{Clock, IdSource, PaymentGateway};
use crate::service::{BookingSystem, BookingSystemBuilder};

/// Returns the system's clock, and a source of ids that tells the time by it.
pub fn clock_and_ids() -> (Arc<dyn Clock>, Arc<dyn IdSource>) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(SystemIds::new(Arc::clone(&clock)));
    (clock, ids)
}

/// Begins a system that keeps everything in memory and is paid through `gateway`.
pub fn in_memory(gateway: Arc<dyn PaymentGateway>) -> BookingSystemBuilder {
    let (clock, ids) = clock_and_ids();
    let database = MemoryDatabase::new(Arc::clone(&ids));
    BookingSystem::builder()
        .repositories(database.events(), database.bookings())
        .cache(Arc::new(MemoryStockCache::default()))
        .gateway(gateway)
        .notifier(Arc::new(MemoryNotifier::default()))
        .time_and_ids(clock, ids)
}

/// Makes a mock gateway that hands its notifications to a system in the same process, once that is known.
///
/// The gateway and the system need each other, so the second value takes the system when it is built. It does
/// not keep the system alive.
///
/// # Errors
/// - [`BuildError`](crate::adapters::mock_gateway::BuildError) if the builder's settings cannot be used.
#[cfg(feature = "mock-gateway")]
#[cfg_attr(docsrs, doc(cfg(feature = "mock-gateway")))]
pub fn mock_gateway_in_process(
    builder: crate::adapters::mock_gateway::MockGatewayBuilder,
) -> Result<
    (crate::adapters::mock_gateway::MockGateway, impl FnOnce(&BookingSystem)),
    crate::adapters::mock_gateway::BuildError,
> {
    use std::sync::OnceLock;

    use crate::service::{NotificationOutcome, PaymentError, WeakBookingSystem};

    let slot = Arc::new(OnceLock::<WeakBookingSystem>::new());
    let receiver = Arc::clone(&slot);
    let gateway = builder
        .deliver_to(move |message| {
            let system = receiver.get().and_then(WeakBookingSystem::upgrade);
            async move {
                let Some(system) = system else { return 503 };
                match system.payments().take_notification(&message).await {
                    Ok(NotificationOutcome::NotFound) => 404,
                    Ok(_) => 200,
                    Err(PaymentError::Refused(_)) => 401,
                    Err(PaymentError::Service(_)) => 503,
                }
            }
        })
        .build()?;
    Ok((gateway, move |system: &BookingSystem| {
        // The closure can be called once, so the slot is empty.
        let _ = slot.set(system.downgrade());
    }))
}
