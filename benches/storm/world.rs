//! The parts that are tried: all of them private.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use booking_benches::stage::{Launched, launch};
use booking_testbed::{PgBouncer, PgBouncerOptions, Postgres, PostgresOptions, RedisCluster};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::client::{SECRET, Target};

/// How long unpaid tickets are held: short, so that many run out.
pub(crate) const HOLD: Duration = Duration::from_secs(4);

const SERVERS: usize = 3;
const DATABASE: &str = "booking";
/// Whom mails are from.
const SENDER: &str = "tickets@example.org";
const STARTS_WITHIN: Duration = Duration::from_mins(1);

/// Everything that runs.
pub(crate) struct World {
    pub(crate) postgres: Postgres,
    pub(crate) pgbouncer: PgBouncer,
    pub(crate) cluster: RedisCluster,
    pub(crate) servers: Vec<Server>,
    pub(crate) targets: Arc<Vec<Target>>,
    program: PathBuf,
    folder: TempDir,
    mail_server: Option<String>,
}

/// A server as a process.
pub(crate) struct Server {
    child: Child,
    pub(crate) public: String,
    pub(crate) admin: String,
}

impl World {
    /// Starts everything. Mails are handed to `mail_server` (`smtp://…`), or are files.
    pub(crate) async fn start(program: &Path, mail_server: Option<String>) -> anyhow::Result<Self> {
        let program = program.canonicalize().context("build the server first")?;
        let postgres = Postgres::start(PostgresOptions::durable()).await;
        postgres.create_database(DATABASE).await;
        let options = PgBouncerOptions { default_pool_size: 20 };
        let pgbouncer = PgBouncer::start(&postgres, options).await;
        let cluster = RedisCluster::start().await;
        let folder = tempfile::tempdir()?;
        let mut world = Self {
            postgres,
            pgbouncer,
            cluster,
            servers: Vec::new(),
            targets: Arc::default(),
            program,
            folder,
            mail_server,
        };
        // All at once on an empty database: that has to work, too.
        let started = tokio::try_join!(world.launch(None), world.launch(None), world.launch(None))?;
        world.servers = vec![started.0, started.1, started.2];
        debug_assert_eq!(world.servers.len(), SERVERS);
        let targets = world.servers.iter().map(|server| Target {
            public: server.public.clone(),
            admin: server.admin.clone(),
            is_used: AtomicBool::new(true),
            process: AtomicU32::new(server.child.id().unwrap_or_default()),
        });
        world.targets = Arc::new(targets.collect());
        Ok(world)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env_clear()
            .env("DATABASE_URL", self.pgbouncer.url(DATABASE))
            .env("BOOKING_PGBOUNCER", "true")
            .env("BOOKING_MIGRATE_URL", self.postgres.url(DATABASE))
            .env("REDIS_URL", self.cluster.urls())
            .env("BOOKING_IPN_SECRET", SECRET)
            .env("RUST_LOG", "warn")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(url) = &self.mail_server {
            command.env("BOOKING_SMTP_URL", url).env("BOOKING_MAIL_FROM", SENDER);
        }
        command
    }

    async fn launch(&self, at: Option<(&str, &str)>) -> anyhow::Result<Server> {
        let (public, admin) = at.unwrap_or(("127.0.0.1:0", "127.0.0.1:0"));
        let hold = format!("{}s", HOLD.as_secs());
        let arguments = ["--listen", public, "--admin-listen", admin, "--hold-ttl", &hold];
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("servers.log"))?;
        let mut command = self.command(&arguments);
        command.stderr(log);
        let Launched { process: child, public, admin } = launch(command).await?;
        Ok(Server { child, public, admin })
    }

    /// Kills a server as nothing else can be killed. The load balancer notices.
    pub(crate) async fn kill_server(&mut self, index: usize) -> anyhow::Result<()> {
        self.servers[index].child.kill().await?;
        self.use_server(index, false);
        Ok(())
    }

    /// Tells a server to stop in order, after the load balancer was told, and waits until it has.
    pub(crate) async fn stop_server(&mut self, index: usize) -> anyhow::Result<()> {
        self.use_server(index, false);
        signal("TERM", self.servers[index].child.id()).await?;
        let stopped = tokio::time::timeout(STARTS_WITHIN, self.servers[index].child.wait()).await;
        anyhow::ensure!(stopped??.success(), "a server that was told to stop failed");
        Ok(())
    }

    /// Starts a server again where it was.
    pub(crate) async fn start_server(&mut self, index: usize) -> anyhow::Result<()> {
        let (public, admin) =
            (self.servers[index].public.clone(), self.servers[index].admin.clone());
        self.servers[index] = self.launch(Some((&public, &admin))).await?;
        let process = self.servers[index].child.id().context("it has just started")?;
        self.targets[index].process.store(process, Ordering::Relaxed);
        self.use_server(index, true);
        Ok(())
    }

    /// Lets PostgreSQL end every connection.
    pub(crate) async fn cut_connections(&self) {
        self.postgres.terminate_connections(DATABASE).await;
    }

    /// Stops the process of a server where it stands, or lets it go on.
    pub(crate) async fn signal_server(&self, index: usize, name: &str) -> anyhow::Result<()> {
        signal(name, self.servers[index].child.id()).await
    }

    pub(crate) fn use_server(&self, index: usize, is_used: bool) {
        self.targets[index].is_used.store(is_used, Ordering::Relaxed);
    }

    /// Recomputes the books, while the servers run. Tells whether they balance.
    pub(crate) async fn audit(&self) -> anyhow::Result<bool> {
        let output = self.command(&["audit"]).output().await?;
        if !output.status.success() {
            crate::say(&String::from_utf8_lossy(&output.stdout));
            crate::say(&String::from_utf8_lossy(&output.stderr));
        }
        Ok(output.status.success())
    }
}

async fn signal(name: &str, process: Option<u32>) -> anyhow::Result<()> {
    let process = process.context("the process has ended")?.to_string();
    let sent = Command::new("kill").args(["-s", name, &process]).status().await?;
    anyhow::ensure!(sent.success(), "the process cannot be signalled");
    Ok(())
}
