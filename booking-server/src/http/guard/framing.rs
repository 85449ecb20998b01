//! What HTTP/1.1 demands of a head, beyond what hyper looks at.

use http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderValue, Version};

use super::super::listener::FromSocket;
use super::super::problem::{Problem, ProblemType};

/// RFC 9112, 3.2: a request of HTTP/1.1 without `Host`, or with several, is refused. What another
/// server hands on need not have one: it may be made in the process, or have come by HTTP/2.
pub(super) fn require_host(head: &Parts) -> Result<(), Problem> {
    let is_bound = head.extensions.get::<FromSocket>().is_some();
    if !is_bound || head.version != Version::HTTP_11 {
        return Ok(());
    }
    let mut hosts = head.headers.get_all(HOST).iter();
    if hosts.next().is_some() && hosts.next().is_none() {
        return Ok(());
    }
    Err(Problem::new(ProblemType::MalformedRequest).detail("the Host must be given once"))
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
