//! The stock cache in Redis 6 or newer, or in a Redis Cluster.
//!
//! # What another client sees
//!
//! Each cached event is one hash, `event:{<id>}`, with the id in its hyphenated form. Other programs may read
//! it, and must not write it:
//!
//! ```text
//! HGETALL event:{0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6b}
//! ```
//!
//! These fields stay as they are from release to release. All are there in every entry; what an event does not
//! have is an empty text. Instants are RFC 3339 in UTC, truth values are `true` and `false`.
//!
//! | field | what it is |
//! | --- | --- |
//! | `id` | the event's id |
//! | `status` | `draft`, `published` or `cancelled` |
//! | `title`, `description`, `category` | texts |
//! | `tags` | a JSON array of texts |
//! | `is_online` | whether it takes place online; then the venue's fields are empty, and else `online_url` |
//! | `online_url` | where to join, if that is public |
//! | `venue_name`, `venue_address`, `city` | texts |
//! | `country` | ISO 3166-1 alpha-2 |
//! | `latitude`, `longitude` | degrees, both or none |
//! | `starts_at`, `ends_at` | instants |
//! | `all_day` | whether only the dates matter |
//! | `timezone` | name of an IANA time zone |
//! | `on_sale_from`, `on_sale_until` | instants, or empty |
//! | `price_minor` | price of a ticket in minor units of `currency` |
//! | `currency` | ISO 4217 |
//! | `max_per_booking` | the most tickets that one booking may be for |
//! | `url`, `image_url` | the event's page and picture |
//! | `created_at`, `updated_at` | instants |
//! | `reminder_minutes` | how long before the event its buyers are reminded; zero means never |
//! | `revision` | how often title, time or place changed since it was published |
//! | `capacity` | how many tickets there are in all |
//! | `instock` | how many can be booked now: neither paid for nor held. Only `HINCRBY` moves it |
//! | `ver` | number of the last change in the database that `instock` is known to contain; a `u64` |
//!
//! The others (`layout`, and what begins with `filled_`) are private. A reader has to allow for this:
//!
//! - No hash, or one without `ver`, says nothing of the event. Ask the database.
//! - `instock` may be wrong for a moment. Nothing is sold by it; the database decides.
//! - An entry ends by itself, 48 to 72 seconds after it was filled, whatever happened to it.
//! - `event:{<id>}:lease` is the right to fill the entry. Whoever changes an event in the database by other
//!   ways deletes both keys afterwards: `DEL event:{<id>} event:{<id>}:lease`, which one slot has.
//!
//! # How it works
//!
//! Every change is a script on the keys of one event, so it is atomic, and works in a cluster. A batch is one
//! script for each event, sent together; between two events nothing is atomic, and nothing has to be. What is
//! not a whole entry of ours is never read as an event: it is a miss, and is removed.
//!
//! A command that was sent is never sent again, unless the server has said that it did not run it (it did not
//! know the script, or the slot is elsewhere). So a count moves once or not at all, and if an answer is lost,
//! nobody knows which. That is put right by the next correction, or ends with the entry.
//!
//! Nothing is connected until it is needed, and a server that is gone is connected to again when it is back.
//! Calls wait for [`RedisCacheSettings::command_timeout`] at most. After a few failures in a row calls to that
//! server fail at once, and one `PING` in a while tries it, in the background, or for [`StockCache::ping`].
//! In a cluster each server is left alone for itself; when another takes its place, the map of slots is asked
//! for anew.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use redis::Value;

use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::stock_cache::{CacheError, CacheLookup, Lease, StockCache, Take, TakeOutcome};

mod answers;
mod breaker;
mod cluster;
mod entry;
mod fault;
mod node;
mod scripts;
mod servers;
mod settings;
mod slots;

use answers::Found;
use fault::Fault;
use scripts::{CLEAR, CORRECT, Call, FILL, FIND, GIVE_BACK, PEEK, Script, TAKE};
use servers::Servers;

pub use breaker::BreakerState;
pub use settings::{RedisCacheSettings, RedisConfigError};

/// Keeps events and their counts of tickets in Redis, for all processes that use the same.
#[derive(Debug)]
pub struct RedisStockCache {
    settings: RedisCacheSettings,
    servers: Servers,
    /// Makes the leases of this cache differ from those of all others. Where the settings' seed is the same
    /// everywhere, equal leases would let a fill land that was cleared away.
    origin: RandomState,
    leases: AtomicU64,
}

impl RedisStockCache {
    /// Makes a cache of one server, given by one URL, or of a Redis Cluster, given by the URLs of several of
    /// its nodes. Nodes that are not named are found; the first URL says by which user, password and
    /// encryption they are reached.
    ///
    /// Nothing is connected yet, so that a service starts while Redis is down.
    ///
    /// # Errors
    /// [`RedisConfigError`], if a URL cannot be used. It does not repeat the URL.
    pub fn connect(
        urls: &[String],
        settings: RedisCacheSettings,
    ) -> Result<Self, RedisConfigError> {
        let servers = Servers::new(urls, settings)?;
        Ok(Self { settings, servers, origin: RandomState::new(), leases: AtomicU64::new(0) })
    }

    /// Returns whether the servers are used; of several the worst.
    pub fn breaker_state(&self) -> BreakerState {
        self.servers.breaker_state()
    }

    fn next_token(&self) -> u64 {
        self.origin.hash_one(self.leases.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns a life between 80 and 120 % of the usual one.
    fn life_of(&self, lease: Lease) -> Duration {
        let drawn = mix(mix(self.settings.seed) ^ lease.token) % 401;
        let per_mille = u32::try_from(800 + drawn).unwrap_or(1_000);
        self.settings.life.saturating_mul(per_mille) / 1_000
    }

    async fn call(
        &self,
        script: &'static Script,
        event_id: EventId,
        args: Vec<String>,
    ) -> Result<Value, CacheError> {
        let mut answers = self.servers.run(&[Call::new(script, event_id, args)]).await;
        Ok(answers.pop().unwrap_or(Err(Fault::backend("no answer")))?)
    }

    /// Runs a script on each event of a batch, once for each. All are tried; the first failure is returned.
    async fn call_each(
        &self,
        script: &'static Script,
        args: BTreeMap<EventId, Vec<String>>,
    ) -> Result<Vec<Value>, CacheError> {
        let calls: Vec<Call> =
            args.into_iter().map(|(id, args)| Call::new(script, id, args)).collect();
        let answers = self.servers.run(&calls).await;
        Ok(answers.into_iter().collect::<Result<_, Fault>>()?)
    }

    async fn look_up(&self, event_id: EventId) -> Result<Found, CacheError> {
        let token = self.next_token();
        let args = vec![token.to_string(), millis(self.settings.lease_life)];
        let answer = self.call(&FIND, event_id, args).await?;
        Ok(answers::found(answer, Lease { event_id, token })?)
    }
}

/// Returns a span as Redis takes it: whole milliseconds, at least one.
fn millis(span: Duration) -> String {
    span.as_millis().max(1).to_string()
}

/// Scatters the bits of a number (the finalizer of `SplitMix64` by S. Vigna).
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[async_trait]
impl StockCache for RedisStockCache {
    async fn find(&self, event_id: EventId, _now: Timestamp) -> Result<CacheLookup, CacheError> {
        for _ in 0..2 {
            match self.look_up(event_id).await? {
                Found::Lookup(lookup) => return Ok(lookup),
                // Somebody wrote into it. Without it the next look finds what is right, or a lease.
                Found::Unreadable => self.clear(&[event_id]).await?,
            }
        }
        Ok(CacheLookup::Miss { lease: None })
    }

    async fn fill(
        &self,
        lease: Lease,
        listing: &Listing,
        _now: Timestamp,
    ) -> Result<bool, CacheError> {
        let Some(fields) = entry::write(listing).filter(|_| listing.event.id == lease.event_id)
        else {
            return Ok(false);
        };
        let mut args = vec![
            lease.token.to_string(),
            millis(self.life_of(lease)),
            listing.stock.version().to_string(),
        ];
        args.extend(fields);
        Ok(self.call(&FILL, lease.event_id, args).await? == Value::Int(1))
    }

    async fn take(&self, batch: &[Take], _now: Timestamp) -> Result<Vec<TakeOutcome>, CacheError> {
        let mut places: BTreeMap<EventId, Vec<usize>> = BTreeMap::new();
        for (place, take) in batch.iter().enumerate() {
            places.entry(take.event_id).or_default().push(place);
        }
        let calls: Vec<Call> = places
            .iter()
            .map(|(event_id, places)| {
                let quantities = places.iter().map(|place| batch[*place].quantity.to_string());
                Call::new(&TAKE, *event_id, quantities.collect())
            })
            .collect();
        let answers = self.servers.run(&calls).await;
        let mut outcomes = vec![TakeOutcome::Miss; batch.len()];
        let mut failure = None;
        let mut has_answer = batch.is_empty();
        for (places, answer) in places.values().zip(answers) {
            match answer.and_then(|answer| answers::taken(answer, places.len())) {
                Ok(Some(taken)) => {
                    has_answer = true;
                    for (place, outcome) in places.iter().zip(taken) {
                        outcomes[*place] = outcome;
                    }
                }
                Ok(None) => has_answer = true,
                Err(fault) => failure = Some(fault),
            }
        }
        // What one server of a cluster does not answer must not lose what the others have taken: to the caller
        // those events are as good as not cached.
        match failure {
            Some(fault) if !has_answer => Err(fault.into()),
            _ => Ok(outcomes),
        }
    }

    async fn give_back(&self, batch: &[Take], _now: Timestamp) -> Result<(), CacheError> {
        let mut sums: BTreeMap<EventId, u64> = BTreeMap::new();
        for take in batch {
            *sums.entry(take.event_id).or_default() += u64::from(take.quantity);
        }
        let args = sums.into_iter().map(|(id, sum)| (id, vec![sum.to_string()])).collect();
        self.call_each(&GIVE_BACK, args).await.map(drop)
    }

    async fn correct(&self, batch: &[(EventId, Stock)], _now: Timestamp) -> Result<(), CacheError> {
        let mut args: BTreeMap<EventId, Vec<String>> = BTreeMap::new();
        for (event_id, stock) in batch {
            args.entry(*event_id)
                .or_default()
                .extend([stock.version().to_string(), stock.available().to_string()]);
        }
        let drifts = self.call_each(&CORRECT, args).await?;
        drifts.iter().filter_map(answers::drift).for_each(super::corrections::count);
        Ok(())
    }

    async fn clear(&self, events: &[EventId]) -> Result<(), CacheError> {
        let args = events.iter().map(|id| (*id, Vec::new())).collect();
        self.call_each(&CLEAR, args).await.map(drop)
    }

    async fn peek(&self, event_id: EventId, _now: Timestamp) -> Result<Option<u32>, CacheError> {
        Ok(answers::counted(&self.call(&PEEK, event_id, Vec::new()).await?)?)
    }

    async fn ping(&self) -> Result<(), CacheError> {
        Ok(self.servers.ping().await?)
    }
}
