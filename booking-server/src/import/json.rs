//! Reading JSON-LD as it is: one value or a list of them, text or an object that holds it.

use serde_json::{Map, Value};

use super::text;

/// An object of the data.
pub(super) type Object = Map<String, Value>;

const PREFIXES: [&str; 4] = ["", "schema:", "https://schema.org/", "http://schema.org/"];

/// Drops the vocabulary in front of a name: `https://schema.org/MusicEvent` is `MusicEvent`.
pub(super) fn local_name(name: &str) -> &str {
    let name = name.trim();
    PREFIXES[1..].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// Returns a property that has a value: neither `null` nor an empty text nor an empty list.
pub(super) fn property<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    let value = object.get(name).or_else(|| {
        PREFIXES[1..].iter().find_map(|prefix| object.get(&format!("{prefix}{name}")))
    })?;
    match value {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::Array(items) if items.is_empty() => None,
        _ => Some(value),
    }
}

/// Returns the values of a property, whether it is a list or a single one.
pub(super) fn values<'a>(object: &'a Object, name: &str) -> &'a [Value] {
    match property(object, name) {
        None => &[],
        Some(Value::Array(items)) => items,
        Some(single) => std::slice::from_ref(single),
    }
}

/// Returns the objects among the values of a property.
pub(super) fn objects<'a>(object: &'a Object, name: &str) -> impl Iterator<Item = &'a Object> {
    values(object, name).iter().filter_map(Value::as_object)
}

/// Returns the text of a value: of a text, a number, or an object that wraps one.
pub(super) fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => return items.iter().find_map(text_of),
        Value::Object(object) => {
            let inner = ["@value", "name", "value", "@id"]
                .into_iter()
                .filter_map(|name| property(object, name))
                .find(|inner| !inner.is_object() && !inner.is_array())?;
            return text_of(inner);
        }
        Value::Null | Value::Bool(_) => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// Returns the text of a property, as it stands.
pub(super) fn raw_text(object: &Object, name: &str) -> Option<String> {
    property(object, name).and_then(text_of)
}

/// Returns the text of a property as one line, entities decoded.
pub(super) fn line(object: &Object, name: &str) -> Option<String> {
    raw_text(object, name).map(|raw| text::line(&raw)).filter(|line| !line.is_empty())
}

/// Returns the names of an object's types, without vocabulary.
pub(super) fn types(object: &Object) -> impl Iterator<Item = &str> {
    let key = if object.contains_key("@type") { "@type" } else { "type" };
    values(object, key).iter().filter_map(Value::as_str).map(local_name)
}

/// Tells whether an object is of a type.
pub(super) fn is_a(object: &Object, name: &str) -> bool {
    types(object).any(|found| found == name)
}

/// Returns a whole number: of a number, a text, or a `QuantitativeValue`.
pub(super) fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let text = number.to_string();
            text.strip_suffix(".0")?.parse().ok()
        }),
        Value::String(text) => text.trim().parse().ok(),
        Value::Object(object) => {
            let inner = property(object, "value").or_else(|| property(object, "@value"))?;
            if inner.is_object() { None } else { whole_number(inner) }
        }
        Value::Array(items) => items.first().filter(|item| !item.is_array()).and_then(whole_number),
        Value::Null | Value::Bool(_) => None,
    }
}
