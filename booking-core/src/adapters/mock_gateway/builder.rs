//! Sets a mock gateway up.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::fault_script::FaultScript;
use super::journal::{self, Journal, JournalError, Progress};
use super::link::LinkSigner;
use super::queue::Backoff;
use super::register::{Moment, Register};
use super::secrets::IpnSecrets;
use super::transport::{HttpTransport, InProcessTransport, NotificationTransport};
use super::{Inner, MockGateway};
use crate::domain::invalid::Invalid;
use crate::domain::text::WebUrl;
use crate::ports::clock::{Clock, IdSource};
use crate::ports::payment_gateway::IncomingNotification;

/// Why a mock gateway cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The public address is not an absolute `http` or `https` address without query and fragment.
    #[error("the public address {0}")]
    PublicUrl(Invalid),
    /// The address for notifications is not an absolute `http` address.
    #[error("the address for notifications {0}")]
    IpnUrl(Invalid),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Sets a [`MockGateway`] up.
#[derive(Debug)]
pub struct MockGatewayBuilder {
    secrets: IpnSecrets,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    public_url: String,
    ipn_url: Option<String>,
    transport: Option<Arc<dyn NotificationTransport>>,
    journal: Option<PathBuf>,
    default_script: FaultScript,
    backoff: Backoff,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    concurrency: usize,
    retention: Duration,
}

impl MockGatewayBuilder {
    pub(super) fn new(secrets: IpnSecrets, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self {
            secrets,
            clock,
            ids,
            public_url: "http://127.0.0.1:8080".to_owned(),
            ipn_url: None,
            transport: None,
            journal: None,
            default_script: FaultScript::none(),
            backoff: Backoff {
                first: Duration::from_millis(500),
                ceiling: Duration::from_hours(1),
                patience: Duration::from_hours(3 * 24),
            },
            connect_timeout: Duration::from_secs(3),
            attempt_timeout: Duration::from_secs(20),
            concurrency: 16,
            retention: Duration::from_hours(7 * 24),
        }
    }

    /// Sets what payment links and return addresses begin with; `http://127.0.0.1:8080` by default.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = url.into();
        self
    }

    /// Sets where notifications are posted to; `/v1/payments/ipn` below the public address by default. It must
    /// be `http`: behind a proxy that ends TLS, name the server's own address.
    pub fn ipn_url(mut self, url: impl Into<String>) -> Self {
        self.ipn_url = Some(url.into());
        self
    }

    /// Sends notifications by a transport of the host's own, in place of HTTP.
    pub fn transport(mut self, transport: Arc<dyn NotificationTransport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Hands notifications to a closure that answers with a status, in place of HTTP.
    pub fn deliver_to<F, Answer>(self, receive: F) -> Self
    where
        F: Fn(IncomingNotification) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = u16> + Send + 'static,
    {
        self.transport(Arc::new(InProcessTransport::new(receive)))
    }

    /// Keeps payments and undelivered notifications in a file, so that they outlive the process. By default
    /// they are in memory only.
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// Sets what goes wrong with payments that have no script of their own.
    pub fn default_script(mut self, script: FaultScript) -> Self {
        self.default_script = script;
        self
    }

    /// Sets the wait after the first attempt that fails, which then doubles up to `ceiling`; half a second and
    /// an hour by default.
    pub fn backoff(mut self, first: Duration, ceiling: Duration) -> Self {
        // Without any wait, an endpoint that refuses would be asked without a pause.
        self.backoff.first = first.max(Duration::from_millis(1));
        self.backoff.ceiling = ceiling.max(self.backoff.first);
        self
    }

    /// Sets for how long a notification is tried; 3 days by default.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.backoff.patience = patience;
        self
    }

    /// Sets how long a connection may take, 3 s by default, and an attempt in all, 20 s by default.
    pub fn timeouts(mut self, connect: Duration, attempt: Duration) -> Self {
        self.connect_timeout = connect;
        self.attempt_timeout = attempt;
        self
    }

    /// Sets how many notifications are sent at the same time, at least one; 16 by default.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Sets for how long payments are remembered that nothing happens to any more, at least a day; 7 days by
    /// default.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention.max(Duration::from_hours(24));
        self
    }

    /// Sets the gateway up, and takes up what its journal holds. It reads and writes files, so it blocks.
    ///
    /// # Errors
    /// - [`BuildError::PublicUrl`] and [`BuildError::IpnUrl`] for addresses that cannot be used.
    /// - [`BuildError::Journal`] if the journal is broken, unreachable, or in use.
    pub fn build(self) -> Result<MockGateway, BuildError> {
        let public_url = check_public_url(&self.public_url)?;
        let transport = if let Some(transport) = self.transport {
            transport
        } else {
            let url = self.ipn_url.unwrap_or_else(|| format!("{public_url}/v1/payments/ipn"));
            let http = HttpTransport::new(&url, self.connect_timeout);
            Arc::new(http.map_err(BuildError::IpnUrl)?)
        };
        let mut register = Register::new(self.default_script, self.retention);
        let progress = match self.journal {
            // Nothing is written, so nothing has to be waited for.
            None => watch::channel(Progress { durable: u64::MAX, has_failed: false }).1,
            Some(path) => {
                let lock = Journal::lock(&path)?;
                let moment = Moment::at(self.clock.now());
                let replayed = register.replay(journal::read(&path)?, moment);
                replayed.map_err(|line| JournalError::Corrupt { line })?;
                let (journal, progress) = Journal::start(&path, lock, &register.snapshot())?;
                register.keep_journal(journal);
                progress
            }
        };
        let signer = LinkSigner::new(&self.secrets, &public_url);
        let inner = Inner {
            secrets: self.secrets,
            signer,
            public_url,
            clock: self.clock,
            ids: self.ids,
            transport,
            register: Mutex::new(register),
            progress,
            wake: Notify::new(),
            settled: Notify::new(),
            backoff: self.backoff,
            concurrency: self.concurrency,
            attempt_timeout: self.attempt_timeout,
        };
        Ok(MockGateway { inner: Arc::new(inner) })
    }
}

fn check_public_url(url: &str) -> Result<String, BuildError> {
    let url = WebUrl::new(url).map_err(BuildError::PublicUrl)?;
    if url.as_str().contains(['?', '#']) {
        return Err(BuildError::PublicUrl(Invalid::new("must not have a query or fragment")));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
