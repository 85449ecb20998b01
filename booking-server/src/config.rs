//! What the program is told to do, checked.
//!
//! This is the only place that reads the environment. The command line wins over a variable, a
//! variable over the default, and everything that is wrong is reported at once, by the name of
//! where it came from. No error and no `Debug` output repeats a secret.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use booking_core::adapters::mail::smtp::SmtpSettings;
use booking_core::adapters::mock_gateway::IpnSecrets;
use booking_core::adapters::webhook::{WebhookSecrets, WebhookSettings};
use clap::ValueEnum;

use crate::cli::{LogFormat, Options};

mod values;

pub(crate) use values::{DatabaseUrl, ListenAddress, MailAddress, PublicUrl, SecretUrl, reachable};

use values::{
    POSTGRES, parse_clients, parse_filter, parse_gateway, parse_pool, parse_redis, parse_span,
};

/// Below this, buyers hardly have the time to pay: good for tests only.
pub(crate) const SHORTEST_USEFUL_HOLD: Duration = Duration::from_mins(1);

const SHORTEST_HOLD: Duration = Duration::from_secs(1);
const LONGEST_HOLD: Duration = Duration::from_hours(2);
/// An attempt has half of it, and a mail server that is well takes seconds at times.
const SHORTEST_NOTICE_LEASE: Duration = Duration::from_secs(5);
const LONGEST_NOTICE_LEASE: Duration = Duration::from_mins(10);
const PGBOUNCER: &str = "--pgbouncer";
const LONGEST_SHUTDOWN_DELAY: Duration = Duration::from_mins(5);
const LONGEST_SLOW_SEARCH: Duration = Duration::from_mins(1);

/// Secrets are short; a file that is longer is another file.
const MAX_SECRET_FILE_BYTES: u64 = 64 * 1024;

/// Variables that are ours. Others that begin with `BOOKING_` are typing errors, most likely.
const KNOWN: &[&str] = &[
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

/// Everything that can be set, checked.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: ListenAddress,
    pub(crate) admin_listen: ListenAddress,
    /// How many connections the public listener takes at most.
    pub(crate) max_connections: usize,
    /// `None` lets it follow from the address that the public listener got.
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) database: DatabaseUrl,
    pub(crate) pgbouncer: bool,
    /// How many connections to PostgreSQL at most.
    pub(crate) database_connections: u32,
    /// A direct connection to PostgreSQL.
    pub(crate) migrate_url: Option<SecretUrl>,
    pub(crate) migrates_at_start: bool,
    /// The nodes of a Redis; none means the in-process cache.
    pub(crate) redis: Vec<SecretUrl>,
    pub(crate) ipn_secrets: Option<IpnSecrets>,
    pub(crate) hold_ttl: Duration,
    pub(crate) notice_lease: Duration,
    /// Searches that take longer are logged.
    pub(crate) slow_search: Duration,
    pub(crate) mail_dir: Option<PathBuf>,
    pub(crate) mail_from: Option<MailAddress>,
    pub(crate) smtp: Option<SmtpSettings>,
    /// Takes the place of mails.
    pub(crate) webhook: Option<WebhookSettings>,
    pub(crate) demo: bool,
    pub(crate) shutdown_delay: Duration,
    /// A valid filter of `tracing_subscriber`.
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    /// Variables that look like ours and are not.
    pub(crate) unknown_variables: Vec<String>,
}

/// The variables that concern this program.
#[derive(Default)]
pub(crate) struct Environment(BTreeMap<String, OsString>);

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
    fn find(&self, name: &str) -> Option<&OsString> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    fn unknown(&self) -> Vec<String> {
        let is_unknown = |name: &&String| {
            // What Kubernetes sets for a service that is called `booking`.
            let is_service_link = name.contains("_SERVICE_") || name.starts_with("BOOKING_PORT");
            name.starts_with("BOOKING_") && !KNOWN.contains(&name.as_str()) && !is_service_link
        };
        self.0.keys().filter(is_unknown).cloned().collect()
    }
}

/// A setting that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    /// The flag or the variable, whichever was used.
    name: String,
    reason: String,
}

/// Everything that is wrong with the settings, one line each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError(Vec<Refusal>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Refusal { name, reason }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\nerror: " };
            write!(f, "{separator}{name} {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Joins the command line with the environment and checks everything.
    pub(crate) fn load(options: Options, environment: &Environment) -> Result<Self, ConfigError> {
        let mut source = Source { environment, refusals: Vec::new() };
        let loaded = source.load(options);
        match loaded {
            Ok(config) if source.refusals.is_empty() => Ok(config),
            _ => Err(ConfigError(source.refusals)),
        }
    }
}

/// A setting was refused; what is wrong with it is kept beside.
#[derive(Debug)]
struct Refused;

/// Finds settings, and keeps what is wrong with them so that all of it is told at once.
struct Source<'a> {
    environment: &'a Environment,
    refusals: Vec<Refusal>,
}

impl Source<'_> {
    fn load(&mut self, options: Options) -> Result<Config, Refused> {
        let listen = self.setting(options.listen, LISTEN, "127.0.0.1:8080", ListenAddress::parse);
        let admin_listen =
            self.setting(options.admin_listen, ADMIN, "127.0.0.1:8081", ListenAddress::parse);
        let clients = self.setting(options.max_connections, MAX_CLIENTS, "4096", parse_clients);
        let public_url = self.optional(options.public_url, PUBLIC_URL, PublicUrl::parse);
        let database = self
            .secret(options.database_url, DATABASE, DatabaseUrl::parse)
            .map(Option::unwrap_or_default);
        let migrate_url =
            self.secret(options.migrate_url, MIGRATE_URL, |text| SecretUrl::parse(text, POSTGRES));
        let redis = self.secret(options.redis_url, REDIS, parse_redis);
        let ipn_secrets = self.secret(None, IPN_SECRET, |text| {
            IpnSecrets::parse(text).map_err(|invalid| invalid.reason().to_owned())
        });
        let pool = self.setting(options.database_connections, CONNECTIONS, "10", parse_pool);
        let smtp = self.secret(None, SMTP, |text| {
            SmtpSettings::parse(text).map_err(|invalid| invalid.reason().to_owned())
        });
        let gateway = self.setting(options.payment_gateway, GATEWAY, "mock", parse_gateway);
        let hold_ttl = self.setting(options.hold_ttl, HOLD_TTL, "15m", |text| {
            parse_span(text, SHORTEST_HOLD, LONGEST_HOLD)
        });
        let notice_lease = self.setting(options.notice_lease, NOTICE_LEASE, "2m", |text| {
            parse_span(text, SHORTEST_NOTICE_LEASE, LONGEST_NOTICE_LEASE)
        });
        let shutdown_delay = self.setting(options.shutdown_delay, SHUTDOWN_DELAY, "0s", |text| {
            parse_span(text, Duration::ZERO, LONGEST_SHUTDOWN_DELAY)
        });
        let slow_search = self.setting(options.slow_search, SLOW_SEARCH, "250ms", |text| {
            parse_span(text, Duration::ZERO, LONGEST_SLOW_SEARCH)
        });
        let mail_dir = self.optional(options.mail_dir, MAIL_DIR, |text| Ok(PathBuf::from(text)));
        let mail_from = self.optional(options.mail_from, MAIL_FROM, MailAddress::parse);
        let webhook = self.webhook(options.webhook_url, options.webhook_allow_private);
        let log = self.setting(options.log, LOG, "info", parse_filter);
        let log_format = self.setting(options.log_format, LOG_FORMAT, "text", |text| {
            LogFormat::from_str(text, false).map_err(|_| "must be text or json".to_owned())
        });
        let pgbouncer = self.switch(options.pgbouncer, "BOOKING_PGBOUNCER");
        let no_migrate = self.switch(options.no_migrate, "BOOKING_NO_MIGRATE");
        let demo = self.switch(options.demo, "BOOKING_DEMO");
        gateway?;
        let config = Config {
            listen: listen?,
            admin_listen: admin_listen?,
            max_connections: clients?,
            public_url: public_url?,
            database: database?,
            pgbouncer: pgbouncer?,
            database_connections: pool?,
            migrate_url: migrate_url?,
            migrates_at_start: !no_migrate?,
            redis: redis?.unwrap_or_default(),
            ipn_secrets: ipn_secrets?,
            hold_ttl: hold_ttl?,
            notice_lease: notice_lease?,
            slow_search: slow_search?,
            mail_dir: mail_dir?,
            mail_from: mail_from?,
            smtp: smtp?,
            webhook: webhook?,
            demo: demo?,
            shutdown_delay: shutdown_delay?,
            log: log?,
            log_format: log_format?,
            unknown_variables: self.environment.unknown(),
        };
        self.check_together(&config)?;
        Ok(config)
    }

    /// Refuses settings that are right by themselves and do not go together.
    fn check_together(&mut self, config: &Config) -> Result<(), Refused> {
        if config.pgbouncer && matches!(config.database, DatabaseUrl::Sqlite { .. }) {
            return self.refuse(PGBOUNCER, "goes with a --database-url of PostgreSQL only");
        }
        if config.webhook.is_some() && (config.smtp.is_some() || config.mail_dir.is_some()) {
            let reason = "takes the place of mails, and goes neither with BOOKING_SMTP_URL nor with --mail-dir";
            return self.refuse(WEBHOOK_URL.flag, reason);
        }
        if config.smtp.is_some() && config.mail_from.is_none() {
            return self.refuse(MAIL_FROM.flag, "must be set with BOOKING_SMTP_URL: most mail servers refuse a sender that does not exist");
        }
        Ok(())
    }

    /// Finds where webhooks go. What belongs to them and stands there without an address is checked all the same.
    fn webhook(
        &mut self,
        url: Option<String>,
        is_switched_on: bool,
    ) -> Result<Option<WebhookSettings>, Refused> {
        let allows_private = self.switch(is_switched_on, "BOOKING_WEBHOOK_ALLOW_PRIVATE");
        let secrets = self.secret(None, WEBHOOK_SECRET, |text| {
            WebhookSecrets::parse(text).map_err(|invalid| invalid.reason().to_owned())
        });
        let found = self.text(url, WEBHOOK_URL)?;
        let (allows_private, secrets) = (allows_private?, secrets?);
        let Some(found) = found else { return Ok(None) };
        let Some(secrets) = secrets else {
            return self
                .refuse(found.name, "needs BOOKING_WEBHOOK_SECRET, which signs what is sent");
        };
        let mut settings = WebhookSettings::new(found.text, secrets);
        if allows_private {
            settings = settings.allow_private_addresses();
        }
        match settings.check() {
            Ok(()) => Ok(Some(settings)),
            Err((_, invalid)) => self.refuse(found.name, invalid.reason().to_owned()),
        }
    }

    fn refuse<T>(&mut self, name: &str, reason: impl Into<String>) -> Result<T, Refused> {
        self.refusals.push(Refusal { name: name.to_owned(), reason: reason.into() });
        Err(Refused)
    }

    /// Returns the text of a setting and the name of where it was found.
    fn text(&mut self, flag: Option<String>, names: Names) -> Result<Option<Found>, Refused> {
        if let Some(text) = flag {
            return Ok(Some(Found { name: names.flag, text }));
        }
        match self.environment.find(names.variable).map(|value| value.to_str()) {
            None => Ok(None),
            Some(Some(text)) => Ok(Some(Found { name: names.variable, text: text.to_owned() })),
            Some(None) => self.refuse(names.variable, "is not UTF-8 text"),
        }
    }

    fn checked<T>(
        &mut self,
        found: &Found,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Refused> {
        match parse(&found.text) {
            Ok(value) => Ok(value),
            Err(reason) => self.refuse(found.name, reason),
        }
    }

    fn setting<T>(
        &mut self,
        flag: Option<String>,
        names: Names,
        default: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Refused> {
        let found = self
            .text(flag, names)?
            .unwrap_or_else(|| Found { name: names.flag, text: default.to_owned() });
        self.checked(&found, parse)
    }

    fn optional<T>(
        &mut self,
        flag: Option<String>,
        names: Names,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Refused> {
        match self.text(flag, names)? {
            None => Ok(None),
            Some(found) => self.checked(&found, parse).map(Some),
        }
    }

    /// Finds a setting that may also stand in the file that a variable leads to.
    fn secret<T>(
        &mut self,
        flag: Option<String>,
        names: Names,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Refused> {
        let file_variable = format!("{}_FILE", names.variable);
        if let Some(found) = self.text(flag, names)? {
            if found.name == names.variable && self.environment.find(&file_variable).is_some() {
                return self.refuse(&file_variable, format!("is set, and {} too", names.variable));
            }
            return self.checked(&found, parse).map(Some);
        }
        let Some(file) = self.environment.find(&file_variable) else { return Ok(None) };
        let file = PathBuf::from(file);
        match read_secret(&file) {
            Err(reason) => self.refuse(&file_variable, reason),
            Ok(text) => match parse(text.trim()) {
                Ok(value) => Ok(Some(value)),
                Err(reason) => {
                    let reason = format!("leads to {}, whose content {reason}", file.display());
                    self.refuse(&file_variable, reason)
                }
            },
        }
    }

    fn switch(&mut self, flag: bool, variable: &'static str) -> Result<bool, Refused> {
        if flag {
            return Ok(true);
        }
        match self.environment.find(variable).map(|value| value.to_str()) {
            Some(Some("1" | "true" | "yes" | "on")) => Ok(true),
            None | Some(Some("0" | "false" | "no" | "off")) => Ok(false),
            Some(_) => self.refuse(variable, "must be true or false"),
        }
    }
}

/// A value and the name of where it was found.
struct Found {
    name: &'static str,
    text: String,
}

/// How a setting is called on the command line and in the environment.
#[derive(Clone, Copy)]
struct Names {
    flag: &'static str,
    variable: &'static str,
}

const fn names(flag: &'static str, variable: &'static str) -> Names {
    Names { flag, variable }
}

const LISTEN: Names = names("--listen", "BOOKING_LISTEN");
const ADMIN: Names = names("--admin-listen", "BOOKING_ADMIN_LISTEN");
const PUBLIC_URL: Names = names("--public-url", "BOOKING_PUBLIC_URL");
const DATABASE: Names = names("--database-url", "DATABASE_URL");
const MIGRATE_URL: Names = names("--migrate-url", "BOOKING_MIGRATE_URL");
const MAX_CLIENTS: Names = names("--max-connections", "BOOKING_MAX_CONNECTIONS");
const CONNECTIONS: Names = names("--database-connections", "BOOKING_DATABASE_CONNECTIONS");
const REDIS: Names = names("--redis-url", "REDIS_URL");
const GATEWAY: Names = names("--payment-gateway", "BOOKING_PAYMENT_GATEWAY");
const HOLD_TTL: Names = names("--hold-ttl", "BOOKING_HOLD_TTL");
const NOTICE_LEASE: Names = names("--notice-lease", "BOOKING_NOTICE_LEASE");
const SLOW_SEARCH: Names = names("--slow-search", "BOOKING_SLOW_SEARCH");
const MAIL_DIR: Names = names("--mail-dir", "BOOKING_MAIL_DIR");
const MAIL_FROM: Names = names("--mail-from", "BOOKING_MAIL_FROM");
const WEBHOOK_URL: Names = names("--webhook-url", "BOOKING_WEBHOOK_URL");
const SHUTDOWN_DELAY: Names = names("--shutdown-delay", "BOOKING_SHUTDOWN_DELAY");
const LOG: Names = names("--log", "RUST_LOG");
const LOG_FORMAT: Names = names("--log-format", "BOOKING_LOG_FORMAT");
// These three have no flag: anybody on the machine can read a command line.
const IPN_SECRET: Names = names("BOOKING_IPN_SECRET", "BOOKING_IPN_SECRET");
const SMTP: Names = names("BOOKING_SMTP_URL", "BOOKING_SMTP_URL");
const WEBHOOK_SECRET: Names = names("BOOKING_WEBHOOK_SECRET", "BOOKING_WEBHOOK_SECRET");

fn read_secret(file: &Path) -> Result<String, String> {
    let unreadable = |error| format!("leads to {}: {error}", file.display());
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > MAX_SECRET_FILE_BYTES {
        return Err(format!("leads to {}, which is too long for a secret", file.display()));
    }
    std::fs::read_to_string(file).map_err(unreadable)
}

#[cfg(test)]
mod tests;
