//! The cache as the instances share it: a server that can restart empty, or go back to an earlier state.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use super::op::{Answer, Op, at_once};
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::time::Timestamp;
use crate::ports::StockCache;
use crate::ports::stock_cache::{CacheLookup, Lease};
use crate::testkit::lock::lock;

/// Makes an empty cache.
pub(super) type MakeCache = Arc<dyn Fn() -> Arc<dyn StockCache> + Send + Sync>;

/// Keeps a cache, and the log of what it was asked, from which an earlier state is made again.
pub(super) struct CacheServer {
    make: MakeCache,
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
    pub(super) fn new(make: MakeCache) -> Self {
        let state =
            State { cache: make(), log: Vec::new(), tokens: BTreeMap::new(), last_token: 0 };
        Self { make, state: Mutex::new(state) }
    }

    pub(super) fn apply(&self, op: &Op) -> Answer {
        self.lock().apply(op, None)
    }

    /// Goes back to how it was some requests ago; tells how many were forgotten.
    pub(super) fn forget(&self, requests: usize) -> usize {
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
    pub(super) fn restart(&self) {
        self.forget(usize::MAX);
    }

    /// Returns the count of an event, and leaves everything as it is.
    pub(super) fn count(&self, event_id: EventId, now: Timestamp) -> Option<u32> {
        let state = self.lock();
        at_once(state.cache.peek(event_id, now)).expect("the cache answers")
    }

    /// Returns an event with its count, if it is cached, and leaves everything as it is.
    pub(super) fn entry(&self, event_id: EventId, now: Timestamp) -> Option<(Arc<Listing>, u32)> {
        let state = self.lock();
        // Looking up what is not there would give a lease out.
        at_once(state.cache.peek(event_id, now)).expect("the cache answers")?;
        match at_once(state.cache.find(event_id, now)).expect("the cache answers") {
            CacheLookup::Hit { listing, available } => Some((listing, available)),
            CacheLookup::Miss { .. } => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Carries a request out, with the token that it was answered with before if it is played again.
    fn apply(&mut self, op: &Op, known_token: Option<u64>) -> Answer {
        let mut answer = self.translated(op).run(&*self.cache).expect("the cache answers");
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
