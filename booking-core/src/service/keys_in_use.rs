//! Which idempotency keys are being worked on.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::booking::IdempotencyKey;

/// The idempotency keys of requests that this process is carrying out.
///
/// Between processes the database's unique key decides; within one, this spares the second request the work.
#[derive(Debug, Default)]
pub(super) struct KeysInUse(Mutex<BTreeSet<IdempotencyKey>>);

impl KeysInUse {
    /// Enters a key, until the guard is dropped. `None` if it is in use.
    pub(super) fn enter(self: &Arc<Self>, key: &IdempotencyKey) -> Option<KeyGuard> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        is_new.then(|| KeyGuard { keys: Arc::clone(self), key: key.clone() })
    }
}

/// Keeps a key until it is dropped.
#[derive(Debug)]
pub(super) struct KeyGuard {
    keys: Arc<KeysInUse>,
    key: IdempotencyKey,
}

impl Drop for KeyGuard {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
