//! Events as they are shown.

use booking_core::domain::country::Country;
use booking_core::domain::event::{self, Listing};
use booking_core::domain::ids::EventId;
use booking_core::domain::search;
use booking_core::domain::text::WebUrl;
use booking_core::domain::time::Timestamp;
use booking_core::domain::venue::{self, GeoPoint, Location};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::Money;

/// An event, and how many tickets it has left.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Event<'a> {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub id: EventId,
    /// Its title.
    pub title: &'a str,
    /// What it is about, in plain text; may be empty.
    pub description: &'a str,
    /// Its category in lower case, such as `concert`; may be empty.
    pub category: &'a str,
    /// Its tags in lower case.
    pub tags: &'a [String],
    /// Whether it takes place online. It says the same as the shape of `venue`.
    pub online: bool,
    /// Where it takes place.
    pub venue: Venue<'a>,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// Whether only the dates of beginning and end matter, taken in `timezone`.
    pub all_day: bool,
    /// The IANA time zone that people at the event live by.
    #[schema(examples("Europe/Zurich"))]
    pub timezone: &'a str,
    /// When sales open; `null` if there is no such bound.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub on_sale_from: Option<Timestamp>,
    /// When sales close; `null` if that is when the event ends.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub on_sale_until: Option<Timestamp>,
    /// The price of one ticket.
    pub price: Money,
    /// All tickets, sold or not.
    pub capacity: u32,
    /// Tickets that can be booked now.
    pub available: u32,
    /// The most tickets that one booking may be for.
    pub max_per_booking: u32,
    /// How many minutes before it its buyers are reminded; 0 if they are not.
    #[schema(minimum = 0, maximum = 43_200)]
    pub reminder_minutes: u32,
    /// Whether it is published.
    pub status: EventStatus,
    /// The event's own page elsewhere.
    #[schema(format = "uri", required)]
    pub url: Option<&'a str>,
    /// A picture.
    #[schema(format = "uri", required)]
    pub image_url: Option<&'a str>,
    /// When it was entered.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its details or status last changed. Sales do not count.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// Whether an event can be seen and sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    /// Being prepared; only organisers see it.
    Draft,
    /// Found by searches, and sold within its sales window.
    Published,
    /// Called off for good.
    Cancelled,
}

/// Where an event takes place: at a place, or online.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Venue<'a> {
    /// At a place.
    Physical(PhysicalVenue<'a>),
    /// Online.
    Online(OnlineVenue<'a>),
}

/// A place that people go to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PhysicalVenue<'a> {
    /// Name of the building or place; may be empty.
    pub name: &'a str,
    /// Street and number; may be empty.
    pub address: &'a str,
    /// City.
    pub city: &'a str,
    /// ISO 3166-1 alpha-2 code, if known.
    #[schema(min_length = 2, max_length = 2, examples("CH"), required)]
    pub country: Option<&'static str>,
    /// Degrees north of the equator, if known.
    #[schema(minimum = -90, maximum = 90, required)]
    pub latitude: Option<f64>,
    /// Degrees east of Greenwich, if known.
    #[schema(minimum = -180, maximum = 180, required)]
    pub longitude: Option<f64>,
}

/// A place on the network.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OnlineVenue<'a> {
    /// Always `true`. A venue that is not online does not have this member.
    #[schema(schema_with = always_true)]
    pub online: bool,
    /// Where to join, if that is public.
    #[schema(format = "uri", required)]
    pub url: Option<&'a str>,
}

fn always_true() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Boolean)
        .enum_values(Some([true]))
        .description(Some("Always `true`. A venue that is not online does not have this member."))
}

/// A page of events.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventList<'a> {
    /// The events, in the order that was asked for.
    pub items: Vec<Event<'a>>,
    /// Where the next page begins; `null` if this is the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// How many events match, by what they are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Facets {
    /// All of them.
    pub total: u64,
    /// By category, the most frequent first. Events without a category are left out.
    pub categories: Vec<CategoryCount>,
    /// By country, the most frequent first. Events without one are left out.
    pub countries: Vec<CountryCount>,
    /// By month of the beginning in UTC, in order.
    pub months: Vec<MonthCount>,
}

/// How many events are of a category.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CategoryCount {
    /// The category.
    pub category: String,
    /// How many.
    pub count: u64,
}

/// How many events take place in a country.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CountryCount {
    /// ISO 3166-1 alpha-2 code.
    #[schema(min_length = 2, max_length = 2, examples("CH"))]
    pub country: &'static str,
    /// How many.
    pub count: u64,
}

/// How many events begin in a month.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MonthCount {
    /// Year and month.
    #[schema(examples("2027-03"))]
    pub month: String,
    /// How many.
    pub count: u64,
}

/// What may be meant by what was typed so far: ten at most in all.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Suggestions<'a> {
    /// Categories, to be used as `category`; two at most.
    pub categories: &'a [String],
    /// Cities, to be used as `city` and `country`; three at most.
    pub cities: Vec<SuggestedCity<'a>>,
    /// Events, the best match first. Of those with the same title there is one.
    pub events: Vec<SuggestedEvent<'a>>,
}

/// A city in which events take place.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SuggestedCity<'a> {
    /// Its name, as most events spell it.
    pub city: &'a str,
    /// ISO 3166-1 alpha-2 code, if known.
    #[schema(min_length = 2, max_length = 2, examples("CH"), required)]
    pub country: Option<&'static str>,
}

/// What tells an event from others.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SuggestedEvent<'a> {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub id: EventId,
    /// Its title.
    pub title: &'a str,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// The IANA time zone that people at the event live by.
    #[schema(examples("Europe/Zurich"))]
    pub timezone: &'a str,
    /// Its city; `null` if it takes place online.
    #[schema(required)]
    pub city: Option<&'a str>,
    /// ISO 3166-1 alpha-2 code of the city's country, if known.
    #[schema(min_length = 2, max_length = 2, examples("CH"), required)]
    pub country: Option<&'static str>,
}

impl<'a> From<&'a search::Suggestions> for Suggestions<'a> {
    fn from(suggestions: &'a search::Suggestions) -> Self {
        let cities = suggestions.cities.iter().map(|search::City { name, country }| {
            SuggestedCity { city: name, country: country.map(Country::code) }
        });
        let events = suggestions.events.iter().map(|Listing { event, .. }| {
            let venue = event.details.location.venue();
            SuggestedEvent {
                id: event.id,
                title: &event.details.title,
                starts_at: event.details.starts_at,
                timezone: event.details.timezone.as_str(),
                city: venue.map(venue::Venue::city),
                country: venue.and_then(venue::Venue::country).map(Country::code),
            }
        });
        Self {
            categories: &suggestions.categories,
            cities: cities.collect(),
            events: events.collect(),
        }
    }
}

impl<'a> From<&'a Listing> for Event<'a> {
    fn from(listing: &'a Listing) -> Self {
        let details = &listing.event.details;
        Self {
            id: listing.event.id,
            title: &details.title,
            description: &details.description,
            category: &details.category,
            tags: &details.tags,
            online: details.location.venue().is_none(),
            venue: Venue::from(&details.location),
            starts_at: details.starts_at,
            ends_at: details.ends_at,
            all_day: details.all_day,
            timezone: details.timezone.as_str(),
            on_sale_from: details.on_sale_from,
            on_sale_until: details.on_sale_until,
            price: details.price.into(),
            capacity: listing.stock.capacity(),
            available: listing.stock.available(),
            max_per_booking: details.max_per_booking.get(),
            reminder_minutes: listing.event.reminder.minutes(),
            status: listing.event.status.into(),
            url: details.url.as_ref().map(WebUrl::as_str),
            image_url: details.image_url.as_ref().map(WebUrl::as_str),
            created_at: listing.event.created_at,
            updated_at: listing.event.updated_at,
        }
    }
}

impl From<event::EventStatus> for EventStatus {
    fn from(status: event::EventStatus) -> Self {
        match status {
            event::EventStatus::Draft => Self::Draft,
            event::EventStatus::Published => Self::Published,
            event::EventStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl<'a> From<&'a Location> for Venue<'a> {
    fn from(location: &'a Location) -> Self {
        match location {
            Location::Venue(venue) => Self::Physical(PhysicalVenue {
                name: venue.name(),
                address: venue.address(),
                city: venue.city(),
                country: venue.country().map(Country::code),
                latitude: venue.position().map(GeoPoint::latitude),
                longitude: venue.position().map(GeoPoint::longitude),
            }),
            Location::Online { url } => {
                Self::Online(OnlineVenue { online: true, url: url.as_ref().map(WebUrl::as_str) })
            }
        }
    }
}

impl From<search::Facets> for Facets {
    fn from(facets: search::Facets) -> Self {
        let categories = facets.categories.into_iter();
        let countries = facets.countries.into_iter();
        let months = facets.months.into_iter();
        Self {
            total: facets.total,
            categories: categories
                .map(|(category, count)| CategoryCount { category, count })
                .collect(),
            countries: countries
                .map(|(country, count)| CountryCount { country: country.code(), count })
                .collect(),
            months: months.map(|(month, count)| MonthCount { month, count }).collect(),
        }
    }
}
