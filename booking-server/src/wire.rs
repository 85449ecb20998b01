//! Which adapters there are: the only place that names them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use booking_core::adapters::mail::{EmlNotifier, MailRenderer, MailSettings};
use booking_core::adapters::memory::{MemoryCacheSettings, MemoryStockCache};
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::adapters::sqlite::{
    SqliteBookingRepository, SqliteDatabase, SqliteEventRepository,
};
use booking_core::adapters::system::{SystemClock, SystemIds};
use booking_core::ports::{BookingRepository, Clock, EventRepository, IdSource, Notifier};
use booking_core::service::BookingSystem;

use crate::config::{Config, DatabaseUrl, MailAddress, PublicUrl, reachable};
use crate::ipn_secret;

/// The database, and where time and ids come from: all that most commands need.
pub(crate) struct Storage {
    database: SqliteDatabase,
    /// The file of the database; other files live beside it.
    file: PathBuf,
    pub(crate) events: Arc<dyn EventRepository>,
    pub(crate) bookings: Arc<dyn BookingRepository>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

/// Whether a database that is not there is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMissing {
    Make,
    Fail,
}

impl Storage {
    /// Opens the database that the settings name.
    pub(crate) async fn open(config: &Config, if_missing: IfMissing) -> anyhow::Result<Self> {
        refuse_what_is_not_built_in(config)?;
        let DatabaseUrl::Sqlite { url, file } = &config.database else {
            bail!("--database-url names PostgreSQL, which is not supported by this build yet");
        };
        let shown = file.display();
        let exists = file.try_exists().with_context(|| format!("{shown} cannot be looked for"))?;
        if if_missing == IfMissing::Fail && !exists {
            bail!("there is no database at {shown}");
        }
        if !exists && let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder of {shown} cannot be made"))?;
        }
        let database = SqliteDatabase::open(url)
            .await
            .with_context(|| format!("the database {shown} cannot be opened"))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new(Arc::clone(&clock)));
        Ok(Self {
            events: Arc::new(SqliteEventRepository::new(database.clone(), Arc::clone(&ids))),
            bookings: Arc::new(SqliteBookingRepository::new(database.clone(), Arc::clone(&ids))),
            database,
            file: file.clone(),
            clock,
            ids,
        })
    }

    /// Brings the database up to date.
    pub(crate) async fn migrate(&self) -> anyhow::Result<()> {
        let migrated = self.database.migrate().await;
        migrated.with_context(|| format!("the database {} cannot be migrated", self.file.display()))
    }

    /// Brings the database up to date, or makes sure that somebody has.
    pub(crate) async fn prepare(&self, config: &Config) -> anyhow::Result<()> {
        if config.migrates_at_start {
            return self.migrate().await;
        }
        let checked = self.database.check_schema().await;
        checked.with_context(|| format!("the database {} cannot be used", self.file.display()))
    }

    /// Waits for what is under way, and closes the database.
    pub(crate) async fn close(&self) {
        self.database.close().await;
    }
}

/// Everything that a server needs.
pub(crate) struct Engine {
    pub(crate) system: BookingSystem,
    pub(crate) gateway: MockGateway,
}

/// Puts the system together for a server whose public listener is at `bound`. On a runtime.
pub(crate) fn assemble(
    config: &Config,
    storage: &Storage,
    public_url: &PublicUrl,
    bound: SocketAddr,
) -> anyhow::Result<Engine> {
    let secrets = ipn_secrets(config, storage)?;
    let (clock, ids) = (Arc::clone(&storage.clock), Arc::clone(&storage.ids));
    let gateway = MockGateway::builder(secrets, Arc::clone(&clock), Arc::clone(&ids))
        .public_url(public_url.as_str())
        // Whatever the public URL is, this process reaches itself without a proxy.
        .ipn_url(format!("http://{}/v1/payments/ipn", reachable(bound)))
        .journal(DatabaseUrl::beside(&storage.file, ".mock-gateway"))
        .build()
        .context("the mock payment gateway cannot be started")?;
    let cache = MemoryStockCache::new(MemoryCacheSettings {
        seed: ids.next_id().as_u64_pair().1,
        ..MemoryCacheSettings::default()
    });
    let system = BookingSystem::builder()
        .repositories(Arc::clone(&storage.events), Arc::clone(&storage.bookings))
        .cache(Arc::new(cache))
        .gateway(Arc::new(gateway.clone()))
        .notifier(notifier(config, storage, public_url)?)
        .time_and_ids(clock, ids)
        .settings(|settings| settings.hold_ttl = config.hold_ttl)
        .build()?;
    Ok(Engine { system, gateway })
}

/// Makes what writes mails into a folder, beside the database unless the settings name another.
fn notifier(
    config: &Config,
    storage: &Storage,
    public_url: &PublicUrl,
) -> anyhow::Result<Arc<dyn Notifier>> {
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
    let folder = match &config.mail_dir {
        Some(folder) => folder.clone(),
        None => storage.file.with_file_name("mail"),
    };
    let shown = folder.display().to_string();
    let notifier = EmlNotifier::new(folder, renderer);
    notifier
        .prepare()
        .with_context(|| format!("mails cannot be written to {shown}, which --mail-dir sets"))?;
    Ok(Arc::new(notifier))
}

fn ipn_secrets(config: &Config, storage: &Storage) -> anyhow::Result<IpnSecrets> {
    match &config.ipn_secrets {
        Some(secrets) => Ok(secrets.clone()),
        None => ipn_secret::find_or_make(&DatabaseUrl::beside(&storage.file, ".ipn-secret")),
    }
}

fn refuse_what_is_not_built_in(config: &Config) -> anyhow::Result<()> {
    if matches!(config.database, DatabaseUrl::Postgres(_)) {
        bail!("--database-url names PostgreSQL, which is not supported by this build yet");
    }
    if matches!(config.migrate_url, Some(DatabaseUrl::Postgres(_))) {
        bail!("--migrate-url names PostgreSQL, which is not supported by this build yet");
    }
    if config.pgbouncer {
        bail!("--pgbouncer goes with PostgreSQL, which is not supported by this build yet");
    }
    if !config.redis.is_empty() {
        bail!("--redis-url names Redis, which is not supported by this build yet");
    }
    if config.smtp.is_some() {
        bail!("BOOKING_SMTP_URL names a mail server, which is not supported by this build yet");
    }
    Ok(())
}
