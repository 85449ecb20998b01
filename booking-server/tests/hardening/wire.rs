//! A client that writes bytes, not requests.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, Server};

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    /// In lower case, without the status line.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl RawAnswer {
    /// Returns the value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A connection.
pub(crate) struct Wire(pub(crate) TcpStream);

impl Wire {
    /// Connects to the public listener.
    pub(crate) async fn to(server: &Server) -> Self {
        Self::at(&server.public("")).await
    }

    /// Connects to the admin listener.
    pub(crate) async fn to_admin(server: &Server) -> Self {
        Self::at(&server.admin("")).await
    }

    async fn at(url: &str) -> Self {
        let stream = TcpStream::connect(authority(url)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// Sends bytes. The server may have closed already, which its answer will tell.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Tells whether the server has closed, and throws away what it said before.
    pub(crate) fn is_closed(&self) -> bool {
        let mut said = [0; 1024];
        loop {
            match self.0.try_read(&mut said) {
                Ok(1..) => {}
                Ok(0) => return true,
                Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
            }
        }
    }

    /// Waits until the server closes, and returns what it said.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let read = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "the server does not close: {}", String::from_utf8_lossy(&rest));
        rest
    }

    /// Sends the same again and again until the server has closed, but no more than `most` bytes and one part.
    /// Returns how many were sent.
    pub(crate) async fn pour(&mut self, part: &str, most: usize) -> usize {
        let mut sent = 0;
        while sent <= most {
            let written = tokio::time::timeout(PATIENCE, self.0.write_all(part.as_bytes())).await;
            let written = written.expect("the server takes it, or closes");
            if written.is_err() {
                break;
            }
            sent += part.len();
        }
        sent
    }

    /// Sends one byte after the other, at short intervals, until the server has closed, but no more than `most`.
    /// Returns how many were sent, and what the server said.
    pub(crate) async fn trickle(&mut self, most: usize) -> (usize, Vec<u8>) {
        let mut said = Vec::new();
        for sent in 0..most {
            if self.0.write_all(b"a").await.is_err() {
                // What was said before the reset may be lost, as it is for any client that goes on sending.
                let _ = self.0.read_to_end(&mut said).await;
                return (sent, said);
            }
            let pause = tokio::time::timeout(PAUSE, self.0.read_buf(&mut said)).await;
            if let Ok(Ok(0) | Err(_)) = pause {
                return (sent, said);
            }
        }
        (most, said)
    }
}

/// Between two bytes that trickle. Not a wait for anything: it only makes the client slow.
const PAUSE: Duration = Duration::from_millis(20);

/// Returns host and port of an address.
pub(crate) fn authority(url: &str) -> &str {
    url.trim_start_matches("http://").split('/').next().unwrap_or_default()
}

/// Sends bytes on a connection of their own, and returns the answers until the server closes.
pub(crate) async fn exchange(server: &Server, bytes: impl AsRef<[u8]>) -> Vec<RawAnswer> {
    let mut wire = Wire::to(server).await;
    wire.send(bytes).await;
    answers(&wire.rest().await)
}

/// Takes answers apart. Whatever does not look like one is a panic.
pub(crate) fn answers(bytes: &[u8]) -> Vec<RawAnswer> {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = &*text;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (head, behind) = rest.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{rest:?}"));
        let (line, head) = head.split_once("\r\n").unwrap_or((head, ""));
        let head = head.to_lowercase();
        let status = line.strip_prefix("HTTP/1.").and_then(|line| line.get(2..5)?.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer begins like this: {line:?}"));
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().unwrap());
        let (body, next) = behind.split_at_checked(length).unwrap_or((behind, ""));
        found.push(RawAnswer { status, head, body: body.to_owned() });
        rest = next;
    }
    found
}
