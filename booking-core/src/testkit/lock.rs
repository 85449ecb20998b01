//! Locks that only a test holds.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`, also if somebody panicked under it: that panic is what the test reports.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
