//! Private Redis servers.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result};
use redis::{Connection, FromRedisValue};
use rustix::process::Signal;

use crate::machine;
use crate::ports::Port;
use crate::process::{Process, shell_line};
use crate::wait::{blocking, must};

/// Longer than any command takes here on a server that is up.
const LIMIT: Duration = Duration::from_secs(10);

/// How a Redis is to be started. What is not here is as in `deploy/redis/redis.conf`.
#[derive(Debug, Clone, Default)]
pub struct RedisOptions {
    password: Option<String>,
    settings: Vec<(String, String)>,
    is_cluster_node: bool,
}

impl RedisOptions {
    /// Lets nobody in who does not give this password.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Sets a parameter, over what `deploy/redis/redis.conf` says.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Makes it a node that may join a cluster, with `deploy/redis/redis-cluster.conf`.
    pub(crate) fn cluster_node(mut self) -> Self {
        self.is_cluster_node = true;
        self
    }
}

/// A Redis server of its own that keeps nothing on disk.
#[derive(Debug)]
pub struct Redis {
    server: Arc<Server>,
}

#[derive(Debug)]
pub(crate) struct Server {
    process: Process,
    port: Port,
    password: Option<String>,
    launch: String,
}

impl Server {
    fn start(options: &RedisOptions) -> Result<Self> {
        let redis = machine::program("redis-server", "Redis 6 or newer")?.display().to_string();
        let process = Process::new("Redis", "KILL")?;
        let port = Port::claim()?;
        process.write("redis.conf", include_str!("../../deploy/redis/redis.conf"))?;
        process
            .write("redis-cluster.conf", include_str!("../../deploy/redis/redis-cluster.conf"))?;
        let file = |name: &str| process.folder().join(name).display().to_string();
        let (folder, number) = (process.folder().display().to_string(), port.number().to_string());
        let mut words = vec![redis, file("redis.conf")];
        if options.is_cluster_node {
            words.extend(["--include".to_owned(), file("redis-cluster.conf")]);
        }
        let fixed = [("bind", "127.0.0.1"), ("port", &*number), ("dir", &*folder)];
        let own = options.settings.iter().map(|(name, value)| (&**name, &**value));
        let password = options.password.as_deref().map(|password| ("requirepass", password));
        for (name, value) in fixed.into_iter().chain(own).chain(password) {
            words.extend([format!("--{name}"), value.to_owned()]);
        }
        let launch = format!("exec {}\n", shell_line(words.iter().map(String::as_str)));
        let server = Self { process, port, password: options.password.clone(), launch };
        server.start_again()?;
        Ok(server)
    }

    pub(crate) fn start_again(&self) -> Result<()> {
        self.process.start(&self.launch, || {
            self.ask::<String>(&["PING"]).is_ok_and(|answer| answer == "PONG")
        })
    }

    pub(crate) fn kill(&self) -> Result<()> {
        self.process.kill()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.process.is_running()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.number()
    }

    fn url(&self) -> String {
        let port = self.port.number();
        match &self.password {
            Some(password) => format!("redis://:{password}@127.0.0.1:{port}"),
            None => format!("redis://127.0.0.1:{port}"),
        }
    }

    /// Sends one command over a connection of its own.
    pub(crate) fn ask<T: FromRedisValue>(&self, words: &[&str]) -> Result<T> {
        let client = redis::Client::open(self.url())?;
        let mut connection: Connection = client.get_connection_with_timeout(LIMIT)?;
        connection.set_read_timeout(Some(LIMIT))?;
        let (name, rest) = words.split_first().context("a command has a name")?;
        let mut command = redis::cmd(name);
        for word in rest {
            command.arg(*word);
        }
        Ok(command.query(&mut connection)?)
    }
}

impl Redis {
    /// Starts a server.
    ///
    /// # Panics
    /// If Redis is not installed or does not start.
    pub async fn start(options: RedisOptions) -> Self {
        blocking(move || must(Self::start_now(&options))).await
    }

    pub(crate) fn start_now(options: &RedisOptions) -> Result<Self> {
        Ok(Self { server: Arc::new(Server::start(options)?) })
    }

    /// Returns the server that all tests of this process share. The first call starts it, and blocks
    /// until it answers.
    ///
    /// # Panics
    /// If Redis is not installed or does not start.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(|| must(Self::start_now(&RedisOptions::default())))
    }

    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Returns the address, with the password if there is one; it stays the same after a new start.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// Returns the id of the process.
    pub fn process_id(&self) -> Option<i32> {
        self.server.process.id()
    }

    /// Kills the server.
    ///
    /// # Panics
    /// If that cannot be done.
    pub async fn kill9(&self) {
        self.control(Server::kill).await;
    }

    /// Ends the server in an orderly way.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn stop(&self) {
        self.control(|server| server.process.stop(Signal::TERM)).await;
    }

    /// Starts the server again, empty and at the same address, and waits until it answers.
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
        self.server.is_running()
    }

    async fn control(&self, work: impl FnOnce(&Server) -> Result<()> + Send + 'static) {
        let server = Arc::clone(&self.server);
        must(blocking(move || work(&server)).await);
    }
}
