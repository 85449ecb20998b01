//! Private servers to be loaded: the engine, and what it needs.

mod catalogue;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use booking_testbed::{
    PgBouncer, PgBouncerOptions, Postgres, PostgresOptions, Redis, RedisOptions,
};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// What stage and load sign notifications with.
pub const SECRET: &str = "the-secret-of-the-rehearsal";

const STARTS_WITHIN: Duration = Duration::from_mins(1);

/// What the servers stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Backdrop {
    /// A SQLite file.
    Embedded,
    /// PostgreSQL, and no Redis.
    Postgres,
    /// PostgreSQL and Redis.
    Redis,
    /// PostgreSQL behind pgbouncer, and Redis.
    Production,
}

/// How a stage is to be set.
#[derive(Debug, Clone)]
pub struct StageOptions {
    /// On what.
    pub backdrop: Backdrop,
    /// How many servers.
    pub servers: usize,
    /// The program.
    pub program: PathBuf,
    /// More flags for it.
    pub flags: Vec<String>,
    /// The mail server that it hands mails to, `smtp://…`; otherwise they are files in its folder.
    pub mail_server: Option<String>,
}

/// Servers that end with it.
#[derive(Debug)]
pub struct Stage {
    /// The public listeners.
    pub public: Vec<String>,
    /// The admin listener of the first.
    pub admin: String,
    processes: Vec<Child>,
    settings: Vec<(&'static str, String)>,
    program: PathBuf,
    folder: TempDir,
    postgres: Option<Postgres>,
    /// They run as long as the stage does.
    others: (Option<PgBouncer>, Option<Redis>),
}

impl Stage {
    /// Starts everything.
    ///
    /// # Errors
    /// If a server does not start.
    pub async fn set(options: StageOptions) -> anyhow::Result<Self> {
        let program = options.program.canonicalize().context("build the server first")?;
        let mut stage = Self {
            public: Vec::new(),
            admin: String::new(),
            processes: Vec::new(),
            settings: vec![("BOOKING_IPN_SECRET", SECRET.to_owned())],
            program,
            folder: tempfile::tempdir()?,
            postgres: None,
            others: (None, None),
        };
        stage.settings.extend(options.mail_server.map(|url| ("BOOKING_SMTP_URL", url)));
        stage.set_backdrop(options.backdrop).await;
        for _ in 0..options.servers.max(1) {
            let server = launch(stage.command(&options.flags)).await?;
            stage.public.push(server.public);
            if stage.admin.is_empty() {
                stage.admin = server.admin;
            }
            stage.processes.push(server.process);
        }
        Ok(stage)
    }

    async fn set_backdrop(&mut self, backdrop: Backdrop) {
        if backdrop == Backdrop::Embedded {
            return;
        }
        let options = PostgresOptions::durable().setting("shared_buffers", "256MB");
        let postgres = Postgres::start(options).await;
        postgres.create_database("booking").await;
        if backdrop == Backdrop::Production {
            let pgbouncer =
                PgBouncer::start(&postgres, PgBouncerOptions { default_pool_size: 20 }).await;
            self.settings.push(("DATABASE_URL", pgbouncer.url("booking")));
            self.settings.push(("BOOKING_PGBOUNCER", "true".to_owned()));
            self.settings.push(("BOOKING_MIGRATE_URL", postgres.url("booking")));
            self.others.0 = Some(pgbouncer);
        } else {
            self.settings.push(("DATABASE_URL", postgres.url("booking")));
        }
        if matches!(backdrop, Backdrop::Production | Backdrop::Redis) {
            let redis = Redis::start(RedisOptions::default()).await;
            self.settings.push(("REDIS_URL", redis.url()));
            self.others.1 = Some(redis);
        }
        self.postgres = Some(postgres);
    }

    fn command(&self, flags: &[String]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(flags)
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (*name, value)))
            .env("RUST_LOG", "warn")
            .env("BOOKING_LISTEN", "127.0.0.1:0")
            .env("BOOKING_ADMIN_LISTEN", "127.0.0.1:0")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Returns the processes of the servers.
    pub fn processes(&self) -> impl Iterator<Item = u32> {
        self.processes.iter().filter_map(Child::id)
    }

    /// Fills the catalogue with so many events.
    ///
    /// # Errors
    /// If they are not imported.
    pub async fn import(&self, events: u64) -> anyhow::Result<()> {
        catalogue::import(self.command(&[]), events).await
    }

    /// Returns the database, if it is PostgreSQL.
    pub fn postgres(&self) -> Option<&Postgres> {
        self.postgres.as_ref()
    }

    /// Recomputes the books while the servers run; returns what was found if they do not balance.
    ///
    /// # Errors
    /// If the audit cannot be run.
    pub async fn audit(&self) -> anyhow::Result<Option<String>> {
        let audit = self.command(&[]).arg("audit").output().await?;
        let said = [audit.stdout, audit.stderr].concat();
        Ok((!audit.status.success()).then(|| String::from_utf8_lossy(&said).into_owned()))
    }
}

/// A server that has started.
#[derive(Debug)]
pub struct Launched {
    /// The process.
    pub process: Child,
    /// Where the public listens.
    pub public: String,
    /// Where admins listen.
    pub admin: String,
}

/// Starts a server and waits until it says where it listens.
///
/// # Errors
/// If it does not within a minute.
pub async fn launch(mut command: Command) -> anyhow::Result<Launched> {
    let mut process = command.stdout(Stdio::piped()).spawn()?;
    let mut stdout = BufReader::new(process.stdout.take().context("it is piped")?);
    let (public, admin) = read_addresses(&mut stdout, STARTS_WITHIN).await?;
    Ok(Launched { process, public, admin })
}

/// Reads from a server's first line where the public and the admin listener are.
///
/// # Errors
/// If it does not come in time, or says something else.
pub async fn read_addresses(
    stdout: &mut BufReader<ChildStdout>,
    patience: Duration,
) -> anyhow::Result<(String, String)> {
    let mut line = String::new();
    tokio::time::timeout(patience, stdout.read_line(&mut line))
        .await
        .context("a server does not start")??;
    let bound = line.split_once("(listening on ").context("a server did not start")?.1;
    let (public, admin) = bound
        .trim_end()
        .trim_end_matches(')')
        .split_once(", for admins on ")
        .context("a server did not say where it listens")?;
    Ok((public.to_owned(), admin.to_owned()))
}

/// Calls a server for what has to be known or done beside the load, so nothing is counted. `Null` sends no body.
///
/// # Errors
/// If it does not answer with JSON.
pub async fn call(
    address: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&exchange(address, method, path, body).await?)?)
}

/// Reads the metrics from an admin listener, as they are printed.
///
/// # Errors
/// If there is no answer.
pub async fn metrics(admin: &str) -> anyhow::Result<String> {
    let text = exchange(admin, Method::GET, "/metrics", &Value::Null).await?;
    Ok(String::from_utf8(text.into())?)
}

async fn exchange(
    address: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> anyhow::Result<Bytes> {
    static POOL: OnceLock<Client<HttpConnector, Full<Bytes>>> = OnceLock::new();
    let pool = POOL.get_or_init(|| Client::builder(TokioExecutor::new()).build_http());
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"))
        .header("content-type", "application/json")
        .body(Full::new(body.into()))?;
    let answer = pool.request(request).await?;
    Ok(answer.into_body().collect().await?.to_bytes())
}

/// Makes an event that can be bought, and returns its id.
///
/// # Errors
/// If the admin listener refuses it.
pub async fn create_event(admin: &str, tickets: u32) -> anyhow::Result<String> {
    publish_event(admin, &rehearsal(tickets)).await
}

/// Returns an event as the admin listener takes it, to be made as it is or with something changed.
pub fn rehearsal(tickets: u32) -> Value {
    json!({
        "title": "Rehearsal",
        "description": "Made by the load program to rehearse an on-sale; nothing takes place.",
        "category": "rehearsal",
        "venue": { "name": "Minster", "address": "Square 1", "city": "Basel", "country": "CH" },
        "starts_at": "2099-06-01T18:00:00Z",
        "ends_at": "2099-06-01T21:00:00Z",
        "timezone": "Europe/Zurich",
        "price": { "amount": 4500, "currency": "CHF" },
        "capacity": tickets,
    })
}

/// Makes such an event, lets it be bought, and returns its id.
///
/// # Errors
/// If the admin listener refuses it.
pub async fn publish_event(admin: &str, body: &Value) -> anyhow::Result<String> {
    let event = call(admin, Method::POST, "/v1/events", body).await?;
    let Some(id) = event["id"].as_str().map(str::to_owned) else {
        anyhow::bail!("no event can be made: {event}");
    };
    call(admin, Method::POST, &format!("/v1/events/{id}/publish"), &Value::Null).await?;
    Ok(id)
}

/// Returns what the admin listener says of an event's tickets.
///
/// # Errors
/// If it does not.
pub async fn stock(admin: &str, event: &str) -> anyhow::Result<Value> {
    call(admin, Method::GET, &format!("/v1/events/{event}/stock"), &Value::Null).await
}

/// Returns where the server's program is built.
pub fn built_server() -> &'static Path {
    Path::new("target/release/booking-server")
}
