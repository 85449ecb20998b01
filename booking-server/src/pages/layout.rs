//! What all pages have in common.

use askama::Template;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use http::{HeaderValue, StatusCode};

use super::assets;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::reply::{self, Response};

/// Where the pages are, and what each of them loads.
#[derive(Debug)]
pub(super) struct Site {
    /// The path below which the service is mounted, without a slash at its end.
    pub(super) base: String,
    /// The style sheet.
    pub(super) style: String,
    /// The script.
    pub(super) script: String,
    /// The icon.
    pub(super) icon: String,
}

impl Site {
    /// Finds out where the pages are.
    pub(super) fn of(app: &App) -> Self {
        let base = app
            .public_url()
            .map(|url| url.path().trim_end_matches('/').to_owned())
            .unwrap_or_default();
        let asset = |file| format!("{base}{}", assets::path(file));
        Self { style: asset("site.css"), script: asset("site.js"), icon: asset("icon.svg"), base }
    }
}

/// Renders a page. A template that cannot be rendered is a fault here, hence a 500.
pub(super) fn render(status: StatusCode, page: &impl Template) -> Result<Response, Problem> {
    match page.render() {
        Ok(text) => Ok(reply::html(status, text)),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            Err(Problem::internal())
        }
    }
}

/// Keeps a page whose address is as good as a ticket out of caches and other sites' logs.
pub(super) fn keep_private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Lets the forms of a page lead to the public address, too.
///
/// `form-action` also governs the redirect after a form, and `'self'` is where the browser found
/// the page: on a test machine that may be `localhost` although the public address is another.
pub(super) fn let_forms_lead_to_public_url(app: &App, mut response: Response) -> Response {
    let own = app
        .public_url()
        .map(|url| url.origin())
        .filter(url::Origin::is_tuple)
        .map(|origin| origin.ascii_serialization())
        .unwrap_or_default();
    if let Ok(policy) = HeaderValue::try_from(reply::page_policy(&own)) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}
