//! The kinds of values that settings have.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use booking_core::adapters::mail::{MailRenderer, MailSettings};
use tracing_subscriber::EnvFilter;
use url::Url;

/// Where a listener is to be: an address or a host name, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListenAddress(String);

impl ListenAddress {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.parse::<SocketAddr>().is_ok() {
            return Ok(Self(text.to_owned()));
        }
        let malformed = || "must be HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(malformed)?;
        let is_name = !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
            // `1.2.3` and `1.2.3.4.5` are typing errors, not names.
            && !host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if !is_name || port.parse::<u16>().is_err() || port.starts_with('+') {
            return Err(malformed());
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What links begin with: `http` or `https`, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or("must be an address that begins with http:// or https://")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a user name or a password".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must not have a query or a fragment".to_owned());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// Makes the address by which a browser on this machine reaches a listener.
    pub(crate) fn of_listener(bound: SocketAddr) -> Self {
        Self(format!("http://{}", reachable(bound)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the host, without a port.
    pub(crate) fn host(&self) -> String {
        let url = Url::parse(&self.0).ok();
        url.as_ref().and_then(Url::host_str).unwrap_or("localhost").to_owned()
    }
}

/// Returns where a listener is reached from this machine: "every address" is none to connect to.
pub(crate) fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

/// What the address of a PostgreSQL server begins with.
pub(super) const POSTGRES: &[&str] = &["postgres", "postgresql"];

/// Which database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DatabaseUrl {
    /// A file.
    Sqlite { url: String, file: PathBuf },
    /// A server.
    Postgres(SecretUrl),
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self::Sqlite { url: "sqlite://booking.db".to_owned(), file: PathBuf::from("booking.db") }
    }
}

impl DatabaseUrl {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Self::of_file(path);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return SecretUrl::parse(text, POSTGRES).map(Self::Postgres);
        }
        Err("must begin with sqlite:// or postgres://".to_owned())
    }

    fn of_file(path: &str) -> Result<Self, String> {
        if path.contains(":memory:") {
            return Err("must name a file: a database in memory is lost at the end".to_owned());
        }
        // The driver would read `%41` and `?x=y` as more than a name.
        if path.is_empty() || path.contains(['?', '%', '#', '\0']) {
            return Err("must be sqlite:// and the path of a file, without ?, # and %".to_owned());
        }
        Ok(Self::Sqlite { url: format!("sqlite://{path}"), file: PathBuf::from(path) })
    }

    /// Returns the path of a file beside an embedded database: its name with `ending` added.
    pub(crate) fn beside(file: &Path, ending: &str) -> PathBuf {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        file.with_file_name(name)
    }
}

/// An address that may hold a password, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretUrl(Url);

impl SecretUrl {
    pub(super) fn parse(text: &str, schemes: &[&str]) -> Result<Self, String> {
        Url::parse(text)
            .ok()
            .filter(|url| schemes.contains(&url.scheme()) && url.has_host())
            .map(Self)
            .ok_or_else(|| format!("must be an address such as {}://host:port", schemes[0]))
    }
}

impl SecretUrl {
    pub(super) fn scheme(&self) -> &str {
        self.0.scheme()
    }

    /// Returns the address with everything that is secret about it, for whoever connects.
    pub(crate) fn expose(&self) -> String {
        self.0.as_str().to_owned()
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({}://..)", self.0.scheme())
    }
}

/// Whom mails are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailAddress(String);

impl MailAddress {
    /// `tickets@example.org`, or `Box office <tickets@example.org>`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let settings = MailSettings {
            from: text.to_owned(),
            public_url: "http://localhost".to_owned(),
            domain: None,
        };
        // The rules are those of whoever has to write it into a mail.
        match MailRenderer::new(&settings) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err("must be an address such as Tickets <tickets@example.org>".to_owned()),
        }
    }

    /// Makes the address of a server that was not told one.
    pub(crate) fn at(host: &str) -> Self {
        // An address of the network is no domain, and a server without a name has no mailbox.
        let is_name = host.parse::<IpAddr>().is_err() && !host.starts_with('[');
        Self(format!("Tickets <tickets@{}>", if is_name { host } else { "localhost" }))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) fn parse_redis(text: &str) -> Result<Vec<SecretUrl>, String> {
    let nodes: Vec<SecretUrl> = text
        .split(',')
        .map(|node| SecretUrl::parse(node.trim(), &["redis", "rediss"]))
        .collect::<Result<_, _>>()?;
    // The driver takes encryption from the first, so the others would be believed to say something.
    if nodes.iter().any(|node| node.scheme() != nodes[0].scheme()) {
        return Err("must be redis:// for all nodes or rediss:// for all".to_owned());
    }
    Ok(nodes)
}

/// Reads how many connections to PostgreSQL there may be. Two carry the batches, so that there is no fewer; more than a
/// server has by default are a typing error.
pub(super) fn parse_pool(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (2..=200).contains(number));
    number.ok_or_else(|| "must be a number from 2 to 200".to_owned())
}

/// Reads how many connections clients may have. With fewer, browsers that keep theirs open would be cut off all the
/// time; more need another kernel's settings.
pub(super) fn parse_clients(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (64..=100_000).contains(number));
    number.ok_or_else(|| "must be a number from 64 to 100000".to_owned())
}

pub(super) fn parse_gateway(text: &str) -> Result<(), String> {
    if text == "mock" { Ok(()) } else { Err("must be mock: there is no other adapter".to_owned()) }
}

pub(super) fn parse_span(text: &str, min: Duration, max: Duration) -> Result<Duration, String> {
    let malformed = || "must be a duration such as 90s, 15m or 2h".to_owned();
    let span: jiff::SignedDuration = text.parse().map_err(|_| malformed())?;
    let span = Duration::try_from(span).map_err(|_| malformed())?;
    if (min..=max).contains(&span) {
        return Ok(span);
    }
    Err(format!("must be from {} to {}", show_span(min), show_span(max)))
}

fn show_span(span: Duration) -> String {
    match span.as_secs() {
        seconds if seconds > 0 && seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        seconds if seconds > 0 && seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

pub(super) fn parse_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("is not a filter: {error}")),
    }
}
