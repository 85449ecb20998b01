//! How settings are called on the command line and in the environment.

/// How a setting is called on the command line and in the environment.
#[derive(Clone, Copy)]
pub(super) struct Names {
    pub(super) flag: &'static str,
    pub(super) variable: &'static str,
}

const fn names(flag: &'static str, variable: &'static str) -> Names {
    Names { flag, variable }
}

pub(super) const LISTEN: Names = names("--listen", "BOOKING_LISTEN");
pub(super) const ADMIN: Names = names("--admin-listen", "BOOKING_ADMIN_LISTEN");
pub(super) const PUBLIC_URL: Names = names("--public-url", "BOOKING_PUBLIC_URL");
pub(super) const DATABASE: Names = names("--database-url", "DATABASE_URL");
pub(super) const MIGRATE_URL: Names = names("--migrate-url", "BOOKING_MIGRATE_URL");
pub(super) const MAX_CLIENTS: Names = names("--max-connections", "BOOKING_MAX_CONNECTIONS");
pub(super) const CONNECTIONS: Names =
    names("--database-connections", "BOOKING_DATABASE_CONNECTIONS");
pub(super) const REDIS: Names = names("--redis-url", "REDIS_URL");
pub(super) const GATEWAY: Names = names("--payment-gateway", "BOOKING_PAYMENT_GATEWAY");
pub(super) const HOLD_TTL: Names = names("--hold-ttl", "BOOKING_HOLD_TTL");
pub(super) const NOTICE_LEASE: Names = names("--notice-lease", "BOOKING_NOTICE_LEASE");
pub(super) const SLOW_SEARCH: Names = names("--slow-search", "BOOKING_SLOW_SEARCH");
pub(super) const MAIL_DIR: Names = names("--mail-dir", "BOOKING_MAIL_DIR");
pub(super) const MAIL_FROM: Names = names("--mail-from", "BOOKING_MAIL_FROM");
pub(super) const WEBHOOK_URL: Names = names("--webhook-url", "BOOKING_WEBHOOK_URL");
pub(super) const SHUTDOWN_DELAY: Names = names("--shutdown-delay", "BOOKING_SHUTDOWN_DELAY");
pub(super) const LOG: Names = names("--log", "RUST_LOG");
pub(super) const LOG_FORMAT: Names = names("--log-format", "BOOKING_LOG_FORMAT");
// These three have no flag: anybody on the machine can read a command line.
pub(super) const IPN_SECRET: Names = names("BOOKING_IPN_SECRET", "BOOKING_IPN_SECRET");
pub(super) const SMTP: Names = names("BOOKING_SMTP_URL", "BOOKING_SMTP_URL");
pub(super) const WEBHOOK_SECRET: Names = names("BOOKING_WEBHOOK_SECRET", "BOOKING_WEBHOOK_SECRET");
