//! How corrections of cached counts show in the metrics, whichever cache they are of.

/// Counts a correction of a count by `by` tickets. `low` sent buyers to the database in vain, `high` had the
/// database refuse what the cache let through. What others are about to commit counts as low until it is there.
pub(super) fn count(by: i64) {
    let was = match by.signum() {
        1 => "low",
        -1 => "high",
        _ => "right",
    };
    metrics::counter!("booking_cache_corrections_total", "was" => was).increment(1);
    if by != 0 {
        let tickets = u32::try_from(by.unsigned_abs()).unwrap_or(u32::MAX);
        metrics::histogram!("booking_cache_drift_tickets", "found" => "correction", "was" => was)
            .record(f64::from(tickets));
    }
}
