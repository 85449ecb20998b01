//! What the program is told to do, checked.
//!
//! This is the only place that reads the environment. The command line wins over a variable, a
//! variable over the default, and everything that is wrong is reported at once, by the name of
//! where it came from. No error and no `Debug` output repeats a secret.

use std::path::PathBuf;
use std::time::Duration;

use booking_core::adapters::mail::smtp::SmtpSettings;
use booking_core::adapters::mock_gateway::IpnSecrets;
use booking_core::adapters::webhook::{WebhookSecrets, WebhookSettings};
use clap::ValueEnum;

use crate::cli::{LogFormat, Options};

mod environment;
mod names;
mod source;
mod values;

pub(crate) use environment::Environment;
pub(crate) use source::ConfigError;
pub(crate) use values::{DatabaseUrl, ListenAddress, MailAddress, PublicUrl, SecretUrl, reachable};

use names::{
    ADMIN, CONNECTIONS, DATABASE, GATEWAY, HOLD_TTL, IPN_SECRET, LISTEN, LOG, LOG_FORMAT, MAIL_DIR,
    MAIL_FROM, MAX_CLIENTS, MIGRATE_URL, NOTICE_LEASE, PUBLIC_URL, REDIS, SHUTDOWN_DELAY,
    SLOW_SEARCH, SMTP, WEBHOOK_SECRET, WEBHOOK_URL,
};
use source::{Refused, Source};
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
}

#[cfg(test)]
mod tests;
