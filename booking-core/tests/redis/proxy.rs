//! A line between a client and a server that can be cut, or go dead, at the worst moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to the answers of a server. What is sent to it always arrives.
#[derive(Debug, Default)]
struct Faults {
    /// The next answer is dropped, and the connection with it.
    cut: AtomicBool,
    /// Connections below this number carry no answers any more.
    dead_below: AtomicU64,
    /// How many connections there were.
    accepted: AtomicU64,
}

/// Such a line.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    faults: Arc<Faults>,
    _end: watch::Sender<()>,
}

impl Proxy {
    /// Opens a line to a server on this machine.
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::over(listener, port)
    }

    pub(crate) fn over(listener: TcpListener, port: u16) -> Self {
        let own = listener.local_addr().unwrap().port();
        let faults = Arc::new(Faults::default());
        let (end, mut ended) = watch::channel(());
        let shared = Arc::clone(&faults);
        tokio::spawn(async move {
            loop {
                let client = tokio::select! {
                    _ = ended.changed() => return,
                    accepted = listener.accept() => accepted.unwrap().0,
                };
                let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
                tokio::spawn(carry(client, server, number, Arc::clone(&shared)));
            }
        });
        Self { port: own, faults, _end: end }
    }

    pub(crate) fn cut_before_the_next_answer(&self) {
        self.faults.cut.store(true, Ordering::SeqCst);
    }

    pub(crate) fn has_cut(&self) -> bool {
        !self.faults.cut.load(Ordering::SeqCst)
    }

    /// Lets all connections that there are go dead without being closed. New ones work.
    pub(crate) fn go_dead(&self) {
        let accepted = self.faults.accepted.load(Ordering::SeqCst);
        self.faults.dead_below.store(accepted, Ordering::SeqCst);
    }

    pub(crate) fn connections(&self) -> u64 {
        self.faults.accepted.load(Ordering::SeqCst)
    }
}

async fn carry(client: TcpStream, server: TcpStream, number: u64, faults: Arc<Faults>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = carry_commands(from_client, to_server) => {}
        () = carry_answers(from_server, to_client, number, &faults) => {}
    }
}

async fn carry_commands(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let mut bytes = vec![0; 64 * 1_024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

async fn carry_answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: u64,
    faults: &Faults,
) {
    let mut bytes = vec![0; 64 * 1_024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if faults.cut.swap(false, Ordering::SeqCst) {
            return;
        }
        if number >= faults.dead_below.load(Ordering::SeqCst)
            && to.write_all(&bytes[..count]).await.is_err()
        {
            return;
        }
    }
}
