//! Taking the gateway's notifications.

use super::adapters::Adapters;
use super::failure::ServiceError;
use super::group_commit::GroupCommit;
use super::settlement::SettlementWriter;
use crate::domain::booking::Booking;
use crate::domain::ledger::{Mismatch, SettleOutcome, Settlement};
use crate::ports::payment_gateway::{IncomingNotification, NotificationError};

/// What came of a notification that is the gateway's. All but `NotFound` are durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotificationOutcome {
    /// It moved its booking.
    Applied(Booking),
    /// It changed nothing: another came first.
    Unchanged(Booking),
    /// It came before.
    Duplicate,
    /// It does not match its booking. It was recorded, and somebody has to look at it.
    SetAside(Mismatch),
    /// It is about a booking that does not exist.
    NotFound,
}

/// Why a notification was not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PaymentError {
    /// It is not the gateway's, or makes no sense. Nothing changed.
    #[error(transparent)]
    Refused(#[from] NotificationError),
    /// It could not be made durable. The gateway has to send it again.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Takes the gateway's notifications: they alone decide whether a payment succeeded.
#[derive(Debug, Clone)]
pub struct Payments {
    pub(super) adapters: Adapters,
    pub(super) settlement: GroupCommit<SettlementWriter>,
}

impl Payments {
    /// Verifies a message, and carries out what it says. The answer is given once that is durable.
    ///
    /// # Errors
    /// - [`PaymentError::Refused`] if the message does not verify or is malformed.
    /// - [`PaymentError::Service`] if it could not be made durable; ask for it again.
    pub async fn take_notification(
        &self,
        message: &IncomingNotification,
    ) -> Result<NotificationOutcome, PaymentError> {
        let notification = match self.adapters.gateway.verify(message, self.adapters.clock.now()) {
            Ok(notification) => notification,
            Err(refused) => {
                metrics::counter!("booking_notifications_refused_total").increment(1);
                return Err(refused.into());
            }
        };
        let (booking_id, kind) = (notification.booking_id, notification.kind);
        let outcome = self.settlement.submit(Settlement::notified(notification)).await?;
        Ok(match outcome {
            SettleOutcome::Moved { booking, .. } => NotificationOutcome::Applied(booking),
            SettleOutcome::Unchanged(booking) | SettleOutcome::Refused(booking) => {
                NotificationOutcome::Unchanged(booking)
            }
            SettleOutcome::Duplicate => NotificationOutcome::Duplicate,
            SettleOutcome::SetAside(mismatch) => {
                metrics::counter!("booking_notifications_set_aside_total").increment(1);
                tracing::error!(booking.id = %booking_id, notification.kind = kind.as_str(),
                    mismatch = ?mismatch, "a notification does not match its booking; review it");
                NotificationOutcome::SetAside(mismatch)
            }
            SettleOutcome::NotFound => NotificationOutcome::NotFound,
        })
    }
}
