//! What can be set.

use std::time::Duration;

/// Settings of a [`BookingSystem`](super::BookingSystem), with defaults that suit most.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// How long unpaid tickets are held. 15 minutes.
    pub hold_ttl: Duration,
    /// How many requests may wait to be committed; one more is refused with
    /// [`ServiceError::Overloaded`](super::ServiceError::Overloaded). 20,000: a second or less of work.
    pub queue_limit: usize,
    /// How many requests one transaction may carry. 1,000: beyond that the gain is small, and the wait of the
    /// last one is not.
    pub batch_limit: usize,
    /// How long a refusal by the database may be repeated to others from memory, and how long a cached count of
    /// zero is believed once the database has confirmed it. 1 second.
    pub refusal_memory: Duration,
    /// For how long an event that was read is shown to others without reading it again
    /// ([`Catalogue::find_recent`](super::Catalogue::find_recent)). What this process changes shows at once
    /// nevertheless, so this is how late the changes of other processes may show. 250 milliseconds; with zero only
    /// those who ask at the same time share a reading.
    pub event_memory: Duration,
    /// How long the gateway may take to make a payment, over all attempts. 10 seconds.
    pub gateway_timeout: Duration,
    /// How long one transaction may be tried again for, when the database is busy or away. 5 seconds.
    pub commit_patience: Duration,
    /// How often overdue holds are looked for. 1 second.
    pub sweep_interval: Duration,
    /// How often the outbox is looked at when it was empty. 500 milliseconds.
    pub outbox_interval: Duration,
    /// For how long a worker has a notice to itself. 2 minutes. An attempt is given half of it; the rest has to outlast the
    /// longest calls to the database, of 20 seconds, or what was sent while one hung is sent again by another worker.
    pub notice_lease: Duration,
    /// How many notices are sent at the same time. 16.
    pub notice_concurrency: usize,
    /// How many notices to buyers the workers of one process send a second at most. 250: after an on-sale everybody
    /// hears within minutes, and meanwhile the sale has the database. Zero counts as one.
    pub notices_per_second: u32,
    /// After how many attempts a notice is given up. 100: with the longest pause of an hour, some three days. Failures that
    /// are certainly not its fault, because the mail server or the database is away, do not give it up.
    pub notice_attempts: u32,
    /// For how long idempotency keys are kept. 48 hours.
    pub key_retention: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hold_ttl: Duration::from_mins(15),
            queue_limit: 20_000,
            batch_limit: 1_000,
            refusal_memory: Duration::from_secs(1),
            event_memory: Duration::from_millis(250),
            gateway_timeout: Duration::from_secs(10),
            commit_patience: Duration::from_secs(5),
            sweep_interval: Duration::from_secs(1),
            outbox_interval: Duration::from_millis(500),
            notice_lease: Duration::from_mins(2),
            notice_concurrency: 16,
            notices_per_second: 250,
            notice_attempts: 100,
            key_retention: Duration::from_hours(48),
        }
    }
}
