//! Events: what is sold.

use std::ops::Deref;

use super::country::Country;
use super::ids::EventId;
use super::invalid::Invalid;
use super::money::{Currency, Money};
use super::quantity::Quantity;
use super::stock::Stock;
use super::text::{self, WebUrl};
use super::time::{Timestamp, ZoneName};
use super::venue::{GeoPoint, Location, Venue, VenueInput};

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

/// One field of a draft that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field as a JSON pointer (RFC 6901) into the API's event object, such as `/venue/country`.
    pub pointer: String,
    /// What is wrong with it.
    pub reason: Invalid,
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

/// Collects everything that is wrong, so that a caller hears it all at once.
#[derive(Default)]
struct Violations(Vec<Violation>);

impl Violations {
    fn take<T>(&mut self, pointer: &str, checked: Result<T, Invalid>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(reason) => {
                self.0.push(Violation { pointer: pointer.to_owned(), reason });
                None
            }
        }
    }

    #[expect(clippy::option_option, reason = "the outer one says whether the check passed")]
    fn take_optional<T>(
        &mut self,
        pointer: &str,
        text: Option<&String>,
        check: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        match text {
            None => Some(None),
            Some(text) => self.take(pointer, check(text)).map(Some),
        }
    }
}

impl EventDetails {
    /// Checks a draft, and names every field that is not acceptable.
    #[expect(clippy::needless_pass_by_value, reason = "a draft is of no use once it is checked")]
    pub fn check(draft: EventDraft) -> Result<Self, Vec<Violation>> {
        let mut wrong = Violations::default();
        let title = wrong.take("/title", text::line(&draft.title, 300));
        let description = wrong.take("/description", text::block(&draft.description, 20_000));
        let category = wrong.take("/category", text::optional_line(&draft.category, 60));
        let tags = check_tags(&mut wrong, &draft.tags);
        let location = check_location(&mut wrong, &draft.location);
        let timezone = wrong.take("/timezone", ZoneName::new(&draft.timezone));
        let currency = wrong.take("/price/currency", Currency::new(&draft.currency));
        let price = currency.and_then(|currency| {
            wrong.take("/price/amount", Money::new(draft.price_minor, currency))
        });
        let max_per_booking = wrong.take("/max_per_booking", Quantity::new(draft.max_per_booking));
        let url = wrong.take_optional("/url", draft.url.as_ref(), WebUrl::new);
        let image_url = wrong.take_optional("/image_url", draft.image_url.as_ref(), WebUrl::new);
        wrong.take("/ends_at", check_order(&draft));
        wrong.take("/on_sale_until", check_window(&draft));
        wrong.take("/price/amount", check_total(price, max_per_booking));

        let checked = (|| {
            Some(EventFields {
                title: title?,
                description: description?,
                category: category?.to_lowercase(),
                tags: tags?,
                location: location?,
                starts_at: draft.starts_at,
                ends_at: draft.ends_at,
                all_day: draft.all_day,
                timezone: timezone?,
                on_sale_from: draft.on_sale_from,
                on_sale_until: draft.on_sale_until,
                price: price?,
                max_per_booking: max_per_booking?,
                url: url?,
                image_url: image_url?,
            })
        })();
        match checked {
            Some(fields) if wrong.0.is_empty() => Ok(Self(fields)),
            _ => Err(wrong.0),
        }
    }

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

    /// Returns what decides whether a ticket may be sold, and for how much.
    pub fn terms(&self, status: EventStatus) -> SaleTerms {
        SaleTerms {
            status,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            on_sale_from: self.on_sale_from,
            on_sale_until: self.on_sale_until,
            unit_price: self.price,
            max_per_booking: self.max_per_booking,
        }
    }
}

fn check_tags(wrong: &mut Violations, tags: &[String]) -> Option<Vec<String>> {
    const MAX_TAGS: usize = 30;
    if tags.len() > MAX_TAGS {
        let reason = Invalid::new(format!("must not be more than {MAX_TAGS}"));
        return wrong.take("/tags", Err(reason));
    }
    let mut checked: Vec<String> = Vec::with_capacity(tags.len());
    let mut complete = true;
    for (index, tag) in tags.iter().enumerate() {
        match wrong.take(&format!("/tags/{index}"), text::line(tag, 60)) {
            None => complete = false,
            Some(tag) => {
                let tag = tag.to_lowercase();
                if !checked.contains(&tag) {
                    checked.push(tag);
                }
            }
        }
    }
    complete.then_some(checked)
}

fn check_location(wrong: &mut Violations, location: &LocationDraft) -> Option<Location> {
    match location {
        LocationDraft::Online { url } => {
            let url = wrong.take_optional("/venue/url", url.as_ref(), WebUrl::new)?;
            Some(Location::Online { url })
        }
        LocationDraft::Venue { name, address, city, country, latitude, longitude } => {
            let country = match country.as_str() {
                "" => Some(None),
                code => wrong.take("/venue/country", Country::new(code)).map(Some),
            };
            let position = match (latitude, longitude) {
                (None, None) => Some(None),
                (Some(latitude), Some(longitude)) => {
                    wrong.take("/venue/latitude", GeoPoint::new(*latitude, *longitude)).map(Some)
                }
                _ => wrong.take(
                    "/venue/longitude",
                    Err(Invalid::new("latitude and longitude must be given together")),
                ),
            };
            // The texts are checked although the country or the position is wrong.
            let input = VenueInput {
                name,
                address,
                city,
                country: country.flatten(),
                position: position.flatten(),
            };
            let venue = match Venue::new(input) {
                Ok(venue) => Some(venue),
                Err((field, reason)) => wrong.take(&format!("/venue/{field}"), Err(reason)),
            };
            (country.is_some() && position.is_some()).then_some(Location::Venue(venue?))
        }
    }
}

fn check_order(draft: &EventDraft) -> Result<(), Invalid> {
    if draft.ends_at < draft.starts_at {
        return Err(Invalid::new("must not be before starts_at"));
    }
    Ok(())
}

fn check_window(draft: &EventDraft) -> Result<(), Invalid> {
    match (draft.on_sale_from, draft.on_sale_until) {
        (Some(from), Some(until)) if until <= from => {
            Err(Invalid::new("must be after on_sale_from"))
        }
        _ => Ok(()),
    }
}

/// The largest booking must have a price that can be written down.
fn check_total(price: Option<Money>, max: Option<Quantity>) -> Result<(), Invalid> {
    match (price, max) {
        (Some(price), Some(max)) if price.checked_mul(max.get()).is_none() => {
            Err(Invalid::new("is too large for a booking of max_per_booking tickets"))
        }
        _ => Ok(()),
    }
}

/// Whether tickets can be bought at an instant, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaleState {
    /// Tickets can be bought, as far as there are any.
    OnSale,
    /// The event is not published.
    Draft,
    /// The event was called off.
    Cancelled,
    /// The event is over.
    Ended,
    /// Sales open later.
    NotYet {
        /// When they open.
        on_sale_from: Timestamp,
    },
    /// Sales have closed.
    Closed,
}

/// What decides whether a ticket may be sold, and for how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaleTerms {
    /// Whether the event is published.
    pub status: EventStatus,
    /// When the event begins.
    pub starts_at: Timestamp,
    /// When the event ends.
    pub ends_at: Timestamp,
    /// When sales open; at once if `None`.
    pub on_sale_from: Option<Timestamp>,
    /// When sales close; at the end of the event if `None`.
    pub on_sale_until: Option<Timestamp>,
    /// Price of a ticket.
    pub unit_price: Money,
    /// The most tickets that one booking may be for.
    pub max_per_booking: Quantity,
}

impl SaleTerms {
    /// Tells whether tickets can be bought at `now`. Windows include their beginning, not their end.
    pub fn sale_state(&self, now: Timestamp) -> SaleState {
        match self.status {
            EventStatus::Draft => SaleState::Draft,
            EventStatus::Cancelled => SaleState::Cancelled,
            EventStatus::Published => {
                if now >= self.ends_at {
                    return SaleState::Ended;
                }
                if let Some(on_sale_from) = self.on_sale_from.filter(|from| now < *from) {
                    return SaleState::NotYet { on_sale_from };
                }
                if self.on_sale_until.is_some_and(|until| now >= until) {
                    return SaleState::Closed;
                }
                SaleState::OnSale
            }
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
    /// When it was entered.
    pub created_at: Timestamp,
    /// When its details, status or capacity last changed. Sales do not count.
    pub updated_at: Timestamp,
}

impl Event {
    /// Returns what decides whether a ticket may be sold, and for how much.
    pub fn terms(&self) -> SaleTerms {
        self.details.terms(self.status)
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
