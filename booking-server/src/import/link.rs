//! Addresses of pages and pictures.

use booking_core::domain::text::WebUrl;
use serde_json::Value;

use super::json::{Object, property, values};

/// Returns the first address of a property that can be used: of a text, or of an object that names
/// one.
pub(super) fn of(object: &Object, name: &str) -> Option<String> {
    values(object, name).iter().find_map(|value| match value {
        Value::String(text) => clean(text),
        Value::Object(inner) => ["url", "contentUrl", "@id", "@value"]
            .into_iter()
            .filter_map(|name| property(inner, name).and_then(Value::as_str))
            .find_map(clean),
        _ => None,
    })
}

/// Completes an address that lacks its scheme; `None` for what is no web address.
pub(super) fn clean(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(url) = WebUrl::new(text) {
        return Some(url.as_str().to_owned());
    }
    let rest = text.trim_start_matches('/');
    let host = rest.split(['/', '?', '#']).next()?;
    let is_host = host.contains('.') && !host.contains([':', '@', ' ']);
    let is_relative = text.starts_with('/') && !text.starts_with("//");
    if !is_host || is_relative {
        return None;
    }
    WebUrl::new(&format!("https://{rest}")).ok().map(|url| url.as_str().to_owned())
}
