//! Private pgbouncers.

use std::sync::{Arc, OnceLock};

use anyhow::{Result, bail};
use rustix::process::Signal;

use crate::greeting::asks_for_password;
use crate::machine;
use crate::ports::Port;
use crate::postgres::{PASSWORD, Postgres, USER};
use crate::process::{Process, shell_line};
use crate::wait::{blocking, must};

/// What users deploy.
const DEPLOYED: &str = include_str!("../../deploy/pgbouncer/pgbouncer.ini");

/// How a pgbouncer is to be started. What is not here is as in `deploy/pgbouncer/pgbouncer.ini`.
#[derive(Debug, Clone)]
pub struct PgBouncerOptions {
    /// How many connections to PostgreSQL the clients share. So few by default that tests have to.
    pub default_pool_size: u32,
}

impl Default for PgBouncerOptions {
    fn default() -> Self {
        Self { default_pool_size: 4 }
    }
}

/// A pgbouncer of its own, in transaction mode, that leads to any database of one PostgreSQL.
#[derive(Debug)]
pub struct PgBouncer {
    server: Arc<Server>,
}

#[derive(Debug)]
struct Server {
    process: Process,
    port: Port,
    launch: String,
}

impl Server {
    fn start(postgres_port: u16, options: &PgBouncerOptions) -> Result<Self> {
        let pgbouncer = machine::program("pgbouncer", "pgbouncer 1.18 or newer")?;
        let process = Process::new("pgbouncer", "KILL")?;
        let port = Port::claim()?;
        let users = process.folder().join("userlist.txt");
        let changes = [
            ("*", format!("host=127.0.0.1 port={postgres_port}")),
            ("listen_addr", "127.0.0.1".to_owned()),
            ("listen_port", port.number().to_string()),
            ("auth_file", users.display().to_string()),
            ("default_pool_size", options.default_pool_size.to_string()),
        ];
        let mut configuration = DEPLOYED.to_owned();
        for (key, value) in changes {
            configuration = set(&configuration, key, &value)?;
        }
        process.write("pgbouncer.ini", &configuration)?;
        process.write("userlist.txt", &format!("\"{USER}\" \"{PASSWORD}\"\n"))?;
        let file = process.folder().join("pgbouncer.ini").display().to_string();
        let run = shell_line([&*pgbouncer.display().to_string(), &file]);
        let server = Self { process, port, launch: format!("exec {run}\n") };
        server.start_again()?;
        Ok(server)
    }

    fn start_again(&self) -> Result<()> {
        let port = self.port.number();
        self.process.start(&self.launch, || asks_for_password(port, USER))
    }
}

/// Changes the one line that sets `key`.
fn set(configuration: &str, key: &str, value: &str) -> Result<String> {
    let sets = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim_end() == key);
    if configuration.lines().filter(|line| sets(line)).count() != 1 {
        bail!("deploy/pgbouncer/pgbouncer.ini does not set {key} once");
    }
    let lines = configuration
        .lines()
        .map(|line| if sets(line) { format!("{key} = {value}\n") } else { format!("{line}\n") });
    Ok(lines.collect())
}

impl PgBouncer {
    /// Starts a pgbouncer in front of a PostgreSQL.
    ///
    /// # Panics
    /// If pgbouncer is not installed or does not start.
    pub async fn start(postgres: &Postgres, options: PgBouncerOptions) -> Self {
        let port = postgres.port();
        blocking(move || Self::start_now(port, &options)).await
    }

    fn start_now(postgres_port: u16, options: &PgBouncerOptions) -> Self {
        Self { server: Arc::new(must(Server::start(postgres_port, options))) }
    }

    /// Returns the pgbouncer that all tests of this process share, in front of [`Postgres::shared`] and
    /// with the default options. The first call starts both, and blocks until they answer.
    ///
    /// # Panics
    /// If they are not installed or do not start.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PgBouncer> = OnceLock::new();
        SHARED.get_or_init(|| {
            Self::start_now(Postgres::shared().port(), &PgBouncerOptions::default())
        })
    }

    /// Returns the address of a database through this pgbouncer; it stays the same after a new start.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port())
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.server.port.number()
    }

    /// Returns the id of the process.
    pub fn process_id(&self) -> Option<i32> {
        self.server.process.id()
    }

    /// Kills pgbouncer, and all connections through it.
    ///
    /// # Panics
    /// If that cannot be done.
    pub async fn kill9(&self) {
        self.control(|server| server.process.kill()).await;
    }

    /// Ends pgbouncer at once, but in an orderly way.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn stop(&self) {
        self.control(|server| server.process.stop(Signal::TERM)).await;
    }

    /// Starts pgbouncer again at the same address, and waits until it answers.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_again(&self) {
        self.control(Server::start_again).await;
    }

    /// Stops the process in its tracks.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn pause(&self) {
        self.control(|server| server.process.pause()).await;
    }

    /// Lets the process go on after [`pause`](Self::pause).
    ///
    /// # Panics
    /// If it does not run.
    pub async fn resume(&self) {
        self.control(|server| server.process.resume()).await;
    }

    /// Tells whether the process runs, paused or not.
    pub fn is_running(&self) -> bool {
        self.server.process.is_running()
    }

    async fn control(&self, work: impl FnOnce(&Server) -> Result<()> + Send + 'static) {
        let server = Arc::clone(&self.server);
        must(blocking(move || work(&server)).await);
    }
}
