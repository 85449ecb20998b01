//! What is asked of the cache, as a value: so that it can land late, and be played again.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::StockCache;
use crate::ports::stock_cache::{CacheError, CacheLookup, Lease, Take, TakeOutcome};

/// A request to the cache.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Find(EventId, Timestamp),
    Fill(Lease, Arc<Listing>, Timestamp),
    Take(Vec<Take>, Timestamp),
    GiveBack(Vec<Take>, Timestamp),
    Correct(Vec<(EventId, Stock)>, Timestamp),
    Clear(Vec<EventId>),
}

/// What it answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    Found(CacheLookup),
    Filled(bool),
    Taken(Vec<TakeOutcome>),
    Done,
}

impl Op {
    pub(super) fn events(&self) -> Vec<EventId> {
        match self {
            Self::Find(event_id, _) => vec![*event_id],
            Self::Fill(lease, ..) => vec![lease.event_id],
            Self::Take(batch, _) | Self::GiveBack(batch, _) => {
                batch.iter().map(|take| take.event_id).collect()
            }
            Self::Correct(batch, _) => batch.iter().map(|(event_id, _)| *event_id).collect(),
            Self::Clear(events) => events.clone(),
        }
    }

    /// Returns what is asked, in a word or two.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Find(..) => "find",
            Self::Fill(..) => "fill",
            Self::Take(..) => "take",
            Self::GiveBack(..) => "give back",
            Self::Correct(..) => "correct",
            Self::Clear(_) => "clear",
        }
    }

    /// Returns the time that it bears, if it bears one.
    pub(super) const fn now(&self) -> Option<Timestamp> {
        match self {
            Self::Find(_, now)
            | Self::Fill(_, _, now)
            | Self::Take(_, now)
            | Self::GiveBack(_, now)
            | Self::Correct(_, now) => Some(*now),
            Self::Clear(_) => None,
        }
    }

    /// Carries it out, at once.
    pub(super) fn run(&self, cache: &dyn StockCache) -> Result<Answer, CacheError> {
        at_once(async {
            Ok(match self {
                Self::Find(event_id, now) => Answer::Found(cache.find(*event_id, *now).await?),
                Self::Fill(lease, listing, now) => {
                    Answer::Filled(cache.fill(*lease, listing, *now).await?)
                }
                Self::Take(batch, now) => Answer::Taken(cache.take(batch, *now).await?),
                Self::GiveBack(batch, now) => {
                    cache.give_back(batch, *now).await?;
                    Answer::Done
                }
                Self::Correct(batch, now) => {
                    cache.correct(batch, *now).await?;
                    Answer::Done
                }
                Self::Clear(events) => {
                    cache.clear(events).await?;
                    Answer::Done
                }
            })
        })
    }
}

/// Runs a call of an adapter that never waits: what is done by one call is done at one moment.
pub(super) fn at_once<T>(call: impl Future<Output = T>) -> T {
    let mut call = std::pin::pin!(call);
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a simulated adapter must not wait for anything"),
    }
}
