//! An event as fields of a hash. The module's documentation says what they mean.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use crate::domain::event::{
    Event, EventDetails, EventDraft, EventStatus, Listing, LocationDraft, ReminderLead,
};
use crate::domain::ids::EventId;
use crate::domain::stock::Stock;

/// Tells apart how releases lay out the fields. It changes with every change of [`FIELDS`], so that during an
/// upgrade each release fills what the other left, and neither reads it wrong.
pub(super) const LAYOUT: &str = "3";

/// Every field. All are there in every entry; what an event does not have is an empty text.
pub(super) const FIELDS: [&str; 37] = [
    "id",
    "status",
    "title",
    "description",
    "category",
    "tags",
    "is_online",
    "online_url",
    "venue_name",
    "venue_address",
    "city",
    "country",
    "latitude",
    "longitude",
    "starts_at",
    "ends_at",
    "all_day",
    "timezone",
    "on_sale_from",
    "on_sale_until",
    "price_minor",
    "currency",
    "max_per_booking",
    "url",
    "image_url",
    "created_at",
    "updated_at",
    "reminder_minutes",
    "revision",
    "capacity",
    "instock",
    "ver",
    "layout",
    "filled_stock",
    "filled_held",
    "filled_ver",
    "filled_count",
];

/// Returns names and values of all fields, one after the other.
pub(super) fn write(listing: &Listing) -> Option<Vec<String>> {
    let Listing { event, stock } = listing;
    let draft = event.details.to_draft();
    let mut fields = location(&draft.location);
    let details = [
        ("title", draft.title),
        ("description", draft.description),
        ("category", draft.category),
        ("tags", serde_json::to_string(&draft.tags).ok()?),
        ("starts_at", draft.starts_at.to_string()),
        ("ends_at", draft.ends_at.to_string()),
        ("all_day", draft.all_day.to_string()),
        ("timezone", draft.timezone),
        ("on_sale_from", text(draft.on_sale_from)),
        ("on_sale_until", text(draft.on_sale_until)),
        ("price_minor", draft.price_minor.to_string()),
        ("currency", draft.currency),
        ("max_per_booking", draft.max_per_booking.to_string()),
        ("url", text(draft.url)),
        ("image_url", text(draft.image_url)),
    ];
    let rest = [
        ("id", event.id.to_string()),
        ("status", event.status.as_str().to_owned()),
        ("created_at", event.created_at.to_string()),
        ("updated_at", event.updated_at.to_string()),
        ("reminder_minutes", event.reminder.minutes().to_string()),
        ("revision", event.revision.to_string()),
        ("capacity", stock.capacity().to_string()),
        ("instock", stock.available().to_string()),
        ("ver", stock.version().to_string()),
        ("layout", LAYOUT.to_owned()),
        ("filled_stock", stock.stock().to_string()),
        ("filled_held", stock.held().to_string()),
        ("filled_ver", stock.version().to_string()),
        ("filled_count", stock.available().to_string()),
    ];
    fields.extend(details);
    fields.extend(rest);
    Some(fields.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect())
}

fn text(value: Option<impl Display>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn location(location: &LocationDraft) -> Vec<(&'static str, String)> {
    let mut fields = BTreeMap::from(
        ["online_url", "venue_name", "venue_address", "city", "country", "latitude", "longitude"]
            .map(|name| (name, String::new())),
    );
    let mut set = |name, value| drop(fields.insert(name, value));
    match location {
        LocationDraft::Online { url } => {
            set("is_online", true.to_string());
            set("online_url", text(url.as_ref()));
        }
        LocationDraft::Venue { name, address, city, country, latitude, longitude } => {
            set("is_online", false.to_string());
            set("venue_name", name.clone());
            set("venue_address", address.clone());
            set("city", city.clone());
            set("country", country.clone());
            set("latitude", text(*latitude));
            set("longitude", text(*longitude));
        }
    }
    fields.into_iter().collect()
}

/// Reads the values of [`FIELDS`], in their order: the event, and the count of tickets left. `None` if they
/// are not a valid event with the id that was asked for.
pub(super) fn read(event_id: EventId, values: Vec<String>) -> Option<(Listing, u32)> {
    if values.len() != FIELDS.len() {
        return None;
    }
    let mut fields = Fields(FIELDS.into_iter().zip(values).collect());
    let id = fields.parse("id")?;
    let status = EventStatus::parse(&fields.take("status")?).ok()?;
    let (created_at, updated_at) = (fields.parse("created_at")?, fields.parse("updated_at")?);
    let reminder = ReminderLead::from_minutes(fields.parse("reminder_minutes")?).ok()?;
    let revision = fields.parse("revision")?;
    let stock = Stock::restore(
        fields.parse("capacity")?,
        fields.parse("filled_stock")?,
        fields.parse("filled_held")?,
        fields.parse("filled_ver")?,
    )
    .ok()?;
    let available = fields.parse("instock")?;
    let details = EventDetails::check(fields.draft()?).ok()?;
    let event = Event { id, details, status, reminder, revision, created_at, updated_at };
    (id == event_id).then_some((Listing { event, stock }, available))
}

struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn parse<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.take(name)?.parse().ok()
    }

    /// Reads a value that may be left out. The outer `None` means that it is wrong.
    #[expect(clippy::option_option, reason = "wrong and left out are told apart for one line")]
    fn optional<T: FromStr>(&mut self, name: &str) -> Option<Option<T>> {
        let value = self.take(name)?;
        if value.is_empty() { Some(None) } else { value.parse().ok().map(Some) }
    }

    fn draft(&mut self) -> Option<EventDraft> {
        let location = if self.parse("is_online")? {
            LocationDraft::Online { url: self.optional("online_url")? }
        } else {
            LocationDraft::Venue {
                name: self.take("venue_name")?,
                address: self.take("venue_address")?,
                city: self.take("city")?,
                country: self.take("country")?,
                latitude: self.optional("latitude")?,
                longitude: self.optional("longitude")?,
            }
        };
        Some(EventDraft {
            title: self.take("title")?,
            description: self.take("description")?,
            category: self.take("category")?,
            tags: serde_json::from_str(&self.take("tags")?).ok()?,
            location,
            starts_at: self.parse("starts_at")?,
            ends_at: self.parse("ends_at")?,
            all_day: self.parse("all_day")?,
            timezone: self.take("timezone")?,
            on_sale_from: self.optional("on_sale_from")?,
            on_sale_until: self.optional("on_sale_until")?,
            price_minor: self.parse("price_minor")?,
            currency: self.take("currency")?,
            max_per_booking: self.parse("max_per_booking")?,
            url: self.optional("url")?,
            image_url: self.optional("image_url")?,
        })
    }
}
