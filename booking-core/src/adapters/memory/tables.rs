//! The rows and the indexes over them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use super::outbox::Outbox;
use crate::domain::announcement::{Announcement, AnnouncementPlan, ReminderPlan};
use crate::domain::booking::{Booking, BookingStatus, IdempotencyKey};
use crate::domain::event::{Event, Listing};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::{Changes, EventLedger, KnownKey, Movement, NewKey, Shortage, Verdict};
use crate::domain::notice::{NewNotice, NoticeKind};
use crate::domain::payment::{ForeignId, Notification};
use crate::domain::search::SearchDocument;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::clock::IdSource;

/// Everything that the database holds.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) events: BTreeMap<EventId, EventRow>,
    /// Events by their names where they come from.
    pub(super) sources: BTreeMap<ForeignId, EventId>,
    pub(super) bookings: BTreeMap<BookingId, BookingRow>,
    pub(super) notifications: BTreeMap<ForeignId, (Notification, Verdict)>,
    pub(super) outbox: Outbox,
    /// Changes of events that are still to be told, in order.
    pub(super) announcements: VecDeque<Announcement>,
    keys: BTreeMap<IdempotencyKey, KeyRow>,
    keys_by_age: BTreeSet<(Timestamp, IdempotencyKey)>,
    /// The holds of all events, by their ends.
    holds: BTreeSet<Hold>,
}

/// The end of a hold, and whose it is.
pub(super) type Hold = (Timestamp, BookingId);

/// An event with its journal, and what is indexed by event.
#[derive(Debug)]
pub(super) struct EventRow {
    pub(super) listing: Listing,
    pub(super) document: SearchDocument,
    /// The lines in order of their versions. Only ever appended to.
    pub(super) journal: Vec<Movement>,
    pub(super) bookings: BTreeSet<BookingId>,
    /// Those of its bookings that are pending or confirmed.
    pub(super) open: BTreeSet<BookingId>,
    /// Its holds, by their ends.
    holds: BTreeSet<Hold>,
}

/// A booking, and what is indexed by booking.
#[derive(Debug)]
pub(super) struct BookingRow {
    pub(super) booking: Booking,
    /// Versions of the lines in its event's journal that name it.
    pub(super) lines: Vec<u64>,
    /// Notifications that were recorded for it.
    pub(super) notifications: Vec<ForeignId>,
    /// The idempotency key that it was made under.
    key: Option<IdempotencyKey>,
}

#[derive(Debug)]
struct KeyRow {
    known: KnownKey,
    at: Timestamp,
}

impl EventRow {
    pub(super) fn new(event: Event, stock: Stock) -> Self {
        Self {
            document: SearchDocument::of(&event.details),
            listing: Listing { event, stock },
            journal: Vec::new(),
            bookings: BTreeSet::new(),
            open: BTreeSet::new(),
            holds: BTreeSet::new(),
        }
    }

    pub(super) fn replace(&mut self, event: Event, stock: Stock) {
        if event.details != self.listing.event.details {
            self.document = SearchDocument::of(&event.details);
        }
        self.listing = Listing { event, stock };
    }

    /// Returns the line of the journal with this version.
    pub(super) fn line(&self, version: u64) -> Option<&Movement> {
        let index = self.journal.binary_search_by_key(&version, |line| line.version).ok()?;
        self.journal.get(index)
    }

    pub(super) fn first_release_at(&self) -> Option<Timestamp> {
        self.holds.first().map(|(expires_at, _)| *expires_at)
    }
}

/// Returns the holds that end at `now` or before, the longest overdue first.
fn overdue(holds: &BTreeSet<Hold>, now: Timestamp) -> impl Iterator<Item = BookingId> {
    holds.iter().take_while(move |(expires_at, _)| *expires_at <= now).map(|(_, id)| *id)
}

impl Tables {
    pub(super) fn ledger(&self, event_id: EventId) -> Option<EventLedger> {
        let listing = &self.events.get(&event_id)?.listing;
        Some(EventLedger { event_id, terms: listing.event.terms(), stock: listing.stock })
    }

    pub(super) fn booking(&self, id: BookingId) -> Option<&Booking> {
        self.bookings.get(&id).map(|row| &row.booking)
    }

    pub(super) fn key(&self, key: &IdempotencyKey) -> Option<&KnownKey> {
        self.keys.get(key).map(|row| &row.known)
    }

    /// Returns the bookings of an event whose holds have run out, the longest overdue first.
    pub(super) fn overdue_of(&self, short: Shortage, now: Timestamp) -> Vec<Booking> {
        let holds = usize::try_from(short.holds).unwrap_or(usize::MAX);
        self.events.get(&short.event_id).map_or_else(Vec::new, |row| {
            let overdue = overdue(&row.holds, now).take(holds);
            overdue.filter_map(|id| self.booking(id).cloned()).collect()
        })
    }

    /// Returns the bookings of all events whose holds have run out, the longest overdue first.
    pub(super) fn overdue(&self, now: Timestamp) -> impl Iterator<Item = BookingId> {
        overdue(&self.holds, now)
    }

    /// Writes what was decided. It cannot fail half way: all that could be refused was refused before.
    pub(super) fn write(&mut self, changes: Changes, ids: &dyn IdSource) {
        for (event_id, stock) in changes.stocks {
            if let Some(row) = self.events.get_mut(&event_id) {
                row.listing.stock = stock;
            }
        }
        for booking in changes.new_bookings {
            self.insert_booking(booking);
        }
        for moved in changes.moved_bookings.into_values() {
            self.update_booking(moved.booking);
        }
        for line in changes.movements {
            self.append(line);
        }
        for notice in &changes.notices {
            self.outbox.queue(notice, ids);
        }
        for key in changes.new_keys {
            self.insert_key(key);
        }
        for booking_id in changes.forgotten_keys {
            self.forget_key_of(booking_id);
        }
        for (notification, verdict) in changes.notifications {
            if let Some(row) = self.bookings.get_mut(&notification.booking_id) {
                row.notifications.push(notification.id.clone());
            }
            self.notifications.insert(notification.id.clone(), (notification, verdict));
        }
    }

    /// Appends a line to the journal of its event.
    pub(super) fn append(&mut self, line: Movement) {
        if let Some((id, _)) = line.booking
            && let Some(row) = self.bookings.get_mut(&id)
        {
            row.lines.push(line.version);
        }
        if let Some(row) = self.events.get_mut(&line.event_id) {
            row.journal.push(line);
        }
    }

    /// Keeps an announcement. Changes in a row are told as one.
    pub(super) fn announce(&mut self, announcement: Option<Announcement>) {
        let Some(mut new) = announcement else { return };
        let earlier = self.announcements.iter().position(|a| a.event_id == new.event_id);
        if let Some(earlier) = earlier.and_then(|index| self.announcements.remove(index)) {
            new.is_move |= earlier.is_move;
        }
        self.announcements.push_back(new);
    }

    /// Does what the oldest announcement asks for, for some of the bookings; tells whether there is one.
    pub(super) fn spread_announcement(
        &mut self,
        now: Timestamp,
        limit: usize,
        ids: &dyn IdSource,
    ) -> bool {
        let Some(announcement) = self.announcements.pop_front() else { return false };
        let Some(row) = self.events.get(&announcement.event_id) else { return true };
        let Some(plan) = announcement.plan(&row.listing.event, now) else { return true };
        let after = announcement.after.map_or(Bound::Unbounded, Bound::Excluded);
        let concerned = row.bookings.range((after, Bound::Unbounded)).copied();
        let concerned: Vec<BookingId> = concerned
            .filter(|id| self.was_confirmed_before(*id, announcement.version))
            .take(limit)
            .collect();
        for booking_id in &concerned {
            self.carry_out(&plan, announcement.event_id, *booking_id, now, ids);
        }
        if concerned.len() == limit {
            let after = concerned.last().copied().or(announcement.after);
            self.announcements.push_front(Announcement { after, ..announcement });
        }
        true
    }

    /// Tells whether a booking is confirmed, and was so before its event had this version.
    fn was_confirmed_before(&self, id: BookingId, version: u64) -> bool {
        let Some(row) = self.bookings.get(&id) else { return false };
        let Some(event) = self.events.get(&row.booking.event_id) else { return false };
        let mut lines = row.lines.iter().filter_map(|version| event.line(*version));
        row.booking.status == BookingStatus::Confirmed
            && lines.any(|line| {
                let status = line.booking.map(|(_, status)| status);
                line.version < version && status == Some(BookingStatus::Confirmed)
            })
    }

    fn carry_out(
        &mut self,
        plan: &AnnouncementPlan,
        event_id: EventId,
        booking_id: BookingId,
        now: Timestamp,
        ids: &dyn IdSource,
    ) {
        let notice = |kind, run_at| NewNotice { event_id, booking_id, kind, run_at };
        let reminder = NoticeKind::EventReminder;
        if plan.is_told {
            self.outbox.plan(&notice(NoticeKind::EventChanged, now), ids);
        }
        match plan.reminder {
            ReminderPlan::At(at) => self.outbox.plan(&notice(reminder, at), ids),
            ReminderPlan::AtOnce => {
                self.outbox.replan(booking_id, reminder, |run_at| run_at.min(now));
            }
            ReminderPlan::Dropped => self.outbox.drop_planned(booking_id, reminder),
        }
    }

    fn insert_booking(&mut self, booking: Booking) {
        if let Some(event) = self.events.get_mut(&booking.event_id) {
            event.bookings.insert(booking.id);
        }
        self.index(&booking);
        let row = BookingRow { booking, lines: Vec::new(), notifications: Vec::new(), key: None };
        self.bookings.insert(row.booking.id, row);
    }

    /// Replaces a booking and moves it in the indexes.
    pub(super) fn update_booking(&mut self, booking: Booking) {
        self.index(&booking);
        if let Some(row) = self.bookings.get_mut(&booking.id) {
            row.booking = booking;
        }
    }

    fn index(&mut self, booking: &Booking) {
        let hold = (booking.expires_at, booking.id);
        let is_held = booking.status == BookingStatus::Pending;
        let is_open = is_held || booking.status == BookingStatus::Confirmed;
        keep(&mut self.holds, hold, is_held);
        if let Some(event) = self.events.get_mut(&booking.event_id) {
            keep(&mut event.holds, hold, is_held);
            keep(&mut event.open, booking.id, is_open);
        }
    }

    fn insert_key(&mut self, key: NewKey) {
        if let Some(row) = self.bookings.get_mut(&key.booking_id) {
            row.key = Some(key.idempotency.key.clone());
        }
        self.keys_by_age.insert((key.at, key.idempotency.key.clone()));
        let fingerprint = key.idempotency.fingerprint;
        let known = KnownKey { fingerprint, booking_id: key.booking_id };
        self.keys.insert(key.idempotency.key, KeyRow { known, at: key.at });
    }

    fn forget_key_of(&mut self, booking_id: BookingId) {
        let Some(key) = self.bookings.get_mut(&booking_id).and_then(|row| row.key.take()) else {
            return;
        };
        // It may have been purged meanwhile, and name another booking by now.
        if self.keys.get(&key).is_some_and(|row| row.known.booking_id == booking_id)
            && let Some(row) = self.keys.remove(&key)
        {
            self.keys_by_age.remove(&(row.at, key));
        }
    }

    /// Forgets up to `limit` keys that were made before `before`, the oldest first; returns how many.
    pub(super) fn purge_keys(&mut self, before: Timestamp, limit: u32) -> u64 {
        let mut purged = 0;
        while purged < u64::from(limit)
            && self.keys_by_age.first().is_some_and(|(at, _)| *at < before)
            && let Some((_, key)) = self.keys_by_age.pop_first()
        {
            self.keys.remove(&key);
            purged += 1;
        }
        purged
    }
}

/// Makes `set` contain `item` if it is to, and else not.
fn keep<T: Ord>(set: &mut BTreeSet<T>, item: T, is_in: bool) {
    if is_in {
        set.insert(item);
    } else {
        set.remove(&item);
    }
}
