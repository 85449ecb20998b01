//! Where webhooks go, and what is allowed on the way.

use std::fmt;
use std::net::IpAddr;

use hyper::Uri;
use url::{Host, Url};

use super::address::Reach;
use super::secrets::WebhookSecrets;
use crate::domain::invalid::Invalid;

/// What webhooks are made with.
#[derive(Clone)]
pub struct WebhookSettings {
    url: String,
    pub(super) secrets: WebhookSecrets,
    allowed: Allowed,
}

/// What is not allowed unless somebody says so.
#[derive(Debug, Clone, Copy, Default)]
struct Allowed {
    private_addresses: bool,
    plain_http: bool,
}

/// Where webhooks go, checked.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) uri: Uri,
    /// The name or address of the endpoint: all that may be shown of it, because receivers put secrets into paths and
    /// queries.
    pub(super) host: String,
    pub(super) reach: Reach,
    pub(super) is_encrypted: bool,
}

impl WebhookSettings {
    /// Sends to an `https` address, to a host that the whole internet can reach, with signatures by `secrets`. The
    /// address is checked by [`WebhookSettings::check`], and by whoever sends.
    pub fn new(url: impl Into<String>, secrets: WebhookSecrets) -> Self {
        Self { url: url.into(), secrets, allowed: Allowed::default() }
    }

    /// Allows hosts that only this machine or a private network can reach, over plain `http` also. Whoever may choose
    /// the address can then post to anything that this machine reaches.
    pub fn allow_private_addresses(mut self) -> Self {
        self.allowed.private_addresses = true;
        self
    }

    /// Allows plain `http` through the internet, where anybody on the way can read who booked what.
    pub fn allow_plain_http(mut self) -> Self {
        self.allowed.plain_http = true;
        self
    }

    /// Checks the address, and names the field that is not acceptable.
    ///
    /// # Errors
    /// - `url` if it is not an `https` address, or a plain one where that is not allowed; if it has a user name, a
    ///   password or a fragment; if it holds an address that is private, and those are not allowed.
    pub fn check(&self) -> Result<(), (&'static str, Invalid)> {
        self.target().map(drop)
    }

    pub(super) fn target(&self) -> Result<Target, (&'static str, Invalid)> {
        self.read().map_err(|reason| ("url", Invalid::new(reason)))
    }

    fn read(&self) -> Result<Target, &'static str> {
        const MALFORMED: &str = "must be an address that begins with https:// or http://";
        const MAX_BYTES: usize = 2_000;
        if self.url.len() > MAX_BYTES {
            return Err("must not be longer than 2000 bytes");
        }
        let url = Url::parse(&self.url).map_err(|_| MALFORMED)?;
        let is_encrypted = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(MALFORMED),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a user name or a password");
        }
        if url.fragment().is_some() {
            return Err("must not have a fragment");
        }
        let reach = Reach {
            public: is_encrypted || self.allowed.plain_http,
            private: self.allowed.private_addresses,
        };
        if !reach.public && !reach.private {
            return Err("must begin with https://, unless private addresses are allowed");
        }
        let literal = match url.host().ok_or(MALFORMED)? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        if literal.is_some_and(|address| !reach.admits(address)) {
            return Err(if reach.private {
                "must begin with https://, unless the address is private"
            } else {
                "leads to a private address, which is not allowed"
            });
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let uri = url.as_str().parse().map_err(|_| MALFORMED)?;
        Ok(Target { uri, host, reach, is_encrypted })
    }
}

impl fmt::Debug for WebhookSettings {
    /// Shows neither secret nor address: receivers put secrets into paths and queries.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSettings").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("host", &self.host)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> WebhookSettings {
        let secrets = WebhookSecrets::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        WebhookSettings::new(url, secrets)
    }

    fn refusal(settings: &WebhookSettings) -> String {
        let (field, invalid) = settings.target().unwrap_err();
        assert_eq!(field, "url");
        invalid.to_string()
    }

    #[test]
    fn encrypted_addresses_of_the_internet_are_accepted() {
        for url in [
            "https://shop.example.org",
            "https://shop.example.org:8443/hooks/tickets?token=a%20b",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/hooks",
            // What a name leads to is not known yet.
            "https://localhost/hooks",
        ] {
            let target = settings(url).target().unwrap();
            assert!(target.is_encrypted && !target.reach.private, "{url}");
        }
    }

    #[test]
    fn bad_addresses_are_refused_with_the_reason() {
        let of = |url: &str| refusal(&settings(url));
        for url in ["", "shop.example.org", "/hooks", "ftp://a.example", "https://", "mailto:a@b"] {
            assert_eq!(of(url), "must be an address that begins with https:// or http://", "{url}");
        }
        for url in ["https://u@a.example", "https://u:p@a.example", "https://:p@a.example"] {
            assert_eq!(of(url), "must not hold a user name or a password");
        }
        assert_eq!(of("https://a.example/#b"), "must not have a fragment");
        assert_eq!(
            of(&format!("https://a.example/{}", "x".repeat(2_000))),
            "must not be longer than 2000 bytes"
        );
        assert_eq!(
            of("http://a.example"),
            "must begin with https://, unless private addresses are allowed"
        );
    }

    #[test]
    fn private_addresses_are_refused_however_they_are_written() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "１２７.0.0.1",
            "169.254.169.254",
            "10.1.2.3",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[fd00:ec2::254]",
            "[64:ff9b::a9fe:a9fe]",
        ] {
            let refused = settings(&format!("https://{host}/hooks"));
            assert_eq!(
                refusal(&refused),
                "leads to a private address, which is not allowed",
                "{host}"
            );
            assert!(refused.allow_private_addresses().target().is_ok(), "{host}");
        }
    }

    #[test]
    fn plain_http_is_for_private_addresses_unless_it_is_allowed() {
        let public = settings("http://1.1.1.1/");
        let private = settings("http://10.0.0.1/");
        assert_eq!(
            refusal(&public.clone().allow_private_addresses()),
            "must begin with https://, unless the address is private"
        );
        assert!(public.allow_plain_http().target().is_ok());
        assert!(private.clone().allow_private_addresses().target().is_ok());
        assert_eq!(
            refusal(&private.allow_plain_http()),
            "leads to a private address, which is not allowed"
        );
        // A name is held to it at each connection.
        let named = settings("http://shop.example.org").allow_private_addresses();
        assert_eq!(named.target().unwrap().reach, Reach { public: false, private: true });
    }

    #[test]
    fn nothing_of_the_address_but_its_host_is_shown() {
        let settings = settings("https://shop.example.org/path-secret?token=query-secret");
        let shown = format!("{settings:?} {:?}", settings.target().unwrap());
        assert!(shown.contains("shop.example.org"), "{shown}");
        assert!(
            !shown.contains("secret\"") && !shown.contains("path-") && !shown.contains("token")
        );
    }
}
