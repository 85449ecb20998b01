//! Dropping a future at a chosen point.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// What became of a future that was to be dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut<T> {
    /// It was dropped before it ended.
    Dropped,
    /// It ended first.
    Ended(T),
}

impl<T> Cut<T> {
    /// Tells whether the future was dropped.
    pub const fn is_dropped(&self) -> bool {
        matches!(self, Self::Dropped)
    }
}

/// Drops a future after it was polled `polls` times without ending, as happens to the work for a caller who
/// went away. Raising `polls` from 1 until the future ends visits every point at which it can be dropped.
pub async fn cut_after<T>(polls: usize, future: impl Future<Output = T>) -> Cut<T> {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Cut::Ended(value)),
        Poll::Pending => {
            polled += 1;
            if polled >= polls { Poll::Ready(Cut::Dropped) } else { Poll::Pending }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn futures_are_dropped_at_every_await() {
        let work = || async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            7
        };
        assert_eq!(cut_after(1, work()).await, Cut::Dropped);
        assert_eq!(cut_after(2, work()).await, Cut::Dropped);
        assert_eq!(cut_after(3, work()).await, Cut::Ended(7));
    }
}
