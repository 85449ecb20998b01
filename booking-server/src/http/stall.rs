//! A connection that gives up on a client which does not read.
//!
//! hyper bounds how long a head may take to arrive, but not how long an answer may take to leave.
//! A client that asks and never reads would keep its connection for ever.
//!
//! One that reads slowly is served for as long as there is room. How long it has been slow is told to the listener, which
//! lets go of the slowest when there is none.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::{Instant, Sleep};

use super::activity::Activity;

/// Fails writes that make no progress for `timeout`.
#[derive(Debug)]
pub(super) struct StallGuard<I> {
    inner: I,
    timeout: Duration,
    /// Runs while a write is pending.
    deadline: Pin<Box<Sleep>>,
    is_stalled: bool,
    /// From the first write that was pending on. Neither progress nor the next answer ends that, or who takes a little now
    /// and then would be the youngest of all slow readers; only a client that has taken everything and is waited for does.
    is_slow: bool,
    activity: Arc<Activity>,
}

impl<I> StallGuard<I> {
    pub(super) fn new(inner: I, timeout: Duration, activity: Arc<Activity>) -> Self {
        let deadline = Box::pin(tokio::time::sleep(timeout));
        Self { inner, timeout, deadline, is_stalled: false, is_slow: false, activity }
    }

    /// Passes progress on, and turns a pending write into an error once it waited too long.
    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        progress: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.is_stalled = false;
            return progress;
        }
        if !self.is_stalled {
            self.is_stalled = true;
            self.deadline.as_mut().reset(Instant::now() + self.timeout);
        }
        if !self.is_slow {
            self.is_slow = true;
            self.activity.set_slow(true);
        }
        self.deadline
            .as_mut()
            .poll(cx)
            .map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }
}

impl<I: Read + Unpin> Read for StallGuard<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        if read.is_pending() && self.is_slow && !self.is_stalled {
            self.is_slow = false;
            self.activity.set_slow(false);
        }
        read
    }
}

impl<I: Write + Unpin> Write for StallGuard<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.watch(cx, progress)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.inner).poll_flush(cx);
        self.watch(cx, progress)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.watch(cx, progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.watch(cx, progress)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::activity::Waiting;
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    fn activity() -> Arc<Activity> {
        Arc::new(Activity::new(Instant::now()))
    }

    async fn write(guard: &mut StallGuard<impl Write + Unpin>) -> io::Result<usize> {
        poll_fn(|cx| Pin::new(&mut *guard).poll_write(cx, b"1234")).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_given_up() {
        let (server, _client) = tokio::io::duplex(4);
        let mut guard = StallGuard::new(TokioIo::new(server), TIMEOUT, activity());
        assert_eq!(write(&mut guard).await.unwrap(), 4);
        assert_eq!(write(&mut guard).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_client_is_served_as_long_as_it_reads() {
        let (server, mut client) = tokio::io::duplex(4);
        let mut guard = StallGuard::new(TokioIo::new(server), TIMEOUT, activity());
        let reading = async {
            for _ in 0..5 {
                tokio::time::sleep(TIMEOUT / 2).await;
                client.read_exact(&mut [0; 4]).await.unwrap();
            }
        };
        let writing = async {
            for _ in 0..5 {
                assert_eq!(write(&mut guard).await.unwrap(), 4);
            }
        };
        tokio::join!(reading, writing);
    }

    /// Asks for what the client sends, and tells whether it has to be waited for.
    async fn waits_for_request(guard: &mut StallGuard<impl Read + Unpin>) -> bool {
        let mut bytes = [0; 4];
        let mut buf = hyper::rt::ReadBuf::new(&mut bytes);
        poll_fn(|cx| {
            let read = Pin::new(&mut *guard).poll_read(cx, buf.unfilled());
            Poll::Ready(read.is_pending())
        })
        .await
    }

    /// Begins a write, and tells for what the connection waits meanwhile.
    async fn waiting_at_write(
        guard: &mut StallGuard<impl Write + Unpin>,
        activity: &Activity,
    ) -> Option<Waiting> {
        poll_fn(|cx| {
            assert!(Pin::new(&mut *guard).poll_write(cx, b"1234").is_pending());
            Poll::Ready(())
        })
        .await;
        activity.waiting()
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_little_now_and_then_has_been_slow_since_the_first_time() {
        let (server, mut client) = tokio::io::duplex(4);
        let activity = activity();
        let mut guard = StallGuard::new(TokioIo::new(server), TIMEOUT, Arc::clone(&activity));
        write(&mut guard).await.unwrap();
        assert!(!activity.waiting().unwrap().is_for_reader());
        // There is a request already behind the one that is answered.
        client.write_all(b"next").await.unwrap();
        let first = waiting_at_write(&mut guard, &activity).await;
        assert!(first.unwrap().is_for_reader());
        tokio::time::advance(TIMEOUT / 2).await;
        client.read_exact(&mut [0; 4]).await.unwrap();
        write(&mut guard).await.unwrap();
        assert_eq!(activity.waiting(), first, "what it takes is a part");
        assert!(!waits_for_request(&mut guard).await);
        assert_eq!(waiting_at_write(&mut guard, &activity).await, first);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_all_and_is_waited_for_was_slow_once() {
        let (server, mut client) = tokio::io::duplex(4);
        let activity = activity();
        let mut guard = StallGuard::new(TokioIo::new(server), TIMEOUT, Arc::clone(&activity));
        write(&mut guard).await.unwrap();
        let first = waiting_at_write(&mut guard, &activity).await;
        assert!(waits_for_request(&mut guard).await);
        assert_eq!(waiting_at_write(&mut guard, &activity).await, first, "it has not taken it yet");
        tokio::time::advance(TIMEOUT / 2).await;
        client.read_exact(&mut [0; 4]).await.unwrap();
        write(&mut guard).await.unwrap();
        assert!(waits_for_request(&mut guard).await);
        assert!(!activity.waiting().unwrap().is_for_reader());
        let second = waiting_at_write(&mut guard, &activity).await;
        assert!(second > first, "{second:?} {first:?}");
    }
}
