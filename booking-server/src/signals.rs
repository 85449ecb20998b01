//! Being told to stop.

use std::io::Write as _;

use anyhow::Context as _;
use tokio::sync::watch;

/// The shell's way to say that a process ended by SIGINT.
const INTERRUPTED: i32 = 130;

/// Resolves once the process was told to stop. Clones hear of it too.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens for SIGINT and SIGTERM. The first one asks for an orderly end, the second one ends
    /// the process at once, wherever it is.
    pub(crate) fn on_signals() -> anyhow::Result<Self> {
        let mut signals = Signals::new().context("signals cannot be received")?;
        let (told, stop) = watch::channel(false);
        tokio::spawn(async move {
            signals.next().await;
            // Without a receiver the program is ending already.
            let _ = told.send(true);
            signals.next().await;
            let _ = writeln!(std::io::stderr(), "told to stop twice: ending at once");
            std::process::exit(INTERRUPTED);
        });
        Ok(Self(stop))
    }

    /// Waits until the process is told to stop.
    pub(crate) async fn wait(mut self) {
        if self.0.wait_for(|told| *told).await.is_err() {
            // The task above only ends with the process.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the other platform's can fail")]
    const fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
