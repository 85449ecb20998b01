//! A notifier that hands mails to a mail server.
//!
//! Mails go over a few connections that are kept for the next ones. `lettre`'s own pool is not used: it puts a
//! connection back when the sending of a mail is given up half-way, where the next mail would become part of the first,
//! and its time-outs do not cover what a server says once it is connected.

mod fault;
mod session;
mod settings;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use lettre::address::Envelope;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use self::fault::{Cause, Fault, Step};
use self::session::{Dialler, Session};
use super::render::MailRenderer;
use crate::domain::invalid::Invalid;
use crate::ports::notifier::{BuyerMessage, Notifier, NotifierError};

pub use self::settings::{SmtpEncryption, SmtpSettings};

/// Servers close connections that say nothing for minutes. One that has been silent for so long is not used again.
const LONGEST_IDLE: Duration = Duration::from_secs(30);

/// Some servers take no more mails over one connection than this.
const MAILS_OF_A_CONNECTION: u32 = 100;

/// Sends each mail to a mail server, which delivers it.
///
/// A repeat bears the same `Message-ID`, so that the buyer's program can tell. It comes when the server took a mail and
/// its answer was lost; nothing can keep that from happening.
///
/// What a server answers may quote the buyer's address, so errors hold its codes and not its words.
///
/// # Example
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use booking_core::adapters::mail::smtp::{SmtpNotifier, SmtpSettings};
/// use booking_core::adapters::mail::{MailRenderer, MailSettings};
///
/// let settings = MailSettings {
///     from: "Tickets <tickets@example.org>".to_owned(),
///     public_url: "https://tickets.example.org".to_owned(),
///     domain: None,
/// };
/// let renderer = MailRenderer::new(&settings).map_err(|(field, reason)| format!("{field} {reason}"))?;
/// let server = SmtpSettings::parse("smtps://tickets:password@mail.example.org")?;
/// let notifier = SmtpNotifier::new(server, renderer)?;
/// notifier.check().await?;
/// # Ok(())
/// # }
/// ```
pub struct SmtpNotifier {
    renderer: MailRenderer,
    dialler: Dialler,
    mail_timeout: Duration,
    /// One permit for each connection that may be open.
    permits: Semaphore,
    /// Connections with nothing under way, the one that was used last at the end.
    parked: Mutex<Vec<Parked>>,
}

struct Parked {
    session: Session,
    since: Instant,
}

impl fmt::Debug for SmtpNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpNotifier")
            .field("server", &self.dialler.settings)
            .field("renderer", &self.renderer)
            .field("parked", &self.parked().len())
            .finish_non_exhaustive()
    }
}

impl SmtpNotifier {
    /// Makes a notifier. Nothing is connected yet.
    ///
    /// # Errors
    /// - [`Invalid`] if a certificate that is to be trusted cannot be used.
    pub fn new(settings: SmtpSettings, renderer: MailRenderer) -> Result<Self, Invalid> {
        Ok(Self {
            mail_timeout: settings.mail_timeout,
            permits: Semaphore::new(settings.max_connections.max(1)),
            parked: Mutex::default(),
            dialler: Dialler::new(settings, renderer.domain())?,
            renderer,
        })
    }

    /// Connects to the server and logs in, for a program that wants to tell at its start that this does not work.
    ///
    /// # Errors
    /// - [`NotifierError::Unreachable`] if the server does not answer, or does not let us in.
    pub async fn check(&self) -> Result<(), NotifierError> {
        let checked = timeout(self.mail_timeout, async {
            let _permit = self.permits.acquire().await;
            let session = self.session().await?;
            self.park(session);
            Ok(())
        });
        checked.await.unwrap_or_else(|_| Err(Fault::timed_out(Step::Connect).into()))
    }

    async fn deliver(&self, envelope: &Envelope, mail: &[u8]) -> Result<(), NotifierError> {
        let mut session = self.session().await?;
        match session.send(envelope, mail).await {
            Ok(()) => {
                self.park(session);
                Ok(())
            }
            Err(fault) => {
                // After a refusal the connection is good for the next mail, if the server says so.
                if matches!(fault.cause, Cause::Answer { .. }) && session.reset().await.is_ok() {
                    self.park(session);
                }
                Err(fault.into())
            }
        }
    }

    /// Returns a connection that answers.
    async fn session(&self) -> Result<Session, Fault> {
        while let Some(mut session) = self.unpark() {
            // The server may have closed it. Asking costs less than a mail that has to be repeated.
            if session.is_alive().await {
                return Ok(session);
            }
        }
        self.dialler.connect().await
    }

    fn unpark(&self) -> Option<Session> {
        let mut parked = self.parked();
        parked.retain(|parked| parked.since.elapsed() < LONGEST_IDLE);
        parked.pop().map(|parked| parked.session)
    }

    fn park(&self, session: Session) {
        if session.mails < MAILS_OF_A_CONNECTION {
            self.parked().push(Parked { session, since: Instant::now() });
        }
    }

    fn parked(&self) -> std::sync::MutexGuard<'_, Vec<Parked>> {
        // A list is whole between any two of its methods, whoever panicked.
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Notifier for SmtpNotifier {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        let mail = self.renderer.render(message)?;
        let content = mail.formatted();
        // A connection that is given up half-way is closed, because nothing parks it.
        // Its time begins when it has a connection: it fails only if it is closed, which nobody does.
        let _permit = self.permits.acquire().await;
        let delivered = timeout(self.mail_timeout, self.deliver(mail.envelope(), &content));
        delivered.await.unwrap_or_else(|_| Err(Fault::timed_out(Step::Content).into()))
    }
}
