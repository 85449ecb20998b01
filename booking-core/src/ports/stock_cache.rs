//! The port of the cache in front of the database: events, and how many tickets they have left.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use super::fault::{BoxError, Classify, Effect, Retry};
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;

/// Why a cache did not answer. Nobody is refused because of it: the database decides alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// It cannot be reached, or was too slow.
    #[error("the cache is unavailable")]
    Unavailable {
        /// The driver's error.
        source: BoxError,
    },
    /// It answered something that is not understood.
    #[error("the cache reported an unexpected error")]
    Backend {
        /// The driver's error.
        source: BoxError,
    },
}

impl Classify for CacheError {
    /// A counter may have moved. That is why a call is never repeated: a count that is wrong is put right by
    /// the next [`StockCache::correct`], or ends with its key's life.
    fn effect(&self) -> Effect {
        match self {
            Self::Unavailable { .. } | Self::Backend { .. } => Effect::Unknown,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Unavailable { .. } | Self::Backend { .. } => Retry::Never,
        }
    }
}

/// The right to fill the cache with one event. A [`StockCache::clear`] takes it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The event.
    pub event_id: EventId,
    /// Tells one lease from another.
    pub token: u64,
}

/// What the cache knows of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum CacheLookup {
    /// The event as it was cached. `available` is the count as takes have left it, so it may be lower or
    /// higher than the truth for a moment.
    Hit {
        /// The event, with the stock that it was filled with.
        listing: Arc<Listing>,
        /// The count of tickets left.
        available: u32,
    },
    /// Nothing. Whoever gets a lease reads the database and fills; others read the database and do not.
    Miss {
        /// The right to fill, for one caller at a time.
        lease: Option<Lease>,
    },
}

/// Tickets to be taken from the count of an event, or given back to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Take {
    /// The event.
    pub event_id: EventId,
    /// How many tickets.
    pub quantity: u32,
}

/// What came of a [`Take`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeOutcome {
    /// The count was lowered.
    Taken,
    /// The count is lower than that; it was left alone.
    TooFew {
        /// The count.
        available: u32,
    },
    /// The event is not cached.
    Miss,
}

/// Keeps events and their counts of tickets close at hand. It may be wrong, late or gone at any time.
///
/// # Contract
///
/// 1. A take lowers the count by the whole quantity or not at all; takes that race share out the count exactly
///    once. The count never goes below zero.
/// 2. Neither take, give back nor correction creates an entry.
/// 3. A fill is accepted only under a lease that is still good: not used, not cleared away, not run out. Only
///    one lease of an event is good at a time. A fill older than what is cached is refused, too.
/// 4. A clear removes the entry and its lease, so that a fill that was read before the clear never lands.
/// 5. A correction sets the count to `stock.available()` if `stock.version()` is greater than the entry's, and
///    else does nothing: late, repeated and reordered corrections are harmless. On an event that is not cached
///    it takes the lease away, because a fill under way may be older.
/// 6. An entry lives a bounded time, a minute or so, whatever happens to it.
/// 7. A give back never raises the count above what the last fill or correction set it to. What it gives back may
///    have been taken before that, and is then contained in it already.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait StockCache: Debug + Send + Sync + 'static {
    /// Looks an event up; on a miss, offers a lease.
    async fn find(&self, event_id: EventId, now: Timestamp) -> Result<CacheLookup, CacheError>;

    /// Caches an event under a lease; tells whether it was accepted.
    async fn fill(
        &self,
        lease: Lease,
        listing: &Listing,
        now: Timestamp,
    ) -> Result<bool, CacheError>;

    /// Takes tickets from the counts, one outcome for each, in order.
    async fn take(&self, batch: &[Take], now: Timestamp) -> Result<Vec<TakeOutcome>, CacheError>;

    /// Gives tickets back to the counts of those events that are cached, as far as they are missing there.
    async fn give_back(&self, batch: &[Take], now: Timestamp) -> Result<(), CacheError>;

    /// Corrects the counts to what the database holds.
    async fn correct(&self, batch: &[(EventId, Stock)], now: Timestamp) -> Result<(), CacheError>;

    /// Removes events, and every lease on them.
    async fn clear(&self, events: &[EventId]) -> Result<(), CacheError>;

    /// Returns the count of an event, or `None` if it is not cached. Offers no lease.
    async fn peek(&self, event_id: EventId, now: Timestamp) -> Result<Option<u32>, CacheError>;

    /// Asks the cache whether it answers.
    async fn ping(&self) -> Result<(), CacheError>;
}
const _: fn(&dyn StockCache) = |_| {}; // Stays object safe.
