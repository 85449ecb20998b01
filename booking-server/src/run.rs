//! Serving, from the first socket to the last row.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use booking_core::service::{BookingSystem, Workers};
use booking_server::app::{AdminHosts, App};
use booking_server::http::limits::Limits;
use booking_server::http::listener;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::Verdict;
use crate::config::{Config, DatabaseUrl, ListenAddress, PublicUrl, SHORTEST_USEFUL_HOLD};
use crate::signals::Stop;
use crate::telemetry;
use crate::wire::{self, Engine, IfMissing, PoolState, Storage};

/// Few people administer; this keeps the descriptors for the buyers.
const ADMIN_CONNECTIONS: usize = 64;

/// From the end of `--shutdown-delay` to the end of everything but [`crate::LAST_WORK`]. Together
/// they are shorter than the 30 s after which orchestrators kill.
const END_WITHIN: Duration = Duration::from_secs(28);

/// How much of that the database has to close at least. It is whole without, too.
const LAST_WRITES: Duration = Duration::from_millis(1_500);

/// How often the metrics are brought up to date of what has a state and no moment: outbox and connections.
const SAMPLE: Duration = Duration::from_secs(5);

/// Serves until the process is told to stop.
pub(crate) async fn serve(config: &Config) -> anyhow::Result<Verdict> {
    telemetry::start_logging(config)?;
    telemetry::log_panics();
    wire::check(config)?;
    warn_about(config);
    let stop = Stop::on_signals()?;

    // First of all, so that a second server on the same ports touches nothing.
    let public = bind("--listen", &config.listen).await?;
    let admin = bind("--admin-listen", &config.admin_listen).await?;
    let (public_at, admin_at) = (public.local_addr()?, admin.local_addr()?);
    let public_url = match &config.public_url {
        Some(url) => url.clone(),
        None => PublicUrl::of_listener(public_at),
    };

    // Nobody has been answered yet, and what the start has begun stands being killed.
    let storage = tokio::select! {
        opened = open(config) => opened?,
        () = stop.clone().wait() => {
            tracing::info!("told to stop before the start was over");
            return Ok(Verdict::Good);
        }
    };
    let render_metrics = telemetry::start_metrics()?;
    let engine = wire::assemble(config, &storage, &public_url, public_at)?;
    // Whoever binds it elsewhere has decided who reaches it, and by which name.
    let admin_hosts =
        if admin_at.ip().is_loopback() { AdminHosts::Loopback } else { AdminHosts::Any };
    let app = App::builder(engine.system.clone())
        .public_url(public_url.as_str())
        .limits(limits(config))
        .admin_hosts(admin_hosts)
        .kinds(wire::kinds(config))
        .mock_gateway(Arc::new(engine.gateway.clone()))
        .metrics(render_metrics)
        .build();

    let sampler = tokio::spawn(sample(engine.system.clone(), storage.connections()));
    let running = Running::start(&app, engine, (public, admin), &stop, sampler);
    announce(&public_url, public_at, admin_at);
    stop.clone().wait().await;
    app.start_draining();
    tracing::info!("told to stop: finishing what is under way");
    // Load balancers need a moment to see that /readyz says no.
    tokio::time::sleep(config.shutdown_delay).await;
    let deadline = Instant::now() + END_WITHIN;
    running.end(deadline - LAST_WRITES).await;
    drop(app);
    if tokio::time::timeout_at(deadline, storage.close()).await.is_err() {
        tracing::warn!("the database did not close in time");
    }
    tracing::info!("stopped");
    Ok(Verdict::Good)
}

/// Opens the database, waiting for it for a while, and makes it ready.
async fn open(config: &Config) -> anyhow::Result<Storage> {
    let storage = Storage::open(config, IfMissing::Make).await?;
    storage.prepare(config).await?;
    if config.demo {
        fill_with_demo(&storage).await?;
    }
    Ok(storage)
}

/// Everything that runs between the start and the end.
struct Running {
    /// Tells the listeners that it is time.
    close: tokio::sync::watch::Sender<bool>,
    listeners: [JoinHandle<listener::Drained>; 2],
    gateway: JoinHandle<()>,
    workers: Workers,
    sampler: JoinHandle<()>,
}

impl Running {
    fn start(
        app: &App,
        engine: Engine,
        sockets: (TcpListener, TcpListener),
        stop: &Stop,
        sampler: JoinHandle<()>,
    ) -> Self {
        let (close, closed) = tokio::sync::watch::channel(false);
        let is_closed = move || {
            let mut closed = closed.clone();
            async move {
                // Without a sender the server is ending as well.
                let _ = closed.wait_for(|closed| *closed).await;
            }
        };
        let limits = app.limits().clone();
        let few = Limits {
            max_connections: limits.max_connections.min(ADMIN_CONNECTIONS),
            ..limits.clone()
        };
        let (public, admin) = sockets;
        let listeners = [
            tokio::spawn(listener::serve(
                booking_server::PUBLIC,
                public,
                booking_server::service(app.clone()),
                limits,
                is_closed(),
            )),
            tokio::spawn(listener::serve(
                booking_server::ADMIN,
                admin,
                booking_server::admin_service(app.clone()),
                few,
                is_closed(),
            )),
        ];
        let Engine { system, gateway } = engine;
        let stopped = stop.clone();
        let gateway = tokio::spawn(async move { gateway.run(stopped.wait()).await });
        let workers = system.start_workers();
        Self { close, listeners, gateway, workers, sampler }
    }

    /// Finishes what was accepted and, beside it, the background work that is under way.
    async fn end(self, until: Instant) {
        let _ = self.close.send(true);
        self.sampler.abort();
        let requests = async {
            for listener in self.listeners {
                // A listener that panicked was logged by the hook.
                let _ = listener.await;
            }
        };
        let work = async {
            self.workers.stop().await;
            let _ = self.gateway.await;
        };
        finish(requests, work, until).await;
    }
}

/// Lets requests and background work end side by side while there is time. Requests need no worker:
/// what they leave to one, such as a mail, is stored, and the next start takes it up.
async fn finish(
    requests: impl Future<Output = ()>,
    work: impl Future<Output = ()>,
    until: Instant,
) {
    let requests = async {
        if tokio::time::timeout_at(until, requests).await.is_err() {
            tracing::warn!("requests were cut off");
        }
    };
    let work = async {
        if tokio::time::timeout_at(until, work).await.is_err() {
            tracing::warn!("background work was cut off; the next start takes it up");
        }
    };
    tokio::join!(requests, work);
}

fn limits(config: &Config) -> Limits {
    let asked_for = Limits { max_connections: config.max_connections, ..Limits::default() };
    let to_database = match &config.database {
        DatabaseUrl::Sqlite { .. } => 0,
        DatabaseUrl::Postgres(_) => {
            usize::try_from(config.database_connections).unwrap_or(usize::MAX)
        }
    };
    let needed_files = asked_for.needed_files(to_database);
    let limits = asked_for.within_open_files(to_database);
    if limits.max_connections < config.max_connections {
        tracing::warn!(
            asked_for = config.max_connections,
            taken = limits.max_connections,
            needed_files,
            "fewer connections are taken at once than --max-connections says: the process may not open more files \
             (ulimit -n)"
        );
    }
    limits
}

async fn bind(flag: &str, address: &ListenAddress) -> anyhow::Result<TcpListener> {
    let address = address.as_str();
    let bound = listener::listen(address).await;
    bound.with_context(|| format!("{flag} {address} cannot be listened on"))
}

fn warn_about(config: &Config) {
    for variable in &config.unknown_variables {
        tracing::warn!(variable, "this variable means nothing here; is it misspelt?");
    }
    if config.hold_ttl < SHORTEST_USEFUL_HOLD {
        tracing::warn!(
            hold_ttl_s = config.hold_ttl.as_secs_f64(),
            "tickets are held for less than a minute: good for tests only"
        );
    }
    if config.migrate_url.is_some() && matches!(config.database, DatabaseUrl::Sqlite { .. }) {
        tracing::warn!("--migrate-url is not needed for SQLite, and is ignored");
    }
}

/// Says where to look. On stdout, so that neither a filter nor a format of logs can hide it, and
/// whoever started the program on port 0 learns the ports.
fn announce(public_url: &PublicUrl, public_at: SocketAddr, admin_at: SocketAddr) {
    let mut stdout = std::io::stdout().lock();
    let url = public_url.as_str();
    // It goes on just as well when nobody reads this.
    let _ = writeln!(stdout, "Open {url}/ (listening on {public_at}, for admins on {admin_at})");
    let _ = stdout.flush();
}

async fn fill_with_demo(storage: &Storage) -> anyhow::Result<()> {
    let Storage { events, bookings, clock, ids, .. } = storage;
    let filled = booking_server::demo::fill(&**events, &**bookings, &**clock, &**ids).await;
    match filled.context("the catalogue cannot be filled with demo events")? {
        0 => tracing::info!(
            "--demo changes nothing: the catalogue has events of its own, or the demo"
        ),
        count => tracing::info!(events = count, "the demo events are in the catalogue"),
    }
    Ok(())
}

async fn sample(
    system: BookingSystem,
    connections: Option<impl Fn() -> PoolState + Send + 'static>,
) {
    loop {
        if let Some(connections) = &connections {
            show_connections(connections());
        }
        // A failure shows at the workers, which log it.
        if let Ok(depth) = system.outbox_depth().await {
            metrics::gauge!("booking_outbox_due").set(as_gauge(depth.due));
            metrics::gauge!("booking_outbox_dead").set(as_gauge(depth.dead));
        }
        tokio::time::sleep(SAMPLE).await;
    }
}

fn show_connections(PoolState { size, idle, max }: PoolState) {
    // The two are read one after the other.
    let busy = size.saturating_sub(idle);
    metrics::gauge!("booking_database_connections", "state" => "busy").set(f64::from(busy));
    metrics::gauge!("booking_database_connections", "state" => "idle").set(f64::from(idle));
    metrics::gauge!("booking_database_connections_max").set(f64::from(max));
}

fn as_gauge(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whatever_hangs_the_process_ends_before_it_is_killed() {
        const KILLED_AFTER: Duration = Duration::from_secs(30);
        let started = Instant::now();
        let deadline = started + END_WITHIN;
        finish(pending(), pending(), deadline - LAST_WRITES).await;
        let _ = tokio::time::timeout_at(deadline, pending::<()>()).await;
        assert!(started.elapsed() + crate::LAST_WORK < KILLED_AFTER);
    }

    #[test]
    fn requests_have_all_the_time_that_the_listener_gives_them() {
        assert!(Limits::default().drain_timeout < END_WITHIN.checked_sub(LAST_WRITES).unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn background_work_and_requests_do_not_wait_for_each_other() {
        let ended = std::cell::Cell::new(0);
        let until = Instant::now() + END_WITHIN;
        finish(async { ended.set(ended.get() + 1) }, pending(), until).await;
        finish(pending(), async { ended.set(ended.get() + 1) }, until).await;
        assert_eq!(ended.get(), 2);
    }
}
