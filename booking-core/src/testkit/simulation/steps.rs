//! What somebody may do in one step.

use std::time::Duration;

use super::caller::Caller;
use super::instance::Instance;
use super::outside_wires::NOBODY;
use super::world::World;
use crate::domain::booking::Booking;
use crate::domain::event::{EventDetails, EventStatus};
use crate::domain::ids::EventId;
use crate::domain::time::Timestamp;
use crate::ports::event_repository::{EventChange, NewEvent};
use crate::testkit::dice::Dice;
use crate::testkit::lock::lock;
use crate::testkit::seed;
use crate::testkit::witness::{Wish, short};

/// When an event that is near begins, after the beginning of the world, in milliseconds.
const NEAR_FROM: u32 = 70_000;
const NEAR_TO: u32 = 110_000;

/// Lets somebody do something, and does not wait for the end of it.
pub(super) fn act(caller: Caller, instance: &mut Instance, dice: &Dice, number: u32) {
    let world = std::sync::Arc::clone(&caller.world);
    let Some(event_id) = dice.pick(&world.event_ids()).copied() else { return };
    let known = dice.pick(&lock(&world.known)).cloned();
    let work = &mut instance.work;
    match (dice.below(100), known) {
        (0..36, _) => {
            let wish = wish(dice, event_id, number);
            let patience = dice.millis(0, 700);
            let gives_up = dice.chance(world.trouble().impatience);
            work.spawn(async move {
                if gives_up {
                    caller.world.trace.count("clients who gave up");
                    drop(tokio::time::timeout(patience, caller.book(&wish)).await);
                } else {
                    drop(caller.book(&wish).await);
                }
            });
        }
        (48..58, Some(booking)) => {
            work.spawn(async move { caller.cancel(&booking).await });
        }
        (58..80, Some(booking)) => visit_the_bank(&world, &booking, dice),
        (80..82, Some(booking)) => {
            work.spawn(async move { caller.look_at(&booking).await });
        }
        (82, _) => {
            work.spawn(async move { caller.search().await });
        }
        (45..48, _) => {
            work.spawn(async move { caller.list(event_id).await });
        }
        (83..86, Some(booking)) => {
            work.spawn(async move { caller.refund(&booking).await });
        }
        (86.., _) => {
            let change = change(&world, dice, event_id, number);
            work.spawn(async move { caller.change(event_id, change).await });
        }
        _ => {
            work.spawn(async move { caller.look(event_id).await });
        }
    }
}

/// The buyer of a booking, or the buyer's bank, does something about its payment.
fn visit_the_bank(world: &std::sync::Arc<World>, booking: &Booking, dice: &Dice) {
    if booking.total.is_zero() {
        return;
    }
    let (bank, now, total) = (&world.bank, world.now(), booking.total.amount_minor());
    let (what, is_done) = match dice.below(20) {
        0..8 => ("paid", bank.pay(booking, total, now)),
        8..12 if bank.account(booking.id).paid_at.is_none() => {
            ("paid", bank.pay(booking, total, now))
        }
        8..12 => ("paid the rest", bank.settle_difference(booking, now)),
        12..14 => ("declined", bank.decline(booking, now)),
        14..16 => ("charged back", bank.charge_back(booking, now)),
        16..18 => {
            let wrong = total - i64::from(dice.between(1, 3));
            ("paid wrongly", bank.pay(booking, wrong, now))
        }
        _ => {
            let other = dice.pick(&lock(&world.known)).cloned();
            let is_done = other.is_some_and(|other| bank.mix_up(booking, &other, now));
            ("mixed up with another", is_done)
        }
    };
    if is_done {
        world.trace.count(what);
    }
    let said = if is_done { "is" } else { "cannot be" };
    world.say("buyer", || format!("{} {said} {what}", short(booking.id)));
    world.carry_slips();
}

fn wish(dice: &Dice, event_id: EventId, number: u32) -> Wish {
    let quantity = dice.between(1, 3);
    let key = dice.chance(300).then(|| format!("key-{}", dice.below(3)));
    let name = if dice.chance(30) { NOBODY } else { "buyer-" };
    // Whoever asks for the same under the same key is the same.
    let customer = match &key {
        Some(key) => format!("{key}-{}-{quantity}@example.org", event_id.as_uuid().simple()),
        None => format!("{name}{number}@example.org"),
    };
    Wish { customer, event_id, quantity, key }
}

/// Tells whether an event begins while it is watched.
pub(super) fn is_near(starts_at: Timestamp) -> bool {
    starts_at <= seed::later(Duration::from_hours(1))
}

/// Makes an event up.
pub(super) fn new_event(dice: &Dice, id: EventId) -> NewEvent {
    let mut event = seed::event("Organ").capacity(dice.between(1, 5));
    event = event.max_per_booking(dice.between(2, 3));
    if dice.below(6) == 0 {
        event = event.free();
    }
    if dice.below(6) == 0 {
        event = event.draft();
    }
    if dice.below(4) == 0 {
        let starts_in = Duration::from_millis(dice.between(NEAR_FROM, NEAR_TO).into());
        event = event.starts_at(seed::later(starts_in)).reminder_minutes(1);
    }
    NewEvent { id, ..event.build() }
}

fn change(world: &World, dice: &Dice, event_id: EventId, number: u32) -> EventChange {
    let none = EventChange::default();
    match dice.below(20) {
        0..7 => EventChange { capacity: Some(seed::capacity(dice.between(1, 6))), ..none },
        7..14 => {
            let before = world.listing(event_id).event.details;
            EventChange { details: Some(edition(dice, &before, number)), ..none }
        }
        14..19 => EventChange { status: Some(EventStatus::Published), ..none },
        _ => EventChange { status: Some(EventStatus::Cancelled), ..none },
    }
}

/// Returns details that no other change makes: another title, another price, and sometimes another hour.
fn edition(dice: &Dice, before: &EventDetails, number: u32) -> EventDetails {
    let mut edition = seed::event(&format!("Organ, edition {number}")).max_per_booking(2);
    edition = if before.price.is_zero() {
        edition.free()
    } else {
        edition.price(i64::from(dice.between(10, 60)) * 100, "EUR")
    };
    let by = Duration::from_secs(u64::from(dice.between(0, 2)) * 25);
    let starts_at = match dice.below(3) {
        0 if is_near(before.starts_at) => before.starts_at.saturating_sub(by),
        _ => before.starts_at.saturating_add(by),
    };
    edition.starts_at(starts_at).details()
}
