//! Accepting connections, and letting go of them.
//!
//! Plain HTTP/1.1 only. TLS and HTTP/2 end at the proxy in front, which every deployment with a
//! public name has; here they would double what can be attacked (HTTP/2 alone has its own floods)
//! and serve nobody. hyper's automatic detection of the version is avoided for another reason: it
//! waits for the first bytes without a time limit.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{self, JoinSet};
use tokio::time::Instant;
use tower::{Service, ServiceExt as _};

use super::LISTENER;
use super::activity::{Activity, Waiting};
use super::limits::Limits;
use super::reply::Response;
use super::stall::StallGuard;

/// Marks requests that were read from a socket here, rather than made or changed by another server
/// that this one is mounted in.
#[derive(Debug, Clone)]
pub(super) struct FromSocket(pub(super) Arc<Activity>);

/// How a shutdown ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut off because the time was up.
    pub dropped_connections: usize,
}

/// How many connections may wait to be accepted. The kernel takes less if its own limit (`net.core.somaxconn`) is lower.
///
/// When sales open, thousands connect within a moment. Of those that find the queue full the kernel says nothing: they
/// try again after a second, and then after three.
const BACKLOG: u32 = 4096;

/// Of so many connections one has to leave when there is no room, all of them at a time: looking for those that
/// have waited longest for their client means looking at all.
const SHARE_TO_LEAVE: usize = 64;

/// How soon to look again for connections that wait if there was none, or those asked to leave had work after all.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Counts the connections that had to leave.
const DISPLACED: &str = "http_connections_displaced_total";

/// Tells the metrics recorder what the number means.
pub(super) fn describe_metrics() {
    metrics::describe_counter!(
        DISPLACED,
        "Connections of silent or slow clients that were closed because a new one needed the place, by \
         listener."
    );
}

/// Listens on `host:port`, on the first address of the host that can be had.
///
/// # Errors
/// If there is none.
pub async fn listen(address: &str) -> io::Result<TcpListener> {
    let mut failure = io::Error::new(io::ErrorKind::AddrNotAvailable, "the host has no address");
    for address in tokio::net::lookup_host(address).await? {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections of a server that has just ended do not keep the next one from its port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `listener` with `service` until `shutdown` resolves, then finishes what was accepted. In the metrics the
/// listener is called `name`, such as `public`.
///
/// To tell a load balancer first, let `/readyz` answer 503 and resolve `shutdown` some seconds
/// later. An error of accepting is logged and waited out: it never ends the server.
pub async fn serve<S>(
    name: &'static str,
    listener: TcpListener,
    service: S,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> Drained
where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let mut connections = Connections::new(name, &limits);
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            (stream, permit) = connections.accept(&listener) => {
                connections.spawn(stream, service.clone(), permit);
            }
        }
    }
    // From here on new connections are refused, not left waiting.
    drop(listener);
    connections.drain(limits.drain_timeout).await
}

/// The open connections of one listener.
struct Connections {
    /// What the listener is called in the metrics.
    name: &'static str,
    builder: http1::Builder,
    write_stall_timeout: Duration,
    room: Arc<Semaphore>,
    tasks: JoinSet<()>,
    /// What each of the tasks is doing.
    activities: HashMap<task::Id, Arc<Activity>>,
    epoch: Instant,
    graceful: GracefulShutdown,
}

impl Connections {
    fn new(name: &'static str, limits: &Limits) -> Self {
        let mut builder = http1::Builder::new();
        builder
            // Without a timer the header time-out is silently off.
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_header_size(limits.max_head_bytes)
            // hyper refuses less than 8 KiB.
            .max_buf_size((2 * limits.max_head_bytes).max(8 * 1024));
        Self {
            name,
            builder,
            write_stall_timeout: limits.write_stall_timeout,
            room: Arc::new(Semaphore::new(limits.max_connections)),
            tasks: JoinSet::new(),
            activities: HashMap::new(),
            epoch: Instant::now(),
            graceful: GracefulShutdown::new(),
        }
    }

    /// Waits for a connection, then for room. One is in hand while there is none; all others stay in the kernel's
    /// queue.
    ///
    /// Dropping the future drops the one in hand: that happens only when the listener closes anyway.
    async fn accept(&mut self, listener: &TcpListener) -> (TcpStream, OwnedSemaphorePermit) {
        let stream = self.next(listener).await;
        // Those who are idle only for moments are always faster than the question: they must not shield slow readers.
        let mut is_pressing = false;
        loop {
            if let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() {
                return (stream, permit);
            }
            self.forget_ended();
            self.make_room(is_pressing);
            is_pressing = true;
            let room = Arc::clone(&self.room).acquire_owned();
            // Who waits in the semaphore's queue loses nothing by leaving it: nobody else is there.
            if let Ok(permit) = tokio::time::timeout(LOOK_AGAIN, room).await {
                return (stream, permit.expect("the semaphore is never closed"));
            }
        }
    }

    async fn next(&mut self, listener: &TcpListener) -> TcpStream {
        loop {
            self.forget_ended();
            match listener.accept().await {
                Ok((stream, _)) => return stream,
                Err(error) => {
                    if let Some(pause) = pause_after(&error) {
                        tracing::error!(%error, "no connection can be accepted at the moment");
                        tokio::time::sleep(pause).await;
                    }
                }
            }
        }
    }

    /// Finished tasks keep their memory until they are joined.
    fn forget_ended(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
            self.activities.remove(&id);
        }
    }

    /// Asks those connections to end that have waited longest for their client: for a request, or for the rest of
    /// one; if there is none or `is_pressing`, also those whose answers have waited longest to be read.
    ///
    /// Otherwise as many silent or slow clients as there is room for would shut all others out, for as long as they
    /// like. One that is working is never asked.
    fn make_room(&self, is_pressing: bool) {
        let waiting = self.activities.values();
        let waiting = waiting.filter_map(|activity| Some((activity.waiting()?, &**activity)));
        let (readers, idle): (Vec<_>, Vec<_>) =
            waiting.partition(|(waiting, _)| waiting.is_for_reader());
        let share = (self.activities.len() / SHARE_TO_LEAVE).max(1);
        if idle.is_empty() || is_pressing {
            ask_longest(readers, share);
        }
        ask_longest(idle, share);
    }

    fn spawn<S>(&mut self, stream: TcpStream, service: S, permit: OwnedSemaphorePermit)
    where
        S: Service<Request<Incoming>, Response = Response, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
    {
        // An answer is one write; Nagle's algorithm could only delay it. Where the option cannot
        // be set the connection is gone, which serving it will find out.
        let _ = stream.set_nodelay(true);
        let activity = Arc::new(Activity::new(self.epoch));
        let io =
            StallGuard::new(TokioIo::new(stream), self.write_stall_timeout, Arc::clone(&activity));
        let of_requests = Arc::clone(&activity);
        let service = service.map_request(move |mut request: Request<Incoming>| {
            of_requests.work();
            request.extensions_mut().insert(FromSocket(Arc::clone(&of_requests)));
            request
        });
        let of_answers = Arc::clone(&activity);
        let service = service.map_response(move |response| {
            of_answers.rest();
            response
        });
        let connection = self.builder.serve_connection(io, TowerToHyperService::new(service));
        let connection = self.graceful.watch(connection);
        let own = Arc::clone(&activity);
        let name = self.name;
        let task = self.tasks.spawn(async move {
            tokio::select! {
                // What has arrived is looked at before the connection may be asked to end.
                biased;
                ended = connection => if let Err(error) = ended {
                    // Clients break off all the time; that is no fault here.
                    tracing::debug!(%error, "a connection ended early");
                },
                () = own.asked_while_waiting() => {
                    metrics::counter!(DISPLACED, LISTENER => name).increment(1);
                }
            }
            drop(permit);
        });
        self.activities.insert(task.id(), activity);
    }

    async fn drain(mut self, timeout: Duration) -> Drained {
        let finished = async {
            self.graceful.shutdown().await;
            while self.tasks.join_next().await.is_some() {}
        };
        let is_late = tokio::time::timeout(timeout, finished).await.is_err();
        // Tasks that ended in the last moment may not be joined yet.
        while self.tasks.try_join_next().is_some() {}
        let dropped_connections = self.tasks.len();
        if is_late {
            tracing::warn!(connections = dropped_connections, "shutdown cuts connections off");
        }
        self.tasks.shutdown().await;
        Drained { dropped_connections }
    }
}

/// Asks those to leave that have waited longest, at most `share` of them.
fn ask_longest(mut line: Vec<(Waiting, &Activity)>, share: usize) {
    if share < line.len() {
        line.select_nth_unstable_by_key(share, |(waiting, _)| *waiting);
        line.truncate(share);
    }
    for (waiting, activity) in line {
        activity.ask_to_leave(waiting);
    }
}

/// Tells how long to wait before accepting again.
///
/// A connection that died in the queue concerns nobody else. Anything else, such as running out of
/// file descriptors, would come back at once, and spin.
fn pause_after(error: &io::Error) -> Option<Duration> {
    match error.kind() {
        io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset => None,
        _ => Some(Duration::from_millis(250)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMFILE: i32 = 24;

    /// Nobody accepts: what is connected waits in the kernel's queue.
    #[tokio::test]
    async fn a_crowd_that_comes_within_a_moment_finds_room() {
        const CROWD: usize = 1_500;
        // Where the kernel allows less there is nothing to be had; it says so itself.
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
        let allowed = allowed.ok().and_then(|most| most.trim().parse().ok()).unwrap_or(CROWD);
        let listener = listen("localhost:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let crowd = CROWD.min(allowed);
        for _ in 0..crowd {
            // Who has left stands in the queue as well, and takes no file.
            drop(TcpStream::connect(address).await.unwrap());
        }
        for _ in 0..crowd {
            listener.accept().await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_slowly_leaves_if_nobody_is_idle_or_those_who_are_do_not_leave() {
        let mut connections = Connections::new("public", &Limits::default());
        let [slow, slower, idle, idler, busy] = [(); 5].map(|()| {
            let activity = Arc::new(Activity::new(connections.epoch));
            let task = connections.tasks.spawn(std::future::pending());
            connections.activities.insert(task.id(), Arc::clone(&activity));
            activity
        });
        for (activity, since) in [(&slower, 1), (&idler, 2), (&idle, 3), (&slow, 4), (&busy, 5)] {
            tokio::time::sleep_until(connections.epoch + Duration::from_secs(since)).await;
            activity.rest();
            activity.set_slow(since == 1 || since == 4);
        }
        busy.work();
        let all = [&slow, &slower, &idle, &idler, &busy];
        let asked = async || {
            let mut asked = Vec::new();
            for activity in all {
                let leaves = activity.asked_while_waiting();
                asked.push(tokio::time::timeout(LOOK_AGAIN, leaves).await.is_ok());
            }
            asked
        };
        connections.make_room(false);
        assert_eq!(asked().await, [false, false, false, true, false]);
        connections.make_room(true);
        assert_eq!(asked().await, [false, true, false, true, false]);
        idle.work();
        idler.work();
        connections.make_room(false);
        assert_eq!(asked().await, [false, true, false, false, false]);
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_refused() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let taken = listener.local_addr().unwrap().to_string();
        assert_eq!(listen(&taken).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn only_errors_that_would_come_back_make_it_pause() {
        assert_eq!(pause_after(&io::ErrorKind::ConnectionAborted.into()), None);
        assert!(pause_after(&io::Error::from_raw_os_error(EMFILE)).is_some());
    }
}
