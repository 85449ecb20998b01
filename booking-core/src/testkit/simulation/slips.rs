//! The messages of the bank, on their way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::op::at_once;
use super::part::Part;
use super::world::World;
use crate::domain::booking::BookingStatus;
use crate::domain::payment::NotificationKind;
use crate::testkit::dice::Dice;
use crate::testkit::witness::{Rule, Slip, short};

/// How a message gets to an instance.
#[derive(Debug, Clone, Copy)]
struct Way {
    first: Duration,
    /// After this time it is sent again.
    again: Option<Duration>,
    is_lost: bool,
    is_late: bool,
}

impl Way {
    fn of(dice: &Dice, per_mille: u32, slip: &Slip) -> Self {
        let is_success = slip.notification.kind == NotificationKind::Succeeded && slip.is_sound;
        let is_lost = dice.chance(20) && per_mille > 0 && is_success;
        let is_late = dice.chance(per_mille);
        let again = dice.chance(per_mille).then(|| dice.millis(0, 9_000));
        let first = dice.millis(0, if is_late { 25_000 } else { 300 });
        Self { first, again, is_lost, is_late }
    }

    const fn is_fault(self) -> bool {
        self.is_lost || self.is_late || self.again.is_some()
    }
}

impl World {
    /// Has the courier carry what the bank has to say.
    pub(super) fn carry_slips(self: &Arc<Self>) {
        for slip in self.bank.take_outgoing() {
            let number = self.slips.fetch_add(1, Ordering::Relaxed);
            let dice = Part::Slip(number).dice(self.plan.seed);
            let mut way = Way::of(&dice, self.trouble().notifications, &slip);
            if way.is_fault() && self.plan.is_punctual(number) {
                way = Way { first: Duration::ZERO, again: None, is_lost: false, is_late: false };
            }
            if way.is_fault() {
                self.trace.note_delay(number);
            }
            self.carry(slip, way, dice);
        }
    }

    fn carry(self: &Arc<Self>, slip: Slip, way: Way, dice: Dice) {
        let (id, booking_id) = (slip.notification.id.clone(), slip.notification.booking_id);
        if way.is_lost {
            self.say("bank", || format!("says nothing of {}", short(booking_id)));
            self.trace.count("messages of the bank that never came");
            return self.bank.silence(booking_id);
        }
        if way.is_late {
            self.trace.count("messages of the bank that were late");
        }
        self.slips_under_way.fetch_add(1, Ordering::Relaxed);
        let world = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(way.first).await;
            world.say("bank", || format!("says {id}"));
            world.courier.carry(&slip, &dice).await;
            world.look_at_taken(&slip);
            if let Some(again) = way.again {
                tokio::time::sleep(again).await;
                world.say("bank", || format!("says again {id}"));
                world.trace.count("messages of the bank that came twice");
                world.courier.carry(&slip, &dice).await;
                world.look_at_taken(&slip);
            }
            world.slips_under_way.fetch_sub(1, Ordering::Relaxed);
        });
    }

    /// What an instance has answered for is done, whatever becomes of the instance.
    fn look_at_taken(&self, slip: &Slip) {
        use BookingStatus::{Confirmed, Pending, RefundDue, Refunded};

        let (kind, id) = (slip.notification.kind, slip.notification.booking_id);
        let found = at_once(self.stores.bookings.find_booking(id)).expect("the store answers");
        let Some(booking) = found.filter(|_| slip.is_sound) else { return };
        let is_done = match kind {
            NotificationKind::Succeeded => {
                matches!(booking.status, Confirmed | RefundDue | Refunded)
            }
            NotificationKind::Failed => booking.status != Pending,
            NotificationKind::Refunded => booking.status == Refunded,
        };
        if !is_done {
            let seen = format!("{kind:?} was taken, and {} is {:?}", short(id), booking.status);
            self.find(Rule::WhatWasAnsweredForIsDone, seen);
        }
        self.judge_answers();
    }

    /// What was found out from an answer is found at once.
    pub(super) fn judge_answers(&self) {
        let contradictions = std::mem::take(&mut self.witness.facts().contradictions);
        for finding in contradictions {
            self.trace.find(finding);
        }
    }
}
