//! One server: its connection, its time-outs and its breaker.
//!
//! The driver's own manager of connections is not used, for two reasons. A call that comes while it reconnects
//! waits for as long as that takes, whatever the time-out of answers is; and it keeps a connection on which
//! answers stay away, because a time-out is no broken connection to it. Here a connection is dropped after the
//! first answer that is late, and nobody waits for a new one longer than for anything else.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ConnectionInfo, Pipeline, RedisError, Value};
use tokio::time::timeout;

use super::RedisCacheSettings;
use super::breaker::{Admission, Breaker, BreakerSettings, Permit, Tally};
use super::fault::{Fault, checked};
use super::scripts::Call;

/// How many commands may wait to be written. The driver's default of 50 makes callers queue for a place.
const WRITE_QUEUE: usize = 1_024;

/// A server that is connected to when it is first needed.
pub(super) struct Node {
    client: Client,
    config: AsyncConnectionConfig,
    connect_timeout: Duration,
    command_timeout: Duration,
    breaker: Arc<Breaker>,
    link: Mutex<Link>,
    /// Held by the one task that connects.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Link {
    connection: Option<MultiplexedConnection>,
    /// The number of the last attempt to connect, which also names the connection that came of it.
    attempt: u64,
}

/// Shows no address and no secret.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("breaker", &self.breaker.state()).finish_non_exhaustive()
    }
}

impl Node {
    pub(super) fn new(
        info: ConnectionInfo,
        settings: &RedisCacheSettings,
        tally: &Arc<Tally>,
    ) -> Result<Self, RedisError> {
        let breaker = BreakerSettings {
            failures: settings.breaker_failures.max(1),
            pause: settings.breaker_pause,
            seed: settings.seed,
        };
        Ok(Self {
            client: Client::open(info)?,
            config: AsyncConnectionConfig::new()
                .set_connection_timeout(Some(settings.connect_timeout))
                .set_response_timeout(Some(settings.response_timeout))
                .set_pipeline_buffer_size(WRITE_QUEUE),
            connect_timeout: settings.connect_timeout,
            command_timeout: settings.command_timeout,
            breaker: Arc::new(Breaker::new(breaker, Arc::clone(tally))),
            link: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        })
    }

    /// Runs scripts, one answer for each, in order. With `is_asking` each is let in although its slot is still
    /// moving to this server.
    pub(super) async fn run(
        self: &Arc<Self>,
        calls: &[Call],
        is_asking: bool,
    ) -> Result<Vec<Value>, Fault> {
        let permit = self.admit()?;
        let answers = self.exchange(calls, is_asking).await;
        permit.settle(answers.is_ok());
        answers
    }

    /// Sends one command that changes nothing.
    pub(super) async fn ask(self: &Arc<Self>, command: &Cmd) -> Result<Value, Fault> {
        let permit = self.admit()?;
        let answer = self.ask_now(command).await;
        permit.settle(answer.is_ok());
        answer.and_then(checked)
    }

    /// Asks whether the server answers, also if it is to be left alone: the answer decides whether it is used
    /// again.
    pub(super) async fn ping(self: &Arc<Self>) -> Result<(), Fault> {
        let permit = self.breaker.admit_probe().ok_or(LEFT_ALONE)?;
        self.probe(permit).await
    }

    /// Asks for the right to use the server. When it is time to try one that was left alone, that happens in
    /// the background, so that no caller waits for a server that is most likely still gone.
    fn admit(self: &Arc<Self>) -> Result<Permit, Fault> {
        match self.breaker.admit() {
            Admission::Go(permit) => Ok(permit),
            Admission::Refused => Err(LEFT_ALONE),
            Admission::Probe(permit) => {
                let node = Arc::clone(self);
                tokio::spawn(async move { node.probe(permit).await });
                Err(LEFT_ALONE)
            }
        }
    }

    async fn probe(self: &Arc<Self>, permit: Permit) -> Result<(), Fault> {
        let answer = self.ask_now(&redis::cmd("PING")).await.and_then(checked);
        permit.settle(answer.is_ok());
        answer.map(drop)
    }

    async fn ask_now(self: &Arc<Self>, command: &Cmd) -> Result<Value, Fault> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.add_command(command.clone());
        let mut answers = self.within_time(async |link| link.send(&pipeline, 0, 1).await).await?;
        answers.pop().ok_or(Fault::backend("no answer"))
    }

    /// Sends scripts by their hashes, and those in full that the server does not know. What it does not know
    /// it has not run, so nothing is done twice.
    async fn exchange(
        self: &Arc<Self>,
        calls: &[Call],
        is_asking: bool,
    ) -> Result<Vec<Value>, Fault> {
        self.within_time(async |link| {
            let by_hash: Vec<Cmd> = calls.iter().map(Call::by_hash).collect();
            let mut answers = link.run(by_hash, is_asking).await?;
            let unknown: Vec<usize> =
                (0..answers.len()).filter(|index| is_error(&answers[*index], "NOSCRIPT")).collect();
            if !unknown.is_empty() {
                let in_full = unknown.iter().map(|index| calls[*index].in_full()).collect();
                for (index, answer) in unknown.iter().zip(link.run(in_full, is_asking).await?) {
                    answers[*index] = answer;
                }
            }
            // It was a master when its name was resolved. The next connection resolves it again.
            if answers.iter().any(|answer| is_error(answer, "READONLY")) {
                self.drop_link(link.attempt);
            }
            Ok(answers)
        })
        .await
    }

    /// Does something with the connection, for as long as a call may take. A connection on which that fails is
    /// not used again: an answer that is late may mean that none comes any more.
    async fn within_time<T>(
        self: &Arc<Self>,
        work: impl AsyncFnOnce(&mut Live) -> Result<T, RedisError>,
    ) -> Result<T, Fault> {
        let mut used = None;
        let ended = timeout(self.command_timeout, async {
            let mut live = self.connection().await?;
            used = Some(live.attempt);
            work(&mut live).await.map_err(|error| Fault::of(&error))
        })
        .await
        .unwrap_or(Err(Fault::unavailable("the time is over")));
        if let (Err(_), Some(attempt)) = (&ended, used) {
            self.drop_link(attempt);
        }
        ended
    }

    /// Uses a connection no more, unless there is a newer one already.
    fn drop_link(&self, attempt: u64) {
        let mut link = self.lock();
        if link.attempt == attempt {
            link.connection = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the connection if there is one, and else the number of the last attempt to make one.
    fn live(&self) -> Result<Live, u64> {
        let link = self.lock();
        let attempt = link.attempt;
        link.connection.clone().map(|connection| Live { connection, attempt }).ok_or(attempt)
    }

    async fn connection(self: &Arc<Self>) -> Result<Live, Fault> {
        match self.live() {
            Ok(live) => Ok(live),
            Err(attempt) => {
                // A task of its own: one caller's patience must not end what all wait for.
                let node = Arc::clone(self);
                let connected = tokio::spawn(async move { node.connect(attempt).await }).await;
                connected.unwrap_or(Err(Fault::backend("connecting panicked")))
            }
        }
    }

    /// Connects, unless somebody has tried since the attempt of number `last`.
    async fn connect(&self, last: u64) -> Result<Live, Fault> {
        let _turn = self.connecting.lock().await;
        match self.live() {
            Ok(live) => return Ok(live),
            Err(attempt) if attempt != last => return Err(Fault::unavailable("cannot connect")),
            Err(_) => {}
        }
        // The driver's time-out is given, too, but it does not say whether it covers the handshake.
        let connecting = self.client.get_multiplexed_async_connection_with_config(&self.config);
        let connected = match timeout(self.connect_timeout, connecting).await {
            Ok(connected) => connected.map_err(|error| Fault::of(&error)),
            Err(_) => Err(Fault::unavailable("connecting took too long")),
        };
        let mut link = self.lock();
        link.attempt += 1;
        let attempt = link.attempt;
        let connection = connected?;
        link.connection = Some(connection.clone());
        Ok(Live { connection, attempt })
    }
}

const LEFT_ALONE: Fault = Fault::unavailable("left alone after failures");

/// A connection in use.
struct Live {
    connection: MultiplexedConnection,
    attempt: u64,
}

impl Live {
    async fn run(&mut self, commands: Vec<Cmd>, is_asking: bool) -> Result<Vec<Value>, RedisError> {
        let count = commands.len();
        let mut pipeline = Pipeline::with_capacity(count * 2);
        for command in commands {
            if is_asking {
                pipeline.cmd("ASKING");
            }
            pipeline.add_command(command);
        }
        if !is_asking {
            return self.send(&pipeline, 0, count).await;
        }
        let answers = self.send(&pipeline, 0, count * 2).await?;
        Ok(answers.into_iter().skip(1).step_by(2).collect())
    }

    async fn send(
        &mut self,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
    ) -> Result<Vec<Value>, RedisError> {
        self.connection.send_packed_commands(pipeline, offset, count).await
    }
}

fn is_error(answer: &Value, code: &str) -> bool {
    matches!(answer, Value::ServerError(error) if error.code() == code)
}
