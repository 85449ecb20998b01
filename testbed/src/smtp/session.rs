//! One connection of a sink, as RFC 5321 has it.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::{Shared, SinkMail, SinkTransaction, SmtpAct, SmtpMoment, SmtpSinkTls};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Counts a connection as long as it is open.
struct Open(Arc<Shared>);

impl Open {
    fn new(shared: Arc<Shared>) -> Self {
        let mut record = shared.record();
        record.connections += 1;
        record.open += 1;
        record.most_open = record.most_open.max(record.open);
        drop(record);
        Self(shared)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.record().open -= 1;
    }
}

/// A mail that is under way; it is over when this is dropped.
struct Transaction {
    shared: Arc<Shared>,
    index: usize,
}

impl Transaction {
    fn new(shared: Arc<Shared>) -> Self {
        let mut record = shared.record();
        let index = record.transactions.len();
        record.transactions.push(SinkTransaction {
            recipients: Vec::new(),
            began: Instant::now(),
            ended: None,
            mail: None,
            is_answered: false,
        });
        drop(record);
        Self { shared, index }
    }

    fn note(&self, what: impl FnOnce(&mut SinkTransaction)) {
        what(&mut self.shared.record().transactions[self.index]);
    }

    /// Records the mail, which is taken herewith.
    fn take(&self, mail: SinkMail) {
        let mut record = self.shared.record();
        record.taken += 1;
        if self.shared.options.is_forgetful {
            return;
        }
        let place = record.mails.len();
        record.mails.push(mail);
        record.transactions[self.index].mail = Some(place);
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.note(|transaction| transaction.ended = Some(Instant::now()));
    }
}

struct Session {
    shared: Arc<Shared>,
    stream: BufReader<Box<dyn Stream>>,
    is_encrypted: bool,
    user: Option<String>,
    sender: Option<String>,
    recipients: Vec<String>,
    /// As long as there is a sender.
    transaction: Option<Transaction>,
}

pub(super) async fn serve(shared: Arc<Shared>, socket: TcpStream) {
    let _open = Open::new(Arc::clone(&shared));
    // A client that goes away is none of the sink's concern.
    let _ = converse(shared, socket).await;
}

async fn converse(shared: Arc<Shared>, socket: TcpStream) -> Result<()> {
    let is_encrypted = shared.options.tls == SmtpSinkTls::Wrapped;
    let stream: Box<dyn Stream> = if is_encrypted {
        Box::new(shared.acceptor.accept(socket).await?)
    } else {
        Box::new(socket)
    };
    let mut session = Session {
        shared,
        stream: BufReader::new(stream),
        is_encrypted,
        user: None,
        sender: None,
        recipients: Vec::new(),
        transaction: None,
    };
    session.take(SmtpMoment::Connect, "220 sink.example.org ESMTP").await?;
    loop {
        let line = session.line().await?;
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" | "HELO" => session.hello().await?,
            "STARTTLS" if session.offers_tls() => session = session.encrypt().await?,
            "AUTH" => session.login(&line).await?,
            "MAIL" => session.sender(&line).await?,
            "RCPT" => session.recipient(&line).await?,
            "DATA" => session.data().await?,
            "RSET" => {
                session.forget();
                session.say("250 2.0.0 Ok").await?;
            }
            "NOOP" => {
                session.take(SmtpMoment::Noop, "250 2.0.0 Ok").await?;
            }
            "QUIT" => return session.say("221 2.0.0 Bye").await,
            _ => session.say("502 5.5.1 Unknown").await?,
        }
    }
}

impl Session {
    async fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            bail!("the client is gone");
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    async fn say(&mut self, answer: &str) -> Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        Ok(stream.flush().await?)
    }

    /// Answers, unless trouble was ordered for this moment. Returns whether all went well.
    async fn take(&mut self, at: SmtpMoment, answer: &str) -> Result<bool> {
        match self.shared.act(at, &self.recipients) {
            None => self.say(answer).await.map(|()| true),
            Some(SmtpAct::Answer(other)) => self.say(&other).await.map(|()| false),
            Some(SmtpAct::Hang) => std::future::pending().await,
            Some(SmtpAct::HangUp) => bail!("it was told to"),
        }
    }

    fn offers_tls(&self) -> bool {
        let tls = self.shared.options.tls;
        !self.is_encrypted && matches!(tls, SmtpSinkTls::Offered | SmtpSinkTls::Required)
    }

    async fn hello(&mut self) -> Result<()> {
        let mut lines = vec!["sink.example.org", "8BITMIME", "ENHANCEDSTATUSCODES"];
        if self.offers_tls() {
            lines.push("STARTTLS");
        } else if self.shared.options.login.is_some() {
            lines.push("AUTH PLAIN");
        }
        let (last, others) = lines.split_last().context("there is one")?;
        for line in others {
            self.say(&format!("250-{line}")).await?;
        }
        self.say(&format!("250 {last}")).await
    }

    async fn encrypt(mut self) -> Result<Self> {
        self.say("220 2.0.0 Go ahead").await?;
        if !self.stream.buffer().is_empty() {
            bail!("the client said more than it may");
        }
        let acceptor = self.shared.acceptor.clone();
        let stream: Box<dyn Stream> = Box::new(acceptor.accept(self.stream.into_inner()).await?);
        Ok(Self { stream: BufReader::new(stream), is_encrypted: true, ..self })
    }

    async fn login(&mut self, line: &str) -> Result<()> {
        let Some((user, password)) = self.shared.options.login.clone() else {
            return self.say("502 5.5.1 Nobody has to").await;
        };
        let expected = STANDARD.encode(format!("\0{user}\0{password}"));
        if line.strip_prefix("AUTH PLAIN ") != Some(&*expected) {
            return self.say("535 5.7.8 Wrong user or password").await;
        }
        if self.take(SmtpMoment::Login, "235 2.7.0 Welcome").await? {
            self.user = Some(user);
        }
        Ok(())
    }

    async fn sender(&mut self, line: &str) -> Result<()> {
        if self.shared.options.tls == SmtpSinkTls::Required && !self.is_encrypted {
            return self.say("530 5.7.0 STARTTLS comes first").await;
        }
        if self.shared.options.login.is_some() && self.user.is_none() {
            return self.say("530 5.7.0 Log in first").await;
        }
        if self.sender.is_some() {
            return self.say("503 5.5.1 One at a time").await;
        }
        let address = address(line)?;
        if self.take(SmtpMoment::Sender, "250 2.1.0 Ok").await? {
            self.sender = Some(address);
            self.transaction = Some(Transaction::new(Arc::clone(&self.shared)));
        }
        Ok(())
    }

    async fn recipient(&mut self, line: &str) -> Result<()> {
        if self.sender.is_none() {
            return self.say("503 5.5.1 MAIL comes first").await;
        }
        self.recipients.push(address(line)?);
        if !self.take(SmtpMoment::Recipient, "250 2.1.5 Ok").await? {
            self.recipients.pop();
        }
        if let Some(transaction) = &self.transaction {
            transaction.note(|transaction| transaction.recipients.clone_from(&self.recipients));
        }
        Ok(())
    }

    async fn data(&mut self) -> Result<()> {
        if self.recipients.is_empty() {
            return self.say("503 5.5.1 RCPT comes first").await;
        }
        if !self.take(SmtpMoment::Data, "354 Go ahead").await? {
            return Ok(());
        }
        let content = self.content().await?;
        let mail = SinkMail {
            sender: self.sender.clone().unwrap_or_default(),
            recipients: self.recipients.clone(),
            content,
            is_encrypted: self.is_encrypted,
            user: self.user.clone(),
        };
        let act = self.shared.act(SmtpMoment::Content, &self.recipients);
        let is_refused = matches!(act, Some(SmtpAct::Answer(_)));
        if let Some(transaction) = self.transaction.as_ref().filter(|_| !is_refused) {
            transaction.take(mail);
        }
        match act {
            None => self.confirm().await?,
            Some(SmtpAct::Answer(other)) => self.say(&other).await?,
            Some(SmtpAct::Hang) => std::future::pending().await,
            Some(SmtpAct::HangUp) => bail!("it was told to"),
        }
        self.forget();
        Ok(())
    }

    /// Tells the client that its mail was taken.
    async fn confirm(&mut self) -> Result<()> {
        let pace = self.shared.options.pace;
        if !pace.is_zero() {
            tokio::time::sleep(pace).await;
        }
        self.say("250 2.0.0 Taken").await?;
        // There is nothing to wait for in between: it is noted if and only if it was said.
        if let Some(transaction) = &self.transaction {
            transaction.note(|transaction| transaction.is_answered = true);
        }
        Ok(())
    }

    async fn content(&mut self) -> Result<String> {
        let mut content = String::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await? == 0 {
                bail!("the client is gone");
            }
            if line == ".\r\n" {
                return Ok(content);
            }
            content.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
        self.transaction = None;
    }
}

/// Returns what stands between angle brackets.
fn address(line: &str) -> Result<String> {
    let (_, rest) = line.split_once('<').context("an address is in brackets")?;
    let (address, _) = rest.split_once('>').context("the brackets are closed")?;
    Ok(address.to_owned())
}
