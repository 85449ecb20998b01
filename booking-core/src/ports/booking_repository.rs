//! The port that decides who gets a ticket.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::fault::RepositoryError;
use crate::domain::audit::{BookingRecord, EventRecord};
use crate::domain::booking::Booking;
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::ledger::{HoldOutcome, HoldRequest, SettleOutcome, Settlement};
use crate::domain::notice::{Notice, Recipient};
use crate::domain::payment::PaymentLink;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;

/// What came of a batch: one outcome for each request, in the same order, and the stock of every event that
/// the batch touched as it stood when the batch was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchOutcome<T> {
    /// One for each request, in the same order.
    pub outcomes: Vec<T>,
    /// The stocks of the events that changed or were found short, after the batch.
    pub stocks: Vec<(EventId, Stock)>,
}

/// The gateway's answer to a request for a payment, to be kept with its booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRecord {
    /// The booking.
    pub booking_id: BookingId,
    /// The payment and where to pay it.
    pub payment: PaymentLink,
}

/// What became of a notice that a worker had claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeResult {
    /// It was delivered, or is no longer worth delivering.
    Done,
    /// It failed; it is to be tried again at this time.
    Retry {
        /// When.
        at: Timestamp,
        /// What went wrong, without personal data.
        reason: String,
        /// Whether the attempt counts. One that failed because of something else, or came too early, does not.
        counts: bool,
    },
    /// It failed for good; it stays visible for somebody to look at.
    Dead {
        /// What went wrong, without personal data.
        reason: String,
    },
}

/// Returns the last result of each edition of a notice, in order of their ids. Where a worker says both that it is done
/// and something else, it is done.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn last_results(results: &[(Notice, NoticeResult)]) -> Vec<&(Notice, NoticeResult)> {
    let mut last = std::collections::BTreeMap::new();
    for this in results {
        let (notice, result) = this;
        let entry = last.entry((notice.id, notice.edition)).or_insert(this);
        let (earlier, told) = *entry;
        let is_later = notice.claim >= earlier.claim && *told != NoticeResult::Done;
        if is_later || *result == NoticeResult::Done {
            *entry = this;
        }
    }
    last.into_values().collect()
}

/// Cuts a reason to what is worth keeping: longer than this, it helps nobody. It is one line, whatever a notifier says.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn shortened(reason: &str) -> String {
    const MAX_CHARS: usize = 500;
    reason.chars().take(MAX_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Which notices are listed. Those that were delivered are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeState {
    /// Those that wait to be delivered, claimed or not.
    Waiting,
    /// Those that wait, and may be delivered at this instant or before it. Claimed or not: delivery ends the waiting.
    Due(Timestamp),
    /// Those that were given up.
    Dead,
}

impl NoticeState {
    /// Returns the name used in the databases.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting | Self::Due(_) => "pending",
            Self::Dead => "dead",
        }
    }
}

/// A notice as it stands in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRecord {
    /// The notice. Its `attempt` counts those that were begun.
    pub notice: Notice,
    /// Not to be sent before; when it was given up, when it last was to be.
    pub run_at: Timestamp,
    /// Why the last attempt failed, if one did.
    pub last_error: Option<String>,
}

/// A page of a list of notices, in order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticePage {
    /// The notices.
    pub items: Vec<NoticeRecord>,
    /// The id after which the next page begins, if there is one.
    pub next: Option<NoticeId>,
}

/// A page of a list that is ordered by booking id, which is the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingPage {
    /// The bookings.
    pub items: Vec<Booking>,
    /// The id after which the next page begins, if there is one.
    pub next: Option<BookingId>,
}

/// How full the outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxDepth {
    /// Notices that are due and not delivered.
    pub due: u64,
    /// Notices that were given up.
    pub dead: u64,
}

/// Stores bookings, and alone decides who gets a ticket.
///
/// A [`StockCache`](super::StockCache) may turn callers away early; it never lets one in.
///
/// # Contract
///
/// 1. A batch takes effect completely or not at all, also when its future is dropped or the process is
///    killed. What was answered is durable.
/// 2. At every instant `0 <= held <= stock <= capacity` for every event.
/// 3. Requests of a batch are decided in order, by [`Books`](crate::domain::ledger::Books). What is answered is what
///    would be answered on what the database holds at the moment of the commit, under a lock; an implementation may
///    decide earlier, if it checks under the lock that nothing has changed that matters.
/// 4. Admitting a booking id that was admitted before MUST answer [`HoldOutcome::Held`] with that booking,
///    and change nothing. So a batch whose outcome is unknown can be sent again.
/// 5. Key, fingerprint and booking are written together. The same key with the same fingerprint MUST be
///    answered [`HoldOutcome::Replayed`], with another [`HoldOutcome::KeyReused`], until the key is purged.
/// 6. Every transition follows [`lifecycle::step`](crate::domain::lifecycle::step), as far as
///    [`Books`](crate::domain::ledger::Books) pulls a trigger for its cause at all, appends one line to the
///    journal, and queues its notices, all in the same transaction.
/// 7. A notification is recorded once, for ever; its repeat is answered [`SettleOutcome::Duplicate`]. A booking
///    that it moves and that has no payment on record keeps the one that it names.
/// 8. Before a request is refused for want of tickets, the overdue holds of its event are released: the longest overdue
///    first, and no more than are needed.
///    [`SoldOut::next_release_at`](crate::domain::ledger::SoldOut::next_release_at) is the earliest end of
///    a hold that is left.
/// 9. A notice is claimed by one worker at a time, until its lease runs out. Each claim has a greater number than those of
///    the notice before it, whatever becomes of its attempts. A failure that is said of a claim counts once, and only while
///    that claim is the last; that it was delivered always does.
/// 10. A change of an event keeps its [`Announcement`](crate::domain::announcement::Announcement) in the same
///     transaction. Spreading it reaches each booking that was confirmed before the change, and no other, also if it is
///     interrupted; a booking has at most one reminder, and one notice of a changed event, that waits. One that waits
///     already is planned anew as its next edition, and what a worker says of an earlier edition changes nothing.
/// 11. Implementations MUST NOT read a clock. Time is an argument.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait BookingRepository: Debug + Send + Sync + 'static {
    /// Returns how many batches of admissions, and how many of settlements, are best in flight at once; at least one.
    /// More than one pays where they are written by several processors; where one writer does it all, they would only
    /// be smaller.
    fn batches_at_once(&self) -> usize;

    /// Admits a batch: holds tickets for each request that can have them.
    async fn admit(
        &self,
        batch: &[HoldRequest],
        now: Timestamp,
    ) -> Result<BatchOutcome<HoldOutcome>, RepositoryError>;

    /// Settles a batch: moves each booking as far as the rules allow.
    async fn settle(
        &self,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<BatchOutcome<SettleOutcome>, RepositoryError>;

    /// Keeps payment links with their bookings. A booking that has one keeps the first; one that is unknown is
    /// skipped.
    async fn record_links(&self, batch: &[LinkRecord]) -> Result<(), RepositoryError>;

    /// Returns a booking, or `None` if the id is unknown.
    async fn find_booking(&self, id: BookingId) -> Result<Option<Booking>, RepositoryError>;

    /// Returns the bookings of an event in order of their ids, after `after`, at most `limit`.
    async fn list_bookings(
        &self,
        event_id: EventId,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<BookingPage, RepositoryError>;

    /// Returns pending bookings whose holds ended at `now` or before, the longest overdue first.
    async fn list_overdue(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookingId>, RepositoryError>;

    /// Returns pending and confirmed bookings of cancelled events: what is left to do of a cancellation.
    async fn list_called_off(&self, limit: u32) -> Result<Vec<BookingId>, RepositoryError>;

    /// Claims notices for `recipient` that are due at `now` and whose lease, if any, has run out; leases them
    /// until `now + lease`.
    async fn claim_notices(
        &self,
        recipient: Recipient,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Notice>, RepositoryError>;

    /// Says what became of notices that were claimed. One that is already done stays done, one that was planned anew
    /// meanwhile stays as it was planned, and one that another has claimed since stays his, unless it was delivered. Said
    /// again, because the answer was lost, it changes nothing.
    async fn finish_notices(
        &self,
        results: &[(Notice, NoticeResult)],
        now: Timestamp,
    ) -> Result<(), RepositoryError>;

    /// Returns notices in order of their ids, after `after`, at most `limit`.
    async fn list_notices(
        &self,
        state: NoticeState,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<NoticePage, RepositoryError>;

    /// Has notices that were given up delivered after all, beginning at `now` and with all attempts; returns how many.
    /// Those that were not given up are left alone, and so are those that were planned anew since.
    async fn revive_notices(
        &self,
        ids: &[NoticeId],
        now: Timestamp,
    ) -> Result<u64, RepositoryError>;

    /// Does what an [`Announcement`](crate::domain::announcement::Announcement) asks for, for at most `limit` bookings;
    /// tells whether there was one.
    async fn spread_announcement(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<bool, RepositoryError>;

    /// Returns how full the outbox is.
    async fn outbox_depth(&self, now: Timestamp) -> Result<OutboxDepth, RepositoryError>;

    /// Forgets up to `limit` idempotency keys that were made before `before`; returns how many.
    async fn purge_keys(&self, before: Timestamp, limit: u32) -> Result<u64, RepositoryError>;

    /// Returns events with the sums of their journals, in order of their ids, after `after`. Each record is
    /// read at one moment, so that it is consistent on a system that is running.
    async fn audit_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventRecord>, RepositoryError>;

    /// Returns bookings with their histories, in order of their ids, after `after`, likewise.
    async fn audit_bookings(
        &self,
        after: Option<BookingId>,
        limit: u32,
    ) -> Result<Vec<BookingRecord>, RepositoryError>;

    /// Asks the database whether it answers.
    async fn ping(&self) -> Result<(), RepositoryError>;
}
const _: fn(&dyn BookingRepository) = |_| {}; // Stays object safe.
