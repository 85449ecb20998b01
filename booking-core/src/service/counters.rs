//! Counters of the hot path.
//!
//! A recorder finds a counter by its name and labels, which have to be put together and hashed each time. That costs
//! more than telling a buyer that an event is sold out, so these are looked for once and kept.

use std::fmt;
use std::sync::{PoisonError, RwLock};

use metrics::Counter;

/// The counters of one name, by the value of their label.
pub(super) struct CountersBy {
    find: fn(&'static str) -> Counter,
    /// The few values that occur, each with its counter. They are constants, so their addresses tell them apart;
    /// a value that stands at two addresses is only here twice.
    known: RwLock<Vec<(&'static str, Counter)>>,
}

impl CountersBy {
    /// Takes what finds the counter of a value.
    pub(super) const fn new(find: fn(&'static str) -> Counter) -> Self {
        Self { find, known: RwLock::new(Vec::new()) }
    }

    /// Counts one.
    pub(super) fn count(&self, value: &'static str) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, counter)) = known.iter().find(|(known, _)| std::ptr::eq(*known, value)) {
            counter.increment(1);
            return;
        }
        drop(known);
        let counter = (self.find)(value);
        counter.increment(1);
        self.known.write().unwrap_or_else(PoisonError::into_inner).push((value, counter));
    }
}

impl fmt::Debug for CountersBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountersBy").finish_non_exhaustive()
    }
}
