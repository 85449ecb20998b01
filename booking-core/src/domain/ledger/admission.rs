//! Deciding who gets tickets.

use std::collections::BTreeMap;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
use std::collections::BTreeSet;

use super::{
    Booking, BookingId, BookingStatus, Books, BooksDoNotBalance, EventId, Idempotency, KnownKey,
    Money, MovementCause, NewKey, PaymentLink, Quantity, SaleState, Shortage, StockDelta,
    Timestamp,
};
use crate::domain::booking::Customer;
use crate::domain::locale::Locale;

/// A request to hold tickets.
#[derive(Debug, Clone)]
pub struct HoldRequest {
    /// Id of the booking to make. Asking again with the same id makes no second one.
    pub booking_id: BookingId,
    /// The event.
    pub event_id: EventId,
    /// How many tickets.
    pub quantity: Quantity,
    /// Who books.
    pub customer: Customer,
    /// The language to write to them in.
    pub locale: Locale,
    /// The price of a ticket that the buyer was shown. Another price in the books refuses the request.
    pub unit_price: Money,
    /// The client's key, if it gave one.
    pub idempotency: Option<Idempotency>,
    /// Where to pay, if the gateway's link can be made without asking it.
    pub payment: Option<PaymentLink>,
    /// When the hold ends.
    pub expires_at: Timestamp,
}

/// Why there are not enough tickets, and when there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoldOut {
    /// Tickets that can be booked now: fewer than were asked for, but not always none.
    pub available: u32,
    /// Tickets held by bookings that are not paid for yet.
    pub held: u32,
    /// When the first of these holds ends, if there is one.
    pub next_release_at: Option<Timestamp>,
}

impl SoldOut {
    /// Returns the events of which somebody was refused tickets.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn events(batch: &[HoldRequest], outcomes: &[HoldOutcome]) -> BTreeSet<EventId> {
        batch
            .iter()
            .zip(outcomes)
            .filter(|(_, outcome)| matches!(outcome, HoldOutcome::SoldOut(_)))
            .map(|(request, _)| request.event_id)
            .collect()
    }

    /// Says in every refusal when the first hold of its event ends, for the events that have one.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn add_next_releases(
        batch: &[HoldRequest],
        outcomes: &mut [HoldOutcome],
        releases: &BTreeMap<EventId, Timestamp>,
    ) {
        for (request, outcome) in batch.iter().zip(outcomes) {
            if let HoldOutcome::SoldOut(sold_out) = outcome {
                sold_out.next_release_at = releases.get(&request.event_id).copied();
            }
        }
    }
}

/// What came of a [`HoldRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldOutcome {
    /// The tickets are held.
    Held(Booking),
    /// The same key asked for the same before: this is what was booked then, as it stands now.
    Replayed(Booking),
    /// The same key asked for something else before.
    KeyReused,
    /// There is no such event.
    EventNotFound,
    /// The event cannot be bought now. Never [`SaleState::OnSale`].
    NotOnSale(SaleState),
    /// More than one booking may be for.
    TooMany {
        /// The most that one booking of this event may be for.
        max: u32,
    },
    /// The price is another now. Ask for the event and try again.
    PriceChanged,
    /// There are not enough tickets.
    SoldOut(SoldOut),
}

impl Books {
    /// Returns the events of `requests` that have fewer tickets available than are asked for in all. Load
    /// their overdue holds with [`Books::add_overdue`] before [`Books::admit`].
    pub fn short_for_requests(&self, requests: &[HoldRequest]) -> Vec<Shortage> {
        let mut wanted = BTreeMap::<EventId, u64>::new();
        for request in requests {
            *wanted.entry(request.event_id).or_default() += u64::from(request.quantity.get());
        }
        self.short_of(wanted, |_| 0)
    }

    /// Decides on each request, in order of arrival; a request that does not fit leaves the tickets to the
    /// next one that does.
    pub fn admit(
        &mut self,
        requests: &[HoldRequest],
    ) -> Result<Vec<HoldOutcome>, BooksDoNotBalance> {
        requests.iter().map(|request| self.admit_one(request)).collect()
    }

    fn admit_one(&mut self, request: &HoldRequest) -> Result<HoldOutcome, BooksDoNotBalance> {
        if let Some(booking) = self.find_booking(request.booking_id) {
            return Ok(HoldOutcome::Held(booking.clone()));
        }
        if let Some(idempotency) = &request.idempotency
            && let Some(known) = self.keys.get(&idempotency.key)
        {
            let same = known.fingerprint == idempotency.fingerprint;
            return Ok(match self.find_booking(known.booking_id) {
                Some(booking) if same => HoldOutcome::Replayed(booking.clone()),
                _ => HoldOutcome::KeyReused,
            });
        }
        let Some(ledger) = self.ledgers.get(&request.event_id) else {
            return Ok(HoldOutcome::EventNotFound);
        };
        let terms = ledger.terms;
        match terms.sale_state(self.now) {
            SaleState::OnSale => {}
            refused => return Ok(HoldOutcome::NotOnSale(refused)),
        }
        if request.quantity > terms.max_per_booking {
            return Ok(HoldOutcome::TooMany { max: terms.max_per_booking.get() });
        }
        // A product that is too large cannot be: events are checked for it. Were it so, the books are wrong.
        let total = terms
            .unit_price
            .checked_mul(request.quantity.get())
            .ok_or(BooksDoNotBalance { event_id: request.event_id })?;
        if request.unit_price != terms.unit_price {
            return Ok(HoldOutcome::PriceChanged);
        }
        if !self.make_available(request.event_id, request.quantity.get())? {
            return Ok(HoldOutcome::SoldOut(self.sold_out(request.event_id)));
        }
        self.hold(request, total).map(HoldOutcome::Held)
    }

    fn hold(&mut self, request: &HoldRequest, total: Money) -> Result<Booking, BooksDoNotBalance> {
        let booking = Booking {
            id: request.booking_id,
            event_id: request.event_id,
            quantity: request.quantity,
            unit_price: request.unit_price,
            total,
            customer: request.customer.clone(),
            locale: request.locale,
            status: BookingStatus::Pending,
            payment: request.payment.clone(),
            expires_at: request.expires_at,
            created_at: self.now,
            confirmed_at: None,
            cancelled_at: None,
        };
        let delta = StockDelta { held: i64::from(booking.quantity.get()), ..StockDelta::default() };
        let state = Some((booking.id, BookingStatus::Pending));
        self.record(booking.event_id, MovementCause::Held, state, delta)?;
        if let Some(idempotency) = &request.idempotency {
            let known = KnownKey { fingerprint: idempotency.fingerprint, booking_id: booking.id };
            self.keys.insert(idempotency.key.clone(), known);
            self.changes.new_keys.push(NewKey {
                idempotency: idempotency.clone(),
                event_id: booking.event_id,
                booking_id: booking.id,
                at: self.now,
            });
        }
        self.admitted.insert(booking.id, self.changes.new_bookings.len());
        self.changes.new_bookings.push(booking.clone());
        Ok(booking)
    }

    /// Finds a booking that was loaded or is new.
    fn find_booking(&self, id: BookingId) -> Option<&Booking> {
        let admitted =
            self.admitted.get(&id).and_then(|index| self.changes.new_bookings.get(*index));
        admitted.or_else(|| self.bookings.get(&id))
    }

    /// The repository adds `next_release_at`: only it knows all holds.
    fn sold_out(&self, event_id: EventId) -> SoldOut {
        let (available, held) = self
            .ledgers
            .get(&event_id)
            .map_or((0, 0), |ledger| (ledger.stock.available(), ledger.stock.held()));
        SoldOut { available, held, next_release_at: None }
    }
}
