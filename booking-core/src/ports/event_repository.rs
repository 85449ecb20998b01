//! The port that stores and finds events.

use std::fmt::Debug;

use async_trait::async_trait;

use super::fault::RepositoryError;
use crate::domain::event::{EventDetails, EventStatus, Listing};
use crate::domain::ids::EventId;
use crate::domain::payment::ForeignId;
use crate::domain::quantity::Capacity;
use crate::domain::search::{Facets, SearchFilter, SearchPage, SearchQuery};
use crate::domain::time::Timestamp;

/// An event to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// What there is to say of it.
    pub details: EventDetails,
    /// How many tickets it has.
    pub capacity: Capacity,
    /// [`EventStatus::Draft`] or [`EventStatus::Published`].
    pub status: EventStatus,
    /// Its name where it comes from. Storing an event with the same name again updates it.
    pub source: Option<ForeignId>,
}

/// What came of storing a [`NewEvent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreOutcome {
    /// It was entered.
    Created(EventId),
    /// An event of the same source existed, and now has these details. Its capacity and status stay as they
    /// are, except that a draft is published if the new event is.
    Updated(EventId),
    /// An event of the same source existed, with the same details: nothing changed.
    Unchanged(EventId),
    /// An event of the same source was called off; it is left alone.
    CalledOff(EventId),
}

/// A change to an event. What is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventChange {
    /// New details.
    pub details: Option<EventDetails>,
    /// New capacity.
    pub capacity: Option<Capacity>,
    /// New status. Only forwards: draft → published → cancelled; draft → cancelled.
    pub status: Option<EventStatus>,
    /// The `updated_at` that the change was made from. If the event has another by now, somebody else changed it
    /// in between, and it is left alone. Sales do not count as changes.
    pub expected_updated_at: Option<Timestamp>,
}

/// What came of an [`EventChange`].
#[derive(Debug, Clone, PartialEq)]
pub enum ChangeOutcome {
    /// The event as it stands now.
    Changed(Listing),
    /// The event has the wanted status already; nothing changed.
    Unchanged(Listing),
    /// There is no such event.
    NotFound,
    /// The event was changed by somebody else in between.
    Conflict,
    /// A cancelled event cannot be changed, and a published one does not become a draft.
    WrongStatus(EventStatus),
    /// Sold and held tickets do not fit into the new capacity.
    CapacityTooLow {
        /// Tickets that are sold or held.
        taken: u32,
    },
}

/// Stores events and finds them.
///
/// # Contract
///
/// 1. A method takes effect completely or not at all, also when its future is dropped.
/// 2. Every change of details, status or capacity raises the version of the event's stock by one and appends
///    one line to its journal, in the same transaction.
/// 3. A status change excludes batches of the [`BookingRepository`](super::BookingRepository) that touch the
///    event: what is admitted after it sees it.
/// 4. Searches find published events only, by [`SearchFilter::admits`] and
///    [`SearchDocument::score`](crate::domain::search::SearchDocument::score), in the order of
///    [`SearchQuery::rank`], and a change is seen by the next search.
/// 5. Reading page after page returns each event that did not change meanwhile exactly once.
/// 6. Implementations MUST NOT read a clock. Time is an argument.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EventRepository: Debug + Send + Sync + 'static {
    /// Stores events, all of them or none; one outcome for each, in the same order. Ids must be new.
    async fn store_events(
        &self,
        batch: &[NewEvent],
        now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError>;

    /// Changes an event.
    async fn change_event(
        &self,
        id: EventId,
        change: &EventChange,
        now: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError>;

    /// Returns an event of any status with its stock, or `None` if the id is unknown.
    async fn find_event(&self, id: EventId) -> Result<Option<Listing>, RepositoryError>;

    /// Returns a page of published events.
    async fn search_events(
        &self,
        query: &SearchQuery,
        now: Timestamp,
    ) -> Result<SearchPage, RepositoryError>;

    /// Counts published events.
    async fn count_facets(
        &self,
        filter: &SearchFilter,
        now: Timestamp,
    ) -> Result<Facets, RepositoryError>;

    /// Tells whether there is no event at all.
    async fn is_empty(&self) -> Result<bool, RepositoryError>;
}
const _: fn(&dyn EventRepository) = |_| {}; // Stays object safe.
