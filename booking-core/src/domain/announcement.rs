//! What an organiser's change means for those who have booked already.
//!
//! A change is made in one short transaction, however many bookings the event has. What follows from it for each of
//! them is spread afterwards, some bookings at a time, from the [`Announcement`] that the change leaves behind in the
//! same transaction: so a crash in the middle loses nothing, and no sale waits.

use super::event::{Event, EventStatus};
use super::ids::{BookingId, EventId};
use super::stock::Stock;
use super::time::Timestamp;
use super::venue::{Location, Venue};

/// A change of an event that those who have booked are still to be told of. An event has one at most: what is announced
/// later takes the place of what was not told yet, and tells of a move if either does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement {
    /// The event.
    pub event_id: EventId,
    /// The version that the change gave to the event's stock. Bookings that were confirmed before it are concerned;
    /// whoever is confirmed later gets a confirmation of the event as it is.
    pub version: u64,
    /// Whether the event takes place at another time or place. If not, only its reminders are planned anew.
    pub is_move: bool,
    /// The last booking that is done with, in order of their ids.
    pub after: Option<BookingId>,
}

/// What becomes of the reminder of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReminderPlan {
    /// There is to be one at this time, whether or not one waits already.
    At(Timestamp),
    /// If one waits, it is to be sent now.
    AtOnce,
    /// If one waits, it is dropped.
    Dropped,
}

/// What follows from an [`Announcement`] for each of the bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnouncementPlan {
    /// Whether the buyers are told that the event has changed.
    pub is_told: bool,
    /// What becomes of their reminders.
    pub reminder: ReminderPlan,
}

impl Announcement {
    /// Returns what those who have booked are to be told of a change, if anything. `stock` is that after the change.
    pub fn of_change(before: &Event, after: &Event, stock: Stock) -> Option<Self> {
        let was_on_sale = before.status == EventStatus::Published;
        let is_sold = stock.stock() < stock.capacity();
        if !was_on_sale || after.status != EventStatus::Published || !is_sold {
            return None;
        }
        let is_move = has_moved(before, after);
        (is_move || before.remind_at() != after.remind_at()).then(|| Self {
            event_id: after.id,
            version: stock.version(),
            is_move,
            after: None,
        })
    }

    /// Decides what is to be done for the bookings, on the event as it stands at `now`. `None` if nothing is: it was
    /// called off meanwhile, which is told in another way, or it is over.
    pub fn plan(&self, event: &Event, now: Timestamp) -> Option<AnnouncementPlan> {
        if event.status != EventStatus::Published || event.details.ends_at <= now {
            return None;
        }
        let reminder = match event.remind_at() {
            Some(at) if at > now => ReminderPlan::At(at),
            // Whoever is told of the change at this moment needs no reminder besides.
            Some(_) if !self.is_move => ReminderPlan::AtOnce,
            Some(_) | None => ReminderPlan::Dropped,
        };
        Some(AnnouncementPlan { is_told: self.is_move, reminder })
    }
}

/// Tells whether an event takes place at another time or place than before.
fn has_moved(before: &Event, after: &Event) -> bool {
    let (before, after) = (&before.details, &after.details);
    before.starts_at != after.starts_at
        || before.ends_at != after.ends_at
        || before.all_day != after.all_day
        || before.timezone != after.timezone
        || !is_same_place(&before.location, &after.location)
}

/// Tells whether people would go to the same place: a pin on a map that was put right moves nothing.
fn is_same_place(before: &Location, after: &Location) -> bool {
    match (before, after) {
        (Location::Venue(before), Location::Venue(after)) => {
            let in_words =
                |venue: &Venue| [venue.name(), venue.address(), venue.city()].map(str::to_owned);
            in_words(before) == in_words(after) && before.country() == after.country()
        }
        _ => before == after,
    }
}

/// Returns the revision of an event after a change: it grows with whatever a calendar shows.
pub(super) fn next_revision(before: &Event, after: &Event) -> u32 {
    let shows_otherwise = has_moved(before, after) || before.details.title != after.details.title;
    let counts = before.status == EventStatus::Published && shows_otherwise;
    before.revision.saturating_add(u32::from(counts))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::event::{EventDetails, EventDraft, LocationDraft, ReminderLead};
    use crate::domain::money::{Currency, Money};

    const HOUR: Duration = Duration::from_hours(1);

    fn now() -> Timestamp {
        Timestamp::from_secs(1_800_000_000).unwrap()
    }

    fn event(starts_in: Duration, change: impl FnOnce(&mut EventDraft)) -> Event {
        let price = Money::new(100, Currency::new("EUR").unwrap()).unwrap();
        let mut draft = EventDraft::new("Fado", now().saturating_add(starts_in), HOUR, price);
        change(&mut draft);
        let details = EventDetails::check(draft).unwrap();
        let id = EventId::new(uuid::Uuid::from_u128(1));
        Event::entered(id, details, EventStatus::Published, now())
    }

    fn stock(sold: u32) -> Stock {
        Stock::restore(10, 10 - sold, 0, 7).unwrap()
    }

    #[test]
    fn only_what_concerns_those_who_have_booked_is_announced() {
        let before = event(100 * HOUR, |_| {});
        let announced = |after: &Event, sold| Announcement::of_change(&before, after, stock(sold));
        let moved = event(200 * HOUR, |_| {});
        let expected = Announcement { event_id: before.id, version: 7, is_move: true, after: None };
        assert_eq!(announced(&moved, 1), Some(expected));
        assert_eq!(announced(&moved, 0), None, "nobody has booked");
        let elsewhere = event(100 * HOUR, |draft| {
            draft.location = LocationDraft::Online { url: Some("https://example.org/".to_owned()) };
        });
        assert_eq!(announced(&elsewhere, 1), Some(expected));
        let renamed = event(100 * HOUR, |draft| draft.title = "Fado!".to_owned());
        assert_eq!(announced(&renamed, 1), None);
        let at = |longitude| {
            event(100 * HOUR, |draft| {
                draft.location = LocationDraft::Venue {
                    name: "Coliseu".to_owned(),
                    address: String::new(),
                    city: "Porto".to_owned(),
                    country: "PT".to_owned(),
                    latitude: Some(41.1),
                    longitude: Some(longitude),
                };
            })
        };
        assert_eq!(Announcement::of_change(&at(-8.6), &at(-8.7), stock(1)), None, "a pin");
        let reminder = ReminderLead::from_minutes(60).unwrap();
        let earlier = Event { reminder, ..before.clone() };
        assert_eq!(announced(&earlier, 1), Some(Announcement { is_move: false, ..expected }));
        let cancelled = Event { status: EventStatus::Cancelled, ..moved.clone() };
        assert_eq!(announced(&cancelled, 1), None);
        let draft = Event { status: EventStatus::Draft, ..before.clone() };
        assert_eq!(Announcement::of_change(&draft, &moved, stock(1)), None);
    }

    #[test]
    fn another_time_or_another_place_is_a_move_whichever_part_of_it_changed() {
        let before = event(100 * HOUR, |draft| draft.location = venue());
        for change in [
            (|draft| draft.starts_at = draft.starts_at.saturating_sub(HOUR)) as fn(&mut EventDraft),
            |draft| draft.ends_at = draft.ends_at.saturating_add(HOUR),
            |draft| draft.all_day = true,
            |draft| draft.timezone = "Europe/Lisbon".to_owned(),
            |draft| in_venue(draft, |name, _, _, _| "Casa da Música".clone_into(name)),
            |draft| in_venue(draft, |_, address, _, _| "Rua Passos Manuel".clone_into(address)),
            |draft| in_venue(draft, |_, _, city, _| "Braga".clone_into(city)),
            |draft| in_venue(draft, |_, _, _, country| "ES".clone_into(country)),
        ] {
            let after = event(100 * HOUR, |draft| {
                draft.location = venue();
                change(draft);
            });
            let told = Announcement::of_change(&before, &after, stock(1));
            assert!(told.is_some_and(|told| told.is_move), "{:?}", after.details);
            assert_eq!(next_revision(&before, &after), 1);
        }
        assert_eq!(Announcement::of_change(&before, &before, stock(1)), None);
    }

    fn venue() -> LocationDraft {
        LocationDraft::Venue {
            name: "Coliseu".to_owned(),
            address: String::new(),
            city: "Porto".to_owned(),
            country: "PT".to_owned(),
            latitude: None,
            longitude: None,
        }
    }

    type Words<'a> = &'a mut String;

    fn in_venue(draft: &mut EventDraft, change: fn(Words<'_>, Words<'_>, Words<'_>, Words<'_>)) {
        if let LocationDraft::Venue { name, address, city, country, .. } = &mut draft.location {
            change(name, address, city, country);
        }
    }

    #[test]
    fn reminders_follow_the_event() {
        let plan = |event: &Event, is_move| {
            let id = event.id;
            Announcement { event_id: id, version: 1, is_move, after: None }.plan(event, now())
        };
        let far = event(48 * HOUR, |_| {});
        let remind_at = now().saturating_add(24 * HOUR);
        for is_told in [true, false] {
            let reminder = ReminderPlan::At(remind_at);
            assert_eq!(plan(&far, is_told), Some(AnnouncementPlan { is_told, reminder }));
        }
        let near = event(24 * HOUR, |_| {});
        let reminder = |event, is_move| plan(event, is_move).unwrap().reminder;
        assert_eq!(reminder(&near, true), ReminderPlan::Dropped);
        assert_eq!(reminder(&near, false), ReminderPlan::AtOnce);
        let never = Event { reminder: ReminderLead::NEVER, ..far.clone() };
        assert_eq!(reminder(&never, false), ReminderPlan::Dropped);
        let over = event(HOUR, |draft| {
            draft.starts_at = now().saturating_sub(HOUR);
            draft.ends_at = now();
        });
        assert_eq!(plan(&over, true), None);
        assert_eq!(plan(&Event { status: EventStatus::Cancelled, ..far }, true), None);
    }

    #[test]
    fn the_revision_grows_with_what_a_calendar_shows() {
        let before = event(100 * HOUR, |_| {});
        let described = event(100 * HOUR, |draft| draft.description = "Sad.".to_owned());
        assert_eq!(next_revision(&before, &described), 0);
        let renamed = event(100 * HOUR, |draft| draft.title = "Fado!".to_owned());
        assert_eq!(next_revision(&before, &renamed), 1);
        let moved = event(101 * HOUR, |_| {});
        assert_eq!(next_revision(&Event { revision: 4, ..before.clone() }, &moved), 5);
        let draft = Event { status: EventStatus::Draft, ..before };
        assert_eq!(next_revision(&draft, &moved), 0, "nobody has it in a calendar yet");
    }
}
