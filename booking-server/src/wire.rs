//! Which adapters there are: the only place that names them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use booking_core::adapters::mail::smtp::{SmtpNotifier, SmtpSettings};
use booking_core::adapters::mail::{EmlNotifier, MailRenderer, MailSettings};
use booking_core::adapters::memory::{MemoryCacheSettings, MemoryStockCache};
use booking_core::adapters::mock_gateway::{BuildError, IpnSecrets, JournalError, MockGateway};
use booking_core::adapters::redis::{RedisCacheSettings, RedisStockCache};
use booking_core::adapters::webhook::WebhookNotifier;
use booking_core::ports::{IdSource, Notifier, StockCache};
use booking_core::service::BookingSystem;
use booking_server::app::DependencyKinds;

use crate::config::{Config, DatabaseUrl, MailAddress, PublicUrl, SecretUrl, reachable};
use crate::ipn_secret;

mod storage;

pub(crate) use booking_core::adapters::postgres::PoolState;
pub(crate) use storage::{IfMissing, Storage};

/// How many servers may run in one folder with a mock gateway each.
const MAX_SERVERS_OF_A_FOLDER: u32 = 64;

/// Everything that a server needs.
pub(crate) struct Engine {
    pub(crate) system: BookingSystem,
    pub(crate) gateway: MockGateway,
}

/// Says what the settings make database and cache.
pub(crate) fn kinds(config: &Config) -> DependencyKinds {
    let database = match (&config.database, config.pgbouncer) {
        (DatabaseUrl::Sqlite { .. }, _) => "sqlite",
        (DatabaseUrl::Postgres(_), false) => "postgresql",
        (DatabaseUrl::Postgres(_), true) => "postgresql-pgbouncer",
    };
    let cache = match config.redis.len() {
        0 => "memory",
        1 => "redis",
        _ => "redis-cluster",
    };
    DependencyKinds { database, cache }
}

/// Puts the system together for a server whose public listener is at `bound`. On a runtime.
pub(crate) fn assemble(
    config: &Config,
    storage: &Storage,
    public_url: &PublicUrl,
    bound: SocketAddr,
) -> anyhow::Result<Engine> {
    let gateway = mock_gateway(config, storage, public_url, bound)?;
    let cache = stock_cache(config, &*storage.ids)?;
    let system = BookingSystem::builder()
        .repositories(Arc::clone(&storage.events), Arc::clone(&storage.bookings))
        .cache(cache)
        .gateway(Arc::new(gateway.clone()))
        .notifier(notifier(config, public_url)?)
        .time_and_ids(Arc::clone(&storage.clock), Arc::clone(&storage.ids))
        .settings(|settings| {
            settings.hold_ttl = config.hold_ttl;
            settings.notice_lease = config.notice_lease;
        })
        .build()?;
    Ok(Engine { system, gateway })
}

/// Starts the mock gateway of this process.
///
/// What it has yet to send is in a file that it alone may open: beside an embedded database, and else in the
/// folder that the server runs in, numbered, where each server takes the first that no other one has.
fn mock_gateway(
    config: &Config,
    storage: &Storage,
    public_url: &PublicUrl,
    bound: SocketAddr,
) -> anyhow::Result<MockGateway> {
    let journals = match &config.database {
        DatabaseUrl::Sqlite { file, .. } => vec![DatabaseUrl::beside(file, ".mock-gateway")],
        DatabaseUrl::Postgres(_) => (1..=MAX_SERVERS_OF_A_FOLDER)
            .map(|number| PathBuf::from(format!("booking.{number}.mock-gateway")))
            .collect(),
    };
    let secrets = ipn_secrets(config)?;
    let mut built = Err(BuildError::Journal(JournalError::InUse));
    for journal in journals {
        let (clock, ids) = (Arc::clone(&storage.clock), Arc::clone(&storage.ids));
        built = MockGateway::builder(secrets.clone(), clock, ids)
            .public_url(public_url.as_str())
            // Whatever the public URL is, this process reaches itself without a proxy.
            .ipn_url(format!("http://{}/v1/payments/ipn", reachable(bound)))
            .journal(journal)
            .build();
        if !matches!(built, Err(BuildError::Journal(JournalError::InUse))) {
            break;
        }
    }
    built.context("the mock payment gateway cannot be started")
}

/// Makes the cache: in this process, in one Redis, or in a cluster of them. Nothing is connected yet.
fn stock_cache(config: &Config, ids: &dyn IdSource) -> anyhow::Result<Arc<dyn StockCache>> {
    let seed = ids.next_id().as_u64_pair().1;
    if let Some(cache) = redis_cache(config, seed)? {
        return Ok(Arc::new(cache));
    }
    let settings = MemoryCacheSettings { seed, ..MemoryCacheSettings::default() };
    Ok(Arc::new(MemoryStockCache::new(settings)))
}

fn redis_cache(config: &Config, seed: u64) -> anyhow::Result<Option<RedisStockCache>> {
    if config.redis.is_empty() {
        return Ok(None);
    }
    let urls: Vec<String> = config.redis.iter().map(SecretUrl::expose).collect();
    let settings = RedisCacheSettings { seed, ..RedisCacheSettings::default() };
    let cache = RedisStockCache::connect(&urls, settings);
    cache.context("--redis-url cannot be used").map(Some)
}

/// Makes what posts to an application, if the settings name one. Nothing is connected yet.
fn webhook(config: &Config) -> anyhow::Result<Option<Arc<dyn Notifier>>> {
    let Some(settings) = &config.webhook else { return Ok(None) };
    let notifier = WebhookNotifier::new(settings)
        .map_err(|(field, reason)| anyhow!("--webhook-url cannot be used: {field} {reason}"))?;
    Ok(Some(Arc::new(notifier)))
}

/// Makes what tells buyers: what posts to an application or hands mails to a mail server, if there is one, or writes
/// them into a folder: the one that the settings name, or `mail`, beside an embedded database.
fn notifier(config: &Config, public_url: &PublicUrl) -> anyhow::Result<Arc<dyn Notifier>> {
    if let Some(webhook) = webhook(config)? {
        return Ok(webhook);
    }
    let from = match &config.mail_from {
        Some(from) => from.clone(),
        None => MailAddress::at(&public_url.host()),
    };
    let settings = MailSettings {
        from: from.as_str().to_owned(),
        public_url: public_url.as_str().to_owned(),
        domain: None,
    };
    let renderer = MailRenderer::new(&settings)
        .map_err(|(field, reason)| anyhow!("mails cannot be written: {field} {reason}"))?;
    if let Some(settings) = &config.smtp {
        return mail_server(settings, renderer);
    }
    let folder = match &config.mail_dir {
        Some(folder) => folder.clone(),
        None => match &config.database {
            DatabaseUrl::Sqlite { file, .. } => file.with_file_name("mail"),
            DatabaseUrl::Postgres(_) => PathBuf::from("mail"),
        },
    };
    let shown = folder.display().to_string();
    let notifier = EmlNotifier::new(folder, renderer);
    notifier
        .prepare()
        .with_context(|| format!("mails cannot be written to {shown}, which --mail-dir sets"))?;
    Ok(Arc::new(notifier))
}

/// Makes what hands mails to a mail server. Whether it answers is tried beside, because tickets are sold without it:
/// mails wait until it does.
fn mail_server(
    settings: &SmtpSettings,
    renderer: MailRenderer,
) -> anyhow::Result<Arc<dyn Notifier>> {
    let notifier = SmtpNotifier::new(settings.clone(), renderer)
        .map_err(|reason| anyhow!("BOOKING_SMTP_URL {reason}"))?;
    let notifier = Arc::new(notifier);
    let tried = Arc::clone(&notifier);
    tokio::spawn(async move {
        if let Err(error) = tried.check().await {
            let reason = format!("{:#}", anyhow::Error::from(error));
            tracing::warn!(reason, "the mail server cannot be used now: mails wait until it can");
        }
    });
    Ok(notifier)
}

fn ipn_secrets(config: &Config) -> anyhow::Result<IpnSecrets> {
    match (&config.ipn_secrets, &config.database) {
        (Some(secrets), _) => Ok(secrets.clone()),
        (None, DatabaseUrl::Sqlite { file, .. }) => {
            ipn_secret::find_or_make(&DatabaseUrl::beside(file, ".ipn-secret"))
        }
        (None, DatabaseUrl::Postgres(_)) => {
            bail!("BOOKING_IPN_SECRET must be set with PostgreSQL: all servers have to share one")
        }
    }
}

/// Refuses, before anything is touched, what a server cannot be started with.
pub(crate) fn check(config: &Config) -> anyhow::Result<()> {
    if matches!(config.database, DatabaseUrl::Postgres(_)) {
        ipn_secrets(config)?;
    }
    webhook(config)?;
    storage::check(config)?;
    redis_cache(config, 0).map(drop)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::config::Environment;

    #[test]
    fn the_settings_say_what_database_and_cache_are() {
        for (line, database, cache) in [
            (&["booking-server"][..], "sqlite", "memory"),
            (
                &["booking-server", "--database-url=postgres://a/b", "--redis-url=redis://a"],
                "postgresql",
                "redis",
            ),
            (
                &[
                    "booking-server",
                    "--database-url=postgres://a/b",
                    "--pgbouncer",
                    "--redis-url=redis://a,redis://b",
                ],
                "postgresql-pgbouncer",
                "redis-cluster",
            ),
        ] {
            let options = Cli::try_parse_from(line).unwrap().options;
            let config = Config::load(options, &Environment::default()).unwrap();
            assert_eq!(kinds(&config), DependencyKinds { database, cache });
        }
    }
}
