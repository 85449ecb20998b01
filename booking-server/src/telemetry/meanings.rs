//! What the numbers of the engine and of this program mean. Those of HTTP are described where they are counted.

use metrics::Unit;

const COUNTERS: &[(&str, &str)] = &[
    ("booking_requests_total", "Requests for bookings, by what came of them."),
    (
        "booking_sold_out_total",
        "Requests refused for want of tickets, by who refused: the database, or the memory of what \
         it said a moment ago.",
    ),
    ("booking_settlements_total", "Bookings that were to be moved, by what came of it."),
    ("booking_commit_failures_total", "Transactions that failed, by queue."),
    ("booking_queue_refused_total", "Requests refused because too many wait, by queue."),
    ("booking_searches_refused_total", "Searches that waited for their turn in vain."),
    ("booking_panics_total", "Work that panicked and was contained, by what it was."),
    ("booking_cache_lookups_total", "Looks into the stock cache, by what was found."),
    ("booking_cache_failures_total", "Calls to the stock cache that failed, by call."),
    (
        "booking_gate_verdicts_total",
        "Requests for tickets, by what the cached count said (miss also if the cache did not answer) \
         and what the database made of it, which decides. too_few and held: the count was too low; \
         taken and sold_out: it was too high.",
    ),
    (
        "booking_cache_corrections_total",
        "Cached counts that were set to what a commit left, by what they were before. What other \
         servers are about to commit counts as low.",
    ),
    (
        "booking_cache_breaker_openings_total",
        "How often a Redis server was begun to be left alone because it did not answer.",
    ),
    ("booking_notices_total", "Attempts to deliver notices, by kind and result."),
    ("booking_notices_dead_total", "Notices that were given up, by kind. Look at each."),
    ("booking_notifications_refused_total", "Payment notifications that did not verify."),
    (
        "booking_notifications_set_aside_total",
        "Payment notifications that do not match their booking. Review each.",
    ),
    ("booking_worker_failures_total", "Background work that failed, by worker."),
    ("booking_mock_gateway_attempts_total", "Notifications sent by the mock gateway."),
];

const GAUGES: &[(&str, &str)] = &[
    ("booking_outbox_due", "Notices that are due and not delivered."),
    ("booking_outbox_dead", "Notices that were given up."),
    (
        "booking_webhook_disabled",
        "1 since the webhook endpoint answered that it is gone: this process sends it nothing more.",
    ),
    ("booking_database_connections", "Open connections to PostgreSQL, by whether they are in use."),
    ("booking_database_connections_max", "How many connections to PostgreSQL may be open."),
    (
        "booking_cache_breaker_state",
        "Whether Redis is used: 0 yes, 1 it is being tried, 2 it is left alone. Of several servers \
         the worst.",
    ),
    (
        "booking_mock_gateway_undelivered",
        "Notifications of the mock gateway that were not accepted yet.",
    ),
];

const HISTOGRAMS: &[(&str, Unit, &str)] = &[
    (
        "booking_commit_duration_seconds",
        Unit::Seconds,
        "Time of one transaction of a group commit, by queue.",
    ),
    ("booking_batch_size", Unit::Count, "Requests in one transaction, by queue."),
    (
        "booking_database_wait_seconds",
        Unit::Seconds,
        "Time until a connection to PostgreSQL was ready to be used: until one of the pool was free \
         and, where a transaction is begun, until that was.",
    ),
    (
        "booking_cache_drift_tickets",
        Unit::Count,
        "Tickets by which a cached count was wrong, by where that was found out: when it was \
         corrected after a commit, when the gate and the database disagreed (by so many at least), \
         or when somebody looked at the stock. low: it was too low.",
    ),
];

/// Tells the recorder.
pub(super) fn describe() {
    for (name, meaning) in COUNTERS {
        metrics::describe_counter!(*name, *meaning);
    }
    for (name, meaning) in GAUGES {
        metrics::describe_gauge!(*name, *meaning);
    }
    for (name, unit, meaning) in HISTOGRAMS {
        metrics::describe_histogram!(*name, *unit, *meaning);
    }
}

#[cfg(test)]
mod tests;
