//! Every way in which the engine is broken on purpose: the simulation has to find each of them, and for its own reason.

use std::sync::Arc;
use std::time::Duration;

use booking_core::adapters::memory::{MemoryDatabase, MemoryStockCache};
use booking_core::testkit::simulation::{Setup, Stores};
use booking_core::testkit::witness::Rule;

use crate::cache_flaws::CacheFlaw;
use crate::database_flaws::DatabaseFlaw;
use crate::flawed_bookings::FlawedBookings;
use crate::flawed_events::FlawedEvents;
use crate::journal_flaws::JournalFlaw;
use crate::outside_flaws::OutsideFlaw;
use crate::worlds::{sound, stores};

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Something in the cache.
    Cache(CacheFlaw),
    /// Something in the database, or in what the engine decides there.
    Database(DatabaseFlaw),
    /// Something in the journal.
    Journal(JournalFlaw),
    /// Something on the way to buyers and their money.
    Outside(OutsideFlaw),
    /// A refusal is repeated for five seconds, not for one.
    RefusalsAreRememberedTooLong,
    /// Whoever cannot book is told nothing, and waits.
    NobodyGivesUp,
}

impl Flaw {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let cache = CacheFlaw::ALL.into_iter().map(Self::Cache);
        let database = DatabaseFlaw::ALL.into_iter().map(Self::Database);
        let journal = JournalFlaw::ALL.into_iter().map(Self::Journal);
        let outside = OutsideFlaw::ALL.into_iter().map(Self::Outside);
        let others = [Self::RefusalsAreRememberedTooLong, Self::NobodyGivesUp];
        cache.chain(database).chain(journal).chain(outside).chain(others)
    }

    /// Makes a world in which this is broken.
    pub(crate) fn world(self) -> Setup {
        match self {
            Self::Cache(flaw) => {
                Setup::new(|ids| stores(MemoryDatabase::new(ids)), move || flaw.cache())
            }
            Self::Database(flaw) => Setup::new(
                move |ids| {
                    let database = MemoryDatabase::new(ids);
                    Stores {
                        events: Arc::new(FlawedEvents::new(&database, flaw)),
                        bookings: Arc::new(FlawedBookings::new(&database, flaw)),
                        ..stores(database)
                    }
                },
                || Arc::new(MemoryStockCache::default()),
            ),
            Self::Journal(flaw) => Setup::new(
                move |ids| flaw.stores(MemoryDatabase::new(ids)),
                || Arc::new(MemoryStockCache::default()),
            ),
            Self::Outside(flaw) => flaw.world(),
            Self::RefusalsAreRememberedTooLong => {
                sound().settings(|settings| settings.refusal_memory = Duration::from_secs(5))
            }
            Self::NobodyGivesUp => {
                let world = Self::Database(DatabaseFlaw::LateAdmissionsFail).world();
                world.settings(|settings| settings.commit_patience = Duration::from_hours(10))
            }
        }
    }

    /// Returns the rules of which one has to be found broken first: a flaw that is found by its side effects only says
    /// nothing of the rule that it was made for.
    pub(crate) fn breaks(self) -> &'static [Rule] {
        match self {
            Self::Cache(flaw) => flaw.breaks(),
            Self::Database(flaw) => flaw.breaks(),
            Self::Journal(flaw) => flaw.breaks(),
            Self::Outside(flaw) => flaw.breaks(),
            Self::RefusalsAreRememberedTooLong => &[Rule::ARefusalIsHonest],
            Self::NobodyGivesUp => &[Rule::EverybodyIsAnswered],
        }
    }
}
