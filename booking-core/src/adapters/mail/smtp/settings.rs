//! Which mail server, and how it is spoken to.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use url::Url;

use crate::domain::invalid::Invalid;

const RELAY_PORT: u16 = 25;
const SUBMISSION_PORT: u16 = 587;
const SUBMISSIONS_PORT: u16 = 465;

/// When a connection is encrypted. A certificate that is not trusted is refused in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmtpEncryption {
    /// From the first byte on: `smtps://`.
    Wrapped,
    /// By `STARTTLS`, before anything else is said.
    StartTls,
    /// By `STARTTLS` if the server offers it. Whoever sits in between can take the offer away.
    Opportunistic,
    /// Never.
    None,
}

/// A mail server, and how it is spoken to.
///
/// It never prints the user's name or the password.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SmtpSettings {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// When the connection is encrypted.
    pub encryption: SmtpEncryption,
    /// User and password, if the server asks for them.
    pub credentials: Option<(String, String)>,
    /// The name that this program gives itself in `EHLO`; the domain of the mails if `None`.
    pub hello_name: Option<String>,
    /// Certificates in PEM that are trusted beside those that the system trusts.
    pub certificates: Vec<Vec<u8>>,
    /// How many connections may be open at once; 4 by default, and one at the least.
    pub max_connections: usize,
    /// How long the server may take for one answer; 10 s by default.
    pub command_timeout: Duration,
    /// How long a mail may take as a whole, the wait for a connection included; 30 s by default.
    pub mail_timeout: Duration,
}

impl SmtpSettings {
    /// Reads `smtp://user:password@host:port` or `smtps://…`. Whatever is special in an address is written as `%40` and
    /// the like in user and password.
    ///
    /// | address | encryption | port unless it is given |
    /// |---|---|---|
    /// | `smtps://…` | from the first byte on | 465 |
    /// | `smtp://user:password@…` | `STARTTLS`, required | 587 |
    /// | `smtp://host` | `STARTTLS`, required | 25 |
    /// | `smtp://localhost`, or a loopback address, without a password | none: nothing leaves the machine | 25 |
    ///
    /// With `smtp://`, `?tls=required`, `?tls=opportunistic` or `?tls=none` at the end asks for something else. A
    /// password does not go over a network unencrypted: both of the latter are refused with one, unless the server is on
    /// this machine. `?hello=name` sets [`hello_name`](Self::hello_name).
    ///
    /// # Errors
    /// - [`Invalid`] if it is not such an address. The reason does not quote it.
    pub fn parse(address: &str) -> Result<Self, Invalid> {
        let malformed = || Invalid::new("is not an address such as smtp://user:password@host:587");
        let url = Url::parse(address).map_err(|_| malformed())?;
        let host = url.host_str().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_name =
            host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte));
        if host.is_empty()
            || !is_name
            || !matches!(url.path(), "" | "/")
            || url.fragment().is_some()
        {
            return Err(malformed());
        }
        let credentials = credentials(&url)?;
        let (tls, hello_name) = options(&url)?;
        let is_local = is_loopback(host);
        let encryption = match (url.scheme(), tls) {
            ("smtps", None) => SmtpEncryption::Wrapped,
            ("smtps", Some(_)) => return Err(Invalid::new("asks for tls twice")),
            ("smtp", Some(tls)) => tls,
            ("smtp", None) if is_local && credentials.is_none() => SmtpEncryption::None,
            ("smtp", None) => SmtpEncryption::StartTls,
            _ => return Err(malformed()),
        };
        let may_be_plain =
            matches!(encryption, SmtpEncryption::Opportunistic | SmtpEncryption::None);
        if may_be_plain && credentials.is_some() && !is_local {
            return Err(Invalid::new("would send a password over the network unencrypted"));
        }
        let usual_port = match encryption {
            SmtpEncryption::Wrapped => SUBMISSIONS_PORT,
            _ if credentials.is_some() => SUBMISSION_PORT,
            _ => RELAY_PORT,
        };
        Ok(Self {
            host: host.to_owned(),
            port: url.port().unwrap_or(usual_port),
            encryption,
            credentials,
            hello_name,
            certificates: Vec::new(),
            max_connections: 4,
            command_timeout: Duration::from_secs(10),
            mail_timeout: Duration::from_secs(30),
        })
    }
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("encryption", &self.encryption)
            .field("has_credentials", &self.credentials.is_some())
            .field("hello_name", &self.hello_name)
            .field("certificates", &self.certificates.len())
            .field("max_connections", &self.max_connections)
            .field("command_timeout", &self.command_timeout)
            .field("mail_timeout", &self.mail_timeout)
            .finish()
    }
}

/// Reads user and password: both or none.
fn credentials(url: &Url) -> Result<Option<(String, String)>, Invalid> {
    let decode = |text: &str| {
        // The decoder is for queries, where these have a meaning of their own.
        let text = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
        let (decoded, _) = url::form_urlencoded::parse(text.as_bytes()).next()?;
        let is_fit = !decoded.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER);
        is_fit.then(|| decoded.into_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(Invalid::new("needs a user and a password, or neither")),
        (user, Some(password)) => decode(user)
            .zip(decode(password))
            .map(Some)
            .ok_or_else(|| Invalid::new("has a user or a password that cannot be read")),
    }
}

/// Reads what stands after the question mark.
fn options(url: &Url) -> Result<(Option<SmtpEncryption>, Option<String>), Invalid> {
    let (mut tls, mut hello) = (None, None);
    for (name, value) in url.query_pairs() {
        match (&*name, &*value) {
            ("tls", "required") => tls = Some(SmtpEncryption::StartTls),
            ("tls", "opportunistic") => tls = Some(SmtpEncryption::Opportunistic),
            ("tls", "none") => tls = Some(SmtpEncryption::None),
            ("tls", _) => {
                return Err(Invalid::new("may have tls=required, tls=opportunistic or tls=none"));
            }
            ("hello", name) => {
                let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
                if name.is_empty() || name.len() > 253 || !name.bytes().all(is_fit) {
                    return Err(Invalid::new("has a hello that is not the name of a host"));
                }
                hello = Some(name.to_owned());
            }
            _ => return Err(Invalid::new("may have no other options than tls and hello")),
        }
    }
    Ok((tls, hello))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests;
