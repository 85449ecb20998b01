//! What clients were told stays so.

use std::collections::BTreeMap;

use super::EventBooks;
use super::lines::{Histories, Stop};
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::event::EventStatus;
use crate::domain::ids::BookingId;
use crate::domain::ledger::MovementCause;
use crate::domain::lifecycle::Trigger;
use crate::testkit::witness::{Facts, Finding, Promise, Rule, short};

pub(super) fn judge(
    facts: &Facts,
    bookings: &BTreeMap<BookingId, &Booking>,
    histories: &Histories,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for promise in &facts.promises {
        findings.extend(judge_promise(promise, bookings));
        let way = histories.get(&promise.booking.id).map_or(&[][..], Vec::as_slice);
        let is_failed = promise.booking.status == BookingStatus::PaymentFailed;
        if is_failed && way.iter().any(is_link_failure) {
            let seen = format!("{} was answered again", short(promise.booking.id));
            findings.push(Finding::new(Rule::AFailedBookingGivesItsKeyBack, seen));
        }
    }
    for (id, status) in &facts.statuses_told {
        let way = histories.get(id).map_or(&[][..], Vec::as_slice);
        if !way.iter().any(|stop| stop.status == *status) {
            let seen = format!("{} was said to be {status:?}, and never was", short(*id));
            findings.push(Finding::new(Rule::AnAnswerWasTrueOnce, seen));
        }
    }
    for id in facts.taken.values() {
        if !bookings.contains_key(id) {
            let seen = format!("a notification was taken for {}", short(*id));
            findings.push(Finding::new(Rule::ABookingStays, seen));
        }
    }
    findings.extend(judge_requests(facts, bookings, histories));
    findings
}

/// What was called off stays so.
pub(super) fn judge_call_off(facts: &Facts, books: &EventBooks) -> Option<Finding> {
    let event = &books.listing.event;
    let is_undone = facts.called_off.contains(&event.id) && event.status != EventStatus::Cancelled;
    is_undone.then(|| {
        let seen = format!("{} was called off, and is {:?}", event.id, event.status);
        Finding::new(Rule::WhatIsCalledOffStaysSo, seen)
    })
}

/// In the end nobody has a ticket for what will not take place.
pub(super) fn judge_settled_call_off(books: &EventBooks) -> Vec<Finding> {
    let is_off = books.listing.event.status == EventStatus::Cancelled;
    let holds = |booking: &&Booking| {
        matches!(booking.status, BookingStatus::Pending | BookingStatus::Confirmed)
    };
    let held = books.bookings.iter().filter(|_| is_off).filter(holds);
    held.map(|booking| {
        let seen = format!("{} is {:?}", short(booking.id), booking.status);
        Finding::new(Rule::NobodyHasATicketForWhatIsOff, seen)
    })
    .collect()
}

fn judge_promise(promise: &Promise, bookings: &BTreeMap<BookingId, &Booking>) -> Option<Finding> {
    let Promise { wish, booking } = promise;
    let Some(kept) = bookings.get(&booking.id) else {
        let seen = format!("{} was promised, and is not there", short(booking.id));
        return Some(Finding::new(Rule::APromiseIsKept, seen));
    };
    let is_asked_for = booking.event_id == wish.event_id
        && booking.quantity.get() == wish.quantity
        && booking.customer.email() == wish.customer;
    let is_kept = kept.event_id == booking.event_id
        && kept.quantity == booking.quantity
        && kept.total == booking.total
        && kept.customer == booking.customer
        && kept.expires_at == booking.expires_at;
    (!is_asked_for || !is_kept).then(|| {
        let seen = format!("{wish:?} was answered {booking:?}, of which is left {kept:?}");
        Finding::new(Rule::APromiseIsKept, seen)
    })
}

/// One request makes one booking, and so does one key, however often it is asked again. Only where no payment could be
/// begun another may follow.
fn judge_requests(
    facts: &Facts,
    bookings: &BTreeMap<BookingId, &Booking>,
    histories: &Histories,
) -> Vec<Finding> {
    let mut made = BTreeMap::<&str, Vec<BookingId>>::new();
    for booking in bookings.values() {
        let Some(wish) = facts.wishes.get(booking.customer.email()) else { continue };
        let has_failed =
            histories.get(&booking.id).is_some_and(|way| way.iter().any(is_link_failure));
        if !has_failed {
            made.entry(wish.key.as_deref().unwrap_or(&wish.customer)).or_default().push(booking.id);
        }
    }
    let mut findings = Vec::new();
    for (request, ids) in &made {
        if ids.len() > 1 {
            let ids: Vec<String> = ids.iter().map(|id| short(*id)).collect();
            let seen = format!("{request} made {}", ids.join(" and "));
            findings.push(Finding::new(Rule::OneRequestMakesOneBooking, seen));
        }
    }
    for wish in &facts.reused_keys {
        let is_used = bookings.values().any(|booking| {
            let other = facts.wishes.get(booking.customer.email());
            other.is_some_and(|other| other.key == wish.key && other != wish)
        });
        if !is_used {
            let seen = format!("{:?} was used for nothing else", wish.key);
            findings.push(Finding::new(Rule::AKeyIsRefusedForAReason, seen));
        }
    }
    findings
}

fn is_link_failure(stop: &Stop) -> bool {
    stop.cause == MovementCause::Moved(Trigger::LinkFailed)
        && stop.status == BookingStatus::PaymentFailed
}
