//! The ways from an instance to the cache and to the database: calls are late, get lost, and land when nobody waits for
//! them any more.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use booking_core::domain::event::Listing;
use booking_core::domain::ids::EventId;
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::StockCache;
use booking_core::ports::fault::RepositoryError;
use booking_core::ports::stock_cache::{CacheError, CacheLookup, Lease, Take, TakeOutcome};
use tokio::sync::oneshot;

use crate::op::{Answer, Op, at_once};
use crate::trouble::{CACHE_PATIENCE, Fate, Loss};
use crate::world::{Line, World};

/// What one instance reaches everything through.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) world: Arc<World>,
    pub(crate) line: Arc<Line>,
}

impl Wire {
    /// Sends a request to the cache, and waits as long as a driver would.
    async fn ask_cache(&self, op: Op) -> Result<Answer, CacheError> {
        self.line.alive().await;
        let fate = Fate::of_cache_call(&self.world.dice, self.world.trouble());
        let (answer, answered) = oneshot::channel();
        let wire = self.clone();
        // It is under way by itself: that its sender stops waiting, or dies, does not stop it.
        tokio::spawn(async move {
            pause(fate.out).await;
            if fate.loss == Loss::Request {
                wire.note_lost(&op);
                return;
            }
            if answer.is_closed() {
                wire.world.journal.count("late requests");
            }
            let result = wire.world.apply(&wire.line, &op);
            let is_dead = wire.line.is_dead();
            wire.world.burn_fuse(&wire.line);
            pause(fate.back).await;
            if is_dead || fate.loss == Loss::Answer || answer.send(result).is_err() {
                wire.note_unheard(&op);
            }
        });
        let answer = tokio::time::timeout(CACHE_PATIENCE, answered).await;
        self.line.alive().await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(CacheError::Unavailable { source: "the connection broke".into() }),
            Err(_) => Err(CacheError::Unavailable { source: "no answer in time".into() }),
        }
    }

    /// A request to the cache never arrived.
    fn note_lost(&self, op: &Op) {
        self.world.say("wire", || format!("lost on the way: {op:?}"));
        self.world.journal.count("lost requests");
        for event_id in op.events() {
            match op {
                Op::GiveBack(..) | Op::Correct(..) => self.world.standings.doubt_count(event_id),
                Op::Clear(_) => self.world.standings.doubt(event_id),
                Op::Find(..) | Op::Fill(..) | Op::Take(..) => {}
            }
        }
    }

    /// A request to the cache took effect, and its sender does not know. Of a take that is a leak.
    fn note_unheard(&self, op: &Op) {
        self.world.journal.count("lost answers");
        if let Op::Take(batch, _) = op {
            for take in batch {
                self.world.standings.doubt_count(take.event_id);
            }
        }
    }

    /// Sends a request to the database and waits for its answer. `writes` names the events that it may change.
    pub(crate) async fn ask_database<T: Send + 'static>(
        &self,
        writes: Option<Vec<EventId>>,
        call: impl Future<Output = Result<T, RepositoryError>> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        self.line.alive().await;
        let fate = Fate::of_database_call(&self.world.dice, self.world.trouble());
        let (answer, answered) = oneshot::channel();
        let wire = self.clone();
        tokio::spawn(async move {
            pause(fate.out).await;
            if fate.loss == Loss::Request {
                wire.world.journal.count("lost statements");
                let source = "the connection was refused".into();
                let _ = answer.send(Err(RepositoryError::Unavailable { source }));
                return;
            }
            let result = at_once(call);
            if writes.is_some() {
                wire.world.note_database();
            }
            let is_dead = wire.line.is_dead();
            wire.world.burn_fuse(&wire.line);
            pause(fate.back).await;
            if is_dead || fate.loss == Loss::Answer || answer.send(result).is_err() {
                wire.world.journal.count("lost commits");
                // Whoever does not know that something changed cannot tell the cache.
                for event_id in writes.into_iter().flatten() {
                    wire.world.standings.doubt(event_id);
                }
            }
        });
        let answer = answered.await;
        self.line.alive().await;
        let lost = || RepositoryError::OutcomeUnknown { source: "the connection broke".into() };
        answer.unwrap_or_else(|_| Err(lost()))
    }
}

async fn pause(by: Duration) {
    // A sleep of nothing would still wait for the next tick of the timer.
    if by > Duration::ZERO {
        tokio::time::sleep(by).await;
    }
}

fn unexpected() -> CacheError {
    CacheError::Backend { source: "the answer to another question".into() }
}

#[async_trait]
impl StockCache for Wire {
    async fn find(&self, event_id: EventId, now: Timestamp) -> Result<CacheLookup, CacheError> {
        match self.ask_cache(Op::Find(event_id, now)).await? {
            Answer::Found(lookup) => Ok(lookup),
            _ => Err(unexpected()),
        }
    }

    async fn fill(
        &self,
        lease: Lease,
        listing: &Listing,
        now: Timestamp,
    ) -> Result<bool, CacheError> {
        match self.ask_cache(Op::Fill(lease, Arc::new(listing.clone()), now)).await? {
            Answer::Filled(is_filled) => Ok(is_filled),
            _ => Err(unexpected()),
        }
    }

    async fn take(&self, batch: &[Take], now: Timestamp) -> Result<Vec<TakeOutcome>, CacheError> {
        match self.ask_cache(Op::Take(batch.to_vec(), now)).await? {
            Answer::Taken(outcomes) => Ok(outcomes),
            _ => Err(unexpected()),
        }
    }

    async fn give_back(&self, batch: &[Take], now: Timestamp) -> Result<(), CacheError> {
        self.ask_cache(Op::GiveBack(batch.to_vec(), now)).await.map(drop)
    }

    async fn correct(&self, batch: &[(EventId, Stock)], now: Timestamp) -> Result<(), CacheError> {
        self.ask_cache(Op::Correct(batch.to_vec(), now)).await.map(drop)
    }

    async fn clear(&self, events: &[EventId]) -> Result<(), CacheError> {
        self.ask_cache(Op::Clear(events.to_vec())).await.map(drop)
    }

    async fn peek(&self, event_id: EventId, now: Timestamp) -> Result<Option<u32>, CacheError> {
        self.line.alive().await;
        Ok(self.world.cache.count(event_id, now))
    }

    async fn ping(&self) -> Result<(), CacheError> {
        self.line.alive().await;
        Ok(())
    }
}
