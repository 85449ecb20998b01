//! Adapters that keep everything in memory: the reference for all others, and all that a test needs.
//!
//! [`MemoryDatabase`] obeys the same contracts as the databases do, but for durability: its books end with
//! the process. [`MemoryStockCache`] is the cache of a single process.

mod audit;
mod booking_repository;
mod event_repository;
mod notifier;
mod outbox;
mod search;
mod stock_cache;
mod tables;
#[cfg(feature = "testkit")]
mod tampering;

use std::sync::{Arc, Mutex, MutexGuard};

pub use booking_repository::MemoryBookingRepository;
pub use event_repository::MemoryEventRepository;
pub use notifier::MemoryNotifier;
pub use stock_cache::{MemoryCacheSettings, MemoryStockCache};
#[cfg(feature = "testkit")]
#[cfg_attr(docsrs, doc(cfg(feature = "testkit")))]
pub use tampering::Tampering;

#[cfg(feature = "testkit")]
use crate::domain::ids::EventId;
#[cfg(feature = "testkit")]
use crate::domain::ledger::Movement;
use crate::ports::clock::IdSource;
use crate::ports::fault::RepositoryError;
use tables::Tables;

/// Keeps events, bookings and their books in memory. Clones share them.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
/// use booking_core::adapters::memory::MemoryDatabase;
/// use booking_core::adapters::system::{SystemClock, SystemIds};
///
/// let database = MemoryDatabase::new(Arc::new(SystemIds::new(Arc::new(SystemClock))));
/// let (events, bookings) = (database.events(), database.bookings());
/// # let _ = (events, bookings);
/// ```
#[derive(Debug, Clone)]
pub struct MemoryDatabase {
    /// Every method takes the lock once, decides, writes and lets go: that is its transaction. Nothing is
    /// awaited under it.
    tables: Arc<Mutex<Tables>>,
    ids: Arc<dyn IdSource>,
}

impl MemoryDatabase {
    /// Makes an empty database that takes the ids of its notices from `ids`.
    pub fn new(ids: Arc<dyn IdSource>) -> Self {
        Self { tables: Arc::default(), ids }
    }

    /// Returns the port to its events.
    pub fn events(&self) -> Arc<MemoryEventRepository> {
        Arc::new(MemoryEventRepository::new(self.clone()))
    }

    /// Returns the port to its bookings.
    pub fn bookings(&self) -> Arc<MemoryBookingRepository> {
        Arc::new(MemoryBookingRepository::new(self.clone()))
    }

    /// Returns the lines of an event's journal after a version, in order.
    ///
    /// # Panics
    /// If a write panicked before.
    #[cfg(feature = "testkit")]
    #[cfg_attr(docsrs, doc(cfg(feature = "testkit")))]
    pub fn journal(&self, event_id: EventId, after: u64) -> Vec<Movement> {
        let tables = self.tables.lock().expect("no write has panicked");
        let journal = tables.events.get(&event_id).map_or(&[][..], |row| &row.journal);
        journal.iter().filter(|line| line.version > after).copied().collect()
    }

    fn lock(&self) -> Result<MutexGuard<'_, Tables>, RepositoryError> {
        // A write that panicked may have been left half done, and there is no log to roll it back from.
        self.tables
            .lock()
            .map_err(|_| RepositoryError::Backend { source: "a write to memory panicked".into() })
    }
}

#[cfg(test)]
mod tests;
