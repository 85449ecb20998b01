//! The gateway's books: what became of each payment, and what is still to be told of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::fault_script::FaultScript;
use super::journal::{Journal, Record, StoredDelivery, StoredPayment};
use super::link::VerifiedLink;
use super::payment::{BuyerAction, Payment, PaymentState};
use super::plan::{Planned, Subject, plan};
use super::queue::{Delivery, Queue};
use crate::domain::ids::BookingId;
use crate::domain::payment::{ForeignId, NotificationKind};
use crate::domain::time::Timestamp;

/// More than this many payments are not kept beyond the time in which they could be paid again.
pub(super) const MAX_PAYMENTS: usize = 20_000;
const MAX_SCRIPTS: usize = 10_000;

/// The time by the clock, for what is told, and by the timer, for what is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Timestamp,
    pub(super) instant: Instant,
}

impl Moment {
    pub(super) fn at(now: Timestamp) -> Self {
        Self { now, instant: Instant::now() }
    }
}

/// Where a payment stands after something was asked for, and the record to wait for before saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) state: PaymentState,
    pub(super) record: u64,
}

/// Everything that changes. It is kept behind one lock, that is never held across an `await`.
#[derive(Debug)]
pub(super) struct Register {
    payments: BTreeMap<ForeignId, Payment>,
    /// Payments in the order in which they changed; outdated entries are passed over.
    changes: VecDeque<(Timestamp, ForeignId)>,
    scripts: BTreeMap<ForeignId, FaultScript>,
    script_order: VecDeque<ForeignId>,
    default_script: FaultScript,
    pub(super) queue: Queue,
    journal: Option<Journal>,
    retention: Duration,
}

impl Register {
    pub(super) fn new(default_script: FaultScript, retention: Duration) -> Self {
        Self {
            payments: BTreeMap::new(),
            changes: VecDeque::new(),
            scripts: BTreeMap::new(),
            script_order: VecDeque::new(),
            default_script,
            queue: Queue::default(),
            journal: None,
            retention,
        }
    }

    /// Takes up what a journal holds. Returns the number of the first record that makes no sense.
    pub(super) fn replay(&mut self, records: Vec<Record>, moment: Moment) -> Result<(), usize> {
        for (index, record) in records.into_iter().enumerate() {
            match record {
                Record::Settled { key } => self.queue.settle(key, moment.instant),
                Record::Payment { payment, notifications } => {
                    let (payment_id, payment) = payment.restore().ok_or(index + 1)?;
                    for stored in notifications {
                        let key = stored.key;
                        let delivery = restore(&payment_id, stored, moment).ok_or(index + 1)?;
                        self.queue.insert(key, delivery);
                    }
                    self.payments.insert(payment_id, payment);
                }
            }
        }
        let mut changes: Vec<_> =
            self.payments.iter().map(|(id, payment)| (payment.changed_at, id.clone())).collect();
        changes.sort();
        self.changes = changes.into();
        self.forget_old(moment.now, usize::MAX);
        Ok(())
    }

    /// Returns the shortest journal that says the same.
    pub(super) fn snapshot(&self) -> Vec<Record> {
        let mut notifications: BTreeMap<&ForeignId, Vec<StoredDelivery>> = BTreeMap::new();
        for (key, delivery) in self.queue.iter() {
            let stored = StoredDelivery::new(key, delivery);
            notifications.entry(&delivery.payment_id).or_default().push(stored);
        }
        let records = self.payments.iter().map(|(payment_id, payment)| Record::Payment {
            payment: StoredPayment::new(payment_id, payment),
            notifications: notifications.remove(payment_id).unwrap_or_default(),
        });
        records.collect()
    }

    pub(super) fn keep_journal(&mut self, journal: Journal) {
        self.journal = Some(journal);
    }

    pub(super) fn find_state(&self, payment_id: &ForeignId) -> Option<PaymentState> {
        self.payments.get(payment_id).map(|payment| payment.state)
    }

    /// Returns the state of a payment whose link was checked.
    pub(super) fn state_of(&self, link: &VerifiedLink, now: Timestamp) -> PaymentState {
        self.find_state(&link.payment_id).unwrap_or(if now < link.expires_at {
            PaymentState::Open
        } else {
            PaymentState::Expired
        })
    }

    pub(super) fn set_script(&mut self, payment_id: ForeignId, script: FaultScript) {
        if self.scripts.insert(payment_id.clone(), script).is_none() {
            self.script_order.push_back(payment_id);
        }
        while self.script_order.len() > MAX_SCRIPTS
            && let Some(oldest) = self.script_order.pop_front()
        {
            self.scripts.remove(&oldest);
        }
    }

    pub(super) fn set_default_script(&mut self, script: FaultScript) {
        self.default_script = script;
    }

    /// Does what a buyer asks for, if the payment is open.
    pub(super) fn act(
        &mut self,
        link: &VerifiedLink,
        action: BuyerAction,
        moment: Moment,
        stranger: impl FnOnce() -> BookingId,
    ) -> Decision {
        let state = self.state_of(link, moment.now);
        if state != PaymentState::Open {
            return Decision { state, record: self.last_record() };
        }
        let payment = Payment {
            booking_id: Some(link.booking_id),
            amount: Some(link.amount),
            expires_at: Some(link.expires_at),
            state: action.target(),
            changed_at: moment.now,
        };
        let kind = match action {
            BuyerAction::Pay => NotificationKind::Succeeded,
            BuyerAction::Decline | BuyerAction::GiveUp => NotificationKind::Failed,
        };
        let subject = Subject {
            payment_id: &link.payment_id,
            booking_id: link.booking_id,
            amount: link.amount,
            now: moment.now,
        };
        let planned = plan(subject, kind, self.script_of(&link.payment_id), stranger);
        self.commit(&link.payment_id, payment, planned, moment)
    }

    /// Lets nobody pay any more.
    pub(super) fn expire(&mut self, payment_id: &ForeignId, moment: Moment) -> Decision {
        if let Some(state) = self.find_state(payment_id) {
            return Decision { state, record: self.last_record() };
        }
        let payment = Payment {
            booking_id: None,
            amount: None,
            expires_at: None,
            state: PaymentState::Expired,
            changed_at: moment.now,
        };
        self.commit(payment_id, payment, Vec::new(), moment)
    }

    /// Gives the money back, if that was not done before. A payment that is not known here was made elsewhere:
    /// by another instance, or so long ago that it was forgotten.
    pub(super) fn refund(
        &mut self,
        subject: Subject<'_>,
        moment: Moment,
        stranger: impl FnOnce() -> BookingId,
    ) -> Result<Decision, &'static str> {
        let known = self.payments.get(subject.payment_id);
        match known.map(|payment| payment.state) {
            Some(state @ PaymentState::Refunded) => {
                return Ok(Decision { state, record: self.last_record() });
            }
            Some(PaymentState::Declined | PaymentState::GivenUp) => {
                return Err("the payment was not made");
            }
            // What expired here may have been paid at another instance first.
            None | Some(PaymentState::Open | PaymentState::Expired | PaymentState::Paid) => {}
        }
        if known.and_then(|payment| payment.amount).is_some_and(|paid| {
            paid.currency() != subject.amount.currency()
                || paid.amount_minor() < subject.amount.amount_minor()
        }) {
            return Err("it is more than was paid");
        }
        let payment = Payment {
            booking_id: Some(subject.booking_id),
            amount: Some(known.and_then(|payment| payment.amount).unwrap_or(subject.amount)),
            expires_at: known.and_then(|payment| payment.expires_at),
            state: PaymentState::Refunded,
            changed_at: subject.now,
        };
        let script = self.script_of(subject.payment_id);
        let planned = plan(subject, NotificationKind::Refunded, script, stranger);
        Ok(self.commit(subject.payment_id, payment, planned, moment))
    }

    /// Notes that a notification needs no further attempt.
    pub(super) fn settle(&mut self, key: u64, now: Instant) {
        self.queue.settle(key, now);
        self.note_settled(key);
    }

    /// Notes in the journal that a notification needs no further attempt.
    pub(super) fn note_settled(&mut self, key: u64) {
        if let Some(journal) = &mut self.journal {
            // Nobody waits for it: should it be lost, the notification is sent once more under the same id.
            journal.append(&Record::Settled { key });
        }
    }

    fn script_of(&self, payment_id: &ForeignId) -> &FaultScript {
        self.scripts.get(payment_id).unwrap_or(&self.default_script)
    }

    fn last_record(&self) -> u64 {
        self.journal.as_ref().map_or(0, Journal::last_record)
    }

    fn commit(
        &mut self,
        payment_id: &ForeignId,
        payment: Payment,
        planned: Vec<Planned>,
        moment: Moment,
    ) -> Decision {
        let first_key = self.queue.next_key();
        let deliveries: Vec<(u64, Delivery)> = (first_key..)
            .zip(planned)
            .map(|(key, planned)| (key, delivery_of(payment_id, planned, first_key, moment)))
            .collect();
        let record = match &mut self.journal {
            None => 0,
            Some(journal) => journal.append(&Record::Payment {
                payment: StoredPayment::new(payment_id, &payment),
                notifications: deliveries
                    .iter()
                    .map(|(key, delivery)| StoredDelivery::new(*key, delivery))
                    .collect(),
            }),
        };
        for (key, delivery) in deliveries {
            self.queue.insert(key, Delivery { record, ..delivery });
        }
        let state = payment.state;
        self.changes.push_back((payment.changed_at, payment_id.clone()));
        self.payments.insert(payment_id.clone(), payment);
        self.forget_old(moment.now, 8);
        Decision { state, record }
    }

    /// Forgets payments that changed long ago, looking at no more than `limit`.
    fn forget_old(&mut self, now: Timestamp, limit: usize) {
        for _ in 0..limit.min(self.changes.len()) {
            let Some((changed_at, payment_id)) = self.changes.front() else { return };
            let Some(payment) = self.payments.get(payment_id) else {
                self.changes.pop_front();
                continue;
            };
            if payment.changed_at != *changed_at {
                self.changes.pop_front();
                continue;
            }
            let is_old = now.since(*changed_at) > self.retention;
            // A dead link can be forgotten early: it cannot be paid a second time. The link of a payment that the
            // engine ended before anybody opened its page is not known. Most are dead, and should one be paid after
            // all, the engine hears of a success that comes too late, and knows what to do.
            let is_dead = payment.expires_at.is_none_or(|expires_at| now >= expires_at);
            let is_one_too_many = is_dead && self.payments.len() > MAX_PAYMENTS;
            if !is_old && !is_one_too_many {
                return;
            }
            let Some((changed_at, payment_id)) = self.changes.pop_front() else { return };
            if self.queue.has_any_of(&payment_id) {
                self.changes.push_back((changed_at, payment_id));
            } else {
                self.payments.remove(&payment_id);
                self.scripts.remove(&payment_id);
            }
        }
    }
}

fn delivery_of(
    payment_id: &ForeignId,
    planned: Planned,
    first_key: u64,
    moment: Moment,
) -> Delivery {
    let after = planned.after.and_then(|index| u64::try_from(index).ok());
    Delivery {
        payment_id: payment_id.clone(),
        notification_id: planned.notification_id,
        body: planned.body,
        bad_signatures: planned.bad_signatures,
        after: after.map(|index| first_key + index),
        is_held_back: planned.is_held_back,
        created_at: moment.now,
        due_at: moment.now.saturating_add(planned.delay),
        due: moment.instant + planned.delay,
        attempts: 0,
        waited: Duration::ZERO,
        record: 0,
    }
}

fn restore(payment_id: &ForeignId, stored: StoredDelivery, moment: Moment) -> Option<Delivery> {
    Some(Delivery {
        payment_id: payment_id.clone(),
        notification_id: ForeignId::new(stored.notification_id).ok()?,
        body: stored.body,
        bad_signatures: stored.bad_signatures,
        after: stored.after,
        is_held_back: stored.is_held_back,
        created_at: stored.created_at,
        due_at: stored.due_at,
        due: moment.instant + stored.due_at.since(moment.now),
        attempts: 0,
        waited: moment.now.since(stored.due_at),
        record: 0,
    })
}
