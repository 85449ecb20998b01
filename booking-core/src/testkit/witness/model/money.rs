//! Money buys a ticket or comes back.

use std::collections::BTreeMap;

use super::Outside;
use crate::domain::booking::{Booking, BookingStatus};
use crate::domain::ids::BookingId;
use crate::domain::payment::NotificationKind;
use crate::domain::time::Timestamp;
use crate::testkit::witness::{Finding, Rule, short};

/// What holds at any time.
pub(super) fn judge(
    outside: Outside<'_>,
    bookings: &BTreeMap<BookingId, &Booking>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, account) in outside.accounts {
        let is_paid = account.paid_at.is_some();
        let Some(booking) = bookings.get(id) else {
            if is_paid {
                let seen = format!("{} was paid, and is not there", short(*id));
                findings.push(Finding::new(Rule::NoPaymentIsLost, seen));
            }
            continue;
        };
        let is_whole = is_paid && account.received == booking.total.amount_minor();
        let is_confirmed = booking.status == BookingStatus::Confirmed;
        if account.asked_back.iter().any(|amount| *amount != account.received)
            || (!account.asked_back.is_empty() && !is_whole)
        {
            let (asked, received) = (&account.asked_back, account.received);
            let seen = format!("{}: {received} came, and {asked:?} are asked back", short(*id));
            findings.push(Finding::new(Rule::WhatWasNotPaidIsNotGivenBack, seen));
        }
        if !account.asked_back.is_empty() && is_confirmed {
            let seen = format!("{} was given back, and is confirmed", short(*id));
            findings.push(Finding::new(Rule::MoneyBuysATicketOrComesBack, seen));
        }
    }
    let is_taken = |id: &BookingId| {
        outside.facts.taken.iter().any(|(name, taken)| {
            taken == id && name.as_str().starts_with(NotificationKind::Succeeded.as_str())
        })
    };
    for (id, booking) in bookings {
        let holds_money = matches!(
            booking.status,
            BookingStatus::Confirmed | BookingStatus::RefundDue | BookingStatus::Refunded
        );
        if is_taken(id) && !holds_money {
            let seen =
                format!("the payment of {} was taken, and it is {:?}", short(*id), booking.status);
            findings.push(Finding::new(Rule::WhatWasAnsweredForIsDone, seen));
        }
    }
    findings
}

/// What holds when nothing is left to do.
pub(super) fn judge_quiet(
    outside: Outside<'_>,
    bookings: &BTreeMap<BookingId, &Booking>,
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, booking) in bookings {
        let account = outside.accounts.get(id).cloned().unwrap_or_default();
        let is_whole =
            account.paid_at.is_some() && account.received == booking.total.amount_minor();
        let status = booking.status;
        if status == BookingStatus::Pending
            && booking.expires_at.saturating_add(outside.skew) <= now
        {
            let seen = format!("{} is still held", short(*id));
            findings.push(Finding::new(Rule::NoHoldIsForEver, seen));
        }
        let is_promised = outside.facts.refunds_promised.contains(id);
        if status == BookingStatus::RefundDue || (is_promised && status != BookingStatus::Refunded)
        {
            let seen = format!("{} still waits for its money", short(*id));
            findings.push(Finding::new(Rule::MoneyThatIsDueComesBack, seen));
        }
        if is_whole && !account.is_silent && !booking.total.is_zero() {
            let is_settled = match status {
                BookingStatus::Confirmed => account.refunds == 0,
                BookingStatus::Refunded => account.refunds == 1,
                _ => false,
            };
            if !is_settled {
                let seen = format!(
                    "{} was paid, is {status:?}, and was given back {} times",
                    short(*id),
                    account.refunds
                );
                findings.push(Finding::new(Rule::MoneyBuysATicketOrComesBack, seen));
            }
        }
    }
    findings
}
