//! What the tests share.

mod client;
mod database;
mod gateway;
mod measure;
mod process;
mod server;

pub(crate) use client::{Answer, Client};
pub(crate) use database::Database;
pub(crate) use gateway::{Ipn, Press, SECRET, signature, unix_now};
pub(crate) use measure::{Figures, OF_THE_DATABASE, allow_open_files, figures, once_back_to};
pub(crate) use process::{Folder, Output, command, run};
pub(crate) use server::{Launch, Server, audit, booking, event};

use std::time::{Duration, Instant};

/// Long enough that only a bug waits it out, also on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How long to wait between two questions.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks until the answer is there; fails, naming what was waited for, if it never is.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
