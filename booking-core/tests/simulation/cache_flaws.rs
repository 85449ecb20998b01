//! Ways to break the cache on purpose.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use booking_core::adapters::memory::{MemoryCacheSettings, MemoryStockCache};
use booking_core::domain::event::{Event, EventStatus, Listing};
use booking_core::domain::ids::EventId;
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheError, CacheLookup, Lease, Take, TakeOutcome};
use booking_core::testkit::seed;
use booking_core::testkit::witness::Rule;

/// What is broken in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheFlaw {
    /// Any fill is taken, whatever became of its lease.
    FillNeedsNoLease,
    /// A clear removes the entry, but not a lease.
    ClearKeepsLease,
    /// A clear does nothing.
    ClearDoesNothing,
    /// An older correction goes over a newer one.
    CorrectionIgnoresVersion,
    /// A correction of what is not cached leaves the lease alone.
    CorrectionKeepsLease,
    /// A correction does nothing.
    CorrectionDoesNothing,
    /// Tickets that are given back make an entry where there is none, as a bare `HINCRBY` would.
    GivingBackCreates,
    /// What is given back is lost.
    GivingBackDoesNothing,
    /// A take of more than there is takes what there is.
    TakeOverdraws,
    /// An entry lives for ever.
    EntryNeverEnds,
    /// A lease that nobody used is never given out again.
    LeaseNeverEnds,
    /// More tickets are shown than there ever were.
    CountsAreTooHigh,
    /// A correction of what is not cached caches it.
    CorrectionFills,
}

impl CacheFlaw {
    pub(crate) const ALL: [Self; 13] = [
        Self::FillNeedsNoLease,
        Self::ClearKeepsLease,
        Self::ClearDoesNothing,
        Self::CorrectionIgnoresVersion,
        Self::CorrectionKeepsLease,
        Self::CorrectionDoesNothing,
        Self::GivingBackCreates,
        Self::GivingBackDoesNothing,
        Self::TakeOverdraws,
        Self::EntryNeverEnds,
        Self::LeaseNeverEnds,
        Self::CountsAreTooHigh,
        Self::CorrectionFills,
    ];

    /// Returns the rules of which one has to be found broken first.
    pub(crate) const fn breaks(self) -> &'static [Rule] {
        match self {
            Self::FillNeedsNoLease
            | Self::ClearKeepsLease
            | Self::ClearDoesNothing
            | Self::CorrectionKeepsLease => &[Rule::WhatIsClearedIsGone],
            Self::CorrectionIgnoresVersion
            | Self::CorrectionDoesNothing
            | Self::GivingBackDoesNothing => &[Rule::TheCacheComesRight],
            Self::GivingBackCreates => &[Rule::WhatIsReadWasTrue, Rule::WhatIsClearedIsGone],
            Self::TakeOverdraws => &[Rule::WhatIsTakenIsGone],
            Self::EntryNeverEnds => &[Rule::WhatIsReadIsNotOld, Rule::AnEntryEnds],
            Self::LeaseNeverEnds => &[Rule::AnEventCanBeCached],
            Self::CountsAreTooHigh => &[Rule::TheCacheHasOnlyWhatThereIs],
            Self::CorrectionFills => &[Rule::TheCacheIsFilled],
        }
    }

    /// Makes a cache that is broken in this way.
    pub(crate) fn cache(self) -> Arc<dyn StockCache> {
        const FOR_EVER: Duration = Duration::from_hours(24);
        let mut settings = MemoryCacheSettings::default();
        match self {
            Self::EntryNeverEnds => settings.life = FOR_EVER,
            Self::LeaseNeverEnds => settings.lease_life = FOR_EVER,
            _ => {}
        }
        Arc::new(FlawedCache {
            flaw: self,
            inner: MemoryStockCache::new(settings),
            bogus: Mutex::default(),
            corrections: AtomicU64::new(0),
            last_filled: Mutex::default(),
            last_seen: Mutex::new(seed::now()),
        })
    }
}

/// A cache that is broken in one way.
#[derive(Debug)]
struct FlawedCache {
    flaw: CacheFlaw,
    inner: MemoryStockCache,
    /// Entries that a give-back made.
    bogus: Mutex<BTreeMap<EventId, u32>>,
    corrections: AtomicU64,
    /// What was last filled in.
    last_filled: Mutex<BTreeMap<EventId, Listing>>,
    /// The time of the last look-up: a clear is not told the time.
    last_seen: Mutex<Timestamp>,
}

impl FlawedCache {
    async fn is_cached(&self, event_id: EventId, now: Timestamp) -> Result<bool, CacheError> {
        Ok(self.inner.peek(event_id, now).await?.is_some())
    }
}

#[async_trait]
impl StockCache for FlawedCache {
    async fn find(&self, event_id: EventId, now: Timestamp) -> Result<CacheLookup, CacheError> {
        *self.last_seen.lock().unwrap() = now;
        let bogus = self.bogus.lock().unwrap().get(&event_id).copied();
        let Some(available) = bogus else {
            let found = self.inner.find(event_id, now).await?;
            return Ok(match found {
                CacheLookup::Hit { listing, available }
                    if self.flaw == CacheFlaw::CountsAreTooHigh =>
                {
                    CacheLookup::Hit { listing, available: available + 10 }
                }
                found => found,
            });
        };
        let details = seed::event("").with(|draft| "?".clone_into(&mut draft.title)).details();
        let event = Event::entered(event_id, details, EventStatus::Published, now);
        let stock = Stock::new(seed::capacity(available));
        Ok(CacheLookup::Hit { listing: Arc::new(Listing { event, stock }), available })
    }

    async fn fill(
        &self,
        lease: Lease,
        listing: &Listing,
        now: Timestamp,
    ) -> Result<bool, CacheError> {
        self.last_filled.lock().unwrap().insert(lease.event_id, listing.clone());
        if self.flaw != CacheFlaw::FillNeedsNoLease {
            return self.inner.fill(lease, listing, now).await;
        }
        self.inner.clear(&[lease.event_id]).await?;
        match self.inner.find(lease.event_id, now).await? {
            CacheLookup::Miss { lease: Some(lease) } => self.inner.fill(lease, listing, now).await,
            _ => Ok(false),
        }
    }

    async fn take(&self, batch: &[Take], now: Timestamp) -> Result<Vec<TakeOutcome>, CacheError> {
        let mut outcomes = self.inner.take(batch, now).await?;
        if self.flaw == CacheFlaw::TakeOverdraws {
            for (take, outcome) in batch.iter().zip(&mut outcomes) {
                if let TakeOutcome::TooFew { available } = *outcome {
                    let rest = Take { quantity: available, ..*take };
                    self.inner.take(&[rest], now).await?;
                    *outcome = TakeOutcome::Taken;
                }
            }
        }
        Ok(outcomes)
    }

    async fn give_back(&self, batch: &[Take], now: Timestamp) -> Result<(), CacheError> {
        if self.flaw == CacheFlaw::GivingBackDoesNothing {
            return Ok(());
        }
        for take in batch {
            if self.flaw == CacheFlaw::GivingBackCreates
                && !self.is_cached(take.event_id, now).await?
            {
                *self.bogus.lock().unwrap().entry(take.event_id).or_default() += take.quantity;
            }
        }
        self.inner.give_back(batch, now).await
    }

    async fn correct(&self, batch: &[(EventId, Stock)], now: Timestamp) -> Result<(), CacheError> {
        for (event_id, stock) in batch {
            let stock = match self.flaw {
                CacheFlaw::CorrectionDoesNothing => continue,
                CacheFlaw::CorrectionKeepsLease if !self.is_cached(*event_id, now).await? => {
                    continue;
                }
                CacheFlaw::CorrectionFills if !self.is_cached(*event_id, now).await? => {
                    let last = self.last_filled.lock().unwrap().get(event_id).cloned();
                    if let (Some(mut listing), CacheLookup::Miss { lease: Some(lease) }) =
                        (last, self.inner.find(*event_id, now).await?)
                    {
                        listing.stock = *stock;
                        self.inner.fill(lease, &listing, now).await?;
                    }
                    continue;
                }
                CacheFlaw::CorrectionIgnoresVersion => {
                    // Newer than anything, and each newer than the last.
                    let number = self.corrections.fetch_add(1, Ordering::Relaxed);
                    let version = u64::MAX / 2 + number;
                    Stock::restore(stock.capacity(), stock.stock(), stock.held(), version).unwrap()
                }
                _ => *stock,
            };
            self.inner.correct(&[(*event_id, stock)], now).await?;
        }
        Ok(())
    }

    async fn clear(&self, events: &[EventId]) -> Result<(), CacheError> {
        for event_id in events {
            match self.flaw {
                CacheFlaw::ClearDoesNothing => continue,
                CacheFlaw::ClearKeepsLease => {
                    let now = *self.last_seen.lock().unwrap();
                    if !self.is_cached(*event_id, now).await? {
                        continue;
                    }
                }
                _ => {}
            }
            self.bogus.lock().unwrap().remove(event_id);
            self.inner.clear(&[*event_id]).await?;
        }
        Ok(())
    }

    async fn peek(&self, event_id: EventId, now: Timestamp) -> Result<Option<u32>, CacheError> {
        // Bogus entries are left out, so that only whoever reads them can tell.
        self.inner.peek(event_id, now).await
    }

    async fn ping(&self) -> Result<(), CacheError> {
        self.inner.ping().await
    }
}
