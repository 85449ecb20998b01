//! A client that costs little, so that the server is what takes the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// Returns the body as JSON.
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// Returns a header of the answer.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (header, value) = line.split_once(": ")?;
            header.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Writes a request down. `headers` end their lines with CR and LF.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         {headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Sends one request over a connection of its own.
pub(crate) async fn send_one(address: &str, request: Vec<u8>) -> anyhow::Result<Answer> {
    let answers = send(address, &[request], 1).await?;
    answers.into_iter().next().context("one request has one answer")
}

/// Sends requests over so many connections, and returns the answers in the order of the requests.
pub(crate) async fn send(
    address: &str,
    requests: &[Vec<u8>],
    connections: usize,
) -> anyhow::Result<Vec<Answer>> {
    let requests: Arc<[Vec<u8>]> = requests.into();
    let next = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for _ in 0..connections.min(requests.len()) {
        let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        senders.spawn(async move {
            let mut answers = Vec::new();
            let mut received = Vec::with_capacity(16 * 1024);
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(index) else { return anyhow::Ok(answers) };
                stream.write_all(request).await?;
                answers.push((index, receive(&mut stream, &mut received).await?));
            }
        });
    }
    let mut answers = Vec::with_capacity(requests.len());
    while let Some(sent) = senders.join_next().await {
        answers.extend(sent??);
    }
    answers.sort_unstable_by_key(|(index, _)| *index);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

async fn receive(stream: &mut TcpStream, received: &mut Vec<u8>) -> anyhow::Result<Answer> {
    received.clear();
    loop {
        let count = stream.read_buf(received).await?;
        anyhow::ensure!(count > 0, "the server closed a connection");
        let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&received[..end])?.to_owned();
        let status = head.split(' ').nth(1).context("an answer has a status")?.parse()?;
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").map_or(Ok(0), str::parse::<usize>)?;
        while received.len() < end + 4 + length {
            let count = stream.read_buf(received).await?;
            anyhow::ensure!(count > 0, "an answer breaks off");
        }
        received[end + 4..].clone_into(&mut answer.body);
        return Ok(answer);
    }
}
