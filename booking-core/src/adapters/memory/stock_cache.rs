//! The cache of a single process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;

use super::super::corrections;
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::stock_cache::{CacheError, CacheLookup, Lease, StockCache, Take, TakeOutcome};

/// How long a [`MemoryStockCache`] keeps what, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryCacheSettings {
    /// How long an event is kept, give or take a fifth, so that what was cached together does not end
    /// together.
    pub life: Duration,
    /// How long a lease is good: longer than reading an event ever takes.
    pub lease_life: Duration,
    /// How many events are kept at most. Past that, the one that has the shortest time left goes first.
    pub max_events: usize,
    /// Decides how the lives differ.
    pub seed: u64,
}

impl Default for MemoryCacheSettings {
    fn default() -> Self {
        Self {
            life: Duration::from_mins(1),
            lease_life: Duration::from_secs(5),
            max_events: 10_000,
            seed: 0,
        }
    }
}

/// Keeps events and their counts of tickets in memory, for the one process that it belongs to.
#[derive(Debug, Default)]
pub struct MemoryStockCache {
    settings: MemoryCacheSettings,
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    by_event: BTreeMap<EventId, Slot>,
    /// The ends of all slots, for eviction.
    ends: BTreeSet<(Timestamp, EventId)>,
    /// The last lease that was given out.
    last_token: u64,
}

/// What is kept of one event: it, or the right to fill it in.
#[derive(Debug)]
struct Slot {
    span: Span,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Leased { token: u64 },
    Cached(Entry),
}

#[derive(Debug)]
struct Entry {
    listing: Arc<Listing>,
    available: u32,
    /// What the count was last set to. Takes only lower it from there, so no more than this can be given back.
    most: u32,
    version: u64,
}

/// A span of time.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Timestamp,
    life: Duration,
}

impl Span {
    fn end(self) -> Timestamp {
        self.from.saturating_add(self.life)
    }

    /// Callers race, so some come with a time from just before the beginning. A clock that was set back by
    /// more than the whole life must not make it eternal.
    fn contains(self, now: Timestamp) -> bool {
        now.since(self.from) < self.life && self.from.since(now) < self.life
    }
}

impl Slots {
    /// Returns the slot of an event, unless its time is over.
    fn live(&mut self, event_id: EventId, now: Timestamp) -> Option<&mut Content> {
        self.by_event
            .get_mut(&event_id)
            .filter(|slot| slot.span.contains(now))
            .map(|slot| &mut slot.content)
    }

    fn entry(&mut self, event_id: EventId, now: Timestamp) -> Option<&mut Entry> {
        match self.live(event_id, now)? {
            Content::Cached(entry) => Some(entry),
            Content::Leased { .. } => None,
        }
    }

    fn remove(&mut self, event_id: EventId) {
        if let Some(slot) = self.by_event.remove(&event_id) {
            self.ends.remove(&(slot.span.end(), event_id));
        }
    }

    /// Puts a slot in the place of what was there, and makes room for it.
    fn put(&mut self, event_id: EventId, slot: Slot, max: usize) {
        self.remove(event_id);
        while self.by_event.len() >= max.max(1)
            && let Some((_, first)) = self.ends.first().copied()
        {
            self.remove(first);
        }
        self.ends.insert((slot.span.end(), event_id));
        self.by_event.insert(event_id, slot);
    }
}

impl MemoryStockCache {
    /// Makes an empty cache.
    pub fn new(settings: MemoryCacheSettings) -> Self {
        Self { settings, slots: Mutex::default() }
    }

    fn lock(&self) -> Result<MutexGuard<'_, Slots>, CacheError> {
        self.slots
            .lock()
            .map_err(|_| CacheError::Backend { source: "a write to memory panicked".into() })
    }

    /// Returns a life between 80 and 120 % of the usual one.
    fn life_of(&self, lease: Lease) -> Duration {
        let (high, low) = lease.event_id.as_uuid().as_u64_pair();
        let drawn = mix(mix(mix(self.settings.seed ^ high) ^ low) ^ lease.token) % 401;
        let per_mille = u32::try_from(800 + drawn).unwrap_or(1_000);
        self.settings.life.saturating_mul(per_mille) / 1_000
    }
}

/// Scatters the bits of a number (the finalizer of `SplitMix64` by S. Vigna).
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[async_trait]
impl StockCache for MemoryStockCache {
    async fn find(&self, event_id: EventId, now: Timestamp) -> Result<CacheLookup, CacheError> {
        let cached = {
            let mut slots = self.lock()?;
            match slots.live(event_id, now) {
                Some(Content::Leased { .. }) => return Ok(CacheLookup::Miss { lease: None }),
                Some(Content::Cached(entry)) => (Arc::clone(&entry.listing), entry.available),
                None => {
                    slots.last_token += 1;
                    let token = slots.last_token;
                    let span = Span { from: now, life: self.settings.lease_life };
                    let slot = Slot { span, content: Content::Leased { token } };
                    slots.put(event_id, slot, self.settings.max_events);
                    return Ok(CacheLookup::Miss { lease: Some(Lease { event_id, token }) });
                }
            }
        };
        // A long description is copied after the lock is let go.
        let (listing, available) = cached;
        Ok(CacheLookup::Hit { listing, available })
    }

    async fn fill(
        &self,
        lease: Lease,
        listing: &Listing,
        now: Timestamp,
    ) -> Result<bool, CacheError> {
        let entry = Entry {
            listing: Arc::new(listing.clone()),
            available: listing.stock.available(),
            most: listing.stock.available(),
            version: listing.stock.version(),
        };
        let mut slots = self.lock()?;
        // An event has either a lease or an entry, so a good lease also says that nothing newer is cached.
        let is_good = listing.event.id == lease.event_id
            && matches!(slots.live(lease.event_id, now),
                Some(Content::Leased { token }) if *token == lease.token);
        if is_good {
            let span = Span { from: now, life: self.life_of(lease) };
            let slot = Slot { span, content: Content::Cached(entry) };
            slots.put(lease.event_id, slot, self.settings.max_events);
        }
        Ok(is_good)
    }

    async fn take(&self, batch: &[Take], now: Timestamp) -> Result<Vec<TakeOutcome>, CacheError> {
        let mut slots = self.lock()?;
        let outcomes = batch.iter().map(|take| {
            let Some(entry) = slots.entry(take.event_id, now) else { return TakeOutcome::Miss };
            match entry.available.checked_sub(take.quantity) {
                None => TakeOutcome::TooFew { available: entry.available },
                Some(rest) => {
                    entry.available = rest;
                    TakeOutcome::Taken
                }
            }
        });
        Ok(outcomes.collect())
    }

    async fn give_back(&self, batch: &[Take], now: Timestamp) -> Result<(), CacheError> {
        let mut slots = self.lock()?;
        for take in batch {
            if let Some(entry) = slots.entry(take.event_id, now) {
                entry.available = entry.available.saturating_add(take.quantity).min(entry.most);
            }
        }
        Ok(())
    }

    async fn correct(&self, batch: &[(EventId, Stock)], now: Timestamp) -> Result<(), CacheError> {
        let mut slots = self.lock()?;
        for (event_id, stock) in batch {
            match slots.entry(*event_id, now) {
                Some(entry) if stock.version() > entry.version => {
                    corrections::count(i64::from(stock.available()) - i64::from(entry.available));
                    entry.available = stock.available();
                    entry.most = stock.available();
                    entry.version = stock.version();
                }
                Some(_) => {}
                // A fill that is under way may have been read before this change.
                None => slots.remove(*event_id),
            }
        }
        Ok(())
    }

    async fn clear(&self, events: &[EventId]) -> Result<(), CacheError> {
        let mut slots = self.lock()?;
        for event_id in events {
            slots.remove(*event_id);
        }
        Ok(())
    }

    async fn peek(&self, event_id: EventId, now: Timestamp) -> Result<Option<u32>, CacheError> {
        Ok(self.lock()?.entry(event_id, now).map(|entry| entry.available))
    }

    async fn ping(&self) -> Result<(), CacheError> {
        self.lock().map(drop)
    }
}

#[cfg(test)]
mod tests;
