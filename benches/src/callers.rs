//! Closed loops: callers that each wait for their answer before they ask again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long callers call.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Before anything is counted: caches fill, connections open, batches find their size.
    pub warm_up: Duration,
    /// While it is.
    pub counted: Duration,
}

/// Runs `callers` closed loops at once and returns how many answers came each second. A loop ends with the answer
/// that it waits for.
///
/// # Errors
/// The first that a call returns. It ends the run.
///
/// # Panics
/// If a call does.
pub async fn rate<C, F>(callers: usize, span: Span, call: C) -> anyhow::Result<f64>
where
    C: Fn(usize, u64) -> F + Send + Sync + 'static,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let call = Arc::new(call);
    let (answers, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut loops = JoinSet::new();
    for caller in 0..callers {
        let (call, answers, is_over) =
            (Arc::clone(&call), Arc::clone(&answers), Arc::clone(&is_over));
        loops.spawn(async move {
            let mut round = 0;
            while !is_over.load(Ordering::Relaxed) {
                call(caller, round).await?;
                answers.fetch_add(1, Ordering::Relaxed);
                round += 1;
            }
            anyhow::Ok(())
        });
    }
    tokio::time::sleep(span.warm_up).await;
    let (started, before) = (Instant::now(), answers.load(Ordering::Relaxed));
    tokio::time::sleep(span.counted).await;
    let counted = answers.load(Ordering::Relaxed) - before;
    let seconds = started.elapsed().as_secs_f64();
    is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = loops.join_next().await {
        ended.expect("a caller does not panic")?;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    Ok(counted as f64 / seconds)
}
