//! Seeing to it that what is held can be paid for.

use super::{BookOutcome, Bookings, after};
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::event::{Listing, SaleState};
use crate::domain::ids::BookingId;
use crate::domain::ledger::{Cause, SettleOutcome, Settlement};
use crate::domain::payment::PaymentLink;
use crate::ports::booking_repository::LinkRecord;
use crate::ports::payment_gateway::PaymentRequest;
use crate::service::failure::ServiceError;
use crate::service::retry::Attempts;

impl Bookings {
    /// Sees to it that a pending booking can be paid for, or is confirmed if there is nothing to pay.
    pub(super) async fn make_payable(
        &self,
        booking: Booking,
        listing: &Listing,
        answer: fn(Booking) -> BookOutcome,
    ) -> Result<BookOutcome, ServiceError> {
        let booking = self.expire_if_overdue(booking).await?;
        if booking.status != BookingStatus::Pending || booking.payment.is_some() {
            return Ok(answer(booking));
        }
        if booking.total.is_zero() {
            return Ok(match self.follow_up(booking.id, Cause::NothingToPay).await? {
                // It was called off since the ticket was held.
                Some(SettleOutcome::Moved { booking, .. })
                    if booking.status == BookingStatus::Cancelled =>
                {
                    BookOutcome::NotOnSale(SaleState::Cancelled)
                }
                confirmed => answer(confirmed.and_then(after).unwrap_or(booking)),
            });
        }
        let request = PaymentRequest {
            booking_id: booking.id,
            amount: booking.total,
            description: listing.event.details.title.clone(),
            expires_at: booking.expires_at,
        };
        let Some(payment) = self.create_payment(&request).await else {
            return match self.follow_up(booking.id, Cause::LinkFailed).await? {
                // Something else came first, a payment perhaps: that is the answer then. But if it failed, it failed
                // because of this: an earlier attempt to settle it took effect, and its answer was lost.
                Some(SettleOutcome::Unchanged(booking))
                    if booking.status != BookingStatus::PaymentFailed =>
                {
                    Ok(answer(booking))
                }
                _ => Ok(BookOutcome::GatewayFailed),
            };
        };
        self.record_link(LinkRecord { booking_id: booking.id, payment: payment.clone() }).await?;
        Ok(answer(Booking { payment: Some(payment), ..booking }))
    }

    async fn create_payment(&self, request: &PaymentRequest) -> Option<PaymentLink> {
        let patience = self.settings.gateway_timeout;
        let created = tokio::time::timeout(patience, async {
            let mut attempts = Attempts::new(patience, &self.adapters.ids);
            loop {
                // Repeating does no harm: the booking's id is the key of its payment.
                match self.adapters.gateway.create_payment(request).await {
                    Ok(link) => return Some(link),
                    Err(error) => {
                        if !attempts.again(&error).await {
                            tracing::warn!(booking.id = %request.booking_id, error = %error,
                                "the gateway gave no payment link");
                            return None;
                        }
                    }
                }
            }
        });
        created.await.unwrap_or_else(|_| {
            tracing::warn!(booking.id = %request.booking_id, "the gateway did not answer in time");
            None
        })
    }

    async fn record_link(&self, record: LinkRecord) -> Result<(), ServiceError> {
        let mut attempts = Attempts::new(self.settings.commit_patience, &self.adapters.ids);
        loop {
            match self.adapters.bookings.record_links(std::slice::from_ref(&record)).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    if !attempts.again(&error).await {
                        return Err(error.into());
                    }
                }
            }
        }
    }

    /// Settles a booking whose tickets are held already. It waits for room in the queue: refused here, they would
    /// be held for nobody, and the caller would be told that nothing happened.
    async fn follow_up(
        &self,
        booking_id: BookingId,
        cause: Cause,
    ) -> Result<Option<SettleOutcome>, ServiceError> {
        let settled = self.settlement.submit_all(vec![Settlement { booking_id, cause }]).await?;
        Ok(settled.into_iter().next())
    }
}
