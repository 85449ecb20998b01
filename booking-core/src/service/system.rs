//! Putting the use cases together.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::adapters::Adapters;
use super::admission::Admission;
use super::audit::{AuditReport, audit};
use super::bookings::Bookings;
use super::catalogue::Catalogue;
use super::expiry::Expiry;
use super::failure::ServiceError;
use super::group_commit::{GroupCommit, QueueSettings};
use super::keys_in_use::KeysInUse;
use super::limited::Limited;
use super::organiser::Organiser;
use super::outbox::Outbox;
use super::payments::Payments;
use super::plenty::Plenty;
use super::recent::RecentEvents;
use super::refusals::Refusals;
use super::settings::Settings;
use super::settlement::SettlementWriter;
use super::workers::Workers;
use crate::ports::booking_repository::OutboxDepth;
use crate::ports::{
    BookingRepository, Clock, EventRepository, IdSource, Notifier, PaymentGateway, StockCache,
};

/// A part that was not given to a [`BookingSystemBuilder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the booking system has no {0}")]
pub struct IncompleteSystem(&'static str);

/// Collects the parts of a [`BookingSystem`].
#[derive(Debug, Default)]
pub struct BookingSystemBuilder {
    events: Option<Arc<dyn EventRepository>>,
    bookings: Option<Arc<dyn BookingRepository>>,
    cache: Option<Arc<dyn StockCache>>,
    gateway: Option<Arc<dyn PaymentGateway>>,
    notifier: Option<Arc<dyn Notifier>>,
    clock: Option<Arc<dyn Clock>>,
    ids: Option<Arc<dyn IdSource>>,
    settings: Settings,
}

impl BookingSystemBuilder {
    /// Sets where events and bookings are stored. Both must be of the same database.
    pub fn repositories(
        mut self,
        events: Arc<dyn EventRepository>,
        bookings: Arc<dyn BookingRepository>,
    ) -> Self {
        self.events = Some(events);
        self.bookings = Some(bookings);
        self
    }

    /// Sets the cache in front of the database.
    pub fn cache(mut self, cache: Arc<dyn StockCache>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Sets who takes the money.
    pub fn gateway(mut self, gateway: Arc<dyn PaymentGateway>) -> Self {
        self.gateway = Some(gateway);
        self
    }

    /// Sets who tells the buyers.
    pub fn notifier(mut self, notifier: Arc<dyn Notifier>) -> Self {
        self.notifier = Some(notifier);
        self
    }

    /// Sets where time and ids come from.
    pub fn time_and_ids(mut self, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        self.clock = Some(clock);
        self.ids = Some(ids);
        self
    }

    /// Changes the settings.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Puts the system together, and starts its two queues on the current runtime. They end when the last
    /// clone of the system is dropped.
    ///
    /// # Errors
    /// - [`IncompleteSystem`] names a part that is missing.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn build(self) -> Result<BookingSystem, IncompleteSystem> {
        let adapters = Adapters {
            events: Arc::new(Limited(self.events.ok_or(IncompleteSystem("event repository"))?)),
            bookings: Arc::new(Limited(
                self.bookings.ok_or(IncompleteSystem("booking repository"))?,
            )),
            cache: self.cache.ok_or(IncompleteSystem("stock cache"))?,
            gateway: self.gateway.ok_or(IncompleteSystem("payment gateway"))?,
            notifier: self.notifier.ok_or(IncompleteSystem("notifier"))?,
            clock: self.clock.ok_or(IncompleteSystem("clock"))?,
            ids: self.ids.ok_or(IncompleteSystem("source of ids"))?,
        };
        Ok(BookingSystem { parts: Arc::new(Parts::assemble(adapters, self.settings)) })
    }
}

#[derive(Debug)]
struct Parts {
    catalogue: Catalogue,
    bookings: Bookings,
    payments: Payments,
    organiser: Organiser,
    outbox: Outbox,
    expiry: Expiry,
    adapters: Adapters,
    settings: Settings,
}

impl Parts {
    fn assemble(adapters: Adapters, settings: Settings) -> Self {
        let refusals = Arc::new(Refusals::new(settings.refusal_memory));
        let recent = Arc::new(RecentEvents::new(settings.event_memory));
        let queue = QueueSettings {
            queue_limit: settings.queue_limit,
            batch_limit: settings.batch_limit,
            batches_at_once: adapters.bookings.batches_at_once(),
            patience: settings.commit_patience,
        };
        let writer = Admission {
            adapters: adapters.clone(),
            refusals: Arc::clone(&refusals),
            plenty: Plenty::new(settings.batch_limit),
            recent: Arc::clone(&recent),
        };
        let (admission, admitting) =
            GroupCommit::open(writer, queue.clone(), Arc::clone(&adapters.ids));
        let writer = SettlementWriter {
            adapters: adapters.clone(),
            refusals: Arc::clone(&refusals),
            recent: Arc::clone(&recent),
        };
        let (settlement, settling) = GroupCommit::open(writer, queue, Arc::clone(&adapters.ids));
        tokio::spawn(admitting);
        tokio::spawn(settling);

        let catalogue = Catalogue::new(adapters.clone(), settings.refusal_memory, recent);
        Self {
            bookings: Bookings {
                catalogue: catalogue.clone(),
                adapters: adapters.clone(),
                admission,
                settlement: settlement.clone(),
                refusals: Arc::clone(&refusals),
                keys_in_use: Arc::new(KeysInUse::default()),
                settings: settings.clone(),
                counters: Arc::default(),
            },
            payments: Payments { adapters: adapters.clone(), settlement: settlement.clone() },
            organiser: Organiser {
                adapters: adapters.clone(),
                catalogue: catalogue.clone(),
                settlement: settlement.clone(),
                refusals,
                called_off: Arc::new(tokio::sync::Notify::new()),
                announced: Arc::new(tokio::sync::Notify::new()),
            },
            outbox: Outbox {
                adapters: adapters.clone(),
                settlement: settlement.clone(),
                settings: settings.clone(),
            },
            expiry: Expiry { adapters: adapters.clone(), settlement },
            catalogue,
            adapters,
            settings,
        }
    }
}

/// How long database and cache have to say that they answer. A load balancer asks every few seconds, and has to
/// be told while one of them hangs.
const PROBE_PATIENCE: Duration = Duration::from_secs(1);

async fn answers<E>(probe: impl Future<Output = Result<(), E>>) -> bool {
    matches!(tokio::time::timeout(PROBE_PATIENCE, probe).await, Ok(Ok(())))
}

/// Whether the system can take bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// Whether the database answers. Without it nothing can be booked.
    pub database: bool,
    /// Whether the cache answers. Without it everything works, at the database's speed.
    pub cache: bool,
}

/// The booking engine: all use cases on one set of adapters. Clones share everything.
#[derive(Debug, Clone)]
pub struct BookingSystem {
    parts: Arc<Parts>,
}

/// A [`BookingSystem`] that may be gone: for parts that the system itself holds.
#[derive(Debug, Clone)]
pub struct WeakBookingSystem {
    parts: Weak<Parts>,
}

impl WeakBookingSystem {
    /// Returns the system, if something else still holds it.
    pub fn upgrade(&self) -> Option<BookingSystem> {
        self.parts.upgrade().map(|parts| BookingSystem { parts })
    }
}

impl BookingSystem {
    /// Returns a reference that does not keep the system alive.
    pub fn downgrade(&self) -> WeakBookingSystem {
        WeakBookingSystem { parts: Arc::downgrade(&self.parts) }
    }

    /// Begins to put a system together.
    pub fn builder() -> BookingSystemBuilder {
        BookingSystemBuilder::default()
    }

    /// Returns what finds events.
    pub fn catalogue(&self) -> &Catalogue {
        &self.parts.catalogue
    }

    /// Returns what takes bookings.
    pub fn bookings(&self) -> &Bookings {
        &self.parts.bookings
    }

    /// Returns what takes the gateway's notifications.
    pub fn payments(&self) -> &Payments {
        &self.parts.payments
    }

    /// Returns what changes events.
    pub fn organiser(&self) -> &Organiser {
        &self.parts.organiser
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    /// Returns where the system's time comes from.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.parts.adapters.clock
    }

    /// Returns where the system's ids come from.
    pub fn ids(&self) -> &Arc<dyn IdSource> {
        &self.parts.adapters.ids
    }

    /// Starts the background work on the current runtime.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start_workers(&self) -> Workers {
        Workers::start(self)
    }

    /// Recomputes the books.
    pub async fn audit(&self) -> Result<AuditReport, ServiceError> {
        Ok(audit(&*self.parts.adapters.bookings).await?)
    }

    /// Asks database and cache, side by side, whether they answer. What takes longer than a second does not.
    pub async fn readiness(&self) -> Readiness {
        let Adapters { bookings, cache, .. } = &self.parts.adapters;
        let (database, cache) = tokio::join!(answers(bookings.ping()), answers(cache.ping()));
        Readiness { database, cache }
    }

    /// Returns how full the outbox is.
    pub async fn outbox_depth(&self) -> Result<OutboxDepth, ServiceError> {
        Ok(self.parts.adapters.bookings.outbox_depth(self.parts.adapters.clock.now()).await?)
    }

    /// Delivers everything that is due, to the gateway and to the buyers, and releases overdue holds, without
    /// workers: for tests and for hosts that pace the work themselves.
    pub async fn run_due_work(&self) -> Result<(), ServiceError> {
        use crate::domain::notice::Recipient;
        while self.parts.expiry.sweep().await? > 0 {}
        while self.parts.organiser.settle_called_off().await? > 0 {}
        while self.parts.organiser.spread_announcement().await? {}
        while self.parts.outbox.deliver(Recipient::Gateway).await? > 0 {}
        while self.parts.outbox.deliver(Recipient::Buyer).await? > 0 {}
        Ok(())
    }

    pub(super) fn expiry(&self) -> Expiry {
        self.parts.expiry.clone()
    }

    pub(super) fn outbox(&self) -> Outbox {
        self.parts.outbox.clone()
    }

    pub(super) async fn purge_keys(&self, limit: u32) -> Result<usize, ServiceError> {
        let before =
            self.parts.adapters.clock.now().saturating_sub(self.parts.settings.key_retention);
        let purged = self.parts.adapters.bookings.purge_keys(before, limit).await?;
        Ok(usize::try_from(purged).unwrap_or(usize::MAX))
    }
}
