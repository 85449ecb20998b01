//! One connection to a mail server.

use std::fmt;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tokio::time::timeout;

use super::fault::{Cause, Fault, Step};
use super::settings::{SmtpEncryption, SmtpSettings};
use crate::domain::invalid::Invalid;

/// Makes connections.
pub(super) struct Dialler {
    pub(super) settings: SmtpSettings,
    tls: TlsParameters,
    hello: ClientId,
}

impl Dialler {
    pub(super) fn new(settings: SmtpSettings, domain: &str) -> Result<Self, Invalid> {
        let mut tls = TlsParameters::builder(settings.host.clone());
        for pem in &settings.certificates {
            let malformed = |_| Invalid::new("is not a certificate in PEM");
            tls = tls.add_root_certificate(Certificate::from_pem(pem).map_err(malformed)?);
        }
        let tls = tls
            .build_rustls()
            .map_err(|_| Invalid::new("names a certificate that cannot be trusted"))?;
        let hello = settings.hello_name.clone().unwrap_or_else(|| domain.to_owned());
        Ok(Self { settings, tls, hello: ClientId::Domain(hello) })
    }

    /// Connects, encrypts and logs in.
    pub(super) async fn connect(&self) -> Result<Session, Fault> {
        let limit = self.settings.command_timeout;
        let is_wrapped = self.settings.encryption == SmtpEncryption::Wrapped;
        let address = (self.settings.host.as_str(), self.settings.port);
        let tls = is_wrapped.then(|| self.tls.clone());
        let connecting =
            AsyncSmtpConnection::connect_tokio1(address, Some(limit), &self.hello, tls, None);
        let connection = within(limit, Step::Connect, connecting).await?;
        let mut session = Session { connection, limit, mails: 0 };
        self.encrypt(&mut session).await?;
        if let Some((user, password)) = &self.settings.credentials {
            if session.connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
                let cause = Cause::Lacks("a way to log in that is known here");
                return Err(Fault { step: Step::Connect, cause });
            }
            let credentials = Credentials::new(user.clone(), password.clone());
            let login = session.connection.auth(DEFAULT_MECHANISMS, &credentials);
            within(limit, Step::Connect, login).await?;
        }
        Ok(session)
    }

    /// Encrypts the connection, if that is wanted and has not happened yet.
    async fn encrypt(&self, session: &mut Session) -> Result<(), Fault> {
        let is_required = match self.settings.encryption {
            SmtpEncryption::Wrapped | SmtpEncryption::None => return Ok(()),
            SmtpEncryption::StartTls => true,
            SmtpEncryption::Opportunistic => false,
        };
        if session.connection.can_starttls() {
            let upgrade = session.connection.starttls(self.tls.clone(), &self.hello);
            return within(session.limit, Step::Connect, upgrade).await;
        }
        if is_required {
            return Err(Fault { step: Step::Connect, cause: Cause::Lacks("STARTTLS") });
        }
        Ok(())
    }
}

/// A connection that is ready for mails.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
    /// How long one answer may take.
    limit: Duration,
    /// How many mails were begun.
    pub(super) mails: u32,
}

impl Session {
    /// Hands a mail over. If anything but an answer is the trouble, nothing more may be sent.
    pub(super) async fn send(&mut self, envelope: &Envelope, mail: &[u8]) -> Result<(), Fault> {
        self.mails += 1;
        let mut parameters = Vec::new();
        if envelope
            .from()
            .into_iter()
            .chain(envelope.to())
            .any(|address| !AsRef::<str>::as_ref(address).is_ascii())
        {
            self.need(Extension::SmtpUtfEight, "SMTPUTF8")?;
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !mail.is_ascii() {
            self.need(Extension::EightBitMime, "8BITMIME")?;
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        self.command(Step::Sender, Mail::new(envelope.from().cloned(), parameters)).await?;
        for recipient in envelope.to() {
            self.command(Step::Recipient, Rcpt::new(recipient.clone(), Vec::new())).await?;
        }
        self.command(Step::Content, Data).await?;
        match std::str::from_utf8(mail) {
            Ok(mail) => self.command(Step::Content, Content(mail)).await,
            Err(_) => {
                within(self.limit, Step::Content, self.connection.message(mail)).await.map(drop)
            }
        }
    }

    /// Forgets a mail that was refused.
    pub(super) async fn reset(&mut self) -> Result<(), Fault> {
        self.command(Step::Content, Rset).await
    }

    /// Asks for an answer.
    pub(super) async fn is_alive(&mut self) -> bool {
        self.command(Step::Connect, Noop).await.is_ok()
    }

    fn need(&self, extension: Extension, name: &'static str) -> Result<(), Fault> {
        if self.connection.server_info().supports_feature(extension) {
            Ok(())
        } else {
            // Another mail may do without.
            Err(Fault { step: Step::Content, cause: Cause::Lacks(name) })
        }
    }

    async fn command(&mut self, step: Step, command: impl fmt::Display) -> Result<(), Fault> {
        within(self.limit, step, self.connection.command(command)).await.map(drop)
    }
}

/// What `DATA` announces, with the line that ends it, to be written at once. `AsyncSmtpConnection::message` writes that line
/// apart, so it waits (Nagle) until the server acknowledges the rest, for which servers take 40 ms: they have nothing to
/// answer yet.
struct Content<'a>(&'a str);

impl fmt::Display for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in self.0.split("\r\n").enumerate() {
            if number > 0 {
                f.write_str("\r\n")?;
            }
            // Transparency: RFC 5321 §4.5.2.
            if line.starts_with('.') {
                f.write_str(".")?;
            }
            f.write_str(line)?;
        }
        f.write_str("\r\n.\r\n")
    }
}

async fn within<T>(
    limit: Duration,
    step: Step,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Fault> {
    match timeout(limit, work).await {
        Ok(outcome) => outcome.map_err(|error| Fault::of(step, &error)),
        Err(_) => Err(Fault::timed_out(step)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_one_dot_does_not_end_a_mail() {
        let shown = Content(".\r\nA.\r\n..B\r\n").to_string();
        assert_eq!(shown, "..\r\nA.\r\n...B\r\n\r\n.\r\n");
    }
}
