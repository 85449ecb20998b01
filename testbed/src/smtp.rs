//! A mail server that keeps what it takes, and misbehaves when it is told to.

mod session;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::ring};

use crate::ports::Port;
use crate::wait::must;

/// Whether connections are encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SmtpSinkTls {
    /// Never.
    #[default]
    None,
    /// If the client asks for it.
    Offered,
    /// Before anything else is taken.
    Required,
    /// From the first byte on.
    Wrapped,
}

/// How a sink is to be started.
#[derive(Debug, Clone, Default)]
pub struct SmtpSinkOptions {
    tls: SmtpSinkTls,
    login: Option<(String, String)>,
    pace: Duration,
    is_forgetful: bool,
}

impl SmtpSinkOptions {
    /// Sets whether connections are encrypted, with the sink's [own certificate](SmtpSink::certificate).
    pub fn tls(mut self, tls: SmtpSinkTls) -> Self {
        self.tls = tls;
        self
    }

    /// Lets nobody send who does not log in so.
    pub fn login(mut self, user: &str, password: &str) -> Self {
        self.login = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Lets so much time pass between taking a mail and saying so, as a server does that writes it to its disk first.
    pub fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Only counts what it takes: thousands of mails would fill the memory.
    pub fn forgetful(mut self) -> Self {
        self.is_forgetful = true;
        self
    }
}

/// A point in the conversation, before the sink answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpMoment {
    /// The greeting.
    Connect,
    /// `AUTH`.
    Login,
    /// `MAIL`.
    Sender,
    /// `RCPT`.
    Recipient,
    /// `DATA`.
    Data,
    /// The end of the content. A mail that gets no answer is kept nevertheless, one that is refused is not.
    Content,
    /// `NOOP`.
    Noop,
}

/// What the sink does instead of taking something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmtpAct {
    /// It answers this.
    Answer(String),
    /// It says nothing more.
    Hang,
    /// It ends the connection.
    HangUp,
}

impl SmtpAct {
    /// It answers this line.
    pub fn answer(line: &str) -> Self {
        Self::Answer(line.to_owned())
    }
}

/// When the sink misbehaves, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpTrouble {
    at: SmtpMoment,
    act: SmtpAct,
    recipient: Option<String>,
    skip: u32,
    times: u32,
}

impl SmtpTrouble {
    /// Makes trouble at every such moment.
    pub fn new(at: SmtpMoment, act: SmtpAct) -> Self {
        Self { at, act, recipient: None, skip: 0, times: u32::MAX }
    }

    /// Only for mails to this address.
    pub fn recipient(mut self, address: &str) -> Self {
        self.recipient = Some(address.to_owned());
        self
    }

    /// Lets so many pass first.
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Only so often.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }
}

/// A mail that the sink took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkMail {
    /// Whom it is from, by the envelope.
    pub sender: String,
    /// Whom it is for, by the envelope.
    pub recipients: Vec<String>,
    /// Headers and body, without the dots that were put before dots.
    pub content: String,
    /// Whether it came over an encrypted connection.
    pub is_encrypted: bool,
    /// Who logged in.
    pub user: Option<String>,
}

/// What the sink saw of a mail, from `MAIL` on, whether it got the whole of it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkTransaction {
    /// Whom it is for, by the envelope.
    pub recipients: Vec<String>,
    /// When `MAIL` was taken.
    pub began: Instant,
    /// When it was over: with an answer, or because the connection was. `None` while it goes on.
    pub ended: Option<Instant>,
    /// Which of [`SmtpSink::mails`] it is, if the whole of it was taken.
    pub mail: Option<usize>,
    /// Whether the client was told that it was taken. An answer that was said is one that arrives, if the client waits
    /// for it: a connection that is cut afterwards takes nothing back.
    pub is_answered: bool,
}

/// A mail server of its own, within this process.
pub struct SmtpSink {
    shared: Arc<Shared>,
    port: Port,
    running: Mutex<Option<Running>>,
}

struct Running {
    /// Dropped to end it.
    _stop: oneshot::Sender<()>,
    accepting: JoinHandle<()>,
}

struct Shared {
    options: SmtpSinkOptions,
    certificate: String,
    acceptor: TlsAcceptor,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    mails: Vec<SinkMail>,
    transactions: Vec<SinkTransaction>,
    taken: usize,
    troubles: Vec<SmtpTrouble>,
    connections: usize,
    open: usize,
    most_open: usize,
}

impl fmt::Debug for SmtpSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSink").field("port", &self.port).finish_non_exhaustive()
    }
}

impl SmtpSink {
    /// Starts a sink. On a runtime.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start(options: SmtpSinkOptions) -> Self {
        let sink = must(Self::new(options));
        sink.start_again().await;
        sink
    }

    fn new(options: SmtpSinkOptions) -> Result<Self> {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)?;
        let shared = Shared {
            options,
            certificate: made.cert.pem(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            record: Mutex::default(),
        };
        let (shared, port) = (Arc::new(shared), Port::claim()?);
        Ok(Self { shared, port, running: Mutex::default() })
    }

    /// Starts the sink again after [`stop`](Self::stop), at the same address and with all that it knew.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start_again(&self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port.number())).await;
        let listener = must(listener.context("the sink's port is taken"));
        let shared = Arc::clone(&self.shared);
        let (stop, mut stopped) = oneshot::channel();
        let accepting = tokio::spawn(async move {
            // The connections end with it, also if it is aborted.
            let mut sessions = JoinSet::new();
            loop {
                tokio::select! {
                    _ = &mut stopped => break,
                    Some(_) = sessions.join_next() => {}
                    Ok((socket, _)) = listener.accept() => {
                        sessions.spawn(session::serve(Arc::clone(&shared), socket));
                    }
                }
            }
            drop(listener);
            sessions.shutdown().await;
        });
        *self.running() = Some(Running { _stop: stop, accepting });
    }

    /// Cuts the sink off, as if it were killed: nobody answers at its address any more, and its connections are closed
    /// without a word, wherever they are. What it took before stays recorded.
    pub async fn stop(&self) {
        let running = self.running().take();
        if let Some(Running { _stop: stop, accepting }) = running {
            drop(stop);
            must(accepting.await.context("the sink failed"));
        }
    }

    /// Misbehaves from now on.
    pub fn trouble(&self, trouble: SmtpTrouble) {
        self.shared.record().troubles.push(trouble);
    }

    /// Behaves from now on.
    pub fn behave(&self) {
        self.shared.record().troubles.clear();
    }

    /// Returns the mails that it took, in their order.
    pub fn mails(&self) -> Vec<SinkMail> {
        self.shared.record().mails.clone()
    }

    /// Returns what it saw of mails, whole or not, in the order in which they began.
    pub fn transactions(&self) -> Vec<SinkTransaction> {
        self.shared.record().transactions.clone()
    }

    /// Returns how many mails it took, whether or not they were kept.
    pub fn taken(&self) -> usize {
        self.shared.record().taken
    }

    /// Returns how many connections there were.
    pub fn connections(&self) -> usize {
        self.shared.record().connections
    }

    /// Returns how many connections were open at once, at the most.
    pub fn most_connections(&self) -> usize {
        self.shared.record().most_open
    }

    /// Returns how many connections are open.
    pub fn open_connections(&self) -> usize {
        self.shared.record().open
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Returns the address, with user and password if there are any.
    pub fn url(&self) -> String {
        let scheme = if self.shared.options.tls == SmtpSinkTls::Wrapped { "smtps" } else { "smtp" };
        let port = self.port.number();
        match &self.shared.options.login {
            Some((user, password)) => format!("{scheme}://{user}:{password}@127.0.0.1:{port}"),
            None => format!("{scheme}://127.0.0.1:{port}"),
        }
    }

    /// Returns the certificate in PEM, which nobody trusts who is not told to.
    pub fn certificate(&self) -> &str {
        &self.shared.certificate
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        if let Some(running) = self.running().take() {
            running.accepting.abort();
        }
    }
}

impl Shared {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is to be done now instead of what is asked for.
    fn act(&self, at: SmtpMoment, recipients: &[String]) -> Option<SmtpAct> {
        let mut record = self.record();
        for trouble in &mut record.troubles {
            let is_meant = trouble.at == at
                && trouble.recipient.as_ref().is_none_or(|address| recipients.contains(address));
            if !is_meant || trouble.times == 0 {
                continue;
            }
            if trouble.skip > 0 {
                trouble.skip -= 1;
                continue;
            }
            trouble.times -= 1;
            return Some(trouble.act.clone());
        }
        None
    }
}
