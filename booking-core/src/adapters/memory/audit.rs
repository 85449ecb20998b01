//! The raw records of the audit, computed from the journals and the bookings, never from the indexes.

use super::tables::{BookingRow, EventRow, Tables};
use crate::domain::audit::{BookingRecord, EventRecord, HistoryRecord};
use crate::domain::booking::BookingStatus;
use crate::domain::ledger::{Movement, Verdict};
use crate::domain::payment::NotificationKind;

pub(super) fn event_record(tables: &Tables, row: &EventRow) -> EventRecord {
    let stock = row.listing.stock;
    let sum = |part: fn(&Movement) -> i64| row.journal.iter().map(part).sum();
    let tickets = |status| {
        row.bookings
            .iter()
            .filter_map(|id| tables.booking(*id))
            .filter(|booking| booking.status == status)
            .map(|booking| i64::from(booking.quantity.get()))
            .sum()
    };
    let is_orphan =
        |line: &&Movement| line.booking.is_some_and(|(id, _)| !tables.bookings.contains_key(&id));
    EventRecord {
        event_id: row.listing.event.id,
        capacity: i64::from(stock.capacity()),
        stock: i64::from(stock.stock()),
        held: i64::from(stock.held()),
        version: whole(stock.version()),
        movements: count(row.journal.len()),
        last_version: whole(row.journal.iter().map(|line| line.version).max().unwrap_or(0)),
        moved_capacity: sum(|line| line.delta.capacity),
        moved_stock: sum(|line| line.delta.stock),
        moved_held: sum(|line| line.delta.held),
        pending_tickets: tickets(BookingStatus::Pending),
        confirmed_tickets: tickets(BookingStatus::Confirmed),
        orphans: count(row.journal.iter().filter(is_orphan).count()),
        has_details: true,
    }
}

pub(super) fn booking_record(tables: &Tables, row: &BookingRow) -> BookingRecord {
    let booking = &row.booking;
    let event = tables.events.get(&booking.event_id);
    let history = row
        .lines
        .iter()
        .filter_map(|version| event?.line(*version))
        .filter_map(|line| {
            let (_, status) = line.booking?;
            Some(HistoryRecord {
                cause: line.cause.as_str().to_owned(),
                status: status.as_str().to_owned(),
                stock: line.delta.stock,
                held: line.delta.held,
            })
        })
        .collect();
    let was_told = |kind| {
        row.notifications.iter().filter_map(|id| tables.notifications.get(id)).any(
            |(notification, verdict)| {
                notification.kind == kind && !matches!(verdict, Verdict::Mismatch(_))
            },
        )
    };
    BookingRecord {
        booking_id: booking.id,
        event_id: booking.event_id,
        quantity: i64::from(booking.quantity.get()),
        unit_price: booking.unit_price.amount_minor(),
        total: booking.total.amount_minor(),
        status: booking.status.as_str().to_owned(),
        history,
        has_event: tables.events.contains_key(&booking.event_id),
        is_paid: was_told(NotificationKind::Succeeded),
        is_paid_back: was_told(NotificationKind::Refunded),
    }
}

fn whole(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn count(lines: usize) -> i64 {
    i64::try_from(lines).unwrap_or(i64::MAX)
}
