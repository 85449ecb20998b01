//! What the scripts answer, as values of the port.

use std::sync::Arc;

use redis::Value;

use super::entry;
use super::fault::Fault;
use crate::ports::stock_cache::{CacheLookup, Lease, TakeOutcome};

/// What a look at an event found.
#[derive(Debug)]
pub(super) enum Found {
    /// It, or that it is not there.
    Lookup(CacheLookup),
    /// All fields, but not a valid event.
    Unreadable,
}

const STRANGE: Fault = Fault::backend("a script answered what it does not answer");

/// Reads the answer of `FIND`.
pub(super) fn found(answer: Value, lease: Lease) -> Result<Found, Fault> {
    match answer {
        Value::Int(given) => {
            let lease = (given == 1).then_some(lease);
            Ok(Found::Lookup(CacheLookup::Miss { lease }))
        }
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.into_iter().map(text).collect();
            Ok(texts.and_then(|texts| entry::read(lease.event_id, texts)).map_or(
                Found::Unreadable,
                |(listing, available)| {
                    Found::Lookup(CacheLookup::Hit { listing: Arc::new(listing), available })
                },
            ))
        }
        _ => Err(STRANGE),
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        Value::Okay => Some("OK".to_owned()),
        _ => None,
    }
}

/// Reads the answer of `TAKE`: an outcome for each quantity, or `None` for an event that is not cached.
pub(super) fn taken(answer: Value, wanted: usize) -> Result<Option<Vec<TakeOutcome>>, Fault> {
    match answer {
        Value::Nil => Ok(None),
        Value::Array(values) if values.len() == wanted => values
            .into_iter()
            .map(|value| match value {
                Value::Int(-1) => Ok(TakeOutcome::Taken),
                other => match counted(&other)? {
                    Some(available) => Ok(TakeOutcome::TooFew { available }),
                    None => Err(STRANGE),
                },
            })
            .collect::<Result<_, _>>()
            .map(Some),
        _ => Err(STRANGE),
    }
}

/// Reads a count of tickets.
pub(super) fn counted(answer: &Value) -> Result<Option<u32>, Fault> {
    match answer {
        Value::Nil => Ok(None),
        Value::Int(count) => u32::try_from(*count).map(Some).map_err(|_| STRANGE),
        _ => Err(STRANGE),
    }
}

/// Reads by how much a correction found the count wrong; `None` if it came too late to do anything.
pub(super) fn drift(answer: &Value) -> Option<i64> {
    match answer {
        Value::Int(by) => Some(*by),
        _ => None,
    }
}
