//! Writing what [`Books`](crate::domain::ledger::Books) decided: all of it with one statement.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use sqlx::Row as _;
use uuid::Uuid;

use super::books::Session;
use super::instant::Instant;
use crate::domain::booking::Booking;
use crate::domain::ids::EventId;
use crate::domain::ledger::{Changes, Movement, with_versions_before};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::IdSource;
use crate::ports::fault::RepositoryError;

/// Rows come as columns, one array for each. Foreign keys are checked when all parts are done, so their order does
/// not matter. The counts tell whether every row that was to be changed stood there as it had been read.
const WRITE: &str = include_str!("write.sql");

/// A key is as old as its booking: they were written together. So the index that purging needs finds it, and
/// no admission has to keep one more.
const FORGET_KEYS: &str = "
    DELETE FROM idempotency_keys AS k USING bookings AS b
    WHERE b.id = ANY($1) AND k.created_at = b.created_at AND k.event_id = b.event_id
        AND k.booking_id = b.id";

/// Collects an array for each column of some rows.
macro_rules! columns {
    ($rows:expr => |$row:pat_param| $($column:expr),+ $(,)?) => {
        ($($rows.iter().map(|$row| $column).collect::<Vec<_>>(),)+)
    };
}
pub(super) use columns;

pub(super) fn signed(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// A count of tickets, as the database keeps it. Capacities end far below what fits.
pub(super) fn tickets(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

impl Session<'_> {
    /// Writes everything.
    pub(super) async fn write(
        &mut self,
        changes: &Changes,
        ids: &dyn IdSource,
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        if !changes.is_empty() {
            self.write_rows(changes, ids, now).await?;
        }
        if !changes.forgotten_keys.is_empty() {
            let bookings: Vec<Uuid> =
                changes.forgotten_keys.iter().map(|id| id.as_uuid()).collect();
            self.database
                .query(FORGET_KEYS)
                .bind(bookings)
                .execute(&mut *self.connection)
                .await
                .map_err(|error| self.database.not_applied(&error))?;
        }
        Ok(())
    }

    /// Writes stocks and journal of events that were changed.
    pub(super) async fn write_stocks(
        &mut self,
        stocks: &BTreeMap<EventId, Stock>,
        movements: &[Movement],
        ids: &dyn IdSource,
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        let changes =
            Changes { stocks: stocks.clone(), movements: movements.to_vec(), ..Changes::default() };
        self.write(&changes, ids, now).await
    }

    async fn write_rows(
        &mut self,
        changes: &Changes,
        ids: &dyn IdSource,
        now: Timestamp,
    ) -> Result<(), RepositoryError> {
        let query = self.database.query(WRITE);
        let query = bind_bookings(query, &changes.new_bookings);
        let query = bind_moved(query, changes);
        let query = bind_stocks(query, changes);
        let query = bind_movements(query, &changes.movements);
        let query = bind_keys(query, changes);
        let query = bind_notifications(query, changes).bind(Instant::from(now));
        let query = bind_notices(query, changes, ids);
        let query = bind_terms_versions(query, changes);
        let row = query
            .fetch_one(&mut *self.connection)
            .await
            .map_err(|error| self.database.not_applied(&error))?;
        for (index, table, wanted) in [
            (0, "bookings", changes.moved_bookings.len()),
            (1, "event_stock", changes.stocks.len()),
        ] {
            let met: i64 = row.try_get(index).map_err(|error| self.database.not_applied(&error))?;
            if usize::try_from(met) != Ok(wanted) {
                let finding = format!("{met} rows of {wanted} were as they had been read");
                return Err(RepositoryError::Corrupt { table, finding });
            }
        }
        Ok(())
    }
}

pub(super) type Statement =
    sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

pub(super) fn bind_bookings(query: Statement, bookings: &[impl Borrow<Booking>]) -> Statement {
    let bookings: Vec<&Booking> = bookings.iter().map(Borrow::borrow).collect();
    let (events, ids, quantities, prices, totals, currencies, names, emails) = columns!(bookings =>
        |b| b.event_id.as_uuid(), b.id.as_uuid(), tickets(b.quantity.get()),
            b.unit_price.amount_minor(), b.total.amount_minor(),
            b.total.currency().code(),
            b.customer.name(), b.customer.email());
    let (locales, statuses, payments, urls, expiries, creations) = columns!(bookings => |b|
        b.locale.as_str(), b.status.as_str(),
        b.payment.as_ref().map(|payment| payment.payment_id.as_str()),
        b.payment.as_ref().map(|payment| &*payment.url),
        Instant::from(b.expires_at), Instant::from(b.created_at));
    query
        .bind(events)
        .bind(ids)
        .bind(quantities)
        .bind(prices)
        .bind(totals)
        .bind(currencies)
        .bind(names)
        .bind(emails)
        .bind(locales)
        .bind(statuses)
        .bind(payments)
        .bind(urls)
        .bind(expiries)
        .bind(creations)
}

pub(super) fn bind_moved(query: Statement, changes: &Changes) -> Statement {
    let moved: Vec<_> = changes.moved_bookings.values().collect();
    let (events, ids, before, after, confirmed, cancelled, payments, urls) = columns!(moved => |m|
        m.booking.event_id.as_uuid(), m.booking.id.as_uuid(), m.from.as_str(),
        m.booking.status.as_str(), m.booking.confirmed_at.map(Instant::from),
        m.booking.cancelled_at.map(Instant::from),
        m.booking.payment.as_ref().map(|payment| payment.payment_id.as_str()),
        m.booking.payment.as_ref().map(|payment| &*payment.url));
    query
        .bind(events)
        .bind(ids)
        .bind(before)
        .bind(after)
        .bind(confirmed)
        .bind(cancelled)
        .bind(payments)
        .bind(urls)
}

fn bind_stocks(query: Statement, changes: &Changes) -> Statement {
    let stocks: Vec<_> = with_versions_before(&changes.stocks, &changes.movements).collect();
    let (events, before, capacities, counts, held, versions) = columns!(stocks => |s|
        s.0.as_uuid(), signed(s.1), tickets(s.2.capacity()), tickets(s.2.stock()), tickets(s.2.held()),
        signed(s.2.version()));
    query.bind(events).bind(before).bind(capacities).bind(counts).bind(held).bind(versions)
}

/// The versions of stocks whose terms of sale may have changed: with a line of the journal that names no booking.
fn bind_terms_versions(query: Statement, changes: &Changes) -> Statement {
    let mut versions = BTreeMap::new();
    for movement in changes.movements.iter().filter(|movement| movement.booking.is_none()) {
        versions.insert(movement.event_id, signed(movement.version));
    }
    let columns: Vec<Option<i64>> =
        changes.stocks.keys().map(|id| versions.get(id).copied()).collect();
    query.bind(columns)
}

fn bind_movements(query: Statement, movements: &[Movement]) -> Statement {
    let (events, versions, times, causes) = columns!(movements => |m| m.event_id.as_uuid(),
        signed(m.version), Instant::from(m.at), m.cause.as_str());
    let (bookings, statuses, capacities, stocks, held) = columns!(movements => |m|
        m.booking.map(|(id, _)| id.as_uuid()),
        m.booking.map(|(_, status)| status.as_str()),
        m.delta.capacity, m.delta.stock, m.delta.held);
    query
        .bind(events)
        .bind(versions)
        .bind(times)
        .bind(causes)
        .bind(bookings)
        .bind(statuses)
        .bind(capacities)
        .bind(stocks)
        .bind(held)
}

pub(super) fn bind_keys(query: Statement, changes: &Changes) -> Statement {
    let (events, keys, fingerprints, bookings, times) = columns!(changes.new_keys => |k|
        k.event_id.as_uuid(), k.idempotency.key.as_str(),
        k.idempotency.fingerprint.as_bytes().as_slice(), k.booking_id.as_uuid(),
        Instant::from(k.at));
    query.bind(events).bind(keys).bind(fingerprints).bind(bookings).bind(times)
}

fn bind_notifications(query: Statement, changes: &Changes) -> Statement {
    let (ids, kinds, times, payments, bookings, amounts, currencies, verdicts) = columns!(
        changes.notifications => |n| n.0.id.as_str(),
            n.0.kind.as_str(), Instant::from(n.0.occurred_at),
            n.0.payment_id.as_str(), n.0.booking_id.as_uuid(), n.0.amount_minor,
            n.0.currency.as_str(), n.1.as_str());
    query
        .bind(ids)
        .bind(kinds)
        .bind(times)
        .bind(payments)
        .bind(bookings)
        .bind(amounts)
        .bind(currencies)
        .bind(verdicts)
}

pub(super) fn bind_notices(query: Statement, changes: &Changes, ids: &dyn IdSource) -> Statement {
    let (events, bookings, kinds, recipients, times) = columns!(changes.notices => |n|
        n.event_id.as_uuid(), n.booking_id.as_uuid(), n.kind.as_str(),
        n.kind.recipient().as_str(), Instant::from(n.run_at));
    let names: Vec<Uuid> = changes.notices.iter().map(|_| ids.next_id()).collect();
    query.bind(events).bind(names).bind(bookings).bind(kinds).bind(recipients).bind(times)
}
