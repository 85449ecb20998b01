//! One keep-alive connection.

use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// Longer than that nobody waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that was idle for longer is not used again: a server that closes it just then leaves open whether it has
/// seen the request. The engine's closes after 30 seconds.
const IDLE: Duration = Duration::from_secs(20);

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The whole body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// None came within five seconds.
    TimedOut,
    /// The connection could not be made, or ended.
    Lost,
}

/// A connection to one server, opened when it is needed and again when it was lost.
#[derive(Debug)]
pub struct Connection {
    address: String,
    host: HeaderValue,
    sender: Option<SendRequest<Full<Bytes>>>,
    used: Instant,
}

impl Connection {
    /// Prepares a connection to `host:port`.
    ///
    /// # Panics
    /// If the address cannot stand in a header.
    pub fn new(address: &str) -> Self {
        let host = HeaderValue::from_str(address).expect("an address is printable");
        Self { address: address.to_owned(), host, sender: None, used: Instant::now() }
    }

    /// Sends a request and waits for the whole answer.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
        if self.used.elapsed() > IDLE {
            self.sender = None;
        }
        let answered = timeout(PATIENCE, self.exchange(request)).await;
        self.used = Instant::now();
        let answered = answered.unwrap_or(Err(Failure::TimedOut));
        if answered.is_err() {
            // What comes late must not be taken for the answer to the next request.
            self.sender = None;
        }
        answered
    }

    async fn exchange(&mut self, mut request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
        request.headers_mut().insert(HOST, self.host.clone());
        let mut unsent = request;
        if let Some(sender) = &mut self.sender
            && sender.ready().await.is_ok()
        {
            match sender.try_send_request(unsent).await {
                Ok(head) => return whole(head).await,
                // A server may close a connection that was idle. What it has not seen is sent again.
                Err(mut failure) => unsent = failure.take_message().ok_or(Failure::Lost)?,
            }
        }
        let sender = connect(&self.address).await.map_err(|_| Failure::Lost)?;
        let sender = self.sender.insert(sender);
        whole(sender.send_request(unsent).await.map_err(|_| Failure::Lost)?).await
    }
}

async fn whole(answer: Response<Incoming>) -> Result<Answer, Failure> {
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|_| Failure::Lost)?.to_bytes();
    Ok(Answer { status, body })
}

async fn connect(address: &str) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
