//! Finding settings, and keeping what is wrong with them.

use std::fmt;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::names::Names;

/// Secrets are short; a file that is longer is another file.
const MAX_SECRET_FILE_BYTES: u64 = 64 * 1024;

/// A setting that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The flag or the variable, whichever was used.
    name: String,
    reason: String,
}

/// Everything that is wrong with the settings, one line each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError(pub(super) Vec<Refusal>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Refusal { name, reason }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\nerror: " };
            write!(f, "{separator}{name} {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// A setting was refused; what is wrong with it is kept beside.
#[derive(Debug)]
pub(super) struct Refused;

/// Finds settings, and keeps what is wrong with them so that all of it is told at once.
pub(super) struct Source<'a> {
    pub(super) environment: &'a Environment,
    pub(super) refusals: Vec<Refusal>,
}

impl Source<'_> {
    pub(super) fn refuse<T>(
        &mut self,
        name: &str,
        reason: impl Into<String>,
    ) -> Result<T, Refused> {
        self.refusals.push(Refusal { name: name.to_owned(), reason: reason.into() });
        Err(Refused)
    }

    /// Returns the text of a setting and the name of where it was found.
    pub(super) fn text(
        &mut self,
        flag: Option<String>,
        names: Names,
    ) -> Result<Option<Found>, Refused> {
        if let Some(text) = flag {
            return Ok(Some(Found { name: names.flag, text }));
        }
        match self.environment.find(names.variable).map(|value| value.to_str()) {
            None => Ok(None),
            Some(Some(text)) => Ok(Some(Found { name: names.variable, text: text.to_owned() })),
            Some(None) => self.refuse(names.variable, "is not UTF-8 text"),
        }
    }

    fn checked<T>(
        &mut self,
        found: &Found,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Refused> {
        match parse(&found.text) {
            Ok(value) => Ok(value),
            Err(reason) => self.refuse(found.name, reason),
        }
    }

    pub(super) fn setting<T>(
        &mut self,
        flag: Option<String>,
        names: Names,
        default: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Refused> {
        let found = self
            .text(flag, names)?
            .unwrap_or_else(|| Found { name: names.flag, text: default.to_owned() });
        self.checked(&found, parse)
    }

    pub(super) fn optional<T>(
        &mut self,
        flag: Option<String>,
        names: Names,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Refused> {
        match self.text(flag, names)? {
            None => Ok(None),
            Some(found) => self.checked(&found, parse).map(Some),
        }
    }

    /// Finds a setting that may also stand in the file that a variable leads to.
    pub(super) fn secret<T>(
        &mut self,
        flag: Option<String>,
        names: Names,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Refused> {
        let file_variable = format!("{}_FILE", names.variable);
        if let Some(found) = self.text(flag, names)? {
            if found.name == names.variable && self.environment.find(&file_variable).is_some() {
                return self.refuse(&file_variable, format!("is set, and {} too", names.variable));
            }
            return self.checked(&found, parse).map(Some);
        }
        let Some(file) = self.environment.find(&file_variable) else { return Ok(None) };
        let file = PathBuf::from(file);
        match read_secret(&file) {
            Err(reason) => self.refuse(&file_variable, reason),
            Ok(text) => match parse(text.trim()) {
                Ok(value) => Ok(Some(value)),
                Err(reason) => {
                    let reason = format!("leads to {}, whose content {reason}", file.display());
                    self.refuse(&file_variable, reason)
                }
            },
        }
    }

    pub(super) fn switch(&mut self, flag: bool, variable: &'static str) -> Result<bool, Refused> {
        if flag {
            return Ok(true);
        }
        match self.environment.find(variable).map(|value| value.to_str()) {
            Some(Some("1" | "true" | "yes" | "on")) => Ok(true),
            None | Some(Some("0" | "false" | "no" | "off")) => Ok(false),
            Some(_) => self.refuse(variable, "must be true or false"),
        }
    }
}

/// A value and the name of where it was found.
pub(super) struct Found {
    pub(super) name: &'static str,
    pub(super) text: String,
}

fn read_secret(file: &Path) -> Result<String, String> {
    let unreadable = |error| format!("leads to {}: {error}", file.display());
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > MAX_SECRET_FILE_BYTES {
        return Err(format!("leads to {}, which is too long for a secret", file.display()));
    }
    std::fs::read_to_string(file).map_err(unreadable)
}
