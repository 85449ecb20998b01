//! What all background work does when it fails.

use std::time::Duration;

use super::failure::ServiceError;

/// Pause after a failure, so that a database that is down is not hammered.
pub(super) const FAILURE_PAUSE: Duration = Duration::from_secs(1);

/// Counts and logs work that failed and is taken up again.
pub(super) fn note_failure(worker: &'static str, error: &ServiceError) {
    metrics::counter!("booking_worker_failures_total", "worker" => worker).increment(1);
    tracing::warn!(worker, error = %error.chain(), "background work failed");
}
