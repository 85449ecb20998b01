//! Schemas as HTML.

use std::fmt::Write as _;

use serde_json::Value;

use super::{escape, inline, members, text};

/// Describes the form of a value in a few words, with links to the shapes it refers to.
pub(super) fn form(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escape(reference.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#shape-{name}\">{name}</a>");
    }
    for (keyword, joint) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(parts) = schema[keyword].as_array() {
            return parts.iter().map(form).collect::<Vec<_>>().join(joint);
        }
    }
    let mut words = vec![types(schema)];
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> =
            values.iter().map(|value| format!("<code>{}</code>", escape(&plain(value)))).collect();
        words.push(values.join(", "));
    }
    words.extend(schema["format"].as_str().map(escape));
    words.extend(bounds(schema));
    if !schema["default"].is_null() {
        words.push(format!("default {}", escape(&plain(&schema["default"]))));
    }
    for example in schema["examples"].as_array().into_iter().flatten() {
        words.push(format!("such as <code>{}</code>", escape(&plain(example))));
    }
    words.retain(|word| !word.is_empty());
    words.join(", ")
}

/// Describes a shape with its members.
pub(super) fn describe(schema: &Value) -> String {
    let mut html = String::new();
    if let Some(description) = schema["description"].as_str() {
        for paragraph in description.split("\n\n") {
            // Writing to a string cannot fail.
            let _ = writeln!(html, "<p>{}</p>", inline(paragraph));
        }
    }
    for keyword in ["oneOf", "allOf"] {
        for part in schema[keyword].as_array().into_iter().flatten() {
            if part["properties"].is_object() {
                html.push_str(&describe(part));
            } else {
                let _ = writeln!(html, "<p>{}</p>", form(part));
            }
        }
    }
    if schema["properties"].is_object() {
        html.push_str(&properties(schema));
    } else if schema["enum"].is_array() {
        let _ = writeln!(html, "<p>{}</p>", form(schema));
    }
    html
}

fn properties(schema: &Value) -> String {
    let is_required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name))
    };
    let rows = members(&schema["properties"]).map(|(name, property)| {
        let presence = if is_required(name) { "always" } else { "sometimes" };
        let meaning = inline(text(&property["description"]));
        let inner =
            if property["properties"].is_object() { properties(property) } else { String::new() };
        format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td>{presence}</td><td>{}</td>\
             <td>{meaning}{inner}</td></tr>\n",
            escape(name),
            form(property)
        )
    });
    let rows: String = rows.collect();
    format!(
        "<table>\n\
         <thead><tr><th>Member</th><th>There</th><th>Form</th><th>Meaning</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn types(schema: &Value) -> String {
    let name = |value: &Value| match text(value) {
        "array" => format!("array of {}", form(&schema["items"])),
        name => escape(name),
    };
    match &schema["type"] {
        Value::Array(types) => types.iter().map(name).collect::<Vec<_>>().join(" or "),
        Value::Null => String::new(),
        one => name(one),
    }
}

fn bounds(schema: &Value) -> Vec<String> {
    [
        ("minimum", "at least"),
        ("exclusiveMinimum", "more than"),
        ("maximum", "at most"),
        ("minLength", "characters: at least"),
        ("maxLength", "characters: at most"),
        ("maxItems", "items: at most"),
    ]
    .into_iter()
    .filter(|(keyword, _)| !schema[*keyword].is_null())
    .map(|(keyword, words)| format!("{words} {}", escape(&plain(&schema[keyword]))))
    .collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
