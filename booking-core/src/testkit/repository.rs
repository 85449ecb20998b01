//! What the suites of the two repositories have in common.

use std::sync::Arc;

use super::books::assert_books_balance;
use super::seed::{self, EventSeed};
use super::suite::Harness;
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::event::{EventStatus, Listing};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::{Cause, HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use crate::domain::payment::Notification;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::event_repository::{ChangeOutcome, EventChange, StoreOutcome};
use crate::ports::fault::RepositoryError;
use crate::ports::{BookingRepository, Classify, EventRepository, Retry};

/// Makes fresh databases for the suites.
pub trait RepositoryHarness: Harness {
    /// Whatever has to be kept as long as a database is used, such as its folder.
    type Guard: Send;

    /// Returns both repositories on one fresh and empty database.
    fn fresh(&self) -> impl Future<Output = (Repositories, Self::Guard)> + Send;
}

/// Both repositories on one database, and shorthands for what most cases do with them. The shorthands fail
/// the test on any fault.
#[derive(Debug, Clone)]
pub struct Repositories {
    /// The repository of events.
    pub events: Arc<dyn EventRepository>,
    /// The repository of bookings.
    pub bookings: Arc<dyn BookingRepository>,
}

impl Repositories {
    /// Stores an event at [`seed::now`].
    pub async fn store(&self, seed: &EventSeed) -> EventId {
        let event = seed.build();
        let outcomes = self
            .events
            .store_events(std::slice::from_ref(&event), seed::now())
            .await
            .expect("store");
        assert_eq!(outcomes, [StoreOutcome::Created(event.id)]);
        event.id
    }

    /// Returns an event that exists.
    pub async fn listing(&self, id: EventId) -> Listing {
        self.events.find_event(id).await.expect("find_event").expect("the event exists")
    }

    /// Returns the stock of an event that exists.
    pub async fn stock(&self, id: EventId) -> Stock {
        self.listing(id).await.stock
    }

    /// Returns stock and held tickets of an event that exists.
    pub async fn counts(&self, id: EventId) -> (u32, u32) {
        let stock = self.stock(id).await;
        (stock.stock(), stock.held())
    }

    /// Calls an event off.
    pub async fn call_off(&self, id: EventId, now: Timestamp) {
        let change = EventChange { status: Some(EventStatus::Cancelled), ..EventChange::default() };
        let outcome = self.events.change_event(id, &change, now).await.expect("change_event");
        assert!(matches!(outcome, ChangeOutcome::Changed(_)), "{outcome:?}");
    }

    /// Admits one request.
    pub async fn admit(&self, request: impl Into<HoldRequest>, now: Timestamp) -> HoldOutcome {
        let batch = [request.into()];
        let mut done = self.bookings.admit(&batch, now).await.expect("admit");
        assert_eq!(done.outcomes.len(), 1, "one outcome for each request");
        done.outcomes.remove(0)
    }

    /// Admits one request, which must get its tickets.
    pub async fn hold(&self, request: impl Into<HoldRequest>, now: Timestamp) -> Booking {
        match self.admit(request, now).await {
            HoldOutcome::Held(booking) => booking,
            other => panic!("the tickets are not held: {other:?}"),
        }
    }

    /// Admits one request, and has it paid at once.
    pub async fn sell(&self, request: impl Into<HoldRequest>, now: Timestamp) -> Booking {
        let booking = self.hold(request, now).await;
        self.move_by(&booking, seed::succeeded(&booking, now), now).await
    }

    /// Settles one booking.
    pub async fn settle(&self, id: BookingId, cause: Cause, now: Timestamp) -> SettleOutcome {
        let batch = [Settlement { booking_id: id, cause }];
        let mut done = self.bookings.settle(&batch, now).await.expect("settle");
        assert_eq!(done.outcomes.len(), 1, "one outcome for each settlement");
        done.outcomes.remove(0)
    }

    /// Settles one booking by a notification.
    pub async fn notify(&self, notification: Notification, now: Timestamp) -> SettleOutcome {
        self.settle(notification.booking_id, Cause::Notified(notification), now).await
    }

    /// Settles one booking by a notification, which must move it; returns it as it stands then.
    pub async fn move_by(
        &self,
        before: &Booking,
        notification: Notification,
        now: Timestamp,
    ) -> Booking {
        match self.notify(notification, now).await {
            SettleOutcome::Moved { booking, from } => {
                assert_eq!(from, before.status);
                booking
            }
            other => panic!("the booking did not move: {other:?}"),
        }
    }

    /// Settles one booking, which must move to `to`; returns it as it stands then.
    pub async fn drive(
        &self,
        id: BookingId,
        cause: Cause,
        to: BookingStatus,
        now: Timestamp,
    ) -> Booking {
        match self.settle(id, cause, now).await {
            SettleOutcome::Moved { booking, .. } if booking.status == to => booking,
            other => panic!("the booking is not {}: {other:?}", to.as_str()),
        }
    }

    /// Returns a booking that exists.
    pub async fn booking(&self, id: BookingId) -> Booking {
        self.bookings.find_booking(id).await.expect("find_booking").expect("the booking exists")
    }

    /// Returns all bookings of an event.
    pub async fn list(&self, event_id: EventId) -> Vec<Booking> {
        let page = self.bookings.list_bookings(event_id, None, 1_000).await.expect("list_bookings");
        assert_eq!(page.next, None, "the suites make no more bookings of one event");
        page.items
    }

    /// Fails if the audit finds anything, or if any event's stock breaks its invariant.
    pub async fn assert_books_balance(&self) {
        assert_books_balance(&*self.bookings).await;
    }
}

/// Repeats a call as long as its error says that this does no harm and may help, as the engine does.
///
/// The call must be one that can be repeated: every write of the repositories can, with the same ids.
pub async fn until_answered<T, F: Future<Output = Result<T, RepositoryError>>>(
    mut call: impl FnMut() -> F,
) -> T {
    const ATTEMPTS: usize = 1_000;
    for _ in 0..ATTEMPTS {
        match call().await {
            Ok(answer) => return answer,
            Err(error) => match error.retry() {
                Retry::Now => tokio::task::yield_now().await,
                Retry::After(pause) => tokio::time::sleep(pause).await,
                Retry::Never => panic!("a call failed for good: {error:?}"),
            },
        }
    }
    panic!("a call failed {ATTEMPTS} times in a row")
}
