//! The variables of the environment that concern this program.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Variables that are ours. Others that begin with `BOOKING_` are typing errors, most likely.
pub(super) const KNOWN: &[&str] = &[
    "BOOKING_LISTEN",
    "BOOKING_ADMIN_LISTEN",
    "BOOKING_MAX_CONNECTIONS",
    "BOOKING_PUBLIC_URL",
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "BOOKING_PGBOUNCER",
    "BOOKING_DATABASE_CONNECTIONS",
    "BOOKING_MIGRATE_URL",
    "BOOKING_MIGRATE_URL_FILE",
    "BOOKING_NO_MIGRATE",
    "REDIS_URL",
    "REDIS_URL_FILE",
    "BOOKING_PAYMENT_GATEWAY",
    "BOOKING_IPN_SECRET",
    "BOOKING_IPN_SECRET_FILE",
    "BOOKING_HOLD_TTL",
    "BOOKING_NOTICE_LEASE",
    "BOOKING_SLOW_SEARCH",
    "BOOKING_MAIL_DIR",
    "BOOKING_MAIL_FROM",
    "BOOKING_SMTP_URL",
    "BOOKING_SMTP_URL_FILE",
    "BOOKING_WEBHOOK_URL",
    "BOOKING_WEBHOOK_SECRET",
    "BOOKING_WEBHOOK_SECRET_FILE",
    "BOOKING_WEBHOOK_ALLOW_PRIVATE",
    "BOOKING_DEMO",
    "BOOKING_SHUTDOWN_DELAY",
    "RUST_LOG",
    "BOOKING_LOG_FORMAT",
];

/// The variables that concern this program.
#[derive(Default)]
pub(crate) struct Environment(pub(super) BTreeMap<String, OsString>);

impl Environment {
    /// Reads the variables of the process.
    pub(crate) fn of_process() -> Self {
        let ours = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            (name.starts_with("BOOKING_") || KNOWN.contains(&name.as_str()))
                .then_some((name, value))
        });
        Self(ours.collect())
    }

    /// An empty variable counts as unset: `VAR=` is how a compose file leaves one out.
    pub(super) fn find(&self, name: &str) -> Option<&OsString> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    pub(super) fn unknown(&self) -> Vec<String> {
        let is_unknown = |name: &&String| {
            // What Kubernetes sets for a service that is called `booking`.
            let is_service_link = name.contains("_SERVICE_") || name.starts_with("BOOKING_PORT");
            name.starts_with("BOOKING_") && !KNOWN.contains(&name.as_str()) && !is_service_link
        };
        self.0.keys().filter(is_unknown).cloned().collect()
    }
}
