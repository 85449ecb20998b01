//! Sends notifications until they are accepted.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::queue::{AfterFailure, Delivery};
use super::secrets::IpnSecrets;
use super::signature;
use super::transport::Causes;
use super::{Inner, MockGateway};
use crate::ports::payment_gateway::IncomingNotification;

const ATTEMPTS: &str = "booking_mock_gateway_attempts_total";
const UNDELIVERED: &str = "booking_mock_gateway_undelivered";

impl MockGateway {
    /// Sends notifications when they are due, until `shutdown` is done; then waits for those under way.
    ///
    /// Several workers of one gateway do not disturb each other.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let inner = &self.inner;
        let mut shutdown = pin!(shutdown);
        let mut progress = inner.progress.clone();
        let mut attempts = JoinSet::new();
        loop {
            while attempts.len() < inner.concurrency
                && let Some(claim) = Claim::take(inner, Instant::now())
            {
                attempts.spawn(claim.attempt());
            }
            let has_room = attempts.len() < inner.concurrency;
            let due = inner.register().queue.next_due(inner.durable());
            // Without anything to wait for, the branch below is not waited for either.
            let until_due = tokio::time::sleep_until(due.unwrap_or_else(Instant::now));
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(done) = attempts.join_next() => report_panic(done),
                () = inner.wake.notified() => {}
                Ok(()) = progress.changed() => {}
                () = until_due, if has_room && due.is_some() => {}
            }
        }
        while let Some(done) = attempts.join_next().await {
            report_panic(done);
        }
    }

    /// Makes one attempt for each notification that is due now, one after the other, and returns their number.
    /// It is for tests that want no worker.
    pub async fn deliver_due(&self) -> usize {
        let now = Instant::now();
        let mut attempts = 0;
        while let Some(claim) = Claim::take(&self.inner, now) {
            claim.attempt().await;
            attempts += 1;
        }
        attempts
    }

    /// Returns how long it is until the next notification is due, or `None` if there is none.
    pub fn next_due_in(&self) -> Option<Duration> {
        let due = self.inner.register().queue.next_due(self.inner.durable())?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    /// Returns how many notifications were not accepted yet.
    pub fn undelivered(&self) -> usize {
        self.inner.register().queue.len()
    }

    /// Waits until every notification was accepted or given up. Somebody else has to send them.
    pub async fn wait_until_delivered(&self) {
        loop {
            let mut settled = pin!(self.inner.settled.notified());
            // Registered before looking, so that nothing settles in between unseen.
            settled.as_mut().enable();
            if self.undelivered() == 0 {
                return;
            }
            settled.await;
        }
    }
}

fn report_panic(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done
        && error.is_panic()
    {
        tracing::error!("an attempt to deliver a notification panicked");
    }
}

/// A notification that is being sent by nobody else. Dropped unsettled, it counts as an attempt that failed.
struct Claim {
    inner: Arc<Inner>,
    key: u64,
    delivery: Delivery,
    is_settled: bool,
}

impl Claim {
    fn take(inner: &Arc<Inner>, now: Instant) -> Option<Self> {
        let (key, delivery) = inner.register().queue.claim(now, inner.durable())?;
        Some(Self { inner: Arc::clone(inner), key, delivery, is_settled: false })
    }

    async fn attempt(mut self) {
        let message = self.inner.sign(&self.delivery);
        let answer =
            tokio::time::timeout(self.inner.attempt_timeout, self.inner.transport.deliver(message))
                .await;
        let outcome = match answer {
            Ok(Ok(200..=299)) => Outcome::Delivered,
            // These say that another attempt may do; so do all statuses of the server's own troubles.
            Ok(Ok(status @ (404 | 408 | 409 | 425 | 429 | 500..))) => Outcome::Deferred(status),
            Ok(Ok(status)) => Outcome::Refused(status),
            Ok(Err(error)) => Outcome::Unreachable(Causes(&*error).to_string()),
            Err(_) => Outcome::Unreachable("timed out".to_owned()),
        };
        metrics::counter!(ATTEMPTS, "outcome" => outcome.label()).increment(1);
        let id = &self.delivery.notification_id;
        match &outcome {
            Outcome::Delivered => self.settle(),
            // Somebody has to look at it: more attempts alone will hardly help.
            Outcome::Refused(_) => tracing::warn!(notification.id = %id, %outcome, "not accepted"),
            Outcome::Deferred(_) | Outcome::Unreachable(_) => {
                tracing::debug!(notification.id = %id, %outcome, "not accepted yet");
            }
        }
    }

    fn settle(&mut self) {
        self.is_settled = true;
        self.inner.register().settle(self.key, Instant::now());
        self.inner.note_progress();
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.is_settled {
            return;
        }
        let mut register = self.inner.register();
        if register.queue.fail(self.key, Instant::now(), &self.inner.backoff)
            == AfterFailure::GivenUp
        {
            register.note_settled(self.key);
            metrics::counter!(ATTEMPTS, "outcome" => "given_up").increment(1);
            tracing::error!(
                notification.id = %self.delivery.notification_id,
                payment.id = %self.delivery.payment_id,
                "a notification was never accepted, and is given up"
            );
        }
        drop(register);
        self.inner.note_progress();
    }
}

enum Outcome {
    Delivered,
    Deferred(u16),
    Refused(u16),
    Unreachable(String),
}

impl Outcome {
    const fn label(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Deferred(_) => "deferred",
            Self::Refused(_) => "refused",
            Self::Unreachable(_) => "unreachable",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered => f.write_str("delivered"),
            Self::Deferred(status) | Self::Refused(status) => write!(f, "status {status}"),
            Self::Unreachable(reason) => f.write_str(reason),
        }
    }
}

impl Inner {
    /// Makes the message of an attempt: the body stays, the time of the signature is new.
    fn sign(&self, delivery: &Delivery) -> IncomingNotification {
        let body = delivery.body.as_bytes();
        let now = self.clock.now();
        let signature = if delivery.attempts < delivery.bad_signatures {
            let wrong = IpnSecrets::parse("not the secret that was agreed on")
                .expect("it is long enough for a secret");
            signature::sign(&wrong, body, now)
        } else {
            signature::sign(&self.secrets, body, now)
        };
        IncomingNotification {
            headers: vec![
                ("content-type".to_owned(), "application/json".to_owned()),
                (signature::SIGNATURE_HEADER.to_owned(), signature),
            ],
            body: body.to_vec(),
        }
    }

    /// Lets the workers and those who wait for deliveries look again.
    fn note_progress(&self) {
        let undelivered = self.register().queue.len();
        metrics::gauge!(UNDELIVERED).set(u32::try_from(undelivered).unwrap_or(u32::MAX));
        self.wake.notify_one();
        self.settled.notify_waiters();
    }
}
