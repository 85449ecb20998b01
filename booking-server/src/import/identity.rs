//! The name under which an event is known, so that importing it again updates it.

use booking_core::domain::booking::Fingerprint;
use booking_core::domain::event::LocationDraft;
use booking_core::domain::payment::ForeignId;
use serde_json::Value;

use super::json::{Object, raw_text, text_of, values};

/// What tells an event from others.
pub(super) struct Features<'a> {
    /// The object itself.
    pub(super) event: &'a Object,
    /// Its name.
    pub(super) title: &'a str,
    /// Its page.
    pub(super) url: Option<&'a str>,
    /// Its start as the data says it.
    pub(super) start_key: &'a str,
    /// Its place.
    pub(super) location: &'a LocationDraft,
}

/// The name of an event, and what must not differ between two records of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// What the event is stored under.
    pub(super) source: ForeignId,
    /// The source in short.
    pub(super) source_hash: u128,
    /// The start in short: two occurrences of one event may bear the same `@id`.
    pub(super) start_hash: u64,
}

/// Makes the name: of the `@id`, else of an identifier, else of page, title, start and place
/// together. The page alone says too little, because a conference keeps it from year to year.
pub(super) fn of(features: &Features<'_>) -> Identity {
    let page = features.url.map(page_key).unwrap_or_default();
    let fingerprint = if let Some(id) = node_id(features.event) {
        Fingerprint::of(&[b"@id", id.as_bytes()])
    } else if let Some(identifier) = identifier(features.event) {
        // Numbers are unique on their own site only.
        let scope = if is_global(&identifier) {
            String::new()
        } else if page.is_empty() {
            features.title.to_lowercase()
        } else {
            page.split('/').next().unwrap_or_default().to_owned()
        };
        Fingerprint::of(&[b"identifier", scope.as_bytes(), identifier.as_bytes()])
    } else {
        let title = features.title.to_lowercase();
        let place = place_key(features.location);
        let parts = [&page, &title, features.start_key, &place];
        let mut bytes: Vec<&[u8]> = vec![b"features"];
        bytes.extend(parts.iter().map(|part| part.as_bytes()));
        Fingerprint::of(&bytes)
    };
    let hash = fingerprint.as_bytes();
    let mut source = "schema.org:".to_owned();
    for byte in hash {
        for digit in [byte >> 4, byte & 0xf] {
            source.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    let start = Fingerprint::of(&[features.start_key.as_bytes()]);
    Identity {
        source: ForeignId::new(source).expect("hexadecimal digits are ASCII"),
        source_hash: u128::from_be_bytes(prefix(hash)),
        start_hash: u64::from_be_bytes(prefix(start.as_bytes())),
    }
}

fn prefix<const N: usize>(hash: &[u8; 32]) -> [u8; N] {
    *hash.first_chunk().expect("no prefix is longer than the hash")
}

/// Returns the `@id`, unless it is a blank node's, which means nothing outside its own document.
fn node_id(event: &Object) -> Option<String> {
    let id = event.get("@id").and_then(Value::as_str)?.trim();
    (!id.is_empty() && !id.starts_with("_:") && !id.starts_with('#')).then(|| id.to_owned())
}

/// Returns an identifier, with the name of its scheme if it has one.
fn identifier(event: &Object) -> Option<String> {
    values(event, "identifier").iter().find_map(|value| match value {
        Value::Object(pair) => {
            let value = raw_text(pair, "value")?;
            let scheme = raw_text(pair, "propertyID").unwrap_or_default();
            Some(format!("{}\n{}", scheme.trim(), value.trim()))
        }
        other => text_of(other).map(|text| text.trim().to_owned()),
    })
}

fn is_global(identifier: &str) -> bool {
    let is_uuid = identifier.len() == 36 && uuid::Uuid::try_parse(identifier).is_ok();
    is_uuid || identifier.starts_with("urn:") || identifier.contains("://")
}

/// Leaves out of an address what changes without the page changing.
fn page_key(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or(rest);
    rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('/').to_owned()
}

fn place_key(location: &LocationDraft) -> String {
    match location {
        LocationDraft::Online { .. } => "online".to_owned(),
        LocationDraft::Venue { name, city, country, .. } => {
            format!("{country}\n{city}\n{name}").to_lowercase()
        }
    }
}
