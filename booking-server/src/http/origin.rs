//! Refuses what the page of another site makes a browser send.

use http::Request;
use http::header::{HOST, ORIGIN, REFERER};
use url::Url;

/// What to make of `Origin: null`, by which a browser hides where a form was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenOrigin {
    /// It may be anybody's form.
    Refused,
    /// It comes from a page whose address must not be told to anybody, not even to us; the form's
    /// own address is the secret that another site does not know.
    Allowed,
}

/// Tells whether a page of another site may have sent the request. `own` is the public address of
/// the service, if it is known.
///
/// Browsers say so in `Sec-Fetch-Site`, older ones in `Origin` or `Referer`. A client that says
/// nothing is not a browser, and acts for nobody but itself.
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
        .map(http::uri::Authority::as_str)
        .or_else(|| request.headers().get(HOST).and_then(|host| host.to_str().ok()));
    let asked = host.and_then(|host| Url::parse(&format!("{}://{host}/", address.scheme())).ok());
    asked.is_some_and(|asked| asked.origin().is_tuple() && asked.origin() == address.origin())
}
