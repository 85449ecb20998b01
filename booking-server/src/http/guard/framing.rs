//! What HTTP/1.1 demands of a head, beyond what hyper looks at.

use std::net::Ipv6Addr;

use http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Version};

use super::super::listener::FromSocket;
use super::super::problem::{Problem, ProblemType};

/// RFC 9112, 3.2: a request with several `Host`, or with one that names no host, is refused, and so is one of HTTP/1.1
/// without. What another server hands on need not have one: it may be made in the process, or have come by HTTP/2.
pub(super) fn require_host(head: &Parts) -> Result<(), Problem> {
    if head.extensions.get::<FromSocket>().is_none() {
        return Ok(());
    }
    let mut hosts = head.headers.get_all(HOST).iter();
    let detail = match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_host(host) => return Ok(()),
        (Some(_), None) => "the Host must be a name or an address, with or without a port",
        (None, _) if head.version < Version::HTTP_11 => return Ok(()),
        (None, _) | (Some(_), Some(_)) => "the Host must be given once",
    };
    Err(Problem::new(ProblemType::MalformedRequest).detail(detail))
}

/// Tells whether a value is `uri-host [ ":" port ]` (RFC 9110, 7.2; RFC 3986, 3.2.2 and 3.2.3). By that grammar the name may
/// be empty, and is where the target has no authority, and so may the port.
fn is_host(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    let (is_named, port) = if let Some(rest) = text.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return false };
        // Of what may stand in brackets only version 6 exists.
        (address.parse::<Ipv6Addr>().is_ok(), port)
    } else {
        let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        (is_name(name), port)
    };
    let is_port = |port: &str| port.bytes().all(|digit| digit.is_ascii_digit());
    is_named && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// Tells whether a text is a `reg-name`; addresses of version 4 look like one.
fn is_name(text: &str) -> bool {
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let is_allowed = match byte {
            b'%' => {
                let mut is_digit = || rest.next().is_some_and(|digit| digit.is_ascii_hexdigit());
                is_digit() && is_digit()
            }
            byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte),
        };
        if !is_allowed {
            return false;
        }
    }
    true
}

/// RFC 9112, 6.1: a body is chunked once, and by nothing else that we understand. hyper looks at the last coding
/// only; a proxy that understands the list otherwise would see the request end elsewhere.
pub(super) fn require_plain_chunks(head: &Parts) -> Result<(), Problem> {
    let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter();
    let is_from_here = head.extensions.get::<FromSocket>().is_some();
    let Some(coding) = codings.next().filter(|_| is_from_here) else { return Ok(()) };
    if coding.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none() {
        return Ok(());
    }
    let problem = Problem::new(ProblemType::MalformedRequest);
    let problem = problem.detail("the only Transfer-Encoding is chunked, given once");
    // Nothing behind it may be taken for a request.
    Err(problem.header(CONNECTION, HeaderValue::from_static("close")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for good in [
            "x",
            "localhost:8080",
            "tickets.example.org",
            "TICKETS.example.org.",
            "my_service",
            "127.0.0.1:8080",
            "[::1]",
            "[2001:db8::7]:443",
            "xn--zrich-kva.example",
            "z%C3%BCrich.example",
            "x:",
            "",
        ] {
            assert!(is_host(&HeaderValue::from_static(good)), "{good}");
        }
        for bad in [
            "a b",
            "http://x",
            "x/y",
            "x\\y",
            "user@x",
            "x?y",
            "x#y",
            "<x>",
            "\"x\"",
            "x:y",
            "x:80:80",
            "x:-1",
            "x:+80",
            "x: 80",
            "::1",
            "[::1",
            "[::1]8080",
            "[::1%25eth0]",
            "[127.0.0.1]",
            "[]",
            "]",
            "x%",
            "x%2",
            "x%2g",
            "x|y",
            "x\ty",
        ] {
            assert!(!is_host(&HeaderValue::from_static(bad)), "{bad}");
        }
        assert!(!is_host(&HeaderValue::from_bytes("zürich".as_bytes()).unwrap()));
    }
}
