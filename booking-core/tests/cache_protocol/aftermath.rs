//! What has to be true once the faults are over.

use std::time::Duration;

use booking_core::domain::event::EventStatus;
use booking_core::domain::ids::EventId;
use booking_core::ports::EventRepository;
use booking_core::service::BookOutcome;

use crate::clients::{Client, is_of};
use crate::op::at_once;
use crate::schedule::Schedule;
use crate::trouble::Trouble;
use crate::world::World;

/// Longer than anything that was begun may take: a commit that is tried again for five seconds, and a request to the
/// cache that is three seconds late.
const CALM: Duration = Duration::from_secs(15);
/// Longer than an entry lives.
const LIFE: Duration = Duration::from_secs(80);

/// How sure it is that an entry is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excuse {
    /// What a fault has spoilt may be wrong.
    Faults,
    /// The count was corrected since.
    FaultsOnDetails,
    /// Nothing may be.
    None,
}

/// Ends the faults, and looks at what is left of them.
pub(crate) async fn judge(schedule: &mut Schedule) {
    *schedule.world.trouble.lock().unwrap() = Trouble::NONE;
    for instance in &schedule.instances {
        instance.line.put_fuse_out();
    }
    schedule.replace_the_dead();
    tokio::time::sleep(CALM).await;
    for instance in &mut schedule.instances {
        while instance.work.try_join_next().is_some() {}
        if !instance.work.is_empty() {
            schedule.world.find("a request was never answered");
        }
    }
    let client = schedule.client(0);
    let world = &*client.world;
    world.say("world", || "the faults are over, and everything has landed".to_owned());
    for event_id in world.event_ids() {
        check_entry(world, event_id, Excuse::Faults);
    }
    // The first booking that gets through puts the count right.
    for event_id in world.event_ids() {
        if book_and_cancel(&client, event_id).await {
            check_entry(world, event_id, Excuse::FaultsOnDetails);
        }
    }
    tokio::time::sleep(LIFE).await;
    for event_id in world.event_ids() {
        if world.cache.count(event_id, world.now()).is_some() {
            world.find(&format!("the entry of {} does not end", world.name(event_id)));
        }
        client.look(event_id).await;
        if world.cache.count(event_id, world.now()).is_none() {
            world.find(&format!("{} cannot be cached any more", world.name(event_id)));
        }
        check_entry(world, event_id, Excuse::None);
        book_and_cancel(&client, event_id).await;
        check_entry(world, event_id, Excuse::None);
    }
    check_books(&client).await;
}

/// Holds a ticket and gives it up, if the event is on sale; tells whether the count must be right now.
async fn book_and_cancel(client: &Client, event_id: EventId) -> bool {
    let listing = at_once(client.world.events.find_event(event_id)).unwrap().unwrap();
    if listing.event.status != EventStatus::Published {
        return false;
    }
    client
        .world
        .say("world", || format!("one of {} is held and given up", client.world.name(event_id)));
    match client.try_book(event_id, 1, None).await {
        Some(BookOutcome::Booked(booking)) => {
            client.cancel(&booking).await;
            true
        }
        Some(BookOutcome::SoldOut(_)) => true,
        other => {
            client.world.find(&format!("without any fault, a booking ended in {other:?}"));
            false
        }
    }
}

/// What is cached of an event is what the database holds, or there is nothing.
fn check_entry(world: &World, event_id: EventId, excuse: Excuse) {
    let name = world.name(event_id);
    let Some((cached, count)) = world.cache.entry(event_id, world.now()) else {
        world.say("world", || format!("{name} is not cached"));
        return;
    };
    let truth = at_once(world.events.find_event(event_id)).unwrap().unwrap();
    let standing = world.standings.of(event_id);
    let is_count_excused = excuse == Excuse::Faults && standing.is_count_doubtful;
    let are_details_excused = excuse != Excuse::None && standing.are_details_doubtful;
    let available = truth.stock.available();
    world.say("world", || format!("{name} is cached with {count} of {available}, {standing:?}"));
    if !is_count_excused {
        world.journal.count("counts compared");
        if count != available {
            world.find(&format!("{name} is cached with {count} tickets, and has {available}"));
        }
    }
    if !are_details_excused {
        world.journal.count("details compared");
        let (cached, truth) = (&cached, &truth);
        if cached.event != truth.event || cached.stock.sold() != truth.stock.sold() {
            world.find(&format!("{name} is cached as {cached:?}, and is {truth:?}"));
        }
    }
    let version = cached.stock.version();
    let is_real =
        world.history.version(event_id, version).is_some_and(|(had, _)| is_of(&cached, &had));
    if !is_real {
        world.find(&format!("{name} is cached as {cached:?}, which never was"));
    }
}

async fn check_books(client: &Client) {
    for discrepancy in client.system.audit().await.unwrap().discrepancies {
        client.world.find(&format!("the books do not balance: {discrepancy}"));
    }
}
