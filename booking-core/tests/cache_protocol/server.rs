//! The cache as the instances share it: a server that can restart empty, or go back to an earlier state.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use booking_core::domain::event::Listing;
use booking_core::domain::ids::EventId;
use booking_core::domain::time::Timestamp;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheLookup, Lease};

use crate::op::{Answer, Op, at_once};

/// Makes an empty cache.
pub(crate) type MakeCache = dyn Fn() -> Arc<dyn StockCache> + Send + Sync;

/// Keeps a cache, and the log of what it was asked, from which an earlier state is made again.
pub(crate) struct CacheServer {
    make: Box<MakeCache>,
    state: Mutex<State>,
}

struct State {
    cache: Arc<dyn StockCache>,
    log: Vec<(Op, Option<u64>)>,
    /// The tokens that the clients know, by those that the cache gave out. A cache that was made again gives out
    /// the numbers of before again; two leases with the same token must not come of that.
    tokens: BTreeMap<(EventId, u64), u64>,
    last_token: u64,
}

/// A token that no cache gives out.
const NO_TOKEN: u64 = u64::MAX;

impl fmt::Debug for CacheServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheServer").finish_non_exhaustive()
    }
}

impl CacheServer {
    pub(crate) fn new(make: Box<MakeCache>) -> Self {
        let state =
            State { cache: make(), log: Vec::new(), tokens: BTreeMap::new(), last_token: 0 };
        Self { make, state: Mutex::new(state) }
    }

    pub(crate) fn apply(&self, op: &Op) -> Answer {
        self.lock().apply(op, None)
    }

    /// Goes back to how it was some requests ago; tells how many were forgotten.
    pub(crate) fn forget(&self, requests: usize) -> usize {
        let mut state = self.lock();
        let kept = state.log.len().saturating_sub(requests);
        let forgotten = state.log.len() - kept;
        let mut log = std::mem::take(&mut state.log);
        log.truncate(kept);
        state.cache = (self.make)();
        state.tokens.clear();
        for (op, token) in log {
            state.apply(&op, token);
        }
        forgotten
    }

    /// Restarts empty.
    pub(crate) fn restart(&self) {
        self.forget(usize::MAX);
    }

    /// Returns the count of an event, and leaves everything as it is.
    pub(crate) fn count(&self, event_id: EventId, now: Timestamp) -> Option<u32> {
        let state = self.lock();
        at_once(state.cache.peek(event_id, now)).unwrap()
    }

    /// Returns an event with its count, if it is cached, and leaves everything as it is.
    pub(crate) fn entry(&self, event_id: EventId, now: Timestamp) -> Option<(Arc<Listing>, u32)> {
        let state = self.lock();
        // Looking up what is not there would give a lease out.
        at_once(state.cache.peek(event_id, now)).unwrap()?;
        match at_once(state.cache.find(event_id, now)).unwrap() {
            CacheLookup::Hit { listing, available } => Some((listing, available)),
            CacheLookup::Miss { .. } => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    /// Carries a request out, with the token that it was answered with before if it is played again.
    fn apply(&mut self, op: &Op, known_token: Option<u64>) -> Answer {
        let mut answer = self.translated(op).run(&*self.cache).unwrap();
        let mut token = None;
        if let Answer::Found(CacheLookup::Miss { lease: Some(lease) }) = &mut answer {
            let public = known_token.unwrap_or_else(|| {
                self.last_token += 1;
                self.last_token
            });
            self.tokens.insert((lease.event_id, lease.token), public);
            lease.token = public;
            token = Some(public);
        }
        self.log.push((op.clone(), token));
        answer
    }

    fn translated(&self, op: &Op) -> Op {
        let Op::Fill(lease, listing, now) = op else { return op.clone() };
        let known = self
            .tokens
            .iter()
            .find(|((event_id, _), public)| *event_id == lease.event_id && **public == lease.token);
        let token = known.map_or(NO_TOKEN, |((_, token), _)| *token);
        Op::Fill(Lease { token, ..*lease }, Arc::clone(listing), *now)
    }
}
