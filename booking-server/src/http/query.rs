//! Query strings and forms, read parameter by parameter.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use http::Uri;
use uuid::Uuid;

use super::fields::{self, FieldErrors, NO_NUL};
use super::percent::{self, Undecodable};
use super::problem::Problem;
use super::value;

/// What is said of a name that has several values.
const ONCE: &str = "must be given once";

/// Names and values, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    values: BTreeMap<String, Vec<String>>,
    /// Names that were given more than once, blank or not.
    repeated: BTreeSet<String>,
}

impl Parameters {
    /// Decodes the query string of `uri`.
    ///
    /// # Errors
    /// - `malformed-request` for a broken percent escape, or bytes that are not UTF-8.
    pub fn of_uri(uri: &Uri) -> Result<Self, Problem> {
        let query = uri.query().unwrap_or_default();
        Self::decode(query).map_err(|reason| reason.problem("the query string"))
    }

    /// Decodes `name=value` pairs joined by `&`.
    ///
    /// An empty value counts as no value: forms send every field, also those left blank.
    pub(crate) fn decode(text: &str) -> Result<Self, Undecodable> {
        let mut values: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let mut repeated = BTreeSet::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = percent::decode_form(name)?;
            if values.contains_key(&name) {
                repeated.insert(name.clone());
            }
            let given = values.entry(name).or_default();
            let value = percent::decode_form(value)?;
            if !value.is_empty() {
                given.push(value);
            }
        }
        Ok(Self { values, repeated })
    }

    /// Returns the first value of a parameter: for pages, which show again what was typed.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.first().map(String::as_str)
    }

    /// Lists names and values, in the order of the names.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().flat_map(|(name, values)| values.iter().map(|value| (&**name, &**value)))
    }

    /// Refuses parameters that are given more than once, also with a blank: for forms, none of whose fields is.
    ///
    /// # Errors
    /// - `invalid-request` with each of them.
    pub(super) fn each_once(self) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        for name in &self.repeated {
            errors.push(fields::pointer_to("", name), ONCE);
        }
        errors.conclude(Some(self))
    }

    /// Reads the parameters with `read`.
    ///
    /// # Errors
    /// - `invalid-request` with every parameter that is wrong, missing, unknown, or repeated
    ///   although it has one value.
    pub fn read<T>(
        self,
        read: impl FnOnce(&mut ParameterReader) -> Option<T>,
    ) -> Result<T, Problem> {
        let mut reader = ParameterReader { values: self.values, errors: FieldErrors::default() };
        let value = read(&mut reader);
        for name in std::mem::take(&mut reader.values).into_keys() {
            reader.error(&name, "is not a parameter here");
        }
        reader.errors.conclude(value)
    }
}

/// Reads the query string of `uri` with `read`: [`Parameters::of_uri`], then [`Parameters::read`].
///
/// # Errors
/// - `malformed-request` if it cannot be decoded.
/// - `invalid-request` with every offending parameter.
///
/// # Example
///
/// ```
/// use booking_server::http::query;
///
/// let uri = "/v1/events?limit=many&tag=jazz&tag=free&sotr=price".parse().unwrap();
/// let problem = query::read(&uri, |query| {
///     let limit = query.integer("limit");
///     Some((limit, query.texts("tag")))
/// })
/// .unwrap_err();
/// let pointers: Vec<_> = problem.errors().iter().map(|error| &*error.pointer).collect();
/// assert_eq!(pointers, ["/limit", "/sotr"]);
/// ```
pub fn read<T>(
    uri: &Uri,
    read: impl FnOnce(&mut ParameterReader) -> Option<T>,
) -> Result<T, Problem> {
    Parameters::of_uri(uri)?.read(read)
}

/// Takes parameters out of a query string or form.
///
/// Every method takes its parameter, notes what is wrong with it, and returns `None` if it is
/// absent or wrong. Read all of them first and combine them last.
#[derive(Debug)]
pub struct ParameterReader {
    values: BTreeMap<String, Vec<String>>,
    errors: FieldErrors,
}

impl ParameterReader {
    /// Notes that `name` is wrong.
    pub fn error(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(fields::pointer_to("", name), detail);
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

    /// Takes a text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.texts(name);
        if values.len() > 1 {
            self.error(name, ONCE);
            return None;
        }
        values.pop()
    }

    /// Takes a text that must be there.
    pub fn required_text(&mut self, name: &str) -> Option<String> {
        self.require(name);
        self.text(name)
    }

    /// Notes an error if `name` is absent. Call it before taking a parameter that must be there.
    pub fn require(&mut self, name: &str) {
        if !self.is_given(name) {
            self.error(name, "is required");
        }
    }

    /// Tells whether a parameter that is not taken yet was given, be it valid or not.
    pub fn is_given(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|values| !values.is_empty())
    }

    /// Takes all values of a parameter that may be repeated.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let values = self.values.remove(name).unwrap_or_default();
        if values.iter().any(|value| value.contains('\0')) {
            self.error(name, NO_NUL);
            return Vec::new();
        }
        values
    }

    /// Takes a whole number.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        self.parsed(name, "must be a whole number", value::number)
    }

    /// Takes a number, such as a radius.
    pub fn number(&mut self, name: &str) -> Option<f64> {
        self.parsed(name, "must be a number", |text| {
            value::number(text).filter(|number: &f64| number.is_finite())
        })
    }

    /// Takes `true` or `false`.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        self.parsed(name, "must be true or false", |text| text.parse().ok())
    }

    /// Takes a UUID in its hyphenated form.
    pub fn uuid(&mut self, name: &str) -> Option<Uuid> {
        self.parsed(name, "must be a UUID in its hyphenated form", value::uuid)
    }

    /// Takes an RFC 3339 instant.
    pub fn instant(&mut self, name: &str) -> Option<jiff::Timestamp> {
        let expected = "must be an RFC 3339 instant such as 2026-01-31T20:00:00Z";
        self.parsed(name, expected, value::instant)
    }

    /// Takes a value of which `parse` knows the form; `expected` is the error if it is another.
    pub fn parsed<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name);
        self.convert(name, text, |text| parse(&text).ok_or(expected))
    }
}

#[cfg(test)]
mod tests;
