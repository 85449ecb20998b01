//! The port that tells buyers what happened.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::fault::{BoxError, Classify, Effect, Retry};
use crate::domain::booking::Booking;
use crate::domain::event::Event;
use crate::domain::ids::NoticeId;
use crate::domain::notice::NoticeKind;
use crate::domain::time::Timestamp;

/// A message to a buyer.
#[derive(Debug, Clone, PartialEq)]
pub struct BuyerMessage {
    /// The id of the notice, the same at every attempt.
    pub id: NoticeId,
    /// What it is about.
    pub kind: NoticeKind,
    /// The booking.
    pub booking: Booking,
    /// The event.
    pub event: Event,
    /// When it is sent.
    pub now: Timestamp,
    /// How often it was tried, this time included.
    pub attempt: u32,
    /// How often it was planned anew before it was sent: each edition is another message.
    pub edition: u32,
}

impl BuyerMessage {
    /// Returns what repeats of this message, and no other message, are known by: the id, and the edition if it is not the
    /// first. Letters, digits and hyphens.
    pub fn identity(&self) -> String {
        match self.edition {
            0 => self.id.to_string(),
            edition => format!("{}-{edition}", self.id),
        }
    }
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotifierError {
    /// No message gets through at present: nothing answers, or whatever answers does not let us in. It is not this
    /// message's fault, and nothing was sent.
    #[error("the messages' transport cannot be used now")]
    Unreachable {
        /// The transport's error, without personal data.
        source: BoxError,
    },
    /// It may work later. The message may have been sent nevertheless: a repeat bears the same identity.
    #[error("the message could not be sent now")]
    Temporary {
        /// The transport's error, without personal data.
        source: BoxError,
    },
    /// It may work later, after a pause that the notifier knows of: the other side asked for it, or a schedule does.
    #[error("the message could not be sent now: {reason}")]
    Postponed {
        /// Why, without personal data.
        reason: String,
        /// Not before this much time has passed.
        pause: Duration,
    },
    /// It will not work later either.
    #[error("the message cannot be sent: {reason}")]
    Permanent {
        /// Why, without personal data.
        reason: String,
    },
}

impl Classify for NotifierError {
    fn effect(&self) -> Effect {
        match self {
            Self::Temporary { .. } | Self::Postponed { .. } => Effect::Unknown,
            Self::Unreachable { .. } | Self::Permanent { .. } => Effect::NotApplied,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            // Whatever it is, it takes somebody a while to mend.
            Self::Unreachable { .. } => Retry::After(Duration::from_secs(15)),
            Self::Temporary { .. } => Retry::After(Duration::from_secs(5)),
            Self::Postponed { pause, .. } => Retry::After(*pause),
            Self::Permanent { .. } => Retry::Never,
        }
    }
}

/// Tells buyers what happened to their bookings.
///
/// # Contract
///
/// 1. A message that was answered with `Ok` is delivered, or kept by something that will deliver it.
/// 2. Messages come at least once; repeats bear the same identity (a mail's `Message-ID`, the `webhook-id` of a webhook),
///    made of [`BuyerMessage::identity`].
/// 3. Errors hold no personal data.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Notifier: Debug + Send + Sync + 'static {
    /// Sends a message.
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError>;
}
const _: fn(&dyn Notifier) = |_| {}; // Stays object safe.
