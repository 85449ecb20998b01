//! Every version of an event that the database ever held, so that what was answered can be judged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::event::{EventStatus, Listing};
use crate::domain::ids::EventId;
use crate::domain::ledger::SoldOut;
use crate::domain::time::Timestamp;
use crate::testkit::lock::lock;

/// An event as the database held it from one moment on.
#[derive(Debug, Clone)]
struct Snapshot {
    at: Timestamp,
    listing: Arc<Listing>,
    /// Ends of the holds, and their tickets.
    holds: Vec<(Timestamp, u32)>,
    /// When the first hold ends, if there is one.
    first_release_at: Option<Timestamp>,
    /// How many tickets were available and held while it came to be, line by line, and in the end.
    counts: Vec<(i64, i64)>,
}

impl Snapshot {
    /// Returns how many tickets could be had at `at`, if holds were released `slack` after their ends.
    fn obtainable(&self, at: Timestamp, slack: Duration) -> u32 {
        let is_over = |end: Timestamp| end.saturating_add(slack) <= at;
        let overdue: u32 =
            self.holds.iter().filter(|(end, _)| is_over(*end)).map(|(_, tickets)| tickets).sum();
        self.listing.stock.available() + overdue
    }
}

/// All versions of all events.
#[derive(Debug, Default)]
pub(super) struct Versions(Mutex<BTreeMap<EventId, Vec<Snapshot>>>);

impl Versions {
    /// Notes what the database holds now. Says what cannot be, if anything.
    pub(super) fn note(
        &self,
        at: Timestamp,
        listing: Listing,
        bookings: &[Booking],
        counts: Vec<(i64, i64)>,
    ) -> Result<(), String> {
        let of = |status| bookings.iter().filter(move |booking| booking.status == status);
        let tickets = |status| of(status).map(|booking| booking.quantity.get()).sum::<u32>();
        let (held, sold) = (tickets(BookingStatus::Pending), tickets(BookingStatus::Confirmed));
        // One that waited for longer than it was to last is over when it begins; nobody could have had its tickets.
        let holds = of(BookingStatus::Pending)
            .filter(|booking| booking.expires_at > booking.created_at)
            .map(|booking| (booking.expires_at, booking.quantity.get()))
            .collect();
        let stock = listing.stock;
        let first_release_at = of(BookingStatus::Pending).map(|booking| booking.expires_at).min();
        let listing = Arc::new(listing);
        let snapshot = Snapshot { at, listing, holds, first_release_at, counts };
        self.lock().entry(snapshot.listing.event.id).or_default().push(snapshot);
        if held + sold > stock.capacity() {
            return Err(format!("oversold: {held} held and {sold} sold of {}", stock.capacity()));
        }
        if (held, sold) != (stock.held(), stock.sold()) {
            return Err(format!("bookings hold {held} and own {sold}, the stock says {stock:?}"));
        }
        Ok(())
    }

    /// Returns the version that the database holds.
    pub(super) fn current(&self, event_id: EventId) -> u64 {
        let history = self.lock();
        history
            .get(&event_id)
            .and_then(|all| all.last())
            .map_or(0, |last| last.listing.stock.version())
    }

    /// Returns a version, if the database ever held it, and when it was superseded.
    pub(super) fn version(
        &self,
        event_id: EventId,
        version: u64,
    ) -> Option<(Arc<Listing>, Option<Timestamp>)> {
        let history = self.lock();
        let all = history.get(&event_id)?;
        let index = all.iter().position(|one| one.listing.stock.version() == version)?;
        Some((Arc::clone(&all[index].listing), all.get(index + 1).map(|next| next.at)))
    }

    /// Returns every version that was seen.
    pub(super) fn all(&self, event_id: EventId) -> Vec<Listing> {
        let history = self.lock();
        let all = history.get(&event_id).into_iter().flatten();
        all.map(|one| (*one.listing).clone()).collect()
    }

    /// Returns the last version before another one.
    pub(super) fn before(&self, event_id: EventId, version: u64) -> Option<Arc<Listing>> {
        let history = self.lock();
        let all = history.get(&event_id)?.iter().rev();
        let mut earlier = all.filter(|one| one.listing.stock.version() < version);
        earlier.next().map(|one| Arc::clone(&one.listing))
    }

    /// Tells whether an event was so at some moment from `from` to `to`.
    pub(super) fn was(
        &self,
        event_id: EventId,
        (from, to): (Timestamp, Timestamp),
        is_so: impl Fn(&Listing) -> bool,
    ) -> bool {
        let history = self.lock();
        let all = history.get(&event_id).map_or(&[][..], Vec::as_slice);
        all.iter().enumerate().any(|(index, one)| {
            let end = all.get(index + 1).map_or(Timestamp::MAX, |next| next.at);
            one.at <= to && end >= from && is_so(&one.listing)
        })
    }

    /// Returns how many prices in a row an event had from `from` to `to`.
    pub(super) fn prices(&self, event_id: EventId, (from, to): (Timestamp, Timestamp)) -> usize {
        let history = self.lock();
        let all = history.get(&event_id).map_or(&[][..], Vec::as_slice);
        let mut prices = Vec::new();
        for (index, one) in all.iter().enumerate() {
            let end = all.get(index + 1).map_or(Timestamp::MAX, |next| next.at);
            if one.at <= to && end >= from {
                prices.push(one.listing.event.details.price);
            }
        }
        prices.dedup();
        prices.len()
    }

    /// Returns the versions with which an event that was on sale got another time.
    pub(super) fn moves(&self, event_id: EventId) -> Vec<u64> {
        let history = self.lock();
        let all = history.get(&event_id).map_or(&[][..], Vec::as_slice);
        let is_on = |one: &Snapshot| one.listing.event.status == EventStatus::Published;
        let starts_at = |one: &Snapshot| one.listing.event.details.starts_at;
        all.windows(2)
            .filter(|two| two.iter().all(is_on) && starts_at(&two[0]) != starts_at(&two[1]))
            .map(|two| two[1].listing.stock.version())
            .collect()
    }

    /// Returns the most tickets that the event ever had available.
    pub(super) fn most_available(&self, event_id: EventId) -> u32 {
        let history = self.lock();
        let all = history.get(&event_id).into_iter().flatten();
        all.map(|one| one.listing.stock.available()).max().unwrap_or(0)
    }

    /// Tells whether there was a moment from `from` to `to` at which `quantity` tickets could not be had.
    pub(super) fn lacked(
        &self,
        event_id: EventId,
        quantity: u32,
        (from, to): (Timestamp, Timestamp),
        slack: Duration,
    ) -> bool {
        let history = self.lock();
        let all = history.get(&event_id).map_or(&[][..], Vec::as_slice);
        all.iter().enumerate().any(|(index, one)| {
            let end = all.get(index + 1).map_or(Timestamp::MAX, |next| next.at);
            // Within one version there are only ever more tickets to be had, so its beginning decides.
            let begin = one.at.max(from);
            begin <= to && end >= from && one.obtainable(begin, slack) < quantity
        })
    }

    /// Tells whether a refusal's numbers were true at one moment from `from` to `to`. Those who are refused in the middle of
    /// a batch are told how it stood then, and when the first hold of all ends.
    pub(super) fn had(
        &self,
        event_id: EventId,
        told: SoldOut,
        (from, to): (Timestamp, Timestamp),
    ) -> bool {
        let history = self.lock();
        let all = history.get(&event_id).map_or(&[][..], Vec::as_slice);
        let counts = (i64::from(told.available), i64::from(told.held));
        all.iter().enumerate().any(|(index, one)| {
            let end = all.get(index + 1).map_or(Timestamp::MAX, |next| next.at);
            let before = index.checked_sub(1).and_then(|before| all[before].counts.last());
            let is_it = before.into_iter().chain(&one.counts).any(|had| *had == counts);
            one.at <= to && end >= from && is_it && one.first_release_at == told.next_release_at
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<EventId, Vec<Snapshot>>> {
        lock(&self.0)
    }
}
