//! Where messages to buyers arrive.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::super::lock::lock;
use crate::domain::booking::BookingStatus;
use crate::domain::ids::{BookingId, EventId};
use crate::domain::notice::NoticeKind;
use crate::domain::time::Timestamp;
use crate::ports::Notifier;
use crate::ports::notifier::{BuyerMessage, NotifierError};

/// A message that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What repeats of it bear, too.
    pub identity: String,
    /// What it is about.
    pub kind: NoticeKind,
    /// The booking.
    pub booking_id: BookingId,
    /// How the booking stood, according to the message.
    pub status: BookingStatus,
    /// The event.
    pub event_id: EventId,
    /// When it begins, according to the message.
    pub starts_at: Timestamp,
    /// When it was sent, by the sender's clock.
    pub at: Timestamp,
}

/// Keeps every message that arrived, repeats included. Clones are the same box.
#[derive(Debug, Clone, Default)]
pub struct Postbox(Arc<Mutex<Vec<Sent>>>);

impl Postbox {
    /// Returns what arrived, in order.
    pub fn sent(&self) -> Vec<Sent> {
        lock(&self.0).clone()
    }
}

#[async_trait]
impl Notifier for Postbox {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        lock(&self.0).push(Sent {
            identity: message.identity(),
            kind: message.kind,
            booking_id: message.booking.id,
            status: message.booking.status,
            event_id: message.event.id,
            starts_at: message.event.details.starts_at,
            at: message.now,
        });
        Ok(())
    }
}
