//! Waiting for conditions.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long a server may take to start, to stop or to notice something. Only failures wait this long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until `condition` holds; the error says what was waited for.
pub(crate) fn until(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let started = Instant::now();
    while !condition()? {
        if started.elapsed() > limit {
            bail!("waited {} s in vain until {what}", limit.as_secs());
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Does work that blocks from asynchronous code. A panic in it goes on here.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Takes what must have worked.
#[track_caller]
pub(crate) fn must<T>(outcome: Result<T>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error:#}"))
}
