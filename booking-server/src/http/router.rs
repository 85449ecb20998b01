//! From method and path to an endpoint.

use std::sync::{Arc, OnceLock};

use http::header::ALLOW;
use http::{HeaderValue, Method, Request};
use uuid::Uuid;

use super::percent;
use super::problem::{Problem, ProblemType};
use super::reply::{self, IntoResponse, Response};
use super::value;

/// Where a router notes the template it matched, for the log and the metrics.
///
/// The guard puts it among the request's extensions and keeps a copy, so that the route is known
/// even when the handler panics or runs out of time. Raw paths are never labels: there are too
/// many.
#[derive(Debug, Clone, Default)]
pub struct RouteLabel(Arc<OnceLock<&'static str>>);

impl RouteLabel {
    /// What stands for the route of a request that matched none, or was answered before routing.
    pub const NONE: &'static str = "none";

    /// Notes the template. The first one stays.
    pub fn note(&self, template: &'static str) {
        // A second router below the first one adds nothing that the log needs.
        let _ = self.0.set(template);
    }

    /// Returns the template.
    pub fn get(&self) -> &'static str {
        self.0.get().copied().unwrap_or(Self::NONE)
    }
}

/// A table of routes.
///
/// # Example
///
/// ```
/// use booking_server::http::router::{Routed, Router};
/// use http::{Method, Request};
///
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// enum Endpoint { ShowEvent, EditEvent }
///
/// let router = Router::new([
///     (Method::GET, "/v1/events/{event_id}", Endpoint::ShowEvent),
///     (Method::PATCH, "/v1/events/{event_id}", Endpoint::EditEvent),
/// ])
/// .unwrap();
/// match router.route(&Request::get("/v1/events/42").body(()).unwrap()) {
///     Routed::Endpoint(found) => {
///         assert_eq!(*found.endpoint, Endpoint::ShowEvent);
///         assert_eq!(found.params.get("event_id"), Some("42"));
///     }
///     Routed::Answer(_) => unreachable!("the route exists"),
/// }
/// ```
#[derive(Debug)]
pub struct Router<T> {
    tree: matchit::Router<usize>,
    resources: Vec<Resource<T>>,
}

#[derive(Debug)]
struct Resource<T> {
    template: &'static str,
    /// The names of the parameters, in the order in which they stand in the template.
    names: Vec<&'static str>,
    endpoints: Vec<(Method, T)>,
}

/// Why a table of routes cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouterError {
    /// The pattern is malformed, or collides with another one.
    #[error("the route {template} cannot be added")]
    Pattern {
        /// The pattern.
        template: &'static str,
        /// What is wrong with it.
        source: matchit::InsertError,
    },
    /// The route is there twice.
    #[error("the route {method} {template} is there twice")]
    Repeated {
        /// The method.
        method: Method,
        /// The pattern.
        template: &'static str,
    },
}

/// What became of a request.
#[derive(Debug)]
pub enum Routed<'r, T> {
    /// There is an endpoint.
    Endpoint(Match<'r, T>),
    /// There is none; this is the answer: 404, 405, or 204 for OPTIONS.
    Answer(Response),
}

/// An endpoint and what the path says.
#[derive(Debug)]
pub struct Match<'r, T> {
    /// What the table holds for this route.
    pub endpoint: &'r T,
    /// The pattern.
    pub template: &'static str,
    /// The decoded parameters.
    pub params: Params,
}

impl<T> Router<T> {
    /// Builds the table. Patterns are those of matchit: `{name}` is one segment, `{*rest}` the
    /// rest.
    ///
    /// # Errors
    /// - [`RouterError::Pattern`] if a pattern is malformed, or two cannot be told apart.
    /// - [`RouterError::Repeated`] if a method and pattern are there twice.
    pub fn new(
        routes: impl IntoIterator<Item = (Method, &'static str, T)>,
    ) -> Result<Self, RouterError> {
        let mut table = Self { tree: matchit::Router::new(), resources: Vec::new() };
        for (method, template, endpoint) in routes {
            let resource = table.resource_mut(template)?;
            if resource.endpoints.iter().any(|(known, _)| *known == method) {
                return Err(RouterError::Repeated { method, template });
            }
            resource.endpoints.push((method, endpoint));
        }
        Ok(table)
    }

    fn resource_mut(&mut self, template: &'static str) -> Result<&mut Resource<T>, RouterError> {
        let known = self.resources.iter().position(|resource| resource.template == template);
        let index = if let Some(index) = known {
            index
        } else {
            let index = self.resources.len();
            self.tree
                .insert(template, index)
                .map_err(|source| RouterError::Pattern { template, source })?;
            let names = names_in(template).collect();
            self.resources.push(Resource { template, names, endpoints: Vec::new() });
            index
        };
        Ok(&mut self.resources[index])
    }

    /// Lists method and pattern of every route, to compare with the OpenAPI document.
    pub fn routes(&self) -> impl Iterator<Item = (&Method, &'static str)> {
        self.resources.iter().flat_map(|resource| {
            resource.endpoints.iter().map(|(method, _)| (method, resource.template))
        })
    }

    /// Finds the endpoint of `request`, and notes its template in the request's [`RouteLabel`].
    ///
    /// HEAD goes where GET goes. A trailing slash makes another path, which is a 404.
    pub fn route<B>(&self, request: &Request<B>) -> Routed<'_, T> {
        let not_found = || Routed::Answer(Problem::new(ProblemType::NotFound).into_response());
        let Ok(found) = self.tree.at(request.uri().path()) else { return not_found() };
        let resource = &self.resources[*found.value];
        let Some(params) = Params::decode(&resource.names, &found.params) else {
            return not_found();
        };
        if let Some(label) = request.extensions().get::<RouteLabel>() {
            label.note(resource.template);
        }
        match resource.endpoint(request.method()) {
            Some(endpoint) => {
                Routed::Endpoint(Match { endpoint, template: resource.template, params })
            }
            None => Routed::Answer(resource.refuse(request.method())),
        }
    }
}

/// Finds the names of the parameters of a template: `{name}`, or `{*name}` for the rest of a path.
fn names_in(template: &'static str) -> impl Iterator<Item = &'static str> {
    let braced = template.split('{').skip(1).filter_map(|part| part.split_once('}'));
    braced.map(|(name, _)| name.trim_start_matches('*'))
}

impl<T> Resource<T> {
    fn endpoint(&self, method: &Method) -> Option<&T> {
        let of = |wanted: &Method| {
            self.endpoints.iter().find(|(method, _)| method == wanted).map(|(_, value)| value)
        };
        of(method).or_else(|| (method == Method::HEAD).then(|| of(&Method::GET)).flatten())
    }

    fn refuse(&self, method: &Method) -> Response {
        let allow = self.allow();
        if method == Method::OPTIONS {
            let mut response = reply::no_content();
            response.headers_mut().insert(ALLOW, allow);
            return response;
        }
        Problem::new(ProblemType::MethodNotAllowed).allow(allow).into_response()
    }

    fn allow(&self) -> HeaderValue {
        let mut methods: Vec<_> =
            self.endpoints.iter().map(|(method, _)| method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        methods.dedup();
        HeaderValue::from_str(&methods.join(", ")).expect("methods are tokens")
    }
}

/// What the path says, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(&'static str, String)>);

impl Params {
    /// Returns `None` if a parameter cannot be a name of anything: the path is a 404 then.
    fn decode(names: &[&'static str], params: &matchit::Params<'_, '_>) -> Option<Self> {
        names
            .iter()
            .zip(params.iter())
            .map(|(name, (_, value))| {
                let value = percent::decode_segment(value).ok()?;
                let is_text = !value.chars().any(char::is_control);
                is_text.then_some((*name, value))
            })
            .collect::<Option<_>>()
            .map(Self)
    }

    /// Returns a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Returns a parameter that is a UUID in its hyphenated form; anything else names nothing.
    ///
    /// # Errors
    /// - `missing` if the parameter is not a UUID.
    pub fn uuid(&self, name: &str, missing: ProblemType) -> Result<Uuid, Problem> {
        self.get(name).and_then(value::uuid).ok_or_else(|| Problem::new(missing))
    }
}

#[cfg(test)]
mod tests;
