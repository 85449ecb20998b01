//! From one object of the data to one event.

use booking_core::domain::event::{EventDetails, EventDraft, LocationDraft, Violation};
use booking_core::domain::quantity::Capacity;
use serde_json::Value;

use super::identity::{self, Features, Identity};
use super::json::{Object, line, local_name, objects, property, raw_text, text_of, values};
use super::offers::Sale;
use super::place::Attendance;
use super::when::When;
use super::{ImportOptions, kind, link, offers, place, text, when};

/// The longest description that an event may have, in characters.
const MAX_DESCRIPTION: usize = 20_000;
const MAX_TAGS: usize = 30;
const MAX_TAG: usize = 60;

/// What a record is.
#[derive(Debug)]
pub(super) enum Verdict {
    /// An event.
    Event(Box<Mapped>),
    /// Something that is not to be imported, for this reason.
    Skipped(String),
    /// An event that cannot be imported, for these reasons.
    Rejected(Vec<String>),
}

/// An event, and what was made up for it.
#[derive(Debug)]
pub(super) struct Mapped {
    pub(super) details: EventDetails,
    pub(super) capacity: Capacity,
    pub(super) identity: Identity,
    pub(super) guessed: Guessed,
    pub(super) warnings: Vec<String>,
}

/// What the data did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "six independent facts, each counted by name")]
pub(super) struct Guessed {
    pub(super) capacity: bool,
    pub(super) price: bool,
    pub(super) currency: bool,
    pub(super) timezone: bool,
    pub(super) end: bool,
    pub(super) max_per_booking: bool,
}

/// Reads the text of a record, which begins at `first_line` of its file.
pub(super) fn read(json: &[u8], first_line: u64, options: &ImportOptions) -> Verdict {
    match serde_json::from_slice(json) {
        Ok(Value::Object(object)) => {
            let object = unwrap_item(&object);
            map(object, options)
        }
        Ok(_) => Verdict::Rejected(vec!["is not a JSON object".to_owned()]),
        Err(error) => {
            let line = first_line + u64::try_from(error.line()).unwrap_or(1).saturating_sub(1);
            let full = error.to_string();
            let what = full.split(" at line ").next().unwrap_or(&full);
            let column = error.column();
            Verdict::Rejected(vec![format!(
                "is not valid JSON: {what} (line {line}, byte {column} of it)"
            )])
        }
    }
}

/// Looks through the `ListItem` or `DataFeedItem` around an event, and through a graph of one.
fn unwrap_item(object: &Object) -> &Object {
    let inner = ["item", "@graph"].into_iter().find_map(|name| objects(object, name).next());
    match inner {
        Some(inner) if kind::category(object).is_none() => inner,
        _ => object,
    }
}

fn map(event: &Object, options: &ImportOptions) -> Verdict {
    let Some(category) = kind::category(event) else {
        return if event.contains_key("@type") || event.contains_key("type") {
            Verdict::Skipped("is not an event".to_owned())
        } else {
            Verdict::Rejected(vec!["has no @type".to_owned()])
        };
    };
    let attendance = match status(event) {
        Status::Skip(reason) => return Verdict::Skipped(reason.to_owned()),
        Status::MovedOnline => Attendance::Online,
        Status::Scheduled => attendance(event),
    };
    let mut wrong = Vec::new();
    let mut warnings = Vec::new();
    let when = when::read(event, &options.timezone).map_err(|reason| wrong.push(reason)).ok();
    let location = place::read(event, attendance, &mut warnings);
    let location = location.map_err(|reason| wrong.push(reason)).ok();
    let rules = when.as_ref().map_or(&options.timezone, |when| &when.timezone).rules();
    let sale = offers::read(event, options.price.currency(), &rules, &mut wrong);
    if sale.is_sold_out || sale.capacity.is_some_and(|capacity| capacity <= 0) {
        return Verdict::Skipped("is sold out".to_owned());
    }
    let title = line(event, "name").unwrap_or_default();
    if title.is_empty() {
        wrong.push("name is missing".to_owned());
    }
    let capacity = sale.capacity.map_or(Ok(options.capacity), |capacity| {
        Capacity::new(u32::try_from(capacity).unwrap_or(u32::MAX))
    });
    let capacity = capacity.map_err(|reason| wrong.push(format!("the capacity {reason}"))).ok();
    match (when, location, capacity) {
        (Some(when), Some(location), Some(capacity)) if wrong.is_empty() => {
            let parts = Parts { event, category, title, when, location, sale, capacity };
            assemble(parts, options, warnings)
        }
        _ => Verdict::Rejected(wrong),
    }
}

/// What was read of an event.
struct Parts<'a> {
    event: &'a Object,
    category: &'static str,
    title: String,
    when: When,
    location: LocationDraft,
    sale: Sale,
    capacity: Capacity,
}

fn assemble(parts: Parts<'_>, options: &ImportOptions, mut warnings: Vec<String>) -> Verdict {
    let Parts { event, category, title, when, location, sale, capacity } = parts;
    let guessed = Guessed {
        capacity: sale.capacity.is_none(),
        price: sale.price.is_none(),
        currency: sale.price.is_none() || sale.is_currency_guessed,
        timezone: when.is_zone_guessed,
        end: when.is_end_guessed,
        max_per_booking: sale.max_per_booking.is_none(),
    };
    let url = address(event, "url", &mut warnings);
    let identity = identity::of(&Features {
        event,
        title: &title,
        url: url.as_deref(),
        start_key: &when.start_key,
        location: &location,
    });
    let price = sale.price.unwrap_or(options.price);
    let draft = EventDraft {
        description: description(event, &mut warnings),
        category: category.to_owned(),
        tags: tags(event, &mut warnings),
        location: fitting(location),
        starts_at: when.starts_at,
        ends_at: when.ends_at,
        all_day: when.all_day,
        timezone: when.timezone.as_str().to_owned(),
        on_sale_from: sale.on_sale_from,
        on_sale_until: sale.on_sale_until,
        price_minor: price.amount_minor(),
        currency: price.currency().code().to_owned(),
        max_per_booking: sale.max_per_booking.unwrap_or(options.max_per_booking.get()),
        image_url: address(event, "image", &mut warnings),
        url,
        title,
    };
    match EventDetails::check(draft) {
        Ok(details) => {
            Verdict::Event(Box::new(Mapped { details, capacity, identity, guessed, warnings }))
        }
        Err(violations) => Verdict::Rejected(violations.iter().map(in_words_of_the_data).collect()),
    }
}

enum Status {
    Scheduled,
    MovedOnline,
    Skip(&'static str),
}

fn status(event: &Object) -> Status {
    for value in values(event, "eventStatus") {
        let said = text_of(value).unwrap_or_default();
        match local_name(&said) {
            "EventCancelled" | "EventCanceled" => return Status::Skip("is cancelled"),
            "EventPostponed" => return Status::Skip("is postponed, with no new date yet"),
            "EventMovedOnline" => return Status::MovedOnline,
            _ => {}
        }
    }
    Status::Scheduled
}

fn attendance(event: &Object) -> Attendance {
    let modes: Vec<String> =
        values(event, "eventAttendanceMode").iter().filter_map(text_of).collect();
    let says = |modes: &[String], names: [&str; 2]| {
        modes.iter().any(|mode| names.contains(&local_name(mode)))
    };
    if says(&modes, ["MixedEventAttendanceMode", "OfflineEventAttendanceMode"])
        || says(&modes, ["mixed", "offline"])
    {
        Attendance::InPerson
    } else if says(&modes, ["OnlineEventAttendanceMode", "online"]) {
        Attendance::Online
    } else {
        Attendance::Unsaid
    }
}

fn description(event: &Object, warnings: &mut Vec<String>) -> String {
    let raw = ["description", "abstract", "disambiguatingDescription"]
        .into_iter()
        .find_map(|name| raw_text(event, name));
    let mut plain = text::block(&raw.unwrap_or_default());
    if text::truncate(&mut plain, MAX_DESCRIPTION) {
        warnings.push(format!("description was cut after {MAX_DESCRIPTION} characters"));
    }
    plain
}

fn tags(event: &Object, warnings: &mut Vec<String>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let mut dropped = 0_usize;
    for value in values(event, "keywords") {
        let said = match value {
            Value::Object(term) => raw_text(term, "name").or_else(|| raw_text(term, "termCode")),
            other => text_of(other),
        };
        for tag in said.unwrap_or_default().split([',', ';', '\n']) {
            let tag = text::line(tag).to_lowercase();
            let tag = tag.trim_start_matches('#').trim();
            if tag.is_empty() || tags.iter().any(|known| known == tag) {
                continue;
            }
            if tags.len() < MAX_TAGS && tag.chars().count() <= MAX_TAG {
                tags.push(tag.to_owned());
            } else {
                dropped += 1;
            }
        }
    }
    if dropped > 0 {
        warnings.push(format!("{dropped} keywords were left out: too long, or too many"));
    }
    tags
}

fn address(event: &Object, name: &str, warnings: &mut Vec<String>) -> Option<String> {
    let found = link::of(event, name);
    if found.is_none() && property(event, name).is_some() {
        warnings.push(format!("{name} is not a web address, and was left out"));
    }
    found
}

/// Shortens what is only for show; a city that is too long is wrong.
fn fitting(mut location: LocationDraft) -> LocationDraft {
    if let LocationDraft::Venue { name, address, .. } = &mut location {
        text::truncate(name, 200);
        text::truncate(address, 500);
    }
    location
}

fn in_words_of_the_data(violation: &Violation) -> String {
    let name = match violation.pointer.as_str() {
        "/title" => "name",
        "/venue/city" => "addressLocality",
        "/venue/country" => "addressCountry",
        "/venue/latitude" | "/venue/longitude" => "geo",
        "/venue/url" => "location.url",
        "/ends_at" => "endDate",
        "/on_sale_until" => "offers: the end of the sale",
        "/price/amount" => "offers: price",
        "/price/currency" => "offers: priceCurrency",
        "/max_per_booking" => "offers: eligibleQuantity",
        "/image_url" => "image",
        other => other.trim_start_matches('/'),
    };
    // The domain's own name of the other end means nothing to whoever wrote the data.
    let reason = violation.reason.reason();
    let reason = reason.replace("starts_at", "startDate").replace("on_sale_from", "its beginning");
    format!("{name} {reason}")
}
