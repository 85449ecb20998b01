//! What somebody may do in one step.

use std::time::Duration;

use super::clients::Client;
use super::instance::Instance;
use super::outside_wires::NOBODY;
use super::world::World;
use crate::domain::booking::Booking;
use crate::domain::event::{EventDetails, EventStatus};
use crate::domain::ids::EventId;
use crate::ports::event_repository::{EventChange, NewEvent};
use crate::testkit::dice::Dice;
use crate::testkit::lock::lock;
use crate::testkit::seed;
use crate::testkit::witness::{Wish, short};

/// When an event that is near begins, after the beginning of the world, in milliseconds.
const NEAR_FROM: u32 = 70_000;
const NEAR_TO: u32 = 110_000;

/// Lets somebody do something, and does not wait for the end of it.
pub(super) fn act(client: Client, instance: &mut Instance, dice: &Dice, number: u32) {
    let world = std::sync::Arc::clone(&client.world);
    let Some(event_id) = dice.pick(&world.event_ids()).copied() else { return };
    let known = dice.pick(&lock(&world.known)).cloned();
    let work = &mut instance.work;
    match (dice.below(100), known) {
        (0..36, _) => {
            let wish = wish(dice, event_id, number);
            work.spawn(async move { drop(client.book(&wish).await) });
        }
        (48..58, Some(booking)) => {
            work.spawn(async move { client.cancel(&booking).await });
        }
        (58..80, Some(booking)) => visit_the_bank(&world, &booking, dice),
        (80..83, Some(booking)) => {
            work.spawn(async move { client.look_at(&booking).await });
        }
        (83..86, Some(booking)) => {
            work.spawn(async move { client.refund(&booking).await });
        }
        (86.., _) => {
            let change = change(&world, dice, event_id, number);
            work.spawn(async move { client.change(event_id, change).await });
        }
        _ => {
            work.spawn(async move { client.look(event_id).await });
        }
    }
}

/// The buyer of a booking, or the buyer's bank, does something about its payment.
fn visit_the_bank(world: &std::sync::Arc<World>, booking: &Booking, dice: &Dice) {
    if booking.total.is_zero() {
        return;
    }
    let (bank, now, total) = (&world.bank, world.now(), booking.total.amount_minor());
    let said = match dice.below(20) {
        0..13 => {
            let is_paid = bank.pay(booking, total, now);
            if is_paid {
                world.trace.count("paid");
            }
            if is_paid { "is paid" } else { "cannot be paid" }
        }
        13..16 => {
            bank.decline(booking, now);
            "is declined"
        }
        16 => {
            bank.charge_back(booking, now);
            "is charged back"
        }
        17 => {
            bank.pay(booking, total - i64::from(dice.between(1, 3)), now);
            "is paid wrongly"
        }
        18 => {
            bank.settle_difference(booking, now);
            "is paid the rest"
        }
        _ => {
            let other = dice.pick(&lock(&world.known)).cloned();
            let other = other.filter(|other| other.id != booking.id);
            if let Some(other) = other {
                bank.mix_up(booking, &other, now);
            }
            "is mixed up with another"
        }
    };
    world.say("buyer", || format!("{} {said}", short(booking.id)));
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
            EventChange { details: Some(edition(dice, before, number)), ..none }
        }
        14..19 => EventChange { status: Some(EventStatus::Published), ..none },
        _ => EventChange { status: Some(EventStatus::Cancelled), ..none },
    }
}

/// Returns details that no other change makes: another title, another price, and sometimes another hour.
fn edition(dice: &Dice, before: EventDetails, number: u32) -> EventDetails {
    let mut edition = seed::event(&format!("Organ, edition {number}")).max_per_booking(2);
    if !before.price.is_zero() {
        edition = edition.price(i64::from(dice.between(10, 60)) * 100, "EUR");
    } else {
        edition = edition.free();
    }
    let is_near = before.starts_at <= seed::later(Duration::from_hours(1));
    let later = Duration::from_mins(u64::from(dice.between(0, 2)));
    let starts_at = if is_near { before.starts_at } else { before.starts_at.saturating_add(later) };
    edition.starts_at(starts_at).details()
}
