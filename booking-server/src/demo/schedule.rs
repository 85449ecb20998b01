//! Which act is on where and when: derived from its number alone, so that there is nothing random
//! in it.

use booking_core::domain::event::{EventDetails, EventDraft, LocationDraft};
use booking_core::domain::quantity::Capacity;
use booking_core::domain::time::{Timestamp, ZoneName};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::DemoEvent;
use super::cities::{self, City, Tariff};
use super::kinds::{Habit, Kind};
use super::language::Language;
use super::local;
use super::programme::{Act, ENGLISH, ONLINE};

/// Events in each city.
const PER_CITY: usize = 4;

/// The last events begin about ten months from now.
const DAYS: usize = 300;

pub(super) fn events(now: Timestamp) -> Vec<DemoEvent> {
    let today = TimeZone::UTC.to_datetime(now.to_jiff()).date();
    let mut events = Vec::new();
    let mut english = 0;
    for (number, city) in cities::all().enumerate() {
        let own = local::acts(city.language);
        for nth in 0..PER_CITY {
            // Two acts of four speak the language of the city, wherever it has some of its own.
            let act = if nth < 2 && city.language != Language::English {
                own[(number * 2 + nth) % own.len()]
            } else {
                english += 1;
                ENGLISH[(english - 1) % ENGLISH.len()]
            };
            events.push(in_city(&city, act, events.len(), today));
        }
    }
    for ((act, zone, price), index) in ONLINE.iter().zip(events.len()..) {
        events.push(online(*act, zone, *price, index, today));
    }
    events
}

/// Begin and end of an event.
struct Slot {
    starts_at: Timestamp,
    ends_at: Timestamp,
    all_day: bool,
}

/// Finds the time for the event of a number.
fn slot(habit: &Habit, index: usize, today: Date, zone: &TimeZone) -> Slot {
    // 121 and 300 have no common divisor, so the days of neighbours lie far apart and none comes
    // twice soon.
    let ahead = 3 + (index * 121) % DAYS;
    let mut date = later(today, ahead);
    if habit.at_weekend {
        while !matches!(date.weekday(), Weekday::Friday | Weekday::Saturday | Weekday::Sunday) {
            date = later(date, 1);
        }
    }
    let instant = |date: Date, hour, minute| {
        let local = date.at(hour, minute, 0, 0).to_zoned(zone.clone());
        let local = local.expect("dates of the next years are within the calendar");
        Timestamp::from_jiff(local.timestamp()).expect("they are within the years 1 to 9999")
    };
    if habit.starts.is_empty() {
        let days = usize::try_from(habit.length).expect("lengths are positive");
        let ends_at = instant(later(date, days), 0, 0);
        return Slot { starts_at: instant(date, 0, 0), ends_at, all_day: true };
    }
    let (hour, minute) = habit.starts[index % habit.starts.len()];
    let starts_at = instant(date, hour, minute);
    let minutes = u64::try_from(habit.length).expect("lengths are positive");
    let ends_at = starts_at.saturating_add(std::time::Duration::from_mins(minutes));
    Slot { starts_at, ends_at, all_day: false }
}

fn later(date: Date, days: usize) -> Date {
    let days = i32::try_from(days).expect("there are few days").days();
    date.checked_add(days).expect("dates of the next years are within the calendar")
}

/// Returns what a price in euros is in a city's currency, rounded as prices are.
fn price_minor(euros: i64, tariff: Tariff) -> i64 {
    let steps = (euros * tariff.rate + tariff.step / 2) / tariff.step;
    if euros == 0 { 0 } else { steps.max(1) * tariff.step }
}

fn in_city(city: &City, (kind, title, text): Act, index: usize, today: Date) -> DemoEvent {
    let habit = kind.habit();
    let zone = ZoneName::new(city.zone).expect("the zones of the table exist").rules();
    let capacity = habit.capacities[index % habit.capacities.len()];
    let is_large = habit.is_large || capacity > 1_000;
    let (name, address) = city.venues[usize::from(!is_large)];
    // The venues of a city lie a little way off its centre, each in another direction.
    let shift = if is_large { 0.011 } else { -0.007 };
    let location = LocationDraft::Venue {
        name: name.to_owned(),
        address: address.to_owned(),
        city: city.name.to_owned(),
        country: city.country.to_owned(),
        latitude: Some(city.latitude + shift),
        longitude: Some(city.longitude - shift),
    };
    let euros = habit.prices[(index / PER_CITY + index) % habit.prices.len()];
    let mut tags: Vec<String> = habit.tags.iter().map(|&tag| tag.to_owned()).collect();
    tags.extend((!city.alias.is_empty()).then(|| city.alias.to_lowercase()));
    if euros == 0 {
        tags.push("free".to_owned());
    }
    let slot = slot(&habit, index, today, &zone);
    let draft = EventDraft {
        title: title.to_owned(),
        description: text.to_owned(),
        category: habit.category.to_owned(),
        tags,
        location,
        on_sale_from: None,
        on_sale_until: sales_end(kind, &slot),
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        all_day: slot.all_day,
        timezone: city.zone.to_owned(),
        price_minor: price_minor(euros, city.tariff),
        currency: city.tariff.currency.to_owned(),
        max_per_booking: habit.max_per_booking,
        url: None,
        image_url: None,
    };
    finish(draft, capacity)
}

fn online(
    (kind, title, text): Act,
    zone: &str,
    euros: i64,
    index: usize,
    today: Date,
) -> DemoEvent {
    let mut habit = kind.habit();
    habit.starts = &[(19, 0)];
    habit.length = 90;
    let rules = ZoneName::new(zone).expect("the zones of the table exist").rules();
    let tariff = match zone {
        "Asia/Tokyo" => cities::JPY,
        "Europe/Zurich" => cities::CHF,
        "America/New_York" | "America/Los_Angeles" => cities::USD,
        _ => cities::EUR,
    };
    let slot = slot(&habit, index, today, &rules);
    let mut tags = vec!["online".to_owned()];
    tags.extend((euros == 0).then(|| "free".to_owned()));
    let draft = EventDraft {
        title: title.to_owned(),
        description: text.to_owned(),
        category: habit.category.to_owned(),
        tags,
        location: LocationDraft::Online {
            url: Some(format!("https://stream.example.com/{index}")),
        },
        on_sale_from: None,
        on_sale_until: None,
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        all_day: false,
        timezone: zone.to_owned(),
        price_minor: price_minor(euros, tariff),
        currency: tariff.currency.to_owned(),
        max_per_booking: 5,
        url: None,
        image_url: None,
    };
    finish(draft, 500)
}

/// Nobody is let in once a play has begun; people come and go at a market.
fn sales_end(kind: Kind, slot: &Slot) -> Option<Timestamp> {
    let is_seated = !slot.all_day && !matches!(kind, Kind::Market | Kind::Exhibition);
    is_seated.then_some(slot.starts_at)
}

/// Checks an event of the tables.
pub(super) fn finish(draft: EventDraft, capacity: u32) -> DemoEvent {
    DemoEvent {
        details: EventDetails::check(draft).expect("the events of the demonstration are valid"),
        capacity: Capacity::new(capacity).expect("they have tickets"),
        sold: 0,
        is_called_off: false,
    }
}
