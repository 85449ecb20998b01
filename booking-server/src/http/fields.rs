//! Reading a JSON object field by field, so that every offending field is named at once.

use std::fmt::Display;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::problem::{FieldError, Problem};
use super::value;

/// Errors of one request, in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct FieldErrors {
    list: Vec<FieldError>,
}

impl FieldErrors {
    /// Beyond this, more errors help nobody; a body made of unknown fields would be sent back.
    const MAX: usize = 50;

    /// A pointer is cut after so many characters: names are as long as whoever sends them likes.
    const MAX_POINTER_CHARS: usize = 256;

    pub(crate) fn push(&mut self, mut pointer: String, detail: impl Into<String>) {
        if self.is_full() {
            return;
        }
        if let Some((end, _)) = pointer.char_indices().nth(Self::MAX_POINTER_CHARS) {
            pointer.truncate(end);
            // Half of an escape would be none.
            if pointer.ends_with('~') {
                pointer.pop();
            }
            pointer.push('…');
        }
        self.list.push(FieldError { pointer, detail: detail.into() });
    }

    /// Tells whether more errors are not kept.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= Self::MAX
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Ends the reading: the value if there was no error, else the 422.
    pub(crate) fn conclude<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            _ if !self.list.is_empty() => Err(Problem::invalid(self.list)),
            Some(value) => Ok(value),
            None => {
                tracing::error!("a reader of fields gave no value and named no error");
                Err(Problem::internal())
            }
        }
    }
}

/// Whether a field was sent, which matters where leaving out and emptying differ (PATCH).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The field was not sent.
    Absent,
    /// The field was sent as `null`.
    Null,
    /// The field has a value, be it valid or not.
    Given,
}

/// Takes fields out of a JSON object.
///
/// Every method takes its field, notes what is wrong with it, and returns `None` if there is
/// nothing to work with. Read all fields first and combine them last, so that nothing is missed.
/// An optional field that is `null` counts as absent. Fields that nobody asked for are errors.
///
/// # Example
///
/// ```
/// use booking_server::http::fields::read_value;
///
/// let body = serde_json::json!({"quantity": "2", "customer": {"nmae": "Ann"}});
/// let problem = read_value(body, |body| {
///     let quantity = body.required_integer("quantity");
///     let name = body.required_object("customer", |customer| customer.required_string("name"));
///     Some((quantity?, name?))
/// })
/// .unwrap_err();
/// let pointers: Vec<_> = problem.errors().iter().map(|error| &*error.pointer).collect();
/// assert_eq!(pointers, ["/quantity", "/customer/name", "/customer/nmae"]);
/// ```
#[derive(Debug)]
pub struct ObjectReader<'e> {
    fields: Map<String, Value>,
    pointer: String,
    errors: &'e mut FieldErrors,
    allows_unknown: bool,
}

/// Reads `value`, which must be an object, with `read`.
///
/// # Errors
/// - `invalid-request` with every field that is wrong, missing or unknown.
pub fn read_value<T>(
    value: Value,
    read: impl FnOnce(&mut ObjectReader<'_>) -> Option<T>,
) -> Result<T, Problem> {
    let mut errors = FieldErrors::default();
    let read_value = ObjectReader::run(value, String::new(), &mut errors, read);
    errors.conclude(read_value)
}

impl ObjectReader<'_> {
    fn run<T>(
        value: Value,
        pointer: String,
        errors: &mut FieldErrors,
        read: impl FnOnce(&mut ObjectReader<'_>) -> Option<T>,
    ) -> Option<T> {
        let Value::Object(fields) = value else {
            errors.push(pointer, "must be an object");
            return None;
        };
        let mut reader = ObjectReader { fields, pointer, errors, allows_unknown: false };
        let result = read(&mut reader);
        reader.refuse_unknown();
        result
    }

    /// Lets fields pass that nobody asks for: for senders that may add some, such as gateways.
    pub fn allow_unknown(&mut self) {
        self.allows_unknown = true;
    }

    /// Tells whether a field that is not taken yet was sent.
    pub fn presence(&self, name: &str) -> Presence {
        match self.fields.get(name) {
            None => Presence::Absent,
            Some(Value::Null) => Presence::Null,
            Some(_) => Presence::Given,
        }
    }

    /// Notes that `name` is wrong.
    pub fn error(&mut self, name: &str, detail: impl Into<String>) {
        let pointer = self.pointer_to(name);
        self.errors.push(pointer, detail);
    }

    /// Notes that what stands at `pointer`, seen from this object, is wrong.
    ///
    /// It is for checks of the whole that name fields deep within, such as `/venue/country`.
    pub fn error_at(&mut self, pointer: &str, detail: impl Into<String>) {
        let pointer = format!("{}{pointer}", self.pointer);
        self.errors.push(pointer, detail);
    }

    /// Converts what was read, and notes the conversion's error under `name`.
    ///
    /// The error's text is shown to the caller: it is for errors of domain constructors.
    pub fn convert<V, T, E: Display>(
        &mut self,
        name: &str,
        value: Option<V>,
        convert: impl FnOnce(V) -> Result<T, E>,
    ) -> Option<T> {
        convert(value?).map_err(|error| self.error(name, error.to_string())).ok()
    }

    /// Takes a string.
    pub fn required_string(&mut self, name: &str) -> Option<String> {
        self.required(name, string)
    }

    /// Takes a string if it is there.
    pub fn optional_string(&mut self, name: &str) -> Option<String> {
        self.optional(name, string)
    }

    /// Takes a whole number. `2.0` is one; `"2"`, `2.5` and what does not fit 64 bits
    /// are errors.
    pub fn required_integer(&mut self, name: &str) -> Option<i64> {
        self.required(name, integer)
    }

    /// Takes a whole number if it is there.
    pub fn optional_integer(&mut self, name: &str) -> Option<i64> {
        self.optional(name, integer)
    }

    /// Takes a number, such as a latitude.
    pub fn required_number(&mut self, name: &str) -> Option<f64> {
        self.required(name, number)
    }

    /// Takes a number if it is there.
    pub fn optional_number(&mut self, name: &str) -> Option<f64> {
        self.optional(name, number)
    }

    /// Takes `true` or `false`.
    pub fn required_boolean(&mut self, name: &str) -> Option<bool> {
        self.required(name, boolean)
    }

    /// Takes `true` or `false` if it is there.
    pub fn optional_boolean(&mut self, name: &str) -> Option<bool> {
        self.optional(name, boolean)
    }

    /// Takes a UUID in its hyphenated form.
    pub fn required_uuid(&mut self, name: &str) -> Option<Uuid> {
        self.required(name, uuid)
    }

    /// Takes a UUID if it is there.
    pub fn optional_uuid(&mut self, name: &str) -> Option<Uuid> {
        self.optional(name, uuid)
    }

    /// Takes an RFC 3339 instant.
    pub fn required_instant(&mut self, name: &str) -> Option<jiff::Timestamp> {
        self.required(name, instant)
    }

    /// Takes an RFC 3339 instant if it is there.
    pub fn optional_instant(&mut self, name: &str) -> Option<jiff::Timestamp> {
        self.optional(name, instant)
    }

    /// Takes an array of strings. Errors name the element: `/tags/3`.
    pub fn required_strings(&mut self, name: &str) -> Option<Vec<String>> {
        let value = self.required_value(name)?;
        self.strings(name, value)
    }

    /// Takes an array of strings if it is there.
    pub fn optional_strings(&mut self, name: &str) -> Option<Vec<String>> {
        let value = self.optional_value(name)?;
        self.strings(name, value)
    }

    /// Takes an object and reads it with `read`.
    pub fn required_object<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut ObjectReader<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.required_value(name)?;
        ObjectReader::run(value, self.pointer_to(name), self.errors, read)
    }

    /// Takes an object if it is there, and reads it with `read`.
    pub fn optional_object<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut ObjectReader<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.optional_value(name)?;
        ObjectReader::run(value, self.pointer_to(name), self.errors, read)
    }

    fn required<T>(&mut self, name: &str, read: Read<T>) -> Option<T> {
        let value = self.required_value(name)?;
        read(&value).map_err(|detail| self.error(name, detail)).ok()
    }

    fn optional<T>(&mut self, name: &str, read: Read<T>) -> Option<T> {
        let value = self.optional_value(name)?;
        read(&value).map_err(|detail| self.error(name, detail)).ok()
    }

    fn required_value(&mut self, name: &str) -> Option<Value> {
        let value = self.fields.remove(name);
        if value.is_none() {
            self.error(name, "is required");
        }
        value
    }

    fn optional_value(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    fn strings(&mut self, name: &str, value: Value) -> Option<Vec<String>> {
        let Value::Array(elements) = value else {
            self.error(name, "must be an array of strings");
            return None;
        };
        let count = elements.len();
        let mut strings = Vec::with_capacity(count);
        for (index, element) in elements.iter().enumerate() {
            match string(element) {
                Ok(element) => strings.push(element),
                Err(detail) => {
                    let pointer = format!("{}/{index}", self.pointer_to(name));
                    self.errors.push(pointer, detail);
                }
            }
        }
        (strings.len() == count).then_some(strings)
    }

    fn refuse_unknown(&mut self) {
        if self.allows_unknown {
            return;
        }
        for name in std::mem::take(&mut self.fields).into_iter().map(|(name, _)| name) {
            self.error(&name, "is not a field of this object");
        }
    }

    fn pointer_to(&self, name: &str) -> String {
        pointer_to(&self.pointer, name)
    }
}

/// Points at a member of what `pointer` points at. RFC 6901, 3: `~` and `/` are escaped, in that order.
pub(super) fn pointer_to(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

type Read<T> = fn(&Value) -> Result<T, &'static str>;

/// What is said of a text with U+0000, which PostgreSQL cannot store in a `text` column.
pub(crate) const NO_NUL: &str = "must not contain the character U+0000";

fn string(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) if text.contains('\0') => Err(NO_NUL),
        Value::String(text) => Ok(text.clone()),
        _ => Err("must be a string"),
    }
}

fn integer(value: &Value) -> Result<i64, &'static str> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().and_then(whole))
            .ok_or("must be a whole number that fits 64 bits"),
        _ => Err("must be a whole number"),
    }
}

/// JSON has one kind of numbers: `2.0` and `2e0` are the integer 2. Past 53 bits a float stands for
/// several integers, so it is none.
fn whole(number: f64) -> Option<i64> {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    if number.fract() != 0.0 || number.abs() > LARGEST {
        return None;
    }
    // It prints as digits without a point.
    format!("{number:.0}").parse().ok()
}

fn number(value: &Value) -> Result<f64, &'static str> {
    value.as_f64().filter(|number| number.is_finite()).ok_or("must be a number")
}

fn boolean(value: &Value) -> Result<bool, &'static str> {
    value.as_bool().ok_or("must be true or false")
}

fn uuid(value: &Value) -> Result<Uuid, &'static str> {
    value.as_str().and_then(value::uuid).ok_or("must be a UUID in its hyphenated form")
}

fn instant(value: &Value) -> Result<jiff::Timestamp, &'static str> {
    value
        .as_str()
        .and_then(value::instant)
        .ok_or("must be an RFC 3339 instant such as 2026-01-31T20:00:00Z")
}

#[cfg(test)]
mod tests;
