//! One operation of a document, and what all of them have in common.

use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{OperationBuilder, Parameter};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, Ref, Required, ResponseBuilder};

use super::{parameters, problems};
use crate::http::problem::ProblemType;
use crate::http::reply::JSON;

const REQUEST_ID: &str = "RequestId";

/// Problems that any request can end with.
const COMMON: &[ProblemType] = &[
    ProblemType::MalformedRequest,
    ProblemType::RequestTimeout,
    ProblemType::PayloadTooLarge,
    ProblemType::UriTooLong,
    ProblemType::Internal,
    ProblemType::Overloaded,
    ProblemType::Unavailable,
];

/// Problems of any request with a JSON body.
const BODY: &[ProblemType] =
    &[ProblemType::MalformedJson, ProblemType::UnsupportedMediaType, ProblemType::InvalidRequest];

/// What is to be said of one route.
pub(super) struct Operation {
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: Option<&'static str>,
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    responses: BTreeMap<u16, ResponseBuilder>,
    problems: Vec<ProblemType>,
    security: Option<SecurityRequirement>,
}

impl Operation {
    pub(super) fn new(id: &'static str, tag: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            tag,
            summary,
            description: None,
            parameters: Vec::new(),
            body: None,
            responses: BTreeMap::new(),
            problems: COMMON.to_vec(),
            security: None,
        }
    }

    pub(super) fn description(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    pub(super) fn parameters(mut self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Adds a JSON body, and the problems that bodies have.
    pub(super) fn json_body(mut self, body: RequestBody) -> Self {
        self.problems.extend(BODY);
        self.body = Some(body);
        self
    }

    /// Adds a body that the operation reads in a way of its own.
    pub(super) fn raw_body(mut self, body: RequestBody) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) fn response(mut self, status: u16, response: ResponseBuilder) -> Self {
        self.responses.insert(status, response);
        self
    }

    /// Adds a JSON answer.
    pub(super) fn json<T: ToSchema>(self, status: u16, description: &str) -> Self {
        self.response(status, json::<T>(description))
    }

    pub(super) fn problems(mut self, kinds: &[ProblemType]) -> Self {
        self.problems.extend(kinds);
        self
    }

    pub(super) fn security(mut self, scheme: &str) -> Self {
        self.security = Some(SecurityRequirement::new(scheme, [] as [&str; 0]));
        self
    }

    pub(super) fn build(mut self, path: &str) -> OperationBuilder {
        if path.contains('{') {
            // A parameter that is no text in UTF-8 makes a path that leads nowhere.
            self.problems.push(ProblemType::NotFound);
        }
        let mut operation = OperationBuilder::new()
            .operation_id(Some(self.id))
            .tag(self.tag)
            .summary(Some(self.summary))
            .description(self.description)
            .request_body(self.body);
        for parameter in parameters::of_path(path).into_iter().chain(self.parameters) {
            operation = operation.parameter(parameter);
        }
        for (status, response) in self.responses {
            operation = operation.response(status.to_string(), with_request_id(response).build());
        }
        for (status, response) in problems::responses(&self.problems) {
            operation = operation.response(status.to_string(), response.build());
        }
        match self.security {
            Some(security) => operation.security(security),
            None => operation,
        }
    }
}

/// Makes a JSON answer.
pub(super) fn json<T: ToSchema>(description: &str) -> ResponseBuilder {
    let schema = Ref::from_schema_name(T::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content(JSON, content)
}

/// Says what can be done next: operations by their id, and where in the answer the parameter of their path stands.
pub(super) fn with_links(
    response: ResponseBuilder,
    parameter: &str,
    pointer: &str,
    operations: &[&str],
) -> ResponseBuilder {
    operations.iter().fold(response, |response, operation| {
        let link = LinkBuilder::new()
            .operation_id(*operation)
            .parameter(parameter, format!("$response.body#{pointer}"));
        response.link(*operation, link.build())
    })
}

/// Makes a required body of one or more media types.
pub(super) fn body(schema: &str, media_types: &[&str], description: &str) -> RequestBody {
    let mut body = RequestBody::new();
    body.description = Some(description.to_owned());
    body.required = Some(Required::True);
    for media_type in media_types {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
        body.content.insert((*media_type).to_owned(), content.into());
    }
    body
}

/// Adds the header that every answer bears.
pub(super) fn with_request_id(response: ResponseBuilder) -> ResponseBuilder {
    response.header_ref("X-Request-Id", Ref::new(format!("#/components/headers/{REQUEST_ID}")))
}

/// Adds a header with a text.
pub(super) fn with_header(
    response: ResponseBuilder,
    name: &str,
    description: &str,
) -> ResponseBuilder {
    response.header(name, HeaderBuilder::new().description(Some(description)).build())
}

/// Adds what operations refer to.
pub(super) fn components(components: ComponentsBuilder) -> ComponentsBuilder {
    let header = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some("The name under which the request is found in the log."));
    components.header(REQUEST_ID, header.build())
}

/// Makes the 304.
pub(super) fn not_modified() -> ResponseBuilder {
    ResponseBuilder::new().description("The copy that `If-None-Match` names is current.")
}

/// Adds the headers of answers that may be kept.
pub(super) fn cached(response: ResponseBuilder) -> ResponseBuilder {
    let response = with_header(response, "ETag", "Changes whenever the answer does.");
    with_header(response, "Cache-Control", "How long the answer may be kept.")
}
