//! Settling: what was said and what is to be told first, which need no lock.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::super::books::note_known;
use super::super::changes::{Statement, bind_moved, bind_notices, columns, signed};
use super::super::database::PgDatabase;
use super::super::instant::Instant;
use super::super::rows::{self, booking_columns};
use super::{Memory, call, starts};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::ledger::{Books, Cause, Changes, Movement, SettleOutcome, Settlement};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::IdSource;
use crate::ports::fault::RepositoryError;

/// The bookings, and with one of them which notifications are known already: seldom any, and all of them when a gateway
/// repeats itself.
const BOOKINGS: &str = concat!(
    "SELECT ",
    booking_columns!(),
    ", CASE WHEN row_number() OVER () = 1
        THEN (SELECT array_agg(n.id) FROM notifications AS n WHERE n.id = ANY($2)) END AS known
      FROM bookings AS b WHERE b.id = ANY($1)"
);

const SETTLE: &str = "
    SELECT event_id, capacity, stock, held, version FROM settle_batch($1, $2, $3, $4, $5, $6,
        $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
        $28, $29, $30, $31, $32, $33, $34, $35)";

/// What a batch comes to if nothing has changed.
pub(crate) struct SettlementDecision {
    pub(crate) outcomes: Vec<SettleOutcome>,
    changes: Changes,
    /// The events of the bookings.
    events: BTreeMap<BookingId, EventId>,
    /// The versions of the terms that were decided on.
    versions: BTreeMap<EventId, i64>,
}

impl SettlementDecision {
    /// Decides on a batch, if all of its events are remembered and it does not matter how many tickets they have.
    pub(crate) async fn take(
        database: &PgDatabase,
        memory: &Memory,
        batch: &[Settlement],
        now: Timestamp,
    ) -> Result<Option<Self>, RepositoryError> {
        let ids: BTreeSet<Uuid> = batch.iter().map(|s| s.booking_id.as_uuid()).collect();
        let said: Vec<&str> = batch
            .iter()
            .filter_map(|settlement| match &settlement.cause {
                Cause::Notified(notification) => Some(notification.id.as_str()),
                _ => None,
            })
            .collect();
        let query = database.query(BOOKINGS).bind(ids.into_iter().collect::<Vec<_>>()).bind(said);
        let found = database.read_before_writing(query).await?;
        let bookings = rows::bookings(&found)?;

        let events: BTreeMap<_, _> = bookings.iter().map(|b| (b.id, b.event_id)).collect();
        let distinct: BTreeSet<EventId> = events.values().copied().collect();
        let Some(known) = memory.recall(distinct, now) else { return Ok(None) };
        let versions = known.iter().map(|(l, version)| (l.event_id, signed(*version))).collect();
        let mut books = Books::open(now, known.into_iter().map(|(ledger, _)| ledger));
        books.add_bookings(bookings);
        for row in &found {
            note_known(&mut books, row)?;
        }
        // The stock is that of a moment ago, so what does not fit it may fit the real one.
        let Ok(outcomes) = books.settle(batch) else { return Ok(None) };
        // Whether an event was called off is checked only of those that change.
        let depends_on_terms = |outcome: &SettleOutcome| {
            matches!(outcome, SettleOutcome::Unchanged(_) | SettleOutcome::Refused(_))
        };
        let is_plain = !books.depends_on_stock() && !outcomes.iter().any(depends_on_terms);
        let changes = books.close();
        let is_plain = is_plain && changes.forgotten_keys.is_empty();
        Ok(is_plain.then_some(Self { outcomes, changes, events, versions }))
    }

    /// Writes it, and returns the stocks that changed as they stand then. `None` if it does not hold any more; nothing
    /// stays written then.
    pub(crate) async fn write(
        &self,
        database: &PgDatabase,
        ids: &dyn IdSource,
        now: Timestamp,
    ) -> Result<Option<Vec<(EventId, Stock)>>, RepositoryError> {
        if self.changes.is_empty() {
            return Ok(Some(Vec::new()));
        }
        call(database, self.statement(database, ids, now)).await
    }

    /// Returns the events that it changes.
    pub(crate) fn changed(&self) -> impl Iterator<Item = EventId> {
        self.changes.stocks.keys().copied()
    }

    fn statement(&self, database: &PgDatabase, ids: &dyn IdSource, now: Timestamp) -> Statement {
        let mut lines: Vec<&Movement> = self.changes.movements.iter().collect();
        lines.sort_by_key(|line| line.event_id);
        let (mut stocks, mut helds, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for own in lines.chunk_by(|one, next| one.event_id == next.event_id) {
            stocks.push(sum(own.iter().map(|line| line.delta.stock)));
            helds.push(sum(own.iter().map(|line| line.delta.held)));
            steps.push(signed(own.len() as u64));
        }
        let firsts = starts(&steps);
        let events: Vec<Uuid> = self.changed().map(EventId::as_uuid).collect();
        let versions: Vec<Option<i64>> =
            self.changed().map(|event| self.versions.get(&event).copied()).collect();
        let query = database.query(SETTLE).bind(events).bind(stocks).bind(helds);
        let query = query.bind(steps).bind(firsts).bind(versions);
        let query = bind_moved(query, &self.changes);
        let (bookings, causes, statuses, stocks, helds) = columns!(lines => |line|
            line.booking.map(|(id, _)| id.as_uuid()), line.cause.as_str(),
            line.booking.map(|(_, status)| status.as_str()), line.delta.stock, line.delta.held);
        let query = query.bind(bookings).bind(causes).bind(statuses).bind(stocks).bind(helds);
        let query = self.bind_said(query);
        bind_notices(query, &self.changes, ids).bind(Instant::from(now))
    }

    /// Unlike under the locks, the events are known here, and need not be looked up.
    fn bind_said(&self, query: Statement) -> Statement {
        let (events, ids, kinds, times, payments) = columns!(self.changes.notifications => |n|
            self.events.get(&n.0.booking_id).map(|event| event.as_uuid()), n.0.id.as_str(),
            n.0.kind.as_str(), Instant::from(n.0.occurred_at), n.0.payment_id.as_str());
        let (bookings, amounts, currencies, verdicts) = columns!(self.changes.notifications => |n|
            n.0.booking_id.as_uuid(), n.0.amount_minor, n.0.currency.as_str(), n.1.as_str());
        let query = query.bind(events).bind(ids).bind(kinds).bind(times).bind(payments);
        query.bind(bookings).bind(amounts).bind(currencies).bind(verdicts)
    }
}

/// Adds changes of one stock up. What does not fit the schema is refused by it.
fn sum(deltas: impl Iterator<Item = i64>) -> i32 {
    i32::try_from(deltas.sum::<i64>()).unwrap_or(i32::MAX)
}
