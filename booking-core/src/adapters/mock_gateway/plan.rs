//! Which notifications follow from what happened to a payment, and what goes wrong with them.

use std::time::Duration;

use super::fault_script::{Fault, FaultScript};
use super::notification;
use crate::domain::ids::BookingId;
use crate::domain::money::Money;
use crate::domain::payment::{ForeignId, Notification, NotificationKind};
use crate::domain::time::Timestamp;

/// How long a notification waits for a later one to overtake it.
pub(super) const OVERTAKING_TIME: Duration = Duration::from_secs(30);

/// The payment that something happened to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) payment_id: &'a ForeignId,
    pub(super) booking_id: BookingId,
    pub(super) amount: Money,
    pub(super) now: Timestamp,
}

/// A notification to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) notification_id: ForeignId,
    pub(super) body: String,
    pub(super) delay: Duration,
    /// Sent only after the planned one at this index is done with.
    pub(super) after: Option<usize>,
    /// Sent at once when a later notification has got through.
    pub(super) is_held_back: bool,
    /// On how many attempts the signature is wrong.
    pub(super) bad_signatures: u32,
}

/// Plans the notifications of `kind`; `stranger` is a booking that nobody has.
pub(super) fn plan(
    subject: Subject<'_>,
    kind: NotificationKind,
    script: &FaultScript,
    stranger: impl FnOnce() -> BookingId,
) -> Vec<Planned> {
    if script.has(Fault::Never) {
        return Vec::new();
    }
    let booking_id =
        if script.has(Fault::UnknownBooking) { stranger() } else { subject.booking_id };
    let mut kinds = vec![kind];
    if kind == NotificationKind::Succeeded && script.has(Fault::FailedThenSucceeded) {
        kinds.insert(0, NotificationKind::Failed);
    }
    let is_held_back = script.has(Fault::OutOfOrder) && kinds.len() == 1;
    if script.has(Fault::OutOfOrder) {
        kinds.reverse();
    }
    if script.has(Fault::Twice) {
        kinds = kinds.into_iter().flat_map(|kind| [kind, kind]).collect();
    }
    let planned = kinds.into_iter().enumerate().map(|(index, kind)| Planned {
        notification_id: notification::id_of(subject.payment_id, kind),
        body: notification::write(&message(subject, kind, booking_id, script)),
        delay: script.lateness() + if is_held_back { OVERTAKING_TIME } else { Duration::ZERO },
        after: index.checked_sub(1),
        is_held_back: is_held_back && index == 0,
        bad_signatures: script.bad_signatures(),
    });
    planned.collect()
}

fn message(
    subject: Subject<'_>,
    kind: NotificationKind,
    booking_id: BookingId,
    script: &FaultScript,
) -> Notification {
    let amount_minor = subject.amount.amount_minor();
    let currency = subject.amount.currency().code();
    let other_currency = if currency == "USD" { "EUR" } else { "USD" };
    Notification {
        id: notification::id_of(subject.payment_id, kind),
        kind,
        occurred_at: subject.now,
        payment_id: subject.payment_id.clone(),
        booking_id,
        amount_minor: amount_minor + i64::from(script.has(Fault::WrongAmount)),
        currency: if script.has(Fault::WrongCurrency) { other_currency } else { currency }
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    fn planned(kind: NotificationKind, script: &str) -> Vec<(Planned, Notification)> {
        let payment_id = ForeignId::new("pay_1").unwrap();
        let subject = Subject {
            payment_id: &payment_id,
            booking_id: BookingId::new(uuid::Uuid::from_u128(1)),
            amount: Money::new(4_500, Currency::new("EUR").unwrap()).unwrap(),
            now: Timestamp::from_secs(1_800_000_000).unwrap(),
        };
        let stranger = || BookingId::new(uuid::Uuid::from_u128(9));
        plan(subject, kind, &script.parse().unwrap(), stranger)
            .into_iter()
            .map(|planned| {
                let read = notification::read(planned.body.as_bytes()).unwrap();
                (planned, read)
            })
            .collect()
    }

    #[test]
    fn without_faults_one_true_notification_is_sent_at_once() {
        for kind in NotificationKind::ALL {
            let [(planned, read)] = planned(kind, "").try_into().unwrap();
            assert_eq!((read.kind, read.amount_minor, &*read.currency), (kind, 4_500, "EUR"));
            assert_eq!(read.booking_id, BookingId::new(uuid::Uuid::from_u128(1)));
            assert_eq!((planned.delay, planned.bad_signatures), (Duration::ZERO, 0));
        }
    }

    #[test]
    fn each_fault_changes_what_it_names() {
        let first = |script| planned(NotificationKind::Succeeded, script).remove(0);
        assert!(planned(NotificationKind::Succeeded, "never").is_empty());
        assert_eq!(first("late=5s").0.delay, Duration::from_secs(5));
        assert_eq!(first("wrong-amount").1.amount_minor, 4_501);
        assert_eq!(first("wrong-currency").1.currency, "USD");
        assert_eq!(first("bad-signature").0.bad_signatures, u32::MAX);
        assert_eq!(first("unknown-booking").1.booking_id.as_uuid().as_u128(), 9);
        assert!(first("out-of-order").0.is_held_back);
    }

    #[test]
    fn repeats_bear_the_same_id_and_follow_each_other() {
        let twice = planned(NotificationKind::Failed, "twice");
        assert_eq!(twice.len(), 2);
        assert_eq!(twice[0].1, twice[1].1);
        assert_eq!((twice[0].0.after, twice[1].0.after), (None, Some(0)));
    }

    #[test]
    fn a_failure_may_come_before_the_success_or_after_it() {
        use NotificationKind::{Failed, Succeeded};
        let kinds = |script| {
            let planned = planned(NotificationKind::Succeeded, script);
            planned.into_iter().map(|(_, read)| read.kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds("failed-then-succeeded"), [Failed, Succeeded]);
        assert_eq!(kinds("failed-then-succeeded,out-of-order"), [Succeeded, Failed]);
        assert_eq!(planned(Failed, "failed-then-succeeded").len(), 1);
    }
}
