//! What every handler works with.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use booking_core::adapters::mock_gateway::MockGateway;
use booking_core::domain::time::Timestamp;
use booking_core::service::{BookingSystem, Readiness};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::http::limits::Limits;
use crate::http::request_id::NewId;
use crate::seldom::Seldom;

/// How long what database and cache answered is passed on.
const READINESS_LIFE: Duration = Duration::from_millis(250);

/// Renders the metrics in Prometheus' text format.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// By which names the admin listener may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AdminHosts {
    /// Any. Who can reach it is decided by the network.
    #[default]
    Any,
    /// `localhost` and loopback addresses only, because it is bound to one. A page elsewhere whose
    /// name was made to lead here has another name, and its browser says which.
    Loopback,
}

/// What the system's database and cache are, as `/readyz` tells: a word for each, such as `postgresql`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DependencyKinds {
    /// What the database is.
    pub database: &'static str,
    /// What the cache is.
    pub cache: &'static str,
}

/// The state behind both listeners. Clones share everything.
#[derive(Clone)]
pub struct App {
    shared: Arc<Shared>,
}

struct Shared {
    system: BookingSystem,
    public_url: String,
    limits: Limits,
    admin_hosts: AdminHosts,
    kinds: Option<DependencyKinds>,
    mock_gateway: Option<Arc<MockGateway>>,
    render_metrics: Option<RenderMetrics>,
    is_draining: AtomicBool,
    refused_notifications: Seldom,
    readiness: Arc<Mutex<Option<(Instant, Readiness)>>>,
}

impl App {
    /// Begins to put an application together.
    pub fn builder(system: BookingSystem) -> AppBuilder {
        AppBuilder {
            shared: Shared {
                system,
                public_url: String::new(),
                limits: Limits::default(),
                admin_hosts: AdminHosts::default(),
                kinds: None,
                mock_gateway: None,
                render_metrics: None,
                is_draining: AtomicBool::new(false),
                refused_notifications: Seldom::default(),
                readiness: Arc::default(),
            },
        }
    }

    /// Returns the booking engine.
    pub fn system(&self) -> &BookingSystem {
        &self.shared.system
    }

    /// Returns the time by the system's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.system.clock().now()
    }

    /// Returns the address of `path` (which begins with a slash) on the public listener, as others
    /// see it. Without a public URL that is the path itself.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.shared.public_url)
    }

    /// Returns the public address of the service, if it is known.
    pub(crate) fn public_url(&self) -> Option<Url> {
        Url::parse(&self.link("/")).ok()
    }

    /// Returns the limits of each listener.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Returns by which names the admin listener may be asked.
    pub fn admin_hosts(&self) -> AdminHosts {
        self.shared.admin_hosts
    }

    /// Returns what database and cache are, if that was told.
    pub fn kinds(&self) -> Option<DependencyKinds> {
        self.shared.kinds
    }

    /// Returns the mock payment gateway, if its pages are to be served here.
    pub fn mock_gateway(&self) -> Option<&Arc<MockGateway>> {
        self.shared.mock_gateway.as_ref()
    }

    /// Renders the metrics; `None` if nobody collects them.
    pub fn render_metrics(&self) -> Option<String> {
        self.shared.render_metrics.as_ref().map(|render| render())
    }

    /// Makes `/readyz` say from now on that no more requests should be sent here.
    pub fn start_draining(&self) {
        self.shared.is_draining.store(true, Ordering::Relaxed);
    }

    /// Tells whether the process is about to stop.
    pub fn is_draining(&self) -> bool {
        self.shared.is_draining.load(Ordering::Relaxed)
    }

    /// Tells whether to log that a notification was refused. Anybody can have one refused.
    pub(crate) fn logs_refused_notification(&self) -> bool {
        self.shared.refused_notifications.is_due(self.now())
    }

    /// Asks database and cache whether they answer.
    ///
    /// Whoever asks while another does waits for the same answer, which is good for a moment:
    /// `/readyz` is never shed, and must not become a way to keep the database busy.
    pub(crate) async fn readiness(&self) -> Readiness {
        let mut latest = Arc::clone(&self.shared.readiness).lock_owned().await;
        if let Some((at, readiness)) = *latest
            && at.elapsed() < READINESS_LIFE
        {
            return readiness;
        }
        // A task of its own goes on when its caller has left. Otherwise those who wait behind a row of callers
        // that lose patience would wait for as many questions, one after the other.
        let system = self.system().clone();
        let asked = tokio::spawn(async move {
            let readiness = system.readiness().await;
            *latest = Some((Instant::now(), readiness));
            readiness
        });
        // It panics only if an adapter does, and that one cannot be relied on.
        asked.await.unwrap_or(Readiness { database: false, cache: false })
    }

    /// Returns what makes ids for requests that bring none.
    pub(crate) fn new_id(&self) -> NewId {
        let ids = Arc::clone(self.system().ids());
        Arc::new(move || ids.next_id())
    }
}

impl From<BookingSystem> for App {
    fn from(system: BookingSystem) -> Self {
        Self::builder(system).build()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("public_url", &self.shared.public_url)
            .field("limits", &self.shared.limits)
            .field("admin_hosts", &self.shared.admin_hosts)
            .field("is_draining", &self.is_draining())
            .finish_non_exhaustive()
    }
}

/// Collects the options of an [`App`].
pub struct AppBuilder {
    shared: Shared,
}

impl AppBuilder {
    /// Sets what links in answers begin with, such as `https://tickets.example.org`.
    ///
    /// Without it, links are paths, which is right wherever the service is mounted at the root.
    pub fn public_url(mut self, url: &str) -> Self {
        url.trim_end_matches('/').clone_into(&mut self.shared.public_url);
        self
    }

    /// Sets the limits of each listener.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.shared.limits = limits;
        self
    }

    /// Sets by which names the admin listener may be asked.
    pub fn admin_hosts(mut self, hosts: AdminHosts) -> Self {
        self.shared.admin_hosts = hosts;
        self
    }

    /// Tells what database and cache are, for `/readyz`. Without it, that names them without their kinds.
    pub fn kinds(mut self, kinds: DependencyKinds) -> Self {
        self.shared.kinds = Some(kinds);
        self
    }

    /// Serves the pages of the mock payment gateway.
    pub fn mock_gateway(mut self, gateway: Arc<MockGateway>) -> Self {
        self.shared.mock_gateway = Some(gateway);
        self
    }

    /// Sets what `GET /metrics` answers.
    pub fn metrics(mut self, render: RenderMetrics) -> Self {
        self.shared.render_metrics = Some(render);
        self
    }

    /// Puts the application together.
    pub fn build(self) -> App {
        App { shared: Arc::new(self.shared) }
    }
}

impl fmt::Debug for AppBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppBuilder").finish_non_exhaustive()
    }
}
