//! A proxy between the driver and the server that loses an answer.

use std::sync::{Arc, Mutex, OnceLock};

use booking_core::adapters::postgres::PgOptions;
use booking_testbed::Postgres;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::support::Database;

/// What becomes of a connection whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// It ends.
    End,
    /// It stays open and says nothing any more, as if the server's host had vanished.
    Silence,
}

/// What a message says that goes through and whose answer does not.
type Loses = Arc<Mutex<Option<(String, Loss)>>>;

/// A proxy in front of a port. It ends with the runtime.
pub(crate) struct Proxy {
    port: u16,
    loses: Loses,
}

impl Proxy {
    /// Starts one before the server of a database, and returns how to reach that through it.
    pub(crate) async fn before(database: &Database) -> (Self, PgOptions) {
        let port = Postgres::shared().port();
        let proxy = Self::start(port).await;
        let url = Postgres::shared().url(&database.name);
        let url = url.replace(&format!(":{port}"), &format!(":{}", proxy.port));
        (proxy, PgOptions::parse(&url).unwrap())
    }

    async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let loses = Loses::default();
        let shared = Arc::clone(&loses);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let loses = Arc::clone(&shared);
                tokio::spawn(async move {
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let is_lost = Arc::new(OnceLock::new());
                    tokio::join!(
                        upwards(from_client, to_server, loses, Arc::clone(&is_lost)),
                        downwards(from_server, to_client, is_lost),
                    );
                });
            }
        });
        Self { port, loses }
    }

    /// Lets the answer to the next message that says this be lost, and its connection with it.
    pub(crate) fn lose_answer_to(&self, what: &str) {
        *self.loses.lock().unwrap() = Some((what.to_owned(), Loss::End));
    }

    /// Lets the answer to the next message that says this be lost, and its connection fall silent for ever.
    pub(crate) fn fall_silent_after(&self, what: &str) {
        *self.loses.lock().unwrap() = Some((what.to_owned(), Loss::Silence));
    }

    /// Tells whether an answer was lost since.
    pub(crate) fn has_lost(&self) -> bool {
        self.loses.lock().unwrap().is_none()
    }
}

async fn upwards(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    loses: Loses,
    is_lost: Arc<OnceLock<Loss>>,
) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = client.read(&mut buffer).await {
        let bytes = &buffer[..length];
        {
            let mut loses = loses.lock().unwrap();
            let says = |what: &str| bytes.windows(what.len()).any(|word| word == what.as_bytes());
            if let Some((_, loss)) = loses.take_if(|(what, _)| says(what)) {
                is_lost.get_or_init(|| loss);
            }
        }
        if server.write_all(bytes).await.is_err() {
            return;
        }
    }
}

/// Passes answers on, until one comes that is to be lost: what was asked has taken effect then.
async fn downwards(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    is_lost: Arc<OnceLock<Loss>>,
) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = server.read(&mut buffer).await {
        match is_lost.get() {
            Some(Loss::End) => return,
            Some(Loss::Silence) => continue,
            None => {}
        }
        if client.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
