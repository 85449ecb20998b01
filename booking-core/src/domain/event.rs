//! Events: what is sold.

mod check;
mod reminder;
mod terms;

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use super::country::Country;
use super::ids::EventId;
use super::invalid::Invalid;
use super::money::Money;
use super::quantity::Quantity;
use super::stock::Stock;
use super::text::WebUrl;
use super::time::{Timestamp, ZoneName};
use super::venue::{GeoPoint, Location};

pub use reminder::ReminderLead;
pub use terms::{SaleState, SaleTerms};

/// Whether an event can be seen and sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventStatus {
    /// Being prepared: neither found nor sold.
    Draft,
    /// Found by searches, and sold within its sales window.
    Published,
    /// Called off for good: its bookings are cancelled and refunded.
    Cancelled,
}

impl EventStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Cancelled];

    /// Returns the name used in the API and in the databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the name used in the API and in the databases.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or_else(|| Invalid::new("is not an event status"))
    }
}

/// Where an event takes place, not yet checked.
#[derive(Debug, Clone, PartialEq)]
pub enum LocationDraft {
    /// At a venue.
    Venue {
        /// Name of the building or place; may be empty.
        name: String,
        /// Street and number; may be empty.
        address: String,
        /// City.
        city: String,
        /// ISO 3166-1 alpha-2 code; empty if it is not known.
        country: String,
        /// Latitude and longitude in degrees; both or none.
        latitude: Option<f64>,
        /// See `latitude`.
        longitude: Option<f64>,
    },
    /// Online.
    Online {
        /// Where to join, if public.
        url: Option<String>,
    },
}

/// What an organiser says of an event, not yet checked.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDraft {
    /// Title, 1 to 300 characters.
    pub title: String,
    /// Description, up to 20,000 characters, may be empty.
    pub description: String,
    /// Category, up to 60 characters, such as `concert`; may be empty.
    pub category: String,
    /// Tags, up to 30 of up to 60 characters.
    pub tags: Vec<String>,
    /// Where it takes place.
    pub location: LocationDraft,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends; not before it begins.
    pub ends_at: Timestamp,
    /// Whether only the dates matter, in the event's own zone.
    pub all_day: bool,
    /// Name of an IANA time zone.
    pub timezone: String,
    /// When sales open; at once if `None`.
    pub on_sale_from: Option<Timestamp>,
    /// When sales close; at the end of the event if `None`.
    pub on_sale_until: Option<Timestamp>,
    /// Price of a ticket in minor units of `currency`.
    pub price_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// The most tickets that one booking may be for.
    pub max_per_booking: u32,
    /// The event's own page.
    pub url: Option<String>,
    /// A picture.
    pub image_url: Option<String>,
}

impl EventDraft {
    /// Makes a draft of an event online, in UTC, of which up to ten tickets may be booked at a time, and of which
    /// nothing else is said. What is to be said more is set on it.
    pub fn new(
        title: impl Into<String>,
        starts_at: Timestamp,
        lasts: Duration,
        price: Money,
    ) -> Self {
        Self {
            title: title.into(),
            description: String::new(),
            category: String::new(),
            tags: Vec::new(),
            location: LocationDraft::Online { url: None },
            starts_at,
            ends_at: starts_at.saturating_add(lasts),
            all_day: false,
            timezone: ZoneName::utc().as_str().to_owned(),
            on_sale_from: None,
            on_sale_until: None,
            price_minor: price.amount_minor(),
            currency: price.currency().code().to_owned(),
            max_per_booking: 10,
            url: None,
            image_url: None,
        }
    }
}

/// One field of a draft that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field as a JSON pointer (RFC 6901) into the API's event object, such as `/venue/country`.
    pub pointer: String,
    /// What is wrong with it.
    pub reason: Invalid,
}

/// Why a draft cannot be an event: each field that is not acceptable. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidEvent(Vec<Violation>);

impl fmt::Display for InvalidEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{} {}", violation.pointer, violation.reason)?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidEvent {}

impl Deref for InvalidEvent {
    type Target = [Violation];

    fn deref(&self) -> &[Violation] {
        &self.0
    }
}

impl IntoIterator for InvalidEvent {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The checked content of [`EventDetails`], read through it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventFields {
    /// Title.
    pub title: String,
    /// Description, may be empty.
    pub description: String,
    /// Category in lower case, may be empty.
    pub category: String,
    /// Tags in lower case, without repeats.
    pub tags: Vec<String>,
    /// Where it takes place.
    pub location: Location,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Whether only the dates matter, in the event's own zone.
    pub all_day: bool,
    /// The zone that people at the event live by.
    pub timezone: ZoneName,
    /// When sales open; at once if `None`.
    pub on_sale_from: Option<Timestamp>,
    /// When sales close; at the end of the event if `None`.
    pub on_sale_until: Option<Timestamp>,
    /// Price of a ticket.
    pub price: Money,
    /// The most tickets that one booking may be for.
    pub max_per_booking: Quantity,
    /// The event's own page.
    pub url: Option<WebUrl>,
    /// A picture.
    pub image_url: Option<WebUrl>,
}

/// What there is to say of an event. One way in, [`EventDetails::check`], so that every value is valid.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDetails(EventFields);

impl Deref for EventDetails {
    type Target = EventFields;

    fn deref(&self) -> &EventFields {
        &self.0
    }
}

impl EventDetails {
    /// Returns the draft that gives these details, for changing a part of it and checking again.
    pub fn to_draft(&self) -> EventDraft {
        let fields = &self.0;
        EventDraft {
            title: fields.title.clone(),
            description: fields.description.clone(),
            category: fields.category.clone(),
            tags: fields.tags.clone(),
            location: match &fields.location {
                Location::Venue(venue) => LocationDraft::Venue {
                    name: venue.name().to_owned(),
                    address: venue.address().to_owned(),
                    city: venue.city().to_owned(),
                    country: venue.country().map_or("", Country::code).to_owned(),
                    latitude: venue.position().map(GeoPoint::latitude),
                    longitude: venue.position().map(GeoPoint::longitude),
                },
                Location::Online { url } => {
                    LocationDraft::Online { url: url.as_ref().map(|url| url.as_str().to_owned()) }
                }
            },
            starts_at: fields.starts_at,
            ends_at: fields.ends_at,
            all_day: fields.all_day,
            timezone: fields.timezone.as_str().to_owned(),
            on_sale_from: fields.on_sale_from,
            on_sale_until: fields.on_sale_until,
            price_minor: fields.price.amount_minor(),
            currency: fields.price.currency().code().to_owned(),
            max_per_booking: fields.max_per_booking.get(),
            url: fields.url.as_ref().map(|url| url.as_str().to_owned()),
            image_url: fields.image_url.as_ref().map(|url| url.as_str().to_owned()),
        }
    }

    /// Returns what decisions on bookings go by.
    pub fn terms(&self, status: EventStatus, reminder: ReminderLead) -> SaleTerms {
        SaleTerms {
            status,
            reminder,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            on_sale_from: self.on_sale_from,
            on_sale_until: self.on_sale_until,
            unit_price: self.price,
            max_per_booking: self.max_per_booking,
        }
    }
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What there is to say of it.
    pub details: EventDetails,
    /// Whether it can be seen and sold.
    pub status: EventStatus,
    /// How long before it its buyers are reminded.
    pub reminder: ReminderLead,
    /// How often its title, time or place was changed since it was published: what calendars number their entries by.
    pub revision: u32,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When its details, status or capacity last changed. Sales do not count.
    pub updated_at: Timestamp,
}

impl Event {
    /// Returns an event that is entered at `now` and not changed yet.
    pub fn entered(
        id: EventId,
        details: EventDetails,
        status: EventStatus,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            details,
            status,
            reminder: ReminderLead::default(),
            revision: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// Returns what decisions on bookings go by.
    pub fn terms(&self) -> SaleTerms {
        self.details.terms(self.status, self.reminder)
    }

    /// Returns when buyers are to be reminded, if at all.
    pub fn remind_at(&self) -> Option<Timestamp> {
        self.reminder.before(self.details.starts_at)
    }
}

/// An event with its stock, as both stood at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The event.
    pub event: Event,
    /// Its stock. The version counts changes of the details, too.
    pub stock: Stock,
}

#[cfg(test)]
mod tests;
