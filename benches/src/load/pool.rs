//! Connections that many share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::connection::{Answer, Connection};
use super::recorder::{Class, Kind, Recorder};

/// Who waits longer than this for a connection goes away.
const GIVE_UP: Duration = Duration::from_secs(5);

/// A bounded number of connections to some servers in turn. Whoever finds none free waits for one, and the wait counts.
#[derive(Debug)]
pub struct Pool {
    addresses: Vec<String>,
    next: AtomicUsize,
    free: Semaphore,
    give_up: Duration,
    idle: Mutex<Vec<Connection>>,
    recorder: Arc<Recorder>,
}

impl Pool {
    /// Makes a pool of up to `connections`; none is open yet.
    pub fn new(addresses: Vec<String>, connections: usize, recorder: Arc<Recorder>) -> Self {
        let (next, idle) = (AtomicUsize::new(0), Mutex::default());
        let free = Semaphore::new(connections);
        Self { addresses, next, free, give_up: GIVE_UP, idle, recorder }
    }

    /// Lets whoever waits for a connection go away after this time, and not after five seconds.
    pub fn give_up(mut self, after: Duration) -> Self {
        self.give_up = after;
        self
    }

    /// Sends a request that was due at `due`, notes what became of it, and returns the answer if there is one.
    pub async fn send(
        &self,
        kind: Kind,
        request: Request<Full<Bytes>>,
        due: Instant,
    ) -> Option<Answer> {
        let permit = match self.free.try_acquire() {
            Ok(permit) => Some(permit),
            Err(_) => {
                timeout_at(due + self.give_up, self.free.acquire()).await.ok().and_then(Result::ok)
            }
        };
        let Some(_permit) = permit else {
            self.recorder.note(kind, Class::NotSent, due);
            return None;
        };
        let mut connection = self.take();
        let answered = connection.send(request).await;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        self.recorder.note(kind, Class::of(kind, &answered), due);
        answered.ok()
    }

    fn take(&self) -> Connection {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| {
            let next = self.next.fetch_add(1, Ordering::Relaxed) % self.addresses.len();
            Connection::new(&self.addresses[next])
        })
    }
}
