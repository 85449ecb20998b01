//! The adapters in memory keep every contract.

use std::sync::Arc;
use std::time::Duration;

use booking_core::adapters::memory::{
    MemoryCacheSettings, MemoryDatabase, MemoryNotifier, MemoryStockCache,
};
use booking_core::ports::{Notifier, StockCache};
use booking_core::testkit::notifier::{Delivered, NotifierHarness};
use booking_core::testkit::stock_cache::StockCacheHarness;
use booking_core::testkit::{Harness, ManualClock, Repositories, RepositoryHarness, SeededIds};

struct Memory;

impl Harness for Memory {}

impl RepositoryHarness for Memory {
    type Guard = ();

    async fn fresh(&self) -> (Repositories, ()) {
        let ids = SeededIds::new(1, Arc::new(ManualClock::default()));
        let database = MemoryDatabase::new(Arc::new(ids));
        (Repositories { events: database.events(), bookings: database.bookings() }, ())
    }
}

impl StockCacheHarness for Memory {
    type Guard = ();

    async fn fresh(&self) -> (Arc<dyn StockCache>, ()) {
        (Arc::new(MemoryStockCache::new(MemoryCacheSettings::default())), ())
    }

    fn longest_life(&self) -> Duration {
        MemoryCacheSettings::default().life * 6 / 5
    }

    fn longest_lease(&self) -> Duration {
        MemoryCacheSettings::default().lease_life
    }
}

impl NotifierHarness for Memory {
    type Guard = MemoryNotifier;

    async fn fresh(&self) -> (Arc<dyn Notifier>, MemoryNotifier) {
        let notifier = MemoryNotifier::default();
        (Arc::new(notifier.clone()), notifier)
    }

    async fn delivered(&self, notifier: &MemoryNotifier) -> Vec<Delivered> {
        notifier
            .messages()
            .into_iter()
            .map(|message| Delivered {
                identity: message.identity(),
                recipients: vec![message.booking.customer.email().to_owned()],
                text: message.event.details.title.clone(),
            })
            .collect()
    }
}

booking_core::event_repository_contract!(Memory);
booking_core::booking_repository_contract!(Memory);
booking_core::stock_cache_contract!(Memory);
booking_core::notifier_contract!(Memory);
