//! Events as they were read a moment ago, for the many who ask for the same one at once.
//!
//! A million people reload the page of one event. What was read for the first of them is handed to all who ask
//! within [`Settings::event_memory`](super::Settings::event_memory), and is rendered once. While somebody reads,
//! nobody else reads the same event, and the reading goes on when whoever began it leaves.
//!
//! A change that this process made and knows of is never hidden. Each change raises a number, after the commit and
//! before anybody is answered, and what was read under a lower number is not shown to whoever asks afterwards. The
//! numbers are shared by events whose ids collide, which costs a reading more and is never wrong. A settlement whose
//! commit was not answered is not known to have changed anything, and shows like that of another process: when the
//! moment is over.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::failure::ServiceError;
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::time::Timestamp;
use crate::domain::venue::Location;

/// How many events are kept, at most. That many are not asked for within the same moment; if they are, forgetting
/// them costs a reading.
const MAX_EVENTS: usize = 4_096;

/// How much memory they may take, renderings included.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What an event takes beside its texts.
const BASE_BYTES: usize = 2 * 1024;

/// An event holds its texts once, and a rendering of it up to twice: what has to be escaped grows.
const COPIES: usize = 3;

/// Numbers of changes. Events that share one are read once more when the other changes.
const NUMBERS: usize = 1_024;

/// An event as it was read a moment ago, shared by all who asked for it since.
pub struct Snapshot {
    listing: Listing,
    rendering: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Snapshot {
    const fn new(listing: Listing) -> Self {
        Self { listing, rendering: OnceLock::new() }
    }

    /// Wraps an event that nobody else has asked for.
    pub(super) fn shared(listing: Listing) -> Arc<Self> {
        Arc::new(Self::new(listing))
    }

    /// Returns the event.
    pub const fn listing(&self) -> &Listing {
        &self.listing
    }

    /// Returns what `render` makes of the event: made by the first caller, and kept for the others. It is for one
    /// kind of rendering; another type than that of the first caller is made each time.
    pub fn rendered<T: Send + Sync + 'static>(&self, render: impl Fn(&Listing) -> T) -> Arc<T> {
        let kept = self.rendering.get_or_init(|| Arc::new(render(&self.listing)));
        Arc::clone(kept).downcast().unwrap_or_else(|_| Arc::new(render(&self.listing)))
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("listing", &self.listing).finish_non_exhaustive()
    }
}

/// What a caller can do with what was read before it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// It wants to see what this process changed.
    Everything,
    /// It looks at details only, which are no different after a sale.
    Details,
}

/// What a reading found.
pub(super) type Found = Result<Option<Arc<Snapshot>>, ServiceError>;

/// What comes of a reading, for those who wait. They are woken in the order in which they came, so that a seed replays
/// a simulation.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// `None` inside: the reading ended without finding anything out.
    found: OnceLock<Option<Found>>,
    is_over: Notify,
}

impl Outcome {
    /// Waits until the reading is over; `None` if it found nothing out, not even that it failed.
    pub(super) async fn wait(&self) -> Option<Found> {
        // It has to be listening before it looks.
        let mut over = std::pin::pin!(self.is_over.notified());
        over.as_mut().enable();
        if self.found.get().is_none() {
            over.await;
        }
        self.found.get().cloned().flatten()
    }

    fn end(&self, found: Option<Found>) {
        // The first word counts. Those who are woken by another one find that.
        let _ = self.found.set(found);
        self.is_over.notify_waiters();
    }
}

/// What there is of an event.
pub(super) enum Look {
    /// The event.
    Kept(Arc<Snapshot>),
    /// Somebody is reading it, and what is found will do.
    Wait(Arc<Outcome>),
    /// Somebody is reading it, who began too early. Look again when that is over.
    WaitAndLookAgain(Arc<Outcome>),
    /// Nothing. The caller has to read it.
    Read(Reading),
}

/// Keeps events for a moment.
pub(super) struct RecentEvents {
    life: Duration,
    /// Of the changes of events, by id.
    numbers: Box<[AtomicU64]>,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    by_event: HashMap<EventId, Slot>,
    bytes: usize,
}

#[derive(Default)]
struct Slot {
    kept: Option<Kept>,
    reading: Option<Begun>,
}

struct Kept {
    snapshot: Arc<Snapshot>,
    /// When the reading began.
    at: Timestamp,
    /// The number of the last change before it began.
    number: u64,
    bytes: usize,
}

struct Begun {
    number: u64,
    outcome: Arc<Outcome>,
    /// The event was changed meanwhile, in more than its count.
    is_outdated: bool,
}

impl RecentEvents {
    pub(super) fn new(life: Duration) -> Self {
        let numbers = std::iter::repeat_with(AtomicU64::default).take(NUMBERS).collect();
        Self { life, numbers, table: Mutex::default() }
    }

    /// Returns the number of the last change of an event. Take it before looking.
    pub(super) fn number(&self, event_id: EventId) -> u64 {
        self.number_of(event_id).load(Ordering::Acquire)
    }

    fn number_of(&self, event_id: EventId) -> &AtomicU64 {
        // The last bits of ids are random.
        let (_, low) = event_id.as_uuid().as_u64_pair();
        let index = usize::try_from(low % self.numbers.len() as u64).unwrap_or(0);
        &self.numbers[index]
    }

    /// Says that the counts of events were changed. Call it when the change is committed and the cache knows, and
    /// before anybody is told.
    pub(super) fn note_changes(&self, events: impl IntoIterator<Item = EventId>) {
        for event_id in events {
            self.number_of(event_id).fetch_add(1, Ordering::Release);
        }
    }

    /// Says that more of an event was changed than its counts.
    pub(super) fn forget(&self, event_id: EventId) {
        self.note_changes([event_id]);
        let mut table = self.lock();
        if let Some(slot) = table.by_event.get_mut(&event_id) {
            let forgotten = slot.kept.take();
            match &mut slot.reading {
                Some(reading) => reading.is_outdated = true,
                None => drop(table.by_event.remove(&event_id)),
            }
            table.bytes -= forgotten.map_or(0, |kept| kept.bytes);
        }
    }

    /// Returns an event as it was read last, however long that is ago, unless it was changed here since in more than
    /// its counts.
    pub(super) fn recall(&self, event_id: EventId) -> Option<Arc<Snapshot>> {
        let table = self.lock();
        table.by_event.get(&event_id)?.kept.as_ref().map(|kept| Arc::clone(&kept.snapshot))
    }

    /// Looks an event up for a caller that took `number` when it came.
    pub(super) fn look(
        self: &Arc<Self>,
        event_id: EventId,
        need: Need,
        number: u64,
        now: Timestamp,
    ) -> Look {
        let mut table = self.lock();
        let slot = table.by_event.entry(event_id).or_default();
        // A clock that was set back must not stretch the moment.
        if let Some(kept) = &slot.kept
            && (need == Need::Details || kept.number >= number)
            && now >= kept.at
            && now.since(kept.at) < self.life
        {
            return Look::Kept(Arc::clone(&kept.snapshot));
        }
        if let Some(reading) = &slot.reading {
            let outcome = Arc::clone(&reading.outcome);
            let is_too_early = need == Need::Everything && reading.number < number;
            return if is_too_early || reading.is_outdated {
                Look::WaitAndLookAgain(outcome)
            } else {
                Look::Wait(outcome)
            };
        }
        let outcome = Arc::<Outcome>::default();
        // Not the number that the caller came with: what changed since is seen by a reading that begins now, and
        // those who came since shall not each need one of their own.
        let number = self.number(event_id);
        let begun = Begun { number, outcome: Arc::clone(&outcome), is_outdated: false };
        slot.reading = Some(begun);
        let recent = Arc::clone(self);
        Look::Read(Reading { recent, event_id, at: now, number, outcome })
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RecentEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentEvents").field("life", &self.life).finish_non_exhaustive()
    }
}

impl Table {
    /// Makes room for an event: what has had its moment goes first, and if that is not enough, everything.
    fn make_room(&mut self, bytes: usize, now: Timestamp, life: Duration) {
        let is_full =
            |table: &Self| table.by_event.len() > MAX_EVENTS || table.bytes + bytes > MAX_BYTES;
        if is_full(self) {
            self.keep(|kept| now >= kept.at && now.since(kept.at) < life);
        }
        if is_full(self) {
            self.keep(|_| false);
        }
    }

    /// Forgets what is not to be kept. Readings stay.
    fn keep(&mut self, is_kept: impl Fn(&Kept) -> bool) {
        self.by_event.retain(|_, slot| {
            if slot.kept.as_ref().is_some_and(|kept| !is_kept(kept)) {
                slot.kept = None;
            }
            slot.kept.is_some() || slot.reading.is_some()
        });
        let kept = self.by_event.values().filter_map(|slot| slot.kept.as_ref());
        self.bytes = kept.map(|kept| kept.bytes).sum();
    }
}

/// The task to read an event. If it is dropped, somebody else who waits gets it.
pub(super) struct Reading {
    recent: Arc<RecentEvents>,
    event_id: EventId,
    at: Timestamp,
    number: u64,
    outcome: Arc<Outcome>,
}

impl Reading {
    /// Returns what will come of it.
    pub(super) fn outcome(&self) -> Arc<Outcome> {
        Arc::clone(&self.outcome)
    }

    /// Keeps what was found, and tells those who wait.
    pub(super) fn end(self, found: Result<Option<Listing>, ServiceError>) {
        let found = found.map(|found| found.map(Snapshot::shared));
        if let Ok(Some(snapshot)) = &found {
            self.keep(snapshot);
        }
        // Before those who wait are told, or they would find it still being read.
        self.close();
        self.outcome.end(Some(found));
    }

    /// What does not exist is not kept, so that nobody can fill the memory with guesses.
    fn keep(&self, snapshot: &Arc<Snapshot>) {
        let bytes = weight(&snapshot.listing);
        let mut table = self.recent.lock();
        table.make_room(bytes, self.at, self.recent.life);
        let slot = table.by_event.entry(self.event_id).or_default();
        if slot.reading.as_ref().is_some_and(|reading| reading.is_outdated) {
            return;
        }
        let snapshot = Arc::clone(snapshot);
        let kept = Kept { snapshot, at: self.at, number: self.number, bytes };
        let before = slot.kept.replace(kept).map_or(0, |before| before.bytes);
        table.bytes = table.bytes + bytes - before;
    }

    fn close(&self) {
        let mut table = self.recent.lock();
        if let Some(slot) = table.by_event.get_mut(&self.event_id) {
            slot.reading = None;
            if slot.kept.is_none() {
                table.by_event.remove(&self.event_id);
            }
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        // A reading that was ended has made way already, perhaps for another one.
        if self.outcome.found.get().is_none() {
            self.close();
            self.outcome.end(None);
        }
    }
}

/// Returns what an event may take in memory together with its rendering, roughly.
fn weight(listing: &Listing) -> usize {
    let details = &listing.event.details;
    let place = match &details.location {
        Location::Venue(venue) => venue.name().len() + venue.address().len() + venue.city().len(),
        Location::Online { url } => url.as_ref().map_or(0, |url| url.as_str().len()),
    };
    let links = [&details.url, &details.image_url].into_iter().flatten();
    let texts = details.title.len()
        + details.description.len()
        + details.category.len()
        + details.tags.iter().map(|tag| tag.len() + 32).sum::<usize>()
        + links.map(|link| link.as_str().len()).sum::<usize>()
        + place;
    BASE_BYTES + COPIES * texts
}

#[cfg(test)]
mod tests;
