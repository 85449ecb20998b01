//! An endpoint that answers as it is told to, over real sockets.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{LOCATION, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What an endpoint does with a request.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Status(u16),
    RetryAfter(u16, &'static str),
    Redirect(String),
    /// None at all.
    Silence,
    /// 200, and a body that goes on for ever.
    Endless,
    /// 200, and a body of which nothing ever comes.
    Unfinished,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Which connection it came by.
    pub(super) connection: usize,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().unwrap().to_str().unwrap();
        assert!(values.next().is_none(), "there is one of it");
        value
    }
}

/// An endpoint on a free port of this machine. When nothing more is scripted it answers 204.
pub(super) struct Endpoint {
    pub(super) address: SocketAddr,
    desk: Arc<Desk>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Desk {
    script: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<Seen>>,
    has_seen: Notify,
}

impl Endpoint {
    pub(super) async fn start(script: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Mutex::new(script.iter().cloned().collect());
        let desk = Arc::new(Desk { script, ..Desk::default() });
        let shared = Arc::clone(&desk);
        let server = tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let desk = Arc::clone(&shared);
                let service = service_fn(move |request| {
                    let desk = Arc::clone(&desk);
                    async move { desk.take(request, connection).await }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { address, desk, server }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hooks?shop=7", self.address)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.desk.seen.lock().unwrap().clone()
    }

    /// Waits for the next request.
    pub(super) async fn asked(&self) {
        self.desk.has_seen.notified().await;
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Desk {
    async fn take(
        &self,
        request: Request<Incoming>,
        connection: usize,
    ) -> Result<Response<Content>, Infallible> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let path = head.uri.to_string();
        let seen = Seen { method: head.method, path, headers: head.headers, body, connection };
        self.seen.lock().unwrap().push(seen);
        self.has_seen.notify_one();
        let answer = self.script.lock().unwrap().pop_front().unwrap_or(Answer::Status(204));
        let response = Response::builder();
        let response = match answer {
            Answer::Status(status) => response.status(status).body(Content::Empty),
            Answer::RetryAfter(status, pause) => {
                response.status(status).header(RETRY_AFTER, pause).body(Content::Empty)
            }
            Answer::Redirect(to) => response.status(307).header(LOCATION, to).body(Content::Empty),
            Answer::Silence => std::future::pending().await,
            Answer::Endless => response.body(Content::Endless),
            Answer::Unfinished => response.body(Content::Unfinished),
        };
        Ok(response.unwrap())
    }
}

enum Content {
    Empty,
    Endless,
    Unfinished,
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match *self {
            Self::Empty => Poll::Ready(None),
            Self::Endless => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 1_024]))))),
            Self::Unfinished => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Empty)
    }
}
