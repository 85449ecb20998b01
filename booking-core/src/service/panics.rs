//! Keeping a panic to the work that it happened in.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Runs work to its end; `None` if it panicked. The work must leave nothing half done where it is dropped: a
/// panic ends it in the same way.
pub(super) async fn contain<T>(what: &'static str, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context).map(Some))).unwrap_or_else(
            |_| {
                metrics::counter!("booking_panics_total", "work" => what).increment(1);
                tracing::error!(work = what, "work panicked");
                Poll::Ready(None)
            },
        )
    })
    .await
}
