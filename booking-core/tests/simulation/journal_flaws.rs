//! Ways in which a journal may be wrong.

use booking_core::adapters::memory::MemoryDatabase;
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::ledger::{Movement, MovementCause};
use booking_core::testkit::simulation::Stores;
use booking_core::testkit::witness::Rule;

use crate::worlds::stores;

/// What is wrong in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JournalFlaw {
    /// Lines name a booking that is not there.
    LinesNameNobody,
    /// Organisers move tickets that are held.
    ChangesMoveHolds,
    /// Calling an event off adds a ticket, which its stock does not have.
    CallOffsAddTickets,
}

impl JournalFlaw {
    pub(crate) const ALL: [Self; 3] =
        [Self::LinesNameNobody, Self::ChangesMoveHolds, Self::CallOffsAddTickets];

    /// Returns the rules of which one has to be found broken first.
    pub(crate) const fn breaks(self) -> &'static [Rule] {
        match self {
            Self::LinesNameNobody => &[Rule::TheJournalNamesBookingsThatAreThere],
            Self::ChangesMoveHolds => &[Rule::OrganisersChangeTheCapacityOnly],
            Self::CallOffsAddTickets => &[Rule::StockAndJournalAgree],
        }
    }

    /// Makes the ports of a database whose journal is wrong in this way.
    pub(crate) fn stores(self, database: MemoryDatabase) -> Stores {
        let journal = {
            let database = database.clone();
            move |event_id: EventId, after: u64| {
                let lines = database.journal(event_id, after).into_iter();
                lines.map(|line| self.spoilt(line)).collect()
            }
        };
        Stores { journal: std::sync::Arc::new(journal), ..stores(database) }
    }

    fn spoilt(self, mut line: Movement) -> Movement {
        match (self, line.cause) {
            (Self::LinesNameNobody, MovementCause::Moved(_)) => {
                let nobody = BookingId::new(uuid::Uuid::max());
                line.booking = line.booking.map(|(_, status)| (nobody, status));
            }
            (Self::ChangesMoveHolds, MovementCause::Edited) => line.delta.held += 1,
            (Self::CallOffsAddTickets, MovementCause::Cancelled) => {
                line.delta.capacity += 1;
                line.delta.stock += 1;
            }
            _ => {}
        }
        line
    }
}
