//! Faults of the engine, as what a caller may hear of them.

use std::time::Duration;

use booking_core::ports::fault::RepositoryError;
use booking_core::service::ServiceError;

use crate::http::problem::{Problem, ProblemType};

/// How long a caller should wait before it asks again while the database is away.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Logs a fault with its causes, and makes the answer to it. Call it once, where the fault ends.
pub(crate) fn report(error: &ServiceError) -> Problem {
    match error {
        // The guard counts what is shed; a line for each would only add to the load.
        ServiceError::Overloaded => Problem::new(ProblemType::Overloaded).retry_after(RETRY_AFTER),
        ServiceError::ShuttingDown => Problem::unavailable(RETRY_AFTER),
        ServiceError::Repository { source } => report_repository(error, source),
        _ => internal(error),
    }
}

fn report_repository(error: &ServiceError, source: &RepositoryError) -> Problem {
    match source {
        RepositoryError::Contention { .. } | RepositoryError::Unavailable { .. } => {
            tracing::warn!(error = %error.chain(), "the database is away");
            Problem::unavailable(RETRY_AFTER)
        }
        RepositoryError::OutcomeUnknown { .. } => {
            tracing::warn!(error = %error.chain(), "the outcome of a write is unknown");
            Problem::unavailable(RETRY_AFTER).detail(
                "the request may have taken effect; repeat it with the same Idempotency-Key",
            )
        }
        _ => internal(error),
    }
}

fn internal(error: &ServiceError) -> Problem {
    tracing::error!(error = %error.chain(), "a request failed");
    Problem::internal()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn reported(error: RepositoryError) -> Problem {
        report(&ServiceError::Repository { source: Arc::new(error) })
    }

    #[test]
    fn what_may_pass_is_a_503_and_everything_else_a_500() {
        let source = || "password=hunter2".into();
        for error in [
            RepositoryError::Contention { source: source() },
            RepositoryError::Unavailable { source: source() },
            RepositoryError::OutcomeUnknown { source: source() },
        ] {
            let problem = reported(error);
            assert_eq!(problem.kind(), ProblemType::Unavailable);
            assert!(!format!("{problem:?}").contains("hunter2"));
        }
        // A crowd of searches is no dead database.
        let crowded = report(&ServiceError::from(RepositoryError::Crowded));
        assert_eq!(crowded.kind(), ProblemType::Overloaded);
        for error in [
            RepositoryError::Misconfigured { source: source() },
            RepositoryError::Backend { source: source() },
            RepositoryError::Corrupt { table: "events", finding: "x".to_owned() },
        ] {
            let problem = reported(error);
            assert_eq!(problem.kind(), ProblemType::Internal);
            assert_eq!(problem.detail_text(), None);
        }
        assert_eq!(report(&ServiceError::Overloaded).kind(), ProblemType::Overloaded);
        assert_eq!(report(&ServiceError::ShuttingDown).kind(), ProblemType::Unavailable);
    }
}
