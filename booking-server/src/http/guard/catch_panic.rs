//! A future whose panics are values.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Ends with the payload if the inner future panics.
///
/// tower-http has a layer for this, but it boxes the body of every answer, whose length would be
/// unknown from then on.
pub(super) struct CatchPanic<'a, F> {
    inner: Pin<&'a mut F>,
}

impl<'a, F> CatchPanic<'a, F> {
    /// Watches a future that its caller has pinned, so that it needs no place of its own.
    pub(super) const fn new(inner: Pin<&'a mut F>) -> Self {
        Self { inner }
    }
}

impl<F: Future> Future for CatchPanic<'_, F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A future that panicked is never polled again, so nobody sees what it left half done.
        // What it shares with other requests has to survive a panic anyway: tasks panic, too.
        match catch_unwind(AssertUnwindSafe(|| self.inner.as_mut().poll(cx))) {
            Ok(progress) => progress.map(Ok),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    }
}
