//! A notifier that keeps what it is given, for tests and for hosts that show messages themselves.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::ports::notifier::{BuyerMessage, Notifier, NotifierError};

/// Keeps the last messages to buyers. Clones share them.
#[derive(Debug, Clone)]
pub struct MemoryNotifier {
    messages: Arc<Mutex<VecDeque<BuyerMessage>>>,
    limit: usize,
}

impl MemoryNotifier {
    /// Makes a notifier that keeps up to `limit` messages, and forgets the oldest beyond that.
    pub fn new(limit: usize) -> Self {
        Self { messages: Arc::default(), limit }
    }

    /// Returns the messages that are kept, the oldest first.
    pub fn messages(&self) -> Vec<BuyerMessage> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().cloned().collect()
    }
}

impl Default for MemoryNotifier {
    /// Keeps 1,000 messages.
    fn default() -> Self {
        Self::new(1_000)
    }
}

#[async_trait]
impl Notifier for MemoryNotifier {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        // A repeat takes the place of the first, as it does in a mailbox that knows the message's id.
        messages.retain(|kept| kept.identity() != message.identity());
        messages.push_back(message.clone());
        while messages.len() > self.limit {
            messages.pop_front();
        }
        Ok(())
    }
}
