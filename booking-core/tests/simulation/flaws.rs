//! Every way in which the engine is broken on purpose: the simulation has to find each of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use booking_core::adapters::memory::{MemoryDatabase, MemoryStockCache};
use booking_core::ports::Notifier;
use booking_core::ports::notifier::{BuyerMessage, NotifierError};
use booking_core::testkit::simulation::{Setup, Stores};

use crate::cache_flaws::CacheFlaw;
use crate::database_flaws::{DatabaseFlaw, FlawedBookings, FlawedEvents};
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
}

impl Flaw {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let cache = CacheFlaw::ALL.into_iter().map(Self::Cache);
        let database = DatabaseFlaw::ALL.into_iter().map(Self::Database);
        cache
            .chain(database)
            .chain([Self::RefusalsAreRememberedTooLong, Self::MessagesAreCountedBeforeTheyAreSent])
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
        }
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
