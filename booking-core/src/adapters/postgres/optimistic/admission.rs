//! Admitting: the bookings first, which need no lock.

use std::collections::BTreeMap;

use super::super::changes::{Statement, bind_bookings, bind_keys, signed, tickets};
use super::super::database::PgDatabase;
use super::super::instant::Instant;
use super::{Memory, call, starts};
use crate::domain::booking::Booking;
use crate::domain::ids::EventId;
use crate::domain::ledger::{Books, Changes, HoldOutcome, HoldRequest, MovementCause};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

/// The batch has to fit into what is left so many times, so that it will still fit when others were faster.
const MARGIN: u64 = 4;

const ADMIT: &str = "
    SELECT event_id, capacity, stock, held, version FROM admit_batch($1, $2, $3, $4, $5,
        $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
        $26)";

/// What a batch comes to if nothing has changed.
pub(crate) struct AdmissionDecision {
    pub(crate) outcomes: Vec<HoldOutcome>,
    changes: Changes,
    /// The versions of the terms that were decided on.
    versions: BTreeMap<EventId, i64>,
}

impl AdmissionDecision {
    /// Decides on a batch, if all of its events are remembered and have plenty of tickets.
    pub(crate) fn take(memory: &Memory, batch: &[HoldRequest], now: Timestamp) -> Option<Self> {
        let mut wanted = BTreeMap::<EventId, u64>::new();
        for request in batch {
            *wanted.entry(request.event_id).or_default() += u64::from(request.quantity.get());
        }
        let known = memory.recall(wanted.keys().copied(), now)?;
        let has_plenty =
            |tickets: u64, stock: Stock| u64::from(stock.available()) >= tickets * MARGIN;
        if !known.iter().zip(wanted.values()).all(|(known, n)| has_plenty(*n, known.0.stock)) {
            return None;
        }
        let versions = known.iter().map(|(l, version)| (l.event_id, signed(*version))).collect();
        let mut books = Books::open(now, known.into_iter().map(|(ledger, _)| ledger));
        let outcomes = books.admit(batch).ok()?;
        let is_plain = outcomes.iter().all(|outcome| matches!(outcome, HoldOutcome::Held(_)));
        is_plain.then(|| Self { outcomes, changes: books.close(), versions })
    }

    /// Writes it, and returns the stocks as they stand then. `None` if it does not hold any more; nothing stays written
    /// then.
    pub(crate) async fn write(
        &self,
        database: &PgDatabase,
        now: Timestamp,
    ) -> Result<Option<Vec<(EventId, Stock)>>, RepositoryError> {
        call(database, self.statement(database, now)).await
    }

    fn statement(&self, database: &PgDatabase, now: Timestamp) -> Statement {
        let mut bookings: Vec<&Booking> = self.changes.new_bookings.iter().collect();
        bookings.sort_by_key(|booking| booking.event_id);
        let (mut events, mut versions) = (Vec::new(), Vec::new());
        let (mut wanted, mut steps) = (Vec::new(), Vec::new());
        for own in bookings.chunk_by(|one, next| one.event_id == next.event_id) {
            events.push(own[0].event_id.as_uuid());
            versions.push(self.versions.get(&own[0].event_id).copied());
            wanted.push(own.iter().map(|booking| tickets(booking.quantity.get())).sum::<i32>());
            steps.push(signed(own.len() as u64));
        }
        let firsts = starts(&steps);
        let query = database.query(ADMIT).bind(events).bind(wanted).bind(steps).bind(firsts);
        let query = query.bind(versions);
        let query = bind_bookings(query, &bookings);
        bind_keys(query, &self.changes).bind(MovementCause::Held.as_str()).bind(Instant::from(now))
    }
}
