//! Recognises what the page of another site makes a browser send.

use http::Request;
use http::header::{HOST, ORIGIN, REFERER};
use http::uri::Authority;
use url::{Host, Url};

/// What to make of `Origin: null`, by which a browser hides where a form was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenOrigin {
    /// It may be anybody's form.
    Refused,
    /// It comes from a page whose address must not be told to anybody, not even to us. So may that of another site, which
    /// then has to know the form's own address, and only in a browser that sends no
    /// `Sec-Fetch-Site`: an old one, or any that came by `http`.
    Allowed,
}

/// Tells whether a page of another site may have sent the request. `own` is the public address of
/// the service, if it is known.
///
/// Browsers say so in `Sec-Fetch-Site`, older ones in `Origin` or `Referer`. A client that says
/// nothing is taken for a program, which acts for nobody but itself.
pub fn is_foreign<B>(request: &Request<B>, own: Option<&Url>, hidden: HiddenOrigin) -> bool {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = request.headers().get("sec-fetch-site") {
        // "none" is a request that no page made, such as a reload.
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    match header(ORIGIN) {
        Some("null") => hidden == HiddenOrigin::Refused,
        Some(origin) => !is_own(request, own, origin),
        None => header(REFERER).is_some_and(|referer| !is_own(request, own, referer)),
    }
}

fn is_own<B>(request: &Request<B>, own: Option<&Url>, address: &str) -> bool {
    let Ok(address) = Url::parse(address) else { return false };
    if own.is_some_and(|own| own.origin() == address.origin()) {
        return true;
    }
    // Whoever asks by another name, say `localhost`, is answered there, and the form comes from
    // there.
    let host = request
        .uri()
        .authority()
        .map(Authority::as_str)
        .or_else(|| request.headers().get(HOST).and_then(|host| host.to_str().ok()));
    let asked = host.and_then(|host| Url::parse(&format!("{}://{host}/", address.scheme())).ok());
    asked.is_some_and(|asked| asked.origin().is_tuple() && asked.origin() == address.origin())
}

/// Tells whether a request names this machine, by `localhost` or a loopback address, and no other.
///
/// A browser names what its page was loaded from. Where a stranger's name is made to lead to a
/// loopback address (DNS rebinding), that is the stranger's name, whatever `Sec-Fetch-Site` says.
pub fn is_for_loopback<B>(request: &Request<B>) -> bool {
    let in_target = request.uri().authority().map(|authority| is_loopback(authority.as_str()));
    let in_headers = request.headers().get_all(HOST).iter();
    let in_headers = in_headers.map(|host| host.to_str().is_ok_and(is_loopback));
    let mut named = in_target.into_iter().chain(in_headers).peekable();
    named.peek().is_some() && named.all(|is_loopback| is_loopback)
}

fn is_loopback(host: &str) -> bool {
    // What else an address may hold, such as a user or a path, is no host.
    if host.contains(['@', '/', '\\', '?', '#']) {
        return false;
    }
    match Url::parse(&format!("http://{host}/")).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for own in ["localhost", "LOCALHOST:8081", "127.0.0.1:8081", "127.9.9.9", "[::1]:1"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in [
            "",
            "evil.example",
            "localhost.evil.example:8081",
            "evil.example@127.0.0.1",
            "127.0.0.1.evil.example",
            "10.0.0.1:8081",
            "0.0.0.0",
            "[::]:8081",
            "[fe80::1]",
            "localhost/evil.example",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn every_name_that_a_request_bears_counts() {
        let ask = |target: &str, hosts: &[&'static str]| {
            let mut request = Request::get(target).body(()).unwrap();
            for host in hosts {
                request.headers_mut().append(HOST, http::HeaderValue::from_static(host));
            }
            is_for_loopback(&request)
        };
        assert!(ask("/", &["localhost:8081"]));
        assert!(ask("http://127.0.0.1:8081/", &[]));
        assert!(!ask("/", &[]), "browsers always name somebody");
        assert!(!ask("/", &["localhost", "evil.example"]));
        assert!(!ask("http://evil.example/", &["localhost"]));
        assert!(!ask("http://localhost/", &["evil.example"]));
    }
}
