//! A catalogue for trying things out: a few hundred invented events all over the world.
//!
//! It is the same for the whole of a day (UTC), so that two people see the same. Among it is one
//! event that is sold out, one with a ticket left, one that is not on sale yet, one that is over,
//! and one that was called off. Sold tickets are sold through the ports, so that the books balance.

mod cities;
mod kinds;
mod language;
mod local;
mod programme;
mod schedule;
mod specials;

use booking_core::domain::booking::{Booking, Customer};
use booking_core::domain::event::{EventDetails, EventStatus, Listing, ReminderLead};
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::ledger::{HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use booking_core::domain::locale::Locale;
use booking_core::domain::payment::{ForeignId, Notification, NotificationKind};
use booking_core::domain::quantity::{Capacity, Quantity};
use booking_core::domain::search::{SearchFilter, SearchQuery, SearchText, Sort};
use booking_core::domain::time::Timestamp;
use booking_core::ports::event_repository::{ChangeOutcome, EventChange, NewEvent};
use booking_core::ports::fault::RepositoryError;
use booking_core::ports::{
    BookingRepository, Classify as _, Clock, EventRepository, IdSource, Retry,
};
use sha2::{Digest as _, Sha256};

/// How long a demonstration's holds last. They are paid for at once.
const HOLD: std::time::Duration = std::time::Duration::from_mins(15);

/// How often somebody else may be in the way.
const ATTEMPTS: usize = 10;

/// An event of the demonstration.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoEvent {
    /// What there is to say of it.
    pub details: EventDetails,
    /// How many tickets it has.
    pub capacity: Capacity,
    /// How many of them are sold.
    pub sold: u32,
    /// Whether it was called off.
    pub is_called_off: bool,
}

/// Why the catalogue could not be filled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The database failed.
    #[error("the demonstration could not be stored")]
    Repository(#[from] RepositoryError),
    /// Somebody else works on the same events.
    #[error("the demonstration could not be completed: {what}")]
    Interfered {
        /// What did not come out as it has to.
        what: &'static str,
    },
}

/// Returns the events of the demonstration, as they are on the day of `now`.
pub fn events(now: Timestamp) -> Vec<DemoEvent> {
    let mut events = schedule::events(now);
    events.extend(specials::events(now));
    events
}

/// Fills an empty catalogue, or completes what an earlier call began and could not end. Returns how
/// many events it dealt with; it leaves any other catalogue alone, and returns 0.
///
/// # Errors
/// - [`DemoError::Repository`] if the database fails. What was stored by then stays.
/// - [`DemoError::Interfered`] if somebody else changes the events meanwhile.
pub async fn fill(
    events: &dyn EventRepository,
    bookings: &dyn BookingRepository,
    clock: &dyn Clock,
    ids: &dyn IdSource,
) -> Result<usize, DemoError> {
    // Two servers may start on an empty database at once. What one of them has done, the other finds done.
    for _ in 0..ATTEMPTS {
        match fill_once(events, bookings, clock, ids).await {
            Err(DemoError::Repository(error)) if error.retry() == Retry::Now => {}
            filled => return filled,
        }
    }
    Err(DemoError::Interfered { what: "another program writes the same events" })
}

async fn fill_once(
    events: &dyn EventRepository,
    bookings: &dyn BookingRepository,
    clock: &dyn Clock,
    ids: &dyn IdSource,
) -> Result<usize, DemoError> {
    let now = clock.now();
    let demo = if events.is_empty().await? {
        store(events, now, ids).await?
    } else {
        find_begun(events, now).await?
    };
    sell(&demo, bookings, now).await?;
    // Last of all: an event that is yet to be called off is how an interrupted fill is recognised.
    for (id, _) in demo.iter().filter(|(_, demo)| demo.is_called_off) {
        let change = EventChange { status: Some(EventStatus::Cancelled), ..EventChange::default() };
        match events.change_event(*id, &change, now).await? {
            ChangeOutcome::Changed(_) | ChangeOutcome::Unchanged(_) => {}
            ChangeOutcome::NotFound
            | ChangeOutcome::Conflict
            | ChangeOutcome::WrongStatus(_)
            | ChangeOutcome::CapacityTooLow { .. } => {
                return Err(DemoError::Interfered { what: "an event could not be called off" });
            }
        }
    }
    Ok(demo.len())
}

/// Stores all events, or none.
async fn store(
    events: &dyn EventRepository,
    now: Timestamp,
    ids: &dyn IdSource,
) -> Result<Vec<(EventId, DemoEvent)>, DemoError> {
    let demo: Vec<(EventId, DemoEvent)> =
        self::events(now).into_iter().map(|demo| (EventId::new(ids.next_id()), demo)).collect();
    let batch: Vec<NewEvent> = demo
        .iter()
        .enumerate()
        .map(|(index, (id, demo))| NewEvent {
            id: *id,
            details: demo.details.clone(),
            capacity: demo.capacity,
            status: EventStatus::Published,
            reminder: ReminderLead::default(),
            source: ForeignId::new(format!("demo:{index}")).ok(),
        })
        .collect();
    events.store_events(&batch, now).await?;
    Ok(demo)
}

/// Finds the special events of a fill that was interrupted; none if there was no such fill.
async fn find_begun(
    events: &dyn EventRepository,
    now: Timestamp,
) -> Result<Vec<(EventId, DemoEvent)>, DemoError> {
    let mut found = Vec::new();
    for demo in specials::events(now) {
        let text = SearchText::new(&demo.details.title).ok().flatten();
        let filter = SearchFilter { text, include_past: true, ..SearchFilter::all() };
        let query = SearchQuery { filter, sort: Sort::StartsAt, after: None, limit: 100 };
        let page = events.search_events(&query, now).await?;
        let same = page.items.into_iter().find(|listing| {
            let details = &listing.event.details;
            details.title == demo.details.title && details.location == demo.details.location
        });
        if let Some(Listing { event, .. }) = same {
            // It may have been stored on another day, with other times.
            found.push((event.id, DemoEvent { details: event.details, ..demo }));
        }
    }
    let is_begun = found.iter().any(|(_, demo)| demo.is_called_off);
    Ok(if is_begun { found } else { vec![] })
}

/// Books the tickets that are to be sold, and pays for them. Whatever of it was done before is not
/// done again: bookings and notifications have the ids that they had then.
async fn sell(
    demo: &[(EventId, DemoEvent)],
    bookings: &dyn BookingRepository,
    now: Timestamp,
) -> Result<(), DemoError> {
    let requests: Vec<HoldRequest> =
        demo.iter().flat_map(|(id, demo)| requests(*id, demo, now)).collect();
    let mut payments = Vec::with_capacity(requests.len());
    for outcome in bookings.admit(&requests, now).await?.outcomes {
        match outcome {
            HoldOutcome::Held(booking) => payments.push(payment(&booking, now)),
            // Since the fill was interrupted somebody else has bought, or the event has begun.
            HoldOutcome::SoldOut(_) | HoldOutcome::NotOnSale(_) => {}
            HoldOutcome::Replayed(_)
            | HoldOutcome::KeyReused
            | HoldOutcome::EventNotFound
            | HoldOutcome::TooMany { .. }
            | HoldOutcome::PriceChanged => {
                return Err(DemoError::Interfered { what: "a ticket could not be held" });
            }
        }
    }
    for outcome in bookings.settle(&payments, now).await?.outcomes {
        if !matches!(outcome, SettleOutcome::Moved { .. } | SettleOutcome::Duplicate) {
            return Err(DemoError::Interfered { what: "a booking could not be confirmed" });
        }
    }
    Ok(())
}

fn requests(event_id: EventId, demo: &DemoEvent, now: Timestamp) -> Vec<HoldRequest> {
    // RFC 6761, 6.4: no mail ever leaves for such an address.
    let customer = Customer::new("Demo Visitor", "visitor@demo.invalid")
        .expect("the name and the address are well-formed");
    let most = demo.details.max_per_booking.get();
    let mut left = demo.sold;
    let mut requests = Vec::new();
    while left > 0 {
        let quantity = left.min(most);
        left -= quantity;
        requests.push(HoldRequest {
            booking_id: booking_id(event_id, requests.len()),
            event_id,
            quantity: Quantity::new(quantity).expect("it is 1 to max_per_booking"),
            customer: customer.clone(),
            locale: Locale::ENGLISH,
            unit_price: demo.details.price,
            idempotency: None,
            payment: None,
            expires_at: now.saturating_add(HOLD),
        });
    }
    requests
}

/// Derives the id of a booking from its event, so that it is the same when a fill is completed.
/// Anybody could do that, but the ticket is nobody's.
fn booking_id(event_id: EventId, number: usize) -> BookingId {
    let name = format!("demo booking {number} of {event_id}");
    let mut id = [0; 16];
    id.copy_from_slice(&Sha256::digest(name)[..16]);
    BookingId::new(uuid::Builder::from_custom_bytes(id).into_uuid())
}

fn payment(booking: &Booking, now: Timestamp) -> Settlement {
    let name = |what: &str| {
        ForeignId::new(format!("demo-{what}-{}", booking.id)).expect("a UUID is ASCII")
    };
    Settlement::notified(Notification {
        id: name("paid"),
        kind: NotificationKind::Succeeded,
        occurred_at: now,
        payment_id: name("payment"),
        booking_id: booking.id,
        amount_minor: booking.total.amount_minor(),
        currency: booking.total.currency().code().to_owned(),
    })
}

#[cfg(test)]
mod tests;
