//! The port that stores and finds events.

use std::fmt::Debug;

use async_trait::async_trait;

use super::fault::RepositoryError;
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::search::{Facets, Names, SearchFilter, SearchPage, SearchQuery, SearchText};
use crate::domain::time::Timestamp;

pub use crate::domain::catalogue::{ChangeOutcome, EventChange, NewEvent, StoreOutcome};

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
///    [`SearchQuery::rank`], and a change is seen by the next search. If fewer than
///    [`SearchText::ENOUGH`](crate::domain::search::SearchText::ENOUGH) events match, words of the catalogue that are
///    spelt alike are accepted as well.
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

    /// Returns categories and cities that a text may mean, by [`Names::of`], of those in which published events end
    /// in the present month or later.
    async fn find_names(&self, text: &SearchText, now: Timestamp)
    -> Result<Names, RepositoryError>;

    /// Tells whether there is no event at all.
    async fn is_empty(&self) -> Result<bool, RepositoryError>;
}
const _: fn(&dyn EventRepository) = |_| {}; // Stays object safe.
