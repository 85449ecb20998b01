//! Taking bookings, showing them, giving them up.

use std::sync::Arc;

use super::adapters::Adapters;
use super::admission::Admission;
use super::catalogue::Catalogue;
use super::counters::CountersBy;
use super::failure::ServiceError;
use super::group_commit::GroupCommit;
use super::keys_in_use::KeysInUse;
use super::recent::Snapshot;
use super::refusals::Refusals;
use super::settings::Settings;
use super::settlement::SettlementWriter;
use crate::domain::booking::{Booking, Customer, Fingerprint, Idempotency, IdempotencyKey};
use crate::domain::event::{Listing, SaleState};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::{Cause, HoldOutcome, HoldRequest, SettleOutcome, Settlement, SoldOut};
use crate::domain::locale::Locale;
use crate::domain::quantity::Quantity;
use crate::ports::booking_repository::BookingPage;
use crate::ports::payment_gateway::PaymentRequest;

mod payable;

/// How often a booking is tried again when the price changes between reading and booking. More often than
/// this, somebody is changing prices in a loop.
const PRICE_ATTEMPTS: usize = 3;

/// Somebody wants tickets.
#[derive(Debug, Clone)]
pub struct BookRequest {
    /// The event.
    pub event_id: EventId,
    /// How many.
    pub quantity: Quantity,
    /// Who.
    pub customer: Customer,
    /// The language to write to them in, [`Locale::ENGLISH`] if nothing is known. It is no part of what makes a request
    /// the same as another under one key.
    pub locale: Locale,
    /// The client's name for this request, so that repeating it books nothing twice.
    pub idempotency_key: Option<IdempotencyKey>,
}

impl BookRequest {
    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&[
            self.event_id.as_uuid().as_bytes(),
            &self.quantity.get().to_be_bytes(),
            self.customer.name().as_bytes(),
            self.customer.email().as_bytes(),
        ])
    }
}

/// What came of a [`BookRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookOutcome {
    /// The tickets are held and can be paid for, or are confirmed at once if they cost nothing.
    Booked(Booking),
    /// The same key asked for the same before: that booking, as it stands now.
    Replayed(Booking),
    /// A request under the same key is being carried out at this moment.
    InProgress,
    /// The same key asked for something else before.
    KeyReused,
    /// There is no such event.
    EventNotFound,
    /// The event cannot be bought now.
    NotOnSale(SaleState),
    /// More than one booking may be for.
    TooMany {
        /// The most that one booking of this event may be for.
        max: u32,
    },
    /// There are not enough tickets.
    SoldOut(SoldOut),
    /// The gateway gave no payment link. The tickets are free again, and the key may be used again.
    GatewayFailed,
}

/// What came of giving a booking up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It holds no tickets any more, since now or since before.
    Cancelled(Booking),
    /// It is paid for, so it cannot be given up like this.
    NotCancellable(Booking),
    /// There is no such booking.
    NotFound,
}

/// Takes bookings.
#[derive(Debug, Clone)]
pub struct Bookings {
    pub(super) catalogue: Catalogue,
    pub(super) adapters: Adapters,
    pub(super) admission: GroupCommit<Admission>,
    pub(super) settlement: GroupCommit<SettlementWriter>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) keys_in_use: Arc<KeysInUse>,
    pub(super) settings: Settings,
    pub(super) counters: Arc<BookingCounters>,
}

impl Bookings {
    /// Holds tickets and gets the payment link.
    ///
    /// The caller may stop waiting at any time. Before the tickets are held, that withdraws the request; later,
    /// the booking stays until its hold ends, and can be had again by its idempotency key.
    ///
    /// # Errors
    /// - [`ServiceError::Overloaded`] if too many wait already.
    /// - [`ServiceError::Repository`] if the repository failed; whether tickets are held may be unknown then.
    pub async fn book(&self, request: BookRequest) -> Result<BookOutcome, ServiceError> {
        let outcome = self.book_once(request).await;
        let label = match &outcome {
            Ok(outcome) => outcome.label(),
            Err(ServiceError::Overloaded) => "overloaded",
            Err(_) => "failed",
        };
        self.counters.requests.count(label);
        outcome
    }

    async fn book_once(&self, request: BookRequest) -> Result<BookOutcome, ServiceError> {
        let idempotency = match &request.idempotency_key {
            None => None,
            Some(key) => {
                let Some(in_use) = self.keys_in_use.enter(key) else {
                    return Ok(BookOutcome::InProgress);
                };
                let idempotency =
                    Idempotency { key: key.clone(), fingerprint: request.fingerprint() };
                Some((idempotency, in_use))
            }
        };
        // Whoever brings a key may be asking for the answer to an earlier request, which only the database
        // knows. Everybody else is told from memory what the database said a moment ago.
        if idempotency.is_none() {
            let (event_id, quantity) = (request.event_id, request.quantity.get());
            if let Some(sold_out) =
                self.refusals.find(event_id, quantity, self.adapters.clock.now())
            {
                // In the order of the database, which looks at this first.
                if let Some(max) = self.catalogue.recall_max_per_booking(event_id)
                    && request.quantity > max
                {
                    return Ok(BookOutcome::TooMany { max: max.get() });
                }
                self.counters.sold_out.count("memory");
                return Ok(BookOutcome::SoldOut(sold_out));
            }
        }
        self.admission.require_room()?;
        for attempt in 0..PRICE_ATTEMPTS {
            // A cache that still holds the old price, although it was told to forget it, is not asked again.
            let found = match attempt {
                0 => self.catalogue.find_details(request.event_id).await?,
                _ => self.catalogue.find_event_fresh(request.event_id).await?.map(Snapshot::shared),
            };
            let Some(event) = found else { return Ok(BookOutcome::EventNotFound) };
            let listing = event.listing();
            let idempotency = idempotency.as_ref().map(|(idempotency, _)| idempotency.clone());
            let hold = self.hold_request(&request, idempotency, listing);
            let outcome = self.admission.submit(hold).await?;
            return match outcome {
                HoldOutcome::PriceChanged => {
                    self.catalogue.forget(request.event_id).await;
                    continue;
                }
                // The tickets are held by now, whatever fails.
                HoldOutcome::Held(booking) => self
                    .make_payable(booking, listing, BookOutcome::Booked)
                    .await
                    .map_err(ServiceError::after_effect),
                HoldOutcome::Replayed(booking) => self
                    .make_payable(booking, listing, BookOutcome::Replayed)
                    .await
                    .map_err(ServiceError::after_effect),
                HoldOutcome::KeyReused => Ok(BookOutcome::KeyReused),
                HoldOutcome::EventNotFound => Ok(BookOutcome::EventNotFound),
                HoldOutcome::NotOnSale(state) => Ok(BookOutcome::NotOnSale(state)),
                HoldOutcome::TooMany { max } => Ok(BookOutcome::TooMany { max }),
                HoldOutcome::SoldOut(sold_out) => {
                    self.counters.sold_out.count("database");
                    Ok(BookOutcome::SoldOut(sold_out))
                }
            };
        }
        Err(ServiceError::Overloaded)
    }

    fn hold_request(
        &self,
        request: &BookRequest,
        idempotency: Option<Idempotency>,
        listing: &Listing,
    ) -> HoldRequest {
        let booking_id = BookingId::new(self.adapters.ids.next_id());
        let unit_price = listing.event.details.price;
        let expires_at = self.adapters.clock.now().saturating_add(self.settings.hold_ttl);
        let amount = unit_price.checked_mul(request.quantity.get());
        let payment = amount.filter(|amount| !amount.is_zero()).and_then(|amount| {
            let description = listing.event.details.title.clone();
            let request = PaymentRequest { booking_id, amount, description, expires_at };
            self.adapters.gateway.sign_link(&request)
        });
        HoldRequest {
            booking_id,
            event_id: request.event_id,
            quantity: request.quantity,
            customer: request.customer.clone(),
            locale: request.locale,
            unit_price,
            idempotency,
            payment,
            expires_at,
        }
    }

    /// Returns a booking as it stands now, or `None` if the id is unknown.
    pub async fn find(&self, id: BookingId) -> Result<Option<Booking>, ServiceError> {
        match self.adapters.bookings.find_booking(id).await? {
            None => Ok(None),
            Some(booking) => self.expire_if_overdue(booking).await.map(Some),
        }
    }

    /// A hold counts as expired when its time is over, whether or not a sweeper ran.
    async fn expire_if_overdue(&self, booking: Booking) -> Result<Booking, ServiceError> {
        if !booking.is_overdue(self.adapters.clock.now()) {
            return Ok(booking);
        }
        let settled = self.settle(booking.id, Cause::HoldExpired).await?;
        Ok(after(settled).unwrap_or(booking))
    }

    /// Gives an unpaid booking up.
    pub async fn cancel(&self, id: BookingId) -> Result<CancelOutcome, ServiceError> {
        Ok(match self.settle(id, Cause::CustomerCancelled).await? {
            SettleOutcome::Moved { booking, .. } | SettleOutcome::Unchanged(booking) => {
                CancelOutcome::Cancelled(booking)
            }
            SettleOutcome::Refused(booking) => CancelOutcome::NotCancellable(booking),
            SettleOutcome::NotFound | SettleOutcome::Duplicate | SettleOutcome::SetAside(_) => {
                CancelOutcome::NotFound
            }
        })
    }

    /// Returns the bookings of an event in order of arrival.
    pub async fn list(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, ServiceError> {
        Ok(self.adapters.bookings.list_bookings(event_id, after, limit).await?)
    }

    async fn settle(
        &self,
        booking_id: BookingId,
        cause: Cause,
    ) -> Result<SettleOutcome, ServiceError> {
        self.settlement.submit(Settlement { booking_id, cause }).await
    }
}

/// What is counted of every request.
#[derive(Debug)]
pub(super) struct BookingCounters {
    requests: CountersBy,
    /// Refusals for want of tickets by who gave them: the database, or the memory of what it said a moment ago.
    sold_out: CountersBy,
}

impl Default for BookingCounters {
    fn default() -> Self {
        Self {
            requests: CountersBy::new(
                |outcome| metrics::counter!("booking_requests_total", "outcome" => outcome),
            ),
            sold_out: CountersBy::new(|by| metrics::counter!("booking_sold_out_total", "by" => by)),
        }
    }
}

fn after(outcome: SettleOutcome) -> Option<Booking> {
    match outcome {
        SettleOutcome::Moved { booking, .. }
        | SettleOutcome::Unchanged(booking)
        | SettleOutcome::Refused(booking) => Some(booking),
        SettleOutcome::Duplicate | SettleOutcome::SetAside(_) | SettleOutcome::NotFound => None,
    }
}

impl BookOutcome {
    const fn label(&self) -> &'static str {
        match self {
            Self::Booked(_) => "booked",
            Self::Replayed(_) => "replayed",
            Self::InProgress => "in_progress",
            Self::KeyReused => "key_reused",
            Self::EventNotFound => "event_not_found",
            Self::NotOnSale(_) => "not_on_sale",
            Self::TooMany { .. } => "too_many",
            Self::SoldOut(_) => "sold_out",
            Self::GatewayFailed => "gateway_failed",
        }
    }
}

#[cfg(test)]
mod tests;
