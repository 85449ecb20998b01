//! The ways from an instance to the world: calls are late, get lost, and land when nobody waits for them any more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::line::Line;
use super::op::{Answer, Op, at_once};
use super::trouble::{CACHE_PATIENCE, Fate, Loss};
use super::world::World;
use crate::domain::ids::EventId;
use crate::ports::fault::RepositoryError;
use crate::ports::stock_cache::CacheError;
use crate::ports::{Classify as _, Effect};

/// What one instance reaches everything through.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    pub(super) world: Arc<World>,
    pub(super) line: Arc<Line>,
}

impl Wire {
    /// Sends a request to the cache, and waits as long as a driver would.
    pub(super) async fn ask_cache(&self, op: Op) -> Result<Answer, CacheError> {
        self.line.alive().await;
        let fate = self.world.fate(&self.line, Fate::of_cache_call);
        let (answer, answered) = oneshot::channel();
        let wire = self.clone();
        // It is under way by itself: that its sender stops waiting, or dies, does not stop it.
        tokio::spawn(async move {
            pause(fate.out).await;
            if !fate.loss.has_effect() {
                wire.note_lost(&op);
                return;
            }
            if answer.is_closed() {
                wire.world.trace.count("late requests");
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
        self.world.say(&self.name(), || format!("lost on the way: {}", op.name()));
        self.world.trace.count("lost requests");
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
        self.world.trace.count("lost answers");
        if let Op::Take(batch, _) = op {
            for take in batch {
                self.world.standings.doubt_count(take.event_id);
            }
        }
    }

    /// Sends a request to the database and waits for its answer. `writes` names the events that it may change.
    pub(super) async fn ask_database<T: Send + 'static>(
        &self,
        what: &'static str,
        writes: Option<Vec<EventId>>,
        call: impl Future<Output = Result<T, RepositoryError>> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        self.line.alive().await;
        let fate = self.world.fate(&self.line, Fate::of_database_call);
        let (answer, answered) = oneshot::channel();
        let wire = self.clone();
        tokio::spawn(async move {
            pause(fate.out).await;
            let loss = if wire.world.is_database_away() { Loss::Request } else { fate.loss };
            if let Some(error) = database_error(loss) {
                wire.world.say(&wire.name(), || format!("{what} fails: {error}"));
                wire.world.trace.count("lost statements");
                // What was taken from the count stays taken, in case that it was sold: whoever does not wait any more cannot
                // know that it was not.
                let is_known = error.effect() != Effect::Unknown;
                let is_heard = answer.send(Err(error)).is_ok();
                if !(is_known && is_heard) {
                    for event_id in writes.into_iter().flatten() {
                        wire.world.standings.doubt(event_id);
                    }
                }
                return;
            }
            if answer.is_closed() {
                wire.world.trace.count("late statements");
            }
            let result = at_once(call);
            if writes.is_some() {
                wire.world.note_database();
            }
            let is_dead = wire.line.is_dead();
            wire.world.burn_fuse(&wire.line);
            pause(fate.back).await;
            if is_dead || fate.loss == Loss::Answer || answer.send(result).is_err() {
                wire.world.say(&wire.name(), || format!("nobody hears the answer: {what}"));
                wire.world.trace.count("lost commits");
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

    /// Sends a request to the bank or the postbox. If nobody hears the answer, `unheard` is told.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        what: &'static str,
        call: impl Future<Output = T> + Send + 'static,
        unheard: impl FnOnce(&World) + Send + 'static,
    ) -> Result<T, Loss> {
        self.line.alive().await;
        let fate = self.world.fate(&self.line, Fate::of_other_call);
        let (answer, answered) = oneshot::channel();
        let wire = self.clone();
        tokio::spawn(async move {
            pause(fate.out).await;
            let loss = if wire.world.are_others_away() { Loss::Request } else { fate.loss };
            if !loss.has_effect() {
                wire.world.say(&wire.name(), || format!("lost on the way: {what}"));
                let _ = answer.send(Err(loss));
                return;
            }
            let result = at_once(call);
            let is_dead = wire.line.is_dead();
            wire.world.burn_fuse(&wire.line);
            pause(fate.back).await;
            if is_dead || fate.loss == Loss::Answer || answer.send(Ok(result)).is_err() {
                wire.world.say(&wire.name(), || format!("nobody hears the answer: {what}"));
                wire.world.trace.count("lost answers of others");
                unheard(&wire.world);
            }
        });
        let answer = answered.await;
        self.line.alive().await;
        answer.unwrap_or(Err(Loss::Answer))
    }

    fn name(&self) -> String {
        format!("i{}", self.line.number)
    }
}

/// Returns what is answered to a statement that has no effect.
fn database_error(loss: Loss) -> Option<RepositoryError> {
    let source = "the simulation says so".into();
    match loss {
        Loss::Nothing | Loss::Answer => None,
        Loss::Request => Some(RepositoryError::Unavailable { source }),
        Loss::RequestUnknown => Some(RepositoryError::OutcomeUnknown { source }),
        Loss::Contention => Some(RepositoryError::Contention { source }),
        Loss::Odd => Some(RepositoryError::Backend { source }),
    }
}

async fn pause(by: Duration) {
    // A sleep of nothing would still wait for the next tick of the timer.
    if by > Duration::ZERO {
        tokio::time::sleep(by).await;
    }
}
