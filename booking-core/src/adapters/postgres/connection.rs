//! A connection that its pool has lent, and how it comes back, whatever became of its caller or its server.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, Postgres};
use sqlx::{Error, Executor as _};
use tokio::time::{Instant, timeout};

use super::error::not_applied;
use crate::ports::fault::RepositoryError;

/// For so long after a connection was lost, none is trusted: what ended one has ended others.
const SUSPICION: Duration = Duration::from_secs(10);

/// When a connection was last lost.
#[derive(Debug)]
pub(super) struct Losses {
    since: Instant,
    /// Milliseconds since `since`, plus one; zero if none was lost yet.
    last: AtomicU64,
}

impl Losses {
    pub(super) fn none() -> Arc<Self> {
        Arc::new(Self { since: Instant::now(), last: AtomicU64::new(0) })
    }

    pub(super) fn note(&self) {
        let millis = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.last.store(millis + 1, Ordering::Relaxed);
    }

    pub(super) fn are_recent(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last > 0 && self.since.elapsed() < Duration::from_millis(last) + SUSPICION
    }
}

/// A connection with or without a transaction. Dropping it rolls back before anybody else gets it.
///
/// The pool's own way back waits for the server without a limit. If that has vanished without a word, the place in
/// the pool would be lost with it, so here the wait ends with the connection.
pub(super) struct Lent {
    /// There until it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    in_transaction: bool,
    silence_limit: Duration,
    losses: Arc<Losses>,
}

const LENT: &str = "a connection is there until it is dropped";

impl Lent {
    pub(super) const fn new(
        connection: PoolConnection<Postgres>,
        silence_limit: Duration,
        losses: Arc<Losses>,
    ) -> Self {
        Self { connection: Some(connection), in_transaction: false, silence_limit, losses }
    }

    /// Begins a transaction. The driver's own (0.9.0) takes one whose `BEGIN` was not waited for as never begun, and
    /// would hand the connection on with it open.
    pub(super) async fn begin(&mut self, statement: &'static str) -> Result<(), Error> {
        self.in_transaction = true;
        (**self).execute(statement).await.map(drop)
    }

    pub(super) async fn commit(mut self) -> Result<(), Error> {
        (*self).execute("COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }

    pub(super) async fn rollback(mut self) -> Result<(), Error> {
        (*self).execute("ROLLBACK").await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Ends the transaction, if there is one, before the connection goes back. Nothing was written, so nothing can be
    /// lost.
    pub(super) async fn end(self) -> Result<(), RepositoryError> {
        if self.in_transaction {
            self.rollback().await.map_err(|error| not_applied(&error))?;
        }
        Ok(())
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect(LENT)
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect(LENT)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        // Without a runtime the pool's own way would panic.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(connection.leak());
            return;
        };
        let (in_transaction, losses) = (self.in_transaction, Arc::clone(&self.losses));
        let silence_limit = self.silence_limit;
        runtime.spawn(async move {
            // Both read first what is left of the answer to a statement whose caller did not wait for it.
            let returned = timeout(silence_limit, async {
                if in_transaction {
                    connection.execute("ROLLBACK").await?;
                }
                connection.return_to_pool().await;
                Ok::<_, Error>(())
            });
            match returned.await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => connection.close_on_drop(),
                Err(_) => {
                    losses.note();
                    connection.close_on_drop();
                }
            }
        });
    }
}
