//! A validator for the JSON schemas of our own documents.
//!
//! It knows the keywords that they use and panics at any other, so that nothing passes unchecked.
//! It is stricter than JSON Schema: a member that is not described is an error, because clients
//! cannot rely on what the contract does not say.

use std::collections::BTreeSet;

use serde_json::Value;

const ANNOTATIONS: [&str; 4] = ["description", "examples", "example", "default"];

/// Validates values against the schemas of one document.
pub(crate) struct Schemas<'d> {
    document: &'d Value,
}

impl<'d> Schemas<'d> {
    pub(crate) fn of(document: &'d Value) -> Self {
        Self { document }
    }

    /// Lists everything that is wrong with `value`.
    pub(crate) fn errors(&self, value: &Value, schema: &Value) -> Vec<String> {
        let mut errors = Vec::new();
        self.check(value, schema, "", &mut errors);
        self.check_members(value, schema, "", &mut errors);
        errors
    }

    pub(crate) fn resolve<'s>(&self, schema: &'s Value) -> &'s Value
    where
        'd: 's,
    {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return schema };
        let pointer = reference.strip_prefix('#').expect("references stay in the document");
        let target = self.document.pointer(pointer);
        target.unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    fn check(&self, value: &Value, schema: &Value, at: &str, errors: &mut Vec<String>) {
        let rules = schema.as_object().expect("a schema is an object");
        for (keyword, rule) in rules {
            match keyword.as_str() {
                "$ref" => self.check(value, self.resolve(schema), at, errors),
                "allOf" => {
                    for part in items(rule) {
                        self.check(value, part, at, errors);
                    }
                }
                "oneOf" => self.check_one_of(value, rule, at, errors),
                "properties" => self.check_properties(value, rule, at, errors),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        let at = format!("{at}/{index}");
                        self.check(item, rule, &at, errors);
                        self.check_members(item, rule, &at, errors);
                    }
                }
                "required" => {
                    for name in items(rule).iter().filter_map(Value::as_str) {
                        if value.is_object() && value.get(name).is_none() {
                            errors.push(format!("{at}/{name} is missing"));
                        }
                    }
                }
                // Checked by `check_members`, whether or not it is there.
                "additionalProperties" => {}
                keyword if ANNOTATIONS.contains(&keyword) => {}
                keyword => {
                    if !holds(keyword, rule, value) {
                        errors.push(format!("{at} breaks {keyword} {rule}: {value}"));
                    }
                }
            }
        }
    }

    fn check_one_of(&self, value: &Value, rule: &Value, at: &str, errors: &mut Vec<String>) {
        let outcomes: Vec<_> = items(rule).iter().map(|part| self.errors(value, part)).collect();
        let matching = outcomes.iter().filter(|errors| errors.is_empty()).count();
        if matching != 1 {
            errors.push(format!("{at} matches {matching} of {}: {outcomes:?}", outcomes.len()));
        }
    }

    fn check_properties(&self, value: &Value, rule: &Value, at: &str, errors: &mut Vec<String>) {
        for (name, schema) in rule.as_object().into_iter().flatten() {
            if let Some(member) = value.get(name) {
                let at = format!("{at}/{name}");
                self.check(member, schema, &at, errors);
                self.check_members(member, schema, &at, errors);
            }
        }
    }

    fn check_members(&self, value: &Value, schema: &Value, at: &str, errors: &mut Vec<String>) {
        let Some(known) = self.members(schema) else { return };
        for name in value.as_object().into_iter().flatten().map(|(name, _)| name) {
            if !known.contains(name.as_str()) {
                errors.push(format!("{at}/{name} is not described"));
            }
        }
    }

    /// Names the members that an object may have; `None` if each alternative has its own.
    fn members<'s>(&self, schema: &'s Value) -> Option<BTreeSet<&'s str>>
    where
        'd: 's,
    {
        let schema = self.resolve(schema);
        if schema.get("oneOf").is_some() {
            return None;
        }
        let own = schema.get("properties").and_then(Value::as_object);
        let mut names: BTreeSet<_> = own.into_iter().flatten().map(|(name, _)| &**name).collect();
        for part in schema.get("allOf").map_or(&[][..], items) {
            names.extend(self.members(part)?);
        }
        Some(names)
    }
}

/// Checks the keywords that look at nothing but the value itself.
fn holds(keyword: &str, rule: &Value, value: &Value) -> bool {
    let number = |compare: fn(f64, f64) -> bool| {
        value.as_f64().is_none_or(|value| compare(value, rule.as_f64().unwrap()))
    };
    let length = |compare: fn(usize, usize) -> bool| {
        let bound = usize::try_from(rule.as_u64().unwrap()).unwrap();
        value.as_str().is_none_or(|text| compare(text.chars().count(), bound))
    };
    match keyword {
        "type" => match rule {
            Value::Array(types) => types.iter().any(|name| has_type(value, name)),
            name => has_type(value, name),
        },
        "enum" => items(rule).contains(value),
        "format" => value.as_str().is_none_or(|text| has_format(text, rule.as_str().unwrap())),
        "minimum" => number(|value, bound| value >= bound),
        "maximum" => number(|value, bound| value <= bound),
        "minLength" => length(|length, bound| length >= bound),
        "maxLength" => length(|length, bound| length <= bound),
        keyword => panic!("the validator does not know {keyword}"),
    }
}

fn has_type(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        name => panic!("the validator does not know the type {name}"),
    }
}

fn has_format(text: &str, format: &str) -> bool {
    match format {
        "uuid" => booking_server::http::value::uuid(text).is_some(),
        // The contract says `Z`, not any offset.
        "date-time" => text.ends_with('Z') && booking_server::http::value::instant(text).is_some(),
        "uri" => url::Url::parse(text).is_ok(),
        "email" => text.contains('@'),
        format => panic!("the validator does not know the format {format}"),
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().expect("the keyword takes a list")
}

#[test]
fn the_validator_finds_what_is_wrong() {
    use serde_json::json;
    let document = json!({"components": {"schemas": {"Base": {
        "type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]
    }}}});
    let schemas = Schemas::of(&document);
    let base = json!({"$ref": "#/components/schemas/Base"});
    let both = json!({"allOf": [base, {"properties": {"b": {"enum": ["x"]}}, "required": ["b"]}]});
    let either = json!({"oneOf": [base, {"type": "string", "format": "date-time"}]});
    assert!(schemas.errors(&json!({"a": 1}), &base).is_empty());
    assert!(schemas.errors(&json!({"a": 1, "b": "x"}), &both).is_empty());
    assert!(schemas.errors(&json!("2027-01-01T00:00:00Z"), &either).is_empty());
    for (value, schema) in [
        (json!({}), &base),
        (json!({"a": 0}), &base),
        (json!({"a": "1"}), &base),
        (json!({"a": 1, "c": 1}), &base),
        (json!({"a": 1, "b": "y"}), &both),
        (json!({"a": 1}), &both),
        (json!({"a": 1, "b": "x", "c": 1}), &both),
        (json!("2027-01-01T00:00:00+01:00"), &either),
        (json!({"a": 1, "c": 1}), &either),
    ] {
        assert!(!schemas.errors(&value, schema).is_empty(), "{value}");
    }
}
