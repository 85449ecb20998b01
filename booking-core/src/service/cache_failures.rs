//! What is made of a cache that fails.

use crate::ports::stock_cache::CacheError;

/// Counts a failure of the cache. Nothing depends on it, so nobody is woken.
pub(super) fn note_cache_failure(operation: &'static str, error: &CacheError) {
    metrics::counter!("booking_cache_failures_total", "operation" => operation).increment(1);
    tracing::debug!(cache.operation = operation, error = %error, "the cache failed");
}
