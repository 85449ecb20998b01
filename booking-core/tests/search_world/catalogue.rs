//! A catalogue of invented events in real places, as uneven as catalogues are: many concerts, few
//! films, cities of one name, titles in many languages, and events that are free, sold out, drafts,
//! called off, over or running.
//!
//! "Now" is 2027-03-01T12:00:00Z.

mod concerts;
mod culture;
mod festivals;
mod places;
mod sport;
mod stage;
mod tech;

/// Whether an event is in the catalogue to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It is.
    Published,
    /// Not yet.
    Draft,
    /// Not any more.
    Cancelled,
}

/// An event. One that begins at midnight and lasts whole days is an all-day event.
#[derive(Debug, Clone, Copy)]
pub(super) struct WorldEvent {
    /// The name by which the queries call it.
    pub(super) key: &'static str,
    /// Its title.
    pub(super) title: &'static str,
    /// Its description, may be empty.
    pub(super) description: &'static str,
    /// Its category in lower case, may be empty.
    pub(super) category: &'static str,
    /// Its tags in lower case.
    pub(super) tags: &'static [&'static str],
    /// The key of its [`Place`]; empty if it is online.
    pub(super) place: &'static str,
    /// The name of its venue, may be empty.
    pub(super) venue: &'static str,
    /// When it begins, by the clocks of its place; in UTC if it is online.
    pub(super) starts: &'static str,
    /// How long it lasts.
    pub(super) minutes: u32,
    /// The price of a ticket in the minor unit of a currency.
    pub(super) price: (i64, &'static str),
    /// How many tickets there are.
    pub(super) capacity: u32,
    /// How many of them are sold: at most 1,000, so that one booking can be for all of them.
    pub(super) sold: u32,
    /// Whether it can be found.
    pub(super) state: State,
}

/// Where events take place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The name by which the events call it.
    pub(super) key: &'static str,
    /// The city as its people write it.
    pub(super) city: &'static str,
    /// ISO 3166-1 alpha-2 code, empty if it is not known.
    pub(super) country: &'static str,
    /// Latitude and longitude, if known.
    pub(super) position: Option<(f64, f64)>,
    /// Name of the IANA time zone.
    pub(super) zone: &'static str,
}

/// Every place.
pub(super) const PLACES: &[Place] = places::PLACES;

/// Every event, in one list for each theme.
pub(super) const EVENTS: &[&[WorldEvent]] = &[
    concerts::EVENTS,
    festivals::EVENTS,
    tech::EVENTS,
    stage::EVENTS,
    sport::EVENTS,
    culture::EVENTS,
];

/// Makes a published event that is free and has a hundred tickets.
const fn event(key: &'static str, title: &'static str) -> WorldEvent {
    WorldEvent {
        key,
        title,
        description: "",
        category: "",
        tags: &[],
        place: "",
        venue: "",
        starts: "",
        minutes: 0,
        price: (0, "EUR"),
        capacity: 100,
        sold: 0,
        state: State::Published,
    }
}

impl WorldEvent {
    const fn at(
        self,
        place: &'static str,
        venue: &'static str,
        starts: &'static str,
        minutes: u32,
    ) -> Self {
        Self { place, venue, starts, minutes, ..self }
    }

    const fn online(self, starts: &'static str, minutes: u32) -> Self {
        Self { starts, minutes, ..self }
    }

    const fn of(self, category: &'static str, tags: &'static [&'static str]) -> Self {
        Self { category, tags, ..self }
    }

    const fn says(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    const fn sells(self, price: (i64, &'static str), capacity: u32, sold: u32) -> Self {
        Self { price, capacity, sold, ..self }
    }

    const fn draft(self) -> Self {
        Self { state: State::Draft, ..self }
    }

    const fn cancelled(self) -> Self {
        Self { state: State::Cancelled, ..self }
    }
}

const fn place(
    key: &'static str,
    city: &'static str,
    country: &'static str,
    position: Option<(f64, f64)>,
    zone: &'static str,
) -> Place {
    Place { key, city, country, position, zone }
}
