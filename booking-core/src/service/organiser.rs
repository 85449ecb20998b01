//! What organisers do: enter events, change them, call them off, look at their sales.

use std::sync::Arc;
use std::time::Duration;

use super::adapters::Adapters;
use super::cache_failures::note_cache_failure;
use super::catalogue::Catalogue;
use super::drift;
use super::failure::ServiceError;
use super::group_commit::GroupCommit;
use super::refusals::Refusals;
use super::settlement::SettlementWriter;
use crate::domain::booking::Booking;
use crate::domain::event::{Event, EventDetails, EventStatus, Listing, ReminderLead};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::{Cause, SettleOutcome, Settlement};
use crate::domain::quantity::Capacity;
use crate::domain::stock::Stock;
use crate::ports::event_repository::{ChangeOutcome, EventChange, NewEvent};
use crate::ports::{Classify, Effect};

/// How many bookings of cancelled events are settled at a time.
const CALL_OFF_BATCH: u32 = 500;
/// How many bookings are told of a change at a time.
const ANNOUNCEMENT_BATCH: u32 = 500;

/// How long the cache may take to say what it counts. Whoever asks wants to know what the database holds, too.
const CACHE_PATIENCE: Duration = Duration::from_secs(1);

/// What came of a request to give the money of a booking back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money is being given back, or already was.
    Due(Booking),
    /// The booking was never paid for.
    NotRefundable(Booking),
    /// There is no such booking.
    NotFound,
}

/// An event's stock in the database beside the count in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockReport {
    /// What the database holds.
    pub stock: Stock,
    /// What the cache says.
    pub cached: CachedCount,
}

/// What the cache says of an event's tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachedCount {
    /// So many are left.
    Counted(u32),
    /// The event is not cached.
    NotCached,
    /// Nothing: it does not answer.
    NoAnswer,
}

impl StockReport {
    /// Returns how many tickets the cache counts too many, or too few if negative.
    pub fn drift(&self) -> Option<i64> {
        match self.cached {
            CachedCount::Counted(count) => {
                Some(i64::from(count) - i64::from(self.stock.available()))
            }
            CachedCount::NotCached | CachedCount::NoAnswer => None,
        }
    }
}

/// Changes events and looks at their sales. Not for strangers.
#[derive(Debug, Clone)]
pub struct Organiser {
    pub(super) adapters: Adapters,
    pub(super) catalogue: Catalogue,
    pub(super) settlement: GroupCommit<SettlementWriter>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) called_off: Arc<tokio::sync::Notify>,
    pub(super) announced: Arc<tokio::sync::Notify>,
}

impl Organiser {
    /// Enters an event as a draft.
    pub async fn create(
        &self,
        details: EventDetails,
        capacity: Capacity,
    ) -> Result<Listing, ServiceError> {
        self.create_with_reminder(details, capacity, ReminderLead::default()).await
    }

    /// Enters an event as a draft, of which its buyers are reminded otherwise than a day before.
    pub async fn create_with_reminder(
        &self,
        details: EventDetails,
        capacity: Capacity,
        reminder: ReminderLead,
    ) -> Result<Listing, ServiceError> {
        let id = EventId::new(self.adapters.ids.next_id());
        let event = NewEvent {
            id,
            details: details.clone(),
            capacity,
            status: EventStatus::Draft,
            reminder,
            source: None,
        };
        let now = self.adapters.clock.now();
        self.adapters.events.store_events(std::slice::from_ref(&event), now).await?;
        let event = Event { reminder, ..Event::entered(id, details, EventStatus::Draft, now) };
        Ok(Listing { event, stock: Stock::new(capacity) })
    }

    /// Changes an event, and clears what is cached of it.
    ///
    /// Cancelling also sets the settlement of its bookings going: pending ones are cancelled and confirmed ones
    /// refunded, in the background, also after a restart. If time or place change, those who have booked are told, and
    /// their reminders are planned anew, likewise.
    pub async fn change(
        &self,
        id: EventId,
        change: &EventChange,
    ) -> Result<ChangeOutcome, ServiceError> {
        let changed =
            self.adapters.events.change_event(id, change, self.adapters.clock.now()).await;
        let may_have_changed = match &changed {
            Ok(outcome) => matches!(outcome, ChangeOutcome::Changed(_)),
            Err(error) => error.effect() == Effect::Unknown,
        };
        if may_have_changed {
            self.catalogue.forget(id).await;
            self.refusals.forget(id);
        }
        let outcome = changed?;
        if let ChangeOutcome::Changed(listing) = &outcome {
            match listing.event.status {
                EventStatus::Cancelled => self.called_off.notify_one(),
                EventStatus::Published => self.announced.notify_one(),
                EventStatus::Draft => {}
            }
        }
        Ok(outcome)
    }

    /// Publishes a draft.
    pub async fn publish(&self, id: EventId) -> Result<ChangeOutcome, ServiceError> {
        let change = EventChange { status: Some(EventStatus::Published), ..EventChange::default() };
        self.change(id, &change).await
    }

    /// Calls an event off.
    pub async fn cancel(&self, id: EventId) -> Result<ChangeOutcome, ServiceError> {
        let change = EventChange { status: Some(EventStatus::Cancelled), ..EventChange::default() };
        self.change(id, &change).await
    }

    /// Gives the money of a confirmed booking back. Its tickets are free again at once.
    pub async fn refund(&self, id: BookingId) -> Result<RefundOutcome, ServiceError> {
        let settlement = Settlement { booking_id: id, cause: Cause::RefundRequested };
        Ok(match self.settlement.submit(settlement).await? {
            SettleOutcome::Moved { booking, .. } | SettleOutcome::Unchanged(booking) => {
                RefundOutcome::Due(booking)
            }
            SettleOutcome::Refused(booking) => RefundOutcome::NotRefundable(booking),
            SettleOutcome::NotFound | SettleOutcome::Duplicate | SettleOutcome::SetAside(_) => {
                RefundOutcome::NotFound
            }
        })
    }

    /// Returns an event's stock in the database beside the count in the cache; `None` if the id is unknown. The two
    /// are not read at one moment, so sales that go on show as a drift that passes.
    pub async fn stock(&self, id: EventId) -> Result<Option<StockReport>, ServiceError> {
        let Some(listing) = self.adapters.events.find_event(id).await? else { return Ok(None) };
        let report = StockReport { stock: listing.stock, cached: self.peek(id).await };
        if let Some(drift) = report.drift() {
            drift::record("stock", drift);
        }
        Ok(Some(report))
    }

    async fn peek(&self, id: EventId) -> CachedCount {
        let peeked = self.adapters.cache.peek(id, self.adapters.clock.now());
        match tokio::time::timeout(CACHE_PATIENCE, peeked).await {
            Ok(Ok(Some(count))) => CachedCount::Counted(count),
            Ok(Ok(None)) => CachedCount::NotCached,
            Ok(Err(error)) => {
                note_cache_failure("peek", &error);
                CachedCount::NoAnswer
            }
            Err(_) => CachedCount::NoAnswer,
        }
    }

    /// Tells some of those who have booked of a change of their event; returns whether there was one to be told.
    pub async fn spread_announcement(&self) -> Result<bool, ServiceError> {
        let now = self.adapters.clock.now();
        Ok(self.adapters.bookings.spread_announcement(now, ANNOUNCEMENT_BATCH).await?)
    }

    /// Settles some bookings of cancelled events; returns how many. Zero means that nothing is left to do.
    pub async fn settle_called_off(&self) -> Result<usize, ServiceError> {
        let ids = self.adapters.bookings.list_called_off(CALL_OFF_BATCH).await?;
        let settlements: Vec<Settlement> = ids
            .into_iter()
            .map(|booking_id| Settlement { booking_id, cause: Cause::EventCancelled })
            .collect();
        let outcomes = self.settlement.submit_all(settlements).await?;
        Ok(outcomes.iter().filter(|o| matches!(o, SettleOutcome::Moved { .. })).count())
    }
}
