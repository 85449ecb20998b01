//! Private PostgreSQL clusters.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::Result;
use rustix::process::Signal;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::{Mutex, OnceCell};

use crate::greeting::asks_for_password;
use crate::machine;
use crate::ports::Port;
use crate::process::{Process, shell_line};
use crate::wait::{blocking, must};

/// The superuser.
pub(crate) const USER: &str = "booking";

/// The superuser's password.
pub(crate) const PASSWORD: &str = "the-password-of-the-tests";

/// How a PostgreSQL is to be started.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    settings: Vec<(String, String)>,
}

impl PostgresOptions {
    /// A server that forgets everything in a power cut, and is quick because of it.
    pub fn fast() -> Self {
        let off = ["fsync", "full_page_writes", "synchronous_commit", "autovacuum"];
        off.iter().fold(Self::durable(), |options, name| options.setting(name, "off"))
    }

    /// A server that keeps what it committed, as one in production does.
    pub fn durable() -> Self {
        Self { settings: Vec::new() }
            .setting("max_connections", "300")
            .setting("shared_buffers", "64MB")
    }

    /// Sets a parameter, over what `deploy/postgres/postgresql.conf` says.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A PostgreSQL server of its own.
#[derive(Debug)]
pub struct Postgres {
    server: Arc<Server>,
    templates: Mutex<HashMap<String, String>>,
    /// Held while a database is copied: a template must have no connections.
    copying: Mutex<()>,
    copies: AtomicU64,
    /// What is said of how to copy one.
    strategy: OnceCell<&'static str>,
}

#[derive(Debug)]
struct Server {
    process: Process,
    port: Port,
    launch: String,
}

impl Server {
    fn start(options: &PostgresOptions) -> Result<Self> {
        let programs = machine::postgres_programs()?;
        let initdb = programs.join("initdb").display().to_string();
        let postgres = programs.join("postgres").display().to_string();
        let process = Process::new("PostgreSQL", "QUIT")?;
        let port = Port::claim()?;
        let folder = process.folder().display().to_string();
        let quoted = |value: &str| value.replace('\'', "''");
        let mut own = format!(
            "include 'booking.conf'\n\
             listen_addresses = '127.0.0.1'\n\
             port = {}\n\
             unix_socket_directories = ''\n\
             hba_file = '{folder}/data/pg_hba.conf'\n\
             ident_file = '{folder}/data/pg_ident.conf'\n\
             dynamic_shared_memory_type = mmap\n",
            port.number(),
            folder = quoted(&folder),
        );
        for (name, value) in &options.settings {
            writeln!(own, "{name} = '{}'", quoted(value)).expect("a string takes everything");
        }
        process.write("postgresql.conf", &own)?;
        process.write("booking.conf", include_str!("../../deploy/postgres/postgresql.conf"))?;
        process.write("password", PASSWORD)?;
        let (data, fresh) = (format!("{folder}/data"), format!("{folder}/data.new"));
        let password = format!("--pwfile={folder}/password");
        let user = format!("--username={USER}");
        let initialise = shell_line([
            &*initdb,
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--auth=scram-sha-256",
            &user,
            &password,
            "-D",
            &fresh,
        ]);
        let rename = shell_line(["mv", &fresh, &data]);
        let config = format!("config_file={folder}/postgresql.conf");
        let run = shell_line([&*postgres, "-D", &data, "-c", &config]);
        let exists = shell_line(["test", "-d", &data]);
        let launch = format!("set -e\n{exists} || {{ {initialise}; {rename}; }}\nexec {run}\n");
        let server = Self { process, port, launch };
        server.start_again()?;
        Ok(server)
    }

    fn start_again(&self) -> Result<()> {
        let port = self.port.number();
        self.process.start(&self.launch, || asks_for_password(port, USER))
    }
}

impl Postgres {
    /// Starts a server with a cluster of its own.
    ///
    /// # Panics
    /// If PostgreSQL is not installed or does not start.
    pub async fn start(options: PostgresOptions) -> Self {
        blocking(move || Self::start_now(&options)).await
    }

    fn start_now(options: &PostgresOptions) -> Self {
        Self {
            server: Arc::new(must(Server::start(options))),
            templates: Mutex::default(),
            copying: Mutex::default(),
            copies: AtomicU64::new(0),
            strategy: OnceCell::new(),
        }
    }

    /// Returns the server that all tests of this process share, made with [`PostgresOptions::fast`]. The
    /// first call starts it and blocks for a second or two.
    ///
    /// # Panics
    /// If PostgreSQL is not installed or does not start.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_now(&PostgresOptions::fast()))
    }

    /// Returns the address of a database, which stays the same when the server is started again.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port())
    }

    /// Returns the server's port.
    pub fn port(&self) -> u16 {
        self.server.port.number()
    }

    /// Returns the superuser's name.
    pub fn user(&self) -> &'static str {
        USER
    }

    /// Returns the superuser's password.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Returns the id of the server's first process.
    pub fn process_id(&self) -> Option<i32> {
        self.server.process.id()
    }

    /// Runs statements that bind nothing, as the superuser.
    ///
    /// # Panics
    /// If the server refuses them.
    pub async fn execute(&self, database: &str, sql: &str) {
        let run = async {
            let mut connection = PgConnection::connect(&self.url(database)).await?;
            connection.execute(statement(sql)).await?;
            connection.close().await
        };
        run.await.unwrap_or_else(|error| panic!("PostgreSQL does not do {sql:?}: {error}"));
    }

    /// Makes an empty database.
    ///
    /// # Panics
    /// If it exists, or the server cannot.
    pub async fn create_database(&self, name: &str) {
        let _turn = self.copying.lock().await;
        self.execute("postgres", &format!("CREATE DATABASE {}", quoted(name))).await;
    }

    /// Makes a copy of a database, and returns its new name.
    ///
    /// # Panics
    /// If somebody is connected to the template, or the server cannot.
    pub async fn copy_database(&self, template: &str) -> String {
        let number = self.copies.fetch_add(1, Ordering::Relaxed);
        let name = format!("copy_{number}_of_{template}");
        let _turn = self.copying.lock().await;
        let (copy, template) = (quoted(&name), quoted(template));
        let strategy = self.strategy.get_or_init(|| self.quickest_strategy()).await;
        let sql = format!("CREATE DATABASE {copy} TEMPLATE {template} {strategy}");
        self.execute("postgres", &sql).await;
        name
    }

    /// Returns how to ask for copies of files: written page by page through the log, as by default since version 15, a
    /// copy takes longer. Version 14 has no other way and no word for it.
    async fn quickest_strategy(&self) -> &'static str {
        let ask = async {
            let mut connection = PgConnection::connect(&self.url("postgres")).await?;
            let ask = "SELECT current_setting('server_version_num')::integer";
            let version: i32 = sqlx::query_scalar(ask).fetch_one(&mut connection).await?;
            connection.close().await?;
            Ok::<_, sqlx::Error>(version)
        };
        let version =
            ask.await.unwrap_or_else(|error| panic!("PostgreSQL has no version: {error}"));
        if version < 150_000 { "" } else { "STRATEGY file_copy" }
    }

    /// Returns the name of the database that `fill` made, to be copied with
    /// [`copy_database`](Self::copy_database). The first caller with this `key` has it filled, the others
    /// wait. Nobody can connect to it afterwards.
    ///
    /// # Panics
    /// If the server cannot, or `fill` panics.
    pub async fn template<F>(&self, key: &str, fill: impl FnOnce(String) -> F) -> String
    where
        F: Future<Output = ()>,
    {
        let mut templates = self.templates.lock().await;
        if let Some(name) = templates.get(key) {
            return name.clone();
        }
        let name = format!("template_{key}");
        // A caller that failed half way left its try behind.
        self.drop_database(&name).await;
        self.create_database(&name).await;
        fill(self.url(&name)).await;
        let close = format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", quoted(&name));
        self.execute("postgres", &close).await;
        self.terminate_connections(&name).await;
        templates.insert(key.to_owned(), name.clone());
        name
    }

    /// Removes a database, even if somebody is connected to it; one that does not exist is fine.
    ///
    /// # Panics
    /// If the server cannot.
    pub async fn drop_database(&self, name: &str) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
        self.execute("postgres", &sql).await;
    }

    /// Ends every connection to a database.
    ///
    /// # Panics
    /// If the server cannot.
    pub async fn terminate_connections(&self, database: &str) {
        let name = database.replace('\'', "''");
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        self.execute("postgres", &sql).await;
    }

    /// Kills the server with all its processes, as a power cut would.
    ///
    /// # Panics
    /// If that cannot be done.
    pub async fn kill9(&self) {
        self.control(|server| server.process.kill()).await;
    }

    /// Ends the server in an orderly way, and its connections with it.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn stop(&self) {
        // SIGINT is what PostgreSQL calls a fast shutdown.
        self.control(|server| server.process.stop(Signal::INT)).await;
    }

    /// Starts the server again after [`kill9`](Self::kill9) or [`stop`](Self::stop), with what it had
    /// committed and at the same address, and waits until it answers.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_again(&self) {
        self.control(Server::start_again).await;
    }

    /// Stops the server and starts it again, as an administrator would.
    ///
    /// # Panics
    /// If it does not end or start.
    pub async fn restart(&self) {
        self.stop().await;
        self.start_again().await;
    }

    /// Stops all processes of the server in their tracks.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn pause(&self) {
        self.control(|server| server.process.pause()).await;
    }

    /// Lets the server go on after [`pause`](Self::pause).
    ///
    /// # Panics
    /// If it does not run.
    pub async fn resume(&self) {
        self.control(|server| server.process.resume()).await;
    }

    /// Tells whether the server runs, paused or not.
    pub fn is_running(&self) -> bool {
        self.server.process.is_running()
    }

    async fn control(&self, work: impl FnOnce(&Server) -> Result<()> + Send + 'static) {
        let server = Arc::clone(&self.server);
        must(blocking(move || work(&server)).await);
    }
}

#[expect(clippy::disallowed_methods, reason = "names of databases cannot be bound, and are quoted")]
fn statement(sql: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql.to_owned())
}

/// Quotes a name.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
