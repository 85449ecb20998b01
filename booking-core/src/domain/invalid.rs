//! Why a value was refused.

use std::borrow::Cow;

/// Says why a value is not acceptable, in words that can be shown to whoever sent it.
///
/// The message never repeats the value: it may be personal data, or an attack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Invalid {
    reason: Cow<'static, str>,
}

impl Invalid {
    /// Makes a refusal with a fixed or formatted reason.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into() }
    }

    /// Returns the reason: lower case, without a full stop.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
