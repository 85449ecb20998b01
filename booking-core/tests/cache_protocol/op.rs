//! What is asked of the cache, as a value: so that it can land late, and be played again.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use booking_core::domain::event::Listing;
use booking_core::domain::ids::EventId;
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheError, CacheLookup, Lease, Take, TakeOutcome};

/// A request to the cache.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Find(EventId, Timestamp),
    Fill(Lease, Arc<Listing>, Timestamp),
    Take(Vec<Take>, Timestamp),
    GiveBack(Vec<Take>, Timestamp),
    Correct(Vec<(EventId, Stock)>, Timestamp),
    Clear(Vec<EventId>),
}

/// What it answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Found(CacheLookup),
    Filled(bool),
    Taken(Vec<TakeOutcome>),
    Done,
}

impl Op {
    pub(crate) fn events(&self) -> Vec<EventId> {
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

    /// Carries it out, at once.
    pub(crate) fn run(&self, cache: &dyn StockCache) -> Result<Answer, CacheError> {
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

/// Runs a call of a memory adapter, which never waits: what is done by one call is done at one moment.
pub(crate) fn at_once<T>(call: impl Future<Output = T>) -> T {
    let mut call = std::pin::pin!(call);
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("an adapter in memory waits for something"),
    }
}
