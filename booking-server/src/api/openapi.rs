//! The OpenAPI documents: one for each listener, made from the tables of routes.
//!
//! A route cannot be served without being described: [`public`] and [`admin`] walk the router's own
//! tables, and the descriptions are matches that name every endpoint. Shapes of answers come from
//! the types that are sent, problems from [`ProblemType`](crate::http::problem::ProblemType).

mod admin_operations;
mod operation;
mod parameters;
mod problems;
mod public_operations;
mod requests;

use http::Method;
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, PathsBuilder};
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, PathItem};

use self::operation::Operation;
use super::{admin as admin_api, endpoint, view};
use crate::http::problem::ProblemType as P;

/// The name under which the notification's signature stands among the security schemes.
const SIGNATURE: &str = "paymentSignature";

/// What both listeners have in common.
const CONVENTIONS: &str = "Ids are UUID v7 in their hyphenated form. Instants are RFC 3339 in UTC \
with `Z`. Money is an integer in the minor unit of its currency.

Errors are problem documents (RFC 9457), of media type `application/problem+json`. Their `type` is \
stable; each operation lists those that it may answer with. A validation error names every \
offending field at once in `errors`: by a JSON pointer into the body, and parameters and headers \
as `/` and their name. Fields and parameters that are not described are refused, and so is a field \
that an object has more than once; a parameter without a value counts as not given. A number in \
a query has no `+` before it.

Beyond what is listed for an operation, an address that does not exist is `404 \
/problems/not-found`, and one that exists for other methods is `405 /problems/method-not-allowed` \
with `Allow`. `HEAD` is answered wherever `GET` is, and `OPTIONS` with `204` and `Allow`.

Every answer bears `X-Request-Id`, which is the request's own if it was 1 to 128 letters, digits, \
dots, dashes and underscores. Lists are paged by `limit` and `cursor`; a cursor is good for the \
list, the filters and the order it was issued for.";

/// Describes the public listener.
pub fn public() -> OpenApi {
    let routes = endpoint::ROUTES
        .iter()
        .map(|(method, path, endpoint)| (method, *path, public_operations::describe(*endpoint)));
    let about = "Finds events, holds tickets for whoever wants to pay for them, and takes the \
                 payment gateway's word on who did. It is meant for programs and for pages of its own: \
                 no page of another site is given leave to use it (CORS).";
    let signature = ApiKeyValue::with_description(
        super::payments::SIGNATURE,
        "`t=<unix seconds>,v1=<hex>`: the HMAC-SHA256 of `<t>.<raw body>` under the secret shared \
         with the gateway. Several `v1` may be given while secrets are changed; one has to be \
         right. `t` may differ from the server's time by 300 seconds.",
    );
    let components = ComponentsBuilder::new()
        .security_scheme(SIGNATURE, SecurityScheme::ApiKey(ApiKey::Header(signature)));
    let components = with_schemas::<view::EventList>(components);
    let components = with_schemas::<view::Facets>(components);
    let components = with_schemas::<view::Suggestions<'_>>(components);
    let components = with_schemas::<view::Booking>(components);
    let components = with_schemas::<view::NotificationReceipt>(components);
    let components = with_schemas::<view::Health>(components);
    let components = with_schemas::<view::Readiness>(components);
    let components = requests::public(components);
    let tags = [
        ("Events", "What can be booked."),
        (
            "Bookings",
            "Who gets tickets. There is no login: whoever knows a booking's id may see it.",
        ),
        ("Payments", "Only the gateway's notification decides whether a payment succeeded."),
        ("Operation", "How the service is, and what it can be asked for."),
    ];
    document("Booking", about, &tags, components, routes)
}

/// Describes the admin listener.
pub fn admin() -> OpenApi {
    let routes = admin_api::endpoint::ROUTES
        .iter()
        .map(|(method, path, endpoint)| (method, *path, describe_admin(*endpoint)));
    let about = "Organises events. This listener asks nobody who they are: it has to be reachable \
                 by organisers and operators only. Changes that the page of another site makes a \
                 browser send are refused. So is, where the listener is bound to a loopback \
                 address, whatever has another `Host` than `localhost` or a loopback address.";
    let components = with_schemas::<view::Event>(ComponentsBuilder::new());
    let components = with_schemas::<view::BookingList>(components);
    let components = with_schemas::<view::Stock>(components);
    let components = requests::admin(components);
    let tags = [
        ("Events", "What is sold, and how much of it."),
        ("Bookings", "Who comes, and whose money goes back."),
        ("Operation", "How the service is, and what it can be asked for."),
    ];
    document("Booking, for organisers", about, &tags, components, routes)
}

/// Describes a route of the admin listener; any may have been asked for by a page of another site.
fn describe_admin(endpoint: admin_api::endpoint::Endpoint) -> Operation {
    admin_operations::describe(endpoint).problems(&[P::ForeignOrigin])
}

/// Writes a document down.
pub(crate) fn text(document: &OpenApi) -> String {
    let value = serde_json::to_value(document).expect("a document has text keys only");
    format!("{value:#}")
}

fn document<'r>(
    title: &str,
    about: &str,
    tags: &[(&str, &str)],
    components: ComponentsBuilder,
    routes: impl Iterator<Item = (&'r Method, &'static str, Operation)>,
) -> OpenApi {
    let mut paths = PathsBuilder::new();
    for (method, path, operation) in routes {
        paths = paths.path(path, PathItem::new(http_method(method), operation.build(path)));
    }
    let info = InfoBuilder::new()
        .title(title)
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(format!("{about}\n\n{CONVENTIONS}")))
        .build();
    let tags = tags.iter().map(|(name, description)| {
        TagBuilder::new().name(*name).description(Some(*description)).build()
    });
    OpenApiBuilder::new()
        .info(info)
        .tags(Some(tags))
        .paths(paths)
        .components(Some(operation::components(problems::components(components)).build()))
        .build()
}

/// Adds the schema of `T`, and those it refers to.
fn with_schemas<T: ToSchema>(components: ComponentsBuilder) -> ComponentsBuilder {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    components.schemas_from_iter(schemas)
}

fn http_method(method: &Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PATCH" => HttpMethod::Patch,
        // The tables have no other; the test of the documents' routes would find it.
        _ => HttpMethod::Get,
    }
}
