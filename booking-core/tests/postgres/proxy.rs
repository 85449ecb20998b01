//! A proxy between the driver and the server that loses the answer to a `COMMIT`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A proxy in front of a port. It ends with the runtime.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// Whether the next `COMMIT` goes through and its answer does not.
    loses: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let loses = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&loses);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let loses = Arc::clone(&shared);
                tokio::spawn(async move {
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let committing = Arc::new(AtomicBool::new(false));
                    tokio::join!(
                        upwards(from_client, to_server, loses, Arc::clone(&committing)),
                        downwards(from_server, to_client, committing),
                    );
                });
            }
        });
        Self { port, loses }
    }

    /// Lets the answer to the next `COMMIT` be lost, and its connection with it.
    pub(crate) fn lose_next_commit(&self) {
        self.loses.store(true, Ordering::SeqCst);
    }

    /// Tells whether an answer was lost since.
    pub(crate) fn has_lost(&self) -> bool {
        !self.loses.load(Ordering::SeqCst)
    }
}

async fn upwards(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    loses: Arc<AtomicBool>,
    committing: Arc<AtomicBool>,
) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = client.read(&mut buffer).await {
        let bytes = &buffer[..length];
        let is_commit = bytes.windows(6).any(|word| word == b"COMMIT");
        if is_commit && loses.swap(false, Ordering::SeqCst) {
            committing.store(true, Ordering::SeqCst);
        }
        if server.write_all(bytes).await.is_err() {
            return;
        }
    }
}

/// Passes answers on, until one comes to a commit whose answer is to be lost: it has taken effect then.
async fn downwards(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    committing: Arc<AtomicBool>,
) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = server.read(&mut buffer).await {
        if committing.load(Ordering::SeqCst) {
            return;
        }
        if client.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
