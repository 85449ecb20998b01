//! Why a use case could not be carried out.

use std::error::Error;
use std::sync::Arc;

use crate::ports::fault::RepositoryError;
use crate::ports::{Classify, Effect, Retry};

/// Why a use case could not be carried out. Refusals that a caller decides about are outcomes, not errors.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// Too many requests wait already; this one was not taken on.
    #[error("too many requests are waiting")]
    Overloaded,
    /// The system is being shut down; the request was not taken on. One that was is
    /// [`RepositoryError::OutcomeUnknown`].
    #[error("the system is shutting down")]
    ShuttingDown,
    /// The repository failed, after as many attempts as make sense.
    #[error("the repository failed")]
    Repository {
        /// Its error. Requests of one batch share it.
        source: Arc<RepositoryError>,
    },
}

impl From<RepositoryError> for ServiceError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Crowded => Self::Overloaded,
            error => Self::Repository { source: Arc::new(error) },
        }
    }
}

impl ServiceError {
    /// Returns what it says, followed by its causes, for a log.
    pub fn chain(&self) -> String {
        chain(self)
    }

    /// Says that nobody tells what became of a request that was taken on: whoever wrote it is gone.
    pub(super) fn unanswered() -> Self {
        RepositoryError::OutcomeUnknown { source: "the answer never came".into() }.into()
    }

    /// Returns what this failure is for a request that took effect before it, or may have.
    pub(super) fn after_effect(self) -> Self {
        match self.effect() {
            Effect::Unknown => self,
            Effect::NotApplied => RepositoryError::OutcomeUnknown { source: Box::new(self) }.into(),
        }
    }
}

impl Classify for ServiceError {
    fn effect(&self) -> Effect {
        match self {
            Self::Overloaded | Self::ShuttingDown => Effect::NotApplied,
            Self::Repository { source } => source.effect(),
        }
    }

    /// Never: what could be repeated has been.
    fn retry(&self) -> Retry {
        match self {
            Self::Overloaded | Self::ShuttingDown | Self::Repository { .. } => Retry::Never,
        }
    }
}
/// Returns what an error says, followed by its causes.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_says_the_failure_and_all_its_causes() {
        let refused = std::io::Error::other("connection refused");
        let error: ServiceError = RepositoryError::Unavailable { source: refused.into() }.into();
        let text = error.chain();
        assert!(text.starts_with("the repository failed: "), "{text}");
        assert!(text.ends_with(": connection refused"), "{text}");
        assert_eq!(ServiceError::Overloaded.chain(), "too many requests are waiting");
    }

    #[test]
    fn what_was_not_taken_on_had_no_effect_and_is_not_repeated() {
        for error in [ServiceError::Overloaded, ServiceError::ShuttingDown] {
            assert_eq!((error.effect(), error.retry()), (Effect::NotApplied, Retry::Never));
            let after = error.after_effect();
            assert_eq!(after.effect(), Effect::Unknown, "something before it had one");
        }
        let crowded = ServiceError::from(RepositoryError::Crowded);
        assert!(matches!(crowded, ServiceError::Overloaded));
        let unknown = ServiceError::unanswered();
        assert_eq!((unknown.effect(), unknown.retry()), (Effect::Unknown, Retry::Never));
    }
}
