//! Buyers hear what happened, and only that.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::lines::{Histories, Stop};
use super::{Ending, EventBooks, Outside};
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::event::EventStatus;
use crate::domain::ids::BookingId;
use crate::domain::ledger::MovementCause;
use crate::domain::lifecycle::Trigger;
use crate::domain::notice::NoticeKind;
use crate::domain::time::Timestamp;
use crate::testkit::witness::{Finding, Rule, Sent, short};

pub(super) fn judge(
    outside: Outside<'_>,
    books: &[EventBooks],
    histories: &Histories,
    ending: &Ending,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_off = |event_id| {
        let event = books.iter().find(|event| event.listing.event.id == event_id);
        event.is_some_and(|event| event.listing.event.status == EventStatus::Cancelled)
    };
    for sent in outside.sent {
        let way = histories.get(&sent.booking_id).map_or(&[][..], Vec::as_slice);
        if !way.iter().any(|stop| stop.status == sent.status) {
            let seen = format!("{} was told of as {:?}", short(sent.booking_id), sent.status);
            findings.push(Finding::new(Rule::AMessageIsTrue, seen));
        } else if sent.kind == NoticeKind::EventCancelled && !is_off(sent.event_id) {
            let seen = format!("{} was told that its event is off", short(sent.booking_id));
            findings.push(Finding::new(Rule::AMessageIsTrue, seen));
        } else if !is_said_of(sent.kind, sent.status) {
            let seen = format!(
                "{:?} came to {}, which is {:?}",
                sent.kind,
                short(sent.booking_id),
                sent.status
            );
            findings.push(Finding::new(Rule::AMessageIsTrue, seen));
        }
    }
    findings.extend(judge_repeats(outside, histories, ending));
    for sent in outside.sent.iter().filter(|sent| sent.kind == NoticeKind::EventReminder) {
        let event = books.iter().find(|event| event.listing.event.id == sent.event_id);
        let Some(lead) = event.map(|event| event.listing.event.reminder.minutes()) else {
            continue;
        };
        let due_at = sent.starts_at.saturating_sub(Duration::from_mins(lead.into()));
        if sent.at.saturating_add(outside.skew) < due_at {
            let seen = format!("{} was reminded before its time", short(sent.booking_id));
            findings.push(Finding::new(Rule::NobodyIsRemindedTooEarly, seen));
        }
    }
    if let Some(now) = ending.quiet_at {
        for event in books {
            for booking in &event.bookings {
                let way = histories.get(&booking.id).map_or(&[][..], Vec::as_slice);
                findings.extend(judge_silence(outside, event, booking, way, ending, now));
            }
        }
    }
    findings
}

/// Tells whether a message of this kind may be about a booking that stands so.
const fn is_said_of(kind: NoticeKind, status: BookingStatus) -> bool {
    use BookingStatus as S;
    match kind {
        NoticeKind::BookingConfirmed | NoticeKind::EventReminder | NoticeKind::EventChanged => {
            matches!(status, S::Confirmed)
        }
        NoticeKind::PaymentFailed => matches!(status, S::PaymentFailed),
        NoticeKind::HoldExpired => matches!(status, S::Expired),
        NoticeKind::BookingCancelled => matches!(status, S::Cancelled),
        NoticeKind::EventCancelled => !matches!(status, S::Pending | S::Confirmed),
        NoticeKind::RefundDue => matches!(status, S::RefundDue | S::Refunded),
        NoticeKind::Refunded => matches!(status, S::Refunded),
        NoticeKind::ExpirePayment | NoticeKind::RequestRefund => false,
    }
}

/// A message comes once, but for those of which nobody could know whether they had been sent.
fn judge_repeats(outside: Outside<'_>, histories: &Histories, ending: &Ending) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_identity = BTreeMap::<&str, u64>::new();
    for sent in outside.sent {
        *by_identity.entry(&sent.identity).or_default() += 1;
    }
    let excused = |identity: &str| ending.excused_repeats.get(identity).copied().unwrap_or(0);
    let repeats =
        by_identity.iter().map(|(identity, times)| (times - 1).saturating_sub(excused(identity)));
    let repeats: u64 = repeats.sum();
    if repeats > 0 {
        let seen = format!("{repeats} repeats without excuse");
        findings.push(Finding::new(Rule::NobodyIsToldTwice, seen));
    }
    let mut confirmations = BTreeMap::<BookingId, BTreeSet<&str>>::new();
    for sent in outside.sent.iter().filter(|sent| sent.kind == NoticeKind::BookingConfirmed) {
        confirmations.entry(sent.booking_id).or_default().insert(&sent.identity);
    }
    for (id, identities) in confirmations {
        let way = histories.get(&id).map_or(&[][..], Vec::as_slice);
        let times = way.iter().filter(|stop| stop.status == BookingStatus::Confirmed).count();
        if identities.len() > times {
            let seen =
                format!("{} was confirmed {times} times, and told {}", short(id), identities.len());
            findings.push(Finding::new(Rule::NobodyIsToldTwice, seen));
        }
    }
    findings
}

/// Whoever has to hear something has heard it.
fn judge_silence(
    outside: Outside<'_>,
    books: &EventBooks,
    booking: &Booking,
    way: &[Stop],
    ending: &Ending,
    now: Timestamp,
) -> Vec<Finding> {
    let last = way.last().map(|stop| stop.cause);
    let told: Vec<&Sent> =
        outside.sent.iter().filter(|sent| sent.booking_id == booking.id).collect();
    let has_heard = |kind| {
        told.iter().any(|sent| sent.kind == kind)
            || ending.undeliverable.contains(&(booking.id, kind))
    };
    let is_off = books.listing.event.status == EventStatus::Cancelled;
    let expected = match booking.status {
        BookingStatus::Confirmed if !is_off => Some(NoticeKind::BookingConfirmed),
        BookingStatus::Expired => Some(NoticeKind::HoldExpired),
        BookingStatus::PaymentFailed => (last
            == Some(MovementCause::Moved(Trigger::PaymentFailed)))
        .then_some(NoticeKind::PaymentFailed),
        BookingStatus::Cancelled if last == Some(MovementCause::Moved(Trigger::EventCancelled)) => {
            Some(NoticeKind::EventCancelled)
        }
        BookingStatus::Cancelled => Some(NoticeKind::BookingCancelled),
        BookingStatus::Refunded if !booking.total.is_zero() => Some(NoticeKind::Refunded),
        _ => None,
    };
    let mut findings = Vec::new();
    if way.iter().any(|stop| stop.status == BookingStatus::RefundDue)
        && !has_heard(NoticeKind::RefundDue)
        && !(is_off && has_heard(NoticeKind::EventCancelled))
    {
        let seen = format!("the ticket of {} is void, and nobody said so", short(booking.id));
        findings.push(Finding::new(Rule::EverybodyIsTold, seen));
    }
    if let Some(kind) = expected.filter(|kind| !has_heard(*kind)) {
        let seen = format!("{} is {:?}, and got no {kind:?}", short(booking.id), booking.status);
        findings.push(Finding::new(Rule::EverybodyIsTold, seen));
    }
    if ending.may_lack_reminders {
        return findings;
    }
    if !has_heard(NoticeKind::EventReminder) {
        findings.extend(judge_reminder(outside, books, booking, way, &told, now));
    }
    findings
}

/// Whoever has a ticket, and got no reminder, is one who needed none: it was confirmed when it was late for that, or the event
/// was moved so near, and it was told of the move when a reminder was due.
fn judge_reminder(
    outside: Outside<'_>,
    books: &EventBooks,
    booking: &Booking,
    way: &[Stop],
    told: &[&Sent],
    now: Timestamp,
) -> Option<Finding> {
    let event = &books.listing.event;
    let lead = event.reminder.minutes();
    let due_at = event.details.starts_at.saturating_sub(Duration::from_mins(lead.into()));
    let is_on = event.status != EventStatus::Cancelled;
    let confirmed = way.iter().rev().find(|stop| stop.status == BookingStatus::Confirmed)?;
    // The engine may hear of it a while later; a reminder that would come with the event itself is left out.
    let planned_at = books.moved_at().map_or(confirmed.at, |moved_at| moved_at.max(confirmed.at));
    let is_in_time = planned_at.saturating_add(outside.skew) < due_at;
    // What was due has been sent, or it would not be quiet.
    let has_passed = now >= due_at.saturating_add(outside.skew);
    let is_told_instead = told.iter().any(|sent| {
        sent.kind == NoticeKind::EventChanged
            && sent.starts_at == event.details.starts_at
            && sent.at.saturating_add(outside.skew) >= due_at
    });
    let is_due =
        lead > 0 && is_on && is_in_time && has_passed && booking.status == BookingStatus::Confirmed;
    (is_due && !is_told_instead).then(|| {
        let seen = format!("{} got no reminder", short(booking.id));
        Finding::new(Rule::EverybodyIsReminded, seen)
    })
}
