//! The two listeners as tower services, which hyper or any other tower server can run.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;

use crate::api::{self, admin};
use crate::app::App;
use crate::http::guard::{Costly, Guard, GuardConfig, Reserve};
use crate::http::reply::{IntoResponse, Response};
use crate::http::router::{Match, Routed, Router};
use crate::pages;

/// What the public listener is called in the metrics.
pub const PUBLIC: &str = "public";

/// What the admin listener is called in the metrics.
pub const ADMIN: &str = "admin";

/// A handler of whole requests.
pub type Handler =
    Box<dyn Fn(Request<Bytes>) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync>;

/// A listener's service: every limit applies, and every request is answered.
pub type HttpService = Guard<Handler>;

/// What is kept for the payment gateway's notifications: people have paid, however many others look
/// at the shop.
///
/// 128 more keep the settlement queue busy, and the memory holds 64 of the largest.
const NOTIFICATIONS: Reserve = Reserve {
    is_for: |path| path == api::endpoint::IPN_PATH,
    max_in_flight: 128,
    max_body_memory: 64 * api::MAX_NOTIFICATION_BYTES,
};

/// How many may search at once. An embedded database answers four at a time; the others wait, each a
/// moment only as long as they are few.
const SEARCHES: Costly = Costly {
    is_for: |path| matches!(path, "/" | "/v1/events" | "/v1/events/facets" | "/v1/events/suggest"),
    max_in_flight: 64,
};

/// What the public listener can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Api(api::endpoint::Endpoint),
    Page(pages::Endpoint),
}

/// Makes the service of the public listener: the API, and the pages.
///
/// Clones share limits and state, so clone it for each connection rather than making it again.
///
/// # Example
///
/// ```no_run
/// # use booking_core::service::BookingSystem;
/// use booking_server::app::App;
///
/// # fn mount(system: BookingSystem) {
/// let app = App::builder(system).public_url("https://tickets.example.org").build();
/// let service = booking_server::service(app);
/// # drop(service);
/// # }
/// ```
pub fn service(app: impl Into<App>) -> HttpService {
    let app = app.into();
    let config = GuardConfig {
        max_body_bytes_of: api::max_body_bytes_of,
        reserve: NOTIFICATIONS,
        costly: SEARCHES,
        ..GuardConfig::new(PUBLIC, app.limits(), app.new_id())
    };
    let router = Arc::new(public_router());
    Guard::new(
        config,
        Box::new(move |request| {
            let (app, router) = (app.clone(), Arc::clone(&router));
            Box::pin(async move { answer(&app, &router, request).await })
        }),
    )
}

/// Makes the service of the admin listener. Whoever can reach it may do everything: keep it
/// private. Only pages of other sites are kept from using somebody's browser for that; where it is
/// bound to a loopback address, [`AdminHosts::Loopback`](crate::app::AdminHosts) belongs to that.
pub fn admin_service(app: impl Into<App>) -> HttpService {
    let app = app.into();
    let config = GuardConfig::new(ADMIN, app.limits(), app.new_id());
    let router = Arc::new(admin_router());
    Guard::new(
        config,
        Box::new(move |request| {
            let (app, router) = (app.clone(), Arc::clone(&router));
            Box::pin(async move {
                if let Err(problem) = admin::require_own_host(&app, &request) {
                    return problem.into_response();
                }
                match router.route(&request) {
                    Routed::Endpoint(Match { endpoint, params, .. }) => {
                        admin::handle(&app, *endpoint, &params, request).await
                    }
                    Routed::Answer(answer) => answer,
                }
            })
        }),
    )
}

async fn answer(app: &App, router: &Router<Endpoint>, request: Request<Bytes>) -> Response {
    match router.route(&request) {
        Routed::Endpoint(Match { endpoint, params, .. }) => match *endpoint {
            Endpoint::Api(endpoint) => api::handle(app, endpoint, &params, request).await,
            Endpoint::Page(endpoint) => pages::handle(app, endpoint, &params, request).await,
        },
        // Clients of the API get their problem, whatever they accept; somebody who mistyped the
        // address of a page sees one.
        Routed::Answer(answer) if request.uri().path().starts_with("/v1/") => answer,
        Routed::Answer(answer) => pages::present(app, request.headers(), answer),
    }
}

fn public_router() -> Router<Endpoint> {
    let api = api::endpoint::ROUTES.iter();
    let api = api.map(|(method, path, endpoint)| (method.clone(), *path, Endpoint::Api(*endpoint)));
    let pages = pages::routes();
    let pages = pages.map(|(method, path, endpoint)| (method, path, Endpoint::Page(endpoint)));
    Router::new(api.chain(pages)).expect("the tables of routes do not contradict each other")
}

fn admin_router() -> Router<admin::endpoint::Endpoint> {
    Router::new(admin::endpoint::ROUTES.iter().cloned())
        .expect("the table of routes does not contradict itself")
}
