//! The adapters that are simulated.

use std::sync::Arc;

use booking_core::adapters::memory::{MemoryDatabase, MemoryStockCache};
use booking_core::testkit::simulation::{Setup, Stores};

/// The ports of a database in memory.
pub(crate) fn stores(database: MemoryDatabase) -> Stores {
    Stores {
        events: database.events(),
        bookings: database.bookings(),
        journal: Arc::new(move |event_id, after| database.journal(event_id, after)),
    }
}

/// A world in which nothing is broken.
pub(crate) fn sound() -> Setup {
    Setup::new(|ids| stores(MemoryDatabase::new(ids)), || Arc::new(MemoryStockCache::default()))
}
