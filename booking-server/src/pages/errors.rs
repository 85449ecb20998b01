//! Problems as pages, for whoever prefers them.

use askama::Template;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

use super::layout::{self, Site};
use crate::app::App;
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    site: Site,
    status: u16,
    title: &'a str,
    text: &'a str,
}

/// Answers with a page that says what went wrong.
pub(super) fn page(app: &App, status: StatusCode, title: &str, text: &str) -> Response {
    let page = ErrorPage { site: Site::of(app), status: status.as_u16(), title, text };
    layout::render(status, &page).map_or_else(IntoResponse::into_response, layout::keep_private)
}

/// Answers a form that another site may have sent.
pub(super) fn foreign_form(app: &App) -> Response {
    let text = "The form came from another site, so nothing was done. Open the page here and try \
                again.";
    page(app, StatusCode::FORBIDDEN, "Not from here", text)
}

/// Answers with a problem, as a page or as a document.
pub(super) fn answer(app: &App, headers: &HeaderMap, problem: Problem) -> Response {
    present(app, headers, problem.into_response())
}

/// Turns a problem document into a page if the client prefers one; other answers stay as they are.
///
/// Meant for what is answered outside of the pages, such as the router's 404. Answers of the API
/// should not go through it: their clients rely on problem documents.
pub fn present(app: &App, request_headers: &HeaderMap, response: Response) -> Response {
    let Some(kind) = response.extensions().get::<ProblemType>().copied() else { return response };
    if !prefers_html(request_headers) {
        return response;
    }
    let (title, text) = words(kind);
    let page = page(app, response.status(), title, text);
    // Allow and Retry-After stay; the guard counts by the extension.
    let (mut head, _document) = response.into_parts();
    head.headers.remove(CONTENT_TYPE);
    let (page_head, body) = page.into_parts();
    head.headers.extend(page_head.headers);
    Response::from_parts(head, body)
}

fn words(kind: ProblemType) -> (&'static str, &'static str) {
    match kind {
        ProblemType::NotFound => {
            ("Page not found", "There is nothing at this address. It may be mistyped or outdated.")
        }
        ProblemType::EventNotFound => {
            ("Event not found", "There is no such event. The address may be mistyped or outdated.")
        }
        ProblemType::BookingNotFound => (
            "Booking not found",
            "There is no such booking. Check that the whole address was copied.",
        ),
        ProblemType::MethodNotAllowed => {
            ("This does not work here", "The page cannot be used in this way.")
        }
        ProblemType::Overloaded | ProblemType::Unavailable => (
            "Too much is going on",
            "We cannot answer right now. Please try again in a few seconds. If you were booking, \
             go back and press the button again: the same form books only once.",
        ),
        other if other.status().is_server_error() => {
            ("Something went wrong", "That is our fault, not yours. Please try again in a moment.")
        }
        other => (other.title(), "The request cannot be answered as it is."),
    }
}

/// Tells whether the client would rather read a page than JSON.
///
/// Only a client that names `text/html` is taken for a browser: `*/*` is what tools send.
fn prefers_html(headers: &HeaderMap) -> bool {
    let mut html = 0;
    let mut json = 0;
    let lists = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    for range in lists.flat_map(|list| list.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1_000, thousandths);
        match media_type.as_str() {
            "text/html" | "application/xhtml+xml" => html = html.max(weight),
            "application/json" | "application/problem+json" => json = json.max(weight),
            _ => {}
        }
    }
    html > 0 && html >= json
}

/// Reads a weight such as `0.8` (RFC 9110, 12.4.2), without floats; what is malformed weighs
/// nothing.
fn thousandths(weight: &str) -> u32 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let is_weight = fraction.len() <= 3 && fraction.bytes().all(|digit| digit.is_ascii_digit());
    match whole {
        "1" => 1_000,
        "0" if is_weight => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_who_asks_for_html_gets_it() {
        let prefers = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            prefers_html(&headers)
        };
        assert!(prefers("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(prefers("text/html;level=1;q=0.5"));
        assert!(prefers("application/json;q=0.7, TEXT/HTML"));
        assert!(!prefers("*/*"));
        assert!(!prefers("application/json"));
        assert!(!prefers("application/json, text/html;q=0.9"));
        assert!(!prefers("text/html;q=0"));
        assert!(!prefers("text/html;q=x"));
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
