//! Where an event takes place.

use booking_core::domain::country::Country;
use booking_core::domain::event::LocationDraft;
use booking_core::domain::venue::GeoPoint;
use serde_json::Value;

use super::json::{Object, is_a, line, property, raw_text, text_of, values};
use super::link;
use super::text;

/// How an event says that people come to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attendance {
    Unsaid,
    InPerson,
    Online,
}

/// Reads the place; of several the first that can be used.
pub(super) fn read(
    event: &Object,
    attendance: Attendance,
    warnings: &mut Vec<String>,
) -> Result<LocationDraft, String> {
    let found = values(event, "location");
    let online = found.iter().find_map(virtual_place);
    if attendance == Attendance::Online {
        let url = online.and_then(|place| place.url).or_else(|| link::of(event, "url"));
        return Ok(LocationDraft::Online { url });
    }
    let mut fault = None;
    for place in found.iter().filter(|place| virtual_place(place).is_none()) {
        let mut notes = Vec::new();
        let read = match place {
            Value::String(text) => Address::of_text(&text::line(text)).venue(None),
            Value::Object(place) => read_place(place, &mut notes),
            _ => Err("location is neither a place nor a text".to_owned()),
        };
        match read {
            Ok(location) => {
                warnings.append(&mut notes);
                return Ok(location);
            }
            Err(reason) => fault = fault.or(Some(reason)),
        }
    }
    match online {
        Some(place) => Ok(LocationDraft::Online { url: place.url }),
        None => Err(fault.unwrap_or_else(|| "location is missing".to_owned())),
    }
}

/// A place online.
struct OnlinePlace {
    url: Option<String>,
}

fn virtual_place(place: &Value) -> Option<OnlinePlace> {
    let is_virtual = match place {
        Value::Object(place) if is_a(place, "VirtualLocation") => true,
        Value::Object(place) if property(place, "address").is_none() => {
            line(place, "name").is_some_and(|name| is_online(&name))
        }
        Value::String(text) => text.trim().starts_with("http") || is_online(text),
        _ => false,
    };
    let url = || match place {
        Value::Object(place) => link::of(place, "url"),
        Value::String(text) => link::clean(text),
        _ => None,
    };
    is_virtual.then(|| OnlinePlace { url: url() })
}

fn is_online(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "online",
        "online event",
        "virtual",
        "virtual event",
        "webinar",
        "zoom",
        "internet",
        "livestream",
    ];
    NAMES.contains(&name.trim().to_lowercase().as_str())
}

/// The parts of an address.
#[derive(Debug, Default)]
struct Address {
    name: String,
    street: Vec<String>,
    city: String,
    country: Option<Country>,
    /// The data names a country that nobody knows, such as -99.
    is_country_strange: bool,
}

fn read_place(place: &Object, notes: &mut Vec<String>) -> Result<LocationDraft, String> {
    let name = line(place, "name").unwrap_or_default();
    let mut address = match values(place, "address").first() {
        Some(Value::Object(parts)) => Address::of_parts(parts),
        Some(other) => text_of(other).map_or_else(Address::default, |text| {
            let mut address = Address::of_text(&text::line(&text));
            // The text has no name of its own: its first part is the street.
            let first = std::mem::take(&mut address.name);
            if !first.is_empty() {
                address.street.insert(0, first);
            }
            address
        }),
        // A place that is nothing but its name, or that another node of the graph describes.
        None if name.is_empty() => return Err("location has neither a name nor an address".into()),
        None => Address::of_text(&name),
    };
    if property(place, "address").is_some() || address.country.is_none() {
        address.name = name;
    }
    if address.name.eq_ignore_ascii_case(&address.city) {
        address.name.clear();
    }
    if address.is_country_strange {
        notes.push("addressCountry is no country that is known, and was left out".to_owned());
    }
    address.venue(position(place, notes))
}

impl Address {
    fn of_parts(parts: &Object) -> Self {
        let part = |name| line(parts, name).unwrap_or_default();
        let (locality, mut region) = (part("addressLocality"), part("addressRegion"));
        let mut city = locality.clone();
        if let Some((rest, state)) = locality.rsplit_once(',') {
            // "Dallas, TX": the city's own name is what people look for.
            let state = state.trim();
            if (2..=3).contains(&state.len()) && state.bytes().all(|b| b.is_ascii_uppercase()) {
                rest.trim().clone_into(&mut city);
                if region.is_empty() {
                    state.clone_into(&mut region);
                }
            }
        }
        let named = line(parts, "addressCountry");
        let mut country = named.as_deref().and_then(country_of);
        if let (None, Some((rest, last))) = (&named, locality.rsplit_once(',')) {
            country = country_by_name(last.trim());
            if country.is_some() {
                rest.trim().clone_into(&mut city);
            }
        }
        if city.is_empty() {
            city.clone_from(&region);
        }
        let street = [part("streetAddress"), part("postalCode"), region];
        let street = street.into_iter().filter(|part| !part.is_empty() && *part != city).collect();
        let is_country_strange = named.is_some() && country.is_none();
        Self { name: String::new(), street, city, country, is_country_strange }
    }

    /// Reads "Hall, Street 1, 8000 Zürich, Switzerland": the country last, the city before it.
    fn of_text(text: &str) -> Self {
        let mut parts: Vec<&str> =
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        let mut address = Self::default();
        if parts.len() > 1 {
            address.country = parts.last().and_then(|last| country_of(last));
            if address.country.is_some() {
                parts.pop();
            }
        }
        while let Some(part) = parts.pop() {
            let has_digit = |word: &&str| word.bytes().any(|byte| byte.is_ascii_digit());
            let words: Vec<&str> = part.split(' ').filter(|word| !has_digit(word)).collect();
            let is_state = words.len() == 1
                && words[0].len() == 2
                && words[0].bytes().all(|byte| byte.is_ascii_uppercase());
            if words.is_empty() || (is_state && !parts.is_empty()) {
                address.street.insert(0, part.to_owned());
                continue;
            }
            address.city = words.join(" ");
            let code: Vec<&str> = part.split(' ').filter(has_digit).collect();
            if !code.is_empty() {
                address.street.insert(0, code.join(" "));
            }
            break;
        }
        if !parts.is_empty() {
            parts.remove(0).clone_into(&mut address.name);
        }
        for part in parts.into_iter().rev() {
            address.street.insert(0, part.to_owned());
        }
        address
    }

    fn venue(self, position: Option<GeoPoint>) -> Result<LocationDraft, String> {
        let city = match self.country {
            Some(country) if self.city.is_empty() && is_city_state(country) => {
                country.name().to_owned()
            }
            None if self.city.is_empty() => {
                return Err("location names neither city nor country".to_owned());
            }
            _ => self.city,
        };
        Ok(LocationDraft::Venue {
            name: self.name,
            address: self.street.join(", "),
            city,
            country: self.country.map_or("", Country::code).to_owned(),
            latitude: position.map(GeoPoint::latitude),
            longitude: position.map(GeoPoint::longitude),
        })
    }
}

fn is_city_state(country: Country) -> bool {
    matches!(country.code(), "SG" | "HK" | "MO" | "MC" | "GI")
}

/// Names of countries that are common in data and in no list of English names; without a full stop
/// at the end.
const OTHER_NAMES: [(&str, &str); 25] = [
    ("uk", "GB"),
    ("u.k", "GB"),
    ("wales", "GB"),
    ("u.s", "US"),
    ("u.s.a", "US"),
    ("uae", "AE"),
    ("u.a.e", "AE"),
    ("korea", "KR"),
    ("côte d'ivoire", "CI"),
    ("bosnia & herzegovina", "BA"),
    ("deutschland", "DE"),
    ("schweiz", "CH"),
    ("suisse", "CH"),
    ("svizzera", "CH"),
    ("österreich", "AT"),
    ("españa", "ES"),
    ("italia", "IT"),
    ("nederland", "NL"),
    ("belgië", "BE"),
    ("belgique", "BE"),
    ("polska", "PL"),
    ("brasil", "BR"),
    ("méxico", "MX"),
    ("日本", "JP"),
    ("中国", "CN"),
];

fn country_of(text: &str) -> Option<Country> {
    let name = text.trim().trim_end_matches('.').to_lowercase();
    if name.is_empty() || name.len() > 100 {
        return None;
    }
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == name);
    match other {
        Some((_, code)) => Country::new(code).ok(),
        None => Country::parse_loosely(text.trim()).ok(),
    }
}

/// Like [`country_of`], without codes: "Paris, CA" is not in Canada.
fn country_by_name(text: &str) -> Option<Country> {
    (text.chars().count() > 3 || !text.is_ascii()).then(|| country_of(text)).flatten()
}

fn position(place: &Object, notes: &mut Vec<String>) -> Option<GeoPoint> {
    let geo = values(place, "geo").iter().find_map(Value::as_object).unwrap_or(place);
    let (latitude, longitude) = (raw_text(geo, "latitude"), raw_text(geo, "longitude"));
    if latitude.is_none() && longitude.is_none() {
        return None;
    }
    let degrees = |text: Option<String>| text?.trim().replace(',', ".").parse::<f64>().ok();
    let point = match (degrees(latitude), degrees(longitude)) {
        // What programs write when they do not know.
        (Some(latitude), Some(longitude)) if latitude.abs() + longitude.abs() < 1e-9 => None,
        (Some(latitude), Some(longitude)) => GeoPoint::new(latitude, longitude).ok(),
        _ => None,
    };
    if point.is_none() {
        notes.push("geo is not a point on the globe, and was left out".to_owned());
    }
    point
}
